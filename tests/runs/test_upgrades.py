"""What an earlier version has written is read: evidence, grade books, the store of past runs."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fixtures.plugin.grading import whole_rubric
from graders import snapshot
from graders.history import store as past_runs
from graders.history.effective_result import Found
from graders.history.store import PastRuns, Whose
from graders.inputs.lab_file import read_class
from graders.reasons import Reason
from graders.snapshot import SCHEMA, SnapshotError
from graders.verdicts import Outcome
from reports import stored
from tests.runs.test_judging import DEMO
from tests.support import judged_classes
from tests.support.paths import COHORTS, GOLDEN

SAMPLES = GOLDEN / "evidence"
"""A folder a schema: the demo cohort's first learner, who did all of the lab, as it was written."""
SCHEMAS = sorted(int(folder.name) for folder in SAMPLES.iterdir())


def test_there_is_a_sample_of_every_schema_that_is_read() -> None:
    """One that a new schema needs is a file of a run before anything else of it changes."""
    assert [*snapshot._UPGRADES, SCHEMA] == SCHEMAS
    for schema in SCHEMAS:
        content = json.loads((SAMPLES / str(schema) / "user1.json").read_text("utf-8"))
        assert content["schema"] == schema


@pytest.mark.parametrize("schema", SCHEMAS)
def test_it_is_judged_as_it_was(schema: int) -> None:
    learners, lab_file = read_class(DEMO, COHORTS / "lab.toml")
    labs = {learner.id: lab_file.for_learner(learner) for learner in learners}
    verdicts = list(judged_classes.judge(labs, SAMPLES / str(schema)).verdicts("user1"))
    assert [verdict for verdict in verdicts if verdict.outcome is not Outcome.PASSED] == []
    assert sum(verdict.earned for verdict in verdicts) == 100
    assert len(verdicts) == len(whole_rubric())
    computes = next(v for v in verdicts if v.check == "endpoint-computes-its-answer")
    assert ("asked one question only" in computes.reason) is (schema < 4)


def test_what_an_earlier_version_did_not_collect_is_not_made_up() -> None:
    evidence = snapshot.read(SAMPLES / "2", "user1")
    assert evidence is not None
    assert [training.created_at for training in evidence.training_runs] == [None]  # type: ignore[union-attr]


@pytest.mark.parametrize("schema", [1, SCHEMA + 1, "2", None])
def test_an_unknown_schema_is_refused(tmp_path: Path, schema: object) -> None:
    content = json.loads((SAMPLES / str(SCHEMA) / "user1.json").read_text("utf-8"))
    (tmp_path / "user1.json").write_text(json.dumps(content | {"schema": schema}), "utf-8")
    with pytest.raises(
        SnapshotError, match=f"has schema {schema}, this program reads 2, 3, {SCHEMA}"
    ):
        snapshot.read(tmp_path, "user1")


@pytest.mark.parametrize(
    "plain",
    [[], None, {"service_connections": 3}, {"published_pipelines": [3]}, {"answer": {"result": 3}}],
)
def test_old_evidence_that_is_none_is_refused_and_raises_nothing_else(
    tmp_path: Path, plain: object
) -> None:
    content = {"schema": 2, "digest": snapshot._digest(plain), "evidence": plain}
    (tmp_path / "user1.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(SnapshotError, match="is not evidence"):
        snapshot.read(tmp_path, "user1")


# --- grade books ----------------------------------------------------------------------------------


def test_there_is_a_grade_book_of_every_earlier_schema() -> None:
    known = sorted(int(folder.name) for folder in (GOLDEN / "gradebook").iterdir())
    assert list(stored._UPGRADES) == known


def test_reasons_that_were_sentences_stay_what_they_said() -> None:
    book = stored.read_book(GOLDEN / "gradebook" / "1")
    lost = book.verdicts["bob", "variable-group-exists"]
    assert lost.outcome is Outcome.FAILED
    assert lost.reason == "expected a variable group `x`; found `y` (1 edit away), `z`"
    assert book.verdicts["ada", "variable-group-exists"].reason == ""
    assert {learner: grade.total for learner, grade in book.grades.items()} == {
        "ada": 100,
        "bob": 85,
    }


# --- past runs ------------------------------------------------------------------------------------

PLACES = Whose("live", {"ada": "org/ada", "bob": "org/bob"})


@pytest.fixture
def first_schema(tmp_path: Path) -> PastRuns:
    shutil.copy(GOLDEN / "past_runs" / "1" / "runs.sqlite", tmp_path)
    return PastRuns(tmp_path)


def test_there_is_a_store_of_every_earlier_schema() -> None:
    known = sorted(int(folder.name) for folder in (GOLDEN / "past_runs").iterdir())
    assert list(past_runs._UPGRADES) == known


def test_past_runs_of_the_first_schema_still_count(first_schema: PastRuns) -> None:
    first_schema.check()
    (run,) = first_schema.runs(PLACES)
    reason = Reason(note="expected a group `a`; found `b`\nand `c`")
    assert run.at == datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
    assert run.found == {
        ("ada", "group-exists"): Found(Outcome.PASSED),
        ("bob", "group-exists"): Found(Outcome.FAILED, reason, agreed=True),
    }
    first_schema.add(run, PLACES, "sha256:2")
    assert first_schema.runs(PLACES) == [run, run]


def test_people_read_the_reasons_of_that_time(first_schema: PastRuns) -> None:
    first_schema.check()
    with closing(sqlite3.connect(first_schema.file)) as store:
        reasons = store.execute("SELECT reason FROM history ORDER BY learner").fetchall()
    assert reasons == [("",), ("expected a group `a`; found `b`\nand `c`",)]

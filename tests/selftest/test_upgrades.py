"""Evidence that an earlier version has collected is read and judged as ever."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fixtures.grading import whole_rubric
from graders import snapshot
from graders.lab_file import read_class
from graders.snapshot import SCHEMA, SnapshotError
from graders.verdicts import Outcome
from tests.selftest import judged, runs
from tests.selftest.test_judging import DEMO

SAMPLES = Path(__file__).parent / "golden" / "evidence"
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
    learners, lab_file = read_class(DEMO, runs.COHORTS / "lab.toml")
    labs = {one.id: lab_file.for_learner(one) for one in learners}
    verdicts = list(judged.judge(labs, SAMPLES / str(schema)).verdicts("user1"))
    assert [one for one in verdicts if one.outcome is not Outcome.PASSED] == []
    assert sum(one.earned for one in verdicts) == 100
    assert len(verdicts) == len(whole_rubric())


def test_what_an_earlier_version_did_not_collect_is_not_made_up() -> None:
    found = snapshot.read(SAMPLES / "2", "user1")
    assert found is not None
    assert [one.created_at for one in found.training_runs] == [None]  # type: ignore[union-attr]


@pytest.mark.parametrize("schema", [1, SCHEMA + 1, "2", None])
def test_a_schema_that_nobody_knows_is_refused(tmp_path: Path, schema: object) -> None:
    content = json.loads((SAMPLES / str(SCHEMA) / "user1.json").read_text("utf-8"))
    (tmp_path / "user1.json").write_text(json.dumps(content | {"schema": schema}), "utf-8")
    with pytest.raises(SnapshotError, match=f"has schema {schema}, this program reads 2, {SCHEMA}"):
        snapshot.read(tmp_path, "user1")


@pytest.mark.parametrize(
    "plain", [[], None, {"service_connections": 3}, {"published_pipelines": [3]}]
)
def test_old_evidence_that_is_none_is_refused_and_raises_nothing_else(
    tmp_path: Path, plain: object
) -> None:
    content = {"schema": 2, "digest": snapshot._digest(plain), "evidence": plain}
    (tmp_path / "user1.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(SnapshotError, match="is not evidence"):
        snapshot.read(tmp_path, "user1")

"""Decisions, extensions and late work: derived afresh by every run, and never stored."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from graders import snapshot
from graders.__main__ import main
from graders.evidence import Evidence
from graders.inputs.shards import Shard
from graders.verdicts import Grade
from graders.wording import changes_of
from reports.__main__ import main as reports_main
from reports.dispute.content import content
from reports.merge import merge
from reports.parts import read_notes, write_note
from reports.stored_run import Inputs, grades_of_run, stored_run
from tests.support import grading_process
from tests.support.judged_classes import change
from tests.support.paths import COHORTS

DEADLINE = "2026-11-20T13:40:00Z"  # user1's CI run ended just before, its CD run after
LATER = datetime(2026, 11, 21, 13, tzinfo=UTC)
LATE = f"""
[late]
deadline = {DEADLINE}
penalty = 10
share = "percent of the possible points"
per = "day"
"""
HEADING = "learner,check,action,reason,author,date,until\n"
SEEN = "user17,all,passed,I saw the project,Dr Smith,2026-11-25,\n"


class Class:
    """The demo class and its evidence, in a folder of its own."""

    def __init__(self, demo: grading_process.Outcome, folder: Path) -> None:
        self.folder = folder
        self.cohort = Path(shutil.copy(COHORTS / "demo.csv", folder))
        self.lab = folder / "lab.toml"
        self.write(late="")
        self.evidence = folder / "evidence"
        shutil.copytree(demo.reports / "evidence", self.evidence)

    def write(self, late: str = LATE, decisions: str = "") -> Class:
        text = (COHORTS / "lab.toml").read_text(encoding="utf-8")
        self.lab.write_text(text + late, encoding="utf-8")
        if decisions:
            (self.folder / "decisions.csv").write_text(HEADING + decisions, encoding="utf-8")
        return self

    def extend(self, learner: str, column: str, time: str) -> Class:
        with self.cohort.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        with self.cohort.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys([*rows[0], column])))
            writer.writeheader()
            writer.writerows(
                {**row, column: time if row["learner"] == learner else ""} for row in rows
            )
        return self

    def change(self, changed: Callable[[Evidence], Evidence], learner: str = "user1") -> Class:
        change(self.evidence, learner, changed)
        return self

    def grade(self, learner: str = "user1") -> Grade:
        inputs = Inputs(self.cohort, self.lab, self.evidence, self.folder / "out", [learner])
        _, (own,) = grades_of_run(stored_run(inputs))
        return own

    def regrade(self, *options: str, out: str = "out") -> Mapping[str, Mapping[str, str]]:
        paths = ("--learners", self.cohort, "--evidence", self.evidence)
        everything = [*paths, "--reports", self.folder / out, "--fail-on", "never", *options]
        assert main(["judge", *map(str, everything)]) == 0
        outcome = grading_process.Outcome(0, "", self.folder / out)
        return {row["learner"]: row for row in outcome.grade_book()}


@pytest.fixture
def demo_class(demo: grading_process.Outcome, tmp_path: Path) -> Class:
    return Class(demo, tmp_path)


# --- late work ------------------------------------------------------------------------------------


def test_what_was_finished_late_costs_and_an_extension_lifts_it(demo_class: Class) -> None:
    own = demo_class.write().grade()
    assert own.total == 90
    assert "2026-11-20 13:55 UTC, 1 started day late; that costs 10 points" in changes_of(own)[0]
    extended = demo_class.extend("user1", "extension", "2026-11-20 15:00 Europe/Berlin").grade()
    assert (extended.total, extended.late) == (100, None)


def test_a_learners_own_deadline_comes_before_the_classs(demo_class: Class) -> None:
    assert (
        demo_class.write().extend("user1", "deadline", "2026-11-20T14:00:00Z").grade().late is None
    )
    demo_class.write(late="")  # without a rule it costs nothing, but it is noted
    own = demo_class.extend("user1", "deadline", DEADLINE).grade()
    assert own.total == 100
    assert changes_of(own)[0].endswith("1 started day late; that costs 0 points")


def test_a_redeployment_after_the_deadline_is_not_late(demo_class: Class) -> None:
    """Whether the endpoint was right before is unknown, so it is no reason to take points."""

    def redeployed(evidence: Evidence) -> Evidence:
        assert isinstance(evidence.endpoints, tuple)
        again = tuple(replace(endpoint, updated_at=LATER) for endpoint in evidence.endpoints)
        return replace(evidence, endpoints=again)

    in_time = LATE.replace(DEADLINE, "2026-11-20T14:00:00Z")
    assert demo_class.write(in_time).change(redeployed).grade().late is None


def test_pipelines_that_ran_again_after_the_deadline_are_not_late(demo_class: Class) -> None:
    def ran_again(evidence: Evidence) -> Evidence:
        assert isinstance(evidence.runs, tuple)
        again = tuple(
            replace(
                run, id=run.id + 5000, started_at=LATER, finished_at=LATER + timedelta(minutes=9)
            )
            for run in evidence.runs
        )
        return replace(evidence, runs=(*again, *evidence.runs))

    in_time = LATE.replace(DEADLINE, "2026-11-20T14:00:00Z")
    assert demo_class.write(in_time).change(ran_again).grade().late is None


def test_an_endpoint_that_was_created_late_is_late(demo_class: Class) -> None:
    def created_late(evidence: Evidence) -> Evidence:
        assert isinstance(evidence.endpoints, tuple)
        again = tuple(
            replace(endpoint, created_at=LATER, updated_at=None) for endpoint in evidence.endpoints
        )
        return replace(evidence, endpoints=again)

    in_time = LATE.replace(DEADLINE, "2026-11-20T14:00:00Z")
    own = demo_class.write(in_time).change(created_late).grade()
    assert (own.total, own.late and own.late.state.steps) == (89, 1)  # CD did not deploy it


def test_a_frozen_deadline_and_extensions_contradict_each_other(
    demo_class: Class, capsys: pytest.CaptureFixture[str]
) -> None:
    demo_class.write(f'{LATE}[nightly]\npolicy = "deadline"\ndeadline = {DEADLINE}\n')
    paths = ("--learners", demo_class.cohort, "--evidence", demo_class.evidence)
    assert main(["judge", *map(str, paths), "--reports", str(demo_class.folder / "out")]) == 4
    assert "would ignore [late] and learners' extensions" in capsys.readouterr().err


# --- they survive ---------------------------------------------------------------------------------

DECIDED = (
    SEEN
    + "user2,all,excused,Ill,Dr Smith,2026-11-25,2126-01-01 Europe/Berlin\n"
    + "user3,project-exists,failed,Too old,Dr Smith,2026-11-25,2026-11-26 Europe/Berlin\n"
)


def test_a_regrade_keeps_them_and_every_export_has_them(demo_class: Class) -> None:
    demo_class.write(decisions=DECIDED).extend("user12", "extension", "2026-11-21 12:00 UTC")
    first = demo_class.regrade("--export", "canvas,moodle,blackboard,gradescope,junit")
    again = demo_class.regrade("--export", "canvas,moodle,blackboard,gradescope,junit")
    totals = {learner: row["total"] for learner, row in again.items()}
    assert totals == {learner: row["total"] for learner, row in first.items()}
    assert (totals["user1"], totals["user2"], totals["user12"]) == ("90", "", "100")
    assert again["user1"]["automatic_total"] == "100"
    assert again["user17"]["automatic_total"] == ""
    exports = demo_class.folder / "out" / "exports"
    keys = {"canvas.csv": '"4001"', "moodle.csv": "ada.brandt@", "blackboard.txt": "user1\t"}
    for file, key in keys.items():
        lines = (exports / f"SIMULATED-{file}").read_text("utf-8").splitlines()
        (row,) = (line for line in lines if key in line)
        assert re.search(r"\b90\b", row)
    score = json.loads((exports / "gradescope/user1/SIMULATED-results.json").read_text())["score"]
    assert score == 90
    assert "I saw the project" in (exports / "junit/SIMULATED-learners.xml").read_text("utf-8")
    assert reports_main(["compare", str(demo_class.folder / "out"), str(demo_class.lab)]) == 0


def test_a_dispute_has_them(demo_class: Class) -> None:
    demo_class.write(decisions=SEEN).regrade()
    grade = content(demo_class.folder / "out", "user1").predicate["grade"]
    assert (grade["total"], grade["automatic"]["total"]) == (90, 100)
    assert "1 started day late" in grade["decisions"][0]
    decided = content(demo_class.folder / "out", "user17").files["verdicts.json"].decode()
    assert "I saw the project" in decided
    assert '"automatic": "not assessed"' in decided


def test_merged_parts_have_them(demo_class: Class) -> None:
    demo_class.write(decisions=SEEN)
    part = demo_class.folder / "part"
    shutil.copytree(demo_class.evidence, part / "evidence")
    whole = stored_run(Inputs(demo_class.cohort, demo_class.lab, part / "evidence", part))
    write_note(whole, Shard(1, 1))
    _, grades = grades_of_run(merge(read_notes([part]), demo_class.folder / "merged"))
    totals = {own.learner: own.total for own in grades}
    assert (totals["user1"], totals["user17"]) == (90, 100)
    other = demo_class.folder / "other.csv"
    other.write_text(HEADING + SEEN.replace("passed", "failed"), encoding="utf-8")
    _, grades = grades_of_run(merge(read_notes([part]), demo_class.folder / "again", other))
    assert {own.learner: own.total for own in grades}["user17"] == 0


def test_parts_with_other_decisions_are_refused(
    demo_class: Class, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = [demo_class.folder / name for name in ("one", "two")]
    for number, part in enumerate(parts, start=1):
        demo_class.write(decisions=SEEN if number == 1 else SEEN.replace("I", "We"))
        run = stored_run(Inputs(demo_class.cohort, demo_class.lab, demo_class.evidence, part))
        shard = Shard(number, 2)
        labs = dict(shard.part_of(list(run.labs.items())))
        write_note(replace(run, labs=labs), shard)
    out = demo_class.folder / "merged"
    assert reports_main(["merge", *map(str, parts), "--reports", str(out)]) == 2
    assert "name the file that counts with --decisions" in capsys.readouterr().err


def test_a_file_with_a_wrong_row_stops_the_run(
    demo_class: Class, capsys: pytest.CaptureFixture[str]
) -> None:
    demo_class.write(decisions="user99,all,passed,,me,2026-11-25,\n")
    paths = ("--learners", demo_class.cohort, "--evidence", demo_class.evidence)
    assert main(["judge", *map(str, paths), "--reports", str(demo_class.folder / "out")]) == 4
    shown = capsys.readouterr().err
    assert "no learner of the cohort file has this id" in shown
    assert "there is no reason" in shown


def test_nights_keep_them_and_store_only_what_was_found(tmp_path: Path) -> None:
    cohort = grading_process.write_cohort(tmp_path / "two.csv", 2, {2: "not_started"})
    rows = (
        "learner001,project-exists,failed,Copied,me,2026-11-25,\n"
        "learner002,all,passed,Oral exam,me,2026-11-25,\n"
    )
    (tmp_path / "own.csv").write_text(HEADING + rows, encoding="utf-8")
    options = ("--tenant", "simulated", "--history", tmp_path / "history", "--fail-on", "never")
    for night in ("one", "two"):
        run = grading_process.grade(
            *("--learners", cohort, *options, "--decisions", tmp_path / "own.csv"),
            reports=tmp_path / night,
        )
        assert {row["learner"]: row["total"] for row in run.grade_book()} == {
            "learner001": "99",
            "learner002": "100",
        }
        statuses = [
            json.loads(file.read_text("utf-8"))
            for file in (tmp_path / night / "allure-results").glob("*-result.json")
        ]
        assert any("decided by me" in str(result.get("statusDetails")) for result in statuses)
    with closing(sqlite3.connect(tmp_path / "history" / "runs.sqlite")) as store:
        stored = store.execute("SELECT DISTINCT learner, check_id, outcome FROM history").fetchall()
    assert ("learner001", "project-exists", "passed") in stored
    assert ("learner002", "variable-group-exists", "failed") in stored
    assert snapshot.read(tmp_path / "history" / "evidence", "learner001") is not None

"""Nights in a row, as CI runs them: what counts, what goes down, and what is checked again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from fixtures.nightly import last_good_evidence
from fixtures.nightly import plugin as nightly
from fixtures.plugin import collect as collecting
from graders import snapshot
from graders.history.effective_result import Found
from graders.history.missing import ResourceRef
from graders.history.store import FILE_NAME
from graders.verdicts import Outcome
from tests.support import grading_process
from tests.support.graded_project import labels, results
from tests.support.paths import COHORTS

CHECK = "variable-group-exists"
ADA, BOB = "learner001", "learner002"


@dataclass(frozen=True)
class Class:
    """Two learners and the runs that collected them."""

    folder: Path
    extra: tuple[object, ...] = ()

    @property
    def store(self) -> Path:
        return self.folder / "history" / FILE_NAME

    def night(
        self, mistakes: str = "", *extra: object, faults: str = "", **changes: str
    ) -> grading_process.Outcome:
        """One run, on which the second learner made these mistakes; the others move back a day."""
        if self.store.exists():
            with closing(sqlite3.connect(self.store)) as store, store:
                moved = "UPDATE runs SET at = strftime('%Y-%m-%dT%H:%M:%f+00:00', at, '-1 day')"
                store.execute(moved)
        cohort = grading_process.write_cohort(self.folder / "two.csv", 2, {2: mistakes})
        plan = self.folder / "faults.toml"
        plan.write_text(faults, encoding="utf-8")
        return grading_process.grade(
            *("--learners", cohort, "--tenant", "simulated", "--fail-on", "never"),
            *("--history", self.folder / "history", "--faults", plan),
            *(*self.extra, *extra),
            reports=self.folder / "out",
            changes=changes,
        )


@pytest.fixture
def two(tmp_path: Path) -> Class:
    return Class(tmp_path)


def totals(run: grading_process.Outcome) -> dict[str, str]:
    return {row["learner"]: row["total"] for row in run.grade_book()}


def note_of(run: grading_process.Outcome, check: str = CHECK, learner: str = BOB) -> str:
    (verdict,) = (
        candidate
        for candidate in run.book()["verdicts"]
        if (candidate["learner"], candidate["check"]) == (learner, check)
    )
    return str(verdict.get("standing", ""))


def kept(run: grading_process.Outcome, learner: str) -> set[str]:
    """The parts of the evidence that were not asked for again."""
    evidence = snapshot.read(run.reports / "evidence", learner)
    assert evidence is not None
    return {entry.part for entry in evidence.kept}


def test_a_deletion_is_found_on_the_second_night(two: Class) -> None:
    first = two.night()
    assert totals(first) == {ADA: "100", BOB: "100"}
    assert "recheck 1" not in first.text
    assert kept(first, ADA) == kept(first, BOB) == set()

    second = two.night("no_variable_group")
    assert totals(second) == {ADA: "100", BOB: "100"}
    assert "recheck 1 of learners whose marks would go down: learner002" in second.text
    assert "recheck 2" not in second.text
    assert "tonight's run could not confirm it (failed: expected" in note_of(second)
    assert kept(second, ADA) == {"runs", "training_runs"}
    assert kept(second, BOB) == set()  # a recheck asks for all of it
    assert "Past runs count (the latest run):" in second.text
    noted = [
        result
        for result in results(second.reports / "allure-results")
        if "; tonight's run could not confirm it" in str(result)
    ]
    assert {(*labels(result, "suite"), result["status"]) for result in noted} == {(BOB, "passed")}
    assert len(noted) == sum(1 for verdict in second.book()["verdicts"] if verdict.get("standing"))

    third = two.night("no_variable_group")
    assert totals(third)[ADA] == "100"
    assert float(totals(third)[BOB]) < 50
    assert third.outcomes()[BOB][CHECK] == "failed"
    assert "but not since" in note_of(third)

    fourth = two.night()  # fixed
    assert totals(fourth) == {ADA: "100", BOB: "100"}
    assert note_of(fourth) == ""


FORBIDDEN_ONCE = """
[library_forbidden_once]
service = "Azure DevOps"
route = "variable groups"
learners = ["learner002"]
fault = "403"
"""


def test_what_could_not_be_read_at_first_is_read_by_the_recheck(two: Class) -> None:
    two.night()
    run = two.night("", "--fail-on", "learner", faults=FORBIDDEN_ONCE + "calls = [1]\n")
    assert "recheck 1 of learners whose marks would go down: learner002" in run.text
    assert totals(run) == {ADA: "100", BOB: "100"}
    assert note_of(run) == ""
    assert run.status == pytest.ExitCode.OK
    regraded = grading_process.grade(  # its evidence is that of the recheck
        *("--learners", two.folder / "two.csv", "--evidence", run.reports / "evidence"),
        reports=two.folder / "again",
    )
    assert totals(regraded) == {ADA: "100", BOB: "100"}


def test_a_mark_that_no_recheck_could_read_stays_and_says_so(two: Class) -> None:
    two.night()
    run = two.night(faults=FORBIDDEN_ONCE)
    assert "recheck 2 of learners whose marks would go down: learner002" in run.text
    assert totals(run) == {ADA: "100", BOB: "100"}
    assert "tonight's run could not confirm it (not assessed: Azure DevOps" in note_of(run)


def test_a_learner_who_never_passed_stays_withheld(two: Class) -> None:
    run = two.night(faults=FORBIDDEN_ONCE)
    assert totals(run) == {ADA: "100", BOB: ""}


def test_workers_judge_and_the_past_counts_all_the_same(two: Class) -> None:
    two.night("", "-n", "2")
    run = two.night("no_variable_group", "-n", "2")
    assert totals(run) == {ADA: "100", BOB: "100"}
    assert "recheck 1" in run.text


@pytest.mark.parametrize("content", ["a file of something else, " * 20, ""])
def test_a_store_that_is_none_is_named_before_anything_is_collected(
    two: Class, content: str
) -> None:
    two.store.parent.mkdir()
    two.store.write_text(content, encoding="utf-8")
    cohort = grading_process.write_cohort(two.folder / "two.csv", 2)
    run = grading_process.grade(
        *("--learners", cohort, "--tenant", "simulated", "--history", two.store.parent),
        reports=two.folder / "out",
    )
    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert "--history" in run.text
    assert "Traceback" not in run.text
    assert not (two.folder / "out" / "evidence").exists()
    assert two.store.read_text(encoding="utf-8") == content


def test_stored_evidence_is_no_new_night(two: Class) -> None:
    first = two.night()
    run = grading_process.grade(
        *("--learners", two.folder / "two.csv", "--evidence", first.reports / "evidence"),
        *("--history", two.store.parent),
        reports=two.folder / "again",
    )
    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert "--history" in run.text
    assert "--evidence" in run.text


def test_the_deadline_of_the_lab_file_holds_the_marks(tmp_path: Path) -> None:
    two = Class(tmp_path)
    two.night("no_variable_group")
    grading_process.write_cohort(tmp_path / "two.csv", 2)
    lab = (COHORTS / "lab.toml").read_text(encoding="utf-8")
    table = '[nightly]\npolicy = "deadline"\ndeadline = {}\n'
    own = tmp_path / "own.toml"
    own.write_text(lab + table.format("2020-01-01T00:00:00Z"), encoding="utf-8")
    before = Class(tmp_path, ("--lab", own)).night()
    assert totals(before) == {ADA: "", BOB: ""}
    assert "no run was made before the deadline" in " ".join(before.text.split())
    own.write_text(lab + table.format("2099-01-01T00:00:00Z"), encoding="utf-8")
    after = Class(tmp_path, ("--lab", own)).night()
    assert totals(after) == {ADA: "100", BOB: "100"}


def test_an_interruption_while_asking_by_id_confirms_nothing_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(last_good_evidence, "contradicted", interrupted)
    session = SimpleNamespace(config=None, exitstatus=pytest.ExitCode.OK)
    missed = Found(Outcome.FAILED, "found none", agreed=True)
    confirmed = nightly._uncontradicted(session, None, {(BOB, CHECK): missed}, {})  # type: ignore[arg-type]
    assert confirmed == {(BOB, CHECK): Found(Outcome.FAILED, "found none", agreed=False)}
    assert session.exitstatus == pytest.ExitCode.INTERRUPTED


def test_where_nothing_can_be_asked_for_nothing_is_confirmed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object) -> None:
        raise pytest.UsageError("nobody is signed in")

    monkeypatch.setattr(collecting, "doubts", refused)
    missing = {BOB: (ResourceRef("variable group", "7", "group"),)}
    with pytest.warns(pytest.PytestWarning, match="by its id"):
        doubts = last_good_evidence._doubts(None, None, missing)  # type: ignore[arg-type]
    assert doubts == {BOB: "what is missing could not be asked for by its id (UsageError)"}


LEFT_OUT = """
[library_left_out]
service = "Azure DevOps"
route = "variable groups"
learners = ["learner002"]
fault = "left-out"
"""


@pytest.mark.parametrize(
    ("mistakes", "total", "doubt"),
    [
        ("", "100", "other evidence shows that it was used"),
        (  # nothing ran with it: only the service itself can say so
            "stopped_after_task_2",
            "18",
            "asked for by its id, the variable group `devopsforai-aml-vg` is still there",
        ),
    ],
)
def test_a_list_that_leaves_something_out_every_night_takes_no_mark_away(
    two: Class, mistakes: str, total: str, doubt: str
) -> None:
    before = totals(two.night(mistakes))
    assert before == {ADA: "100", BOB: total}
    for _ in range(3):
        run = two.night(mistakes, faults=LEFT_OUT)
        assert totals(run) == before
        assert run.outcomes()[BOB][CHECK] == "passed"
        assert doubt in note_of(run)

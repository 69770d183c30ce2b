"""``--fail-on``: whose failures make the exit status 1, however many processes judge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from fixtures.plugin.options import exit_status
from graders.verdicts import Outcome
from tests.support import grading_process
from tests.support import handmade_run as example
from tests.support.paths import COHORTS

F, N, B, P, X, OK = (
    Outcome.FAILED,
    Outcome.NOT_ASSESSED,
    Outcome.BLOCKED,
    Outcome.PENDING,
    Outcome.NOTED,
    Outcome.PASSED,
)
WAYS = ("learner", "fault", "never")


@pytest.mark.parametrize(
    ("outcomes", "others", "statuses"),
    [
        ((F, OK), 0, (1, 0, 0)),
        ((N, OK), 0, (1, 1, 0)),
        ((F, N), 0, (1, 1, 0)),
        ((F, OK), 1, (1, 1, 1)),
        ((N, OK), 1, (1, 1, 1)),
        ((), 1, (1, 1, 1)),
    ],
)
def test_whose_failures_count(
    outcomes: Sequence[Outcome], others: int, statuses: tuple[int, ...]
) -> None:
    """``others``: failed tests of ours, which nothing excuses."""
    verdicts = [example.verdict("ada", example.RUBRIC[0], outcome) for outcome in outcomes]
    failed = others + sum(outcome in (F, N) for outcome in outcomes)
    assert tuple(int(exit_status(way, failed, verdicts)) for way in WAYS) == statuses


def a_part(
    demo: grading_process.Outcome, wanted: Outcome, allowed: set[Outcome]
) -> tuple[object, ...]:
    """Options that choose a learner and a task with such an outcome and others allowed only."""
    tasks = {check["id"]: check["task"] for check in demo.book()["rubric"]}
    by_task: dict[tuple[str, int], set[str]] = {}
    for learner, own in demo.outcomes().items():
        for check, outcome in own.items():
            by_task.setdefault((learner, tasks[check]), set()).add(outcome)
    for (learner, task), outcomes in by_task.items():
        if wanted in outcomes and outcomes <= allowed:
            return ("--learner", learner, "-m", f"task{task}")
    raise LookupError(wanted)


def status(demo: grading_process.Outcome, reports: Path, *arguments: object) -> int:
    evidence = demo.reports / "evidence"
    options = ("--learners", COHORTS / "demo.csv", "--evidence", evidence)
    return grading_process.grade(*options, *arguments, reports=reports).status


@pytest.mark.parametrize("wanted", [B, P, X])
def test_blocked_pending_or_noted_checks_alone_fail_no_run(
    demo: grading_process.Outcome, tmp_path: Path, wanted: Outcome
) -> None:
    part = a_part(demo, wanted, {wanted, OK} | ({B} if wanted is P else set()))
    assert status(demo, tmp_path, *part) == 0


@pytest.mark.parametrize(
    ("wanted", "way", "expected"),
    [(F, "learner", 1), (F, "fault", 0), (N, "fault", 1), (N, "never", 0)],
)
def test_several_processes_change_nothing(
    demo: grading_process.Outcome, tmp_path: Path, wanted: Outcome, way: str, expected: int
) -> None:
    part = a_part(demo, wanted, {wanted, OK, B})
    assert status(demo, tmp_path, *part, "-n2", "--fail-on", way) == expected


@pytest.mark.parametrize(("wanted", "more"), [(F, ()), (B, ()), (F, ("-n2",))])
def test_a_result_that_could_not_be_written_is_3_whatever_failed(
    demo: grading_process.Outcome, tmp_path: Path, wanted: Outcome, more: tuple[str, ...]
) -> None:
    (tmp_path / "gradebook.csv").mkdir()
    part = a_part(demo, wanted, {wanted, OK, B})
    assert status(demo, tmp_path, *part, *more, "--fail-on", "never") == 3


def test_a_summary_that_could_not_be_written_is_3_and_the_rest_is_there(
    demo: grading_process.Outcome, tmp_path: Path
) -> None:
    part = a_part(demo, B, {B, OK})
    run = grading_process.grade(
        *(
            "--learners",
            COHORTS / "demo.csv",
            "--evidence",
            demo.reports / "evidence",
        ),
        *part,
        reports=tmp_path / "out",
        changes={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "file")},
    )
    assert run.status == 3
    assert "ERROR: the CI summary was not written" in run.text
    assert (tmp_path / "out" / "junit" / "faults.xml").is_file()
    assert "Traceback" not in run.text

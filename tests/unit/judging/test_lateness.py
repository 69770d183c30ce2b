"""What of a learner's work is late: judged again as it was at the deadline, by its own clocks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from graders.as_of import moment
from graders.evidence import ServiceName, Unavailable
from graders.judging.judge import Judge, Subject
from graders.judging.lateness import clocks, late_work
from graders.late import LateRule, LateWork, Per, State, end_of_minute
from tests.support.changed_evidence import CHECKS, RUBRIC, changed
from tests.support.three_learners import evidence, labs

OURS = evidence()["user1"]
DUE = moment("2026-11-20T13:40:00Z")
"""CI and what it made are in time, CD and the endpoint are not."""
RULE = LateRule(penalty=1, per=Per.HOUR)
OF_CD = {"cd-run-succeeded", "endpoint-exists", "endpoint-is-healthy"}


def late(due: datetime = DUE, **changes: Any) -> LateWork:
    """Of evidence of which these facts are changed, while the class is judged as collected."""
    judge = Judge(Subject(labs(), evidence().__getitem__), CHECKS, RUBRIC)
    now = changed(OURS, {name.replace("__", "."): value for name, value in changes.items()})
    return late_work(judge, "user1", now, due, RULE)


def test_what_passes_now_and_did_not_at_the_deadline_is_late() -> None:
    work = late()
    at_deadline, at_the_end = work.states
    assert work.due == DUE
    assert (at_deadline.at, at_deadline.steps) == (end_of_minute(DUE), 0)
    assert at_deadline.missing >= OF_CD
    assert not [check for check in at_deadline.missing if RUBRIC[check].task < 6]
    last = OURS.runs[0].finished_at  # type: ignore[index, union-attr]
    assert at_the_end == State(last.replace(microsecond=0), 1)


def test_what_does_not_pass_now_is_not_late() -> None:
    failing = late(endpoints__0__state="Failed").states[0]
    assert late().states[0].missing - failing.missing >= {"endpoint-is-healthy"}
    assert failing.missing >= {"cd-run-succeeded", "endpoint-exists"}


def test_what_cannot_be_known_is_not_late() -> None:
    """The endpoint was there, and was deployed again since."""
    before = DUE - timedelta(minutes=5)
    assert late(endpoints__0__created_at=before).states[0].missing & OF_CD == {"cd-run-succeeded"}


def test_nothing_is_late_where_all_was_done_in_time() -> None:
    due = DUE + timedelta(hours=1)
    assert late(due) == LateWork(due, ())


UNREAD = Unavailable(ServiceName.AZURE_ML, "it", "it answered 503", "Run again.")


@pytest.mark.parametrize(
    ("changes", "without"),
    [
        ({}, ""),
        ({"runs.0.status": "inProgress"}, "13:55"),
        ({"training_runs.0.status": "Running"}, "13:37"),
        ({"training_runs.0.ended_at": None}, "13:37"),
        ({"models.0.version": ""}, "13:36"),
        ({"runs": UNREAD}, "13:55 13:39"),
        ({"published_pipelines": UNREAD}, "13:20"),
        ({"training_runs": None}, "13:37"),
        ({"models": UNREAD}, "13:36"),
        ({"endpoints": UNREAD}, "13:51"),
    ],
)
def test_what_ended_or_was_created_has_a_clock(changes: Mapping[str, Any], without: str) -> None:
    every = ["13:20", "13:36", "13:37", "13:39", "13:51", "13:55"]
    found = sorted(f"{time:%H:%M}" for time in clocks(changed(OURS, changes)))
    assert found == [time for time in every if time not in without]

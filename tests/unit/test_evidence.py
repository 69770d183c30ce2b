"""What evidence says of itself: what could not be seen, and what has come to an end."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from graders.evidence import Evidence, TrainingRun, Unavailable, VariableGroup
from tests.support.correct_evidence import CI_RUN


def unseen(what: str) -> Unavailable:
    return Unavailable("GitHub", what, "it answered 503", "Run again.")


def everything(change: Unavailable) -> Evidence:
    """Evidence of a learner of whom nothing at all could be seen."""
    said = {"learner": "ada", "similar_repositories": ()}
    return Evidence(**{one.name: said.get(one.name, change) for one in fields(Evidence)})  # type: ignore[arg-type]


def test_what_could_not_be_seen_says_where_what_why_and_what_to_do() -> None:
    said = str(unseen("the repository"))
    assert said == "GitHub: could not see the repository: it answered 503. Run again."


def test_all_that_could_not_be_seen_is_told_once_each_in_the_order_of_the_lab() -> None:
    one, two, three = (unseen(name) for name in ("one", "two", "three"))
    nothing = everything(one)
    group = VariableGroup(1, "g", "Vsts", {}, access=two)
    assert nothing.faults() == (one,)
    seen = replace(nothing, variable_groups=(group,), runs=(replace(CI_RUN, stages=three), CI_RUN))
    assert seen.faults() == (one, two, three)


@pytest.mark.parametrize(
    ("status", "result", "is_completed", "succeeded"),
    [
        ("completed", "succeeded", True, True),
        ("completed", "partiallySucceeded", True, True),
        ("completed", "failed", True, False),
        ("completed", None, True, False),
        ("inProgress", "succeeded", False, False),
    ],
)
def test_a_run_succeeded_when_it_is_completed_and_nothing_spoilt_it(
    status: str, result: str | None, is_completed: bool, succeeded: bool
) -> None:
    run = replace(CI_RUN, status=status, result=result)
    assert (run.is_completed, run.succeeded) == (is_completed, succeeded)


@pytest.mark.parametrize(
    ("status", "is_completed", "is_over"),
    [
        ("Completed", True, True),
        ("Finished", True, True),
        ("Failed", False, True),
        ("Canceled", False, True),
        ("CancelRequested", False, False),
        ("Running", False, False),
    ],
)
def test_a_training_run_is_over_when_it_completed_failed_or_was_canceled(
    status: str, is_completed: bool, is_over: bool
) -> None:
    run = TrainingRun("r", status, {})
    assert (run.is_completed, run.is_over) == (is_completed, is_over)

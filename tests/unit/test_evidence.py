"""What evidence says of itself: what could not be seen, and what has come to an end."""

from __future__ import annotations

from dataclasses import fields, replace
from types import MappingProxyType

import pytest

from graders.evidence import Evidence, GitHubEvidence, TrainingRun, Unavailable, VariableGroup
from tests.support.correct_evidence import CI_RUN


def unseen(part: str) -> Unavailable:
    return Unavailable("GitHub", part, "it answered 503", "Run again.")


def everything(change: Unavailable) -> Evidence:
    """Evidence of a learner of whom nothing at all could be seen."""
    known = {"learner": "ada", "similar_repositories": ()}
    return Evidence(**{field.name: known.get(field.name, change) for field in fields(Evidence)})  # type: ignore[arg-type]


def test_a_fault_names_service_resource_cause_and_remedy() -> None:
    text = str(unseen("the repository"))
    assert text == "GitHub: could not see the repository: it answered 503. Run again."


def test_each_fault_is_listed_once_in_the_order_of_the_lab() -> None:
    first, second, third = (unseen(name) for name in ("one", "two", "three"))
    nothing = everything(first)
    group = VariableGroup(1, "g", "Vsts", MappingProxyType({}), access=second)
    assert nothing.faults() == (first,)
    evidence = replace(
        nothing, variable_groups=(group,), runs=(replace(CI_RUN, stages=third), CI_RUN)
    )
    assert evidence.faults() == (first, second, third)


def test_what_a_service_hides_is_one_fault_and_what_may_be_left_out_is_empty() -> None:
    fault = unseen("anything")
    assert GitHubEvidence.unseen(fault) == GitHubEvidence(repositories=fault)


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

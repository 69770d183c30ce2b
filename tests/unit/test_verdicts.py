"""How verdicts add up: nothing on our side lowers, raises or erases a mark."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graders.codec import from_json, to_json
from graders.reasons import Reason
from graders.rubric import Check
from graders.verdicts import Outcome, Verdict, grade

GROUP = Check("group", "The group is there", "2.6", 6, "Make it.")
OPEN = Check("open", "The group is open", "2.8", 0, "Open it.")
RUN = Check("run", "A run succeeded", "5.12", 4, "Run it.")
TRAINED = Check("trained", "The model is there", "5.18", 2.5, "Train it.")
RUBRIC = (GROUP, OPEN, RUN, TRAINED)
UNDECIDED = (Outcome.PENDING, Outcome.NOT_ASSESSED)


def on(check: Check, outcome: Outcome = Outcome.PASSED, reason: str = "") -> Verdict:
    return Verdict.on(check, "ada", outcome, Reason(note=reason), check.hint)


def test_a_verdict_is_its_check_its_learner_and_what_became_of_it() -> None:
    verdict = on(RUN, Outcome.FAILED, "run 3 failed")
    assert verdict == Verdict(
        learner="ada",
        check="run",
        task=5,
        step="5.12",
        title="A run succeeded",
        points=4,
        outcome=Outcome.FAILED,
        why=Reason(note="run 3 failed"),
        hint="Run it.",
    )
    assert from_json(to_json(verdict)) == verdict
    assert type(from_json(to_json(verdict)).outcome) is Outcome
    passed = Verdict.on(RUN, "ada", Outcome.PASSED)
    assert (passed.reason, passed.hint) == ("", "")


@pytest.mark.parametrize("outcome", list(Outcome))
def test_points_are_for_what_passed_and_withheld_where_it_is_not_decided(outcome: Outcome) -> None:
    assert on(RUN, outcome).earned == (4 if outcome is Outcome.PASSED else 0)
    assert outcome.is_decided is (outcome not in UNDECIDED)
    assert on(RUN, outcome).withholds is (outcome in UNDECIDED)
    assert on(replace(RUN, points=0.5), outcome).withholds is (outcome in UNDECIDED)
    assert not on(OPEN, outcome).withholds


def test_outcomes_are_written_as_programs_read_them() -> None:
    """The grade book's JSON and the catalogue name them so."""
    written = ["passed", "failed", "blocked", "pending", "not assessed", "noted"]
    assert [str(outcome) for outcome in Outcome] == written


def test_all_that_passed_adds_up_by_task_and_in_all() -> None:
    verdicts = [on(GROUP), on(OPEN, Outcome.NOTED), on(RUN, Outcome.BLOCKED), on(TRAINED)]
    result = grade("ada", verdicts, iter(RUBRIC))
    assert (result.learner, result.verdicts, result.withheld) == ("ada", tuple(verdicts), "")
    assert (result.total, result.earned, result.possible) == (8.5, 8.5, 12.5)
    assert result.by_task == {2: 6, 3: 0, 4: 0, 5: 2.5, 6: 0, 7: 0}


@pytest.mark.parametrize("outcome", UNDECIDED)
def test_something_undecided_withholds_its_task_and_the_total(outcome: Outcome) -> None:
    verdicts = [on(GROUP), on(OPEN), on(RUN, outcome, "it is slow"), on(TRAINED)]
    result = grade("ada", verdicts, RUBRIC)
    assert (result.total, result.earned) == (None, 8.5)
    assert result.by_task == {2: 6, 3: 0, 4: 0, 5: None, 6: 0, 7: 0}
    assert result.withheld == f"1 check {outcome}: it is slow"


def test_an_undecided_advisory_check_withholds_nothing() -> None:
    verdicts = [on(GROUP), on(OPEN, Outcome.NOT_ASSESSED), on(RUN), on(TRAINED)]
    assert grade("ada", verdicts, RUBRIC).total == 12.5
    assert grade("ada", [on(GROUP), on(RUN), on(TRAINED)], RUBRIC).total == 12.5


def test_checks_that_were_not_judged_withhold_their_task_and_the_total() -> None:
    result = grade("ada", [on(GROUP), on(OPEN)], RUBRIC)
    assert (result.total, result.withheld) == (None, "2 checks not run")
    assert (result.by_task[2], result.by_task[5]) == (6, None)


def test_what_was_not_assessed_is_named_before_what_is_pending() -> None:
    verdicts = [
        on(GROUP, Outcome.PENDING, "slow"),
        on(RUN, Outcome.NOT_ASSESSED, "first"),
        on(TRAINED, Outcome.NOT_ASSESSED, "second"),
    ]
    own = grade("ada", verdicts, RUBRIC)
    assert own.withheld == (
        "1 check not assessed: first; 1 check not assessed: second; 1 check pending: slow;"
        " 1 check not run"
    )
    assert sum(own.undecided.values()) + own.not_run == len(RUBRIC)


def test_each_cause_is_told_once_and_counts_checks_without_points_too() -> None:
    verdicts = [
        on(GROUP, Outcome.NOT_ASSESSED, "rare"),
        on(OPEN, Outcome.NOT_ASSESSED, "common"),
        on(RUN, Outcome.NOT_ASSESSED, "common"),
        on(TRAINED),
    ]
    assert grade("ada", verdicts, RUBRIC).withheld == (
        "2 checks not assessed: common; 1 check not assessed: rare"
    )


def test_of_many_causes_the_rest_is_counted() -> None:
    rubric = [replace(GROUP, id=f"check-{n}") for n in range(9)]
    verdicts = [on(check, Outcome.NOT_ASSESSED, f"why {check.id}") for check in rubric]
    text = grade("ada", verdicts, rubric).withheld
    assert (text.count("why check-"), text.endswith("; 4 checks for other reasons")) == (5, True)

"""What decisions change of a grade: applied in one place, and the automatic result is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from graders.codec import from_json, to_json, total_facts_of, with_total_facts
from graders.decisions import ALL, Action, Decision, Idle
from graders.reasons import Reason
from graders.settling import Settlement, settled
from graders.verdicts import Grade, Outcome, grade
from graders.wording import changes_for_the_learner, changes_of
from tests.support import handmade_run as example

RUBRIC = example.RUBRIC
GROUP = RUBRIC[1]
SECRET = "could not see /home/grader/evidence"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def decision(
    action: Action = Action.PASSED, check: str = GROUP.id, points: float = 0, **more: object
) -> Decision:
    made = Decision("ada", check, action, "I saw it", "Dr Smith", date(2026, 11, 25), points, row=2)
    return replace(made, **more)  # type: ignore[arg-type]


def automatic(outcome: Outcome = Outcome.FAILED, why: str = SECRET, check: str = GROUP.id) -> Grade:
    return grade("ada", example.verdicts("ada", {check: (outcome, why)}), RUBRIC)


def settle(own: Grade, *decisions: Decision) -> tuple[Grade, list[Idle]]:
    (final,), idle = settled([own], RUBRIC, Settlement(decisions, NOW))
    return final, [entry.why for entry in idle]


@pytest.mark.parametrize(
    ("action", "points", "outcome", "total"),
    [
        (Action.PASSED, 0, Outcome.PASSED, 100),
        (Action.EXCUSED, 0, Outcome.PASSED, 100),
        (Action.POINTS, 5, Outcome.FAILED, 90),
        (Action.POINTS, 15, Outcome.PASSED, 100),
        (Action.ADD, 2, Outcome.FAILED, 87),
    ],
)
def test_a_decision_counts_in_place_of_the_judge(
    action: Action, points: float, outcome: Outcome, total: float
) -> None:
    final, idle = settle(automatic(), decision(action, points=points))
    changed = final.verdicts[1]
    assert (changed.outcome, final.total, idle) == (outcome, total, [])
    assert (changed.automatic, changed.why.note) == (Outcome.FAILED, SECRET)
    assert final.automatic == automatic()
    assert final.by_task[2] == 3 + changed.earned


def test_points_can_be_taken_but_never_below_none() -> None:
    own = grade("ada", example.verdicts("ada"), RUBRIC)
    assert settle(own, decision(Action.SUBTRACT, points=4))[0].total == 96
    assert settle(automatic(), decision(Action.SUBTRACT, points=4)) == (
        automatic(),
        [Idle.NO_CHANGE],
    )


@pytest.mark.parametrize("outcome", [Outcome.NOT_ASSESSED, Outcome.PENDING, Outcome.BLOCKED])
def test_what_is_withheld_or_blocked_is_settled(outcome: Outcome) -> None:
    final, _ = settle(automatic(outcome), decision())
    assert (final.total, final.withheld) == (100, "")
    final, _ = settle(automatic(outcome), decision(Action.FAILED))
    assert (final.total, final.verdicts[1].outcome) == (85, Outcome.FAILED)


def test_all_decides_every_check_with_points_and_a_row_of_its_own_comes_first() -> None:
    final, idle = settle(
        automatic(), decision(Action.FAILED, ALL), decision(Action.POINTS, points=7)
    )
    assert (final.total, idle) == (7, [])
    assert final.verdicts[2].decision is None  # without points


def test_the_total_can_be_set_changed_or_excused() -> None:
    unseen = automatic(Outcome.NOT_ASSESSED)
    assert settle(unseen, decision(Action.POINTS, ALL, 60))[0].total == 60
    assert settle(automatic(), decision(Action.ADD, ALL, 20))[0].total == 105
    assert settle(automatic(), decision(Action.SUBTRACT, ALL, 90))[0].total == 0
    excused, _ = settle(automatic(), decision(Action.EXCUSED, ALL))
    assert (excused.total, excused.is_excused) == (None, True)
    assert excused.withheld == "excused, decided by Dr Smith on 25 November 2026: I saw it"


def test_what_has_no_effect_is_reported() -> None:
    lapsed = decision(until=datetime(2026, 11, 28, tzinfo=UTC), until_text="2026-11-27 UTC")
    assert settle(automatic(), lapsed) == (automatic(), [Idle.LAPSED])
    assert settle(automatic(), decision(check="not-run")) == (automatic(), [Idle.NO_MATCH])
    assert settle(automatic(), decision(Action.FAILED)) == (automatic(), [Idle.NO_CHANGE])
    unseen = automatic(Outcome.NOT_ASSESSED)
    assert settle(unseen, decision(Action.ADD, ALL, 2)) == (unseen, [Idle.WITHHELD])
    assert settle(automatic(), decision(Action.POINTS, ALL, 85))[1] == [Idle.NO_CHANGE]


def test_a_decision_counts_up_to_its_last_moment() -> None:
    assert settle(automatic(), decision(until=NOW))[0].total == 100


def test_another_learners_decision_concerns_nobody_here() -> None:
    assert settle(automatic(), decision(learner="bob")) == (automatic(), [])


def test_the_learner_reads_the_decision_but_not_what_is_for_the_grader() -> None:
    final, _ = settle(automatic(Outcome.NOT_ASSESSED), decision())
    decided = "passed, decided by Dr Smith on 25 November 2026: I saw it (automatic verdict:"
    assert changes_of(final) == [
        f"step 2.6, variable-group-exists: {decided} not assessed: {SECRET})"
    ]
    assert changes_for_the_learner(final) == [
        f"step 2.6, The variable group has the lab's name: {decided} not assessed)"
    ]


def test_a_decided_grade_survives_being_written_down() -> None:
    first, _ = settle(automatic(), decision(), decision(Action.ADD, ALL, 3))
    read = [from_json(to_json(verdict)) for verdict in first.verdicts]
    assert read == list(first.verdicts)
    again = with_total_facts(grade("ada", read, RUBRIC), total_facts_of(first))
    assert (again.total, again.decision) == (103, first.decision)


def test_advice_can_be_decided_too() -> None:
    own = automatic(Outcome.NOT_ASSESSED, "unseen", "group-is-open")
    final, _ = settle(own, decision(check="group-is-open"))
    assert (final.verdicts[2].outcome, final.total) == (Outcome.PASSED, 100)
    final, _ = settle(own, decision(Action.FAILED, check="group-is-open"))
    assert final.verdicts[2].outcome is Outcome.NOTED
    assert final.verdicts[2].why == Reason(note="unseen")

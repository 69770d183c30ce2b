"""What late work costs: started hours and days of UTC, grace, cap, and what a share is of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, timedelta

import pytest

from graders.as_of import moment
from graders.decisions import ALL, Action, Decision
from graders.late import (
    Lateness,
    LateRule,
    LateWork,
    Per,
    Share,
    State,
    end_of_minute,
    last_times,
)
from graders.settling import Settlement, settled
from graders.verdicts import Grade, Outcome, grade
from graders.wording import changes_of
from tests.support import handmade_run as example

DUE = moment("2026-11-20 23:59 America/Chicago")
RULE = LateRule(penalty=10)
HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
END = DUE + timedelta(seconds=59)
GROUP, ENDPOINT = "variable-group-exists", "endpoint-answers"


@pytest.mark.parametrize(
    ("late", "days"),
    [(timedelta(0), 0), (timedelta(seconds=1), 1), (DAY, 1), (DAY + timedelta(seconds=1), 2)],
)
def test_a_day_is_started_by_its_first_second(late: timedelta, days: int) -> None:
    assert RULE.steps(DUE, END + late) == days


def test_a_deadline_includes_its_minute() -> None:
    assert RULE.steps(DUE, DUE + timedelta(seconds=59)) == 0
    assert RULE.steps(DUE + timedelta(seconds=30), DUE + timedelta(seconds=31)) == 1
    assert end_of_minute(DUE).tzinfo is UTC


def test_grace_is_time_before_the_first_step() -> None:
    rule = replace(RULE, grace=timedelta(minutes=10), per=Per.HOUR)
    assert rule.steps(DUE, END + timedelta(minutes=10)) == 0
    assert rule.steps(DUE, END + timedelta(minutes=11)) == 1
    assert rule.steps(DUE, END + timedelta(minutes=71)) == 2


@pytest.mark.parametrize(
    ("due", "done", "hours"),
    [
        # the clocks go back in the night: 24.5 hours, not the 23.5 between the local times
        ("2026-10-24 23:59:59 Europe/Berlin", "2026-10-25 23:30 Europe/Berlin", 25),
        # and forward: 22.5 hours, not 23.5
        ("2026-03-28 23:59:59 Europe/Berlin", "2026-03-29 23:30 Europe/Berlin", 23),
        ("2026-03-28 23:59:59 Europe/Berlin", "2026-03-29T21:30:00Z", 23),
    ],
)
def test_over_a_change_of_clocks_elapsed_time_counts(due: str, done: str, hours: int) -> None:
    assert LateRule(per=Per.HOUR).steps(moment(due), moment(done)) == hours


@pytest.mark.parametrize(
    ("share", "points"),
    [(Share.POINTS, 20), (Share.OF_POSSIBLE, 18), (Share.OF_EARNED, 12)],
)
def test_a_share_says_of_what(share: Share, points: float) -> None:
    assert replace(RULE, share=share).deduction(2, earned=60, possible=90) == points


def test_a_cap_is_the_most_and_nothing_falls_below_zero() -> None:
    assert replace(RULE, cap=25).deduction(9, 60, 100) == 25
    assert RULE.deduction(9, 60, 100) == 60
    assert replace(RULE, penalty=0).deduction(9, 60, 100) == 0


def test_each_step_is_judged_once_at_its_last_time() -> None:
    clocks = [DUE - DAY, END + 2 * HOUR, END + HOUR, END + DAY + HOUR]
    assert last_times(RULE, DUE, clocks) == [END, END + 2 * HOUR, END + DAY + HOUR]
    assert last_times(RULE, DUE, clocks[:1]) == []
    grace = replace(RULE, grace=HOUR)
    assert last_times(grace, DUE, clocks) == [END + HOUR, END + DAY + HOUR]
    capped = replace(RULE, cap=10)
    assert last_times(capped, DUE, clocks) == [END, END + DAY + HOUR]


# --- which state of the work counts ---------------------------------------------------------------


def late(*states: tuple[int, set[str]], rule: LateRule = RULE) -> Settlement:
    made = tuple(
        State(END.astimezone(UTC) + days * DAY, days, frozenset(missing))
        for days, missing in states
    )
    return Settlement(rule=rule, late={"ada": LateWork(DUE, made)})


def settle(settlement: Settlement, own: Grade | None = None) -> Grade:
    full = grade("ada", example.verdicts("ada"), example.RUBRIC)
    (final,), _ = settled([own or full], example.RUBRIC, settlement)
    return final


def test_what_was_right_in_time_costs_nothing_however_late_it_was_done_again() -> None:
    final = settle(late((0, set()), (3, set())))
    assert (final.total, final.late, changes_of(final)) == (100, None, [])


def test_late_work_counts_less_its_penalty() -> None:
    final = settle(late((0, {ENDPOINT}), (1, set())))
    assert final.total == 90
    assert changes_of(final) == [
        "late work: due 2026-11-20 23:59 America/Chicago; the work that counts is of"
        " 2026-11-21 23:59 America/Chicago, 1 started day late;"
        " that costs 10 points (10 points for each started day)"
    ]
    assert final.automatic is not None
    assert final.automatic.total == 100


def test_late_work_never_lowers_what_was_earned_in_time() -> None:
    final = settle(late((0, {ENDPOINT}), (2, set())))
    assert final.total == 86
    assert changes_of(final) == [
        "late work: due 2026-11-20 23:59 America/Chicago;"
        " later work would cost what it brings, 14 points, so it does not count"
    ]


def test_the_best_of_several_late_states_counts() -> None:
    states = (0, {GROUP, ENDPOINT}), (1, {ENDPOINT}), (2, set[str]())
    assert settle(late(*states, rule=replace(RULE, penalty=14))).total == 72  # of 71, 72 and 72
    assert settle(late(*states)).total == 80  # of 71, 76 and 80


def test_without_a_penalty_lateness_is_only_noted() -> None:
    final = settle(late((0, {ENDPOINT}), (1, set()), rule=LateRule()))
    assert final.total == 100
    assert changes_of(final)[0].endswith("1 started day late; that costs 0 points")


def test_a_withheld_grade_is_not_late_until_it_is_settled() -> None:
    unseen = example.verdicts("ada", {GROUP: (Outcome.NOT_ASSESSED, "unseen")})
    own = grade("ada", unseen, example.RUBRIC)
    settlement = late((0, {ENDPOINT}), (1, set()))
    assert settle(settlement, own).late is None
    row = Decision("ada", GROUP, Action.PASSED, "seen", "me", date(2026, 11, 25))
    assert settle(replace(settlement, decisions=(row,)), own).total == 90


def test_what_a_person_decided_is_never_late_and_a_total_comes_after_the_penalty() -> None:
    settlement = late((0, {ENDPOINT}), (1, set()))
    unseen = example.verdicts("ada", {ENDPOINT: (Outcome.FAILED, "")})
    own = grade("ada", unseen, example.RUBRIC)
    row = Decision("ada", ENDPOINT, Action.PASSED, "seen", "me", date(2026, 11, 25))
    assert settle(replace(settlement, decisions=(row,)), own).total == 100
    total = replace(row, check=ALL, action=Action.ADD, points=10)
    assert settle(replace(settlement, decisions=(total,))).total == 100
    total = replace(row, check=ALL, action=Action.POINTS, points=50)
    assert settle(replace(settlement, decisions=(total,))).total == 50


def test_the_facts_of_lateness_are_enough_to_say_what_it_costs() -> None:
    for share, points in ((Share.OF_EARNED, (54, 6)), (Share.OF_POSSIBLE, (50, 10))):
        fact = Lateness(replace(RULE, share=share), DUE, State(END, 1))
        assert fact.earned(earned=80, possible=100, missing=20) == points

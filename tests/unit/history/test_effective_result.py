"""Which mark stands: up at once, down only on two looks a night and a sign of another night."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.history.effective_result import (
    APART,
    MANY,
    EffectiveResult,
    Found,
    Key,
    PastRun,
    agreed,
    effective_results,
    in_doubt,
    marks,
)
from graders.inputs.nightly import Nightly, Policy
from graders.reasons import Reason
from graders.verdicts import Outcome
from graders.wording import day, in_words, past_note
from tests.support.handmade_run import RUBRIC

BLOCKED, FAILED, NOTED = Outcome.BLOCKED, Outcome.FAILED, Outcome.NOTED
NOT_ASSESSED, PASSED, PENDING = Outcome.NOT_ASSESSED, Outcome.PASSED, Outcome.PENDING
FIRST = datetime(2026, 11, 20, 2, tzinfo=UTC)
NIGHT = timedelta(days=1)
ADA: Key = ("ada", "project-exists")

GONE = Found(FAILED, Reason(note="found none"), agreed=True)
GONE_ONCE = Found(FAILED, Reason(note="found none"))
UNSEEN = Found(NOT_ASSESSED, Reason(note="503"))
RUNS = Found(PENDING, Reason(pending_on="it runs"))
SEEN = Found(PASSED)


def told(standing: EffectiveResult) -> str:
    assert standing.note is not None
    return past_note(standing.note)


def nights(*found: Found, key: Key = ADA, apart: timedelta = NIGHT) -> list[PastRun]:
    return [PastRun(FIRST + number * apart, {key: one}) for number, one in enumerate(found)]


def outcome(*found: Found, apart: timedelta = NIGHT) -> Outcome:
    return effective_results(nights(*found, apart=apart))[ADA].outcome


# --- up and down ----------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [GONE, GONE_ONCE, UNSEEN, Found(PENDING), Found(BLOCKED)])
def test_a_mark_goes_up_at_once(before: Found) -> None:
    standing = effective_results(nights(before, Found(PASSED, Reason(note="version 2 of it"))))[ADA]
    assert (standing.outcome, in_words(standing.why)) == (PASSED, "version 2 of it")


def test_what_was_never_passed_is_what_it_was_found_last() -> None:
    assert outcome(GONE_ONCE) is FAILED
    assert outcome(GONE, UNSEEN) is NOT_ASSESSED
    assert outcome(UNSEEN, Found(BLOCKED)) is BLOCKED


@pytest.mark.parametrize(
    "tonight", [GONE, GONE_ONCE, UNSEEN, Found(PENDING, Reason(note="it runs"))]
)
def test_one_night_takes_nothing_away_and_says_so(tonight: Found) -> None:
    standing = effective_results(nights(SEEN, tonight))[ADA]
    assert standing.outcome is PASSED
    said = f"({tonight.outcome}: {in_words(tonight.why)})"
    assert told(standing) == (
        f"passed on 20 November 2026; tonight's run could not confirm it {said}"
    )


def test_two_looks_on_two_nights_take_it_away_and_say_since_when() -> None:
    standing = effective_results(nights(SEEN, GONE, GONE))[ADA]
    assert (standing.outcome, in_words(standing.why)) == (FAILED, "found none")
    assert told(standing) == (
        "passed on 20 November 2026, but not since 21 November 2026 (checked twice each night)"
    )


@pytest.mark.parametrize(
    "found",
    [
        (SEEN, GONE_ONCE, GONE_ONCE),
        (SEEN, GONE_ONCE, GONE),
        (SEEN, GONE, GONE_ONCE),
        (SEEN, UNSEEN, GONE),
        (SEEN, GONE, UNSEEN),
        (SEEN, GONE, SEEN, GONE),
        (SEEN, GONE, Found(PENDING)),
    ],
)
def test_less_than_that_takes_nothing_away(found: tuple[Found, ...]) -> None:
    assert outcome(*found) is PASSED


def test_a_night_on_which_nothing_was_seen_does_not_hide_the_sign_before_it() -> None:
    assert outcome(SEEN, GONE, UNSEEN, GONE) is FAILED


def test_two_runs_of_one_night_are_no_signs_of_each_other() -> None:
    assert outcome(SEEN, GONE, GONE, apart=APART - timedelta(seconds=1)) is PASSED
    assert outcome(SEEN, GONE, GONE, apart=APART) is FAILED


def test_what_went_down_comes_up_again_and_can_go_down_again() -> None:
    assert outcome(SEEN, GONE, GONE, SEEN) is PASSED
    assert outcome(SEEN, GONE, GONE, SEEN, GONE) is PASSED
    assert outcome(SEEN, GONE, GONE, SEEN, GONE, GONE) is FAILED


def test_what_went_down_and_cannot_be_seen_is_undecided() -> None:
    standing = effective_results(nights(SEEN, GONE, GONE, UNSEEN))[ADA]
    assert (standing.outcome, in_words(standing.why)) == (NOT_ASSESSED, "503")


def test_advice_is_what_it_was_found_last() -> None:
    standing = effective_results(nights(SEEN, Found(NOTED, Reason(note="closed"))))[ADA]
    assert (standing.outcome, in_words(standing.why), standing.note) == (NOTED, "closed", None)


def test_who_was_not_judged_tonight_keeps_what_stood() -> None:
    runs = [*nights(SEEN), PastRun(FIRST + NIGHT, {("bob", "project-exists"): GONE})]
    standing = effective_results(runs)
    assert standing[ADA].outcome is PASSED
    assert standing["bob", "project-exists"].outcome is FAILED


@given(st.lists(st.sampled_from([SEEN, GONE_ONCE, UNSEEN, Found(PENDING)]), max_size=12))
def test_without_two_looks_that_agree_what_passed_once_stands(found: list[Found]) -> None:
    assert outcome(SEEN, *found) is PASSED


@given(st.lists(st.sampled_from([SEEN, GONE, GONE_ONCE, UNSEEN]), min_size=1, max_size=12))
def test_a_mark_only_goes_down_from_one_missed_night_to_another(found: list[Found]) -> None:
    for length in range(2, len(found) + 1):
        if outcome(*found[: length - 1]) is PASSED and outcome(*found[:length]) is not PASSED:
            since = max(n for n in range(length) if found[n] is SEEN)
            assert found[since + 1 : length].count(GONE) >= 2
            assert found[length - 1] is GONE


# --- the class ------------------------------------------------------------------------------------


def of_class(found: Found, learners: int, lost: int) -> Mapping[Key, Found]:
    return {
        (f"l{number}", "project-exists"): found if number < lost else SEEN
        for number in range(learners)
    }


@pytest.mark.parametrize(
    ("learners", "lost", "goes_down"),
    [(MANY, MANY, False), (MANY - 1, MANY - 1, True), (20, 10, False), (20, 9, True)],
)
def test_what_a_large_part_of_the_class_loses_at_once_stands(
    learners: int, lost: int, goes_down: bool
) -> None:
    runs = [
        PastRun(FIRST + number * NIGHT, of_class(one, learners, lost))
        for number, one in enumerate([SEEN, GONE, GONE, GONE])
    ]
    standing = effective_results(runs)["l0", "project-exists"]
    assert (standing.outcome is FAILED) is goes_down
    if not goes_down:
        assert told(standing) == (
            "passed on 20 November 2026; tonight's run could not confirm it"
            f" ({lost} of the {learners} learners who had passed it lost it in one run: the"
            " grader's rights or the tenant may have changed; failed: found none)"
        )


# --- looking again --------------------------------------------------------------------------------


def test_whose_marks_would_go_down_is_looked_at_again() -> None:
    before = effective_results(
        [PastRun(FIRST, {(who, "project-exists"): SEEN for who in ("ada", "bob", "cyd")})]
    )
    found = {
        ("ada", "project-exists"): SEEN,
        ("bob", "project-exists"): GONE_ONCE,
        ("cyd", "project-exists"): UNSEEN,
        ("dan", "project-exists"): GONE_ONCE,  # never passed
    }
    assert in_doubt(before, found, RUBRIC) == ["bob", "cyd"]


def test_nobody_is_looked_at_again_for_advice() -> None:
    advice: Key = ("ada", "group-is-open")
    before = effective_results([PastRun(FIRST, {advice: SEEN})])
    assert in_doubt(before, {advice: Found(NOTED)}, RUBRIC) == []


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([GONE_ONCE], GONE_ONCE),
        ([GONE_ONCE, GONE_ONCE], GONE),
        ([GONE_ONCE, SEEN], SEEN),
        ([UNSEEN, SEEN], SEEN),
        ([UNSEEN, GONE_ONCE], GONE_ONCE),
        ([GONE_ONCE, UNSEEN], GONE_ONCE),
        ([GONE_ONCE, UNSEEN, GONE_ONCE], GONE),
        ([UNSEEN, UNSEEN, UNSEEN], UNSEEN),
        (
            [UNSEEN, UNSEEN, Found(PENDING, Reason(note="it runs"))],
            Found(PENDING, Reason(note="it runs")),
        ),
    ],
)
def test_what_several_looks_of_one_run_found(looks: list[Found], expected: Found) -> None:
    assert agreed(looks) == expected


# --- which run counts -----------------------------------------------------------------------------


def run_of(night: int, passed: set[str], *, as_of: datetime | None = None) -> PastRun:
    """One run of ada, who passed those checks of the rubric and failed the others."""
    found = {("ada", check.id): SEEN if check.id in passed else GONE for check in RUBRIC}
    return PastRun(FIRST + night * NIGHT, found, as_of)


ALL = {check.id for check in RUBRIC}


def passed_in(nightly: Nightly, *runs: PastRun) -> set[str]:
    standing = marks(nightly, runs, RUBRIC)
    return {check for (_, check), one in standing.items() if one.outcome is PASSED}


def test_the_latest_run_counts_by_itself() -> None:
    runs = [run_of(0, {"project-exists"}), run_of(1, ALL)]
    assert passed_in(Nightly(), *runs) == ALL


def test_the_best_run_so_far_counts_as_a_whole() -> None:
    best = Nightly(Policy.BEST)
    runs = [run_of(night, passed) for night, passed in enumerate([ALL, set(), set(), set()])]
    assert passed_in(best, *runs) == ALL
    assert passed_in(Nightly(), *runs) == set()
    standing = marks(best, runs, RUBRIC)[ADA]
    # on the second night what was lost still counted, and of equals the last run counts
    assert told(standing) == "from the best run so far, on 21 November 2026"
    assert told(marks(best, runs[:2], RUBRIC)[ADA]).startswith("passed on 20 November")


def test_a_run_with_anything_undecided_is_not_the_best() -> None:
    unseen = {("ada", check.id): UNSEEN for check in RUBRIC}
    runs = [run_of(0, {"project-exists"}), PastRun(FIRST + NIGHT, {**run_of(1, ALL).found})]
    runs[1] = PastRun(FIRST + NIGHT, {**runs[1].found, ("ada", "endpoint-answers"): UNSEEN})
    assert passed_in(Nightly(Policy.BEST), *runs) == {"project-exists"}
    only = [PastRun(FIRST, unseen)]
    assert marks(Nightly(Policy.BEST), only, RUBRIC)[ADA].outcome is NOT_ASSESSED


DEADLINE = FIRST + NIGHT


def test_what_is_found_after_the_deadline_changes_nothing() -> None:
    held = Nightly(Policy.DEADLINE, deadline=DEADLINE)
    runs = [run_of(0, {"project-exists"}), run_of(1, ALL - {"endpoint-answers"}), run_of(2, ALL)]
    assert passed_in(held, *runs) == ALL - {"endpoint-answers"}
    standing = marks(held, runs, RUBRIC)
    assert told(standing[ADA]).startswith("frozen at the deadline, 2026-11-21T02:00+00:00")
    assert marks(held, runs[:2], RUBRIC)[ADA].note is None
    doubtful = [*nights(SEEN, GONE), run_of(2, ALL)]
    assert told(marks(held, doubtful, RUBRIC)[ADA]) == (
        "frozen at the deadline, 2026-11-21T02:00+00:00; passed on 20 November 2026;"
        " tonight's run could not confirm it (failed: found none)"
    )
    assert marks(held, [], RUBRIC) == {}


def test_a_later_run_as_of_the_deadline_counts() -> None:
    held = Nightly(Policy.DEADLINE, deadline=DEADLINE)
    runs = [run_of(0, set()), run_of(3, ALL, as_of=DEADLINE)]
    assert passed_in(held, *runs) == ALL


def test_whom_nobody_looked_at_before_the_deadline_is_undecided() -> None:
    held = Nightly(Policy.DEADLINE, deadline=DEADLINE)
    standing = marks(held, [run_of(2, ALL)], RUBRIC)[ADA]
    assert standing.outcome is NOT_ASSESSED
    assert in_words(standing.why) == (
        "no run was made before the deadline (2026-11-21T02:00+00:00);"
        " grade with --as-of 2026-11-21T02:00+00:00"
    )


@pytest.mark.parametrize("policy", [Policy.LATEST, Policy.BEST])
def test_runs_of_another_class_do_not_count(policy: Policy) -> None:
    runs = [run_of(0, ALL), run_of(5, set())]
    assert passed_in(Nightly(policy, since=FIRST + NIGHT), *runs) == set()
    assert passed_in(Nightly(policy, since=FIRST), *runs[:1]) == ALL


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has no other zone to be in")
def test_days_are_said_in_utc_wherever_it_is_graded() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Pacific/Kiritimati")
        time.tzset()
        told = day(datetime(2026, 11, 20, 23, tzinfo=UTC))
    time.tzset()
    assert told == "20 November 2026"


@pytest.mark.parametrize(("first", "second"), list(product([SEEN, GONE, UNSEEN], repeat=2)))
def test_every_policy_speaks_of_everybody_judged(first: Found, second: Found) -> None:
    runs = nights(first, second)
    for nightly in (Nightly(), Nightly(Policy.BEST), Nightly(Policy.DEADLINE, deadline=FIRST)):
        assert ADA in marks(nightly, runs, RUBRIC)

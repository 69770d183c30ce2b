"""Which mark counts: up at once, down only if two checks agree on each of two nights."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
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
    with_split_checks,
)
from graders.inputs.nightly import Nightly, Policy
from graders.reasons import Reason
from graders.rubric import Check
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


def note_text(result: EffectiveResult) -> str:
    assert result.note is not None
    return past_note(result.note)


def nights(*observations: Found, key: Key = ADA, apart: timedelta = NIGHT) -> list[PastRun]:
    return [
        PastRun(FIRST + number * apart, {key: observation})
        for number, observation in enumerate(observations)
    ]


def outcome(*observations: Found, apart: timedelta = NIGHT) -> Outcome:
    return effective_results(nights(*observations, apart=apart))[ADA].outcome


def test_a_check_that_was_part_of_another_has_its_past() -> None:
    part = Check("project-is-ready", "", "2.1", 1, "", was_part_of="project-exists")
    new: Key = ("ada", part.id)
    old, own = nights(SEEN, GONE)
    own = replace(own, found={**own.found, new: UNSEEN})
    runs = with_split_checks([old, own], (*RUBRIC, part))
    assert [run.found[new] for run in runs] == [SEEN, UNSEEN]
    assert [run.found[ADA] for run in runs] == [SEEN, GONE]
    assert effective_results(runs)[new].outcome is PASSED
    assert with_split_checks([old], RUBRIC) == [old]


# --- up and down ----------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [GONE, GONE_ONCE, UNSEEN, Found(PENDING), Found(BLOCKED)])
def test_a_mark_goes_up_at_once(before: Found) -> None:
    result = effective_results(nights(before, Found(PASSED, Reason(note="version 2 of it"))))[ADA]
    assert (result.outcome, in_words(result.why)) == (PASSED, "version 2 of it")


def test_a_check_that_never_passed_has_its_latest_outcome() -> None:
    assert outcome(GONE_ONCE) is FAILED
    assert outcome(GONE, UNSEEN) is NOT_ASSESSED
    assert outcome(UNSEEN, Found(BLOCKED)) is BLOCKED


@pytest.mark.parametrize(
    "tonight", [GONE, GONE_ONCE, UNSEEN, Found(PENDING, Reason(note="it runs"))]
)
def test_one_missed_night_takes_no_mark_away_and_is_noted(tonight: Found) -> None:
    result = effective_results(nights(SEEN, tonight))[ADA]
    assert result.outcome is PASSED
    note = f"({tonight.outcome}: {in_words(tonight.why)})"
    assert note_text(result) == (
        f"passed on 20 November 2026; tonight's run could not confirm it {note}"
    )


def test_a_failure_confirmed_on_two_nights_takes_the_mark_away() -> None:
    result = effective_results(nights(SEEN, GONE, GONE))[ADA]
    assert (result.outcome, in_words(result.why)) == (FAILED, "found none")
    assert note_text(result) == (
        "passed on 20 November 2026, but not since 21 November 2026 (checked twice each night)"
    )


@pytest.mark.parametrize(
    "observations",
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
def test_less_evidence_takes_no_mark_away(observations: tuple[Found, ...]) -> None:
    assert outcome(*observations) is PASSED


def test_an_unreadable_night_does_not_cancel_the_failure_before_it() -> None:
    assert outcome(SEEN, GONE, UNSEEN, GONE) is FAILED


def test_two_runs_of_one_night_do_not_confirm_each_other() -> None:
    assert outcome(SEEN, GONE, GONE, apart=APART - timedelta(seconds=1)) is PASSED
    assert outcome(SEEN, GONE, GONE, apart=APART) is FAILED


def test_a_lost_mark_can_be_regained_and_lost_again() -> None:
    assert outcome(SEEN, GONE, GONE, SEEN) is PASSED
    assert outcome(SEEN, GONE, GONE, SEEN, GONE) is PASSED
    assert outcome(SEEN, GONE, GONE, SEEN, GONE, GONE) is FAILED


def test_a_lost_mark_that_cannot_be_read_again_is_undecided() -> None:
    result = effective_results(nights(SEEN, GONE, GONE, UNSEEN))[ADA]
    assert (result.outcome, in_words(result.why)) == (NOT_ASSESSED, "503")


def test_advice_has_its_latest_outcome() -> None:
    result = effective_results(nights(SEEN, Found(NOTED, Reason(note="closed"))))[ADA]
    assert (result.outcome, in_words(result.why), result.note) == (NOTED, "closed", None)


def test_a_learner_not_judged_tonight_keeps_the_result() -> None:
    runs = [*nights(SEEN), PastRun(FIRST + NIGHT, {("bob", "project-exists"): GONE})]
    results = effective_results(runs)
    assert results[ADA].outcome is PASSED
    assert results["bob", "project-exists"].outcome is FAILED


@given(st.lists(st.sampled_from([SEEN, GONE_ONCE, UNSEEN, Found(PENDING)]), max_size=12))
def test_without_an_agreed_failure_a_passed_check_stays_passed(observations: list[Found]) -> None:
    assert outcome(SEEN, *observations) is PASSED


@given(st.lists(st.sampled_from([SEEN, GONE, GONE_ONCE, UNSEEN]), min_size=1, max_size=12))
def test_a_mark_only_goes_down_from_one_missed_night_to_another(observations: list[Found]) -> None:
    for length in range(2, len(observations) + 1):
        if (
            outcome(*observations[: length - 1]) is PASSED
            and outcome(*observations[:length]) is not PASSED
        ):
            since = max(n for n in range(length) if observations[n] is SEEN)
            assert observations[since + 1 : length].count(GONE) >= 2
            assert observations[length - 1] is GONE


# --- the class ------------------------------------------------------------------------------------


def of_class(observation: Found, learners: int, lost: int) -> Mapping[Key, Found]:
    return {
        (f"l{number}", "project-exists"): observation if number < lost else SEEN
        for number in range(learners)
    }


@pytest.mark.parametrize(
    ("learners", "lost", "goes_down"),
    [(MANY, MANY, False), (MANY - 1, MANY - 1, True), (20, 10, False), (20, 9, True)],
)
def test_a_mark_that_a_large_part_of_the_class_loses_at_once_stays(
    learners: int, lost: int, goes_down: bool
) -> None:
    runs = [
        PastRun(FIRST + number * NIGHT, of_class(observation, learners, lost))
        for number, observation in enumerate([SEEN, GONE, GONE, GONE])
    ]
    result = effective_results(runs)["l0", "project-exists"]
    assert (result.outcome is FAILED) is goes_down
    if not goes_down:
        assert note_text(result) == (
            "passed on 20 November 2026; tonight's run could not confirm it"
            f" ({lost} of the {learners} learners who had passed it lost it in one run: the"
            " grader's rights or the tenant may have changed; failed: found none)"
        )


# --- checking again -------------------------------------------------------------------------------


def test_learners_whose_marks_would_go_down_are_checked_again() -> None:
    before = effective_results(
        [PastRun(FIRST, {(learner, "project-exists"): SEEN for learner in ("ada", "bob", "cyd")})]
    )
    tonight = {
        ("ada", "project-exists"): SEEN,
        ("bob", "project-exists"): GONE_ONCE,
        ("cyd", "project-exists"): UNSEEN,
        ("dan", "project-exists"): GONE_ONCE,  # never passed
    }
    assert in_doubt(before, tonight, RUBRIC) == ["bob", "cyd"]


def test_nobody_is_checked_again_for_advice() -> None:
    advice: Key = ("ada", "group-is-open")
    before = effective_results([PastRun(FIRST, {advice: SEEN})])
    assert in_doubt(before, {advice: Found(NOTED)}, RUBRIC) == []


@pytest.mark.parametrize(
    ("observations", "expected"),
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
def test_several_readings_in_one_run_are_combined(
    observations: list[Found], expected: Found
) -> None:
    assert agreed(observations) == expected


# --- which run counts -----------------------------------------------------------------------------


def run_of(night: int, passed: set[str], *, as_of: datetime | None = None) -> PastRun:
    """One run of ada, who passed those checks of the rubric and failed the others."""
    observed = {("ada", check.id): SEEN if check.id in passed else GONE for check in RUBRIC}
    return PastRun(FIRST + night * NIGHT, observed, as_of)


ALL = {check.id for check in RUBRIC}


def passed_in(nightly: Nightly, *runs: PastRun) -> set[str]:
    results = marks(nightly, runs, RUBRIC)
    return {check for (_, check), result in results.items() if result.outcome is PASSED}


def test_the_latest_run_counts_by_itself() -> None:
    runs = [run_of(0, {"project-exists"}), run_of(1, ALL)]
    assert passed_in(Nightly(), *runs) == ALL


def test_the_best_run_so_far_counts_as_a_whole() -> None:
    best = Nightly(Policy.BEST)
    runs = [run_of(night, passed) for night, passed in enumerate([ALL, set(), set(), set()])]
    assert passed_in(best, *runs) == ALL
    assert passed_in(Nightly(), *runs) == set()
    result = marks(best, runs, RUBRIC)[ADA]
    # on the second night what was lost still counted, and of equals the last run counts
    assert note_text(result) == "from the best run so far, on 21 November 2026"
    assert note_text(marks(best, runs[:2], RUBRIC)[ADA]).startswith("passed on 20 November")


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
    results = marks(held, runs, RUBRIC)
    assert note_text(results[ADA]).startswith("frozen at the deadline, 2026-11-21T02:00+00:00")
    assert marks(held, runs[:2], RUBRIC)[ADA].note is None
    doubtful = [*nights(SEEN, GONE), run_of(2, ALL)]
    assert note_text(marks(held, doubtful, RUBRIC)[ADA]) == (
        "frozen at the deadline, 2026-11-21T02:00+00:00; passed on 20 November 2026;"
        " tonight's run could not confirm it (failed: found none)"
    )
    assert marks(held, [], RUBRIC) == {}


def test_a_later_run_as_of_the_deadline_counts() -> None:
    held = Nightly(Policy.DEADLINE, deadline=DEADLINE)
    runs = [run_of(0, set()), run_of(3, ALL, as_of=DEADLINE)]
    assert passed_in(held, *runs) == ALL


def test_a_learner_not_collected_before_the_deadline_is_undecided() -> None:
    held = Nightly(Policy.DEADLINE, deadline=DEADLINE)
    result = marks(held, [run_of(2, ALL)], RUBRIC)[ADA]
    assert result.outcome is NOT_ASSESSED
    assert in_words(result.why) == (
        "no run was made before the deadline (2026-11-21T02:00+00:00);"
        " grade with --as-of 2026-11-21T02:00+00:00"
    )


@pytest.mark.parametrize("policy", [Policy.LATEST, Policy.BEST])
def test_runs_of_another_class_do_not_count(policy: Policy) -> None:
    runs = [run_of(0, ALL), run_of(5, set())]
    assert passed_in(Nightly(policy, since=FIRST + NIGHT), *runs) == set()
    assert passed_in(Nightly(policy, since=FIRST), *runs[:1]) == ALL


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has no other zone to be in")
def test_days_are_shown_in_utc_in_any_time_zone() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Pacific/Kiritimati")
        time.tzset()
        text = day(datetime(2026, 11, 20, 23, tzinfo=UTC))
    time.tzset()
    assert text == "20 November 2026"


@pytest.mark.parametrize(("first", "second"), list(product([SEEN, GONE, UNSEEN], repeat=2)))
def test_every_policy_has_a_result_for_everybody_judged(first: Found, second: Found) -> None:
    runs = nights(first, second)
    for nightly in (Nightly(), Nightly(Policy.BEST), Nightly(Policy.DEADLINE, deadline=FIRST)):
        assert ADA in marks(nightly, runs, RUBRIC)

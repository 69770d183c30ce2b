"""The effective result: what counts of a check, from this run and earlier ones.

A mark goes up as soon as a check passes. It goes down only where a recheck in the same run
agrees, and a run of another night had found the same with a recheck of its own; and never where
a large part of the class loses the same check at once, which points to the grader's own rights
rather than to the learners. Otherwise what was passing still counts, with a note since when it
could not be confirmed. What never passed and cannot be read stays undecided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from graders.inputs.nightly import Nightly, Policy
from graders.reasons import UNSAID, Outcome, PastNote, Reason
from graders.rubric import Check

Key = tuple[str, str]
"""(learner id, check id)."""

APART = timedelta(hours=6)
"""How far apart two runs must begin to be independent of each other."""
MANY = 5
LARGE_PART = 0.5
"""Share of the learners who had passed a check; from ``MANY`` learners on it is a large part."""


@dataclass(frozen=True)
class Found:
    """What one run found for one check; ``agreed``: a recheck in the same run found the same."""

    outcome: Outcome
    why: Reason = UNSAID
    agreed: bool = False

    @property
    def is_missed(self) -> bool:
        """Whether it decides that the check does not pass."""
        return self.outcome in (Outcome.FAILED, Outcome.BLOCKED)


@dataclass(frozen=True)
class PastRun:
    """One run: when it began, the time that it was graded as of, what it found."""

    at: datetime
    found: Mapping[Key, Found]
    as_of: datetime | None = None

    @property
    def speaks_of(self) -> datetime:
        """The time whose state it shows."""
        return self.as_of or self.at


@dataclass(frozen=True)
class EffectiveResult:
    """What counts of one check, and why where that is not simply what the last run found."""

    outcome: Outcome
    why: Reason = UNSAID
    note: PastNote | None = None
    passed_at: datetime | None = None
    """When a run last saw it pass."""
    missed_at: datetime | None = None
    """When a run and its recheck first found it missing after that."""


EffectiveResults = Mapping[Key, EffectiveResult]


def with_split_checks(runs: Iterable[PastRun], rubric: Iterable[Check]) -> list[PastRun]:
    """The runs, where a check that was part of another one has that one's finding.

    So an earlier run is worth what it was, though it knew no such check.
    """
    wholes = {check.id: check.was_part_of for check in rubric if check.was_part_of}
    return [replace(run, found={**_parts(run, wholes), **run.found}) for run in runs]


def _parts(run: PastRun, wholes: Mapping[str, str]) -> Mapping[Key, Found]:
    return {
        (learner, part): finding
        for (learner, check), finding in run.found.items()
        for part, whole in wholes.items()
        if check == whole
    }


def effective_results(runs: Iterable[PastRun]) -> EffectiveResults:
    """The effective results after the last of the runs, which come oldest first."""
    results: EffectiveResults = {}
    for run in runs:
        results = after(results, run)
    return results


def after(before: EffectiveResults, run: PastRun) -> EffectiveResults:
    """The effective results after one more run; checks that it did not judge keep what they had."""
    lost = _lost_by_many(before, run)
    changed = {
        key: _next(before.get(key), finding, run.at, lost.get(key[1]))
        for key, finding in run.found.items()
    }
    return {**before, **changed}


def in_doubt(
    before: EffectiveResults, findings: Mapping[Key, Found], rubric: Iterable[Check]
) -> list[str]:
    """The learners to recheck: what counts as passed, for points, did not pass."""
    points = {check.id for check in rubric if check.points}
    doubtful = (
        learner
        for (learner, check), finding in findings.items()
        if check in points
        and finding.outcome is not Outcome.PASSED
        and counts_as_passed(before, learner, check)
    )
    return list(dict.fromkeys(doubtful))


def agreed(findings: Sequence[Found]) -> Found:
    """What several checks of one run found together, oldest first.

    One that passed decides: nothing makes a resource appear that is not there. Two that found it
    missing agree. Else the first that decided anything counts, as not confirmed.
    """
    for finding in findings:
        if finding.outcome is Outcome.PASSED:
            return finding
    missed = [candidate for candidate in findings if candidate.is_missed]
    if missed:
        return replace(missed[-1], agreed=len(missed) > 1)
    return findings[-1]


# --- one check ------------------------------------------------------------------------------------


def counts_as_passed(before: EffectiveResults, learner: str, check: str) -> bool:
    """Whether the check counts as passed."""
    result = before.get((learner, check))
    return result is not None and result.outcome is Outcome.PASSED


def _next(
    before: EffectiveResult | None,
    finding: Found,
    at: datetime,
    lost_by_many: tuple[int, int] | None,
) -> EffectiveResult:
    if finding.outcome is Outcome.PASSED:
        return EffectiveResult(Outcome.PASSED, finding.why, passed_at=at)
    if before is None or before.passed_at is None or finding.outcome is Outcome.NOTED:
        return EffectiveResult(finding.outcome, finding.why)
    is_new = finding.is_missed and finding.agreed and before.missed_at is None
    missed_at = at if is_new else before.missed_at
    updated = replace(before, missed_at=missed_at)
    if before.outcome is not Outcome.PASSED:  # it went down before
        return replace(updated, outcome=finding.outcome, why=finding.why)
    if missed_at is None or lost_by_many or not _is_confirmed(finding, at, missed_at):
        return replace(updated, note=_unconfirmed(before.passed_at, finding, lost_by_many))
    note = PastNote(passed_at=before.passed_at, missed_at=missed_at)
    return replace(updated, outcome=finding.outcome, why=finding.why, note=note)


def _is_confirmed(finding: Found, at: datetime, missed_at: datetime) -> bool:
    return finding.is_missed and finding.agreed and at - missed_at >= APART


def _unconfirmed(
    passed_at: datetime, finding: Found, lost_by_many: tuple[int, int] | None
) -> PastNote:
    return PastNote(
        passed_at=passed_at, tonight=finding.outcome, why=finding.why, lost_by=lost_by_many
    )


# --- the class ------------------------------------------------------------------------------------


def _lost_by_many(before: EffectiveResults, run: PastRun) -> Mapping[str, tuple[int, int]]:
    """Check -> how many would lose it of how many, where that is a large part of the class."""
    had = Counter(key[1] for key in run.found if counts_as_passed(before, *key))
    lost = Counter(
        key[1]
        for key, finding in run.found.items()
        if finding.is_missed and counts_as_passed(before, *key)
    )
    return {
        check: (count, had[check])
        for check, count in lost.items()
        if count >= MANY and count >= LARGE_PART * had[check]
    }


# --- which run counts -----------------------------------------------------------------------------


def counts(nightly: Nightly, run: PastRun) -> bool:
    """Whether a run counts at all."""
    if nightly.deadline is not None and run.speaks_of > nightly.deadline:
        return False
    return nightly.since is None or run.at >= nightly.since


def marks(nightly: Nightly, runs: Sequence[PastRun], rubric: Sequence[Check]) -> EffectiveResults:
    """The effective results by the policy; ``runs`` are all of them, oldest first."""
    counting = [run for run in runs if counts(nightly, run)]
    if nightly.policy is Policy.BEST:
        return _best(counting, rubric)
    results = effective_results(counting)
    if nightly.deadline is None or not runs or runs[-1] in counting:
        return results
    return _at_the_deadline(results, runs[-1], nightly.deadline)


def _best(runs: Sequence[PastRun], rubric: Sequence[Check]) -> EffectiveResults:
    """Of each learner the run with the highest total that is decided; of equals, the last."""
    best: dict[str, tuple[float, PastRun, Mapping[str, EffectiveResult]]] = {}
    results: EffectiveResults = {}
    for run in runs:
        results = after(results, run)
        for learner in dict.fromkeys(learner for learner, _ in run.found):
            own = {c.id: s for c in rubric if (s := results.get((learner, c.id)))}
            total = _total(own, rubric)
            if total is not None and (learner not in best or total >= best[learner][0]):
                best[learner] = (total, run, own)
    chosen = {
        (learner, check): _of_an_earlier(result, run, runs[-1])
        for learner, (_, run, own) in best.items()
        for check, result in own.items()
    }
    return {**results, **chosen}


def _total(own: Mapping[str, EffectiveResult], rubric: Iterable[Check]) -> float | None:
    """The points earned; None where anything that carries points is undecided or was not judged."""
    worth = {check.id: check.points for check in rubric if check.points}
    if any(check not in own or not own[check].outcome.is_decided for check in worth):
        return None
    return sum(points for check, points in worth.items() if own[check].outcome is Outcome.PASSED)


def _of_an_earlier(result: EffectiveResult, run: PastRun, last: PastRun) -> EffectiveResult:
    if run is last:
        return result
    return replace(result, note=PastNote(best_run=run.at))


def _at_the_deadline(
    results: EffectiveResults, late: PastRun, deadline: datetime
) -> Mapping[Key, EffectiveResult]:
    when = deadline.isoformat(timespec="minutes")
    held = {
        key: replace(result, note=replace(result.note or PastNote(), held_at=deadline))
        for key, result in results.items()
    }
    unjudged = EffectiveResult(
        Outcome.NOT_ASSESSED,
        Reason(note=f"no run was made before the deadline ({when}); grade with --as-of {when}"),
    )
    return {**dict.fromkeys(late.found, unjudged), **held}

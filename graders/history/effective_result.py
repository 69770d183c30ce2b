"""Which mark stands: what a run finds, seen against what earlier runs found.

A mark goes up as soon as a check passes. It goes down only where a second look in the same run
agrees, and a run of another night had found the same by two looks of its own; and never where a
large part of the class loses the same check at once, which says more of the grader's own rights
than of the learners. Otherwise what was passing stands, and says since when it could not be
confirmed. What was never passed and cannot be seen stays undecided.
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
"""How far apart two runs must begin for one to be a sign that is independent of the other."""
MANY = 5
LARGE_PART = 0.5
"""From ``MANY`` learners on, when they are this part of those who had passed the same check."""


@dataclass(frozen=True)
class Found:
    """What one run found of one check; ``agreed``: a second look of the same run found the same."""

    outcome: Outcome
    why: Reason = UNSAID
    agreed: bool = False

    @property
    def is_missed(self) -> bool:
        """Whether it says, decidedly, that the check does not pass."""
        return self.outcome in (Outcome.FAILED, Outcome.BLOCKED)


@dataclass(frozen=True)
class PastRun:
    """One run: when it began, by when things had to have come about for it, what it found."""

    at: datetime
    found: Mapping[Key, Found]
    as_of: datetime | None = None

    @property
    def speaks_of(self) -> datetime:
        """The time whose state it tells."""
        return self.as_of or self.at


@dataclass(frozen=True)
class Standing:
    """What stands of one check, and why where that is not simply what the last run found."""

    outcome: Outcome
    why: Reason = UNSAID
    note: PastNote | None = None
    passed_at: datetime | None = None
    """When a run last saw it pass."""
    missed_at: datetime | None = None
    """When two looks first found it missing after that."""


Standings = Mapping[Key, Standing]


def standings(runs: Iterable[PastRun]) -> Standings:
    """Fold runs, oldest first, into what stands after the last."""
    standing: Standings = {}
    for run in runs:
        standing = after(standing, run)
    return standing


def after(before: Standings, run: PastRun) -> Standings:
    """What stands after one more run; learners and checks it did not judge keep what they had."""
    lost = _lost_by_many(before, run)
    changed = {
        key: _next(before.get(key), found, run.at, lost.get(key[1]))
        for key, found in run.found.items()
    }
    return {**before, **changed}


def in_doubt(before: Standings, found: Mapping[Key, Found], rubric: Iterable[Check]) -> list[str]:
    """The learners to look at once more: what stands as passed, for points, did not pass."""
    points = {check.id for check in rubric if check.points}
    doubtful = (
        learner
        for (learner, check), one in found.items()
        if check in points and one.outcome is not Outcome.PASSED and stood(before, learner, check)
    )
    return list(dict.fromkeys(doubtful))


def agreed(looks: Sequence[Found]) -> Found:
    """What several looks of one run found, oldest first.

    One that saw the check pass decides: nothing makes a thing appear that is not there. Two that
    found it missing agree. Else the first that decided anything counts, as not confirmed.
    """
    for look in looks:
        if look.outcome is Outcome.PASSED:
            return look
    missed = [look for look in looks if look.is_missed]
    if missed:
        return replace(missed[-1], agreed=len(missed) > 1)
    return looks[-1]


# --- one check ------------------------------------------------------------------------------------


def stood(before: Standings, learner: str, check: str) -> bool:
    """Whether the check stands as passed."""
    standing = before.get((learner, check))
    return standing is not None and standing.outcome is Outcome.PASSED


def _next(
    before: Standing | None, found: Found, at: datetime, lost_by_many: tuple[int, int] | None
) -> Standing:
    if found.outcome is Outcome.PASSED:
        return Standing(Outcome.PASSED, found.why, passed_at=at)
    if before is None or before.passed_at is None or found.outcome is Outcome.NOTED:
        return Standing(found.outcome, found.why)
    is_new = found.is_missed and found.agreed and before.missed_at is None
    missed_at = at if is_new else before.missed_at
    seen = replace(before, missed_at=missed_at)
    if before.outcome is not Outcome.PASSED:  # it went down before
        return replace(seen, outcome=found.outcome, why=found.why)
    if missed_at is None or lost_by_many or not _is_confirmed(found, at, missed_at):
        return replace(seen, note=_unconfirmed(before.passed_at, found, lost_by_many))
    note = PastNote(passed_at=before.passed_at, missed_at=missed_at)
    return replace(seen, outcome=found.outcome, why=found.why, note=note)


def _is_confirmed(found: Found, at: datetime, missed_at: datetime) -> bool:
    return found.is_missed and found.agreed and at - missed_at >= APART


def _unconfirmed(
    passed_at: datetime, found: Found, lost_by_many: tuple[int, int] | None
) -> PastNote:
    return PastNote(passed_at=passed_at, tonight=found.outcome, why=found.why, lost_by=lost_by_many)


# --- the class ------------------------------------------------------------------------------------


def _lost_by_many(before: Standings, run: PastRun) -> Mapping[str, tuple[int, int]]:
    """Check -> how many would lose it of how many, where that is a large part of the class."""
    had = Counter(key[1] for key in run.found if stood(before, *key))
    lost = Counter(
        key[1] for key, one in run.found.items() if one.is_missed and stood(before, *key)
    )
    return {
        check: (count, had[check])
        for check, count in lost.items()
        if count >= MANY and count >= LARGE_PART * had[check]
    }


# --- which run counts -----------------------------------------------------------------------------


def counts(nightly: Nightly, run: PastRun) -> bool:
    """Whether a run has a say at all."""
    if nightly.deadline is not None and run.speaks_of > nightly.deadline:
        return False
    return nightly.since is None or run.at >= nightly.since


def marks(nightly: Nightly, runs: Sequence[PastRun], rubric: Sequence[Check]) -> Standings:
    """What stands by the policy; ``runs`` are all of them, oldest first."""
    counting = [run for run in runs if counts(nightly, run)]
    if nightly.policy is Policy.BEST:
        return _best(counting, rubric)
    standing = standings(counting)
    if nightly.deadline is None or not runs or runs[-1] in counting:
        return standing
    return _at_the_deadline(standing, runs[-1], nightly.deadline)


def _best(runs: Sequence[PastRun], rubric: Sequence[Check]) -> Standings:
    """Of each learner the run with the highest total that is decided; of equals, the last."""
    best: dict[str, tuple[float, PastRun, Mapping[str, Standing]]] = {}
    standing: Standings = {}
    for run in runs:
        standing = after(standing, run)
        for learner in dict.fromkeys(learner for learner, _ in run.found):
            own = {c.id: s for c in rubric if (s := standing.get((learner, c.id)))}
            total = _total(own, rubric)
            if total is not None and (learner not in best or total >= best[learner][0]):
                best[learner] = (total, run, own)
    chosen = {
        (learner, check): _of_an_earlier(one, run, runs[-1])
        for learner, (_, run, own) in best.items()
        for check, one in own.items()
    }
    return {**standing, **chosen}


def _total(own: Mapping[str, Standing], rubric: Iterable[Check]) -> float | None:
    """None where anything that carries points is undecided or was not judged."""
    worth = {check.id: check.points for check in rubric if check.points}
    if any(check not in own or not own[check].outcome.is_decided for check in worth):
        return None
    return sum(points for check, points in worth.items() if own[check].outcome is Outcome.PASSED)


def _of_an_earlier(standing: Standing, run: PastRun, last: PastRun) -> Standing:
    if run is last:
        return standing
    return replace(standing, note=PastNote(best_run=run.at))


def _at_the_deadline(
    standing: Standings, late: PastRun, deadline: datetime
) -> Mapping[Key, Standing]:
    when = deadline.isoformat(timespec="minutes")
    held = {
        key: replace(one, note=replace(one.note or PastNote(), held_at=deadline))
        for key, one in standing.items()
    }
    nobody_looked = Standing(
        Outcome.NOT_ASSESSED,
        Reason(note=f"no run was made before the deadline ({when}); grade with --as-of {when}"),
    )
    return {**dict.fromkeys(late.found, nobody_looked), **held}

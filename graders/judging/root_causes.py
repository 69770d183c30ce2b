"""The root causes among one learner's verdicts: what to fix first, and what waits for it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from graders.rubric import Check
from graders.verdicts import Outcome, Verdict

_URGENCY = (
    {Outcome.BLOCKED, Outcome.PENDING, Outcome.NOT_ASSESSED},
    {Outcome.NOTED},
)


def first_to_read(verdicts: Sequence[Verdict], rubric: Mapping[str, Check]) -> Verdict | None:
    """The verdict to begin with; None when everything passed.

    ``verdicts`` are one learner's, in the order of the rubric. Of what failed it is the one with
    most points behind it: its own, those that it blocks, and those of failures that may only
    follow from it. Of equal ones it is the earliest. Where nothing failed it is the earliest that
    is blocked, pending or not assessed, and only then what was noted.
    """
    failed = [verdict for verdict in verdicts if verdict.outcome is Outcome.FAILED]
    if failed:
        blocked = blocked_by_root(verdicts)
        follows = may_follow(verdicts, rubric)

        def behind(failure: Verdict) -> float:
            causes = (failure, *follows[failure.check])
            waiting = (v for cause in causes for v in (cause, *blocked.get(cause.check, ())))
            return math.fsum(verdict.points for verdict in waiting)

        return max(failed, key=behind)
    for outcomes in _URGENCY:
        first = next((verdict for verdict in verdicts if verdict.outcome in outcomes), None)
        if first is not None:
            return first
    return None


def may_follow(
    verdicts: Iterable[Verdict], rubric: Mapping[str, Check]
) -> Mapping[str, tuple[Verdict, ...]]:
    """Failed check -> other failures that may be there only because of it, directly or not."""
    failed = {verdict.check: verdict for verdict in verdicts if verdict.outcome is Outcome.FAILED}
    direct = {
        cause: [check for check in failed if check in rubric and cause in rubric[check].follows]
        for cause in failed
    }
    return {
        cause: tuple(failed[check] for check in failed if check in _reached(cause, direct))
        for cause in failed
    }


def _reached(cause: str, direct: Mapping[str, Sequence[str]]) -> set[str]:
    reached: set[str] = set()
    ahead = [cause]
    while ahead:
        new = [check for check in direct[ahead.pop()] if check not in reached]
        reached.update(new)
        ahead += new
    return reached - {cause}


def blocked_by_root(verdicts: Iterable[Verdict]) -> Mapping[str, list[Verdict]]:
    """Failed check -> what it blocks, also indirectly; under "" what no failed check blocks."""
    by_check = {verdict.check: verdict for verdict in verdicts}
    waiting: dict[str, list[Verdict]] = {}
    for verdict in by_check.values():
        if verdict.outcome is Outcome.BLOCKED:
            root = _root(verdict, by_check)
            waiting.setdefault(root.check if root else "", []).append(verdict)
    return waiting


def _root(blocked: Verdict, by_check: Mapping[str, Verdict]) -> Verdict | None:
    """The failed check that blocks this one, also indirectly."""
    visited: set[str] = set()
    current: Verdict | None = blocked
    while current and current.why.blocked_by and current.check not in visited:
        visited.add(current.check)
        current = by_check.get(current.why.blocked_by.check)
    return current if current and current.outcome is Outcome.FAILED else None

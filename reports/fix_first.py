"""What a learner should fix first, and what waits for it: the same in every report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from graders.judging.root_causes import blocked_by_root, first_to_read, may_follow
from graders.lab import Lab
from graders.rubric import Check
from graders.verdicts import Outcome, Verdict
from graders.wording import checks
from reports.gradebook import points_text
from reports.links import place_link


@dataclass(frozen=True)
class RootCause:
    """A failed check of one learner, and what it holds back."""

    verdict: Verdict
    blocked: tuple[Verdict, ...] = ()
    """Checks that cannot run until it is fixed."""
    may_follow: tuple[Verdict, ...] = ()
    """Checks that may have failed only because of it."""

    @property
    def waits(self) -> str:
        """``Blocked until this is fixed: 13 checks, 15 points``; empty: nothing is."""
        if not self.blocked:
            return ""
        points = sum(verdict.points for verdict in self.blocked)
        amount = ", ".join(filter(None, (checks(len(self.blocked)), in_points(points))))
        return f"Blocked until this is fixed: {amount}"

    @property
    def consequences(self) -> str:
        """Which steps may have failed only because of it, in a sentence; empty: none."""
        steps = list(dict.fromkeys(verdict.step for verdict in self.may_follow))
        if not steps:
            return ""
        named = f"step{'s' * (len(steps) != 1)} {', '.join(steps)}"
        return f"This may be why {named} failed too"

    def link(self, lab: Lab) -> tuple[str, str] | None:
        """(name, address) of where to fix it."""
        return place_link(lab, self.verdict.place) if self.verdict.place else None


def root_causes(verdicts: Sequence[Verdict], rubric: Mapping[str, Check]) -> tuple[RootCause, ...]:
    """Every check that one learner failed: the one to fix first, then the others in order.

    ``verdicts`` are in the order of the rubric.
    """
    first = first_to_read(verdicts, rubric)
    blocked, follows = blocked_by_root(verdicts), may_follow(verdicts, rubric)
    failed = [verdict for verdict in verdicts if verdict.outcome is Outcome.FAILED]
    return tuple(
        RootCause(verdict, tuple(blocked.get(verdict.check, ())), follows[verdict.check])
        for verdict in sorted(failed, key=lambda failure: failure is not first)
    )


@lru_cache(maxsize=1024)
def in_points(points: float) -> str:
    """``1 point``, ``2.5 points``; empty for none."""
    return f"{points_text(points)} point{'s' * (points != 1)}" if points else ""

"""Late work: how late it is, and what that costs. All times are compared in UTC.

A deadline includes its minute. A day is 24 hours, whatever clocks on the wall do in between.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class Share(StrEnum):
    """What ``penalty`` and ``cap`` are given in."""

    POINTS = "points"
    OF_POSSIBLE = "percent of the possible points"
    OF_EARNED = "percent of the earned points"


class Per(StrEnum):
    """Each started one of these costs the penalty."""

    HOUR = "hour"
    DAY = "day"

    @property
    def length(self) -> timedelta:
        return timedelta(hours=1) if self is Per.HOUR else timedelta(hours=24)


@dataclass(frozen=True)
class LateRule:
    """What late work costs; without a penalty it is only noted."""

    deadline: datetime | None = None
    """The class's; a learner's own deadline or extension comes first."""
    penalty: float = 0
    """For each started hour or day, in ``share``."""
    share: Share = Share.POINTS
    per: Per = Per.DAY
    grace: timedelta = timedelta(0)
    """The hours or days begin to count after it."""
    cap: float | None = None
    """The most that it can cost, in ``share``."""

    def steps(self, due: datetime, done: datetime) -> int:
        """How many hours or days were started after the deadline and the grace; 0: in time."""
        late = _utc(done) - end_of_minute(due) - self.grace
        return max(0, math.ceil(late / self.per.length))

    @property
    def most_steps(self) -> int:
        """From how many steps on nothing costs more."""
        if not self.penalty:
            return 1
        return sys.maxsize if self.cap is None else max(1, math.ceil(self.cap / self.penalty))

    def deduction(self, steps: int, earned: float, possible: float) -> float:
        """Points that so many steps cost; never more than there are."""
        amount = self.penalty * steps
        amount = amount if self.cap is None else min(amount, self.cap)
        whole = {Share.POINTS: 100, Share.OF_POSSIBLE: possible, Share.OF_EARNED: earned}
        return min(earned, amount * whole[self.share] / 100)


@dataclass(frozen=True)
class State:
    """A learner's work as it was at one time."""

    at: datetime
    steps: int
    missing: frozenset[str] = frozenset()
    """Checks that pass now and did not pass then; what cannot be known is not among them."""


@dataclass(frozen=True)
class LateWork:
    """One learner's deadline, and the states of the work that may count."""

    due: datetime
    states: tuple[State, ...]
    """The one in time first; empty: all was done in time."""


@dataclass(frozen=True)
class Lateness:
    """The state of late work that counts: the one that gives the most points."""

    rule: LateRule
    due: datetime
    state: State

    def earned(self, earned: float, possible: float, missing: float) -> tuple[float, float]:
        """(points that count, deduction); ``missing``: points of what the state does not have."""
        kept = earned - missing
        deduction = self.rule.deduction(self.state.steps, kept, possible)
        return kept - deduction, deduction


def end_of_minute(time: datetime) -> datetime:
    """In UTC; 23:59 ends with 23:59:59, and 23:59:30 at once."""
    utc = _utc(time)
    return utc + timedelta(seconds=59) if not (utc.second or utc.microsecond) else utc


def last_times(rule: LateRule, due: datetime, clocks: Iterable[datetime]) -> list[datetime]:
    """The times whose state may count: the deadline, and the last time of each late step."""
    last: dict[int, datetime] = {}
    for clock in clocks:
        time = _utc(clock).replace(microsecond=0)
        steps = rule.steps(due, time)
        if steps:
            step = min(steps, rule.most_steps)
            last[step] = max(time, last.get(step, time))
    if not last:
        return []
    in_time = end_of_minute(due) + rule.grace
    return [in_time, *(last[step] for step in sorted(last))]


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC)

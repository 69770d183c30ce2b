"""What a person decided about a result, in place of the judge or beside it: facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

ALL = "all"
"""In place of a check: the whole grade."""


class Action(StrEnum):
    """What a decision does to a check, or with ``all`` to the grade."""

    PASSED = "passed"  # with all: every check
    FAILED = "failed"  # the same
    EXCUSED = "excused"  # gives the check's points; with all: there is no mark
    POINTS = "points"  # the points, in place of the automatic ones
    ADD = "add"  # points more than the automatic result
    SUBTRACT = "subtract"

    @property
    def has_points(self) -> bool:
        return self in (Action.POINTS, Action.ADD, Action.SUBTRACT)


@dataclass(frozen=True)
class Decision:
    """One row of a decisions file."""

    learner: str
    check: str
    """A check's id, or ``all``."""
    action: Action
    reason: str
    """Never empty. The learner reads it."""
    author: str
    on: date
    points: float = 0
    """With an action that has points; never negative."""
    until: datetime | None = None
    """The last moment at which it counts; None: it always does."""
    until_text: str = ""
    """``until`` as the file has it, with the name of its zone."""
    row: int = 0

    @property
    def is_of_the_total(self) -> bool:
        """Whether it changes the sum of the checks rather than checks."""
        is_outcome = self.action in (Action.PASSED, Action.FAILED)
        return self.check == ALL and not is_outcome

    def counts_at(self, time: datetime) -> bool:
        return self.until is None or time <= self.until

    def points_of(self, automatic: float, worth: float) -> float:
        """The points of a check that is worth so many, where the judge gave ``automatic``."""
        points = {
            Action.PASSED: worth,
            Action.EXCUSED: worth,
            Action.FAILED: 0.0,
            Action.POINTS: self.points,
            Action.ADD: automatic + self.points,
            Action.SUBTRACT: automatic - self.points,
        }[self.action]
        return min(max(points, 0), worth)

    def total_of(self, earned: float) -> float:
        """The total in place of ``earned``; it may be more than the maximum, never below 0."""
        if self.action is Action.POINTS:
            return self.points
        return max(0, earned + (self.points if self.action is Action.ADD else -self.points))


class Idle(StrEnum):
    """Why a decision has no effect."""

    NO_MATCH = "no match"  # this run did not judge the check
    NO_CHANGE = "no change"  # the automatic result is the same
    LAPSED = "lapsed"
    WITHHELD = "withheld"  # there is no total to add to


@dataclass(frozen=True)
class IdleDecision:
    """A decision without effect on this run, which the instructor should know of."""

    decision: Decision
    why: Idle

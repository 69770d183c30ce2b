"""One learner's feedback as it is read: the parts that both templates lay out."""

from __future__ import annotations

from dataclasses import dataclass

from graders.lab import Learner
from graders.reasons import Mismatch


@dataclass(frozen=True)
class Line:
    """One check in a line; ``points`` in words, empty for advice."""

    step: str
    title: str
    points: str


@dataclass(frozen=True)
class Group:
    """Checks with one cause; it is empty where a learner has nothing of it."""

    cause: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class ToMend:
    """One check that failed, or was noted, and what waits for it."""

    line: Line
    findings: tuple[Mismatch, ...]
    more: int
    """How many more there are."""
    hint: str
    waiting: tuple[Group, ...] = ()
    waits: str = ""
    """How much waits for it, in words."""


@dataclass(frozen=True)
class TaskLine:
    """One task: points as text, None where they are not decided or were not looked at."""

    number: int
    title: str
    points: str | None
    possible: str
    passed: tuple[Line, ...]


@dataclass(frozen=True)
class Feedback:
    """All that one learner reads, in the order of the page."""

    learner: Learner
    total: str | None
    possible: str
    withheld: tuple[str, ...]
    """Why there is no total and what happens next, a sentence or two for each cause."""
    tasks: tuple[TaskLine, ...]
    first: ToMend | None
    pending: tuple[Group, ...]
    others: tuple[ToMend, ...]
    waiting: tuple[Group, ...]
    """Blocked, and not by something that is to be fixed here."""
    advice: tuple[ToMend, ...]
    unseen: tuple[Group, ...]
    standing: tuple[Group, ...]
    """What stands as earlier looks saw it, by what they saw."""
    pages: tuple[tuple[str, str], ...]

    @property
    def is_complete(self) -> bool:
        """Whether every point there is was earned."""
        return self.total is not None and self.total == self.possible

    @property
    def is_clear(self) -> bool:
        """Whether nothing is there to be fixed, nor waits for something that is."""
        return not (self.first or self.waiting)

    @property
    def has_passed(self) -> bool:
        return any(task.passed for task in self.tasks)

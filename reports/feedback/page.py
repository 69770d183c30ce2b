"""The parts of one learner's feedback, which both templates lay out."""

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
    """Checks with one cause."""

    cause: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class ToFix:
    """One check that failed, or was noted, and what waits for it."""

    line: Line
    findings: tuple[Mismatch, ...]
    more: int
    """How many more there are."""
    hint: str
    link: tuple[str, str] | None = None
    """Name and address of where to fix it."""
    consequences: str = ""
    """What may have failed only because of it, in words."""
    waits: str = ""
    """How many checks and points wait for it, in words."""
    waiting: tuple[Line, ...] = ()


@dataclass(frozen=True)
class TaskLine:
    """One task: points as text, None where they are undecided or were not judged."""

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
    first: ToFix | None
    changes: tuple[str, ...]
    """What the instructor decided, and late work, a line each."""
    pending: tuple[Group, ...]
    others: tuple[ToFix, ...]
    waiting: tuple[Group, ...]
    """Blocked, and not by a check to fix here."""
    advice: tuple[ToFix, ...]
    unseen: tuple[Group, ...]
    past_run_notes: tuple[Group, ...]
    """What counts by earlier runs, grouped by note."""
    pages: tuple[tuple[str, str], ...]
    again: str
    """How to be graded again, in words."""
    is_own: bool
    """Whether the learner is who runs the grader."""

    @property
    def is_complete(self) -> bool:
        """Whether every possible point was earned, and nobody had to decide it."""
        return self.total is not None and self.total == self.possible and not self.changes

    @property
    def is_clear(self) -> bool:
        """Whether there is nothing to fix, and nothing that waits for a fix."""
        return not (self.first or self.waiting)

    @property
    def has_passed(self) -> bool:
        return any(task.passed for task in self.tasks)

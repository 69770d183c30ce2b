"""Outcomes, verdicts, and how they add up to a grade."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from graders.lab import SHEET
from graders.reasons import UNSAID, Outcome, OwnerNote, PastNote, Place, Reason
from graders.rubric import Check
from graders.wording import in_words, owner_note, past_note, why_withheld

__all__ = ["Grade", "Outcome", "Verdict", "grade"]


@dataclass(frozen=True)
class Verdict:
    """One check's outcome for one learner, and why: facts without secrets."""

    learner: str
    check: str
    task: int
    step: str
    title: str
    points: float
    outcome: Outcome
    why: Reason = UNSAID
    hint: str = ""
    """What to do about it, where it failed or was noted."""
    place: Place | None = None
    """Where in its service it can be fixed, where it failed or was noted."""
    owners: tuple[OwnerNote, ...] = ()
    """Whose the work is, where it is another learner's: never part of what a learner reads."""
    past: PastNote | None = None
    """Why it is not what this run found; None: it is."""

    @classmethod
    def on(
        cls, check: Check, learner: str, outcome: Outcome, why: Reason = UNSAID, hint: str = ""
    ) -> Verdict:
        return cls(
            learner=learner,
            check=check.id,
            task=check.task,
            step=check.step,
            title=check.title,
            points=check.points,
            outcome=outcome,
            why=why,
            hint=hint,
        )

    @property
    def reason(self) -> str:
        """Why, in words for the grader; empty where there is nothing to say."""
        return in_words(self.why)

    @property
    def for_instructor(self) -> tuple[str, ...]:
        """``owners`` in words."""
        return tuple(owner_note(note) for note in self.owners)

    @property
    def past_run_note(self) -> str:
        """``past`` in words for the grader; empty where this run decides alone."""
        return past_note(self.past) if self.past else ""

    @property
    def earned(self) -> float:
        return self.points if self.outcome is Outcome.PASSED else 0

    @property
    def withholds(self) -> bool:
        """Whether its points depend on something undecided."""
        return self.points > 0 and not self.outcome.is_decided


@dataclass(frozen=True)
class Grade:
    """One learner's verdicts, added up. ``total`` is None when the grade is withheld."""

    learner: str
    verdicts: tuple[Verdict, ...]
    possible: float
    earned: float
    by_task: Mapping[int, float | None]
    """Task -> points, or None when something in it is undecided or was not judged."""
    not_run: int = 0
    """How many checks of the rubric were not judged."""
    is_withheld: bool = False

    @cached_property
    def undecided(self) -> Mapping[tuple[Outcome, str], int]:
        """(outcome, reason) -> how many checks it concerns, those without points too.

        What was not assessed comes before what is pending, and most checks first.
        """
        counted = Counter(
            (verdict.outcome, verdict.reason)
            for verdict in self.verdicts
            if not verdict.outcome.is_decided
        )
        ranked = sorted(counted, key=lambda cause: (cause[0] is Outcome.PENDING, -counted[cause]))
        return {cause: counted[cause] for cause in ranked}

    @cached_property
    def withheld(self) -> str:
        """Why there is no total, each cause once; empty when there is one."""
        return why_withheld(self.undecided, self.not_run) if self.is_withheld else ""

    @property
    def total(self) -> float | None:
        return None if self.is_withheld else self.earned


def grade(learner: str, verdicts: Sequence[Verdict], rubric: Iterable[Check]) -> Grade:
    """Add one learner's verdicts up.

    A grade with anything undecided, or with checks that were not judged at all, is withheld:
    nothing on our side ever lowers, raises or erases a mark.
    """
    checks = tuple(rubric)
    judged = {verdict.check for verdict in verdicts}
    unjudged = [check for check in checks if check.points and check.id not in judged]
    return Grade(
        learner=learner,
        verdicts=tuple(verdicts),
        possible=sum(check.points for check in checks),
        earned=sum(verdict.earned for verdict in verdicts),
        by_task={task: _task_points(task, verdicts, unjudged) for task in SHEET.tasks},
        not_run=sum(check.id not in judged for check in checks),
        is_withheld=bool(unjudged) or any(verdict.withholds for verdict in verdicts),
    )


def _task_points(task: int, verdicts: Iterable[Verdict], unjudged: Iterable[Check]) -> float | None:
    own = [verdict for verdict in verdicts if verdict.task == task]
    open_ = any(verdict.withholds for verdict in own) or any(c.task == task for c in unjudged)
    return None if open_ else sum(verdict.earned for verdict in own)

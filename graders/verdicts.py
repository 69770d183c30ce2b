"""Outcomes, verdicts, and how they add up to a grade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graders.lab import SHEET
from graders.reasons import UNSAID, Outcome, OwnerNote, PastNote, Reason
from graders.rubric import Check
from graders.wording import in_words, owner_note, past_note

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
    withheld: str
    """Why there is no total; empty when there is one."""

    @property
    def total(self) -> float | None:
        return None if self.withheld else self.earned


def grade(learner: str, verdicts: Sequence[Verdict], rubric: Iterable[Check]) -> Grade:
    """Add one learner's verdicts up.

    A grade with anything undecided, or with checks that were not judged at all, is withheld:
    nothing on our side ever lowers, raises or erases a mark.
    """
    checks = tuple(rubric)
    judged = {verdict.check for verdict in verdicts}
    unjudged = [check for check in checks if check.points and check.id not in judged]
    undecided = [verdict for verdict in verdicts if verdict.withholds]
    return Grade(
        learner=learner,
        verdicts=tuple(verdicts),
        possible=sum(check.points for check in checks),
        earned=sum(verdict.earned for verdict in verdicts),
        by_task={task: _task_points(task, verdicts, unjudged) for task in SHEET.tasks},
        withheld=_why_withheld(undecided, unjudged),
    )


def _task_points(task: int, verdicts: Iterable[Verdict], unjudged: Iterable[Check]) -> float | None:
    own = [verdict for verdict in verdicts if verdict.task == task]
    open_ = any(verdict.withholds for verdict in own) or any(c.task == task for c in unjudged)
    return None if open_ else sum(verdict.earned for verdict in own)


def _checks(count: int) -> str:
    return "1 check" if count == 1 else f"{count} checks"


def _why_withheld(undecided: Sequence[Verdict], unjudged: Sequence[Check]) -> str:
    reasons = []
    for outcome in (Outcome.NOT_ASSESSED, Outcome.PENDING):
        of_it = [verdict for verdict in undecided if verdict.outcome is outcome]
        if of_it:
            reasons.append(f"{_checks(len(of_it))} {outcome}: {of_it[0].reason}")
    if unjudged:
        reasons.append(f"{_checks(len(unjudged))} not run")
    return "; ".join(reasons)

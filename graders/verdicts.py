"""Outcomes, verdicts, and how they add up to a grade."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from graders.decisions import Action, Decision
from graders.lab import SHEET
from graders.late import Lateness
from graders.reasons import UNSAID, Outcome, OwnerNote, PastNote, Place, Reason
from graders.rubric import Check
from graders.wording import decided, decision, in_words, owner_note, past_note, why_withheld

__all__ = ["Grade", "Outcome", "Verdict", "grade"]


@dataclass(frozen=True, slots=True)
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
    decision: Decision | None = None
    """What a person decided in place of the automatic result; ``why`` and ``hint`` stay its own."""
    automatic: Outcome | None = None
    """The automatic outcome, where a decision changed it; None: ``outcome`` is."""

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
        return decided(self) if self.decision else in_words(self.why)

    @property
    def for_instructor(self) -> tuple[str, ...]:
        """``owners`` in words."""
        return tuple(owner_note(note) for note in self.owners)

    @property
    def past_run_note(self) -> str:
        """``past`` in words for the grader; empty where this run decides alone."""
        return past_note(self.past) if self.past else ""

    @property
    def automatic_outcome(self) -> Outcome:
        """What the judge and past runs found, whatever was decided."""
        return self.automatic or self.outcome

    @property
    def earned(self) -> float:
        automatic = self.points if self.automatic_outcome is Outcome.PASSED else 0
        return self.decision.points_of(automatic, self.points) if self.decision else automatic

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
    late: Lateness | None = None
    """How late the work is; None: in time, or nobody asked."""
    decision: Decision | None = None
    """What a person decided about the total, on top of its checks."""
    automatic: Grade | None = None
    """The grade before decisions and late work; None: it is this one."""

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
        if self.decision and self.is_excused:
            return decision(self.decision)
        return why_withheld(self.undecided, self.not_run) if self.is_withheld else ""

    @property
    def total(self) -> float | None:
        return None if self.is_withheld or self.is_excused else self.earned

    @property
    def is_excused(self) -> bool:
        """Whether a person decided that this learner gets no mark."""
        return self.decision is not None and self.decision.action is Action.EXCUSED

    @property
    def late_points(self) -> tuple[float, float]:
        """(points of what came too late to count, deduction for what counts)."""
        if self.late is None:
            return 0, 0
        own = [verdict for verdict in self.verdicts if verdict.check in self.late.state.missing]
        missing = sum(verdict.earned for verdict in own)
        checks = sum(verdict.earned for verdict in self.verdicts)
        return missing, self.late.earned(checks, self.possible, missing)[1]


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

"""Two grade books side by side: whose grade changes, by which check, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from graders.rubric import Check
from graders.verdicts import Grade, Outcome, Verdict
from reports.gradebook import points_text
from reports.stored import Book

NOT_JUDGED = "not judged"


@dataclass(frozen=True)
class CheckChange:
    """One check of one learner, judged or valued otherwise. ``before``, ``after``: outcomes."""

    check: str
    step: str
    before: str
    after: str
    points: float
    """Earned now minus earned before."""
    why: str


@dataclass(frozen=True)
class LearnerChange:
    """One learner's difference; a total of None is withheld."""

    learner: str
    name: str
    before: float | None
    after: float | None
    checks: tuple[CheckChange, ...]

    @property
    def points(self) -> float:
        """How much a total goes up; 0 where either is withheld."""
        return 0 if None in (self.before, self.after) else self.after - self.before  # type: ignore[operator]

    @property
    def moves_the_grade(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Comparison:
    """All that differs; learners in the order of the new book."""

    learners: tuple[LearnerChange, ...]
    compared: int
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    rubric: tuple[str, ...]
    """How the rubrics differ, in sentences."""

    @property
    def is_empty(self) -> bool:
        return not (self.learners or self.only_before or self.only_after or self.rubric)

    @property
    def by_check(self) -> Mapping[tuple[str, str, str], int]:
        """(check, before, after) -> how many learners, most first."""
        counted = Counter(
            (check.check, check.before, check.after)
            for learner in self.learners
            for check in learner.checks
        )
        return dict(counted.most_common())

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def compare(old: Book, new: Book) -> Comparison:
    """What changes from one book to the other."""
    both = [learner for learner in new.names if learner in old.names]
    changes = (_learner(learner, old, new) for learner in both)
    return Comparison(
        learners=tuple(change for change in changes if change.checks or change.moves_the_grade),
        compared=len(both),
        only_before=tuple(learner for learner in old.names if learner not in new.names),
        only_after=tuple(learner for learner in new.names if learner not in old.names),
        rubric=tuple(_rubric(old.rubric, new.rubric)),
    )


def _learner(learner: str, old: Book, new: Book) -> LearnerChange:
    before, after = old.grades[learner], new.grades[learner]
    return LearnerChange(
        learner=learner,
        name=new.names[learner],
        before=before.total,
        after=after.total,
        checks=tuple(_checks(before, after)),
    )


def _checks(before: Grade, after: Grade) -> Iterator[CheckChange]:
    was = {verdict.check: verdict for verdict in before.verdicts}
    now = {verdict.check: verdict for verdict in after.verdicts}
    for check in dict.fromkeys([*now, *was]):
        earlier, later = was.get(check), now.get(check)
        if _result(earlier) == _result(later):
            continue
        known = later or earlier
        if known is None:  # never: the check is of one of the two
            continue
        yield CheckChange(
            check=check,
            step=known.step,
            before=earlier.outcome.value if earlier else NOT_JUDGED,
            after=later.outcome.value if later else NOT_JUDGED,
            points=(later.earned if later else 0) - (earlier.earned if earlier else 0),
            why=_why(earlier, later),
        )


def _result(verdict: Verdict | None) -> tuple[Outcome, float] | None:
    return (verdict.outcome, verdict.earned) if verdict else None


def _why(before: Verdict | None, after: Verdict | None) -> str:
    if before and after and before.outcome is after.outcome:
        return f"worth {points_text(after.points)} instead of {points_text(before.points)}"
    if after and after.reason:
        return after.reason
    return f"before: {before.reason}" if before and before.reason else ""


def _rubric(old: Mapping[str, Check], new: Mapping[str, Check]) -> Iterator[str]:
    for check in dict.fromkeys([*new, *old]):
        earlier, later = old.get(check), new.get(check)
        if earlier is None or later is None:
            yield f"{check} is in the {'new' if later else 'old'} rubric only"
        elif earlier.points != later.points:
            worth = f"{points_text(later.points)} instead of {points_text(earlier.points)}"
            yield f"{check} is worth {worth}"


def largest_first(changes: Sequence[LearnerChange]) -> list[LearnerChange]:
    """Those whose grade appears or vanishes, then by points; downwards before upwards."""

    def rank(change: LearnerChange) -> tuple[bool, bool, float, bool]:
        is_total = None not in (change.before, change.after)
        return not change.moves_the_grade, is_total, -abs(change.points), change.points > 0

    return sorted(changes, key=rank)

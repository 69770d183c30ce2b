"""Two grade books side by side: whose grade changes, by which check, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from graders.rubric import Check
from graders.verdicts import Grade, Outcome, Verdict
from reports.class_summary import cause_of
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
class ReasonChange:
    """Checks that ended as before, for another reason (ids and numbers do not count)."""

    outcome: str
    before: str
    """In the words of the first of them; likewise ``after``."""
    after: str
    learners: tuple[str, ...]
    checks: int


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

    @property
    def is_of_points_only(self) -> bool:
        """Whether checks are worth something else, and nothing ended otherwise."""
        return not self.moves_the_grade and all(c.before == c.after for c in self.checks)


@dataclass(frozen=True)
class Comparison:
    """All that differs; learners in the order of the new book."""

    learners: tuple[LearnerChange, ...]
    compared: int
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    rubric: tuple[str, ...]
    """How the rubrics differ, in sentences."""
    reasons: tuple[ReasonChange, ...] = ()
    """What ended as before, but for another reason; it is no difference between grades."""

    @property
    def is_empty(self) -> bool:
        return not (self.learners or self.only_before or self.only_after or self.rubric)

    @property
    def by_check(self) -> Mapping[tuple[str, str, str], tuple[str, ...]]:
        """(check, before, after) -> the learners, most first."""
        changed: dict[tuple[str, str, str], list[str]] = {}
        for learner in self.learners:
            for check in learner.checks:
                key = (check.check, check.before, check.after)
                changed.setdefault(key, []).append(learner.learner)
        ranked = sorted(changed.items(), key=lambda entry: -len(entry[1]))
        return {key: tuple(learners) for key, learners in ranked}

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
        reasons=_reasons(old, new),
    )


def _reasons(old: Book, new: Book) -> tuple[ReasonChange, ...]:
    alike: dict[tuple[str, str, str], list[tuple[Verdict, Verdict]]] = {}
    for key, after in new.verdicts.items():
        before = old.verdicts.get(key)
        if before and before.outcome is after.outcome and after.outcome is not Outcome.PASSED:
            causes = cause_of(before.reason), cause_of(after.reason)
            if causes[0] != causes[1]:
                alike.setdefault((after.outcome.value, *causes), []).append((before, after))
    changes = [
        ReasonChange(
            outcome,
            same[0][0].reason,
            same[0][1].reason,
            tuple(dict.fromkeys(after.learner for _, after in same)),
            len(same),
        )
        for (outcome, _, _), same in alike.items()
    ]
    return tuple(sorted(changes, key=lambda change: -change.checks))


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

"""A comparison of two grade books, as lines for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from graders.texts import strip_controls
from reports.compare import Comparison, LearnerChange, largest_first
from reports.gradebook import points_text
from reports.stored import Book
from reports.terminal import fitted

SHOWN = 20
"""So many learners are listed one by one, unless all are asked for."""
_WIDTH = 80
_CHECKS = 6


def lines(comparison: Comparison, old: Book, new: Book, *, everyone: bool = False) -> Iterator[str]:
    """What changes: in all, in the rubric, check by check, then learner by learner."""
    yield f"old  {old.source}  ({old.graded_at})"
    yield f"new  {new.source}  ({new.graded_at})"
    if old.digest == new.digest:
        yield "Both judge the same evidence."
    yield ""
    yield from _in_all(comparison)
    yield from _list("The rubrics differ:", comparison.rubric)
    yield from _list("Only in the old one:", comparison.only_before)
    yield from _list("Only in the new one:", comparison.only_after)
    yield from _by_check(comparison)
    yield from _learners(comparison, everyone)


def _in_all(comparison: Comparison) -> Iterator[str]:
    moved = [learner for learner in comparison.learners if learner.moves_the_grade]
    counts = {
        "higher": sum(learner.points > 0 for learner in moved),
        "lower": sum(learner.points < 0 for learner in moved),
        "withheld now": sum(learner.after is None for learner in moved),
        "withheld no longer": sum(learner.before is None for learner in moved),
    }
    summary = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    yield f"{len(moved)} of {comparison.compared} grades change{f': {summary}' if summary else ''}"


def _list(heading: str, entries: tuple[str, ...]) -> Iterator[str]:
    if entries:
        yield from ("", heading)
        yield from (f"  {strip_controls(entry)}" for entry in entries)


def _by_check(comparison: Comparison) -> Iterator[str]:
    if not comparison.by_check:
        return
    yield from ("", "By check:")
    for (check, before, after), count in comparison.by_check.items():
        change = "other points" if before == after else f"{before} → {after}"
        yield f"  {count:>5} × {check}: {change}"


def _learners(comparison: Comparison, everyone: bool) -> Iterator[str]:
    if not comparison.learners:
        return
    shown = largest_first(comparison.learners)
    if not everyone:
        shown = shown[:SHOWN]
    yield from ("", "By learner:")
    for learner in shown:
        yield from _learner(learner)
    if len(shown) < len(comparison.learners):
        yield f"  … and {len(comparison.learners) - len(shown)} more; --all shows them"


def _learner(learner: LearnerChange) -> Iterator[str]:
    heading = fitted("  ".join(part for part in (learner.learner, learner.name) if part), 44)
    yield f"  {heading} {_total(learner.before):>8} → {_total(learner.after):<8}".rstrip()
    for check in learner.checks[:_CHECKS]:
        change = "" if check.before == check.after else f"{check.before} → {check.after}  "
        yield "      " + fitted(f"{check.check}: {change}{check.why}", _WIDTH - 6).rstrip()
    if len(learner.checks) > _CHECKS:
        yield f"      … and {len(learner.checks) - _CHECKS} more checks"


def _total(points: float | None) -> str:
    return "withheld" if points is None else points_text(points)

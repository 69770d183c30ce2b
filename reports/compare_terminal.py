"""A comparison of two grade books, in lines of the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from graders.texts import strip_controls
from reports.compare import Comparison, LearnerChange, largest_first
from reports.gradebook import points_text
from reports.stored import Book
from reports.terminal import fitted

SHOWN = 20
"""So many learners are told one by one, unless all are asked for."""
_WIDTH = 80
_CHECKS = 6


def lines(found: Comparison, old: Book, new: Book, *, everyone: bool = False) -> Iterator[str]:
    """What changes: in all, in the rubric, check by check, then learner by learner."""
    yield f"old  {old.source}  ({old.graded_at})"
    yield f"new  {new.source}  ({new.graded_at})"
    if old.digest == new.digest:
        yield "Both judge the same evidence."
    yield ""
    yield from _in_all(found)
    yield from _list("The rubrics differ:", found.rubric)
    yield from _list("Only in the old one:", found.only_before)
    yield from _list("Only in the new one:", found.only_after)
    yield from _by_check(found)
    yield from _learners(found, everyone)


def _in_all(found: Comparison) -> Iterator[str]:
    moved = [one for one in found.learners if one.moves_the_grade]
    counts = {
        "higher": sum(one.points > 0 for one in moved),
        "lower": sum(one.points < 0 for one in moved),
        "withheld now": sum(one.after is None for one in moved),
        "withheld no longer": sum(one.before is None for one in moved),
    }
    said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    yield f"{len(moved)} of {found.compared} grades change{f': {said}' if said else ''}"


def _list(heading: str, entries: tuple[str, ...]) -> Iterator[str]:
    if entries:
        yield from ("", heading)
        yield from (f"  {strip_controls(one)}" for one in entries)


def _by_check(found: Comparison) -> Iterator[str]:
    if not found.by_check:
        return
    yield from ("", "By check:")
    for (check, before, after), count in found.by_check.items():
        change = "other points" if before == after else f"{before} → {after}"
        yield f"  {count:>5} × {check}: {change}"


def _learners(found: Comparison, everyone: bool) -> Iterator[str]:
    if not found.learners:
        return
    shown = largest_first(found.learners)
    if not everyone:
        shown = shown[:SHOWN]
    yield from ("", "By learner:")
    for one in shown:
        yield from _learner(one)
    if len(shown) < len(found.learners):
        yield f"  … and {len(found.learners) - len(shown)} more; --all shows them"


def _learner(one: LearnerChange) -> Iterator[str]:
    who = fitted("  ".join(part for part in (one.learner, one.name) if part), 44)
    yield f"  {who} {_total(one.before):>8} → {_total(one.after):<8}".rstrip()
    for check in one.checks[:_CHECKS]:
        change = "" if check.before == check.after else f"{check.before} → {check.after}  "
        yield "      " + fitted(f"{check.check}: {change}{check.why}", _WIDTH - 6).rstrip()
    if len(one.checks) > _CHECKS:
        yield f"      … and {len(one.checks) - _CHECKS} more checks"


def _total(points: float | None) -> str:
    return "withheld" if points is None else points_text(points)

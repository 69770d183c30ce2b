"""A comparison of two grade books, as lines for the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from graders.texts import strip_controls
from graders.wording import checks
from reports.compare import Comparison, LearnerChange, largest_first
from reports.gradebook import points_text
from reports.stored import Book
from reports.terminal import fitted

SHOWN = 20
"""So many learners are listed one by one, unless all are asked for."""
_WIDTH = 80
_CHECKS = 6
_FEW = 4


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
    yield from _reasons(comparison)


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
    for (check, before, after), learners in comparison.by_check.items():
        change = "other points" if before == after else f"{before} → {after}"
        yield from _wrapped(f"{len(learners):>5} × {check}: {change}", _some(learners))


def _learners(comparison: Comparison, everyone: bool) -> Iterator[str]:
    if not comparison.learners:
        return
    ordered = largest_first(comparison.learners)
    listed = [learner for learner in ordered if everyone or not learner.is_of_points_only]
    shown = listed if everyone else listed[:SHOWN]
    yield from ("", "By learner:")
    for learner in shown:
        yield from _learner(learner)
    if len(shown) < len(listed):
        yield f"  … and {len(listed) - len(shown)} more; --all shows them"
    if others := len(ordered) - len(listed):
        yield f"  {others} with the same total, whose checks are worth other points"


def _learner(learner: LearnerChange) -> Iterator[str]:
    heading = fitted("  ".join(part for part in (learner.learner, learner.name) if part), 44)
    yield f"  {heading} {_total(learner.before):>8} → {_total(learner.after):<8}".rstrip()
    for check in learner.checks[:_CHECKS]:
        change = "" if check.before == check.after else f"{check.before} → {check.after}"
        text = ". ".join(filter(None, (change, check.why)))
        yield from _wrapped(f"    {check.check}: {text}")
    if len(learner.checks) > _CHECKS:
        yield f"      … and {len(learner.checks) - _CHECKS} more checks"


def _reasons(comparison: Comparison) -> Iterator[str]:
    if not comparison.reasons:
        return
    yield from ("", "Same outcome, another reason:")
    for change in comparison.reasons[:SHOWN]:
        who = f"{checks(change.checks)} of {_some(change.learners)}, {change.outcome}"
        yield from _wrapped(f"{who}: {change.after}", f"before: {change.before}")
    if len(comparison.reasons) > SHOWN:
        yield f"  … and {len(comparison.reasons) - SHOWN} more, in the file of --json"


def _some(learners: Sequence[str]) -> str:
    shown = ", ".join(learners[:_FEW])
    return shown if len(learners) <= _FEW else f"{shown} and {len(learners) - _FEW} more"


def _wrapped(first: str, *more: str) -> Iterator[str]:
    """Paragraphs in at most 80 columns; all but the first line are indented."""
    for at, text in enumerate((first, *more)):
        indent = len(text) - len(text.lstrip()) + 2 if not at else 10
        yield from textwrap.wrap(
            strip_controls(text),
            _WIDTH,
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent + 4 if not at else 12),
            break_on_hyphens=False,
        )


def _total(points: float | None) -> str:
    return "withheld" if points is None else points_text(points)

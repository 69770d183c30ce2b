"""What a run says in the terminal: a learner × task matrix, what was withheld, what failed most.

Everything is laid out in columns of character cells (wide and combining characters counted as a
terminal shows them) and reads the same without colour.
"""

from __future__ import annotations

import io
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from graders.judging.first_failure import first_to_read
from graders.lab import SHEET
from graders.texts import strip_controls
from graders.verdicts import Grade, Outcome, Verdict
from reports.class_summary import Failure, failures, stopped
from reports.grading_run import GradingRun
from reports.past_run_notes import what_stands

NARROWEST = 80
_COMMONEST = 3
_REASONS = 8
"""How many different reasons for withheld grades are spelled out; the grade book has them all."""
_FEW = 5
"""Up to this many learners, what blocks each is spelled out."""
_TASK_WIDTH = 7
_TOTAL_WIDTH = 10


@dataclass(frozen=True)
class Page:
    """How wide to write, in character cells, and whether colour is wanted."""

    width: int = NARROWEST
    colour: bool = False


def summary(
    run: GradingRun, grades: Sequence[Grade], written: Sequence[tuple[str, Path]], page: Page
) -> list[str]:
    """The lines of the summary, without line ends; only paths may be longer than the page."""
    console = _console(page)
    _matrix(console, run, grades)
    _withheld(console, grades)
    _what_stands(console, run, grades)
    _first_steps(console, grades)
    _waiting(console, grades)
    _commonest_failures(console, run, grades)
    _where_they_stopped(console, grades)
    _for_the_instructor(console, grades)
    _where(console, written)
    _banner(console, run)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def _console(page: Page) -> Console:
    return Console(
        file=io.StringIO(),
        width=max(NARROWEST, page.width),
        force_terminal=page.colour,
        color_system="standard" if page.colour else None,
        legacy_windows=False,
        markup=False,  # names are names, whatever brackets or colons they hold
        emoji=False,
        highlight=False,
        _environ={},  # the page alone decides, not COLUMNS or NO_COLOR
    )


# --- the matrix -----------------------------------------------------------------------------------


def _matrix(console: Console, run: GradingRun, grades: Sequence[Grade]) -> None:
    names = {learner.id: learner.name for learner in run.learners}
    tasks = [f"task {task}" for task in SHEET.tasks]
    console.print(_row(console, "learner", tasks, "total", "bold"))
    possible = [
        sum(check.points for check in run.checks if check.task == task) for task in SHEET.tasks
    ]
    whole = _points(sum(possible))
    console.print(_row(console, "maximum", [_points(p) for p in possible], whole, "dim"))
    for grade in grades:
        learner = "  ".join(part for part in (grade.learner, names[grade.learner]) if part)
        cells = [_points(grade.by_task[task]) for task in SHEET.tasks]
        total = "withheld" if grade.withheld else _points(grade.total)
        style = "yellow" if grade.withheld else ""
        console.print(_row(console, learner, cells, total, style))


def _row(console: Console, learner: str, tasks: Sequence[str], total: str, style: str) -> Text:
    width = console.width - _TASK_WIDTH * len(tasks) - _TOTAL_WIDTH
    points = "".join(cell.rjust(_TASK_WIDTH) for cell in tasks) + total.rjust(_TOTAL_WIDTH)
    return Text(fitted(learner, width) + points, style=style, no_wrap=True, overflow="crop")


def _points(points: float | None) -> str:
    """At most 6 cells wide; ``?`` for what is not decided."""
    return "?" if points is None else f"{points:.2f}".rstrip("0").rstrip(".")


def fitted(text: str, width: int) -> str:
    """``text`` in exactly ``width`` character cells: filled with blanks, or cut with ``…``."""
    text = strip_controls(text)
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1).rstrip() + "…"
    return isolated(text) + " " * (width - cell_len(text))


def isolated(text: str) -> str:
    """Text written from right to left, kept from turning the numbers beside it around."""
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in text):
        return f"\u2068{text}\u2069"
    return text


# --- below the matrix -----------------------------------------------------------------------------


def _withheld(console: Console, grades: Sequence[Grade]) -> None:
    by_reason: dict[str, list[str]] = {}
    for grade in grades:
        if grade.withheld:
            by_reason.setdefault(grade.withheld, []).append(strip_controls(grade.learner))
    if not by_reason:
        return
    count = sum(len(learners) for learners in by_reason.values())
    _heading(console, f"{count} of {len(grades)} {_word('grade', len(grades))} withheld:")
    for reason, learners in list(by_reason.items())[:_REASONS]:
        _paragraph(console, f"{_some(learners)}: {strip_controls(reason)}")
    if len(by_reason) > _REASONS:
        _paragraph(console, f"… and {len(by_reason) - _REASONS} more reasons, in the grade book")


def _what_stands(console: Console, run: GradingRun, grades: Sequence[Grade]) -> None:
    """What past runs have a say in, learner by learner."""
    told = [(grade.learner, said) for grade in grades for said in what_stands(grade)]
    if not told:
        return
    _heading(console, f"Past runs count ({strip_controls(run.policy)}):")
    for learner, said in told[:_REASONS]:
        _paragraph(console, f"{isolated(strip_controls(learner))}: {strip_controls(said)}")
    if len(told) > _REASONS:
        _paragraph(console, f"… and {len(told) - _REASONS} more, in the grade book")


def _first_steps(console: Console, grades: Sequence[Grade]) -> None:
    """Where each learner goes on, where the class is small enough for it."""
    if len(grades) > _FEW:
        return
    firsts = {grade.learner: first_to_read(grade.verdicts) for grade in grades}
    failed = {one: first for one, first in firsts.items() if first and _is_failed(first)}
    if not failed:
        return
    _heading(console, "Fix first:")
    for learner, first in failed.items():
        said = strip_controls(f"step {first.step}: {first.hint} ({first.reason})")
        _paragraph(console, f"{isolated(strip_controls(learner))}: {said}")


def _is_failed(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.FAILED


def _waiting(console: Console, grades: Sequence[Grade]) -> None:
    """What blocks whom, where the class is small enough to be read learner by learner."""
    if len(grades) > _FEW:
        return
    blocked = Counter(
        (strip_controls(grade.learner), verdict.reason)
        for grade in grades
        for verdict in grade.verdicts
        if verdict.outcome is Outcome.BLOCKED
    )
    if not blocked:
        return
    _heading(console, "Blocked by an earlier step:")
    for (learner, reason), count in blocked.items():
        checks = f"{count} {_word('check', count)}"
        _paragraph(console, f"{isolated(learner)}: {checks}: {strip_controls(reason)}")


def _word(thing: str, count: int) -> str:
    return thing if count == 1 else f"{thing}s"


def _some(learners: Sequence[str]) -> str:
    shown = ", ".join(isolated(learner) for learner in learners[:4])
    return shown if len(learners) <= 4 else f"{shown} and {len(learners) - 4} more"


def _commonest_failures(console: Console, run: GradingRun, grades: Sequence[Grade]) -> None:
    ranked = failures(run.checks, grades)
    if not ranked:
        return
    _heading(console, "Failed most often:")
    for one in ranked[:_COMMONEST]:
        console.print(_failure(console, one, len(grades)))
        console.print(_shared_cause(console, one))
    everyones = [one for one in ranked if one.is_of_nearly_everyone]
    if everyones:
        _heading(console, "Nearly everyone fails these: the lab or the tenant may be wrong.")
    for one in everyones:
        who = f"{len(one.learners)} of the {one.tried} learners who got this far"
        said = f"{one.same_cause} learners, for example: {one.cause}"
        _paragraph(console, strip_controls(f"step {one.check.step}, {one.check.id}: {who}. {said}"))


def _failure(console: Console, one: Failure, learners: int) -> Text:
    count = f"{len(one.learners):>{len(str(learners))}}"
    start = f"  {count} of {learners}  step {one.check.step:<5} "
    return Text(start + fitted(one.check.title, console.width - cell_len(start)))


def _shared_cause(console: Console, one: Failure) -> Text:
    """The commonest reason of those who failed it, as far as one line holds it."""
    who = f"{one.same_cause} {_word('learner', one.same_cause)}"
    start = f"      {who}{', for example' if one.same_cause > 1 else ''}: "
    cause = " ".join(one.cause.split())
    return Text(start + fitted(cause, console.width - cell_len(start)).rstrip(), style="dim")


def _where_they_stopped(console: Console, grades: Sequence[Grade]) -> None:
    """Of a class that is too large to be read learner by learner."""
    if len(grades) <= _FEW:
        return
    _heading(console, "Where learners stopped:")
    _paragraph(console, ", ".join(f"{where}: {n}" for where, n in stopped(grades).items()))


def _for_the_instructor(console: Console, grades: Sequence[Grade]) -> None:
    """Whose work it is, where it is another's: the learners' own texts do not say it."""
    told = {
        grade.learner: list(
            dict.fromkeys(note for v in grade.verdicts for note in v.for_instructor)
        )
        for grade in grades
    }
    shared = {learner: notes for learner, notes in told.items() if notes}
    if not shared:
        return
    _heading(console, "For the instructor only:")
    for learner, notes in list(shared.items())[:_REASONS]:
        said = strip_controls("; ".join(notes))
        _paragraph(console, f"{isolated(strip_controls(learner))}: {said}")
    if len(shared) > _REASONS:
        _paragraph(console, f"… and {len(shared) - _REASONS} more learners, in the grade book")


def _where(console: Console, written: Sequence[tuple[str, Path]]) -> None:
    if not written:
        return
    _heading(console, "Written:")
    widest = max(cell_len(what) for what, _ in written)
    for what, path in written:
        # never folded or cut: a path is there to be copied
        console.print(f"  {what:<{widest}}  {_short(path)}", soft_wrap=True)


def _short(path: Path) -> str:
    """As seen from the working directory where it lies below it."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _banner(console: Console, run: GradingRun) -> None:
    if run.is_simulated:
        console.print()
        text = "SIMULATED: the tenant was simulated; these are not real grades."
        console.print(Text(text, style="bold magenta"))


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))


def _paragraph(console: Console, text: str) -> None:
    console.print(Padding(Text(text), (0, 0, 0, 2)))

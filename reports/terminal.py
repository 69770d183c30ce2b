"""A run's summary in the terminal: a learner × task matrix, what was withheld, what failed most.

Everything is laid out in columns of character cells (wide and combining characters counted as a
terminal shows them) and reads the same without colour.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from graders.lab import SHEET
from graders.texts import strip_controls
from graders.verdicts import Grade
from graders.wording import changes_of, checks, idle
from reports.class_summary import Failure, failures, stopped, undecided
from reports.fix_first import root_causes
from reports.grading_run import GradingRun
from reports.past_run_notes import notes_of

NARROWEST = 80
_COMMONEST = 3
_REASONS = 8
"""How many reasons for withheld grades are written out; the grade book has them all."""
_FEW = 5
"""Up to this many learners, what each should fix first is written out."""
_TASK_WIDTH = 7
_TOTAL_WIDTH = 10


@dataclass(frozen=True)
class Page:
    """How wide to write, in character cells, and whether colour is wanted."""

    width: int = NARROWEST
    colour: bool = False


_SOME_ROWS = 5


def summary(
    run: GradingRun, grades: Sequence[Grade], written: Sequence[tuple[str, Path]], page: Page
) -> list[str]:
    """The lines of the summary, without line ends; only paths may be longer than the page."""
    console = _console(page)
    _matrix(console, run, grades)
    _undecided(console, grades)
    _decisions(console, run, grades)
    _past_run_notes(console, run, grades)
    _first_steps(console, run, grades)
    _commonest_failures(console, run, grades)
    _where_they_stopped(console, grades)
    _for_the_instructor(console, grades)
    _odd_rows(console, run)
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
        total = _points(grade.total) if not grade.withheld else _no_total(grade)
        style = "yellow" if grade.withheld else ""
        console.print(_row(console, learner, cells, total, style))


def _no_total(grade: Grade) -> str:
    return "excused" if grade.is_excused else "withheld"


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


def _undecided(console: Console, grades: Sequence[Grade]) -> None:
    """Every cause of what is not decided, with whom it concerns and how many checks."""
    causes = undecided(grades)
    if not causes:
        return
    count = sum(grade.is_withheld for grade in grades)
    held = f"{count} of {len(grades)} {_plural('grade', len(grades))} withheld"
    _heading(console, f"Not decided ({held}):")
    for cause in causes[:_REASONS]:
        learners = _some([strip_controls(learner) for learner in cause.learners])
        _paragraph(console, f"{learners}: {checks(cause.checks)} {strip_controls(cause.words)}")
    if len(causes) > _REASONS:
        left_out = checks(sum(cause.checks for cause in causes[_REASONS:]))
        more = f"{len(causes) - _REASONS} more {_plural('reason', len(causes) - _REASONS)}"
        _paragraph(console, f"… and {left_out} for {more}, in the grade book")


def _decisions(console: Console, run: GradingRun, grades: Sequence[Grade]) -> None:
    """What a person decided and what was late, learner by learner; then what had no effect."""
    by_people = sorted(grades, key=lambda own: own.late is not None)  # decisions come first
    changes = [(own.learner, line) for own in by_people for line in changes_of(own)]
    _lines_of_learners(console, "Decisions and late work:", changes)
    if run.idle_decisions:
        _heading(console, "Decisions without effect:")
    for entry in run.idle_decisions:
        learner = isolated(strip_controls(entry.decision.learner))
        _paragraph(console, f"{learner}: {strip_controls(idle(entry))}")


def _past_run_notes(console: Console, run: GradingRun, grades: Sequence[Grade]) -> None:
    """The past-run notes, learner by learner."""
    notes = [(grade.learner, sentence) for grade in grades for sentence in notes_of(grade)]
    _lines_of_learners(console, f"Past runs count ({strip_controls(run.policy)}):", notes)


def _lines_of_learners(console: Console, heading: str, lines: Sequence[tuple[str, str]]) -> None:
    if lines:
        _heading(console, heading)
    for learner, line in lines[:_REASONS]:
        _paragraph(console, f"{isolated(strip_controls(learner))}: {strip_controls(line)}")
    if len(lines) > _REASONS:
        _paragraph(console, f"… and {len(lines) - _REASONS} more, in the grade book")


def _first_steps(console: Console, run: GradingRun, grades: Sequence[Grade]) -> None:
    """Where each learner continues, where the class is small enough to be read one by one."""
    if len(grades) > _FEW:
        return
    causes = {grade.learner: root_causes(grade.verdicts, run.rubric) for grade in grades}
    if not any(causes.values()):
        return
    _heading(console, "Fix first:")
    for learner, (first, *others) in ((who, own) for who, own in causes.items() if own):
        verdict, name = first.verdict, isolated(strip_controls(learner))
        texts = [f"step {verdict.step}: {verdict.hint}", verdict.reason]
        texts += [f"{sentence}." for sentence in (first.consequences, first.waits) if sentence]
        if others:
            texts.append(f"{len(others)} more to fix after that: see the feedback.")
        _paragraph(console, f"{name}: {strip_controls(texts[0])}")
        for text in texts[1:]:
            _paragraph(console, strip_controls(text), indent=4)
        if link := first.link(run.labs[learner]):
            console.print(
                f"    {link[1]}", soft_wrap=True
            )  # never folded: it is there to be copied


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _some(learners: Sequence[str]) -> str:
    shown = ", ".join(isolated(learner) for learner in learners[:4])
    return shown if len(learners) <= 4 else f"{shown} and {len(learners) - 4} more"


def _commonest_failures(console: Console, run: GradingRun, grades: Sequence[Grade]) -> None:
    ranked = failures(run.checks, grades)
    if not ranked or len(grades) == 1:
        return
    _heading(console, "Failed most often, of those who got that far:")
    for failure in ranked[:_COMMONEST]:
        console.print(_failure(console, failure, len(grades)))
        console.print(_shared_cause(console, failure))
    everyones = [entry for entry in ranked if entry.is_of_nearly_everyone]
    if everyones:
        _heading(console, "Nearly everyone fails these: the lab or the tenant may be wrong.")
    for failure in everyones:
        learners = f"{len(failure.learners)} of the {failure.tried} learners who got this far"
        check = f"step {failure.check.step}, {failure.check.id}"
        _paragraph(console, strip_controls(f"{check}: {learners}. {failure.cause_words}"))


def _failure(console: Console, failure: Failure, learners: int) -> Text:
    """How many failed it, of those who reached it and were judged."""
    wide = len(str(learners))
    count = f"{len(failure.learners):>{wide}} of {failure.tried:>{wide}}"
    start = f"  {count}  step {failure.check.step:<5} "
    return Text(start + fitted(failure.check.title, console.width - cell_len(start)))


def _shared_cause(console: Console, failure: Failure) -> Text:
    """The commonest reason of those who failed it, as far as one line holds it."""
    cause = " ".join(failure.cause_words.split())
    return Text(f"      {fitted(cause, console.width - 6).rstrip()}", style="dim")


def _where_they_stopped(console: Console, grades: Sequence[Grade]) -> None:
    """Where learners stopped, for a class too large to be read learner by learner."""
    if len(grades) <= _FEW:
        return
    _heading(console, "Where learners stopped:")
    _paragraph(console, ", ".join(f"{where}: {n}" for where, n in stopped(grades).items()))


def _for_the_instructor(console: Console, grades: Sequence[Grade]) -> None:
    """Whose work it is, where it is another's: the learners' own texts leave it out."""
    by_learner = {
        grade.learner: list(
            dict.fromkeys(note for v in grade.verdicts for note in v.for_instructor)
        )
        for grade in grades
    }
    shared = {learner: notes for learner, notes in by_learner.items() if notes}
    if not shared:
        return
    _heading(console, "For the instructor only:")
    for learner, notes in list(shared.items())[:_REASONS]:
        text = strip_controls("; ".join(notes))
        _paragraph(console, f"{isolated(strip_controls(learner))}: {text}")
    if len(shared) > _REASONS:
        _paragraph(console, f"… and {len(shared) - _REASONS} more learners, in the grade book")


def _odd_rows(console: Console, run: GradingRun) -> None:
    """Rows of the roster that nobody was graded for."""
    if not run.odd_rows:
        return
    count = len(run.odd_rows)
    _heading(console, f"Not graded: {count} row{'s' * (count != 1)} of the roster")
    for sentence in run.odd_rows[:_SOME_ROWS]:
        _paragraph(console, sentence)
    if count > _SOME_ROWS:
        _paragraph(console, f"and {count - _SOME_ROWS} more")


def _where(console: Console, written: Sequence[tuple[str, Path]]) -> None:
    if not written:
        return
    _heading(console, "Written:")
    widest = max(cell_len(entry) for entry, _ in written)
    for label, path in written:
        # never folded or cut: a path is there to be copied
        console.print(f"  {label:<{widest}}  {_short(path)}", soft_wrap=True)


def _short(path: Path) -> str:
    """The path relative to the working directory where it is below it."""
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


def _paragraph(console: Console, text: str, indent: int = 2) -> None:
    console.print(Padding(Text(text), (0, 0, 0, indent)))

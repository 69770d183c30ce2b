"""What all formats share: who is in one, and how a mark, a title, a file are written.

Three rules hold for each of them. A withheld grade is left out: a blank clears an earlier score in
Canvas and Moodle. A learner's id in the other system is never altered, not even to disarm a
formula: a learner who cannot be named exactly is left out, and reported. What a simulated run
writes is called SIMULATED in its title and in its file's name, and has no id of a real assignment
or column.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from graders.lab import Learner
from graders.texts import strip_controls
from graders.verdicts import Grade
from reports.gradebook import escape_formula
from reports.grading_run import GradingRun

BANNER = "SIMULATED"
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Export:
    """The files of one format, and the learners who are not in it."""

    files: Mapping[str, str]
    """Path below the folder of exports, with ``/`` -> text."""
    left_out: Mapping[str, str]
    """Learner id -> why, in cohort order."""


@dataclass(frozen=True)
class Mark:
    """One learner's decided grade; ``key`` is the learner's id in the other system."""

    learner: Learner
    grade: Grade
    key: str

    @property
    def points(self) -> float:
        return self.grade.earned


class LeftOutError(Exception):
    """Why a learner cannot be put into a format."""


KeyOf = Callable[[Learner], str]


def sort_out(
    run: GradingRun, grades: Sequence[Grade], key_of: KeyOf, *, takes_excused: bool = False
) -> tuple[tuple[Mark, ...], dict[str, str]]:
    """The marks that can be written, in cohort order, and why the others cannot.

    ``key_of`` raises LeftOutError. Where two learners of the run have the same key (ignoring case)
    neither is written: the second would overwrite the first. ``takes_excused``: the format has a
    word for a learner without a mark.
    """
    learners = {learner.id: learner for learner in run.learners}
    keys, why = _keys(run.learners, key_of)
    marks, left_out = [], {}
    for grade in grades:
        if grade.withheld and not (takes_excused and grade.is_excused):
            left_out[grade.learner] = _why_no_mark(grade)
        elif grade.learner in why:
            left_out[grade.learner] = why[grade.learner]
        else:
            marks.append(Mark(learners[grade.learner], grade, keys[grade.learner]))
    return tuple(marks), left_out


def _why_no_mark(grade: Grade) -> str:
    return grade.withheld if grade.is_excused else f"the grade is withheld: {grade.withheld}"


def _keys(learners: Iterable[Learner], key_of: KeyOf) -> tuple[dict[str, str], dict[str, str]]:
    keys: dict[str, str] = {}
    why: dict[str, str] = {}
    same: dict[str, list[str]] = defaultdict(list)
    for learner in learners:
        try:
            keys[learner.id] = key_of(learner)
            same[keys[learner.id].casefold()].append(learner.id)
        except LeftOutError as reason:
            why[learner.id] = str(reason)
    for ids in same.values():
        if len(ids) > 1:
            why |= dict.fromkeys(ids, f"{' and '.join(ids)} have the same id there")
    return keys, why


def own(learner: Learner, column: str) -> str:
    """A cell of the learner's row in the cohort file; empty where there is none."""
    return learner.extra.get(column, "").strip()


def exactly(column: str, value: str) -> str:
    """A value that identifies a learner, unchanged; raises LeftOutError where that is unsafe."""
    if not value:
        raise LeftOutError(f"the cohort file has no `{column}` for this learner")
    if escape_formula(value) != value:
        raise LeftOutError(f"`{column}` starts like a formula and cannot be escaped")
    if not value.isprintable() or any(sign in value for sign in '"\\'):
        raise LeftOutError(f"`{column}` has a character that the file format cannot hold")
    return value


def mark_text(points: float) -> str:
    """Points to two decimals, halves up: ``83``, ``66.67``; a point, and never a separator."""
    exact = Decimal(repr(round(points, 6)))  # without the noise of binary fractions
    text = str(exact.quantize(_CENT, ROUND_HALF_UP))
    return text.rstrip("0").rstrip(".")


def mark_number(points: float) -> float:
    """The same as a number of JSON; whole numbers without ``.0``."""
    number = float(mark_text(points))
    return int(number) if number.is_integer() else number


def possible(run: GradingRun) -> float:
    return sum(check.points for check in run.checks)


def title(run: GradingRun) -> str:
    """The assignment's title."""
    return f"{BANNER} {run.marks.assignment}" if run.is_simulated else run.marks.assignment


def file_name(run: GradingRun, name: str) -> str:
    """A file's path below the folder of exports."""
    folder, _, file = name.rpartition("/")
    file = f"{BANNER}-{file}" if run.is_simulated else file
    return f"{folder}/{file}" if folder else file


def text_cell(text: str) -> str:
    """Text for people in one cell: on one line, and never a formula."""
    return escape_formula(strip_controls(text))


def quoted_csv(rows: Iterable[Sequence[str]]) -> str:
    """CSV with every cell quoted, so that commas are its only possible separator."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return text.getvalue()

"""The learners to grade: one per row of a cohort file."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from graders.as_of import moment
from graders.inputs.field_rules import flaw, whole_number
from graders.inputs.problems import InputProblems, Problem
from graders.inputs.rosters import IDS, NO_NUMBER, read_roster, roster_of
from graders.inputs.table import Row, Table, read_table
from graders.lab import Learner

REQUIRED = ("learner", "number")
OVERRIDES = tuple(f.name for f in fields(Learner) if f.type == "str | None")
TIMES = ("deadline", "extension")
COLUMNS = (*REQUIRED, "name", "email", *OVERRIDES, *TIMES)
"""The columns that have a meaning, in the recommended order."""

_FROM_NUMBER = ("project", "repository", "workspace")


@dataclass(frozen=True)
class Cohort:
    """Who is graded, and which rows of a roster are not."""

    learners: tuple[Learner, ...]
    left_out: tuple[Problem, ...] = ()
    """Why a row of a roster is no learner who can be graded: it never refuses the others."""


def read_cohort(path: Path | str) -> tuple[Learner, ...]:
    """The learners of a cohort file or roster; see ``read_cohort_file``."""
    return read_cohort_file(path).learners


def read_cohort_file(path: Path | str) -> Cohort:
    """The learners of a cohort file, in its order.

    CSV in UTF-8. ``learner`` (unique, whatever its case) and ``number`` (from 1) are required,
    unless it is a roster of another system, where both may follow from the rest of the row.
    A number belongs to one learner; only a row that spells out its own project, repository and
    workspace may repeat one (two sessions graded together). A name that begins like a formula is
    kept (the exports neutralise it), an id is not.

    Raises InputProblems with all problems. An odd row of a roster, which another system wrote, is
    left out instead, as long as another row is right.
    """
    file, roster = Path(path), roster_of(Path(path))
    table = read_roster(file, roster, COLUMNS) if roster else read_table(file, (*COLUMNS, *IDS))
    numbers = {row.number for row in table.rows}
    of_file = [problem for problem in table.problems if problem.row not in numbers]
    of_file += _missing_columns(table)
    of_rows = [problem for problem in table.problems if problem.row in numbers]
    of_rows += [problem for row in table.rows for problem in _row_problems(table, row)]
    of_rows += _repeated(table, "learner", _id_key)
    of_rows += _repeated(table, "number", _number_key)
    of_rows += _first_of_a_number(table) if roster else ()
    odd = {problem.row for problem in of_rows}
    rows = [row for row in table.rows if row.number not in odd]
    if of_file or (of_rows and not (roster and rows)):
        raise InputProblems(_as_in_the_file([*of_file, *of_rows], table))
    return Cohort(tuple(_learner(row) for row in rows), tuple(_as_in_the_file(of_rows, table)))


def _as_in_the_file(problems: Iterable[Problem], table: Table) -> list[Problem]:
    """The problems in the file's order, with its own headings."""
    named = [
        replace(problem, column=table.headings.get(problem.column, problem.column))
        for problem in problems
    ]
    return sorted(named, key=lambda problem: problem.row or 0)


def _learner(row: Row) -> Learner:
    cells = row.cells
    places: dict[str, Any] = {column: cells.get(column) or None for column in OVERRIDES}
    times: dict[str, Any] = {column: moment(cells[column]) for column in TIMES if cells.get(column)}
    return Learner(
        id=_same(cells["learner"]),
        number=whole_number(cells["number"]),
        name=cells.get("name", ""),
        email=cells.get("email", ""),
        **places,
        **times,
        extra={column: cell for column, cell in cells.items() if column not in COLUMNS},
    )


def _missing_columns(table: Table) -> Iterator[Problem]:
    slips = " ".join(p.remedy for p in table.problems if p.column)
    for column in REQUIRED:
        if column not in table.columns and f"`{column}`" not in slips:
            yield Problem(
                table.file,
                "this column is missing",
                f"add it; the columns found are {', '.join(table.columns[:8])}",
                row=table.heading_row,
                column=column,
            )


def _row_problems(table: Table, row: Row) -> Iterator[Problem]:
    reported = {problem.column for problem in table.problems}
    for column in COLUMNS:
        value = row.cells.get(column)
        if value == "" and column in REQUIRED and column not in reported:
            yield _empty(table, row, column)
        found_flaw = flaw(column, value) if value else None
        if found_flaw:
            yield Problem(
                table.file,
                found_flaw.what,
                found_flaw.remedy,
                row=row.number,
                column=column,
                value=value,
            )
    yield from _extension_problems(table, row)


def _extension_problems(table: Table, row: Row) -> Iterator[Problem]:
    """An extension that shortens the time is surely a slip."""
    times = {column: row.cells.get(column, "") for column in TIMES}
    if all(times.values()) and not any(flaw(column, text) for column, text in times.items()):
        deadline, extension = (moment(times[column]) for column in TIMES)
        if extension < deadline:
            what, remedy = "it is before the learner's deadline", "correct one of them"
            cell = times["extension"]
            yield Problem(table.file, what, remedy, row.number, "extension", cell)


def _empty(table: Table, row: Row, column: str) -> Problem:
    what, remedy = "the cell is empty", "fill in the learner's id"
    if column == "number":
        what = NO_NUMBER if table.headings else what
        remedy = "fill in a column `number`, or delete the row if it is not a learner"
    return Problem(table.file, what, remedy, row=row.number, column=column)


def _repeated(table: Table, column: str, key_of: Callable[[Row], str]) -> Iterator[Problem]:
    first: dict[str, Row] = {}
    for row in table.rows:
        key = key_of(row)
        earlier = first.setdefault(key, row) if key else row
        if earlier is not row:
            yield Problem(
                table.file,
                f"the same {column} as in row {earlier.number}",
                _REPEAT_REMEDY[column],
                row=row.number,
                column=column,
                value=row.cells[column],
            )


def _first_of_a_number(table: Table) -> Iterator[Problem]:
    """Where two people have one number, neither is graded: nothing tells whose work it is."""
    by_number: dict[str, list[Row]] = {}
    for row in table.rows:
        by_number.setdefault(_number_key(row), []).append(row)
    for number, (first, *others) in by_number.items():
        other = next((row for row in others if _id_key(row) != _id_key(first)), None)
        if number and other:
            what = f"the same number as in row {other.number}"
            remedy = _REPEAT_REMEDY["number"]
            yield Problem(table.file, what, remedy, first.number, "number", number)


_REPEAT_REMEDY = {
    "learner": "give each learner a unique id (case does not count)",
    "number": "correct it, or give this row its own project, repository and workspace",
}


def _id_key(row: Row) -> str:
    return unicodedata.normalize("NFKC", row.cells.get("learner", "")).casefold()


def _number_key(row: Row) -> str:
    number = row.cells.get("number", "")
    if flaw("number", number) or all(row.cells.get(column) for column in _FROM_NUMBER):
        return ""
    return str(whole_number(number))


def _same(identity: str) -> str:
    """One spelling of letters that can be composed in two ways, so that ids typed match."""
    return unicodedata.normalize("NFC", identity)

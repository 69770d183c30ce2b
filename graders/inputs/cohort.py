"""The learners to grade: one per row of a cohort file."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path

from graders.inputs.field_rules import flaw
from graders.inputs.problems import InputProblems, Problem
from graders.inputs.rosters import IDS, read_roster, roster_of
from graders.inputs.table import Row, Table, read_table
from graders.lab import Learner

REQUIRED = ("learner", "number")
OVERRIDES = tuple(f.name for f in fields(Learner) if f.type == "str | None")
COLUMNS = (*REQUIRED, "name", "email", *OVERRIDES)
"""The columns that have a meaning, in the recommended order."""

_FROM_NUMBER = ("project", "repository", "workspace")


def read_cohort(path: Path | str) -> tuple[Learner, ...]:
    """The learners of a cohort file, in its order.

    CSV in UTF-8. ``learner`` (unique, whatever its case) and ``number`` (from 1) are required,
    unless it is a roster of another system, where both may follow from the rest of the row.
    A number belongs to one learner; only a row that spells out its own project, repository and
    workspace may repeat one (two sessions graded together). A name that begins like a formula is
    kept (the exports neutralise it), an id is not. Raises InputProblems with all problems.
    """
    table = _table(Path(path))
    problems = [*table.problems, *_missing_columns(table)]
    for row in table.rows:
        problems += _row_problems(table, row)
    problems += _repeated(table, "learner", _id_key)
    problems += _repeated(table, "number", _number_key)
    if problems:
        named = [
            replace(problem, column=table.headings.get(problem.column, problem.column))
            for problem in problems
        ]
        raise InputProblems(sorted(named, key=lambda problem: problem.row or 0))
    return tuple(_learner(row) for row in table.rows)


def _table(path: Path) -> Table:
    roster = roster_of(path)
    if roster is None:
        return read_table(path, (*COLUMNS, *IDS))
    return read_roster(path, roster, COLUMNS)


def _learner(row: Row) -> Learner:
    cells = row.cells
    return Learner(
        id=_same(cells["learner"]),
        number=int(cells["number"]),
        name=cells.get("name", ""),
        email=cells.get("email", ""),
        **{column: cells.get(column) or None for column in OVERRIDES},
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
            remedy = f"fill in the learner's {'id' if column == 'learner' else column}"
            yield Problem(table.file, "the cell is empty", remedy, row=row.number, column=column)
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
    return str(int(number))


def _same(identity: str) -> str:
    """One spelling of letters that can be composed in two ways, so that ids typed match."""
    return unicodedata.normalize("NFC", identity)

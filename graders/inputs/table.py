"""A CSV file as people really save it: its rows as cells by column, and its problems."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from graders.inputs.problems import InputProblems, Problem
from graders.inputs.text_file import read_text
from graders.names import nearest

DELIMITERS = ",;\t"
_MOST_COLUMNS = 100
SAVE_AS = "save it as `CSV UTF-8` from the spreadsheet and give that file"

_Record = tuple[int, list[str]]


@dataclass(frozen=True)
class Row:
    """One row that is not blank; ``number`` counts from 1 as a spreadsheet does."""

    number: int
    cells: Mapping[str, str]
    """Column -> cell without blanks around it; empty where the row is short."""


@dataclass(frozen=True)
class Table:
    """What could be read of a CSV file, and every problem on the way."""

    file: str
    heading_row: int
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    headings: Mapping[str, str] = field(default_factory=dict)
    """Column -> the heading in the file, where it is another one."""


_HINT = re.compile(r"\ufeff?\"?sep=(.)\"?\s*", re.IGNORECASE)


def is_hint(line: str) -> bool:
    """Whether a line only tells a spreadsheet which separator follows: ``sep=;``."""
    return _HINT.fullmatch(line) is not None


def read_table(path: Path, known: Sequence[str], most: int = _MOST_COLUMNS) -> Table:
    """Read a CSV file: UTF-8, separated by comma, semicolon or tab, whichever its heading uses.

    Known columns are spelled as in ``known`` whatever their case; others are kept unchanged.
    More than ``most`` columns are a problem.
    Raises InputProblems when there is no table at all; lesser problems are in the table.
    """
    file = str(path)
    text = read_text(path, SAVE_AS)
    problems: list[Problem] = []
    records = _records(file, text, _delimiter(text, known), problems)
    heading = next(records, None)
    if heading is None:
        raise InputProblems(problems or [Problem(file, "the file is empty", "add the learners")])
    columns = _columns(heading[1], known)
    if len(columns) > most:
        message = f"there are more than {most} columns"
        remedy, found_value = "keep only the columns you need", str(len(columns))
        problems.append(Problem(file, message, remedy, row=heading[0], value=found_value))
    else:
        problems += _heading_problems(file, heading[0], columns, known)
    rows = tuple(_rows(file, columns, records, problems))
    if not rows and not problems:
        problems.append(Problem(file, "the file has only a heading", "add one row per learner"))
    names = tuple(column for column in columns if column)
    return Table(file, heading[0], names, rows, tuple(problems))


def _delimiter(text: str, known: Sequence[str]) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    hint = _HINT.fullmatch(lines[0]) if lines else None
    if hint and hint[1] in DELIMITERS:
        return hint[1]
    heading = lines[0] if lines else ""

    def likelihood(delimiter: str) -> tuple[int, int]:
        columns = _columns(heading.replace('"', "").split(delimiter), known)
        return len(set(columns) & set(known)), len(columns)

    return max(DELIMITERS, key=likelihood)


def _columns(cells: Iterable[str], known: Sequence[str]) -> list[str]:
    spelled = {_plain(column): column for column in reversed(known)}
    return [spelled.get(_plain(cell), cell.strip()) for cell in cells]


def _plain(heading: str) -> str:
    """A heading whatever its case, blanks and hyphens: ``E-Mail`` is ``email``."""
    return re.sub(r"[\s_-]", "", heading).casefold()


def _records(file: str, text: str, delimiter: str, problems: list[Problem]) -> Iterator[_Record]:
    lines = io.StringIO(text, newline="")
    # strict: a quotation mark left open would otherwise swallow the rest of the class silently
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if any(cell.strip() for cell in cells) and not (number == 1 and _is_hint_row(cells)):
                yield number, cells
    except csv.Error as error:
        message = f"the row is not valid CSV ({error}), so the rows after it were not read"
        remedy = "close any open quotation mark, and double quotation marks inside a cell"
        problems.append(Problem(file, message, remedy, row=number + 1))


def _is_hint_row(cells: Sequence[str]) -> bool:
    """The separator that the hint names ends its cell, so that the row has two or one."""
    return cells[0].strip().casefold() in ("sep=", *(f"sep={mark}" for mark in DELIMITERS))


def _heading_problems(
    file: str, row: int, columns: Sequence[str], known: Sequence[str]
) -> Iterator[Problem]:
    free = [column for column in known if column not in columns]
    for column in dict.fromkeys(column for column in columns if column):
        if columns.count(column) > 1:
            remedy = "keep one of them"
            yield Problem(file, "two columns have this name", remedy, row=row, column=column)
        meant = nearest(column, free) if column not in known else None
        if meant:
            message = "unknown column"
            yield Problem(
                file,
                message,
                f"did you mean `{meant}`? Rename it, or give it a less similar name",
                row=row,
                column=column,
            )


def _rows(
    file: str, columns: Sequence[str], records: Iterable[_Record], problems: list[Problem]
) -> Iterator[Row]:
    for number, cells in records:
        homeless = [
            cell.strip()
            for position, cell in enumerate(cells)
            if cell.strip() and (position >= len(columns) or not columns[position])
        ]
        if homeless:
            message = "the row has a cell without a heading above it"
            remedy = "add the heading, or quote the cell if it contains a separator"
            problems.append(Problem(file, message, remedy, row=number, value=homeless[0]))
        padded = [*cells, *[""] * len(columns)]
        yield Row(number, {c: padded[i].strip() for i, c in enumerate(columns) if c})

"""Lists of learners that other systems export, read as cohort files.

A roster is recognised by its heading. Its columns become ours, the ids by which the other system
knows a learner are kept in columns of our own, and the rest is kept unchanged. What no roster has
is the learner's number, from which the names of the lab follow: it comes from an added column
``number``, else from a login, id or e-mail address such as ``user4``; never from the order of the
rows.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from graders.inputs.problems import Problem
from graders.inputs.table import DELIMITERS, SAVE_AS, Row, Table, read_table
from graders.inputs.text_file import read_text

IDS = (
    "canvas_id",
    "sis_login_id",
    "sis_user_id",
    "section",
    "moodle_username",
    "moodle_id_number",
    "blackboard_username",
    "lti_user_id",
    "github_username",
    "github_id",
)
"""Our columns for the learner's ids in other systems; a cohort file may have them too."""

_MOST_COLUMNS = 2000  # a grade book has one for each assignment
_USER = re.compile(r"(?<![^\W_])user0*([1-9][0-9]{0,5})(?![^\W_])", re.IGNORECASE)
_TEST_STUDENT = "Student, Test"
_NO_LEARNER = "Points Possible"

Cells = Mapping[str, str]


@dataclass(frozen=True)
class Roster:
    """What one system's list looks like; headings match whatever their case."""

    name: str
    signature: tuple[str, ...]
    """The headings that it is recognised by."""
    columns: Mapping[str, str]
    """Heading -> our column."""
    identity: tuple[str, ...]
    """Our columns for the learner's id: the first that is filled in counts."""
    skips: Callable[[Cells], bool] = lambda _: False
    """Whether a row, by the roster's own headings, is not a learner's."""


def _is_no_learner_of_canvas(cells: Cells) -> bool:
    student = cells.get("Student", cells.get("LastName", ""))
    is_blank = not any(
        cells.get(heading) for heading in ("Student", "LastName", "ID", "SIS Login ID")
    )
    return is_blank or _NO_LEARNER in student or student == _TEST_STUDENT


_CANVAS = {
    "ID": "canvas_id",
    "SIS User ID": "sis_user_id",
    "SIS Login ID": "sis_login_id",
    "Section": "section",
}
_CANVAS_IDENTITY = ("sis_login_id", "canvas_id")
_MOODLE = {
    "First name": "first_name",
    "Email address": "email",
    "Username": "moodle_username",
    "ID number": "moodle_id_number",
}
_MOODLE_IDENTITY = ("moodle_username", "moodle_id_number", "email")

ROSTERS = (
    Roster(
        "Canvas grade book",
        ("Student", "ID", "Section"),
        {"Student": "name"} | _CANVAS,
        _CANVAS_IDENTITY,
        _is_no_learner_of_canvas,
    ),
    Roster(
        "Canvas grade book",
        ("LastName", "FirstName", "ID", "Section"),
        {"LastName": "last_name", "FirstName": "first_name"} | _CANVAS,
        _CANVAS_IDENTITY,
        _is_no_learner_of_canvas,
    ),
    Roster(
        "Moodle participants",
        ("First name", "Last name", "Email address"),
        {"Last name": "last_name"} | _MOODLE,
        _MOODLE_IDENTITY,
    ),
    Roster(
        "Moodle participants",
        ("First name", "Surname", "Email address"),
        {"Surname": "last_name"} | _MOODLE,
        _MOODLE_IDENTITY,
    ),
    Roster(
        "GitHub Classroom roster",
        ("identifier", "github_username", "github_id", "name"),
        {"identifier": "identifier"},
        ("identifier",),
    ),
    Roster(
        "Classroom 50 roster",
        ("username", "first_name", "last_name", "email", "section", "github_id"),
        {"username": "github_username"},
        ("github_username",),
    ),
    Roster(
        "nbgrader students",
        ("id", "first_name", "last_name", "email", "lms_user_id"),
        {"id": "id", "lms_user_id": "lti_user_id"},
        ("id",),
    ),
)
_NUMBERED = (
    "learner",
    "identifier",
    "id",
    "email",
    *(column for column in IDS if column != "section"),
)
"""Columns that may hold the number."""
_OF_NO_ONE_ELSE = ("identifier", "id")
"""Columns that are read only for the learner's id."""


def roster_of(path: Path) -> Roster | None:
    """Which system's list this is; None for a cohort file of our own. Raises InputProblems."""
    text = read_text(path, SAVE_AS)
    heading = next((line for line in text.splitlines() if line.strip()), "")
    for delimiter in DELIMITERS:
        there = {cell.strip().casefold() for cell in _split(heading, delimiter)}
        for roster in ROSTERS:
            if all(expected.casefold() in there for expected in roster.signature):
                return roster
    return None


def _split(heading: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([heading], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:  # one cell of a hundred thousand characters: read_table reports it
        return []


def read_roster(path: Path, roster: Roster, ours: Sequence[str]) -> Table:
    """A roster as the table of a cohort file. Raises InputProblems, as ``read_table`` does.

    ``ours`` are the columns of a cohort file: any of them may have been added.
    """
    known = tuple(dict.fromkeys((*roster.signature, *roster.columns, "learner", "number")))
    table = read_table(path, known, _MOST_COLUMNS)
    names = _names(roster, table.columns, ours)
    rows = [row for row in table.rows if not roster.skips(row.cells)]
    renamed = [Row(row.number, _renamed(row.cells, names)) for row in rows]
    filled = tuple(Row(row.number, _filled(row.cells, roster)) for row in renamed)
    problems = [
        problem for problem in table.problems if not problem.column or problem.column in known
    ]
    problems += _without_number(table, filled)
    if not filled and not problems:
        problems.append(_no_learners(table, roster))
    columns = tuple(dict.fromkeys((*names.values(), "learner", "number")))
    headings = {ours: heading for heading, ours in names.items()}
    if "learner" not in names.values():
        there = [headings[column] for column in roster.identity if column in headings]
        headings["learner"] = " or ".join(there)
    return replace(table, columns=columns, rows=filled, problems=tuple(problems), headings=headings)


def _names(roster: Roster, columns: Iterable[str], ours: Sequence[str]) -> dict[str, str]:
    """Heading -> our column; a heading that is neither's stays."""
    spelled = {column.casefold(): column for column in (*ours, *IDS)}
    return {
        heading: roster.columns.get(heading) or spelled.get(heading.casefold(), heading)
        for heading in columns
    }


def _renamed(cells: Cells, names: Mapping[str, str]) -> dict[str, str]:
    return {names[heading]: cell for heading, cell in cells.items()}


def _filled(cells: dict[str, str] | Cells, roster: Roster) -> dict[str, str]:
    """The cells with the learner's id, name and number, where other columns hold them."""
    full = f"{cells.get('first_name', '')} {cells.get('last_name', '')}".strip()
    identity = next((cells[column] for column in roster.identity if cells.get(column)), "")
    own = {
        "learner": cells.get("learner") or _account(identity),
        "name": cells.get("name") or full,
        "number": cells.get("number") or _number(cells),
    }
    return {name: cell for name, cell in cells.items() if name not in _OF_NO_ONE_ELSE} | own


def _account(identity: str) -> str:
    """The id without an e-mail address's domain: ids appear in every report."""
    return identity.partition("@")[0] if "@" in identity.strip("@") else identity


def _number(cells: Cells) -> str:
    """The one number that ids, logins and addresses agree on; empty where they have none."""
    matches = [_USER.search(cells.get(column, "").partition("@")[0]) for column in _NUMBERED]
    numbers = {str(int(match[1])) for match in matches if match}
    return numbers.pop() if len(numbers) == 1 else " or ".join(sorted(numbers, key=int))


def _without_number(table: Table, rows: Sequence[Row]) -> Iterator[Problem]:
    """A problem for each row without a number; one for the missing column where no row has one."""
    lacking = [row for row in rows if not row.cells["number"]]
    message = "the learner's number is missing; the lab's names are built from it"
    if lacking and len(lacking) == len(rows) and "number" not in table.columns:
        remedy = "add a column `number`, or logins such as user4"
        yield Problem(table.file, message, remedy, row=table.heading_row, column="number")
        return
    for row in lacking:
        remedy = "fill in a column `number`, or delete the row if it is not a learner"
        yield Problem(table.file, message, remedy, row=row.number, column="number")


def _no_learners(table: Table, roster: Roster) -> Problem:
    message = f"there is no learner in this {roster.name}"
    return Problem(table.file, message, "export it again with its learners")

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
from graders.inputs.table import DELIMITERS, SAVE_AS, Row, Table, is_hint, read_table
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
_TEST_STUDENT = "student test"
_NO_LEARNER = "Points Possible"
_STAFF = ("instructor", "ta", "reader")

NO_NUMBER = "the learner's number is missing; the lab's names are built from it"

Cells = Mapping[str, str]


@dataclass(frozen=True)
class Roster:
    """What one system's list looks like; headings match whatever their case."""

    name: str
    signature: tuple[str, ...]
    """Our columns that its headings must give; by them it is recognised."""
    columns: Mapping[str, str]
    """Heading -> our column."""
    identity: tuple[str, ...]
    """Our columns for the learner's id: the first that is filled in counts."""
    skips: Callable[[Cells], bool] = lambda _: False
    """Whether a row, by our columns, is not a learner's."""

    def ours(self, heading: str) -> str | None:
        """Our column for a heading of its own; None for any other heading."""
        wanted = heading.strip().casefold()
        return next((own for name, own in self.columns.items() if name.casefold() == wanted), None)


def _is_no_learner_of_canvas(cells: Cells) -> bool:
    name = cells.get("name") or f"{cells.get('last_name', '')} {cells.get('first_name', '')}"
    is_blank = not (name.strip() or cells.get("canvas_id") or cells.get("sis_login_id"))
    words = " ".join(name.replace(",", " ").split()).casefold()
    return is_blank or _NO_LEARNER in name or words == _TEST_STUDENT


def _is_staff(cells: Cells) -> bool:
    return cells.get("role", "").casefold() in _STAFF


_CANVAS = {
    "ID": "canvas_id",
    "SIS User ID": "sis_user_id",
    "SIS Login ID": "sis_login_id",
    "Section": "section",
}
_CANVAS_IDENTITY = ("sis_login_id", "canvas_id")
_MOODLE = {
    "first_name": ("First name", "Vorname", "Prénom", "Nombre", "Nome", "Voornaam"),
    "last_name": (
        *("Last name", "Surname", "Nachname", "Nom de famille", "Nom"),
        *("Apellido(s)", "Apellidos", "Cognome", "Sobrenome", "Apelido", "Achternaam"),
    ),
    "email": (
        *("Email address", "E-mail address", "E-Mail-Adresse", "E-Mail", "Adresse de courriel"),
        *("Dirección de correo", "Dirección Email", "Dirección de correo electrónico"),
        *("Indirizzo email", "Endereço de email", "E-mailadres"),
    ),
    "moodle_username": (
        *("Username", "Anmeldename", "Nom d'utilisateur", "Nombre de usuario"),
        *("Identificação de usuário", "Gebruikersnaam"),
    ),
    "moodle_id_number": (
        *("ID number", "ID-Nummer", "Numéro d'identification", "Número de ID"),
        *("Codice identificativo", "Número de identificação", "ID-nummer"),
    ),
}
"""Our column -> Moodle's headings, in English and six other languages."""

ROSTERS = (
    Roster(
        "Canvas grade book",
        ("name", "canvas_id", "section"),
        {"Student": "name"} | _CANVAS,
        _CANVAS_IDENTITY,
        _is_no_learner_of_canvas,
    ),
    Roster(
        "Canvas grade book",
        ("last_name", "first_name", "canvas_id", "section"),
        {"LastName": "last_name", "FirstName": "first_name"} | _CANVAS,
        _CANVAS_IDENTITY,
        _is_no_learner_of_canvas,
    ),
    Roster(
        "Moodle participants",
        ("first_name", "last_name", "email"),
        {heading: column for column, headings in _MOODLE.items() for heading in headings},
        ("moodle_username", "moodle_id_number", "email"),
    ),
    Roster(
        "GitHub Classroom roster",
        ("identifier", "github_username", "github_id", "name"),
        {
            "identifier": "identifier",
            "github_username": "github_username",
            "github_id": "github_id",
            "name": "name",
        },
        ("identifier",),
    ),
    Roster(
        "Classroom 50 roster",
        ("github_username", "first_name", "last_name", "email", "section", "github_id"),
        {
            "username": "github_username",
            "first_name": "first_name",
            "last_name": "last_name",
            "email": "email",
            "section": "section",
            "github_id": "github_id",
        },
        ("github_username", "email"),  # who was invited and has not joined yet has an address only
    ),
    Roster(
        "nbgrader students",
        ("id", "first_name", "last_name", "email", "lti_user_id"),
        {
            "id": "id",
            "first_name": "first_name",
            "last_name": "last_name",
            "email": "email",
            "lms_user_id": "lti_user_id",
        },
        ("id",),
    ),
    Roster(
        "Gradescope roster",
        ("email", "student_id"),
        {
            "First Name": "first_name",
            "Last Name": "last_name",
            "Name": "name",
            "SID": "student_id",
            "Email": "email",
            "Role": "role",
        },
        ("email", "student_id"),
        _is_staff,
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
    heading = next((line for line in text.splitlines() if line.strip() and not is_hint(line)), "")
    for delimiter in DELIMITERS:
        cells = _split(heading, delimiter)
        for roster in ROSTERS:
            if {*roster.signature} <= {roster.ours(cell) for cell in cells}:
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
    known = tuple(dict.fromkeys((*roster.columns, "learner", "number")))
    table = read_table(path, known, _MOST_COLUMNS)
    names = _names(roster, table.columns, ours)
    renamed = [Row(row.number, _renamed(row.cells, names)) for row in table.rows]
    filled = tuple(
        Row(row.number, _filled(row.cells, roster))
        for row in renamed
        if not roster.skips(row.cells)
    )
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
        heading: roster.ours(heading) or spelled.get(heading.casefold(), heading)
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
    """One problem of the file where no row has a number and no column for it."""
    if rows and "number" not in table.columns and not any(row.cells["number"] for row in rows):
        remedy = "add a column `number`, or logins such as user4"
        yield Problem(table.file, NO_NUMBER, remedy, row=table.heading_row, column="number")


def _no_learners(table: Table, roster: Roster) -> Problem:
    message = f"there is no learner in this {roster.name}"
    return Problem(table.file, message, "export it again with its learners")

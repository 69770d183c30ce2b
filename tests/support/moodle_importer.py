"""An executable model of Moodle's grade import from CSV: what a file would do to a course.

It keeps to the importer's rules (``grade/import/csv/classes/load_data.php`` and
``lib/csvlib.class.php`` of Moodle), the inconvenient ones above all: one row that cannot be placed
stops everything, a row without a name is taken for one of the learner before it, a blank clears the
grade that is there, and a quotation mark behind a backslash does not end a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Mapped:
    """What the instructor chose for each heading: ``useremail``, ``grade``, ``feedback``."""

    columns: Mapping[str, str]
    is_new_item: bool = False


@dataclass(frozen=True)
class Site:
    """A course as it is, and what its site allows."""

    people: Mapping[str, int]
    """E-mail address -> who has it."""
    grades: Mapping[int, float | None] = field(default_factory=dict)
    feedback: Mapping[int, str] = field(default_factory=dict)
    graded_at: Mapping[int, int] = field(default_factory=dict)
    locked: frozenset[int] = frozenset()
    now: int = 1_800_000_000
    unlimited: bool = False
    minds_case: bool = True
    decimal: str = "."
    downloaded: str = "Last downloaded from this course"


@dataclass(frozen=True)
class Imported:
    """What the import does, or why it does nothing."""

    site: Site
    aborted: str = ""
    cleared: tuple[int, ...] = ()
    """Whose grade is gone."""
    written: tuple[tuple[int, float | None], ...] = ()
    """(person, grade), in the order of the rows: nobody should be in it twice."""


class AbortedError(Exception):
    """The import stops, and nothing is changed."""


def import_grades(text: str, site: Site, mapped: Mapped) -> Imported:
    """What Moodle makes of a file, read as separated by commas."""
    try:
        return _import(text, site, mapped)
    except AbortedError as error:
        return Imported(site, aborted=str(error))


def _import(text: str, site: Site, mapped: Mapped) -> Imported:
    rows = [row for row in parse(text.removeprefix("\ufeff"), ",") if row != [""]]
    if not rows:
        raise AbortedError("the file is empty")
    if any(len(row) != len(rows[0]) for row in rows):
        raise AbortedError("the columns are not of one number")
    heading = [cell.strip() for cell in rows[0]]
    kinds = [mapped.columns.get(cell, "") for cell in heading]
    taken = heading.index(site.downloaded) if site.downloaded in heading else 0
    state, person = Imported(site), None
    for row in rows[1:]:
        person = _person(row, kinds, site, person)
        state = _with_row(state, person, dict(zip(kinds, row, strict=True)), mapped)
        if taken:  # a first column counts as none
            _mind_the_time(row[taken], person, site, mapped)
    return state


# --- rows -----------------------------------------------------------------------------------------


def parse(text: str, separator: str) -> Iterator[list[str]]:
    """CSV as PHP reads it: it forgives nearly everything, and takes what follows a backslash."""
    lines = re.sub(r"\r\n?", "\n", text).strip()
    row, cell, quoted, place = [], "", False, 0
    while place < len(lines):
        sign, following = lines[place], lines[place + 1 : place + 2]
        if quoted and sign == "\\":
            cell += sign + following
            place += 1
        elif quoted and sign == '"' and following == '"':
            cell += sign
            place += 1
        elif sign == '"' and (quoted or not cell.strip()):
            quoted = not quoted
        elif not quoted and sign in (separator, "\n"):
            row.append(cell)
            cell = ""
            if sign == "\n":
                yield row
                row = []
        else:
            cell += sign
        place += 1
    yield [*row, cell]


def _person(row: Sequence[str], kinds: Sequence[str], site: Site, before: int | None) -> int:
    """Who a row is of; one that names nobody keeps the person of the row before."""
    person = before
    for kind, cell in zip(kinds, row, strict=True):
        if kind == "useremail" and cell.strip() not in ("", "0"):
            known = site.people
            wanted = cell.strip()
            if not site.minds_case:
                known = {address.casefold(): user for address, user in known.items()}
                wanted = wanted.casefold()
            if wanted not in known:
                raise AbortedError(f"nobody has the e-mail address {cell}")
            person = known[wanted]
    if person is None:
        raise AbortedError("a row is of nobody")
    return person


def _with_row(state: Imported, person: int, cells: Mapping[str, str], mapped: Mapped) -> Imported:
    site = state.site
    if "grade" in cells:
        if person in site.locked:
            raise AbortedError(f"the grade of {person} is locked")
        value = _value(cells["grade"].strip(), site, mapped)
        if value is not None and value > 100 and not site.unlimited:
            raise AbortedError(f"{value} is more than 100")
        had = site.grades.get(person) is not None
        state = replace(
            state,
            site=replace(site, grades=site.grades | {person: value}),
            cleared=(*state.cleared, person) if value is None and had else state.cleared,
            written=(*state.written, (person, value)),
        )
    if "feedback" in cells:
        feedback = state.site.feedback | {person: cells["feedback"].strip()}
        state = replace(state, site=replace(state.site, feedback=feedback))
    return state


def _value(cell: str, site: Site, mapped: Mapped) -> float | None:
    if cell in ("", "-"):
        return None
    if not mapped.is_new_item:  # a new item takes the cell as it is
        cell = cell.replace(" ", "").replace(site.decimal, ".")
    try:
        return float(cell)
    except ValueError:
        raise AbortedError(f"{cell} is no grade") from None


def _mind_the_time(cell: str, person: int, site: Site, mapped: Mapped) -> None:
    if mapped.is_new_item:
        return
    if not cell.isdigit() or not site.now - YEAR <= int(cell) <= site.now:
        raise AbortedError(f"{cell} is not when the grades were taken")
    if int(cell) < site.graded_at.get(person, 0):
        raise AbortedError(f"{person} was graded after the grades were taken")

"""An executable model of Canvas's grade book import: what a file would do to a course.

It keeps to the importer's rules (``lib/gradebook_importer.rb`` of Canvas LMS), the inconvenient
ones above all: the separator is guessed from three physical lines, everything that looks like a
number loses all but its last separator, a row is found by whatever number its id begins with, and a
blank cell clears the score that is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_OWN = re.compile(
    "Current (Score|Points|Grade)|Final (Score|Points|Grade)|Override (Score|Grade|Status)"
)
_NUMBER = re.compile(r"-?[0-9.,]+%?")
_MUTED = re.compile(r"\s*(Muted|Manual Posting.*)?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Person:
    """Somebody enrolled: the names by which a row may find them."""

    name: str
    login: str = ""
    sortable: str = ""


@dataclass(frozen=True)
class Assignment:
    title: str
    points: float | None = None


@dataclass(frozen=True)
class Course:
    """A course as it is; scores are texts, ``EX`` is excused, none is absent."""

    people: Mapping[int, Person]
    assignments: Mapping[int, Assignment]
    scores: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """(person, assignment) -> score."""


@dataclass(frozen=True)
class Imported:
    """What the import does, or why it does nothing."""

    course: Course
    aborted: str = ""
    strangers: tuple[str, ...] = ()
    """Rows of nobody in the course: somebody has to match them by hand."""
    cleared: tuple[int, ...] = ()
    """Whose score, or excuse, is gone."""
    written: Mapping[int, str] = field(default_factory=dict)
    """Person -> the score that was set, by this file."""
    new_assignments: tuple[Assignment, ...] = ()


class AbortedError(Exception):
    """The import stops, and nothing is changed."""


def import_grades(text: str, course: Course) -> Imported:
    """What Canvas makes of a file; new assignments get negative ids."""
    try:
        return _import(text, course)
    except AbortedError as error:
        return Imported(course, aborted=str(error))


def _import(text: str, course: Course) -> Imported:
    rows = _rows(text)
    heading = next(rows, None) or _abort("there is no heading")
    login, columns = _student_columns(heading)
    placed = _assignments(heading, columns, course)
    state = Imported(
        course, new_assignments=tuple(assignment for k, assignment in placed.values() if k < 0)
    )
    for row in rows:
        row = row + [""] * (len(heading) - len(row))
        if "Points Possible" in row[0]:
            state = _with_points(state, row, placed)
        elif not all(_MUTED.fullmatch(cell) for cell in row):
            state = _with_learner(state, row, login, placed)
    return state


def _abort(why: str) -> list[str]:
    raise AbortedError(why)


# --- rows -----------------------------------------------------------------------------------------


def _rows(text: str) -> Iterator[list[str]]:
    separator = _separator(text)
    for row in parse(text, separator):
        if not re.fullmatch("[;, ]*", separator.join(row)):
            yield [_normal(cell) for cell in row]


def _separator(text: str) -> str:
    """Semicolons, where they cut the first three lines into more cells than commas do."""
    counts = {}
    for separator in ";,":
        try:
            lines = text.split("\n")[:3]
            sizes = {len(next(parse(line, separator), [])) for line in lines if line.strip()}
        except AbortedError:
            sizes = set()
        counts[separator] = sizes.pop() if len(sizes) == 1 else 0
    return ";" if counts[";"] > counts[","] else ","


def parse(text: str, separator: str) -> Iterator[list[str]]:
    """CSV as strictly as Ruby reads it; AbortedError where it would not."""
    cell = rf'"(?:[^"]|"")*"|[^"{separator}\r\n]*'
    token = re.compile(rf"({cell})({separator}|\r\n|\n|\r|\Z)")
    row: list[str] = []
    place = 0
    while place < len(text):
        match = token.match(text, place)
        if not match:
            raise AbortedError(f"this is no CSV: {text[place : place + 20]!r}")
        raw, end = match.groups()
        row.append(raw[1:-1].replace('""', '"') if raw.startswith('"') else raw)
        place = match.end()
        if end != separator:
            yield row
            row = []
        elif place == len(text):
            yield [*row, ""]


def _normal(cell: str) -> str:
    if not _NUMBER.fullmatch(cell):
        return cell
    *whole, last = re.split("[,.]", cell)
    return f"{''.join(whole)}.{last}" if whole else last


# --- heading --------------------------------------------------------------------------------------


def _student_columns(heading: Sequence[str]) -> tuple[int | None, int]:
    """Where the login is, and how many columns are the learner's."""
    if len(heading) <= 3 or "Student" not in heading[0] or "ID" not in heading[1]:
        raise AbortedError("Invalid header row")
    login, columns = None, 3
    if re.search(r"SIS\s+Login\s+ID", heading[2]):
        login, columns = 2, 4
    elif re.search(r"SIS\s+User\s+ID", heading[2]) and re.search(r"SIS\s+Login\s+ID", heading[3]):
        login, columns = 3, 5
    if "Section" not in heading[columns - 1]:
        raise AbortedError("Invalid header row")
    return login, columns


def _assignments(
    heading: Sequence[str], columns: int, course: Course
) -> dict[int, tuple[int, Assignment]]:
    """Column -> (id, assignment)."""
    placed = {}
    for column, title in enumerate(heading[columns:], start=columns):
        if not _OWN.search(title):
            placed[column] = _assignment(title, course, -column)
    return placed


def _assignment(heading: str, course: Course, new: int) -> tuple[int, Assignment]:
    match = re.fullmatch(r"(.*)\s\((\d+)\)", heading)
    if match and int(match[2]) in course.assignments:
        return int(match[2]), course.assignments[int(match[2])]
    for identity, assignment in course.assignments.items():
        if assignment.title == heading:
            return identity, assignment
    return new, Assignment(match[1] if match else heading)


# --- learners -------------------------------------------------------------------------------------


def _with_points(
    state: Imported, row: Sequence[str], placed: Mapping[int, tuple[int, Assignment]]
) -> Imported:
    points = {key: _points(row[column]) for column, (key, _) in placed.items()}
    changed = {
        key: replace(assignment, points=points.get(key, assignment.points))
        for key, assignment in state.course.assignments.items()
    }
    new = tuple(
        replace(assignment, points=points[key]) for key, assignment in placed.values() if key < 0
    )
    return replace(state, course=replace(state.course, assignments=changed), new_assignments=new)


def _points(cell: str) -> float | None:
    return float(cell) if cell.strip() else None


def _with_learner(
    state: Imported,
    row: Sequence[str],
    login: int | None,
    placed: Mapping[int, tuple[int, Assignment]],
) -> Imported:
    person = _person(row, login, state.course)
    if person is None:
        return replace(state, strangers=(*state.strangers, row[0]))
    for column, (key, _) in placed.items():
        state = _with_score(state, person, key, row[column].strip())
    return state


def _person(row: Sequence[str], login: int | None, course: Course) -> int | None:
    digits = re.match(r"\s*([0-9]+)", row[1])
    if digits and int(digits[1]) in course.people:
        return int(digits[1])
    for identity, person in course.people.items():
        if login is not None and row[login] and person.login == row[login]:
            return identity
    for identity, person in course.people.items():
        if row[0] in (person.name, person.sortable):
            return identity
    return None


def _with_score(state: Imported, person: int, assignment: int, new: str) -> Imported:
    now = state.course.scores.get((person, assignment), "")
    if _same(now, new):
        return replace(state, written=state.written | {person: new})
    scores = dict(state.course.scores)
    scores[person, assignment] = new
    lost = now and (new in ("", "-") or now.casefold() == "ex")
    return replace(
        state,
        course=replace(state.course, scores=scores),
        cleared=(*state.cleared, person) if lost else state.cleared,
        written=state.written | {person: new},
    )


def _same(now: str, new: str) -> bool:
    if now == new or (now in ("", "-") and new in ("", "-")):
        return True
    try:
        cent = Decimal("0.01")
        return Decimal(now).quantize(cent, ROUND_HALF_UP) == Decimal(new).quantize(
            cent, ROUND_HALF_UP
        )
    except InvalidOperation:
        return False

"""A decisions file: what a person decided about results, one decision a row."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from graders.as_of import moment
from graders.decisions import ALL, Action, Decision
from graders.inputs.field_rules import Flaw, flaw
from graders.inputs.problems import InputProblems, Problem
from graders.inputs.table import Row, Table, read_table
from graders.names import nearest
from graders.rubric import Check

FILE_NAME = "decisions.csv"
REQUIRED = ("learner", "check", "action", "reason", "author", "date")
COLUMNS = (*REQUIRED, "until")
_LONGEST = 300
_WITH_POINTS = re.compile(r"(points|add|subtract)\s+(\d{1,6}(?:[.,]\d{1,4})?)", re.IGNORECASE)
_ACTIONS = "`passed`, `failed`, `excused`, `points 2`, `add 2` or `subtract 2`"


@dataclass(frozen=True)
class _Known:
    """What a row may name: learners by folded id, checks by id."""

    learners: Mapping[str, str]
    checks: Mapping[str, Check]


def find_decisions(cohort: Path, explicit: Path | None = None) -> Path | None:
    """The file named, else ``decisions.csv`` beside the cohort file, else None."""
    beside = cohort.with_name(FILE_NAME)
    return explicit or (beside if beside.exists() else None)


def read_decisions(
    path: Path | None, learners: Iterable[str], checks: Iterable[Check]
) -> tuple[Decision, ...]:
    """The decisions of a file, in its order; none where there is no file.

    ``checks`` are all of them, with this class's points. Raises InputProblems with all that is
    wrong with the file: a wrong row refuses it, since a decision that is lost would go unnoticed.
    """
    if path is None:
        return ()
    table = read_table(path, COLUMNS)
    known = _Known({_folded(learner): learner for learner in learners}, _by_id(checks))
    problems = [*table.problems, *_missing_columns(table)]
    if not problems:
        problems += [problem for row in table.rows for problem in _row_problems(table, row, known)]
        problems += _repeated(table)
    if problems:
        raise InputProblems(sorted(problems, key=lambda problem: problem.row or 0))
    return tuple(_decision(row, known) for row in table.rows)


def _by_id(checks: Iterable[Check]) -> Mapping[str, Check]:
    return {check.id: check for check in checks}


def _folded(identity: str) -> str:
    return unicodedata.normalize("NFC", identity).casefold()


def _decision(row: Row, known: _Known) -> Decision:
    cells = row.cells
    action, points = _action(cells["action"])
    until = cells.get("until", "")
    return Decision(
        learner=known.learners[_folded(cells["learner"])],
        check=cells["check"].casefold(),
        action=action,
        reason=cells["reason"],
        author=cells["author"],
        on=date.fromisoformat(cells["date"]),
        points=points,
        until=_until(until) if until else None,
        until_text=until,
        row=row.number,
    )


def _action(text: str) -> tuple[Action, float]:
    """Raises ValueError for anything that is no action."""
    match = _WITH_POINTS.fullmatch(text)
    if match:
        return Action(match[1].casefold()), float(match[2].replace(",", "."))
    action = Action(text.casefold())
    if action.has_points:
        raise ValueError("no points")
    return action, 0


def _until(text: str) -> datetime:
    """The last moment: a day in a named zone ends with it, a time without seconds with its minute.

    Raises ValueError for anything else, and for a time without a zone.
    """
    day = re.fullmatch(r"(\d{4}-\d{2}-\d{2}) +(\S+)", text)
    if day and any(letter.isalpha() for letter in day[2]):
        return moment(f"{day[1]}T23:59:59.999999 {day[2]}")
    time = moment(text)
    return time if time.second else time + timedelta(seconds=59, microseconds=999999)


# --- what is wrong --------------------------------------------------------------------------------


def _missing_columns(table: Table) -> Iterator[Problem]:
    for column in REQUIRED:
        if column not in table.columns:
            remedy = f"add it; the columns are {', '.join(COLUMNS)}"
            yield Problem(
                table.file, "this column is missing", remedy, table.heading_row, column=column
            )


def _row_problems(table: Table, row: Row, known: _Known) -> Iterator[Problem]:
    for column in COLUMNS:
        value = row.cells.get(column, "")
        problem = _cell_flaw(column, value, row, known)
        if problem:
            found_value = value or None
            yield Problem(table.file, problem.what, problem.remedy, row.number, column, found_value)


def _cell_flaw(column: str, value: str, row: Row, known: _Known) -> Flaw | None:
    if not value:
        return None if column == "until" else _EMPTY[column]
    if column == "learner":
        return _unknown(_folded(value), known.learners, "learner of the cohort file")
    if column == "check":
        return _unknown(value.casefold(), (*known.checks, ALL), "check")
    if column == "action":
        check = row.cells.get("check", "").casefold()
        every = known.checks.values() if check == ALL else [known.checks.get(check)]
        return _action_flaw(value, [check for check in every if check])
    if column == "date":
        return _date_flaw(value)
    return _until_flaw(value) if column == "until" else _text_flaw(value)


_EMPTY = {
    "learner": Flaw("the cell is empty", "fill in the learner's id"),
    "check": Flaw("the cell is empty", f"write the id of a check, or `{ALL}`"),
    "action": Flaw("the cell is empty", f"write {_ACTIONS}"),
    "reason": Flaw("there is no reason", "write why; the learner reads it"),
    "author": Flaw("the cell is empty", "write who decided this"),
    "date": Flaw("the cell is empty", "write when this was decided, such as 2026-11-25"),
}


def _unknown(value: str, known: Collection[str], kind: str) -> Flaw | None:
    if value in known:
        return None
    meant = nearest(value, known)
    remedy = f"write `{meant}`" if meant else f"write the id of a {kind}"
    return Flaw(f"no {kind} has this id", remedy)


def _action_flaw(value: str, checks: Collection[Check]) -> Flaw | None:
    try:
        action, points = _action(value)
    except ValueError:
        return Flaw("not an action", f"write {_ACTIONS}")
    if not checks or not action.has_points:
        return None
    most = sum(check.points for check in checks)
    if not most:
        remedy = "write `passed` or `failed`, or delete the row"
        return Flaw("this check has no points in this class", remedy)
    if points > most:
        return Flaw(f"there are only {most:g} points for it", f"write {most:g} or less")
    return None


def _date_flaw(value: str) -> Flaw | None:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            date.fromisoformat(value)
            return None
        except ValueError:
            pass
    return Flaw("not a date", "write year, month and day, such as 2026-11-25")


def _until_flaw(value: str) -> Flaw | None:
    try:
        _until(value)
        return None
    except (ValueError, OverflowError) as error:
        remedy = "write a day and its zone, such as `2026-12-01 Europe/Berlin`"
        return Flaw(f"not a valid time ({error})", remedy)


def _text_flaw(value: str) -> Flaw | None:
    if len(value) > _LONGEST:
        return Flaw(f"a text longer than {_LONGEST} characters", "write a shorter one")
    return flaw("", value)


def _repeated(table: Table) -> Iterator[Problem]:
    first: dict[tuple[str, str], int] = {}
    for row in table.rows:
        key = _folded(row.cells.get("learner", "")), row.cells.get("check", "").casefold()
        earlier = first.setdefault(key, row.number)
        if earlier != row.number and all(key):
            what = f"the same learner and check as in row {earlier}"
            remedy = "keep one of the two rows"
            yield Problem(table.file, what, remedy, row.number, "check", row.cells["check"])

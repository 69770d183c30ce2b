"""Canvas: a CSV for the grade book's import, with one assignment.

Canvas finds the learner by the column ID (a number), else by the SIS login. A heading
``Title (id)`` is the assignment of that id; any other title is proposed as a new assignment, which
takes its points from the row "Points Possible". A cell that looks like a number loses all but its
last separator. Source: Canvas LMS, ``lib/gradebook_importer.rb``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from graders.lab import Learner
from graders.verdicts import Grade
from reports.exports.shape import (
    Export,
    LeftOutError,
    Mark,
    exactly,
    file_name,
    mark_text,
    own,
    possible,
    quoted_csv,
    sort_out,
    text_cell,
    title,
)
from reports.grading_run import GradingRun

FILE = "canvas.csv"
_ID = re.compile(r"[1-9][0-9]*")
_REWRITTEN = re.compile(r"-?[0-9.,]*[.,%][0-9.,]*%?")
_NO_LEARNER = "Points Possible"


def export(run: GradingRun, grades: Sequence[Grade]) -> Export:
    """One row a learner whose grade is decided."""
    excused = _excused(run)

    def key_of(learner: Learner) -> str:
        if learner.id in excused:
            raise LeftOutError("excused in Canvas; a score would cancel that")
        return _key(learner)

    marks, left_out = sort_out(run, grades, key_of, takes_excused=True)
    text = quoted_csv([_heading(run), *_new_assignment(run), *(_row(mark) for mark in marks)])
    return Export({file_name(run, FILE): text} if marks else {}, left_out)


def _assignment_id(run: GradingRun) -> int | None:
    return None if run.is_simulated else run.marks.canvas_assignment_id


def _heading(run: GradingRun) -> list[str]:
    identity = _assignment_id(run)
    assignment = title(run) if identity is None else f"{title(run)} ({identity})"
    return ["Student", "ID", "SIS Login ID", "Section", assignment]


def _new_assignment(run: GradingRun) -> list[list[str]]:
    """The row with a new assignment's points; an existing one keeps its own."""
    if _assignment_id(run) is not None:
        return []
    return [[_NO_LEARNER, "", "", "", mark_text(possible(run))]]


def _key(learner: Learner) -> str:
    if _NO_LEARNER in learner.id:
        raise LeftOutError(f"Canvas does not read a row with `{_NO_LEARNER}` as a learner")
    identity = own(learner, "canvas_id")
    if identity:
        if not _ID.fullmatch(identity):
            raise LeftOutError("`canvas_id` is not a whole number, so Canvas would read another id")
        return identity
    if not own(learner, "sis_login_id"):
        raise LeftOutError(
            "the cohort file has neither `canvas_id` nor `sis_login_id` for this learner"
        )
    login = exactly("sis_login_id", own(learner, "sis_login_id"))
    if _REWRITTEN.fullmatch(login):
        raise LeftOutError("`sis_login_id` looks like a number, so Canvas would rewrite it")
    return f"login {login}"


def _row(mark: Mark) -> list[str]:
    learner = mark.learner
    identity = own(learner, "canvas_id")
    login = "" if identity else own(learner, "sis_login_id")
    section = text_cell(own(learner, "section"))
    points = "EX" if mark.grade.is_excused else mark_text(mark.points)
    return [_student(learner), identity, login, section, points]


def _student(learner: Learner) -> str:
    """The name for people; never a bare one, by which Canvas might find another student."""
    shown = f"{learner.name} ({learner.id})" if learner.name else f"({learner.id})"
    return text_cell(f"({learner.id})" if _NO_LEARNER in shown else shown)


def _excused(run: GradingRun) -> set[str]:
    """Learners whom a Canvas grade book, given as cohort file, shows as excused."""
    ending = f"({_assignment_id(run)})"
    return {
        learner.id
        for learner in run.learners
        for heading, cell in learner.extra.items()
        if heading.endswith(ending) and cell.strip().casefold() == "ex"
    }

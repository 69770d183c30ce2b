"""Blackboard: a tab-delimited file for the grade centre's upload, found by username.

A heading that ends in ``|id`` is the column of that id; any other makes a new column, of text worth
0 points. Names are left out, since Blackboard reads none of them: the rest is plain ASCII in nearly
every class, and safe in whatever encoding the upload assumes. Source: Blackboard's help, "Work
offline with grade data".
"""

from __future__ import annotations

from collections.abc import Sequence

from graders.lab import Learner
from graders.verdicts import Grade
from reports.exports.shape import (
    Export,
    LeftOutError,
    exactly,
    file_name,
    mark_text,
    own,
    possible,
    sort_out,
    title,
)
from reports.grading_run import GradingRun

FILE = "blackboard.txt"
COLUMN = "blackboard_username"


def export(run: GradingRun, grades: Sequence[Grade]) -> Export:
    """One row a learner whose grade is decided."""
    marks, left_out = sort_out(run, grades, _key)
    rows = [["Username", _heading(run)], *([mark.key, mark_text(mark.points)] for mark in marks)]
    text = "".join("\t".join(row) + "\r\n" for row in rows)
    return Export({file_name(run, FILE): text} if marks else {}, left_out)


def _heading(run: GradingRun) -> str:
    column = f"{title(run)} [Total Pts: {mark_text(possible(run))} Score]"
    identity = run.marks.blackboard_column_id
    return column if identity is None or run.is_simulated else f"{column} |{identity}"


def _key(learner: Learner) -> str:
    username = exactly(COLUMN, own(learner, COLUMN))
    if not username.isascii():
        raise LeftOutError(f"`{COLUMN}` has letters that depend on the file's encoding")
    return username

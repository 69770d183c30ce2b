"""Moodle: a CSV for the grade import, found by e-mail address.

One row that Moodle cannot place stops the whole import, and a row without an address would be read
as one of the learner before it. The last column is a safety check: Moodle refuses to overwrite what
was graded after that time, unless the import is forced. Import grade and feedback together.
Source: Moodle, ``grade/import/csv/classes/load_data.php``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from graders.lab import Learner
from graders.verdicts import Grade
from reports.exports.comment import comment
from reports.exports.shape import (
    Export,
    LeftOutError,
    Mark,
    exactly,
    file_name,
    mark_text,
    quoted_csv,
    sort_out,
    text_cell,
    title,
)
from reports.grading_run import GradingRun

FILE = "moodle.csv"
_ADDRESS = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+")
_MOST = 100
# Moodle's reader takes a quotation mark after a backslash for a part of the cell.
_OPEN_END = re.compile(r'\\(?="|$)')


def export(run: GradingRun, grades: Sequence[Grade]) -> Export:
    """One row a learner whose grade is decided."""
    marks, left_out = sort_out(run, grades, _key)
    high = {} if run.marks.moodle_unlimited_grades else _too_high(marks)
    rows = [_row(run, mark) for mark in marks if mark.learner.id not in high]
    text = quoted_csv([_heading(run), *rows])
    return Export({file_name(run, FILE): text} if rows else {}, left_out | high)


def _heading(run: GradingRun) -> list[str]:
    name = title(run)
    return ["Email address", name, f"Feedback for {name}", run.marks.moodle_last_downloaded]


def _key(learner: Learner) -> str:
    address = exactly("email", learner.email.strip())
    if not _ADDRESS.fullmatch(address):
        raise LeftOutError(
            "`email` is not a valid e-mail address, and Moodle would reject the whole import"
        )
    return address


def _too_high(marks: Sequence[Mark]) -> dict[str, str]:
    reason = (
        f"Moodle rejects the whole import for more than {_MOST} points; if yours allows them, put"
        " `moodle_unlimited_grades = true` under [marks]"
    )
    return {mark.learner.id: reason for mark in marks if float(mark_text(mark.points)) > _MOST}


def _row(run: GradingRun, mark: Mark) -> list[str]:
    taken = str(int(run.started_at.timestamp()))
    return [mark.key, mark_text(mark.points), _feedback(run, mark), taken]


def _feedback(run: GradingRun, mark: Mark) -> str:
    """The comment, escaped: Moodle shows it as HTML."""
    text = html.escape(comment(run, mark.grade), quote=False)
    return _OPEN_END.sub(r"\\ ", text_cell(text))

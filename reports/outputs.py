"""What a run writes besides the grade book: one function an output, called in this order.

An output gets the run's facts and the grades in cohort order, and writes below ``run.reports``. It
returns what it wrote, as (what, where), for the end of the terminal summary. It may raise OSError,
and NotWritten where a run can do without it; then the outputs after it are written all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from graders.verdicts import Grade
from reports import ci, feedback, gradebook, page
from reports.allure import builder
from reports.exports import folder as exports
from reports.run_facts import Run

Written = Sequence[tuple[str, Path]]
Output = Callable[[Run, Sequence[Grade]], Written]


def _page(run: Run, grades: Sequence[Grade]) -> Written:
    return [("page", page.write(run, grades))]


def _grade_book(run: Run, grades: Sequence[Grade]) -> Written:
    book, verdicts = gradebook.write(run, grades)
    return [("grade book", book), ("every verdict", verdicts)]


def _feedback(run: Run, grades: Sequence[Grade]) -> Written:
    return [("feedback", feedback.write(run, grades))]


def _allure_report(run: Run, _: Sequence[Grade]) -> Written:
    return builder.build(run.reports, run.history).written if run.wants_report else []


OUTPUTS: tuple[tuple[str, Output], ...] = (
    ("the grade book page", _page),
    ("the learners' feedback", _feedback),
    ("the grade book", _grade_book),
    ("what --export asks for", exports.write),
    ("the CI summary", ci.write_summary),
    ("the JUnit files", ci.write_junit),
    ("the Allure report", _allure_report),  # the last: it takes longest
)
"""What it is called when it cannot be written -> what writes it."""

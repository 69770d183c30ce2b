"""What a run writes besides the grade book: one function an output, called in this order.

An output gets the run's facts and the grades in cohort order, and writes below ``run.reports``. It
returns (label, path) of what it wrote, for the end of the terminal summary. It may raise OSError,
and NotWritten where a run can do without it; the outputs after it are still written.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from graders.history import store as past_runs
from graders.verdicts import Grade
from reports import ci, feedback, gradebook, handouts, page, parts, shareable, versions
from reports.allure import builder, history_file, results_folder
from reports.ci import junit
from reports.exports import folder as exports
from reports.files import is_open, narrow, write_whole
from reports.grading_run import GradingRun

Written = Sequence[tuple[str, Path]]
Output = Callable[[GradingRun, Sequence[Grade]], Written]


def _page(run: GradingRun, grades: Sequence[Grade]) -> Written:
    return [("page", page.write(run, grades))]


def _grade_book(run: GradingRun, grades: Sequence[Grade]) -> Written:
    book, verdicts = gradebook.write(run, grades)
    return [("grade book", book), ("every verdict", verdicts)]


def _versions(run: GradingRun, _: Sequence[Grade]) -> Written:
    text = json.dumps(versions.versions(), indent=1) + "\n"
    write_whole(run.reports / versions.NAME, text)
    return []  # for programs: not worth a line of the summary


def _feedback(run: GradingRun, grades: Sequence[Grade]) -> Written:
    return [("feedback", feedback.write(run, grades))]


def _allure_report(run: GradingRun, _: Sequence[Grade]) -> Written:
    return builder.build(run.reports, run.history).written if run.wants_report else []


OUTPUTS: tuple[tuple[str, Output], ...] = (
    ("the grade book page", _page),
    ("the learners' feedback", _feedback),
    ("the grade book", _grade_book),
    ("the list of versions", _versions),
    ("what --export asks for", exports.write),
    ("the results with pseudonyms", shareable.write),
    ("the CI summary", ci.write_summary),
    ("the JUnit files", ci.write_junit),
    ("the Allure report", _allure_report),  # the last: it takes longest
)
"""Its name in an error message -> the function that writes it."""

DISPUTES = "disputes"
"""The folder of the archives of ``python -m reports dispute``."""
EVIDENCE = "evidence"
RESULTS = {
    *(page.NAME, feedback.FOLDER, gradebook.CSV_NAME, gradebook.JSON_NAME, exports.FOLDER),
    *(parts.NAME, parts.CLASS, parts.AUDIT, versions.NAME, DISPUTES, shareable.FOLDER),
    handouts.FOLDER,
    *(ci.SUMMARY, junit.FOLDER, results_folder.NAME, builder.FOLDER, builder.FILE, EVIDENCE),
}
MANIFEST = ".written-by-the-lab-grader.json"
"""In a results folder, lists the names there that are ours to replace (``claim.py``)."""
KEPT = {past_runs.FILE_NAME, f"{past_runs.FILE_NAME}-journal", history_file.NAME, EVIDENCE}


def narrow_earlier(reports: Path, history: Path) -> None:
    """Remove others' rights from what earlier runs left, also where this one does not rewrite it.

    A folder that holds anything else is the user's own, and keeps its rights.
    """
    for folder, names in ((reports, {*RESULTS, MANIFEST}), (history, KEPT)):
        with contextlib.suppress(
            OSError
        ):  # it is not there; any other error is reported on writing
            there = list(folder.iterdir())
            ours = [entry for entry in there if entry.name in names]
            for path in filter(is_open, ours):
                narrow(*path.rglob("*"), path)
            narrow(*([folder] if len(ours) == len(there) else []))

"""The Allure report of a run, built of its results: a folder to serve, and one file to mail.

The folder has the suites by learner and by task, and a dashboard; a browser opens it only from a
server (``python -m reports serve``). The one file opens as it is, and is built up to ``ONE_FILE``
results, or when it is asked for.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reports.allure import history_file, ordering, pages, results_folder, tool
from reports.allure.config import BY_LEARNER, BY_TASK, DASHBOARD, FRONT, Build
from reports.allure.ordering import Place
from reports.allure.tool import Allure, not_built
from reports.files import history_of, narrow
from reports.grading_run import LAB_NAME

FOLDER, FILE = "allure-report", "allure-report.html"
ONE_FILE = 4000
"""Results up to which the one file is made unasked: 43 MB, shown after 2.6 s.

``python benchmarks/allure_report.py --learners 55`` measures it.
"""
_FRONTS = (FRONT, *(f"{one}/{FRONT}" for one in (BY_LEARNER, BY_TASK, DASHBOARD)))
_ALLURES = "test-results.json"  # lies in every report that Allure 3 builds


@dataclass(frozen=True)
class Report:
    """What was built."""

    folder: Path
    file: Path | None
    """None: there are too many results for one file, and nobody asked for it."""

    @property
    def written(self) -> list[tuple[str, Path]]:
        """For the end of a run; the first of them opens."""
        if self.file:
            return [("Allure report", self.file), ("the same report, to serve", self.folder)]
        return [("Allure report (python -m reports serve)", self.folder)]


def build(reports: Path, kept: Path | None = None, *, one_file: bool = False) -> Report:
    """Build the report of the results in a reports folder, in place of the one before.

    ``kept`` is the folder of what is kept from run to run, if not beside the reports folder.
    Raises NotWritten with the reason and the remedy, OSError where it cannot be written.
    """
    reports = reports.absolute()  # Allure runs in a folder of its own
    allure = tool.find()
    results = reports / results_folder.NAME
    seen = history_file.results_in(results)
    if not seen.runs:
        raise not_built(f"there are no Allure results in {results}; grade first: `make grade`")
    _refuse_foreign(reports / FOLDER)
    file = (kept or history_of(reports)) / history_file.NAME
    history = history_file.history(file, seen)
    with _work(reports) as work:
        copy = history.copy_to(work / history_file.NAME)
        plan = Build(_name(results), work, copy, allure.folder)
        wants_one = one_file or len(seen.runs) <= ONE_FILE
        page = _one_file(plan, allure, results, seen.places) if wants_one else None
        folder = _many_files(plan, allure, results, seen.places)
        closed = pages.closed_at_first(folder / BY_LEARNER, folder / BY_TASK)
        tasks = pages.join(folder / BY_TASK, folder / BY_LEARNER)
        written = [tasks, *(folder / one for one in _FRONTS if not one.startswith(BY_TASK))]
        pages.finish([*written, page] if page else written, closed)
        history.add_from(copy)
        return _put(reports, work, folder, page)


def _one_file(plan: Build, allure: Allure, results: Path, places: Mapping[str, Place]) -> Path:
    """The page that has it all; made first, or this run would see itself in the history."""
    config = plan.one_file()
    allure.generate(config, results, [FRONT])
    page = Path(config["output"]) / FRONT
    ordering.put_page_in_order(page, places)
    return page


def _many_files(plan: Build, allure: Allure, results: Path, places: Mapping[str, Place]) -> Path:
    config = plan.many_files()
    allure.generate(config, results, _FRONTS)
    folder = Path(config["output"])
    for one in (BY_LEARNER, BY_TASK):
        ordering.put_in_order(folder / one, places)
    return folder


# --- in its place ---------------------------------------------------------------------------------


@contextmanager
def _work(reports: Path) -> Iterator[Path]:
    """A private folder on the same disk, so that a report is whole or not there."""
    work = Path(tempfile.mkdtemp(prefix=".allure-", dir=reports))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _refuse_foreign(folder: Path) -> None:
    if folder.exists() and not (folder / _ALLURES).exists():
        raise not_built(f"{folder} is not an Allure report, so it was left alone; move it away")


def _put(reports: Path, work: Path, folder: Path, page: Path | None) -> Report:
    """Put what was built in place of the last report."""
    place, file = reports / FOLDER, reports / FILE
    narrow(folder, *folder.rglob("*"))  # Allure copies parts of itself with their rights
    if place.exists():
        place.rename(work / "old")
    folder.rename(place)
    if page:
        page.replace(file)
    else:
        file.unlink(missing_ok=True)  # the last run's
    return Report(place, file if page else None)


def _name(results: Path) -> str:
    told = results / "environment.properties"
    is_simulated = told.exists() and "SIMULATED=yes" in told.read_text("ascii").splitlines()
    return f"{LAB_NAME} (SIMULATED)" if is_simulated else LAB_NAME

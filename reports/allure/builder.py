"""The Allure report of a run, built from its results: a folder to serve, and one file to mail.

Both group the results by learner and task. A browser opens the folder only from a server
(``python -m reports serve``). The one file opens as it is; it is built up to ``ONE_FILE`` results,
or when you ask for it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reports.allure import history_file, ordering, pages, results_folder, tool
from reports.allure.config import FRONT, Build
from reports.allure.ordering import Place
from reports.allure.tool import Allure, not_built
from reports.files import history_of, narrow
from reports.grading_run import LAB_NAME

FOLDER, FILE = "allure-report", "allure-report.html"
ONE_FILE = 4000
"""Results up to which the one file is always built: 43 MB, shown after 2.6 s.

``python benchmarks/allure_report.py --learners 55`` measures it.
"""
_ALLURES = "test-results.json"  # lies in every report that Allure 3 builds


@dataclass(frozen=True)
class Report:
    """The report that was built."""

    folder: Path
    file: Path | None
    """None: there are too many results for one file, and it was not asked for."""

    @property
    def written(self) -> list[tuple[str, Path]]:
        """For the end of a run; the first of them opens directly."""
        if self.file:
            return [("Allure report", self.file), ("the same report, to serve", self.folder)]
        return [("Allure report (python -m reports serve)", self.folder)]


def build(reports: Path, kept: Path | None = None, *, one_file: bool = False) -> Report:
    """Build the report of the results in a reports folder; replaces the previous one.

    ``kept`` is the folder of what is kept from run to run, if not beside the reports folder.
    Raises NotWritten with the reason and the remedy, OSError where it cannot be written.
    """
    reports = reports.absolute()  # Allure runs in a folder of its own
    allure = tool.find()
    results = reports / results_folder.NAME
    ids = history_file.results_in(results)
    if not ids.runs:
        raise not_built(f"there are no Allure results in {results}; grade first: `make grade`")
    _refuse_foreign(reports / FOLDER)
    for place in (reports / FOLDER, reports / FILE, results):
        if place.is_symlink():
            raise not_built(f"{place} is a link, and nothing is written through one; remove it")
    file = (kept or history_of(reports)) / history_file.NAME
    history = history_file.history(file, ids)
    with _work(reports) as work:
        copy = history.copy_to(work / history_file.NAME)
        plan = Build(_name(results), work, copy, allure.folder)
        wants_one = one_file or len(ids.runs) <= ONE_FILE
        page = _one_file(plan, allure, results, ids.places) if wants_one else None
        folder = _many_files(plan, allure, results, ids.places)
        closed = pages.closed_at_first(folder)
        pages.finish([folder / FRONT, *([page] if page else [])], closed)
        history.add_from(copy)
        return _put(reports, work, folder, page)


def _one_file(plan: Build, allure: Allure, results: Path, places: Mapping[str, Place]) -> Path:
    """The page that has it all; built first, or this run would see itself in the history."""
    config = plan.one_file()
    allure.generate(config, results, [FRONT])
    page = Path(config["output"]) / FRONT
    ordering.put_page_in_order(page, places)
    return page


def _many_files(plan: Build, allure: Allure, results: Path, places: Mapping[str, Place]) -> Path:
    config = plan.many_files()
    allure.generate(config, results, [FRONT])
    folder = Path(config["output"])
    ordering.put_in_order(folder, places)
    return folder


# --- replacing the last report --------------------------------------------------------------------


@contextmanager
def _work(reports: Path) -> Iterator[Path]:
    """A private folder on the same disk, so that a report is complete or not there."""
    work = Path(tempfile.mkdtemp(prefix=".allure-", dir=reports))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _refuse_foreign(folder: Path) -> None:
    if folder.exists() and not (folder / _ALLURES).exists():
        raise not_built(f"{folder} is not an Allure report, so it was left alone; move it away")


def _put(reports: Path, work: Path, folder: Path, page: Path | None) -> Report:
    """Replace the last report by what was built."""
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
    properties = results / "environment.properties"
    is_simulated = (
        properties.exists() and "SIMULATED=yes" in properties.read_text("ascii").splitlines()
    )
    return f"{LAB_NAME} (SIMULATED)" if is_simulated else LAB_NAME

"""How long the Allure report of a class takes to build, and to open in a browser.

``python benchmarks/allure_report.py --learners 200``: grades that many learners of the simulated
tenant, then builds their report (``python -m reports report``, a process of its own) several
times, so that it has a history of as many runs, and opens it in headless Chromium from the
loopback. ``--results FOLDER`` takes a copy of the Allure results of a run instead. ``--one-file``
measures the page to mail as well, which small classes have in any case. Without Node or a browser
it measures what it can, and says what is missing.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from reports.allure import tool  # noqa: E402 (the path comes first)
from reports.files import NotWritten  # noqa: E402
from tests.support import chromium  # noqa: E402
from tests.support.allure_page import AllurePage, served  # noqa: E402
from tests.support.graded_project import labels  # noqa: E402
from tests.support.large_cohort import grade_large_cohort  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=200)
    parser.add_argument("--results", type=Path, help="reports folder of a run")
    parser.add_argument("--builds", type=int, default=3)
    parser.add_argument("--one-file", action="store_true")
    given = parser.parse_args()
    try:
        tool.find()
    except NotWritten as why:
        print(why)
        return
    with tempfile.TemporaryDirectory() as folder:
        reports = Path(folder) / "out"
        copied(given.results, reports) if given.results else graded(Path(folder), given.learners)
        builds = [built(reports, given.one_file) for _ in range(given.builds)]
        print(f"results                              {len(results(reports)):>8}")
        say("built, s: the first", builds[0])
        if given.builds > 1:
            say("built, s: with a history of the others", builds[-1])
        say("MB of the folder", size(reports / "allure-report"))
        say("MB of the history", size(reports.parent / "history"))
        page_to_mail = reports / "allure-report.html"
        if page_to_mail.exists():
            say("MB of the page to mail", size(page_to_mail))
        if not chromium.path():
            print("nothing was opened: there is no browser")
            return
        with chromium.started() as browser:
            measure_folder(browser, reports)
            if page_to_mail.exists():
                measure_file(browser, page_to_mail, learners_in(reports))


def graded(folder: Path, learners: int) -> None:
    done = grade_large_cohort(folder, learners)
    if done.status:
        raise SystemExit(done.text)


def copied(run: Path, reports: Path) -> None:
    shutil.copytree(run / "allure-results", reports / "allure-results")


def results(reports: Path) -> list[Path]:
    return list((reports / "allure-results").glob("*-result.json"))


def learners_in(reports: Path) -> set[str]:
    documents = (json.loads(path.read_text(encoding="utf-8")) for path in results(reports))
    return {learner for document in documents for learner in labels(document, "suite")}


def built(reports: Path, one_file: bool) -> float:
    """Seconds; each build gets another run's results, or the history would not grow."""
    for path in results(reports):
        text = path.read_text(encoding="utf-8")
        at = text.index('"uuid": "') + len('"uuid": "')
        path.write_text(f"{text[:at]}{uuid.uuid4()}{text[at + 36 :]}", encoding="utf-8")
    command = [sys.executable, "-m", "reports", "report", str(reports)]
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603
        [*command, *(["--one-file"] if one_file else [])],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    return time.perf_counter() - began


def measure_folder(browser: Browser, reports: Path) -> None:
    """Measure the report, one learner of it, and one check of that learner."""
    learners = learners_in(reports)
    with served(reports) as address:
        with page(browser) as tab:
            say("suites by learner shown after, s", took(lambda: tab.suites(address)))
            names = closed(tab, learners)
            third = names[:3][-1]
            say("a learner opened in, s", took(lambda: tab.open_learner(third)))
            if not tab.leaves.count():
                # a learner without mistakes: the first task
                tab.within(third).get_by_test_id("tree-section-title").first.click()
            title = tab.leaves.first.get_by_test_id("tree-leaf-title").inner_text()
            say("a check opened in, s", took(lambda: tab.open_check(title)))
        again = []
        for name in names[3:] or names:
            with page(browser) as tab:
                tab.suites(address)
                again.append(took(lambda tab=tab, name=name: tab.open_learner(name)))  # type: ignore[misc]
        say(f"a learner opened in, s (median of {len(again)})", statistics.median(again))


def closed(tab: AllurePage, learners: set[str]) -> list[str]:
    """The first learners who can be opened: a small class shows failed ones open already."""
    names = [name for name in tab.sections.all_inner_texts() if name in learners]
    openable = list(islice((name for name in names if not tab.within(name).count()), 12))
    if not openable:
        raise SystemExit("Every learner is shown open already: take a larger class.")
    return openable


def measure_file(browser: Browser, file: Path, learners: set[str]) -> None:
    with page(browser) as tab:
        say("the page to mail shown after, s", took(lambda: tab.suites(file.as_uri())))
        learner = closed(tab, learners)[:3][-1]
        say("a learner of it opened in, s", took(lambda: tab.open_learner(learner)))


@contextmanager
def page(browser: Browser) -> Iterator[AllurePage]:
    opened = AllurePage(browser)
    try:
        yield opened
    finally:
        opened.close()


def took(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def size(path: Path) -> float:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def say(label: str, number: float) -> None:
    print(f"{label:<38}{number:>8.2f}")


if __name__ == "__main__":
    main()

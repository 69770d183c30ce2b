"""How long the Allure report of a class takes to build, and to open in a browser.

``python benchmarks/allure_report.py --learners 200``: grades that many learners of the simulated
tenant, then builds their report (``python -m reports report``, a process of its own) several
times, so that it has a history of as many runs, and opens it in headless Chromium from the
loopback. ``--results FOLDER`` takes a copy of the Allure results of a run instead. ``--one-file``
measures the page to mail as well.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.selftest import browser as chromium  # noqa: E402
from tests.selftest.allure_page import AllurePage, served  # noqa: E402
from tests.selftest.large_cohort import write_large_cohort  # noqa: E402
from tests.selftest.runs import grade  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=200)
    parser.add_argument("--results", type=Path, help="reports folder of a run")
    parser.add_argument("--builds", type=int, default=3)
    parser.add_argument("--one-file", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        reports = Path(folder) / "out"
        copied(given.results, reports) if given.results else graded(reports, given.learners)
        builds = [built(reports, given.one_file) for _ in range(given.builds)]
        print(f"results                              {len(results(reports)):>8}")
        say("built, s: the first", builds[0])
        say("built, s: with a history of the others", builds[-1])
        say("MB of the folder", size(reports / "allure-report"))
        say("MB of the history", size(reports.parent / "history"))
        with chromium.started() as browser:
            measure_folder(browser, reports)
            if (reports / "allure-report.html").exists():
                measure_file(browser, reports / "allure-report.html")


def graded(reports: Path, learners: int) -> None:
    cohort = write_large_cohort(reports.parent / "cohort.csv", learners)
    arguments = ("--learners", cohort, "--tenant", "simulated", "--fail-on", "never")
    done = grade(*arguments, reports=reports)
    if done.status:
        raise SystemExit(done.text)


def copied(run: Path, reports: Path) -> None:
    shutil.copytree(run / "allure-results", reports / "allure-results")


def results(reports: Path) -> list[Path]:
    return list((reports / "allure-results").glob("*-result.json"))


def built(reports: Path, one_file: bool) -> float:
    """Seconds; the results are another run's each time, or the history would not grow."""
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
    """The report, one learner of it, and one check of that learner."""
    with served(reports) as address:
        with page(browser) as one:
            say("suites by learner shown after, s", took(lambda: one.suites(address + "learners/")))
            learner = one.sections.nth(2).inner_text()
            say("a learner opened in, s", took(lambda: one.open_learner(learner)))
            if not one.leaves.count():
                one.sections.nth(3).click()  # a learner without mistakes: the first task
            title = one.leaves.first.get_by_test_id("tree-leaf-title").inner_text()
            say("a check opened in, s", took(lambda: one.open_check(title)))
        again = []
        for place in range(3, 12):
            with page(browser) as one:
                one.suites(address + "learners/")
                name = one.sections.nth(place).inner_text()
                again.append(took(lambda one=one, name=name: one.open_learner(name)))  # type: ignore[misc]
        say("a learner opened in, s (median of 9)", statistics.median(again))
        with page(browser) as one:
            tasks = address + "learners/by-task.html"
            say("suites by task shown after, s", took(lambda: one.suites(tasks)))


def measure_file(browser: Browser, file: Path) -> None:
    say("MB of the page to mail", size(file))
    with page(browser) as one:
        say("the page to mail shown after, s", took(lambda: one.suites(file.as_uri())))
        learner = one.sections.nth(2).inner_text()
        say("a learner of it opened in, s", took(lambda: one.open_learner(learner)))


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
    return sum(one.stat().st_size for one in files if one.is_file()) / 1e6


def say(what: str, number: float) -> None:
    print(f"{what:<38}{number:>8.2f}")


if __name__ == "__main__":
    main()

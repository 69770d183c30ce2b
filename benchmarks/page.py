"""How large the grade book page is, how long it takes to write, and to open in a browser.

    python benchmarks/page.py --learners 200 10000

Each learner has a reason at three in four checks: more than in any real class. Opening is measured
where there is a browser, until the table of learners is drawn.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import sync_playwright

from reports import page
from reports.gradebook import grades_of
from tests.support import chromium
from tests.support.runs_for_pages import large_run


def measure(learners: int, folder: Path) -> None:
    run, verdicts = large_run(learners, reports=folder)
    grades = grades_of(run, verdicts)
    began = time.perf_counter()
    file = page.write(run, grades)
    written = time.perf_counter() - began
    size = file.stat().st_size / 1e6
    opened = f"{_open(file):.2f} s" if chromium.path() else "no browser"
    print(f"{learners:>6} learners: {size:.2f} MB, written in {written:.2f} s, opened in {opened}")


def _open(file: Path) -> float:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.path(), args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page()
        began = time.perf_counter()
        tab.goto(file.as_uri())
        tab.locator("#matrix tbody tr").first.wait_for()
        return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, nargs="+", default=[200, 10_000])
    for learners in parser.parse_args().learners:
        with tempfile.TemporaryDirectory() as folder:
            measure(learners, Path(folder))


if __name__ == "__main__":
    main()

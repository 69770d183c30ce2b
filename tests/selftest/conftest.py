"""What the suite's own tests share: graded cohorts, and a browser to look at pages with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser

from tests.selftest import browser as chromium
from tests.selftest import quick, runs
from tests.selftest.large_cohort import grade_large_cohort


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="quick tests alone: see quick.py")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    is_left_out = (
        config.getoption("quick", False)
        and collection_path.name.startswith("test_")
        and not quick.is_quick(collection_path)
    )
    return is_left_out or None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    with quick.watched(item.nodeid) if quick.is_quick(item.path) else nullcontext():
        return (yield)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> runs.Outcome:
    """The demo cohort, graded on the simulated tenant just as ``make grade`` does it."""
    return runs.grade_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def class_of_200(tmp_path_factory: pytest.TempPathFactory) -> runs.Outcome:
    """200 learners with mistakes of every task, graded once for all test processes."""
    shared = tmp_path_factory.getbasetemp()
    if shared.name.startswith("popen-"):  # a worker of xdist has a folder of its own in there
        shared = shared.parent
    folder, log = shared / "class-of-200", shared / "class-of-200.txt"
    with FileLock(shared / "class-of-200.lock"):
        if not log.exists():
            folder.mkdir()
            done = grade_large_cohort(folder, 200)
            log.write_text(f"{done.status}\n{done.text}", encoding="utf-8")
    status, _, text = log.read_text(encoding="utf-8").partition("\n")
    return runs.Outcome(int(status), text, folder / "out")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; whoever asks for it is skipped where there is none."""
    with chromium.started() as found:
        yield found

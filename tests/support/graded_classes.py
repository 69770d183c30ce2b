"""Classes that many tests read: each graded once, for all processes of a test run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from tests.support.grading_process import Outcome, grade_demo
from tests.support.large_cohort import grade_large_cohort


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The demo cohort, graded on the simulated tenant just as ``make grade`` does it."""
    return _once(tmp_path_factory, "demo", lambda folder: grade_demo(folder / "out"))


@pytest.fixture(scope="session")
def class_of_200(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """200 learners with mistakes of every task."""
    return _once(tmp_path_factory, "class-of-200", lambda folder: grade_large_cohort(folder, 200))


def _once(factory: pytest.TempPathFactory, name: str, grade: Callable[[Path], Outcome]) -> Outcome:
    """What ``grade`` wrote into the folder's ``out``; tests only read it."""
    shared = factory.getbasetemp()
    if shared.name.startswith("popen-"):  # a worker of xdist has a folder of its own in there
        shared = shared.parent
    folder, log = shared / name, shared / f"{name}.txt"
    with FileLock(shared / f"{name}.lock"):
        if not log.exists():
            folder.mkdir()
            done = grade(folder)
            log.write_text(f"{done.status}\n{done.text}", encoding="utf-8")
    status, _, text = log.read_text(encoding="utf-8").partition("\n")
    return Outcome(int(status), text, folder / "out")

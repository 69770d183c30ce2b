"""Count the branches of ``graders`` that our tests take: ``python -m tests.support.branches``.

Reads what ``make test`` measured in the tests' own processes: those of functions and services, and
those files of the others that take branches which no quick test takes. All else is not measured,
nor are the graded runs that tests start: tracing doubles what they take. The figure is a lower
bound.
Coverage's usual percentage mixes lines and branches; here branches are counted apart.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import coverage
import pytest

FLOOR = 95.0
TESTS = Path(__file__).resolve().parents[1]
QUICK = frozenset({"unit", "services"})
"""Folders of tests."""
MEASURED_TOO = frozenset(
    {
        "test_as_of.py",
        "test_decisions.py",
        "test_doctor.py",
        "test_forecast.py",
        "test_forgetting.py",
        "test_github_access.py",
        "test_judging.py",
        "test_lab_breaks.py",
        "test_missing_resources.py",
        "test_second_night.py",
        "test_session.py",
        "test_upgrades.py",
        "test_wire.py",
    }
)
"""Tests of runs and of the tenant that alone take some branches."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Without coverage for what is not measured, fixtures included; one ``conftest.py`` imports it.

    Pytest calls it for the items of every folder. Pytest-cov's own marker keeps to the call.
    """
    stopped: list[coverage.Coverage] = []
    while not _is_measured(item.path) and (tracing := coverage.Coverage.current()):
        tracing.stop()  # a worker has two, and the end of one resumes the other
        stopped.append(tracing)
    try:
        return (yield)
    finally:
        for tracing in reversed(stopped):
            tracing.start()


def _is_measured(test: Path) -> bool:
    return test.name in MEASURED_TOO or not QUICK.isdisjoint(test.relative_to(TESTS).parts)


def main() -> int:
    """Print the branches that no test takes, and the share taken; 1 when it is below the floor."""
    measured = coverage.Coverage()
    measured.load()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "coverage.json"
        measured.json_report(outfile=str(file))
        report = json.loads(file.read_text(encoding="utf-8"))
    for name, module in report["files"].items():
        for line, to in module["missing_branches"]:
            print(f"not taken: {name}:{line} to {f'line {to}' if to > 0 else 'the end'}")
    taken, branches = (report["totals"][key] for key in ("covered_branches", "num_branches"))
    share = 100 * taken / branches
    print(f"{taken} of {branches} branches of graders taken: {share:.1f} % (floor {FLOOR:.0f} %)")
    return 0 if share >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())

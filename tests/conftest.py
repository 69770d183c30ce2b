"""What all of the suite's own tests need, and at their end: how much they tried."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import pytest

from tests.support.counts import totals
from tests.support.secret_scan import Scanned, scan

SCANNED = pytest.StashKey[Scanned]()


def pytest_configure() -> None:
    """Keep a thread alive that cannot be traced for the coverage.

    Python installs one trace function at a time, and our guard of the sockets, a hook of Python's
    audit, lets another thread come in between. That thread would end before its first line, and
    whoever waits for its answer would wait for ever.
    """
    install = sys.settrace

    def settrace(function: Any) -> None:
        with contextlib.suppress(RuntimeError):
            install(function)

    sys.settrace = settrace


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for of_kind in terminalreporter.stats.values() for report in of_kind]
    for subject, count in totals(reports).items():
        terminalreporter.write_line(f"graded: {count} {subject}")
    scanned = terminalreporter.config.stash.get(SCANNED, None)
    if scanned and scanned.files:
        places = f"{scanned.files} files of {scanned.folders} results folders"
        terminalreporter.write_line(f"searched for secrets: {places}, {len(scanned.leaks)} found")
        for leak in scanned.leaks[:20]:
            terminalreporter.write_line(f"SECRET: {leak}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Nothing that looks like a secret may be in any result that any test wrote."""
    if hasattr(session.config, "workerinput"):
        return
    scanned = scan(session.config._tmp_path_factory.getbasetemp())  # type: ignore[attr-defined]
    session.config.stash[SCANNED] = scanned
    if scanned.leaks:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

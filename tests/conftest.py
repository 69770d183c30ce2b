"""At the end of the suite's own tests: how much they tried."""

from __future__ import annotations

import pytest

from tests.support.counts import totals


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for of_kind in terminalreporter.stats.values() for report in of_kind]
    for subject, count in totals(reports).items():
        terminalreporter.write_line(f"graded: {count} {subject}")

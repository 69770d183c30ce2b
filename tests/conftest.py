"""At the end of the suite's own tests: how much they tried."""

from __future__ import annotations

import pytest

from tests.support.counts import told


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [one for of_kind in terminalreporter.stats.values() for one in of_kind]
    for what, count in told(reports).items():
        terminalreporter.write_line(f"graded: {count} {what}")

"""How much was tried, counted where it is tried and printed at the end of the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

_PROPERTY = "count"


def note(request: pytest.FixtureRequest, subject: str, count: int) -> None:
    """Have ``subject: count`` printed at the end; counts of the same subject add up.

    It travels with the test's report, so that a worker's counts reach the terminal as well. Call
    it in a test, or in a fixture that one test only uses: ``request`` must be the test's own.
    """
    request.node.user_properties.append((_PROPERTY, f"{count} {subject}"))


def totals(reports: Iterable[object]) -> dict[str, int]:
    """What was noted, in the order of its first mention; each test counts once."""
    counts: Counter[str] = Counter()
    for report in reports:
        if getattr(report, "when", "") == "call":
            for name, value in getattr(report, "user_properties", ()):
                if name == _PROPERTY:
                    count, _, subject = value.partition(" ")
                    counts[subject] += int(count)
    return dict(counts)

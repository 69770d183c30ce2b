"""What the suite's own tests share: one graded demo cohort."""

from __future__ import annotations

import pytest

from tests.selftest import runs


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> runs.Outcome:
    """The demo cohort, graded on the simulated tenant just as ``make grade`` does it."""
    cohort = runs.COHORTS / "demo.csv"
    return runs.grade(
        *("--learners", cohort, "--tenant", "simulated", "--fail-on", "never"),
        reports=tmp_path_factory.mktemp("demo"),
    )

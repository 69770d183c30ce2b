"""What the plugins of one pytest run share."""

from __future__ import annotations

from pathlib import Path

import pytest

from graders.verdicts import Grade, Verdict
from reports.grading_run import Change, GradingRun

GRADING = pytest.StashKey[GradingRun]()
"""The run as it was asked for, in every process."""

RUN = pytest.StashKey[GradingRun]()
"""The same with what collecting told; there before judging starts, in every process that judges."""

VERDICTS = pytest.StashKey[dict[tuple[str, str], Verdict]]()
"""(learner id, check id) -> verdict; grows while judging, complete from ``pytest_sessionfinish``
on. Only where the user's pytest runs, never in an xdist worker."""

GRADES = pytest.StashKey[tuple[Grade, ...]]()
"""One grade a learner in cohort order; set in ``pytest_sessionfinish``, before reports are written.
Absent when nothing was graded."""

ALLURE_RESULTS = "Allure results"
"""What the folder of Allure results is called there."""

WRITTEN = pytest.StashKey[list[tuple[str, Path]]]()
"""(what, where) of every file or folder a report wrote, for the terminal summary."""

CHANGES = pytest.StashKey[tuple[Change, ...]]()
"""What this run changed of the marks that stood; absent where past runs do not count."""

TROUBLE = pytest.StashKey[list[str]]()
"""What could not be written, one sentence each, for the end of the terminal summary."""

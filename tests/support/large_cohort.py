"""A large class with something of everything: every task's mistakes, and learners not assessed."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

from tests.support.grading_process import Outcome, grade, write_cohort

MIX = (
    "",
    "",
    "stopped_after_task_2",
    "",
    "variable_group_not_open",
    "",
    "stopped_after_task_4",
    "repository_forked",
    "",
    "ci_not_renamed",
    "endpoint_variable_missing",
    "",
    "ci_run_in_progress",
    "project_not_visible",
    "",
    "not_started",
    "cd_disabled",
)
"""Of the catalogue; an empty entry made none."""


def write_large_cohort(file: Path, learners: int) -> Path:
    """A cohort file of that many simulated learners; the mistakes repeat in the order of MIX."""
    mistakes = dict(zip(range(1, learners + 1), cycle(MIX), strict=False))
    return write_cohort(file, learners, mistakes)


def grade_large_cohort(folder: Path, learners: int) -> Outcome:
    """Grade such a class on the simulated tenant; what is written is in ``out`` in the folder."""
    cohort = write_large_cohort(folder / "cohort.csv", learners)
    arguments = ("--learners", cohort, "--tenant", "simulated", "--fail-on", "never")
    return grade(*arguments, reports=folder / "out")

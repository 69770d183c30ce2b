"""A run's final grades: what was found, then the instructor's decisions and late work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graders.settling import Settlement, settled
from graders.verdicts import Grade
from reports.grading_run import GradingRun


def final(run: GradingRun, grades: Sequence[Grade]) -> tuple[GradingRun, tuple[Grade, ...]]:
    """The run, with the decisions that had no effect, and the grades that count.

    ``grades`` are automatic, with past runs: what is decided is never stored among those.
    """
    settlement = Settlement(run.decisions, run.started_at)
    counting, idle = settled(grades, run.checks, settlement)
    return replace(run, idle_decisions=idle), counting

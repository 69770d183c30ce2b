"""A run's final grades: what was found, then the instructor's decisions and late work."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from graders.judging.lateness import late_work
from graders.judging.outcomes import NotAssessed
from graders.late import LateWork
from graders.settling import Settlement, settled
from graders.verdicts import Grade
from reports.grading_run import GradingRun


def final(run: GradingRun, grades: Sequence[Grade]) -> tuple[GradingRun, tuple[Grade, ...]]:
    """The run, with the decisions that had no effect, and the grades that count.

    ``grades`` are automatic, with past runs: what is decided is never stored among those.
    """
    settlement = Settlement(run.decisions, run.started_at, run.late_rule, _late(run))
    counting, idle = settled(grades, run.checks, settlement)
    return replace(run, idle_decisions=idle), counting


def _late(run: GradingRun) -> Mapping[str, LateWork]:
    """Learner -> late work; only those with a deadline and evidence."""
    by_learner: dict[str, LateWork] = {}
    for learner in run.labs:
        due = run.due(learner)
        if due is None:
            continue
        with contextlib.suppress(NotAssessed):
            evidence = run.evidence(learner)
            by_learner[learner] = late_work(run.judge, learner, evidence, due, run.late_rule)
    return by_learner

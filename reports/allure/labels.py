"""The texts of an Allure result besides its outcome: pure text, no Allure, no pytest."""

from __future__ import annotations

import hashlib
import json

from graders.lab import SHEET, Learner
from graders.rubric import Check
from graders.verdicts import Outcome, Verdict
from reports.grading_run import LAB_NAME, GradingRun

_CRITICAL_FROM = 3
"""Points from which on a check is critical."""


def history_key(run: GradingRun, learner: Learner, check: Check) -> str:
    """The key of a result's history: this check, of this learner, in this place of this tenant.

    32 hexadecimal digits, the same in every run whatever the cohort's order, its size or the names
    it shows. Another place (organisation, project, repository, workspace) or the other kind of
    tenant has another key: what was found there says nothing about here.
    """
    return key_of(run.tenant, run.labs[learner.id].place, learner.id, check.id)


def key_of(tenant: str, place: str, learner: str, check: str) -> str:
    """The same by ids; ``place`` is the lab's."""
    subject = json.dumps([tenant, place, learner, check])
    return hashlib.sha256(subject.encode()).hexdigest()[:32]


def labels(run: GradingRun, learner: Learner, check: Check) -> list[tuple[str, str]]:
    """(label, value): tasks make the behaviours tree, learners the suites tree.

    A learner appears by id only: names and addresses stay out of reports that get published.
    """
    feature = f"Task {check.task} – {SHEET.tasks[check.task]}"
    suites = "Learners (SIMULATED)" if run.is_simulated else "Learners"
    pairs = [
        ("epic", LAB_NAME),
        ("feature", feature),
        ("story", f"Step {check.step}"),
        ("parentSuite", suites),
        ("suite", learner.id),
        ("subSuite", feature),
        ("severity", severity(check)),
        ("tag", run.tenant),
    ]
    return [*pairs, ("tag", "advisory")] if check.is_advisory else pairs


def severity(check: Check) -> str:
    if check.is_advisory:
        return "minor"
    return "critical" if check.points >= _CRITICAL_FROM else "normal"


def description(check: Check, hint: str = "") -> str:
    """Markdown: what to do, if anything, then what is at stake."""
    points = "1 point" if check.points == 1 else f"{check.points:g} points"
    stake = "Advisory: no points lost." if check.is_advisory else f"Worth {points}."
    at_stake = f"Lab step {check.step}. {stake}"
    return f"{hint}\n\n{at_stake}" if hint else at_stake


def message(verdict: Verdict) -> str:
    """The line under a result's name; what is not a failure begins with its outcome."""
    text = verdict.reason
    if verdict.outcome not in (Outcome.PASSED, Outcome.FAILED):
        text = f"{verdict.outcome.value}: {text}"
    return "\n".join(filter(None, (text, verdict.past_run_note)))

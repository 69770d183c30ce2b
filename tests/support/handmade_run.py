"""A small graded run, made by hand, for the tests of what reports write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from graders.lab import SHEET, Lab, Learner
from graders.reasons import Reason
from graders.rubric import Check
from graders.verdicts import Outcome, Verdict
from graders.wording import advice
from reports.grading_run import GradingRun

RUBRIC = (
    Check("project-exists", "The learner's project is there", "2.1", 3, "Ask for the project."),
    Check("variable-group-exists", "The variable group has the lab's name", "2.6", 15, "Rename."),
    Check("group-is-open", "Every pipeline may use the group", "2.8", 0, "Open access."),
    Check("connection-exists", "The service connection is there", "3.4", 12, "Create it."),
    Check("repository-exists", "The repository is there", "4.3", 10, "Use this template."),
    Check("ci-run-succeeded", "A run of the CI pipeline succeeded", "5.10", 32, "Read the log."),
    Check("cd-run-succeeded", "A run of the CD pipeline succeeded", "6.6", 14, "Read the log."),
    Check("endpoint-answers", "The endpoint answers the lab's query", "7.1", 14, "Ask it."),
)


def run(
    learners: Sequence[Learner],
    reports: Path = Path("reports/out"),
    *,
    rubric: Sequence[Check] = RUBRIC,
    left_out: int = 0,
    **changes: object,
) -> GradingRun:
    """A run of these learners, of a cohort that has so many more."""
    labs = {learner.id: lab(learner) for learner in learners}
    others = {
        identity: lab(learner(identity)) for identity in (f"left out {n}" for n in range(left_out))
    }
    facts = GradingRun(
        labs=labs,
        everyone=labs | others,
        rubric={check.id: check for check in rubric},
        cohort_file=Path("cohort.csv"),
        tenant="simulated",
        evidence_folder=reports / "snapshot",
        reports=reports,
        history=reports.parent / "history",
        started_at=datetime(2026, 11, 23, 9, 33, 15, 123456, tzinfo=UTC),
        snapshot_digest="sha256:0123",
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


def learner(identity: str, name: str = "", number: int = 1) -> Learner:
    return Learner(identity, number, name, f"{name.split()[0].lower()}@example.org" if name else "")


def lab(learner: Learner) -> Lab:
    number = learner.number
    return Lab(
        learner=learner,
        organization="lab organisation",
        project=f"AE MLOps {number:02d}",
        github_owner="lab-owner",
        repositories=(f"mlops_{number:02d}",),
        subscription_id="00000000-0000-0000-0000-000000000001",
        resource_group=f"User{number}AML",
        workspace=f"user{number}aml",
        location="centralus",
        tenant_id="00000000-0000-0000-0000-000000000002",
    )


def verdicts(
    learner: str, others: Mapping[str, tuple[Outcome, str]] | None = None
) -> list[Verdict]:
    """All checks passed, but for ``others``: check id -> outcome and reason."""
    return [verdict(learner, check, *(others or {}).get(check.id, ())) for check in RUBRIC]


def verdict(
    learner: str, check: Check, outcome: Outcome = Outcome.PASSED, reason: str | Reason = ""
) -> Verdict:
    """``reason`` is facts, or a sentence where a test does not check them."""
    why = Reason(note=reason) if isinstance(reason, str) else reason
    hint = advice(check, lab(Learner(learner, 1)), outcome, why)
    return Verdict.on(check, learner, outcome, why, hint)


def from_task(task: int, outcome: Outcome, reason: str) -> dict[str, tuple[Outcome, str]]:
    """The checks of a task and all after it, with one outcome."""
    tasks = [number for number in SHEET.tasks if number >= task]
    return {check.id: (outcome, reason) for check in RUBRIC if check.task in tasks}

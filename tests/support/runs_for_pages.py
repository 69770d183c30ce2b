"""Runs made by hand that try the grade book page: hostile texts, and a large class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from graders.lab import Learner
from graders.reasons import OwnerNote, Reason, Relation
from graders.rubric import Check
from graders.verdicts import Outcome, Verdict
from reports.grading_run import GradingRun
from tests.support import handmade_run as example

UNSEEN = (
    "Azure DevOps: could not see the project AE MLOps {n:02d}: it is not among the projects of"
    " solliancelabs that the grader may see. The lab environment provides it: check its name in"
    " the cohort file, and make the grader a Reader of it."
)
FAILED = "expected a pipeline `Model-Train-Register-CI`; found `Nightly clean-up`, `ci-{n}`"
HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<!--<script>",
    "\u202egnp.exe",
    "line\u2028separator\u2029",
    "👩🏽‍🔬 שלום",
    '=HYPERLINK("http://attacker.example")',
    "{{ 7 * 7 }}{% raw %}",
    "x" * 300,
    "half a \ud83d pair \x1b[31m",
)


def hostile_run(reports: Path = Path("reports/out")) -> tuple[GradingRun, Sequence[Verdict]]:
    learners = [
        Learner(f"{n} {text[:40]}", n, text, f"{n}{text[:40]}@example.org")
        for n, text in enumerate(HOSTILE, start=1)
    ]
    verdicts: list[Verdict] = []
    for learner in learners:
        failure = (Outcome.FAILED, f"expected `x`; found {learner.name}")
        unseen = example.from_task(7, Outcome.NOT_ASSESSED, learner.name)
        own = example.verdicts(learner.id, {"ci-run-succeeded": failure, **unseen})
        verdicts += [
            replace(own[0], owners=(OwnerNote("it", Relation.IS_OF, (learner.name,)),)),
            *own[1:],
        ]
    return example.run(
        learners, reports, cohort_file=Path(f"{HOSTILE[0].replace('/', '')}.csv")
    ), verdicts


def large_run(
    learners: int, checks: int = 72, reports: Path = Path("reports/out")
) -> tuple[GradingRun, Sequence[Verdict]]:
    """A class in which most checks fail, are blocked or are not assessed, with own numbers."""
    rubric = tuple(
        Check(f"check-number-{n}", f"Resource number {n} is there, as the lab has it",
              f"{2 + n % 6}.{n % 20}", 1, "Do what the lab sheet says at this step, and save it.")
        for n in range(checks)
    )  # fmt: skip
    everyone = [example.learner(f"learner{n:03d}", f"Learner {n}", n) for n in range(learners)]
    outcomes = (
        (Outcome.PASSED, ""),
        (Outcome.FAILED, FAILED),
        (Outcome.BLOCKED, "there is no pipeline `Model-Deploy-CD` (step 6.9); found: `mlops_{n}`"),
        (Outcome.NOT_ASSESSED, UNSEEN),
    )
    verdicts = [
        Verdict.on(check, learner.id, outcome, Reason(note=reason.format(n=learner.number)))
        for learner in everyone
        for place, check in enumerate(rubric)
        for outcome, reason in [outcomes[(place // 9 + learner.number) % 4]]
    ]
    return example.run(everyone, reports, rubric=rubric), verdicts

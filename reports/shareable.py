"""Results that may be shared: pseudonyms in place of learners, outcomes and points only.

Nothing that a learner, a service or an instructor wrote is in them: no reason, hint, link, time of
work or evidence. The learners' order is new each time, and nothing leads back from a pseudonym.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from graders.decisions import Decision
from graders.lab import Lab, Learner
from graders.verdicts import Grade, Verdict
from reports import gradebook, page
from reports.grading_run import GradingRun

FOLDER = "shareable"
_NAMES = (page.NAME, gradebook.CSV_NAME, gradebook.JSON_NAME)


def write(run: GradingRun, grades: Sequence[Grade]) -> list[tuple[str, Path]]:
    """Write page and grade book, if the run asks for it; delete an earlier run's. Raises OSError.

    Returns (label, path) of the folder.
    """
    folder = run.reports / FOLDER
    if not run.wants_pseudonyms:
        for name in _NAMES:
            (folder / name).unlink(missing_ok=True)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        return []
    shared, anonymous = pseudonymous(run, grades)
    page.write(shared, anonymous)
    gradebook.write(shared, anonymous)
    return [("with pseudonyms, to share", folder)]


def pseudonymous(run: GradingRun, grades: Sequence[Grade]) -> tuple[GradingRun, tuple[Grade, ...]]:
    """The run and its grades under pseudonyms, in an order of chance."""
    chance = secrets.SystemRandom()
    width = len(str(len(grades)))
    named = [
        _anonymous(own, f"learner-{place:0{width}}")
        for place, own in enumerate(chance.sample(grades, len(grades)), start=1)
    ]
    labs = {own.learner: _nowhere(own.learner) for own in named}
    folder = run.reports / FOLDER
    shared = replace(
        run,
        labs=labs,
        everyone=labs,
        cohort_file=Path("class.csv"),
        reports=folder,
        evidence_folder=Path(os.devnull),
        snapshot_digest="",
        faults={},
        changes=None,
        tonight=None,
        decisions=(),
        idle_decisions=(),
    )
    return shared, tuple(named)


def _nowhere(learner: str) -> Lab:
    return Lab(Learner(learner, 1), "", "", "", ("",), "", "", "", None, None)


def _anonymous(own: Grade, pseudonym: str) -> Grade:
    """The same outcomes and points; why a grade is withheld is left out."""
    return Grade(
        learner=pseudonym,
        verdicts=tuple(_outcome_of(verdict, pseudonym) for verdict in own.verdicts),
        possible=own.possible,
        earned=own.earned,
        by_task=own.by_task,
        not_run=own.not_run,
        is_withheld=own.is_withheld,
        decision=own.decision and _bare(own.decision, pseudonym),
    )


def _outcome_of(verdict: Verdict, pseudonym: str) -> Verdict:
    return Verdict(
        learner=pseudonym,
        check=verdict.check,
        task=verdict.task,
        step=verdict.step,
        title=verdict.title,
        points=verdict.points,
        outcome=verdict.outcome,
        decision=verdict.decision and _bare(verdict.decision, pseudonym),
        automatic=verdict.automatic,
    )


def _bare(decision: Decision, pseudonym: str) -> Decision:
    """Its points, without the person's words."""
    return replace(
        decision,
        learner=pseudonym,
        reason="the reason is not shared",
        author="a person",
        until=None,
        until_text="",
        row=0,
    )

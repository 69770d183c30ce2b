"""Allure results after the run: updated where past runs count.

A result is written when its check has been judged; which mark counts is known when all have been.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from graders.verdicts import Outcome, Verdict
from reports.allure import labels
from reports.allure.results import STATUS
from reports.grading_run import GradingRun


def restate(folder: Path, run: GradingRun, verdicts: Iterable[Verdict]) -> None:
    """Update the results in a folder to these verdicts. Raises OSError."""
    learners = {learner.id: learner for learner in run.learners}
    by_key = {
        labels.history_key(run, learners[judged.learner], run.rubric[judged.check]): judged
        for judged in verdicts
    }
    if not by_key:
        return
    for path in folder.glob("*-result.json"):
        result = json.loads(path.read_text(encoding="utf-8"))
        verdict = by_key.get(result.get("historyId", ""))
        if verdict is None:
            continue
        result["status"] = STATUS[verdict.outcome]
        result["description"] = labels.description(run.rubric[verdict.check], verdict.hint)
        result.pop("statusDetails", None)
        if verdict.outcome is not Outcome.PASSED or verdict.past or verdict.decision:
            result["statusDetails"] = {"message": labels.message(verdict)}
        path.write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")

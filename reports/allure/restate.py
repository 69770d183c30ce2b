"""Allure results after the fact: what past runs have a say in is said there as well.

A result is written when its check has been judged; which mark stands is known when all have been.
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
    """Let the results in a folder say what these verdicts say. Raises OSError."""
    learners = {one.id: one for one in run.learners}
    said = {
        labels.history_key(run, learners[one.learner], run.rubric[one.check]): one
        for one in verdicts
    }
    if not said:
        return
    for path in folder.glob("*-result.json"):
        result = json.loads(path.read_text(encoding="utf-8"))
        verdict = said.get(result.get("historyId", ""))
        if verdict is None:
            continue
        result["status"] = STATUS[verdict.outcome]
        result["description"] = labels.description(run.rubric[verdict.check], verdict.hint)
        result.pop("statusDetails", None)
        if verdict.outcome is not Outcome.PASSED or verdict.past:
            result["statusDetails"] = {"message": labels.message(verdict)}
        path.write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")

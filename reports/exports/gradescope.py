"""Gradescope: ``results.json`` of each learner, for ``/autograder/results`` of their submission.

Every check is a test with its points, so that the highest scores add up to the assignment's total;
a blocked check keeps its place with 0. A learner whose grade is withheld has no file: an autograder
that ends without one is shown as failed itself, and no score is stored. Source: Gradescope's
autograder specification.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from graders.names import file_stem
from graders.texts import strip_controls
from graders.verdicts import Grade, Outcome, Verdict
from graders.wording import learners_reason
from reports.exports.comment import comment
from reports.exports.shape import BANNER, Export, Mark, file_name, mark_number, sort_out
from reports.gradebook import points_text
from reports.grading_run import GradingRun

FILE = "results.json"
_STATUS = {Outcome.PASSED: "passed", Outcome.FAILED: "failed", Outcome.BLOCKED: "failed"}


def export(run: GradingRun, grades: Sequence[Grade]) -> Export:
    """One file a learner whose grade is decided."""
    marks, left_out = sort_out(run, grades, lambda learner: learner.id)
    files = {
        file_name(run, f"gradescope/{file_stem(mark.key)}/{FILE}"): _results(run, mark)
        for mark in marks
    }
    return Export(files, left_out)


def _results(run: GradingRun, mark: Mark) -> str:
    document = {
        "score": mark_number(mark.points),
        "output": comment(run, mark.grade),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(run, verdict) for verdict in mark.grade.verdicts],
    }
    return json.dumps(document, indent=1) + "\n"


def _test(run: GradingRun, verdict: Verdict) -> Mapping[str, object]:
    """One test; a check that is undecided, or only noted, has no status: it decides no points."""
    status = _STATUS.get(verdict.outcome)
    name = f"{BANNER} {verdict.title}" if run.is_simulated else verdict.title
    return {
        "number": verdict.step,
        "name": name,
        "score": float(points_text(verdict.earned)),
        "max_score": float(points_text(verdict.points)),
        "output": _output(verdict),
        "tags": [f"task{verdict.task}"],
    } | ({"status": status} if status else {})


def _output(verdict: Verdict) -> str:
    if verdict.outcome is Outcome.PASSED and not verdict.decision:
        return ""
    hint = verdict.hint if verdict.outcome in (Outcome.FAILED, Outcome.NOTED) else ""
    reason = learners_reason(verdict)
    text = f"{verdict.outcome}: {reason}" if reason else str(verdict.outcome)
    return "\n".join(strip_controls(line) for line in (text, hint) if line)

"""Classroom 50: the ``result.json`` that an autograder leaves in its working directory.

The runner starts one autograder a submission, so there is a file only where one learner was graded
and the runner's variables are set. A learner who is left out has none: an autograder that ends
without one is shown as failed itself, and never as a mark. Scores are whole numbers: the points, or
their largest part (halves, tenths, …) that makes all of them whole, and then the highest score is
as many times as high. The runner itself sets ``owner``, ``assignment_type``, ``datetime`` (the
graded commit's), ``graded_at`` and ``submitted_by`` anew, and keeps the other keys of a test.
Source: Classroom 50's wiki, "Advanced Autograding", and its ``runner.py``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC
from fractions import Fraction

from graders.lab import Learner
from graders.texts import strip_controls
from graders.verdicts import Grade, Outcome, Verdict
from graders.wording import learners_reason
from reports.exports.shape import (
    BANNER,
    Export,
    LeftOutError,
    Mark,
    file_name,
    own,
    sort_out,
)
from reports.grading_run import GradingRun
from reports.submission import Submission

FILE = "classroom50/result.json"
SCHEMA = "classroom50/result/v1"


def export(run: GradingRun, grades: Sequence[Grade]) -> Export:
    """One file, where this run graded one learner for one submission and decided the grade."""

    def key_of(learner: Learner) -> str:
        _must_be_the_submissions(run, learner)
        return learner.id

    marks, left_out = sort_out(run, grades, key_of)
    return Export({file_name(run, FILE): _result(run, mark) for mark in marks}, left_out)


def _must_be_the_submissions(run: GradingRun, learner: Learner) -> None:
    """Raises LeftOutError where the submission is not, or not surely, the learner's."""
    submission = run.submission
    if missing := ", ".join(f"`{name}`" for name in submission.missing):
        raise LeftOutError(f"not set in the environment: {missing}; Classroom 50's runner sets it")
    if len(run.learners) != 1:
        raise LeftOutError(
            f"a submission belongs to one learner, but this run graded {len(run.learners)}"
        )
    login = own(learner, "github_username")
    is_alone = submission.kind in ("", "individual")  # a group's owner may be any of its members
    if is_alone and login and submission.owner.casefold() not in ("", login.casefold()):
        raise LeftOutError(
            f"the submission is by `{submission.owner}`, but `github_username` is `{login}`"
        )


def _result(run: GradingRun, mark: Mark) -> str:
    verdicts = [verdict for verdict in mark.grade.verdicts if verdict.points]
    # decisions and late work may give a check, or the total, other parts of a point
    all_points = [mark.points, *(check.points for check in run.checks)]
    all_points += [verdict.earned for verdict in verdicts]
    parts = math.lcm(*(_exact(points).denominator for points in all_points))
    graded_at = run.started_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    document = {
        # another name, so that no tool takes what was simulated
        "schema": f"{BANNER} {SCHEMA}" if run.is_simulated else SCHEMA,
        **({} if run.is_simulated else _identity(run.submission)),
        "datetime": graded_at,
        "graded_at": graded_at,
        "score": _score(mark, parts),
        "max-score": sum(_whole(verdict.points, parts) for verdict in verdicts),
        "tests": [_test(run, verdict, parts) for verdict in verdicts],
    }
    return json.dumps(document, indent=1) + "\n"


def _score(mark: Mark, parts: int) -> int:
    if mark.grade.late or mark.grade.decision:
        return _whole(mark.points, parts)
    return sum(_whole(verdict.earned, parts) for verdict in mark.grade.verdicts)


def _identity(submission: Submission) -> Mapping[str, str]:
    stamped = {"owner": submission.owner, "assignment_type": submission.kind}
    return {
        "classroom": submission.classroom,
        "assignment": submission.assignment,
        **{name: value for name, value in stamped.items() if value},
        "submission": submission.tag,
        "commit": submission.commit,
        "release": submission.release,
        "review": submission.review,
    }


def _test(run: GradingRun, verdict: Verdict, parts: int) -> Mapping[str, object]:
    """The keys that the contract asks for, and below them those that the runner keeps."""
    passed = verdict.outcome is Outcome.PASSED
    name = f"{verdict.step} {verdict.title}"
    return {
        "test-name": f"{BANNER} {name}" if run.is_simulated else name,
        "passed": passed,
        "score": _whole(verdict.earned, parts),
        "max-score": _whole(verdict.points, parts),
        "outcome": str(verdict.outcome),
        "message": "" if passed and not verdict.decision else _message(verdict),
        "step": verdict.step,
    }


def _message(verdict: Verdict) -> str:
    """Why a check did not pass, on one line; for what failed also how to fix it."""
    reason = learners_reason(verdict)
    text = f"{verdict.outcome}: {reason}" if reason else str(verdict.outcome)
    hint = f" Fix: {verdict.hint}" if verdict.outcome is Outcome.FAILED and verdict.hint else ""
    return strip_controls(text + hint)


def _whole(points: float, parts: int) -> int:
    return int(_exact(points) * parts)


def _exact(points: float) -> Fraction:
    return Fraction(repr(round(points, 4)))

"""LTI Advantage, Assignment and Grade Services: the scores as a tool would post them.

One JSON document: the line item, and under ``scores`` one body of a POST for each learner. Who is
withheld is left out, although the service has states for it: Canvas sets the score to nothing for
every one of them (``app/controllers/lti/ims/scores_controller.rb``). Learners are found by
``lti_user_id``, else by ``canvas_id``, which Canvas takes as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC

from graders.lab import Learner
from graders.verdicts import Grade
from reports.exports.comment import comment
from reports.exports.shape import (
    Export,
    LeftOutError,
    Mark,
    file_name,
    mark_number,
    own,
    possible,
    sort_out,
    title,
)
from reports.grading_run import GradingRun

FILE = "lti-ags.json"
# Of Canvas: a mark is no new attempt of the learner's.
_NO_SUBMISSION = {"https://canvas.instructure.com/lti/submission": {"new_submission": False}}


def export(run: GradingRun, grades: Sequence[Grade]) -> Export:
    """One score a learner whose grade is decided."""
    marks, left_out = sort_out(run, grades, _key)
    document = {
        "lineItem": {"label": title(run), "scoreMaximum": mark_number(possible(run))},
        # another name, so that no tool posts what was simulated
        "simulated_scores" if run.is_simulated else "scores": [_score(run, one) for one in marks],
    }
    text = json.dumps(document, indent=1) + "\n"
    return Export({file_name(run, FILE): text} if marks else {}, left_out)


def _key(learner: Learner) -> str:
    identity = own(learner, "lti_user_id") or own(learner, "canvas_id")
    if not identity:
        raise LeftOutError(
            "the cohort file has neither `lti_user_id` nor `canvas_id` for this learner"
        )
    if not identity.isprintable() or " " in identity:
        raise LeftOutError("the `lti_user_id` has a blank or an invisible character")
    return identity


def _score(run: GradingRun, mark: Mark) -> Mapping[str, object]:
    return {
        "userId": mark.key,
        "scoreGiven": mark_number(mark.points),
        "scoreMaximum": mark_number(possible(run)),
        "comment": comment(run, mark.grade),
        "timestamp": run.started_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    } | _NO_SUBMISSION

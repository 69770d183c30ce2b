"""A learner's mark in one sentence or two, for systems that take a comment beside the number."""

from __future__ import annotations

from graders.judging.root_causes import first_to_read
from graders.texts import strip_controls
from graders.verdicts import Grade, Outcome
from graders.wording import changes_for_the_learner
from reports.exports.shape import BANNER, mark_text, possible
from reports.grading_run import GradingRun

_LONGEST = 600


def comment(run: GradingRun, grade: Grade) -> str:
    """Plain text on one line: the points, and what to fix first.

    It has nothing that is for the instructor only. It begins with a digit or a letter.
    """
    sentences = [f"{mark_text(grade.earned)} of {mark_text(possible(run))} points."]
    sentences += [f"{change.rstrip('.')}." for change in changes_for_the_learner(grade)]
    first = first_to_read(grade.verdicts, run.rubric)
    if first and first.outcome is Outcome.FAILED:
        reason = "" if first.decision or not first.reason else f" ({first.reason})"
        sentences.append(f"Fix first: step {first.step}, {first.title}{reason}. {first.hint}")
    if run.is_simulated:
        sentences.insert(0, f"{BANNER}, not a real mark:")
    text = strip_controls(" ".join(sentences))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"

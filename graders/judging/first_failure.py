"""The verdict that a learner should read first: the one that names the root cause."""

from __future__ import annotations

from collections.abc import Sequence

from graders.verdicts import Outcome, Verdict

_URGENCY = (
    {Outcome.FAILED},
    {Outcome.BLOCKED, Outcome.PENDING, Outcome.NOT_ASSESSED},
    {Outcome.NOTED},
)


def first_to_read(verdicts: Sequence[Verdict]) -> Verdict | None:
    """The verdict to begin with; None when everything passed.

    ``verdicts`` are one learner's, in the order of the rubric. The lab's steps build on each
    other, so the learner has to go back to the earliest step that failed; what failed later often
    only follows from it. Where nothing failed it is the earliest that is blocked, pending or not
    assessed, and only then what was noted.
    """
    for outcomes in _URGENCY:
        first = next((verdict for verdict in verdicts if verdict.outcome in outcomes), None)
        if first is not None:
            return first
    return None

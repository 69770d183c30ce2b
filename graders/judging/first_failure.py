"""What a learner should read first: the message that names the root cause."""

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
    other, so the earliest step that failed is where a learner has to go back to; what failed
    later often only follows from it. Whoever failed nothing reads the earliest that is blocked,
    awaited or unseen, and only then what was noted.
    """
    for outcomes in _URGENCY:
        found = next((one for one in verdicts if one.outcome in outcomes), None)
        if found is not None:
            return found
    return None

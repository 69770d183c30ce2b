"""What is otherwise than it was in the run before: one check of one learner."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """A check that was judged otherwise; ``before`` and ``after`` are outcomes, as words.

    ``note`` is one sentence that goes with it ("was passing on Monday, could not be confirmed").
    """

    learner: str
    check: str
    before: str
    after: str
    note: str = ""

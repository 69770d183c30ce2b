"""How a check ends when it does not simply pass: the exceptions of prerequisites and checks."""

from __future__ import annotations

from graders.evidence import Unavailable
from graders.reasons import LabBreak


class NotPassed(Exception):
    """Ends a check."""


class Blocked(NotPassed):
    """A resource that the check needs is not there: the learner's turn, at an earlier step.

    ``check`` is the id of the check that has to pass first, ``cause`` what is wrong there and
    ``found`` what there is in place of what is missing.
    """

    def __init__(self, check: str, cause: str, found: str = "") -> None:
        super().__init__(cause)
        self.check, self.cause, self.found = check, cause, found


class Pending(NotPassed):
    """The cloud is still working on what the check needs: no one's turn yet."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class NotAssessed(NotPassed):
    """What the check needs could not be read, or we made a mistake: our turn.

    ``why`` is what a service did not show, where the lab breaks for the whole class, or a sentence
    where no service is at fault.
    """

    def __init__(self, why: Unavailable | LabBreak | str) -> None:
        super().__init__(str(why))
        self.why = why


class ComparisonFailed(Exception):
    """The comparison that a check asserts does not hold: ``left op right``."""

    def __init__(self, op: str, left: object, right: object) -> None:
        super().__init__(op)
        self.op, self.left, self.right = op, left, right

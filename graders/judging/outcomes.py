"""How a check ends when it does not simply pass: the exceptions of prerequisites and checks."""

from __future__ import annotations


class NotPassed(Exception):
    """Ends a check; ``reason`` is what the learner, or whoever runs the lab, reads."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Blocked(NotPassed):
    """A thing the check needs is not there: the learner's turn, at an earlier step."""


class Pending(NotPassed):
    """The cloud is still working on what the check needs: nobody's turn yet."""


class NotAssessed(NotPassed):
    """What the check needs could not be seen, or we made a mistake: our turn."""


class ComparisonFailed(Exception):
    """The comparison that a check asserts does not hold: ``left op right``."""

    def __init__(self, op: str, left: object, right: object) -> None:
        super().__init__(op)
        self.op, self.left, self.right = op, left, right

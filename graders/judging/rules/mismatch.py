"""Comparisons that rules share."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from graders.evidence import Run
from graders.reasons import Mismatch


def same_name(fact: str, actual: str, expected: str) -> list[Mismatch]:
    """Azure Resource Manager names are equal whatever their case."""
    if actual.casefold() == expected.casefold():
        return []
    return [Mismatch(fact, expected, actual or "nothing")]


_A_DAY = timedelta(days=1)
"""Longer than any run takes, and than clocks differ."""


def is_older(made: datetime | None, run: Run) -> bool:
    """Whether something was there days before the run that its tags name.

    Tags can be changed; when it was made is the service's own word.
    """
    return made is not None and run.started_at is not None and run.started_at - made > _A_DAY


def close_to(value: str | float, expected: float) -> bool:
    try:
        return math.isclose(float(value), expected, rel_tol=1e-3)
    except ValueError:
        return False

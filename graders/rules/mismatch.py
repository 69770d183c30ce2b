"""What a rule returns, and the comparisons that rules share."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Mismatch:
    """One thing that is not as the lab wants it."""

    what: str
    expected: str
    found: str


def same_name(what: str, found: str, expected: str) -> list[Mismatch]:
    """Azure Resource Manager names are equal whatever their case."""
    if found.casefold() == expected.casefold():
        return []
    return [Mismatch(what, expected, found or "nothing")]


def close_to(value: str | float, expected: float) -> bool:
    try:
        return math.isclose(float(value), expected, rel_tol=1e-3)
    except ValueError:
        return False

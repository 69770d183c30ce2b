"""Comparisons that rules share."""

from __future__ import annotations

import math

from graders.reasons import Mismatch


def same_name(fact: str, actual: str, expected: str) -> list[Mismatch]:
    """Azure Resource Manager names are equal whatever their case."""
    if actual.casefold() == expected.casefold():
        return []
    return [Mismatch(fact, expected, actual or "nothing")]


def close_to(value: str | float, expected: float) -> bool:
    try:
        return math.isclose(float(value), expected, rel_tol=1e-3)
    except ValueError:
        return False

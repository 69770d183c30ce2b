"""The mismatches in a comparison that does not hold."""

from __future__ import annotations

from collections.abc import Iterable

from graders.judging.named import NamedResources
from graders.reasons import Mismatch
from graders.texts import LONGEST_VALUE, clipped


def mismatches_of(op: str, left: object, right: object) -> tuple[Mismatch, ...]:
    """What was expected and found where ``left op right`` does not hold; ``op`` is in or ==."""
    if op == "in" and isinstance(right, NamedResources):
        name = str(left)
        expected, found_value = f"{right.a_kind} `{name}`", right.instead_of(name)
        return (Mismatch("", expected, found_value, right.near_miss(name)),)
    if op == "in" and isinstance(right, Iterable):
        found_value = ", ".join(map(_quoted, right))
        return (Mismatch("", _quoted(left), found_value or "nothing"),)
    if isinstance(left, list) and right == []:
        return tuple(map(_mismatch, left))
    return (Mismatch("", _quoted(right), _quoted(left)),)


def _quoted(value: object) -> str:
    return f"`{clipped(str(value), LONGEST_VALUE - 2)}`"  # never without its second mark


def _mismatch(problem: object) -> Mismatch:
    return problem if isinstance(problem, Mismatch) else Mismatch("", "", str(problem))

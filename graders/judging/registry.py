"""Prerequisites: what a check names as its parameters, each a plain function of others."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from graders.evidence import Evidence

_FunctionT = TypeVar("_FunctionT", bound=Callable[..., Any])
PARTS: Mapping[str, str] = {
    f"collected_{name}": name
    for name in Evidence.__dataclass_fields__
    if name not in ("learner", "sightings", "tenant", "place")
}
"""Given: prerequisite -> the field of a learner's evidence that it is, as collected."""
GIVEN = frozenset({"lab", "ownership", "lab_breaks", *PARTS})
"""What is not computed from prerequisites; the second and third compare the whole class."""


@dataclass(frozen=True)
class Prerequisite:
    """A function and what it needs, by name."""

    function: Callable[..., Any]
    needs: tuple[str, ...]


_KNOWN: dict[str, Prerequisite] = {}


def prerequisite(function: _FunctionT) -> _FunctionT:
    """Let checks and other prerequisites name this function as a parameter.

    It returns its value, or raises Blocked, Pending or NotAssessed. It is called once a learner.
    Raises TypeError where a name is taken.
    """
    return named(function.__name__)(function)


def named(name: str) -> Callable[[_FunctionT], _FunctionT]:
    """As :func:`prerequisite`, under another name than the function's."""

    def register(function: _FunctionT) -> _FunctionT:
        if name in _KNOWN or name in GIVEN:
            raise TypeError(f"two prerequisites are called {name}")
        _KNOWN[name] = Prerequisite(function, parameters_of(function))
        return function

    return register


def known() -> Mapping[str, Prerequisite]:
    """Every prerequisite by its name."""
    return _KNOWN


def parameters_of(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


@cache
def closure(names: tuple[str, ...]) -> tuple[str, ...]:
    """These names and all that they need, the nearest first.

    Raises LookupError for a name that is neither given nor a prerequisite.
    """
    reached = list(names)
    for name in reached:  # it grows on the way
        reached += [need for need in _needs(name) if need not in reached]
    return tuple(reached)


def evidence_parts(names: Iterable[str]) -> frozenset[str]:
    """The fields of the evidence that prerequisites of these names are made of.

    Ownership is made of all that another lab could have too, of the whole class.
    """
    needed = closure(tuple(names))
    return frozenset(PARTS[name] for name in needed if name in PARTS)


def _needs(name: str) -> tuple[str, ...]:
    if name in GIVEN:
        return ()
    if name not in known():
        raise LookupError(f"there is no prerequisite {name}")
    return known()[name].needs

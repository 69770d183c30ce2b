"""Prerequisites: what a check names as its parameters, each a plain function of others."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from graders.evidence import Evidence
from graders.parts import ALL_PARTS

_FunctionT = TypeVar("_FunctionT", bound=Callable[..., Any])
PARTS: Mapping[str, str] = {
    f"collected_{name}": name for name in Evidence.__dataclass_fields__ if name in ALL_PARTS
}
"""Given: prerequisite -> the field of a learner's evidence that it is, as collected."""
GIVEN = frozenset({"lab", "ownership", "lab_breaks", *PARTS})
"""What is not computed from prerequisites; the second and third compare the whole class."""


COMPARED = (
    *("variable_groups", "service_connections", "pipelines"),
    *("published_pipelines", "training_runs", "models", "endpoints"),
)
"""The fields of the evidence that ``ownership`` compares."""


@dataclass(frozen=True)
class Prerequisite:
    """A function and what it needs, by name.

    ``consulted`` are those of its needs that have a default: it asks them for a second opinion,
    but they are no reason to collect anything.
    """

    function: Callable[..., Any]
    needs: tuple[str, ...]
    consulted: frozenset[str] = frozenset()


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
        _KNOWN[name] = Prerequisite(function, parameters_of(function), _consulted_by(function))
        return function

    return register


def known() -> Mapping[str, Prerequisite]:
    """Every prerequisite by its name."""
    return _KNOWN


def parameters_of(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


def _consulted_by(function: Callable[..., Any]) -> frozenset[str]:
    parameters = inspect.signature(function).parameters.values()
    return frozenset(
        parameter.name for parameter in parameters if parameter.default is not parameter.empty
    )


@cache
def closure(names: tuple[str, ...], *, is_consulting: bool = True) -> tuple[str, ...]:
    """These names and all that they need, the nearest first; maybe without what is consulted only.

    Raises LookupError for a name that is neither given nor a prerequisite.
    """
    reached = list(names)
    for name in reached:  # it grows on the way
        needs = _needs(name, is_consulting=is_consulting)
        reached += [need for need in needs if need not in reached]
    return tuple(reached)


def evidence_parts(names: Iterable[str]) -> frozenset[str]:
    """The fields of the evidence that prerequisites of these names are made of.

    Ownership is made of all that another lab could have too, of the whole class.
    """
    needed = closure(tuple(names))
    return frozenset(PARTS[name] for name in needed if name in PARTS)


def parts_to_collect(names: Iterable[str]) -> frozenset[str]:
    """The fields of the evidence without which these prerequisites cannot be judged.

    What is consulted only is left out; what all labs of the class are compared by is not.
    """
    needed = closure(tuple(names), is_consulting=False)
    parts = {PARTS[name] for name in needed if name in PARTS}
    return frozenset(parts.union(COMPARED) if "ownership" in needed else parts)


def _needs(name: str, *, is_consulting: bool) -> tuple[str, ...]:
    if name in GIVEN:
        return ()
    if name not in known():
        raise LookupError(f"there is no prerequisite {name}")
    wanted = known()[name]
    return tuple(n for n in wanted.needs if is_consulting or n not in wanted.consulted)

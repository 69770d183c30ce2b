"""Where in its service a learner finds what a check is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graders.evidence import (
    Endpoint,
    Model,
    Pipeline,
    PublishedPipeline,
    Repository,
    Run,
    ServiceConnection,
    TrainingRun,
    VariableGroup,
)
from graders.judging.named import NamedResources
from graders.judging.registry import closure
from graders.reasons import Place, PlaceKind, Reason

_KINDS: Mapping[type, PlaceKind] = {
    VariableGroup: PlaceKind.VARIABLE_GROUP,
    ServiceConnection: PlaceKind.SERVICE_CONNECTION,
    Pipeline: PlaceKind.PIPELINE,
    Run: PlaceKind.RUN,
    Repository: PlaceKind.REPOSITORY,
    **dict.fromkeys((Endpoint, Model, PublishedPipeline, TrainingRun), PlaceKind.WORKSPACE),
}
_LISTS: Mapping[str, PlaceKind] = {
    "variable group": PlaceKind.VARIABLE_GROUP,
    "service connection": PlaceKind.SERVICE_CONNECTION,
    "pipeline": PlaceKind.PIPELINE,
}
"""What :class:`NamedResources` calls its resources -> their kind; others are Azure ML's."""


def place_of(needs: tuple[str, ...], values: Mapping[str, Any], why: Reason) -> Place | None:
    """The resource that a check is about, or the list where it is missing; None: not known.

    A check's first parameter is its subject. ``values`` are the prerequisites computed so far.
    """
    near_miss = why.mismatches[0].near_miss if why.mismatches else ""
    subjects = (values[name] for name in closure(needs[:1]) if name in values)
    return next(_places(subjects, near_miss), None)


def _places(values: Iterable[Any], near_miss: str) -> Iterator[Place]:
    for value in values:
        if isinstance(value, NamedResources):
            if near_miss in value:
                yield _place(value[near_miss])
            else:
                yield Place(_LISTS.get(value.kind, PlaceKind.WORKSPACE))
        first = value[0] if isinstance(value, tuple) and value else value
        if type(first) in _KINDS:
            yield _place(first)


def _place(resource: Any) -> Place:
    kind = _KINDS[type(resource)]
    if kind is PlaceKind.WORKSPACE:
        return Place(kind)
    if isinstance(resource, Repository):
        return Place(kind, resource.full_name, resource.full_name)
    name = resource.number if isinstance(resource, Run) else resource.name
    return Place(kind, name, str(resource.id))

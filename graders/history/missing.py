"""What an earlier collection listed and this one does not: resources to ask for by their ids.

A list can leave something out silently; a resource that exists answers when asked by its id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from graders.evidence import Evidence, Repository
from graders.lab import Lab

Kind = Literal[
    "variable group",
    "service connection",
    "pipeline",
    "repository",
    "published pipeline",
    "model",
    "endpoint",
]


@dataclass(frozen=True)
class ResourceRef:
    """One resource of a learner's lab; ``id`` is what its service asks for it by."""

    kind: Kind
    id: str
    name: str

    def __str__(self) -> str:
        return f"the {self.kind} `{self.name}`"


def vanished(before: Evidence, now: Evidence, lab: Lab) -> tuple[ResourceRef, ...]:
    """The lab's own resources that ``before`` lists and ``now`` does not, though its list was read.

    What is listed under another name, or with another content, has not vanished.
    """
    was, is_ = tuple(_dictated(before, lab)), set(_listed(now))
    unseen = {kind for kind, listed in _lists(now) if not isinstance(listed, tuple)}
    return tuple(
        resource
        for resource in was
        if resource.kind not in unseen and (resource.kind, resource.id) not in is_
    )


def _dictated(evidence: Evidence, lab: Lab) -> Iterator[ResourceRef]:
    """The resources that the lab dictates."""
    names: dict[Kind, Sequence[str]] = {
        "variable group": (lab.variable_group,),
        "service connection": (lab.service_connection,),
        "pipeline": (lab.ci_pipeline, lab.cd_pipeline),
        "published pipeline": (lab.training_pipeline,),
        "model": (lab.model,),
        "endpoint": (lab.endpoint,),
    }
    for kind, listed in _lists(evidence):
        for resource in listed if isinstance(listed, tuple) else ():
            name = _name(resource)
            if (kind not in names or name in names[kind]) and _id(kind, resource):
                yield ResourceRef(kind, _id(kind, resource), name)


def _listed(evidence: Evidence) -> Iterator[tuple[Kind, str]]:
    for kind, listed in _lists(evidence):
        for resource in listed if isinstance(listed, tuple) else ():
            yield kind, _id(kind, resource)


def _lists(evidence: Evidence) -> tuple[tuple[Kind, object], ...]:
    return (
        ("variable group", evidence.variable_groups),
        ("service connection", evidence.service_connections),
        ("pipeline", evidence.pipelines),
        ("repository", evidence.repositories),
        ("published pipeline", evidence.published_pipelines),
        ("model", evidence.models),
        ("endpoint", evidence.endpoints),
    )


def _name(resource: Any) -> str:
    return str(resource.full_name if isinstance(resource, Repository) else resource.name)


def _id(kind: Kind, resource: Any) -> str:
    """The id to ask by; empty where there is none: a v2 endpoint, a model without versions."""
    if kind == "repository":
        return _name(resource)
    if kind == "endpoint":
        return _name(resource) if resource.generation == 1 else ""
    if kind == "model":
        return f"{_name(resource)}:{resource.version}" if resource.version else ""
    return str(resource.id)

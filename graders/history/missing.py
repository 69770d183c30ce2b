"""What an earlier look saw and this one does not list any more: things to ask for by their ids.

A list can leave something out without a word; asked for by its id, a thing that is there answers.
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
    """One thing of a learner's lab; ``id`` is what its service asks for it by."""

    kind: Kind
    id: str
    name: str

    def __str__(self) -> str:
        return f"the {self.kind} `{self.name}`"


def vanished(before: Evidence, now: Evidence, lab: Lab) -> tuple[ResourceRef, ...]:
    """The lab's own things that ``before`` lists and ``now`` does not, though its list was seen.

    What is listed under another name, or with another content, has not vanished: it was seen.
    """
    was, is_ = tuple(_things(before, lab)), set(_seen(now))
    unseen = {kind for kind, listed in _lists(now) if not isinstance(listed, tuple)}
    return tuple(one for one in was if one.kind not in unseen and (one.kind, one.id) not in is_)


def _things(evidence: Evidence, lab: Lab) -> Iterator[ResourceRef]:
    """Those that the lab dictates."""
    names: dict[Kind, Sequence[str]] = {
        "variable group": (lab.variable_group,),
        "service connection": (lab.service_connection,),
        "pipeline": (lab.ci_pipeline, lab.cd_pipeline),
        "published pipeline": (lab.training_pipeline,),
        "model": (lab.model,),
        "endpoint": (lab.endpoint,),
    }
    for kind, listed in _lists(evidence):
        for one in listed if isinstance(listed, tuple) else ():
            name = _name(one)
            if (kind not in names or name in names[kind]) and _id(kind, one):
                yield ResourceRef(kind, _id(kind, one), name)


def _seen(evidence: Evidence) -> Iterator[tuple[Kind, str]]:
    for kind, listed in _lists(evidence):
        for one in listed if isinstance(listed, tuple) else ():
            yield kind, _id(kind, one)


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


def _name(thing: Any) -> str:
    return str(thing.full_name if isinstance(thing, Repository) else thing.name)


def _id(kind: Kind, thing: Any) -> str:
    """Empty for what no service can be asked for: a v2 endpoint, a model without versions."""
    if kind == "repository":
        return _name(thing)
    if kind == "endpoint":
        return _name(thing) if thing.generation == 1 else ""
    if kind == "model":
        return f"{_name(thing)}:{thing.version}" if thing.version else ""
    return str(thing.id)

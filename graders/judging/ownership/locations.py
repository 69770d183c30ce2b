"""Places as texts: the same place is the same text however it is spelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from graders.evidence import Unavailable
from graders.lab import Lab

T = TypeVar("T")
Index = Mapping[str, tuple[str, ...]]
"""Place -> the learners whose lab has it."""


def index(labs: Mapping[str, Lab], places: Callable[[Lab], Iterable[str]]) -> Index:
    """Place -> the learners who have it; ``places`` gives those of one lab."""
    by_place: dict[str, tuple[str, ...]] = {}
    for learner, lab in labs.items():
        for place in places(lab):
            by_place[place] = (*by_place.get(place, ()), learner)
    return by_place


def place_of(*parts: str) -> str:
    return "/".join(parts).casefold()


def workspace_of(lab: Lab) -> str:
    return place_of(lab.subscription_id, lab.resource_group, lab.workspace)


def project_of(lab: Lab) -> str:
    return place_of(lab.organization, lab.project)


def repositories_of(lab: Lab) -> Iterator[str]:
    return (place_of(lab.github_owner, name) for name in lab.repositories)


def visible(listed: tuple[T, ...] | Unavailable | None) -> tuple[T, ...]:
    """A list that could be read, else an empty one: what could not be read is not compared."""
    return listed if isinstance(listed, tuple) else ()


def all_of(learners: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(learners))

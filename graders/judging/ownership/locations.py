"""Places as texts: the same place is the same text however it is spelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from graders.evidence import Unavailable
from graders.lab import Lab

T = TypeVar("T")
Index = Mapping[str, Collection[str]]
"""Place -> the learners whose lab has it, in the order of the class; membership takes no search."""
MOST_NAMES = 10
"""Learners whom a note names; how many more there are is reported. In a class that shares one
resource, each note with all names would take the square of the class."""


@dataclass(frozen=True)
class Named:
    """Some learners by name, and how many more there are."""

    learners: tuple[str, ...]
    more: int = 0

    @classmethod
    def of(cls, learners: Collection[str]) -> Named:
        return cls(tuple(islice(learners, MOST_NAMES)), max(0, len(learners) - MOST_NAMES))

    def __bool__(self) -> bool:
        return bool(self.learners)

    def __str__(self) -> str:
        return ", ".join(self.learners) + (f" and {self.more} more" if self.more else "")


class Sharers:
    """Learners who have one resource in their labs, and the workspaces they work in."""

    def __init__(self, learners: Iterable[str], workspaces: Mapping[str, str]) -> None:
        self._workspaces = workspaces
        self._counts: Counter[str] = Counter()
        self._first: list[str] = []
        """As many of each workspace as a note can name."""
        for learner in dict.fromkeys(learners):
            self._counts[workspaces[learner]] += 1
            if self._counts[workspaces[learner]] <= MOST_NAMES:
                self._first.append(learner)
        self._total = self._counts.total()

    def apart_from(self, learner: str) -> Named:
        """Those who do not work together with this one."""
        own = self._workspaces[learner]
        others = (other for other in self._first if self._workspaces[other] != own)
        names = tuple(islice(others, MOST_NAMES))
        return Named(names, self._total - self._counts[own] - len(names))


def index(labs: Mapping[str, T], places: Callable[[T], Iterable[str]]) -> Index:
    """Place -> the learners who have it; ``places`` gives those of one lab."""
    by_place: dict[str, dict[str, None]] = {}
    for learner, lab in labs.items():
        for place in places(lab):
            by_place.setdefault(place, {}).setdefault(learner)
    return {place: learners.keys() for place, learners in by_place.items()}


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

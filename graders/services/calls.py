"""How many requests a collection needs: each is declared where it is made, and summed up here.

A request for data counts. Tokens, the SDKs' discovery, reads of the caller's own rights and retries
do not. The numbers are those of a learner who did every step of the lab once, on a first night and
on one on which nothing had changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, TypeVar

from graders.evidence import ServiceName
from graders.lab import Lab

_FunctionT = TypeVar("_FunctionT", bound=Callable[..., Any])


@dataclass(frozen=True)
class Shared:
    """One request serves ``at_once`` learners of those for whom ``group`` is the same."""

    group: Callable[[Lab], str]
    at_once: int

    def requests(self, labs: Sequence[Lab]) -> int:
        groups = Counter(self.group(lab).casefold() for lab in labs)
        return sum(ceil(count / self.at_once) for count in groups.values())


EACH = Shared(lambda lab: lab.learner.id, 1)


@dataclass(frozen=True)
class _Request:
    service: ServiceName
    parts: frozenset[str]
    times: int
    again: int
    shared: Shared


_REQUESTS: list[_Request] = []


def asks(
    service: ServiceName,
    *parts: str,
    times: int = 1,
    again: int | None = None,
    shared: Shared = EACH,
) -> Callable[[_FunctionT], _FunctionT]:
    """Declare that a function asks a service, for any of these parts of the evidence.

    ``times``: how many requests it makes for a learner, in all its calls together; ``again``: how
    many where an earlier night has the answers and nothing has changed, otherwise as many.
    """

    def declare(function: _FunctionT) -> _FunctionT:
        _REQUESTS.append(
            _Request(service, frozenset(parts), times, times if again is None else again, shared)
        )
        return function

    return declare


def forecast(
    labs: Sequence[Lab], parts: Collection[str], *, unchanged: bool = False
) -> Mapping[ServiceName, int]:
    """Service -> how many requests it takes to collect these parts of the learners' evidence.

    ``unchanged``: on a later night on which nothing has changed.
    """
    calls: Counter[ServiceName] = Counter()
    for request in _REQUESTS:
        if not request.parts.isdisjoint(parts):
            times = request.again if unchanged else request.times
            calls[request.service] += times * request.shared.requests(labs)
    return calls

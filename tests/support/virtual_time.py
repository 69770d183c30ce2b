"""A lane of the governor against the tenant's limits, in virtual time: no thread, no sleep."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fixtures.simulator.serving.limits import DevOpsLimit, Enforced, Limits, ManagerLimit
from fixtures.simulator.state import NOW
from graders.services.http.lane import Call, Lane
from graders.services.http.limits import Limit
from graders.services.http.rate_headers import news_of
from tests.support.answers import answer

WORKERS = 12


@dataclass
class Schedule:
    """Sends ``calls`` of one kind, ``WORKERS`` at a time, by each of so many ``lanes``."""

    service: str
    profile: str
    limits: Mapping[str, Limit]
    enforced: Limits
    latency: float
    parts: int = 1
    counted: Counter[str] = field(default_factory=Counter)
    now: float = 0

    def run(self, calls: int) -> float:
        """The seconds until every call got a good answer."""
        self._tenant = Enforced(self.enforced, lambda: NOW)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._lanes = [Lane(self.limits, self.parts) for _ in range(self.parts)]
        self._waiting: list[list[Call]] = [[] for _ in self._lanes]
        self._timers: dict[int, float] = {}
        self._left = [calls // self.parts for _ in self._lanes]
        for part in range(self.parts):
            for _ in range(min(WORKERS, self._left[part])):
                self._join(part)
            self._pump(part)
        while self._events:
            self.now, _, happen = heapq.heappop(self._events)
            happen()
        return self.now

    def _at(self, when: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._numbers), happen))

    def _join(self, part: int) -> None:
        if self._left[part]:
            self._left[part] -= 1
            call = Call(f"learner{next(self._numbers)}", (next(iter(self.limits)), ""))
            self._lanes[part].join(call)
            self._waiting[part].append(call)

    def _pump(self, part: int) -> None:
        while True:
            waits = [(self._lanes[part].wait(call, self.now), call) for call in self._waiting[part]]
            gone = [call for wait, call in waits if wait <= 0]
            for call in gone:
                self._waiting[part].remove(call)
                self._send(part, call)
            if not gone:
                break
        due = self.now + min((wait for wait, _ in waits), default=float("inf")) + 1e-6
        if due < min(self._timers.get(part, float("inf")), float("inf")):
            self._timers[part] = due
            self._at(due, lambda: self._woken(part))

    def _woken(self, part: int) -> None:
        self._timers.pop(part, None)
        self._pump(part)

    def _send(self, part: int, call: Call) -> None:
        ruling = self._tenant.begin(self.profile, "GET", "/subscriptions/s/x", self.now)
        self.counted[ruling.refused or ("delayed" if ruling.delay else "good")] += 1

        def answered() -> None:
            self._tenant.end(self.profile)
            status = 429 if ruling.refused else 200
            given = answer(status, ruling.headers)
            self._lanes[part].hear(call, news_of(given, self.service, call.bucket[0], 60), self.now)
            self._lanes[part].leave(call, self.now)
            self._left[part] += bool(ruling.refused)
            self._join(part)
            self._pump(part)

        self._at(self.now + self.latency + ruling.delay, answered)


def best_for_devops(limit: DevOpsLimit, calls: int, latency: float, places: int) -> float:
    """Seconds of the best schedule that is never delayed."""
    window = int(limit.units / limit.units_per_call)
    times: list[float] = []
    for number in range(calls):
        soonest = times[-1] + latency / places if times else 0.0
        if number >= window:
            soonest = max(soonest, times[number - window] + limit.seconds)
        times.append(soonest)
    return times[-1] + latency


def best_for_manager(limit: ManagerLimit, calls: int, latency: float, places: int) -> float:
    return max((calls - limit.reads) / limit.reads_per_second, calls * latency / places) + latency

"""When each call may go out: one allowance for each identity at each service, whoever asks.

A call waits until nobody asked for patience, until its token bucket has a token, and for a place
among the calls in flight. Of the calls that may go, one of the learner with the fewest calls in
flight goes first, and of those the one that has waited longest: so no learner starves.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache

import requests

from graders.services.http.bucket import Bucket, News
from graders.services.http.limits import GITHUB, LIMITS, MANAGER, Limit
from graders.services.http.read_only import Service
from graders.services.token_claims import account_of
from graders.urls import parts_of

_SUBSCRIPTION = re.compile(r"(?i)/subscriptions/([^/]+)")
Limits = Mapping[tuple[str, str], Limit]


@dataclass
class Call:
    """A call that waits, or is in flight. ``bucket`` is its kind, and the scope that is counted."""

    learner: str
    bucket: tuple[str, str]
    number: int = 0
    began: float = 0


class Lane:
    """The calls of one identity to one service. Pure: the time is given, in seconds."""

    def __init__(self, limits: Mapping[str, Limit], parts: int) -> None:
        self._limits = limits
        self._parts = parts if next(iter(limits.values())).is_shared else 1
        self._most = next(iter(limits.values())).at_once
        self._open = self._most
        """Places; after a warning they come back one by one."""
        self._warned_at = float("-inf")
        self._numbers = itertools.count(1)
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._waiting: list[Call] = []
        self._in_flight: Counter[str] = Counter()
        self._resting: list[float] = []

    def join(self, call: Call) -> None:
        """The call waits for its turn from now on."""
        call.number = next(self._numbers)
        self._waiting.append(call)

    def wait(self, call: Call, now: float) -> float:
        """0: the call goes out now. Else seconds after which to ask again; or sooner, once another
        call went out or came back."""
        self._resting = [until for until in self._resting if until > now]
        if self._in_flight.total() + len(self._resting) >= self._places()[0]:
            return min(self._resting, default=float("inf")) - now
        own = self._bucket(call, now).wait(now)
        if own > 0:
            return own
        ready = (each for each in self._waiting if self._bucket(each, now).wait(now) <= 0)
        if min(ready, key=self._order) is not call:
            return float("inf")
        self._go(call, now)
        return 0

    def quit(self, call: Call) -> None:
        """The call waits no longer."""
        self._waiting.remove(call)

    def leave(self, call: Call, now: float) -> None:
        """The call is answered, or failed. With more parts than places, its place rests a while."""
        self._in_flight[call.learner] -= 1
        self._in_flight += Counter()  # forgets whoever has none
        if rest := self._places()[1] * (now - call.began):
            self._resting.append(now + rest)

    def hear(self, call: Call, news: News, now: float) -> None:
        """What the answer to a call says of the allowance."""
        bucket = self._bucket(call, now)
        if news.calls_left is not None:  # others are on their way: the service may not count them
            others = self._in_flight.total() - 1
            news = replace(news, calls_left=max(0.0, news.calls_left - others))
        bucket.hear(news, now)
        if self._limits[call.bucket[0]].careful is None:
            return
        if news.left is not None:
            self._open, self._warned_at = 1, now
        elif call.began >= self._warned_at:
            bucket.forget(now)
            if not any(each.is_warned(now) for each in self._buckets.values()):
                self._open = min(self._most, self._open + 1)

    def _order(self, call: Call) -> tuple[int, int]:
        return self._in_flight[call.learner], call.number

    def _go(self, call: Call, now: float) -> None:
        self._waiting.remove(call)
        self._bucket(call, now).take(now)
        self._in_flight[call.learner] += 1
        call.began = now

    def _bucket(self, call: Call, now: float) -> Bucket:
        if call.bucket not in self._buckets:
            limit = self._limits[call.bucket[0]].part(self._parts)
            self._buckets[call.bucket] = Bucket(limit, now)
        return self._buckets[call.bucket]

    def _places(self) -> tuple[int, float]:
        """How many calls at a time this process may make, and how long a place rests after each.

        That is in lengths of the call: with more parts than places, each part has one place for a
        share of the time.
        """
        places = self._open
        own = max(1, places // self._parts)
        return own, max(0.0, own * self._parts / places - 1)


@dataclass
class _Guarded:
    """A lane, and what its calls wait at."""

    lane: Lane
    changed: threading.Condition = field(default_factory=threading.Condition)


class Turn:
    """A call that may go out now."""

    def __init__(self, governor: Governor, at: _Guarded, call: Call, waited: float) -> None:
        self._governor, self._at, self._call = governor, at, call
        self.waited = waited
        """Seconds that the call waited for its turn."""
        self.kind = call.bucket[0]

    def hear(self, news: News) -> None:
        with self._at.changed:
            self._at.lane.hear(self._call, news, self._governor.clock())


class Governor:
    """Gives every call of a run its turn; threads share it.

    ``parts`` is how many processes share each identity: each takes its part of what that may ask.
    """

    def __init__(
        self,
        parts: int = 1,
        limits: Limits = LIMITS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock
        self._parts = parts
        self._limits = limits
        self._lock = threading.Lock()
        self._lanes: dict[tuple[str, str], _Guarded] = {}

    @contextmanager
    def turn(
        self, service: Service, request: requests.PreparedRequest, learner: str
    ) -> Iterator[Turn]:
        """Wait for the request's turn; it is over when the block ends."""
        at, call = self._guarded(service, request), Call(learner, bucket_of(service, request))
        since = self.clock()
        with at.changed:
            at.lane.join(call)
            self._wait(at, call)
            at.changed.notify_all()  # another call may go, too
        try:
            yield Turn(self, at, call, self.clock() - since)
        finally:
            with at.changed:
                at.lane.leave(call, self.clock())
                at.changed.notify_all()

    def _wait(self, at: _Guarded, call: Call) -> None:
        try:
            while (seconds := at.lane.wait(call, self.clock())) > 0:
                at.changed.wait(None if seconds == float("inf") else seconds)
        except BaseException:  # Ctrl-C: nobody may wait for a call that never comes
            at.lane.quit(call)
            raise

    def _guarded(self, service: Service, request: requests.PreparedRequest) -> _Guarded:
        identity = "" if service.is_learners else identity_of(request)
        key = (service.allowance, identity)
        with self._lock:
            if key not in self._lanes:
                kinds = {
                    kind: limit
                    for (name, kind), limit in self._limits.items()
                    if name == service.allowance
                }
                self._lanes[key] = _Guarded(Lane(kinds, self._parts))
            return self._lanes[key]


def bucket_of(service: Service, request: requests.PreparedRequest) -> tuple[str, str]:
    """The kind of a request, and the scope in which its service counts that kind."""
    url = parts_of(request.url or "")
    if service.name == MANAGER:
        subscription = _SUBSCRIPTION.match(url.path)
        kind = "reads" if request.method in ("GET", "HEAD") else "writes"
        return kind, subscription[1].lower() if subscription else ""
    if service.name == GITHUB:
        return ("graphql" if url.path == "/graphql" else "rest"), ""
    return "", (url.hostname or "").lower()


def identity_of(request: requests.PreparedRequest) -> str:
    """Whose allowance a request counts against: a token is renewed, its owner stays."""
    header = request.headers.get("Authorization") or ""
    return _owner(header if isinstance(header, str) else header.decode("latin-1"))


@lru_cache(maxsize=64)
def _owner(header: str) -> str:
    account = account_of(header.rpartition(" ")[2])
    if owner := account.object_id or account.name:
        return f"{account.tenant} {owner}"
    return hashlib.sha256(header.encode()).hexdigest()[:16] if header else ""

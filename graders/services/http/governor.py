"""When each call may go out: one allowance for each identity at each service, whoever asks.

``lane.py`` decides, without a clock or a thread; here are both.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

import requests

from graders.services.http.bucket import News
from graders.services.http.lane import Call, Lane
from graders.services.http.limits import DEVOPS, GITHUB, LIMITS, MANAGER, Limit
from graders.services.http.read_only import Service
from graders.services.token_claims import account_of
from graders.urls import parts_of

_SUBSCRIPTION = re.compile(r"(?i)/subscriptions/([^/]+)")
Limits = Mapping[tuple[str, str], Limit]


@dataclass
class _Guarded:
    """A lane, and what its calls wait at: each has a bell of its own, so that no other wakes up."""

    lane: Lane
    lock: threading.Lock = field(default_factory=threading.Lock)
    bells: dict[int, threading.Condition] = field(default_factory=dict)

    def ring(self, now: float) -> None:
        """Wake the call that goes next, which may have to wait yet; once it goes, it wakes another.

        Only with the lock.
        """
        if self.bells and (call := self.lane.next(now)):
            self.bells[call.number].notify()


class Turn:
    """A call that may go out now."""

    def __init__(self, governor: Governor, at: _Guarded, call: Call, waited: float) -> None:
        self._governor, self._at, self._call = governor, at, call
        self.waited = waited
        """Seconds that the call waited for its turn."""
        self.kind = call.bucket[0]

    def hear(self, news: News) -> None:
        with self._at.lock:
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
        with at.lock:
            at.lane.join(call)
            self._wait(at, call)
        try:
            yield Turn(self, at, call, self.clock() - since)
        finally:
            with at.lock:
                at.lane.leave(call, self.clock())
                at.ring(self.clock())

    def _wait(self, at: _Guarded, call: Call) -> None:
        try:
            while (seconds := at.lane.wait(call, self.clock())) > 0:
                bell = at.bells.setdefault(call.number, threading.Condition(at.lock))
                at.ring(self.clock())  # whoever is before this call by now
                bell.wait(None if seconds == float("inf") else seconds)
        except BaseException:  # Ctrl-C: nobody may wait for a call that never comes
            at.lane.quit(call)
            raise
        finally:
            at.bells.pop(call.number, None)
            at.ring(self.clock())  # another call may go, too

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
    if service.allowance == DEVOPS:  # its hosts count together
        return "", ""
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

"""Which call of one identity to one service goes out next. No clock, no thread.

A call waits until nobody asked for patience, until its token bucket has a token, and for a place
among the calls in flight. Of the calls that may go, one of the learner with the fewest calls in
flight goes first, and of those the one that has waited longest: so no learner starves.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from graders.services.http.bucket import Bucket, LearningBucket, News
from graders.services.http.limits import Limit

_DOUBLINGS = 2
"""How often a wait grows whose length the service does not say: from one minute to four."""


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
        self._refused_at = float("-inf")
        self._refusals = 0
        """In a row, by a service that does not say how long to wait."""
        self._numbers = itertools.count(1)
        self._buckets: dict[tuple[str, str], Bucket | LearningBucket] = {}
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
        if self._first(now) is not call:
            return float("inf")
        self._go(call, now)
        return 0

    def next(self, now: float) -> Call | None:
        """The waiting call that goes out first, now or later; None while all places are in use."""
        is_full = self._in_flight.total() >= self._places()[0]
        return None if is_full else self._first(now)

    def _first(self, now: float) -> Call | None:
        by_bucket = {each.bucket: each for each in self._waiting}
        waits = {name: self._bucket(each, now).wait(now) for name, each in by_bucket.items()}
        in_flight = self._in_flight.get
        return min(
            self._waiting,
            key=lambda call: (waits[call.bucket], in_flight(call.learner, 0), call.number),
            default=None,
        )

    def quit(self, call: Call) -> None:
        """The call waits no longer."""
        self._waiting.remove(call)

    def leave(self, call: Call, now: float) -> None:
        """The call is answered, or failed. With more parts than places, its place rests a while."""
        self._in_flight[call.learner] -= 1
        self._in_flight += Counter()  # forgets whoever has none
        if rest := self._places()[1] * (now - call.began):
            self._resting.append(now + rest)
        if not self._bucket(call, now).matters(now):  # a class has as many hosts as learners
            del self._buckets[call.bucket]

    def hear(self, call: Call, news: News, now: float) -> None:
        """What the answer to a call says of the allowance."""
        bucket = self._bucket(call, now)
        bucket.hear(self._grown(call, news, now), now, self._in_flight.total() - 1)
        if not isinstance(bucket, LearningBucket):
            return
        if news.left is not None or news.wait:
            self._open, self._warned_at = bucket.places(self._most), now
        elif call.began >= self._warned_at:
            bucket.forget(now)
            self._open = min(self._most, self._open + 1)

    def _grown(self, call: Call, news: News, now: float) -> News:
        """The news, with twice the wait of the last time if that was not long enough."""
        if call.began < self._refused_at:  # was on its way when another one was refused
            return news
        self._refusals = self._refusals + 1 if news.grows else 0
        if not news.grows:
            return news
        self._refused_at = now
        return replace(news, wait=news.wait * 2 ** min(self._refusals - 1, _DOUBLINGS))

    def _go(self, call: Call, now: float) -> None:
        self._waiting.remove(call)
        self._bucket(call, now).take(now)
        self._in_flight[call.learner] += 1
        call.began = now

    def _bucket(self, call: Call, now: float) -> Bucket | LearningBucket:
        if call.bucket not in self._buckets:
            limit = self._limits[call.bucket[0]].part(self._parts)
            kind = Bucket if limit.careful is None else LearningBucket
            self._buckets[call.bucket] = kind(limit, now)
        return self._buckets[call.bucket]

    def _places(self) -> tuple[int, float]:
        """How many calls at a time this process may make, and how long a place rests after each.

        That is in lengths of the call: with more parts than places, each part has one place for a
        share of the time.
        """
        places = self._open
        own = max(1, places // self._parts)
        return own, max(0.0, own * self._parts / places - 1)

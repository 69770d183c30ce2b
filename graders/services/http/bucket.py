"""A token bucket that listens: what one identity may still ask, and when. No clock, no thread."""

from __future__ import annotations

from dataclasses import dataclass

from graders.services.http.limits import LOW, Limit

_SLOWEST = 0.02
"""Of the rate, when nothing is left: now and then a call has to learn how it stands."""
_REMEMBERED = 10.0
"""Seconds for which news of an allowance counts, if the service does not say for how long."""

_NEARLY = 1e-9
"""Of a token: what rounding may leave out."""


@dataclass(frozen=True)
class News:
    """What an answer says of the caller's allowance; times in seconds from now.

    ``left`` is the share that is left, from 0 to 1; None where the answer says nothing.
    """

    wait: float = 0
    left: float | None = None
    calls_left: float | None = None
    resets_in: float | None = None


NOTHING = News()


class Bucket:
    """Times are those of any clock that never goes back, in seconds."""

    def __init__(self, limit: Limit, now: float = 0) -> None:
        self._limit = limit
        self._level = limit.burst
        self._at = now
        self._share = 1.0
        self._news_until = now
        self._not_before = now

    def is_warned(self, now: float) -> bool:
        """Whether the service said that little is left, and that still counts."""
        always = self._limit.rate is None  # such a service says nothing until little is left
        return now < self._news_until and (always or self._share < 1)

    def matters(self, now: float) -> bool:
        """Whether it may differ from a new one: calls are counted, or patience is asked for."""
        counts = self._limit.rate is not None or self._limit.careful is not None
        return counts or self._not_before > now

    def wait(self, now: float) -> float:
        """Seconds until a call may go; 0 if it may go now."""
        patience = max(0.0, self._not_before - now)
        rate = self._rate(now)
        if rate is None or self._filled(now) >= 1 - _NEARLY:
            return patience
        until_news_end = self._news_until - now if self.is_warned(now) else float("inf")
        return max(patience, min((1 - self._level) / rate, until_news_end))

    def take(self, now: float) -> None:
        """A call goes out."""
        self._filled(now)
        self._level = max(0.0, self._level - 1)

    def hear(self, news: News, now: float) -> None:
        """An answer came, with or without news."""
        self._filled(now)
        self._not_before = max(self._not_before, now + news.wait)
        if news.calls_left is not None:
            self._level = min(self._level, news.calls_left)
        if news.left is not None:
            self._share = min(1.0, news.left / LOW)
            self._news_until = now + (news.resets_in or _REMEMBERED)

    def forget(self, now: float) -> None:
        """The service no longer says that little is left."""
        self._filled(now)
        self._news_until = now

    def _rate(self, now: float) -> float | None:
        limit = self._limit
        if not self.is_warned(now):
            return limit.rate
        usual = limit.careful if limit.rate is None else limit.rate
        return usual and usual * max(self._share, _SLOWEST)

    def _filled(self, now: float) -> float:
        """How many calls may go now, at most ``burst``."""
        rate = self._rate(now)
        gained = self._limit.burst if rate is None else (now - self._at) * rate
        self._level = min(self._limit.burst, self._level + max(0.0, gained))
        self._at = max(self._at, now)
        return self._level

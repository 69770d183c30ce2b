"""Token buckets that listen: what one identity may still ask, and when. No clock, no thread."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from graders.services.http.limits import LOW, Limit

_SLOWEST = 0.02
"""Of the rate, when nothing is left: now and then a call has to learn how it stands."""
_REMEMBERED = 10.0
"""Seconds for which news of an allowance counts, if the service does not say for how long."""
_WINDOW = 300.0
"""Seconds after which a call no longer counts, if the service does not say: Azure DevOps' own."""
_LONGEST_WINDOW = 600.0
_PROBE = 60.0
"""Seconds after which a call learns how it stands, though nothing should be left."""
_FEW = 1 / 16
"""Of what is little: for each of these one more call at a time may go. The last few go slowly."""

_NEARLY = 1e-9
"""Of a token: what rounding may leave out."""


@dataclass(frozen=True)
class News:
    """What an answer says of the caller's allowance; times in seconds from now.

    ``left`` is the share that is left, from 0 to 1; None where the answer says nothing. ``grows``:
    the service does not say how long to wait, and wants longer each time.
    """

    wait: float = 0
    grows: bool = False
    left: float | None = None
    calls_left: float | None = None
    resets_in: float | None = None


NOTHING = News()


class Bucket:
    """Of a service that counts calls. Times are those of any clock that never goes back."""

    def __init__(self, limit: Limit, now: float = 0) -> None:
        self._limit = limit
        self._level = limit.burst
        self._at = now
        self._share = 1.0
        self._news_until = now
        self._not_before = now

    def matters(self, now: float) -> bool:
        """Whether it may differ from a new one: calls are counted, or patience is asked for."""
        return self._limit.rate is not None or self._not_before > now

    def wait(self, now: float) -> float:
        """Seconds until a call may go; 0 if it may go now."""
        patience = max(0.0, self._not_before - now)
        rate = self._rate(now)
        if rate is None or self._filled(now) >= 1 - _NEARLY:
            return patience
        until_news_end = self._news_until - now if self._is_warned(now) else float("inf")
        return max(patience, min((1 - self._level) / rate, until_news_end))

    def take(self, now: float) -> None:
        """A call goes out."""
        self._filled(now)
        self._level = max(0.0, self._level - 1)

    def hear(self, news: News, now: float, others: int = 0) -> None:
        """An answer came, with or without news; so many other calls are on their way.

        The service may not have counted those yet.
        """
        self._filled(now)
        self._not_before = max(self._not_before, now + news.wait)
        if news.calls_left is not None:
            self._level = min(self._level, max(0.0, news.calls_left - others))
        if news.left is not None:
            self._share = min(1.0, news.left / LOW)
            self._news_until = now + (news.resets_in or _REMEMBERED)

    def _is_warned(self, now: float) -> bool:
        return now < self._news_until and self._share < 1

    def _rate(self, now: float) -> float | None:
        rate = self._limit.rate
        return rate and rate * (max(self._share, _SLOWEST) if self._is_warned(now) else 1)

    def _filled(self, now: float) -> float:
        """How many calls may go now, at most ``burst``."""
        rate = self._rate(now)
        gained = self._limit.burst if rate is None else (now - self._at) * rate
        self._level = min(self._limit.burst, self._level + max(0.0, gained))
        self._at = max(self._at, now)
        return self._level


class LearningBucket:
    """Of a service that says how much is left once it is little, but never what a call takes.

    What is not left was taken by the calls of the last ``resets_in`` seconds: so each took its part
    of that, and gives it back when it is that old. Whoever else uses the same sign-in makes the
    calls look dearer, and so keeps a share.
    """

    def __init__(self, limit: Limit, now: float = 0) -> None:
        self._limit = limit
        self._calls: deque[float] = deque()
        self._window = _WINDOW
        self._left: float | None = None
        """How many calls may still go; None: not known what a call takes."""
        self._share = 1.0
        self._news_until = now
        self._not_before = now

    def matters(self, _now: float) -> bool:
        return True

    def is_warned(self, now: float) -> bool:
        """Whether the service said that little is left, and that still counts."""
        return now < self._news_until

    def places(self, most: int) -> int:
        """How many calls at a time what is left allows; without a number, one."""
        return 1 if self._left is None else min(most, 1 + int(self._share / _FEW))

    def wait(self, now: float) -> float:
        """Seconds until a call may go; 0 if it may go now."""
        patience = max(0.0, self._not_before - now)
        if not self.is_warned(now):
            return patience
        return max(patience, min(self._pause(now), self._news_until - now))

    def take(self, now: float) -> None:
        """A call goes out."""
        self._give_back(now, self._window if self.is_warned(now) else _LONGEST_WINDOW)
        self._calls.append(now)
        if self._left is not None:
            self._left -= 1

    def hear(self, news: News, now: float, others: int = 0) -> None:
        """An answer came, with or without news; so many other calls are on their way."""
        self._not_before = max(self._not_before, now + news.wait)
        if news.left is None:
            if news.wait:
                self._news_until = max(self._news_until, self._not_before + _REMEMBERED)
            return
        self._news_until = now + (news.resets_in or _REMEMBERED)
        self._window = news.resets_in or _WINDOW
        self._share = min(1.0, news.left / LOW)
        self._give_back(now, self._window)
        counted = len(self._calls) - others
        is_known = counted > 0 and news.left < 1
        self._left = news.left / (1 - news.left) * counted - others if is_known else None

    def forget(self, now: float) -> None:
        """The service no longer says that little is left."""
        self._news_until = now
        self._left, self._share = None, 1.0

    def _pause(self, now: float) -> float:
        """Seconds until a call may go, by what is left."""
        self._give_back(now, self._window)
        careful = self._limit.careful or float("inf")
        since = now - self._calls[-1] if self._calls else float("inf")
        if self._left is None:
            return 1 / (careful * max(self._share, _SLOWEST)) - since
        if self._left < 1 and self._calls:
            return min(self._calls[0] + self._window - now, _PROBE - since)
        return 0.0 if self._share > _FEW else 1 / careful - since

    def _give_back(self, now: float, window: float) -> None:
        """Forget the calls that are so many seconds old."""
        while self._calls and self._calls[0] <= now - window:
            self._calls.popleft()
            if self._left is not None:
                self._left += 1

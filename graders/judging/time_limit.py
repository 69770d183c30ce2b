"""A bound on the time that judging one learner takes, whatever the evidence holds."""

from __future__ import annotations

import signal
import threading
import time

SECONDS = 20.0
"""For one learner, all checks together; an honest lab takes some hundredths."""


class OutOfTime(BaseException):
    """The time is up. No rule that expects an odd value takes it for one."""


_HAS_ALARM = hasattr(signal, "setitimer")


class limited:  # noqa: N801 - read as a statement; for each verdict a generator costs too much
    """Raise OutOfTime in the block after so many seconds.

    Only an alarm interrupts Python wherever it is, and only in the main thread of a POSIX system.
    Elsewhere the block runs to its end, and OutOfTime is raised then.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._is_on = False

    def __enter__(self) -> None:
        self._began = time.monotonic()
        if self._seconds <= 0:
            raise OutOfTime
        if _HAS_ALARM and threading.current_thread() is threading.main_thread():
            self._former = signal.signal(signal.SIGALRM, self._ring)
            self._is_on = True
            signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def _ring(self, *_: object) -> None:
        if self._is_on:
            raise OutOfTime

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._is_on:
            self._is_on = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._former)
        if kind is None and time.monotonic() - self._began > self._seconds:
            raise OutOfTime

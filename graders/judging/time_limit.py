"""A bound on the time that judging one learner takes, whatever the evidence holds."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 20.0
"""For one learner, all checks together; an honest lab takes some hundredths."""


class OutOfTime(BaseException):
    """The time is up. No rule that expects an odd value takes it for one."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in the block after so many seconds.

    Only an alarm interrupts Python wherever it is, and only in the main thread of a POSIX system.
    Elsewhere the block runs to its end, and OutOfTime is raised then.
    """
    began = time.monotonic()
    if seconds <= 0:
        raise OutOfTime
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        with _alarm(seconds):
            yield
    else:
        yield
    if time.monotonic() - began > seconds:
        raise OutOfTime


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    is_on = True

    def ring(*_: object) -> None:
        if is_on:
            raise OutOfTime

    former = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        is_on = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)

"""The bound on judging time, and what it leaves behind."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from graders.judging.time_limit import OutOfTime, limited

needs_alarm = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="POSIX only")


@needs_alarm
def test_it_interrupts_whatever_runs_and_restores_the_alarm() -> None:
    former = signal.getsignal(signal.SIGALRM)
    began = time.monotonic()
    with pytest.raises(OutOfTime), limited(0.05):
        busy_until(began + 20)
    assert time.monotonic() - began < 10
    assert signal.getsignal(signal.SIGALRM) is former
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def busy_until(end: float) -> None:
    while time.monotonic() < end:
        sum(range(1000))


def test_what_is_in_time_is_left_alone() -> None:
    with limited(30):
        value = 1
    assert value == 1


def test_without_time_nothing_begins() -> None:
    begun = False
    with pytest.raises(OutOfTime), limited(0):
        begun = True
    assert not begun


def test_elsewhere_it_is_noticed_at_the_end() -> None:
    """No thread but the main one gets an alarm."""
    ended: list[str] = []

    def work() -> None:
        try:
            with limited(0.01):
                time.sleep(0.05)
                ended.append("the block")
        except OutOfTime:
            ended.append("too late")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ended == ["the block", "too late"]


def test_no_rule_takes_it_for_an_odd_value() -> None:
    assert not issubclass(OutOfTime, Exception)

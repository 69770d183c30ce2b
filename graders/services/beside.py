"""Calls that run beside their caller, in threads of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


def beside(call: Callable[[], T]) -> Callable[[], T]:
    """Start a call; the function that is returned waits for it, and raises what it raised.

    The thread is a daemon, unlike those of a pool: an interrupted run does not wait for it.
    """
    outcome: Future[T] = Future()
    context = copy_context()  # whose requests they are

    def run() -> None:
        try:
            outcome.set_result(context.run(call))
        except BaseException as error:  # in a thread: no one else would report it
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return outcome.result

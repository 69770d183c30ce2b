"""Hold a test to what its folder promises: no process, and nothing beyond the loopback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

_PROCESS = ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system")
_SOCKET = ("socket.connect", "socket.bind", "socket.sendto")
_LOOPBACK = ("127.", "::1", "localhost")
_watched: list[tuple[str, bool]] = []
"""The test that runs, and whether it may start processes.

Python never removes an audit hook, so the hook stays and does nothing while this is empty.
"""


@contextmanager
def watched(test: str, *, processes: bool) -> Iterator[None]:
    """Fail this test where it leaves the loopback or, unless it may, starts a process."""
    _watched.append((test, processes))
    try:
        yield
    finally:
        _watched.pop()


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watched:
        return
    test, processes = _watched[-1]
    if event in _PROCESS and not processes:
        pytest.fail(f"{test} starts a process: {arguments}; such a test belongs in tests/runs")
    if event in _SOCKET and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
        if not host.startswith(_LOOPBACK):
            pytest.fail(f"{test} leaves the loopback: {host}")


sys.addaudithook(_watch)

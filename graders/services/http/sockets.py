"""Lets no code but the transport open a connection while a run collects.

Python reports every connection, lookup of a name and datagram to its audit hooks, whichever library
makes it. A hook cannot be removed; ours does nothing while no transport is open. Other programs,
such as the Azure CLI, are not this process.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from graders.services.http.read_only import RequestBlocked

_LEAVING = frozenset(
    {
        *("socket.connect", "socket.sendto", "socket.sendmsg"),
        *("socket.getaddrinfo", "socket.gethostbyname"),
    }
)
_INTERNET = (socket.AF_INET, socket.AF_INET6)


class _Guard:
    """One for the process, like the hook itself."""

    def __init__(self) -> None:
        self.transports = 0
        self._lock = threading.Lock()
        self._own = threading.local()
        self._is_installed = False

    def shut(self) -> None:
        with self._lock:
            self.transports += 1
            if not self._is_installed:
                sys.addaudithook(self._hook)
                self._is_installed = True

    def open(self) -> None:
        with self._lock:
            self.transports -= 1

    @contextmanager
    def lets_out(self) -> Iterator[None]:
        """Let this thread out while the block lasts."""
        self._own.sends = True
        try:
            yield
        finally:
            self._own.sends = False

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if event not in _LEAVING or not self.transports or getattr(self._own, "sends", False):
            return
        where = arguments[0]
        if isinstance(where, socket.SocketType) and where.family not in _INTERNET:
            return  # to another process of this machine
        raise RequestBlocked("the grader sends through its transport only")


GUARD = _Guard()

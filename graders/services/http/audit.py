"""The audit: one line of JSON for each request that was tried, without secrets and without bodies.

``learner`` is whose evidence the request was for; a request for the whole class has none. A retry
is a line of its own.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from graders.services.http.exchange import Exchange
from graders.services.http.read_only import hide_tokens, service_of
from graders.urls import parts_of

_PATH = 500
"""Characters of a path; the longest that the grader asks for has some 300."""
_ID = re.compile(r"[A-Za-z0-9:._-]{1,100}")
_learner: ContextVar[str] = ContextVar("learner", default="")


@contextmanager
def on_behalf_of(learner: str) -> Iterator[None]:
    """Everything that this thread requests in the block is for that learner."""
    token = _learner.set(learner)
    try:
        yield
    finally:
        _learner.reset(token)


def learner_asked_for() -> str:
    """For whom this thread requests; empty: for the whole class."""
    return _learner.get()


class Audit:
    """Writes the lines; threads share it. Raises OSError if the file cannot be written.

    A disk that fills up later costs lines, never evidence: ``fault`` then says so.
    """

    def __init__(self, file: Path, *, append: bool = False) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not append:
            file.unlink(missing_ok=True)  # a new file, with the rights of a new file
        self.fault = ""
        self._lock = threading.Lock()
        self._stream = file.open("a", encoding="ascii", newline="\n", buffering=1)

    def __call__(self, exchange: Exchange) -> None:
        text = json.dumps(entry(exchange), separators=(",", ":"))
        with self._lock:
            try:
                self._stream.write(text + "\n")
            except (OSError, ValueError) as error:  # ValueError: an abandoned thread, after the end
                self.fault = self.fault or getattr(error, "strerror", None) or "it was closed"

    def close(self) -> None:
        with self._lock, suppress(OSError):
            self._stream.close()


def entry(exchange: Exchange) -> dict[str, object]:
    """What the audit has of an exchange; ``error`` is there only if no answer was accepted."""
    service, parts = service_of(exchange.url), parts_of(exchange.url)
    is_learners = service is not None and service.is_learners
    line: dict[str, object] = {
        "time": exchange.at.isoformat(timespec="milliseconds"),
        "learner": learner_asked_for(),
        "service": service.name if service else "",
        "method": exchange.method[:20],
        "host": (parts.hostname or "")[:253],
        "path": hide_tokens(parts.path)[:_PATH],
        "status": exchange.status,
        "bytes": exchange.size,
        # a learner's own container could return the key that it was asked with
        "id": "" if is_learners else _plain(exchange.request_id),
    }
    return line | ({"error": hide_tokens(exchange.error)} if exchange.error else {})


def _plain(request_id: str | None) -> str:
    return request_id if request_id and _ID.fullmatch(request_id) else ""

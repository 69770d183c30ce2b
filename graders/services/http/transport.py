"""The only way out of the process: read-only, patient, bounded, and noted.

All the SDKs (azure-devops on msrest, azure-identity, azure-ai-ml on azure-core, PyGithub) and
plain ``requests`` send through ``requests.adapters.HTTPAdapter.send``. A ``ReadOnlyTransport``
replaces it: it sends only reads (``read_only.py``), retries, reads the whole body with a bound on
size and time, and notes every exchange.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from graders.services.http import exchange
from graders.services.http.audit import learner_asked_for
from graders.services.http.exchange import Exchange
from graders.services.http.governor import Governor
from graders.services.http.rate_headers import asked_wait, news_of
from graders.services.http.read_only import (
    RequestBlocked,
    Service,
    objection,
    service_of,
)
from graders.services.http.sockets import GUARD
from graders.urls import parts_of

__all__ = ["Exchange", "ReadOnlyTransport", "RequestBlocked", "RetryPolicy", "watching"]

_RETRIED = frozenset({408, 429, 500, 502, 503, 504})
_watchers: ContextVar[tuple[list[Exchange], ...]] = ContextVar("watchers", default=())

_Send = Callable[..., requests.Response]
_Proxies = Callable[..., dict[str, str]]


@dataclass(frozen=True)
class RetryPolicy:
    """How long the transport keeps trying; times in seconds, sizes in bytes.

    ``attempts`` counts the first one too. A ``Retry-After`` beyond ``retry_after_cap`` is not
    waited for: the service's refusal is returned at once. ``total`` bounds one call with all
    its retries, but not its waiting for its turn; ``body_seconds`` the reading of one body.
    """

    attempts: int = 4
    backoff: float = 0.5
    retry_after_cap: float = 60
    timeout: tuple[float, float] = (5, 30)
    body_seconds: float = 60
    body_bytes: int = 20 * 1024 * 1024
    total: float = 150


@contextmanager
def watching() -> Iterator[list[Exchange]]:
    """The exchanges of this thread while the block lasts, one per request that was tried."""
    exchanges: list[Exchange] = []
    token = _watchers.set((*_watchers.get(), exchanges))
    try:
        yield exchanges
    finally:
        _watchers.reset(token)


class ReadOnlyTransport:
    """Replaces ``HTTPAdapter.send`` while it is open; may be entered again, by any thread.

    A transport that is opened while another one is open keeps that one open and does nothing
    itself. ``audit`` gets every exchange. The ``governor`` gives each request its turn; a run has
    one for all its transports, because the services count them together.

    One pool of connections serves all SDKs, so that a TLS handshake is paid once per host and
    connection, not once per SDK client and thread, and no SDK's own retries multiply ours.
    """

    def __init__(
        self,
        retry_policy: RetryPolicy = RetryPolicy(),
        *,
        audit: Callable[[Exchange], None] | None = None,
        governor: Governor | None = None,
    ) -> None:
        self.retry_policy = retry_policy
        self._audit = audit
        self._lock = threading.Lock()
        self._entered = 0
        self._calls: Counter[str] = Counter()
        self._secrets: dict[str, tuple[str, ...]] = {}
        self._governor = governor or Governor()
        self._adapter = HTTPAdapter(pool_connections=64, pool_maxsize=32)

    @property
    def calls(self) -> Mapping[str, int]:
        """How many requests went out to each service, retries included."""
        with self._lock:
            return dict(self._calls)

    def keep_to(self, secret: str | None, *services: str) -> None:
        """Send a secret to these services only, in whatever header or parameter it is."""
        if secret:
            self._secrets[secret] = services

    def __enter__(self) -> ReadOnlyTransport:
        with self._lock:
            self._entered += 1
            if self._entered == 1:
                self._open()
        return self

    def __exit__(self, kind: type[BaseException] | None = None, *_exception: object) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            return  # abandoned threads may still send: the guard stays
        with self._lock:
            self._entered -= 1
            if self._entered == 0:
                self._shut()

    def _open(self) -> None:
        """Replace the adapters' ``send``; where another transport is open, keep that one open."""
        self._standing: ReadOnlyTransport | None = getattr(HTTPAdapter.send, "transport", None)
        if self._standing:
            self._standing.__enter__()
        else:
            GUARD.shut()
            self._original: _Send = HTTPAdapter.send
            HTTPAdapter.send = self._sender()  # type: ignore[method-assign]
            self._proxies = requests.sessions.get_environ_proxies
            requests.sessions.get_environ_proxies = _once_per_host(self._proxies)

    def _shut(self) -> None:
        if self._standing:
            self._standing.__exit__()
        else:
            HTTPAdapter.send = self._original  # type: ignore[method-assign]
            requests.sessions.get_environ_proxies = self._proxies
            self._adapter.close()
            GUARD.open()

    def _sender(self) -> _Send:
        def send(
            _adapter: HTTPAdapter,
            request: requests.PreparedRequest,
            *_positional: object,
            **options: Any,
        ) -> requests.Response:
            return self._send(request, options)

        send.transport = self  # type: ignore[attr-defined]
        return send

    def _send(
        self, request: requests.PreparedRequest, options: Mapping[str, Any]
    ) -> requests.Response:
        """One call with all its retries: the last answer, or a fault without secrets."""
        service = service_of(request.url or "")
        why_not = objection(request, self._secrets)
        if service is None or why_not:
            self._note(exchange.failed_exchange(request, RequestBlocked(f"refused: {why_not}")))
            raise RequestBlocked(why_not)
        given_up_at = time.monotonic() + self.retry_policy.total
        for attempt in itertools.count(1):
            outcome, waited = self._attempt(service, request, options)
            given_up_at += waited
            delay = self._delay(outcome, attempt)
            if delay is None or time.monotonic() + delay > given_up_at:
                break
            time.sleep(delay)
        if isinstance(outcome, requests.RequestException):
            raise outcome
        return outcome

    def _attempt(
        self, service: Service, request: requests.PreparedRequest, options: Mapping[str, Any]
    ) -> tuple[requests.Response | requests.RequestException, float]:
        """The answer or fault of one request, and how many seconds it waited for its turn."""
        with self._governor.turn(service, request, learner_asked_for()) as turn:
            with self._lock:
                self._calls[service.name] += 1
            fault: requests.RequestException | None = None
            try:
                response = self._in_time(service, lambda: self._exchange(service, request, options))
                cap = self.retry_policy.retry_after_cap
                turn.hear(news_of(response, service.allowance, turn.kind, cap))
            except requests.RequestException as error:
                fault = exchange.without_details(error, request)
            except OSError:  # what requests raises for a missing bundle of certificates
                why = "TLS: the file of trusted certificates cannot be read"
                fault = requests.exceptions.SSLError(why, request=request)
        # Outside the handler: what the SDK chains to its own error must not carry a URL's secrets.
        if fault is not None:
            self._note(exchange.failed_exchange(request, fault))
            return fault, turn.waited
        refused = exchange.objection_to_redirect(response)
        self._note(exchange.exchange(request, refused and f"refused: {refused}", response))
        return (RequestBlocked(refused, request=request) if refused else response), turn.waited

    def _in_time(
        self, service: Service, exchange: Callable[[], requests.Response]
    ) -> requests.Response:
        """Bound the whole exchange with a host that a learner owns.

        Time-outs count from byte to byte: a host that sends its headers one by one would never end.
        """
        if service.body_bytes is None:
            return exchange()
        outcome: SimpleQueue[requests.Response | Exception] = SimpleQueue()

        def ask() -> None:
            try:
                outcome.put(exchange())
            except Exception as error:  # in a thread: no one else would report it
                outcome.put(error)

        threading.Thread(target=ask, daemon=True).start()
        try:
            answer = outcome.get(timeout=self.retry_policy.body_seconds)
        except Empty:
            answer = requests.exceptions.ReadTimeout()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _exchange(
        self, service: Service, request: requests.PreparedRequest, options: Mapping[str, Any]
    ) -> requests.Response:
        patient = {"stream": True, "timeout": self.retry_policy.timeout}
        with GUARD.lets_out():
            response = self._original(self._adapter, request, **{**options, **patient})
        try:
            self._read(service, response)
            if response.status_code == requests.codes.accepted:  # PyGithub would ask for ever
                raise requests.exceptions.ReadTimeout("the answer is still being made")
        except BaseException:
            response.close()  # never hand a half-read connection to the next request
            raise
        return response

    def _read(self, service: Service, response: requests.Response) -> None:
        seconds = self.retry_policy.body_seconds
        if service.body_bytes is None:
            exchange.read_body(response, self.retry_policy.body_bytes, seconds)
        else:
            exchange.read_beginning(response, service.body_bytes, seconds)

    def _delay(
        self,
        outcome: requests.Response | requests.RequestException,
        attempt: int,
    ) -> float | None:
        """Seconds to wait before the next attempt; None for no further attempt."""
        backoff = self.retry_policy.backoff * 2 ** (attempt - 1) * random.uniform(0.5, 1)  # noqa: S311
        if isinstance(outcome, requests.RequestException):
            delay = backoff if exchange.may_pass(outcome) else None
        else:
            delay = self._delay_after(outcome, backoff)
        return delay if attempt < self.retry_policy.attempts else None

    def _delay_after(self, response: requests.Response, backoff: float) -> float | None:
        if exchange.raised_in_model(response):
            return None
        cap = self.retry_policy.retry_after_cap
        asked = asked_wait(response, cap)
        if asked is not None and asked > cap:
            return None
        throttled = response.status_code == 429 or (response.status_code == 403 and asked)
        retried = throttled or response.status_code in _RETRIED
        return max(asked or 0, backoff) if retried else None

    def _note(self, exchange: Exchange) -> None:
        if self._audit is not None:
            self._audit(exchange)
        for exchanges in _watchers.get():
            exchanges.append(exchange)


def _once_per_host(proxies: _Proxies) -> _Proxies:
    """Reads the environment once for each host: a run's proxies do not change, and it is slow."""
    known: dict[tuple[object, ...], dict[str, str]] = {}

    def cached(url: str, no_proxy: str | None = None) -> dict[str, str]:
        parts = parts_of(url)
        key = (parts.scheme, parts.netloc, no_proxy)
        if key not in known:
            known[key] = proxies(url, no_proxy=no_proxy)
        return dict(known[key])

    return cached

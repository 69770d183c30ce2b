"""Faults of a connection in a few plain words, with nothing of the address in them."""

from __future__ import annotations

from http.client import RemoteDisconnected

import pytest
import requests
from requests import exceptions
from urllib3 import HTTPSConnectionPool
from urllib3 import exceptions as wire

from graders.services.http.exchange import (
    exchange,
    may_pass,
    objection_to_redirect,
    retry_after,
    without_details,
)
from graders.services.http.read_only import RequestBlocked

SECRET = "https://example.org/x?sig=canary"
POOL = HTTPSConnectionPool("example.org")


def retried(reason: Exception) -> wire.MaxRetryError:
    """How urllib3 hands on what kept it from connecting."""
    return wire.MaxRetryError(POOL, SECRET, reason)


def through_a_proxy(cause: Exception) -> exceptions.ProxyError:
    return exceptions.ProxyError(retried(wire.ProxyError("no tunnel", cause)))


FAULTS = [
    (RequestBlocked("no writes"), "no writes", False),
    (through_a_proxy(RemoteDisconnected(SECRET)), "at the proxy or beyond it", False),
    (through_a_proxy(OSError(SECRET)), "the proxy did not let the request through", False),
    (exceptions.ProxyError(), "the proxy did not let the request through", False),
    (exceptions.SSLError(f"EOF {SECRET}"), "the TLS handshake broke off", False),
    (exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"), "was not trusted", False),
    (exceptions.ConnectTimeout(SECRET), "no connection in time", True),
    (exceptions.ReadTimeout(SECRET), "no answer in time", True),
    (exceptions.ChunkedEncodingError(SECRET), "the answer was cut short", True),
    (exceptions.ContentDecodingError(SECRET), "the answer could not be decoded", True),
    (
        exceptions.ConnectionError(
            retried(wire.NameResolutionError(SECRET, POOL, OSError()))  # type: ignore[arg-type]
        ),
        "its name could not be resolved",
        True,
    ),
    (
        exceptions.ConnectionError(retried(wire.NewConnectionError(POOL, SECRET))),  # type: ignore[arg-type]
        "the connection was refused",
        True,
    ),
    (exceptions.ConnectionError(SECRET), "the connection broke off", True),
    (exceptions.ConnectionError(), "the connection broke off", True),
    (exceptions.InvalidURL(SECRET), "the request failed", False),
]


@pytest.mark.parametrize(("fault", "message", "passes"), FAULTS)
def test_each_fault_is_described_plainly_and_without_its_address(
    fault: requests.RequestException, message: str, passes: bool
) -> None:
    cause = without_details(fault, requests.Request("GET", SECRET).prepare())
    assert message in str(cause)
    assert "canary" not in str(cause)
    assert may_pass(fault) is passes


def answer(status: int, body: bytes = b"", **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = status, body
    response.url = "http://1a2b.centralus.azurecontainer.io/score"
    response.headers.update(headers)
    return response


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("1e309", None),
        ("-5", None),
        ("٣", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2026 00:00:00 +99999999999999999999", None),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0.0),
    ],
)
def test_what_a_host_asks_to_wait_raises_nothing(value: str, seconds: float | None) -> None:
    asked = retry_after(answer(429, **{"Retry-After": value.encode().decode("latin-1")}))
    assert asked == seconds


def test_a_refusal_that_is_nested_without_end_is_noted_all_the_same() -> None:
    request = requests.Request("POST", "http://1a2b.centralus.azurecontainer.io/score").prepare()
    noted = exchange(request, "", answer(400, b"[" * 8192))
    assert (noted.status, noted.type_key) == (400, "")


@pytest.mark.parametrize(
    ("location", "there"),
    [
        ("http://other.example/x", "other.example"),
        ("http://please give full marks/", "an address that is none"),
        ("http://[", "an address that is none"),
    ],
)
def test_where_a_redirect_leads_is_shown_only_as_a_host(location: str, there: str) -> None:
    objection = objection_to_redirect(answer(302, location=location))
    assert objection.endswith(f"points to another host ({there})")

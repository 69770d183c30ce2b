"""Answers: bodies read to their end within bounds, faults and notes without secrets."""

from __future__ import annotations

import contextlib
import email.utils
import io
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from functools import lru_cache
from http.client import HTTPException
from urllib.parse import urljoin

import requests
from requests import exceptions
from urllib3 import HTTPResponse
from urllib3 import exceptions as wire

from graders.services.http import refusals
from graders.services.http.read_only import RequestBlocked, without_secrets
from graders.urls import parts_of

_CHUNK = 64 * 1024
_REQUEST_IDS = (
    "ActivityId",
    "x-ms-request-id",
    "x-github-request-id",
    "x-ms-correlation-request-id",
)


class TooLargeError(RequestBlocked):
    """An answer with more bytes than are read."""


class Fault(Enum):
    """Why no answer came."""

    REFUSED = auto()  # by ourselves
    TLS = auto()
    PROXY = auto()
    NETWORK = auto()


class BrokenOffAtProxyError(exceptions.ConnectionError):
    """The connection ended without an answer, at the proxy or beyond it."""


@dataclass(frozen=True)
class Exchange:
    """One request that was tried, without secrets.

    ``status`` is None when no answer came; ``error`` then says why in a few words. ``type_key``
    is the service's own name for a refusal (``TF400813``, ``AADSTS7000215``,
    ``ResourceNotFound``), empty when it gave none.
    """

    method: str
    url: str
    status: int | None
    at: datetime
    request_id: str | None = None
    size: int | None = None
    """Bytes of the answer's body, as far as it was read; None when no answer came."""
    content_type: str = ""
    type_key: str = ""
    oauth_error: str = ""
    """What OAuth calls a refusal (``invalid_client``): its meaning lasts, unlike a number's."""
    error: str = ""
    fault: Fault | None = None
    """What kind of fault ``error`` is."""
    words: str = ""
    """What the service itself says of a refusal, on one line and bounded; see ``refusals``."""
    is_throttled: bool = False
    """The caller's allowance is used up, whatever the status says: GitHub says 403."""
    is_too_much: bool = False
    """The answer was too large, or did not come in time: a smaller question may get one."""
    service_time: datetime | None = None
    """When it was answered by the service's own clock; None: it does not say."""


def failed_exchange(
    request: requests.PreparedRequest, fault: requests.RequestException
) -> Exchange:
    """The note of an attempt that got no answer."""
    return Exchange(
        request.method or "",
        without_secrets(request.url or ""),
        None,
        datetime.now(UTC),
        error=str(fault),
        fault=_fault_of(fault),
        is_too_much=isinstance(fault, TooLargeError | exceptions.ReadTimeout),
    )


def exchange(
    request: requests.PreparedRequest, error: str, response: requests.Response
) -> Exchange:
    """The note of an attempt that got an answer; ``error`` says why it is refused."""
    method, url = request.method or "", without_secrets(request.url or "")
    now = datetime.now(UTC)
    headers = response.headers
    said = refusals.read(response) if response.status_code >= 400 else refusals.NOTHING
    return Exchange(
        method,
        url,
        response.status_code,
        now,
        request_id=next((headers[name] for name in _REQUEST_IDS if name in headers), None),
        size=len(response.content),
        content_type=media_type(response),
        type_key=said.code,
        oauth_error=said.oauth_error,
        words=said.words,
        error=error,
        fault=Fault.REFUSED if error else None,
        is_throttled=refusals.is_throttled(response),
        service_time=served_at(response),
    )


def read_body(response: requests.Response, most: int, seconds: float) -> None:
    """Read a streamed body to its end and leave it with the response, decoded and raw.

    Raises ``TooLargeError`` beyond ``most`` bytes (as sent or decoded), ``ReadTimeout`` beyond
    ``seconds``, ``ChunkedEncodingError`` for a body cut short, ``ContentDecodingError`` for one
    that cannot be decoded.
    """
    sent = _sent(response, most, time.monotonic() + seconds)
    content = _decoded(response, sent, most)
    if max(len(sent), len(content)) > most:
        raise TooLargeError(f"the answer is larger than {most} bytes")
    response.raw.release_conn()
    _keep(response, sent, content)


def read_beginning(response: requests.Response, most: int, seconds: float) -> None:
    """As :func:`read_body`, but a body larger than ``most`` bytes is cut off there.

    For answers of a learner's own code: that one is too long is a fact about it.
    """
    sent = _sent(response, most, time.monotonic() + seconds)
    if len(sent) > most:
        response.close()  # what is left of the body is not read
        response.raw.headers.discard("Content-Length")
    else:
        response.raw.release_conn()
    content = _decoded(response, sent[:most], most)[:most]
    _keep(response, sent[:most], content)


def _keep(response: requests.Response, sent: bytes, content: bytes) -> None:
    response.raw = _from_memory(response, sent)  # azure-core may ask for the raw stream
    response._content = content
    response._content_consumed = True  # type: ignore[attr-defined]


def _from_memory(response: requests.Response, sent: bytes) -> HTTPResponse:
    return HTTPResponse(
        io.BytesIO(sent),
        headers=response.raw.headers,
        status=response.status_code,
        preload_content=False,
        request_method=response.request.method,
    )


def _decoded(response: requests.Response, sent: bytes, most: int) -> bytes:
    if "Content-Encoding" not in response.raw.headers:
        return sent
    content: bytes | None = None
    with contextlib.suppress(wire.HTTPError):
        content = _from_memory(response, sent).read(most + 1, decode_content=True)
    if content is None:
        raise exceptions.ContentDecodingError("the answer could not be decoded")
    return content


def _sent(response: requests.Response, most: int, given_up_at: float) -> bytes:
    """The body as it was sent; of one beyond ``most`` bytes, slightly more than that."""
    parts: list[bytes] = []
    size = 0
    fault: Exception
    try:
        # Not stream(): that waits for a whole chunk, however slowly it arrives.
        while part := response.raw.read1(_CHUNK, decode_content=False):
            parts.append(part)
            size += len(part)
            if size > most:
                break
            if time.monotonic() > given_up_at:
                raise exceptions.ReadTimeout("the answer came too slowly")
        return b"".join(parts)
    except requests.RequestException:  # ours; it is an OSError too
        raise
    except wire.ReadTimeoutError:
        fault = exceptions.ReadTimeout("the answer came too slowly")
    except (wire.HTTPError, OSError):
        fault = exceptions.ChunkedEncodingError("the answer was cut short")
    raise fault


def objection_to_redirect(response: requests.Response) -> str:
    """Why a redirect must not be followed; empty when it may, or when there is none."""
    if not response.is_redirect:
        return ""
    here = parts_of(response.url or "").hostname
    try:
        target = urljoin(response.url or "", response.headers["location"])
    except ValueError:
        target = ""
    there = parts_of(target).hostname or ""
    there = there if re.fullmatch(r"[A-Za-z0-9.-]{1,253}", there) else "an address that is none"
    return "" if here == there else f"{here} points to another host ({there})"


def retry_after(response: requests.Response) -> float | None:
    """Seconds that the service asks to wait (number or HTTP date), or None."""
    value = response.headers.get("Retry-After", "").strip()
    if not value:
        return None
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    then = date(value)
    return max(0.0, then.timestamp() - time.time()) if then else None


def media_type(response: requests.Response) -> str:
    """What kind of body it says that it has, in lower case; empty where it does not say."""
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def served_at(response: requests.Response) -> datetime | None:
    """When it was answered by the service's own clock; None: it does not say."""
    return date(response.headers.get("Date", ""))


@lru_cache(maxsize=64)  # a service's answers of one second say the same
def date(value: str) -> datetime | None:
    """An HTTP date; None for anything else."""
    try:
        then = email.utils.parsedate_to_datetime(value)
        return (then if then.tzinfo else then.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):  # whatever the text is
        return None


def raised_in_model(response: requests.Response) -> bool:
    """Whether the container itself says that the learner's own code raised.

    Without that sign a 5xx may be the platform's or the network's. Sources: the inference server's
    header ``x-ms-run-function-failed``; Troubleshoot online endpoints, HTTP status codes (424, on
    learn.microsoft.com).
    """
    headers = response.headers
    if headers.get("X-Ms-Run-Function-Failed", "").strip().casefold() == "true":
        return not response.ok
    of_model = any(name.lower().startswith("ms-azureml-model-error-") for name in headers)
    return response.status_code == 424 and of_model


def _fault_of(error: requests.RequestException) -> Fault:
    if isinstance(error, RequestBlocked):
        return Fault.REFUSED
    if isinstance(error, exceptions.SSLError):
        return Fault.TLS
    is_proxy = isinstance(error, exceptions.ProxyError | BrokenOffAtProxyError)
    return Fault.PROXY if is_proxy else Fault.NETWORK


def may_pass(error: requests.RequestException) -> bool:
    """Whether a fault may be gone on the next attempt."""
    if isinstance(error, RequestBlocked | exceptions.SSLError | exceptions.ProxyError):
        return False
    return isinstance(
        error,
        exceptions.ConnectionError
        | exceptions.Timeout
        | exceptions.ChunkedEncodingError
        | exceptions.ContentDecodingError,
    )


def _broke_off_at_proxy(error: requests.RequestException) -> bool:
    """Whether the connection to a proxy ended without an answer; plain http shows no more.

    A proxy that refuses, or does not exist, is another matter: that stays.
    """
    reason = getattr(error.args[0], "reason", None) if error.args else None
    cause = getattr(reason, "original_error", None)
    return isinstance(cause, HTTPException | ConnectionError)


def without_details(
    error: requests.RequestException, request: requests.PreparedRequest
) -> requests.RequestException:
    """The same kind of fault in a few plain words, without the URL and its details."""
    if isinstance(error, RequestBlocked):
        return type(error)(str(error), request=request)
    if isinstance(error, exceptions.ProxyError) and _broke_off_at_proxy(error):
        return BrokenOffAtProxyError("the connection broke off, at the proxy or beyond it")
    if isinstance(error, exceptions.SSLError) and "CERTIFICATE" not in str(error).upper():
        return exceptions.SSLError("the TLS handshake broke off")
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            return kind(words if kind is not exceptions.ConnectionError else _why_none(error))
    return exceptions.RequestException("the request failed")


_WORDS: dict[type[requests.RequestException], str] = {
    exceptions.SSLError: "its TLS certificate was not trusted",
    exceptions.ProxyError: "the proxy did not let the request through",
    exceptions.ConnectTimeout: "no connection in time",
    exceptions.ReadTimeout: "no answer in time",
    exceptions.ChunkedEncodingError: "the answer was cut short",
    exceptions.ContentDecodingError: "the answer could not be decoded",
    exceptions.ConnectionError: "",
}


def _why_none(error: requests.RequestException) -> str:
    reason = getattr(error.args[0], "reason", error.args[0]) if error.args else None
    if isinstance(reason, wire.NameResolutionError):
        return "its name could not be resolved"
    if isinstance(reason, wire.NewConnectionError):
        return "the connection was refused"
    return "the connection broke off"

"""What came back: bodies read to their end within bounds, faults and notes without secrets."""

from __future__ import annotations

import contextlib
import email.utils
import io
import json
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from urllib.parse import urljoin, urlsplit

import requests
from requests import exceptions
from urllib3 import HTTPResponse
from urllib3 import exceptions as wire

from graders.services.guard import Refused, without_secrets

_CHUNK = 64 * 1024
_REQUEST_IDS = (
    "ActivityId",
    "x-ms-request-id",
    "x-github-request-id",
    "x-ms-correlation-request-id",
)
_CODE = re.compile(r"\b(TF\d{5,6}|VS\d{5,6}|AADSTS\d{3,8})\b")
_PLAIN_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{1,79}")


@dataclass(frozen=True)
class Exchange:
    """One request that was tried, without secrets.

    ``status`` is None when no answer came, ``error`` then says why in a few words. ``type_key``
    is the service's own name for a refusal (``TF400813``, ``AADSTS7000215``,
    ``ResourceNotFound``), empty when it gave none.
    """

    method: str
    url: str
    status: int | None
    at: datetime
    request_id: str | None = None
    content_type: str = ""
    type_key: str = ""
    error: str = ""
    is_throttled: bool = False
    """The caller's allowance is used up, whatever the status says: GitHub says 403."""


def exchange(
    request: requests.PreparedRequest, error: str, response: requests.Response | None = None
) -> Exchange:
    """The note of one attempt."""
    method, url = request.method or "", without_secrets(request.url or "")
    now = datetime.now(UTC)
    if response is None:
        return Exchange(method, url, None, now, error=error)
    headers = response.headers
    return Exchange(
        method,
        url,
        response.status_code,
        now,
        request_id=next((headers[name] for name in _REQUEST_IDS if name in headers), None),
        content_type=headers.get("Content-Type", "").partition(";")[0].strip().lower(),
        type_key=_type_key(response) if response.status_code >= 400 else "",
        error=error,
        is_throttled=response.status_code >= 400
        and (headers.get("x-ratelimit-remaining") == "0" or "Retry-After" in headers),
    )


def _type_key(response: requests.Response) -> str:
    """The service's own code for a refusal; never free text, which could hold anything."""
    text = response.content[:8192].decode("utf-8-sig", "replace")
    found = _CODE.search(text)
    if found:
        return found[1]
    try:
        body = json.loads(text)
        error = body.get("error")
        code = body.get("typeKey") or (error.get("code") if isinstance(error, dict) else error)
    except (ValueError, AttributeError):
        return ""
    return code if isinstance(code, str) and _PLAIN_CODE.fullmatch(code) else ""


def read_body(response: requests.Response, most: int, seconds: float) -> None:
    """Read a streamed body to its end and leave it with the response, decoded and raw.

    Raises ``Refused`` beyond ``most`` bytes (as sent or decoded), ``ReadTimeout`` beyond
    ``seconds``, ``ChunkedEncodingError`` for a body cut short, ``ContentDecodingError`` for one
    that cannot be decoded.
    """
    sent = _all_of(response, most, time.monotonic() + seconds)
    response.raw.release_conn()
    content = _decoded(_from_memory(response, sent), most)
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


def _decoded(raw: HTTPResponse, most: int) -> bytes:
    content: bytes | None = None
    with contextlib.suppress(wire.HTTPError):
        content = raw.read(most + 1, decode_content=True)
    if content is None:
        raise exceptions.ContentDecodingError("the answer could not be decoded")
    if len(content) > most:
        raise Refused(f"the answer is larger than {most} bytes")
    return content


def _all_of(response: requests.Response, most: int, given_up_at: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    fault: Exception
    try:
        # Not stream(): that waits for a whole chunk, however slowly it drips in.
        while part := response.raw.read1(_CHUNK, decode_content=False):
            parts.append(part)
            size += len(part)
            if size > most:
                raise Refused(f"the answer is larger than {most} bytes")
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
    here = urlsplit(response.url or "").hostname
    there = urlsplit(urljoin(response.url or "", response.headers["location"])).hostname
    return "" if here == there else f"{here} points to another host ({there})"


def retry_after(response: requests.Response) -> float | None:
    """Seconds that the service asks to wait (number or HTTP date), or None."""
    value = response.headers.get("Retry-After", "").strip()
    if not value:
        return None
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    try:
        then = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, then.timestamp() - time.time())


def may_pass(error: requests.RequestException) -> bool:
    """Whether a fault may be gone on the next attempt."""
    if isinstance(error, Refused | exceptions.SSLError | exceptions.ProxyError):
        return False
    return isinstance(
        error,
        exceptions.ConnectionError
        | exceptions.Timeout
        | exceptions.ChunkedEncodingError
        | exceptions.ContentDecodingError,
    )


def _broke_off_at_proxy(error: requests.RequestException) -> bool:
    """Whether the connection to a proxy ended without a word; plain http knows no more than that.

    A proxy that says no, or is not there at all, is another matter: that stays.
    """
    reason = getattr(error.args[0], "reason", None) if error.args else None
    cause = getattr(reason, "original_error", None)
    return isinstance(cause, HTTPException | ConnectionError)


def without_details(
    error: requests.RequestException, request: requests.PreparedRequest
) -> requests.RequestException:
    """The same kind of fault in a few plain words, without the URL and what hangs on it."""
    if isinstance(error, Refused):
        return Refused(str(error), request=request)
    if isinstance(error, exceptions.ProxyError) and _broke_off_at_proxy(error):
        return exceptions.ConnectionError("the connection broke off, at the proxy or beyond it")
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

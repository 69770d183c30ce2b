"""Plain web requests, for what no supported SDK offers."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from graders.urls import parts_of

TIMEOUT = (5.0, 30.0)
"""Seconds to connect, seconds between two bytes of an answer."""


class NotAnswered(requests.HTTPError):
    """Any status that is not an answer to the question."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(f"HTTP {response.status_code}", response=response)


class UnexpectedBodyError(ValueError):
    """An answer that differs from the service's API documentation."""


def open_session(connections: int) -> requests.Session:
    """A session that threads may share: no cookies, no retries of its own, a pool of its size.

    Proxy and certificate settings of the environment count, a ``.netrc`` does not: it would
    replace the token of a request.
    """
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=connections, pool_maxsize=connections, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.auth = _unchanged
    return without_defaults(session)


def without_defaults(session: requests.Session) -> requests.Session:
    """The session without empty settings: requests would merge them into every request."""
    session.params = session.proxies = None  # type: ignore[assignment]
    return session


def get_json(session: requests.Session, url: str, headers: Mapping[str, str]) -> Any:
    """The JSON body of a GET; raises :class:`NotAnswered` for any status but 200.

    Source: https://requests.readthedocs.io/en/latest/api/
    """
    response = session.get(url, headers=headers, timeout=TIMEOUT, allow_redirects=False)
    return json_of(response)


def json_of(response: requests.Response) -> Any:
    """The JSON body of a good answer; a redirect is not one."""
    if response.status_code != requests.codes.ok:
        raise NotAnswered(response)
    try:
        return response.json()
    except ValueError:
        raise UnexpectedBodyError("the body is not JSON") from None


def mapping(value: object, subject: str) -> Mapping[str, Any]:
    """``value``, if it is a JSON object; else raises :class:`UnexpectedBodyError`."""
    if not isinstance(value, Mapping):
        raise UnexpectedBodyError(f"{subject} is not a JSON object")
    return value


def is_host(url: str, scheme: str, suffixes: tuple[str, ...]) -> bool:
    """Whether ``url`` is on a host below one of ``suffixes``, at the usual port, without a user."""
    parts = parts_of(url)
    host = (parts.hostname or "").rstrip(".")
    usual = parts.port in (None, 443 if scheme == "https" else 80)
    plain = "@" not in parts.netloc and "\\" not in url
    return parts.scheme == scheme and usual and plain and host.endswith(suffixes)


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request

"""Answers from a table, given behind the graders' transport instead of the network."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse


@dataclass
class CannedCloud:
    """``answers`` maps the end of an address without its query, lower-cased, to (status, body).

    A list of answers is given one after the other. What has none is 404. ``asked`` holds what was
    asked, in order.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[requests.PreparedRequest] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of every answer, besides its type."""

    def send(
        self, _adapter: HTTPAdapter, request: requests.PreparedRequest, **_options: object
    ) -> requests.Response:
        self.asked.append(request)
        status, body = self._answer(str(request.url))
        is_text = isinstance(body, str | bytes)
        kind = "text/plain" if is_text else "application/json"
        content = body if is_text else json.dumps(body)
        content = content if isinstance(content, bytes) else content.encode()
        return response(request, status, content, {"Content-Type": kind, **self.headers})

    def addresses(self) -> list[str]:
        """``METHOD host/last-part`` of what was asked."""
        parts = [(str(request.method), urlsplit(str(request.url))) for request in self.asked]
        return [f"{method} {url.hostname}/{url.path.split('/')[-1]}" for method, url in parts]

    def _answer(self, url: str) -> tuple[int, Any]:
        bare = url.partition("?")[0].lower()
        ends = [end for end in self.answers if bare.endswith(end.lower())]
        if not ends:
            return 404, {"error": {"code": "ResourceNotFound", "message": "not found"}}
        answer = self.answers[max(ends, key=len)]
        return answer.pop(0) if isinstance(answer, list) else answer


def response(
    request: requests.PreparedRequest, status: int, body: bytes, headers: Mapping[str, str]
) -> requests.Response:
    """What ``HTTPAdapter.send`` returns."""
    raw = HTTPResponse(io.BytesIO(body), headers=headers, status=status, preload_content=False)
    return HTTPAdapter().build_response(request, raw)


def credential(token: str) -> Any:
    """A credential that always has the same token."""
    return SimpleNamespace(get_token=lambda *_scopes, **_options: access_token(token))


def access_token(token: str) -> Any:
    """An access token that does not expire while a test runs."""
    return SimpleNamespace(token=token, expires_on=2**40, refresh_on=None)

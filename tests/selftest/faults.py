"""What goes wrong between a grader and the cloud, made to order beneath the graders' door."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from requests import exceptions
from requests.adapters import HTTPAdapter

from tests.selftest.canned_cloud import response

JSON = {"Content-Type": "application/json; charset=utf-8"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
CANARY = "canary-4711"
"""Stands in every body that is not the service's: none of it may be shown to anybody."""

Reply = tuple[int, bytes, Mapping[str, str]]
Fault = Callable[[Reply], Reply]
"""What comes in place of the true answer; one that never comes is raised."""

ROUTES: Mapping[str, str] = {
    "locations": r"OPTIONS .*/_apis",
    "areas": r"GET .*/_apis/resourceareas",
    "projects": r"GET .*/_apis/projects\?",
    "variable groups": r"GET .*/variablegroups",
    "service connections": r"GET .*/serviceendpoint/endpoints",
    "open resources": r"GET .*/authorizedresources",
    "permissions": r"GET .*/pipelinepermissions/",
    "pipelines": r"GET .*/build/definitions",
    "runs": r"GET .*/build/builds\?",
    "timeline": r"GET .*/timeline",
    "artifacts": r"GET .*/artifacts",
    "consumed": r"GET .*/_apis/pipelines/\d+/runs/",
    "repositories": r"POST .*/graphql .*query batch",
    "repository names": r"POST .*/graphql .*query names",
    "commits": r"GET .*api\.github\.com.*/commits/",
    "workspaces": r"GET .*microsoft\.machinelearningservices/workspaces\?",
    "workspace": r"GET .*/workspaces/[^/?]+\?",
    "model versions": r"GET .*/models/[^/]+/versions\?",
    "model names": r"GET .*/models\?",
    "online endpoints": r"GET .*/onlineendpoints\?",
    "deployments": r"GET .*/onlineendpoints/[^/]+/deployments\?",
    "online key": r"POST .*/onlineendpoints/[^/]+/listkeys",
    "region": r"GET .*/discovery",
    "published pipelines": r"GET .*/pipelines/v1\.0/",
    "web services": r"GET .*/services\?",
    "key": r"POST .*/services/[^/]+/listkeys",
    "score": r"POST .*/score ",
    "swagger": r"GET .*/swagger\.json",
}
"""What the graders ask, by ``METHOD address body`` in lower case."""


def _answering(status: int, body: bytes = b"", headers: Mapping[str, str] = JSON) -> Fault:
    return lambda _: (status, body, headers)


def _raising(error: Exception) -> Fault:
    def fault(_: Reply) -> Reply:
        raise error

    return fault


_PAGE = f"<html><title>Sign in {CANARY}</title></html>".encode()
_REFUSAL = f'{{"message": "{CANARY}", "error": {{"code": "Oops", "message": "{CANARY}"}}}}'.encode()

FAULTS: Mapping[str, Fault] = {
    "404": _answering(404, _REFUSAL),
    "still being made": _answering(202, b"{}"),
    "sign-in page": _answering(200, _PAGE, HTML),
    "a refusal that says 200": _answering(200, _REFUSAL),
    "[{}]": _answering(200, b'{"count": 1, "value": [{}]}'),
    "null": _answering(200, b"null"),
    "broken off": _raising(exceptions.ConnectionError(CANARY)),
}


@dataclass
class FaultyNetwork:
    """Stands beneath the door: hands on to the network, remembers what came, and does harm.

    ``struck`` counts how often; ``route`` and ``fault`` are names out of the tables above.
    """

    send: Callable[..., requests.Response]
    route: str = ""
    fault: str = ""
    struck: int = 0
    _adapter: HTTPAdapter = field(default_factory=HTTPAdapter)
    _known: dict[str, Reply] = field(default_factory=dict)

    def harm(self, route: str = "", fault: str = "") -> None:
        self.route, self.fault, self.struck = route, fault, 0

    def __call__(
        self, request: requests.PreparedRequest, options: Mapping[str, Any]
    ) -> requests.Response:
        reply = self._true_reply(request, options)
        if self.route and re.match(ROUTES[self.route], _line(request), re.IGNORECASE):
            self.struck += 1
            reply = FAULTS[self.fault](reply)
        status, body, headers = reply
        return response(request, status, body, headers)

    def _true_reply(self, request: requests.PreparedRequest, options: Mapping[str, Any]) -> Reply:
        line = _line(request)
        if line not in self._known:
            came = self.send(self._adapter, request, **{**options, "stream": False})
            plain = {k: v for k, v in came.headers.items() if k.lower() not in _OF_THE_WIRE}
            self._known[line] = (came.status_code, came.content, plain)
        return self._known[line]


_OF_THE_WIRE = ("content-encoding", "content-length", "transfer-encoding")


def _line(request: requests.PreparedRequest) -> str:
    body = request.body or b""
    text = body.decode() if isinstance(body, bytes) else str(body)
    return f"{request.method} {request.url} {text}".lower()

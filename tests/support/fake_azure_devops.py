"""A hand-written Azure DevOps organisation: what the SDK needs, and no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter

from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from tests.support.canned_cloud import response
from tests.support.loopback_proxy import Reply, as_json

ORGANIZATION = "https://dev.azure.com/org"
_LOCATIONS = """
e81700f7-3be2-46de-8624-2eb35882fcaa Location ResourceAreas _apis/{resource}/{areaId}
00d9565f-ed9c-4a06-9a50-00e7896ccab4 Location ConnectionData _apis/{resource}
dd3b8bd6-c7fc-4cbd-929a-933d9c011c9d Security Permissions _apis/{resource}/{securityNamespaceId}/{permissions}
dadb46e7-5851-4c72-820e-ae8abb82f59f build retention {project}/_apis/{area}/{resource}
603fe2ac-9723-48b9-88ad-09305aa6c6e1 core projects _apis/{resource}/{*projectId}
f5b09dd5-9d54-45a1-8b5a-1c8287d634cc distributedtask variablegroups {project}/_apis/{area}/{resource}/{id}
e85f1c62-adfc-4b74-b618-11a150fb195e serviceendpoint endpoints {project}/_apis/{area}/{resource}/{id}
b5b9a4a4-e6cd-4096-853c-ab7d8b0c4eb2 pipelines pipelinePermissions {project}/_apis/{area}/{resource}/{resourceType}/{resourceId}
398c85bc-81aa-4822-947c-a194a05f0fef build authorizedresources {project}/_apis/{area}/{resource}
dbeaf647-6167-421a-bda9-c9327b25e2e6 build definitions {project}/_apis/{area}/{resource}/{definitionId}
0cd358e1-9217-4d94-8269-1c1ee6f93dcf build builds {project}/_apis/{area}/{resource}/{buildId}
8baac422-4c6e-4de5-8532-db96d92acffa build timeline {project}/_apis/{area}/builds/{buildId}/{resource}
1db06c96-014e-44e1-ac91-90b2d4b3e984 build artifacts {project}/_apis/{area}/builds/{buildId}/{resource}
7859261e-d2e9-4a68-b820-a5d84cc5bb3d pipelines runs {project}/_apis/{area}/{pipelineId}/{resource}/{runId}
"""  # noqa: E501

_AREAS = re.compile(r"^p-4/_apis/(distributedtask|serviceendpoint|pipelines|build)/")

Answer = dict[str, Any] | list[Any] | Reply | Callable[[dict[str, str]], Reply]


class FakeOrganization:
    """``answers`` by path below project and area; a list becomes a collection; keeps ``asked``."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.projects: Answer = [{"id": "p-4", "name": "AE MLOps 04", "state": "wellFormed"}]
        self.answers: dict[str, Answer] = {
            "variablegroups": [],
            "endpoints": [],
            "definitions": [],
            "authorizedresources": [],
        }

    def __call__(self, method: str, url: str) -> Reply:
        parts = urlsplit(url)
        path = unquote(parts.path).removeprefix("/org/").lower()
        if method == "OPTIONS":
            return _collection([_location(line) for line in _LOCATIONS.strip().splitlines()])
        if path == "_apis/resourceareas":
            return _collection([])
        short = _AREAS.sub("", path)
        self.asked.append(short)
        answer = self.projects if path == "_apis/projects" else self.answers.get(short)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return _reply(answer, query)


def _reply(answer: Answer | None, query: dict[str, str]) -> Reply:
    if answer is None:
        return as_json({"message": "no", "typeKey": "NotFoundException"}, 404)
    if callable(answer):
        return answer(query)
    if isinstance(answer, Reply):
        return answer
    return _collection(answer) if isinstance(answer, list) else as_json(answer)


@contextmanager
def connected() -> Iterator[FakeOrganization]:
    """One that the real SDK reaches through the real transport, without a network."""
    fake = FakeOrganization()

    def send(_: HTTPAdapter, request: requests.PreparedRequest, **_options: object) -> object:
        reply = fake(str(request.method), str(request.url))
        return response(request, reply.status, reply.body, reply.headers)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", send)
        with ReadOnlyTransport(RetryPolicy(attempts=1)):
            yield fake


def in_pages(*pages: list[Any]) -> Callable[[dict[str, str]], Reply]:
    """A list over several pages, each but the last with the token of the next."""

    def answer(query: dict[str, str]) -> Reply:
        number = int(query.get("continuationToken", "0"))
        more = {"x-ms-continuationtoken": str(number + 1)} if number + 1 < len(pages) else {}
        return _collection(pages[number], **more)

    return answer


def _collection(items: list[Any], **headers: str) -> Reply:
    return as_json({"count": len(items), "value": items}, **headers)


def _location(line: str) -> dict[str, Any]:
    identity, area, resource, template = line.split()
    versions = {"minVersion": "1.0", "maxVersion": "7.2", "releasedVersion": "7.1"}
    return {
        "id": identity,
        "area": area,
        "resourceName": resource,
        "routeTemplate": template,
        "resourceVersion": 9,
        **versions,
    }

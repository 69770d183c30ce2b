"""A few repositories behind the GraphQL and REST routes of GitHub that the graders use."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from graders.evidence import Repository, Sighting, Unavailable
from graders.lab import Lab, Learner
from graders.services.github.repositories import GitHub
from graders.services.http.transport import ReadOnlyTransport, RetryPolicy

ORG = "solliancelabs"
TEMPLATE = "solliancenet/labs-ae-mlops-starter"
COMMIT, OTHER_COMMIT = "c" * 40, "d" * 40
TREES = {
    "": [(".pipelines", "tree"), ("diabetes_regression", "tree"), ("README.md", "blob")],
    ".pipelines": [("diabetes_regression-ci.yml", "blob")],
    "diabetes_regression": [("scoring", "tree"), ("parameters.json", "blob")],
    "diabetes_regression/scoring": [("score.py", "blob")],
}
CI_YAML = ".pipelines/diabetes_regression-ci.yml"
Json = dict[str, Any]


@dataclass
class FakeGitHub:
    """A few repositories behind the GraphQL and REST routes the graders use."""

    repositories: dict[str, Json] = field(default_factory=dict)
    is_member: bool = True
    administers: bool = True
    is_organisation: bool = True
    sees_template: bool = True
    template_now: str = TEMPLATE
    """Where the template's name leads."""
    history: list[str] = field(default_factory=list)
    """Commits of the default branch before its latest; REST alone lists them."""
    page: int = 100
    spoil: Callable[[Json, Json], object] | None = None
    """May change a batch's answer (given with its variables) or give another in its place."""
    most_at_once: int = 1000
    too_much: int | str = 502
    renamed: dict[str, str] = field(default_factory=dict)
    rest: Json = field(default_factory=dict)
    """Changes of what REST says of a repository or of its tree."""
    requests: list[requests.PreparedRequest] = field(default_factory=list)
    scopes: str | None = None

    def add(self, full_name: str, **changes: object) -> None:
        node: Json = {
            "nameWithOwner": full_name,
            "isFork": False,
            "isArchived": False,
            "isDisabled": False,
            "isPrivate": True,
            "templateRepository": {"nameWithOwner": TEMPLATE},
            "defaultBranchRef": {
                "name": "main",
                "target": {
                    "oid": COMMIT,
                    "tree": {"oid": "7" * 40},
                    "history": {"nodes": [{"oid": COMMIT}]},
                },
            },
        }
        self.repositories[full_name.lower()] = node | changes

    def answer(self, request: requests.PreparedRequest) -> tuple[int, object]:
        self.requests.append(request)
        path = request.path_url
        if path != "/graphql":
            return self._rest(path)
        asked = json.loads(request.body or b"")
        if asked["query"].lstrip().startswith("query Names"):
            return 200, self._names(asked["variables"])
        return self._batch(asked["query"], asked["variables"])

    def _batch(self, query: str, variables: Json) -> tuple[int, object]:
        aliases = re.findall(r"(r\w+): repository\(", query)
        if len(aliases) > self.most_at_once:
            if isinstance(self.too_much, int):
                return self.too_much, {"message": "Something went wrong"}
            return 200, {"data": {}, "errors": [{"type": self.too_much, "message": "too much"}]}
        answer: Json = {"data": {}, "errors": []}
        for alias in re.findall(r"(m\w+): repository", query):
            shown = {"nameWithOwner": self.template_now}
            answer["data"][alias] = shown if self.sees_template else None
            answer["errors"] += [] if self.sees_template else [not_found(alias)]
        for alias in re.findall(r"(\w+): organization\(", query):
            standing = {"viewerIsAMember": self.is_member, "viewerCanAdminister": self.administers}
            answer["data"][alias] = standing if self.is_organisation else None
            if not self.is_organisation:
                answer["errors"].append(not_found(alias))
        for alias in aliases:
            name = f"{variables[f'{alias}_owner']}/{variables[f'{alias}_name']}".lower()
            if "followRenames: false" not in query:
                name = self.renamed.get(name, name)
            node = self.repositories.get(name)
            answer["data"][alias] = node and self._facts(node, query, variables)
            if node is None:
                answer["errors"].append(not_found(alias))
        return 200, (self.spoil and self.spoil(answer, variables)) or answer

    @staticmethod
    def _facts(node: Json, query: str, variables: Json) -> Json:
        facts = dict(node)
        for alias in re.findall(r"(\w+): object\(", query):
            path = variables[alias].removeprefix("HEAD:")
            entries = [{"name": n, "type": t, "oid": oid(n)} for n, t in TREES.get(path, ())]
            tree = {"__typename": "Tree", "entries": entries} if path in TREES else None
            blob = {"__typename": "Blob", "text": "stages: []\n"} if path == CI_YAML else None
            facts[alias] = (tree or blob) if node["defaultBranchRef"] else None
        return facts

    def _names(self, variables: Json) -> Json:
        if not self.is_organisation:
            return {"data": {"organization": None}, "errors": [not_found("organization")]}
        nodes = [
            {"name": node["nameWithOwner"].split("/")[1], "isPrivate": node["isPrivate"]}
            for node in self.repositories.values()
        ]
        start = int(variables["after"] or 0)
        end = start + self.page
        more = {"hasNextPage": end < len(nodes), "endCursor": str(end)}
        page = {"nodes": nodes[start:end], "pageInfo": more}
        return {"data": {"organization": {"repositories": page}}}

    def _rest(self, path: str) -> tuple[int, object]:
        full_name, _, rest = path.removeprefix("/repos/").replace("/", "%", 1).partition("/")
        node = self.repositories.get(full_name.replace("%", "/").lower())
        if f"{full_name.replace('%', '/')}" == TEMPLATE and self.sees_template:
            return 200, {"full_name": self.template_now}
        if node is None:
            return 404, {"message": "Not Found"}
        template = node["templateRepository"]
        tip = {"sha": COMMIT, "commit": {"tree": {"sha": "7" * 40}}}
        if rest.startswith("commits?"):
            asked = dict(parse_qsl(rest.partition("?")[2]))
            each, page = int(asked["per_page"]), int(asked.get("page", 1))
            listed = [tip, *({"sha": sha} for sha in self.history)]
            return 200, listed[(page - 1) * each : page * each]
        if rest.startswith("commits/"):
            there = {"sha": rest.removeprefix("commits/")}
            is_there = there["sha"] in (COMMIT, OTHER_COMMIT)
            return (200, there) if is_there else (422, {"message": "No commit found for SHA"})
        if rest.startswith("git/trees/"):
            blobs = [{"path": CI_YAML, "type": "blob", "sha": oid(CI_YAML)}]
            return 200, {"sha": "7" * 40, "tree": blobs, "truncated": False} | self.rest
        if rest.startswith("contents/"):
            return 200, {"content": base64.encodebytes(b"stages: []\n").decode()}
        return 200, {
            "full_name": node["nameWithOwner"],
            "fork": False,
            "archived": False,
            "disabled": False,
            "private": node["isPrivate"],
            "default_branch": "main",
            "template_repository": template and {"full_name": template["nameWithOwner"]},
        } | self.rest


def oid(name: str) -> str:
    return name.encode().hex().ljust(40, "0")[:40]


def not_found(*path: str) -> Json:
    return {"type": "NOT_FOUND", "path": list(path), "message": "Could not resolve"}


def lab_of(number: int, owner: str = ORG) -> Lab:
    names = [f"mlops_{number:02d}"] + ([f"mlops_0{number}"] if number >= 10 else [])
    learner = Learner(str(number), number)
    place = ("ssssssss", f"User{number}AML", f"user{number}aml", None, None)
    return Lab(learner, ORG, f"AE MLOps {number:02d}", owner, tuple(names), *place)


@dataclass(frozen=True)
class FakeSignIn:
    github_token: str = "ghp_canary"

    def token_for_github(self) -> str:
        return self.github_token


@contextmanager
def connected() -> Iterator[FakeGitHub]:
    """A GitHub that real PyGithub reaches through the real transport."""
    fake = FakeGitHub()

    def send(_: HTTPAdapter, request: requests.PreparedRequest, **_options: object) -> object:
        status, body = fake.answer(request)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if fake.scopes is not None:
            headers["X-OAuth-Scopes"] = fake.scopes
        response = requests.Response()
        raw = io.BytesIO(json.dumps(body).encode())
        response.raw = HTTPResponse(raw, headers, status, preload_content=False)
        response.status_code, response.url, response.request = status, request.url or "", request
        response.headers.update(headers)
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", send)
        with ReadOnlyTransport(RetryPolicy(attempts=1)):
            yield fake


class Shown(NamedTuple):
    """What GitHub showed of one learner, and where."""

    repositories: tuple[Repository, ...] | Unavailable
    similar: tuple[str, ...]
    sightings: tuple[Sighting, ...]


def collect(
    *labs: Lab, token: str = FakeSignIn.github_token, everyone: Sequence[Lab] = ()
) -> dict[str, Shown]:
    shown = GitHub(FakeSignIn(token), everyone).look_at(labs)  # type: ignore[arg-type]
    return {
        identity: Shown(facts.repositories, facts.similar_repositories, where)
        for identity, (facts, where) in shown.items()
    }


def cause(facts: Shown) -> str:
    assert isinstance(facts.repositories, Unavailable)
    return f"{facts.repositories.cause}. {facts.repositories.remedy}"


def places(facts: Shown) -> list[str]:
    return [urlsplit(sighting.url).path for sighting in facts.sightings]

"""What may leave the process, by what the request says itself, and what is shown of an address."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from graders.services.http import read_only
from graders.services.http.read_only import (
    SERVICES,
    give_address,
    hide_tokens,
    objection,
    own_document,
    service_of,
    without_secrets,
)

PROJECTS = "https://dev.azure.com/org/_apis/projects"
GRAPHQL = "https://api.github.com/graphql"
SCORE = "http://1a2b.centralus.azurecontainer.io/score"
LAB_FILE = "https://lab.example/lab.toml?sig=s3cr3t"
OURS = "query Ours { viewer { login } }"


@pytest.fixture(autouse=True)
def _given(monkeypatch: pytest.MonkeyPatch) -> None:
    """One lab file's address, and one document of this program's."""
    monkeypatch.setattr(read_only, "_addresses", set())
    monkeypatch.setattr(read_only, "_documents", set())
    give_address(LAB_FILE)
    assert own_document(OURS) == OURS


def why_not(
    url: str, method: str = "GET", body: Any = None, secrets: Any = None, **headers: str
) -> str:
    request = requests.Request(method, url, headers=headers, data=body).prepare()
    return objection(request, secrets)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (PROJECTS, "Azure DevOps"),
        ("https://DEV.Azure.com/org", "Azure DevOps"),
        ("https://x.artifacts.visualstudio.com/", "Azure DevOps artifacts"),
        (GRAPHQL, "GitHub"),
        (SCORE, "the endpoint"),
        ("https://e.centralus.inference.ml.azure.com/score", "the online endpoint"),
        ("https://westus.api.azureml.ms/", "Azure ML"),
        ("https://x.aether.ms/", "Azure ML"),
        (LAB_FILE, "the lab file"),
        (LAB_FILE + "&more", None),
        ("https://lab.example/", None),
        ("https://dev.azure.com.example/", None),
        ("https://x.dev.azure.com/", None),
        ("https://evilazurecontainer.io/", None),
        ("https://[", None),
        ("", None),
    ],
)
def test_a_service_is_known_by_its_host_and_a_lab_file_by_its_whole_address(
    url: str, name: str | None
) -> None:
    service = service_of(url)
    assert (service and service.name) == name


def test_what_a_learner_runs_and_whose_allowance_counts() -> None:
    assert [service.name for service in (*SERVICES, read_only.GIVEN) if service.is_learners] == [
        "the endpoint",
        "the online endpoint",
        "the lab file",
    ]
    assert {service.name: service.allowance for service in SERVICES}["Azure DevOps artifacts"] == (
        "Azure DevOps"
    )


READS = "the grader only reads: "
OVERRIDE = f"{READS}a request that names another method is not sent"
PORT = "dev.azure.com is only spoken to on the usual port"


@pytest.mark.parametrize(
    ("method", "url", "why"),
    [
        ("GET", PROJECTS, ""),
        ("GET", f"{PROJECTS}?method=x&a=b", OVERRIDE),
        ("GET", f"{PROJECTS}?_method=", ""),
        ("GET", f"{PROJECTS}?X-HTTP-Method-Override=DELETE", OVERRIDE),
        ("GET", "https://dev.azure.com:443/org/_apis/projects", ""),
        ("GET", "https://dev.azure.com:8443/org", PORT),
        ("GET", "https://dev.azure.com:80/org", PORT),
        ("GET", "http://dev.azure.com/org", "dev.azure.com is only spoken to over https"),
        ("POST", SCORE, ""),
        ("POST", SCORE.replace(".io", ".io:80"), ""),
        (
            "POST",
            SCORE.replace(".io", ".io:443"),
            "1a2b.centralus.azurecontainer.io is only spoken to on the usual port",
        ),
        ("POST", SCORE.replace("http", "https"), ""),
        (
            "POST",
            SCORE.replace("http", "ftp"),
            "1a2b.centralus.azurecontainer.io is only spoken to over https",
        ),
        (
            "GET",
            "https://user:word@dev.azure.com/org",
            "a URL must not carry a user name or password",
        ),
        (
            "GET",
            "https://elsewhere.example/?sig=s3cr3t",
            "elsewhere.example is not a host the grader contacts",
        ),
        ("DELETE", PROJECTS, f"{READS}DELETE /org/_apis/projects is not on its list"),
        (
            "GET",
            f"https://dev.azure.com/{'x' * 400}",
            f"{READS}GET /{'x' * 298}… is not on its list",
        ),
        ("GET", LAB_FILE, ""),
        ("POST", LAB_FILE, "a lab file is only read"),
    ],
)
def test_why_a_request_is_not_sent_is_one_sentence(method: str, url: str, why: str) -> None:
    assert why_not(url, method) == why


def test_a_request_that_was_never_prepared_is_not_sent() -> None:
    request = requests.PreparedRequest()
    assert objection(request) == "no host is not a host the grader contacts"
    request.url, request.headers = PROJECTS, requests.structures.CaseInsensitiveDict()
    assert objection(request) == f"{READS} /org/_apis/projects is not on its list"


def test_a_token_goes_to_its_own_service_only() -> None:
    words = "a token of the grader is not for GitHub"
    assert why_not(GRAPHQL, "POST", Authorization="Basic OnBhdA==") == words
    assert why_not(GRAPHQL, secrets={"s3cr3t": ("Azure ML",)}, X="s3cr3t") == words
    assert "a token" not in why_not(GRAPHQL, secrets={"s3cr3t": ("GitHub",)}, X="s3cr3t")


@pytest.mark.parametrize(
    ("name", "is_override"),
    [
        ("X-HTTP-Method-Override", True),
        ("x-http-method", True),
        ("X-Method-Override", True),
        ("_method", True),
        ("X-Methods", False),
    ],
)
def test_no_header_makes_a_read_something_else(name: str, is_override: bool) -> None:
    assert bool(why_not(PROJECTS, **{name: "DELETE"})) is is_override


@pytest.mark.parametrize(
    ("body", "is_ours"),
    [
        (json.dumps({"query": OURS, "variables": {}}), True),
        (json.dumps({"variables": {"a": 1}, "query": OURS}).encode(), True),
        (json.dumps({"query": OURS + " ", "variables": {}}), False),
        (json.dumps({"query": OURS}), False),
        (json.dumps({"query": OURS, "variables": {}, "operationName": "Ours"}), False),
        (f'{{"query": "{OURS}", "variables": {{}}, "query": "mutation {{ x }}"}}', False),
        (json.dumps({"query": [OURS], "variables": {}}), False),
        (b"\xff", False),
        ("[1]", False),
        ("7", False),
        ("", False),
    ],
)
def test_only_documents_of_this_program_are_sent_and_nothing_beside_them(
    body: Any, is_ours: bool
) -> None:
    foreign = f"{READS}a GraphQL body of anybody else's is not sent"
    assert why_not(GRAPHQL, "POST", body) == ("" if is_ours else foreign)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:s3cr3t@h.example:443/a/b?q=1#s3cr3t", "https://h.example/a/b?q=1"),
        ("https://h.example:8443/?q=", "https://h.example:8443/?q="),
        ("https://h.example/?sig=s3cr3t&X-Key=s3cr3t", "https://h.example/?sig=…&X-Key=…"),
        ("https://h.example/?q=ghp_s3cr3t", "https://h.example/?q=…"),
        ("https://h.example/?eyJhbGciOiJ9=1", "https://h.example/?…=1"),
        ("https://h.example/?q=%2541%253D1", "https://h.example/?q=…"),
        ("https://h.example/?q=a%3Bb", "https://h.example/?q=…"),
        ("https://h.example/?q=a%26b", "https://h.example/?q=…"),
        ("https://h.example/?q=a%3Fb", "https://h.example/?q=…"),
        ("https://h.example/?to=http%3A%2F%2Fx", "https://h.example/?to=…"),
        ("https://h.example/?to=a/b:c,*", "https://h.example/?to=a/b:c,*"),
        ("https://h.example/?q=a b", "https://h.example/?q=a+b"),
        ("https://[/x?sig=s3cr3t", "…"),
    ],
)
def test_of_an_address_nothing_is_shown_that_could_be_secret(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("token ghp_abc.d+e/f=- is bad", "token … is bad"),
        ("github_pat_1 and eyJhbGciOiJ9.eyJ9.x", "… and …"),
        ("gh_x, eyJabc", "gh_x, eyJabc"),
    ],
)
def test_what_looks_like_a_token_is_hidden(text: str, shown: str) -> None:
    assert hide_tokens(text) == shown

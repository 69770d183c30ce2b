"""A token goes to the service that it is for, and to no other."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import requests

from graders.services.http import tokens
from graders.services.http.tokens import goes_astray

DEVOPS, ARTIFACTS, GITHUB = "Azure DevOps", "Azure DevOps artifacts", "GitHub"
MANAGER, ML, ACTIONS, ENDPOINT = (
    "Azure Resource Manager",
    "Azure ML",
    "GitHub Actions",
    "the endpoint",
)
EVERYBODY = {DEVOPS, ARTIFACTS, GITHUB, MANAGER, ML, ACTIONS, ENDPOINT}
OF_AZURE = {DEVOPS, ARTIFACTS, MANAGER, ML}


@pytest.fixture(autouse=True)
def _read_anew() -> None:
    """What is kept of an earlier test's call would hide a mutant."""
    tokens._owners.cache_clear()


def reached(value: str | bytes, url: str = "https://x", **secrets: tuple[str, ...]) -> set[str]:
    """The services that a request with such a header may go to."""
    request = requests.PreparedRequest()
    request.prepare("GET", url, headers={"X-Token": value})
    return {service for service in EVERYBODY if not goes_astray(request, service, secrets)}


def token(claims: object) -> str:
    text = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return f"Bearer eyJ0eXAi.{base64.urlsafe_b64encode(text).decode().rstrip('=')}.c2ln"


@pytest.mark.parametrize(
    ("claims", "services"),
    [
        ({"aud": "499b84ac-1321-427f-aa17-267ca6975798"}, {DEVOPS, ARTIFACTS}),
        ({"aud": "499b84ac-1321-427f-aa17-267ca6975798/.default"}, {DEVOPS, ARTIFACTS}),
        ({"aud": "https://management.azure.com/"}, {MANAGER, ML}),
        ({"aud": "797f4846-ba00-4fd7-ba43-dac1f8f63013"}, {MANAGER, ML}),
        ({"aud": "https://pipelines.actions.githubusercontent.com/x"}, {ACTIONS}),
        ({"iss": 12345}, {GITHUB}),
        ({"iss": 1, "exp": 22}, {GITHUB}),
        ({"aud": "api://another"}, OF_AZURE),
        ({"aud": ["https://management.azure.com/"]}, OF_AZURE),
        ([], OF_AZURE),
        (b"no json", OF_AZURE),
        (b"\xff\xfe", OF_AZURE),
    ],
)
def test_a_signed_token_goes_where_its_audience_says(claims: Any, services: set[str]) -> None:
    assert reached(token(claims)) == services
    assert reached(token(claims).encode()) == services


@pytest.mark.parametrize("length", range(4))
def test_claims_of_any_length_are_read(length: int) -> None:
    claims = {"aud": "https://management.azure.com/", "x": "x" * length}
    assert reached(token(claims)) == {MANAGER, ML}


@pytest.mark.parametrize(
    ("value", "services"),
    [
        ("Bearer eyJ0.a", OF_AZURE),
        ("Bearer eyJ0eXAi", OF_AZURE),
        ("Basic OnBhdA==", {DEVOPS, ARTIFACTS}),
        ("basic x", {DEVOPS, ARTIFACTS}),
        ("token ghp_abc", {GITHUB}),
        ("github_pat_abc", {GITHUB}),
        ("Bearer servicekey1234", EVERYBODY),
        (f"{token({'aud': 'https://management.azure.com/'})} ghp_abc", set()),
    ],
)
def test_other_tokens_are_told_by_their_form(value: str, services: set[str]) -> None:
    assert reached(value) == services


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("Bearer s3cr3t", "https://x"),
        (b"Bearer s3cr3t", "https://x"),
        (b"Bearer s3\\cr3t", "https://x"),
        (b"\xff s3cr3t", "https://x"),
        ("Bearer " + base64.b64encode(b":s3cr3t").decode(), "https://x"),
        ("Word and " + base64.b64encode(b"\xff:s3cr3t").decode(), "https://x"),
        ("x", "https://x/?a=s3cr3t"),
        ("x", "https://x/?a=s%33cr%33t"),
    ],
)
def test_a_secret_stays_with_its_services_in_whatever_place_it_is(
    value: str | bytes, url: str
) -> None:
    kept = {"s3cr3t": (GITHUB, ML), "s3\\cr3t": (GITHUB, ML), "other": ()}
    assert reached(value, url, **kept) == {GITHUB, ML}
    assert reached("nothing", "https://x", **kept) == EVERYBODY
    assert reached(value, url, **{"": ()}) == EVERYBODY


def test_a_secret_that_is_given_with_another_token_goes_where_both_may_go() -> None:
    both = f"{token({'aud': 'https://management.azure.com/'})} s3cr3t"
    assert reached(both, s3cr3t=(ML, GITHUB)) == {ML}

"""What a client of the simulated tenant really gets when a fault strikes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from fixtures.simulator.serving.fault_kinds import can_have
from fixtures.simulator.serving.fault_pages import LAST_PAGE
from fixtures.simulator.serving.faults import FAULTS, FaultRule
from fixtures.simulator.serving.route_names import ENDPOINT, QUESTIONS
from fixtures.simulator.state import NOW
from tests.support.fault_matrix import question
from tests.support.served_bodies import recording
from tests.support.served_tenant import ORGANIZATION, SUBSCRIPTION, Served, tenant_of

GITHUB = "https://api.github.com"
DEVOPS = f"https://dev.azure.com/{ORGANIZATION}/_apis/projects"
WORKSPACES = (
    f"https://management.azure.com/subscriptions/{SUBSCRIPTION}"
    "/providers/Microsoft.MachineLearningServices/workspaces?api-version=2024-04-01"
)
REPOSITORY = f"{GITHUB}/repos/{ORGANIZATION}/mlops_01"
BATCH = """query Batch { r0: repository(owner: "WireTests", name: "mlops_01") { name }
  r1: repository(owner: "WireTests", name: "mlops_02") { name } }"""
NAMES = """query Names($after: String) { organization(login: "WireTests") { repositories(
  first: 100, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } } } }"""


class Struck:
    """A tenant with one fault on one route, and how it is asked."""

    def __init__(self, served: Served) -> None:
        self.served = served

    def get(self, url: str, **more: Any) -> requests.Response:
        headers = self.headers(url)
        return requests.get(url, headers=headers, timeout=30, allow_redirects=False, **more)

    def headers(self, url: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token(url)}"}

    def query(self, text: str, **variables: object) -> requests.Response:
        body = {"query": text, "variables": variables}
        headers = self.headers(GITHUB)
        return requests.post(f"{GITHUB}/graphql", json=body, headers=headers, timeout=30)

    def _token(self, url: str) -> str:
        if url.startswith(GITHUB):
            return self.served.tenant.ids.github_token
        devops = "499b84ac-1321-427f-aa17-267ca6975798"
        is_devops = "dev.azure.com" in url
        return self.served.token(devops if is_devops else "https://management.azure.com")


@contextmanager
def struck(asked: str, fault: str, **more: Any) -> Iterator[Struck]:
    route = question(asked)
    rule = FaultRule("entry", route.service, route, fault, **more)
    with recording(tenant_of(3), [rule]) as (served, _):
        yield Struck(served)


def test_nothing_with_a_status_that_says_so() -> None:
    for fault in ("204", "304"):
        with struck("repository", fault) as tenant:
            answer = tenant.get(REPOSITORY)
            assert (answer.status_code, answer.content) == (int(fault), b"")


def test_no_connection_of_before_outlives_a_proxy_that_refuses() -> None:
    """Else a client that tries again over one of them never meets the fault."""
    one, other = requests.Session(), requests.Session()
    with struck("repository", "proxy-refuses") as tenant, one, other:
        headers = tenant.headers(GITHUB)
        for session in (one, other):
            session.get(f"{GITHUB}/user", headers=headers, timeout=30)
        with pytest.raises(requests.exceptions.ConnectionError, match="RemoteDisconnected"):
            one.get(REPOSITORY, headers=headers, timeout=30)
        with pytest.raises(requests.exceptions.ConnectionError, match="502 Bad Gateway"):
            other.get(REPOSITORY, headers=headers, timeout=30)


def test_a_limit_that_ends_at_a_date() -> None:
    with struck("projects", "429-retry-after-date") as tenant:
        answer = tenant.get(DEVOPS)
        then = parsedate_to_datetime(answer.headers["Retry-After"])
        assert answer.status_code == 429
        assert timedelta(0) < then - datetime.now(UTC) < timedelta(seconds=3)


def test_the_secondary_limit_of_github() -> None:
    with struck("repository", "secondary-limit") as tenant:
        answer = tenant.get(REPOSITORY)
        assert (answer.status_code, "secondary rate limit" in answer.text) == (403, True)
        assert "Retry-After" not in answer.headers
        assert int(answer.headers["x-ratelimit-remaining"]) > 0


def test_a_redirect_to_another_host() -> None:
    with struck("workspaces", "redirect-elsewhere") as tenant:
        answer = tenant.get(WORKSPACES)
        assert answer.status_code == 307
        assert answer.headers["Location"].startswith("https://elsewhere.example/")


@pytest.mark.parametrize("fault", ["clock-ahead", "clock-behind"])
def test_a_clock_that_is_off(fault: str) -> None:
    with struck("repository", fault) as tenant:
        answer = tenant.get(REPOSITORY)
        assert answer.json()["name"] == "mlops_01"
        off = parsedate_to_datetime(answer.headers["Date"]) - NOW
        wanted = timedelta(hours=5 if fault == "clock-ahead" else -5)
        assert abs(off - wanted) < timedelta(minutes=1)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_small_body_unpacks_to_very_many_bytes(encoding: str) -> None:
    with struck("repository", f"{encoding}-bomb") as tenant:
        answer = tenant.get(REPOSITORY, stream=True)
        assert answer.headers["Content-Encoding"] == encoding
        assert int(answer.headers["Content-Length"]) < 1024 * 1024
        unpacked = sum(len(part) for part in answer.iter_content(1024 * 1024))
        assert unpacked > 64 * 1024 * 1024


@pytest.mark.parametrize(
    ("asked", "url"), [("workspaces", WORKSPACES), ("projects", DEVOPS), ("repository", REPOSITORY)]
)
def test_a_huge_answer(asked: str, url: str) -> None:
    with struck(asked, "huge-list") as tenant:
        answer = tenant.get(url)
        assert len(answer.content) > 20 * 1024 * 1024
        if "value" in answer.json():
            assert len(answer.json()["value"]) > 1000


def test_a_drip_takes_its_time() -> None:
    with struck("repository", "slow-drip") as tenant:
        answer = tenant.get(REPOSITORY, stream=True)
        started, got = time.monotonic(), b""
        while len(got) < 5:
            got += answer.raw.read1(100)
        answer.close()
        assert got == b'{"id"'
        assert time.monotonic() - started > 1


# --- pages ----------------------------------------------------------------------------------------


def test_an_endless_list_by_a_header() -> None:
    with struck("projects", "endless-pages") as tenant:
        token, names = "", []
        for _ in range(3):
            answer = tenant.get(f"{DEVOPS}?continuationToken={token}" if token else DEVOPS)
            token = answer.headers["x-ms-continuationtoken"]
            names.append([one["name"] for one in answer.json()["value"]])
        assert names[0] == names[1] == names[2] != []
        last = tenant.get(f"{DEVOPS}?continuationToken={4710 + LAST_PAGE}")
        assert last.status_code == 500


def test_an_endless_list_by_a_link() -> None:
    with struck("workspaces", "endless-pages") as tenant:
        links = [WORKSPACES]
        for _ in range(3):
            answer = tenant.get(links[-1])
            assert len(answer.json()["value"]) == 3
            links.append(answer.json()["nextLink"])
        assert len(set(links)) == 4
        assert tenant.served.journal.unknown_parameters == {}


def test_an_endless_list_by_a_cursor() -> None:
    with struck("repository names", "endless-pages") as tenant:
        after, seen = None, []
        for _ in range(3):
            page = tenant.query(NAMES, after=after).json()["data"]["organization"]["repositories"]
            assert page["pageInfo"]["hasNextPage"] is True
            after = page["pageInfo"]["endCursor"]
            seen.append((after, len(page["nodes"])))
        assert seen == [("4711", 3), ("4712", 3), ("4713", 3)]


def test_a_next_page_on_another_host() -> None:
    with struck("workspaces", "next-page-elsewhere") as tenant:
        assert tenant.get(WORKSPACES).json()["nextLink"].startswith("https://elsewhere.example/sub")


def test_a_list_that_is_silently_shorter() -> None:
    with struck("workspaces", "shorter-list") as tenant:
        assert len(tenant.get(WORKSPACES).json()["value"]) == 1
    with struck("projects", "shorter-list") as tenant:
        projects = tenant.get(DEVOPS).json()
        assert projects["count"] == len(projects["value"]) == 1
    with struck("repository names", "shorter-list") as tenant:
        page = tenant.query(NAMES).json()["data"]["organization"]["repositories"]
        assert [one["name"] for one in page["nodes"]] == ["mlops_01"]
        assert page["pageInfo"]["hasNextPage"] is False


# --- inside a 200, and tokens ---------------------------------------------------------------------


def test_graphql_fails_inside_a_200() -> None:
    with struck("repositories", "graphql-error") as tenant:
        answer = tenant.query(BATCH)
        assert (answer.status_code, answer.json()["data"]) == (200, None)
        (error,) = answer.json()["errors"]
        assert "type" not in error
        assert "Something went wrong while executing your query" in error["message"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("graphql-forbidden", "forbids access via a personal access token (classic)"),
        ("graphql-ip-allow-list", "IP allow list enabled"),
        ("graphql-saml", "SAML enforcement"),
    ],
)
def test_graphql_forbids_inside_a_200(fault: str, words: str) -> None:
    with struck("repositories", fault) as tenant:
        answer = tenant.query(BATCH)
        assert (answer.status_code, answer.json()["data"]) == (200, {"r0": None, "r1": None})
        errors = answer.json()["errors"]
        assert [(one["type"], one["path"]) for one in errors] == [
            ("FORBIDDEN", ["r0"]),
            ("FORBIDDEN", ["r1"]),
        ]
        is_saml = fault == "graphql-saml"
        assert all(words in one["message"] for one in errors)
        assert {one["extensions"]["saml_failure"] for one in errors} == {is_saml}
        assert ("x-github-sso" in answer.headers) == is_saml


def test_a_token_expires_in_the_middle_of_a_run() -> None:
    with struck("repository", "token-expires", calls=frozenset({2})) as tenant:
        asked = [REPOSITORY, f"{REPOSITORY}/commits", REPOSITORY, f"{REPOSITORY}/commits"]
        assert [tenant.get(url).status_code for url in asked] == [200, 200, 401, 401]
        assert tenant.query(BATCH).status_code == 401
        assert tenant.get(DEVOPS).status_code == 200, "another service's token still holds"


@pytest.mark.parametrize(("fault", "status"), [("model-error", 500), ("model-error-424", 424)])
def test_the_learners_code_raises(fault: str, status: int) -> None:
    with struck("score", fault) as tenant:
        host = tenant.served.world(1).services[0].scoring_host
        answer = requests.post(f"http://{host}/score", json={"data": [[1] * 10]}, timeout=30)
        assert answer.status_code == status
        assert answer.headers["x-ms-run-function-failed"] == "True"
        assert ("ms-azureml-model-error-statuscode" in answer.headers) == (status == 424)


def test_a_fault_of_one_service_is_not_anothers() -> None:
    of = {fault: {one.service for one in QUESTIONS if can_have(one, fault)} for fault in FAULTS}
    assert of["secondary-limit"] == of["graphql-error"] == of["graphql-saml"] == {"GitHub"}
    assert of["model-error"] == {ENDPOINT}
    assert all(of.values())

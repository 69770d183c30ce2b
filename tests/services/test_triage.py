"""Judging answers at the call: read, or unavailable, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError

from graders.evidence import Sighting, Unavailable
from graders.services.http.exchange import BrokenOffAtProxyError, Fault, failed_exchange
from graders.services.http.read_only import RequestBlocked
from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from graders.services.http.triage import look
from tests.support.loopback_proxy import Loopback, Reply, as_json

URLS = {
    "Azure DevOps": "https://dev.azure.com/org/_apis/projects",
    "GitHub": "https://api.github.com/repos/o/n",
    "Azure Resource Manager": "https://management.azure.com/subscriptions/s/resourceGroups/g/providers"
    "/Microsoft.MachineLearningServices/workspaces/w",
    "Azure ML": "https://centralus.api.azureml.ms/discovery",
}
PAGE = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def wire(internet: Loopback, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    internet.stand_in_for_the_internet(monkeypatch)
    with ReadOnlyTransport(RetryPolicy(attempts=2, backoff=0.001)):
        yield internet


def ask(service: str = "Azure DevOps") -> Callable[[], object]:
    return lambda: requests.get(URLS[service], timeout=5).json()


def test_returns_the_answer_and_notes_where_it_came_from(wire: Loopback) -> None:
    wire.replies[:] = [Reply(503), as_json({"count": 0}, ActivityId="a-1")]
    sightings: list[Sighting] = []
    assert look("Azure DevOps", "projects", ask(), sightings) == {"count": 0}
    assert [
        (sighting.what, sighting.url, sighting.status, sighting.request_id)
        for sighting in sightings
    ] == [("projects", URLS["Azure DevOps"], 200, "a-1")]


def test_a_request_that_the_grader_refuses_to_send_is_reported(wire: Loopback) -> None:
    before = len(wire.requests)
    fault = look("GitHub", "the repository", lambda: requests.delete(URLS["GitHub"], timeout=5), [])
    assert isinstance(fault, Unavailable)
    assert fault.cause.startswith("refused: ")
    assert "The grader only contacts known hosts" in fault.remedy
    assert len(wire.requests) == before


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.exceptions.ProxyError("no"), Fault.PROXY),
        (BrokenOffAtProxyError("it broke off"), Fault.PROXY),
        (requests.exceptions.SSLError("no"), Fault.TLS),
        (RequestBlocked("no"), Fault.REFUSED),
        (requests.exceptions.ReadTimeout("no"), Fault.NETWORK),
    ],
)
def test_a_failed_request_is_noted_by_the_kind_of_fault(
    error: requests.RequestException, kind: Fault
) -> None:
    request = requests.Request("GET", URLS["GitHub"]).prepare()
    assert failed_exchange(request, error).fault is kind


@pytest.mark.parametrize("service", list(URLS))
@pytest.mark.parametrize(
    ("reply", "cause", "remedy"),
    [
        (Reply(401), "expired or is not accepted", ""),
        (as_json({"message": "TF400813: x"}, 401), "TF400813", ""),
        (Reply(403), "no permission", "give the grader|make the grader"),
        (Reply(403, headers={"x-ratelimit-remaining": "0"}), "is used up (403", "--resume"),
        (Reply(404), "may not see it", "If it exists"),
        (Reply(429, headers={"Retry-After": "900"}), "slow down", "--resume"),
        (Reply(500), "has trouble of its own", "--resume"),
        (Reply(203, b"<html>", PAGE), "sign-in page", ""),
        (Reply(200, b"<html>", PAGE), "sign-in page", ""),
        (Reply(302, headers={"Location": "https://elsewhere.example/_signin"}), "sign-in page", ""),
        (Reply(400), "refused the question", "bug"),
        (Reply(200, b'{"a": '), "not what the service promises", "--resume"),
        (Reply(200, b'{"a": 1}', cut=3), "cut short", "network"),
        (as_json(None), "empty", "--resume"),
    ],
)
def test_an_invalid_answer_is_unavailable(
    wire: Loopback, service: str, reply: Reply, cause: str, remedy: str
) -> None:
    wire.replies[:] = [reply]
    result = look(service, "it", ask(service), [])
    assert isinstance(result, Unavailable)
    assert (result.service, result.what, result.url) == (service, "it", URLS[service])
    assert cause in result.cause
    assert any(words in result.remedy for words in remedy.split("|"))


def test_no_words_of_the_answer_or_the_exception_are_repeated(wire: Loopback) -> None:
    wire.replies[:] = [as_json({"message": "canary", "typeKey": "canary canary"}, 403)]

    def call() -> None:
        answer = requests.get(URLS["GitHub"], params={"sig": "canary"}, timeout=5)
        raise ValueError(answer.text)

    sightings: list[Sighting] = []
    result = look("GitHub", "it", call, sightings)
    assert isinstance(result, Unavailable)
    assert "canary" not in repr(result) + str(result) + repr(sightings)


def test_an_untrusted_certificate_names_the_setting(
    wire: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wire
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    result = look("GitHub", "it", ask("GitHub"), [])
    assert isinstance(result, Unavailable)
    assert "TLS" in result.cause
    assert "REQUESTS_CA_BUNDLE" in result.remedy


def test_a_host_that_is_not_ours_is_refused_not_asked(wire: Loopback) -> None:
    result = look("GitHub", "it", lambda: requests.get("https://elsewhere.example", timeout=5), [])
    assert isinstance(result, Unavailable)
    assert "elsewhere.example" in result.cause
    assert wire.requests == []


def test_a_refused_sign_in_is_distinguished_from_a_refused_answer(wire: Loopback) -> None:
    body = {"error": "invalid_client", "error_description": "AADSTS7000222: canary"}
    wire.replies[:] = [as_json(body, 401)]

    def call() -> None:
        requests.post("https://login.microsoftonline.com/t/oauth2/v2.0/token", timeout=5)
        raise ClientAuthenticationError

    sightings: list[Sighting] = []
    result = look("Azure ML", "it", call, sightings)
    assert isinstance(result, Unavailable)
    assert result.cause == "the sign-in was refused (401 AADSTS7000222)"
    assert "AZURE_CLIENT_SECRET" in result.remedy
    assert sightings == []


def test_an_endpoint_may_answer_with_a_page(wire: Loopback) -> None:
    wire.replies[:] = [Reply(200, b"<html>", PAGE)]
    url = "http://1a2b.centralus.azurecontainer.io/swagger.json"
    assert look("the endpoint", "it", lambda: requests.get(url, timeout=5).text, []) == "<html>"

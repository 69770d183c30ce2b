"""Refusals as the real services send them: the service's words, the fitting remedy, and retries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from graders.evidence import ServiceName, Unavailable
from graders.services.github import parsing
from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from graders.services.http.triage import look
from tests.support.fake_github import ORG, collect, connected, lab_of
from tests.support.loopback_proxy import Loopback, Reply, as_json

DEVOPS = "https://dev.azure.com/org/_apis/projects"
GITHUB = "https://api.github.com/repos/o/n"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@pytest.fixture
def wire(internet: Loopback, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    internet.stand_in_for_the_internet(monkeypatch)
    with ReadOnlyTransport(RetryPolicy(attempts=2, backoff=0.001, retry_after_cap=0.01)):
        yield internet


def refusal_of(service: ServiceName, url: str) -> Unavailable:
    answer = look(service, "it", lambda: requests.get(url, timeout=5).json(), [])
    assert isinstance(answer, Unavailable)
    return answer


@pytest.mark.parametrize(
    ("status", "code", "words", "remedy"),
    [
        (503, "TF24668", "The project collection is stopped: org.", "to start it again"),
        (403, "VS403463", "The conditional access policy has failed.", "conditional access policy"),
        (
            403,
            "TF215106",
            "Access denied. The grader needs View builds.",
            "a Reader of the project",
        ),
    ],
)
def test_azure_devops_says_why_in_its_own_words(
    wire: Loopback, status: int, code: str, words: str, remedy: str
) -> None:
    body = as_json({"message": f"{code}: {words}", "typeKey": "AccessDeniedException"}, status)
    wire.replies[:] = [Reply(status, BYTE_ORDER_MARK + body.body, body.headers)]
    refused = refusal_of(ServiceName.AZURE_DEVOPS, DEVOPS)
    assert refused.cause == f"Azure DevOps refused it ({status} {code}: {code}: {words})"
    assert remedy in refused.remedy
    assert "--resume" not in refused.remedy


def test_an_expired_token_that_is_called_a_missing_right_is_an_expired_token(
    wire: Loopback,
) -> None:
    body = as_json({"message": "Access Denied: expired.", "typeKey": "AccessCheckException"}, 401)
    wire.replies[:] = [Reply(401, BYTE_ORDER_MARK + body.body, body.headers)]
    refused = refusal_of(ServiceName.AZURE_DEVOPS, DEVOPS)
    assert refused.cause == (
        "the grader's token has expired or is not accepted (401 AccessCheckException)"
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"code": "Forbidden", "statusCode": 403, "message": "No."}, "Forbidden"),
        ({"Error": {"Code": "UserError", "Message": "No."}}, "UserError"),
        ({"error": {"code": "AuthorizationFailed", "message": "No."}}, "AuthorizationFailed"),
    ],
)
def test_each_shape_of_azures_refusals_names_its_code(
    wire: Loopback, body: dict[str, object], code: str
) -> None:
    wire.replies[:] = [as_json(body, 403)]
    url = "https://centralus.api.azureml.ms/discovery"
    assert code in refusal_of(ServiceName.AZURE_ML, url).cause


# --- GitHub ---------------------------------------------------------------------------------------

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes."


def test_a_secondary_limit_is_waited_for_though_it_does_not_say_how_long(wire: Loopback) -> None:
    headers = {"x-ratelimit-remaining": "4914"}
    limited = as_json({"message": SECONDARY}, 403, **headers)
    wire.replies[:] = [limited, as_json({"full_name": "o/n"})]
    answer = look(ServiceName.GITHUB, "it", lambda: requests.get(GITHUB, timeout=5).json(), [])
    assert answer == {"full_name": "o/n"}
    assert len(wire.requests) == 2
    wire.replies[:] = [limited]
    refused = refusal_of(ServiceName.GITHUB, GITHUB)
    assert "allowance of calls is used up (403)" in refused.cause
    assert "permission" not in str(refused)


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("`o` forbids access via a personal access token (classic).", "fine-grained token"),
        ("Although you appear authorized, the `o` IP allow list forbids it.", "IP allow list"),
        ("Resource protected by organization SAML enforcement.", "Configure SSO"),
    ],
)
def test_github_says_why_in_its_own_words(wire: Loopback, message: str, remedy: str) -> None:
    wire.replies[:] = [as_json({"message": message}, 403)]
    refused = refusal_of(ServiceName.GITHUB, GITHUB)
    assert message in refused.cause
    assert remedy in refused.remedy


@pytest.mark.parametrize("status", ["403 of REST", "200 of GraphQL"])
def test_a_classic_token_is_told_what_to_use_instead(status: str, wire: Loopback) -> None:
    message = "`o` forbids access via a personal access token (classic)."
    if status == "403 of REST":
        wire.replies[:] = [as_json({"message": message}, 403)]
        assert "no classic token" in refusal_of(ServiceName.GITHUB, GITHUB).remedy
        return
    with connected() as fake:
        error = {"type": "FORBIDDEN", "path": ["r0_0"], "message": message}
        fake.spoil = lambda _answer, _variables: {"data": {"r0_0": None}, "errors": [error]}
        (facts,) = collect(lab_of(1)).values()
    assert isinstance(facts.repositories, Unavailable)
    assert message in facts.repositories.cause
    assert "no classic token" in facts.repositories.remedy


def test_a_query_that_went_wrong_without_a_type_is_halved() -> None:
    gave_up = {"message": "Something went wrong while executing your query on 2026-11-28."}

    def spoil(answer: dict[str, object], variables: dict[str, object]) -> object:
        return answer if len(variables) <= 4 else {"data": None, "errors": [gave_up]}

    with connected() as fake:
        labs = [lab_of(number) for number in range(1, 6)]
        for lab in labs:
            fake.add(f"{ORG}/{lab.repositories[0]}")
        fake.spoil = spoil
        facts = collect(*labs)
    assert not [own for own in facts.values() if isinstance(own.repositories, Unavailable)]
    assert parsing.is_too_much({"errors": [gave_up]})
    assert not parsing.is_too_much({"errors": [{**gave_up, "type": "NOT_FOUND"}]})


# --- words ----------------------------------------------------------------------------------------

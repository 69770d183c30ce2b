"""What one answer is taken for, and what an operator reads of it, word for word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError
from requests.adapters import HTTPAdapter

from graders.evidence import ServiceName, Sighting, Unavailable
from graders.services.http.exchange import Exchange, Fault
from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from graders.services.http.triage import (
    answered,
    has,
    look,
    not_accepted,
    sightings_of,
    unavailable,
)
from tests.support.canned_cloud import CannedCloud

DEVOPS, GITHUB, MANAGER, ML, ENDPOINT, GRADER = ServiceName
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
URLS = {
    DEVOPS: "https://dev.azure.com/org/_apis/projects",
    GITHUB: "https://api.github.com/repos/o/n",
    MANAGER: "https://management.azure.com/subscriptions",
    ML: "https://centralus.api.azureml.ms/discovery",
    ENDPOINT: "http://1a2b.centralus.azurecontainer.io/score",
    GRADER: "https://elsewhere.example/",
}
TOKEN_URL = "https://login.microsoftonline.com/t/oauth2/v2.0/token"
PAGE = "text/html"

LATER = "Grade again later with --resume."
BUG = "Report this as a bug."
ENTRA = (
    "Sign in again: run `az login`; in a pipeline, check AZURE_TENANT_ID, AZURE_CLIENT_ID and"
    " AZURE_CLIENT_SECRET."
)
TOKENS = {
    DEVOPS: "Sign in again: renew AZURE_DEVOPS_EXT_PAT, or unset it and run `az login`;"
    " the identity must be a member of the organisation.",
    GITHUB: "Sign in again: renew GITHUB_TOKEN; it must be allowed in the organisation.",
    MANAGER: ENTRA,
    ML: ENTRA,
}
RIGHTS = {
    DEVOPS: "make the grader's identity a Reader of the project, a Reader of its library and a"
    " User of its service connections",
    GITHUB: "give the grader's token read access to the contents and metadata of the"
    " repositories, and authorise it for the organisation's single sign-on",
    MANAGER: "give the grader's identity the Reader role on the subscription or the resource"
    " groups",
    ML: "give the grader's identity the AzureML Data Scientist or Reader role on the workspace",
    GRADER: "check the permissions of the grader",
}
NETWORK = f"Check the network of this machine. {LATER}"


def exchange(url: str, status: int | None, **more: Any) -> Exchange:
    return Exchange("GET", url, status, NOON, **more)


def reading(
    service: ServiceName,
    status: int | None,
    raised: BaseException | None = None,
    url: str = "",
    **more: Any,
) -> tuple[str, str]:
    """Cause and remedy after such an answer."""
    last = exchange(url or URLS[service], status, **more)
    fault = unavailable(service, "it", last, raised)
    assert (fault.service, fault.what) == (service, "it")
    assert (fault.status, fault.url) == (status, last.url)
    return fault.cause, fault.remedy


# --- what an operator reads ----------------------------------------------------------------------


@pytest.mark.parametrize("service", [DEVOPS, GITHUB, MANAGER, ML])
def test_each_service_has_its_own_remedies(service: ServiceName) -> None:
    token, right = TOKENS[service], RIGHTS[service]
    expired = "the grader's token has expired or is not accepted"
    assert reading(service, 401) == (f"{expired} (401)", token)
    assert reading(service, 400, type_key="TF400813") == (f"{expired} (400 TF400813)", token)
    assert reading(service, 500, type_key="TF401444") == (f"{expired} (500 TF401444)", token)
    page = "a sign-in page came instead of an answer"
    assert reading(service, 200, content_type=PAGE) == (f"{page} (200)", token)
    assert reading(service, 203) == (f"{page} (203)", token)
    assert reading(service, 302, error="refused: it leads away") == (f"{page} (302)", token)
    forbidden, missing = "the grader has no permission", "not found, or the grader may not see it"
    assert reading(service, 403) == (f"{forbidden} (403)", f"Please {right}.")
    assert reading(service, 404) == (f"{missing} (404)", f"If it exists, {right}.")
    assert not_accepted(service, "it") == Unavailable(
        service, "it", f"{expired} (the service calls it Anonymous)", token, 200
    )


def test_a_service_without_a_remedy_of_its_own() -> None:
    assert reading(GRADER, 404)[1] == "If it exists, check the permissions of the grader."


@pytest.mark.parametrize(
    ("status", "more", "cause", "remedy"),
    [
        (
            403,
            {"is_throttled": True},
            "the grader's allowance of calls is used up (403)",
            f"Wait up to an hour. {LATER}",
        ),
        (408, {}, "the service asks to slow down (408)", f"Wait a few minutes. {LATER}"),
        (
            429,
            {"is_throttled": True, "type_key": "Slow"},
            "the service asks to slow down (429 Slow)",
            f"Wait a few minutes. {LATER}",
        ),
        (300, {}, "the service refused the question (300)", BUG),
        (304, {}, "the service has trouble of its own (304)", LATER),
        (499, {}, "the service refused the question (499)", BUG),
        (500, {}, "the service has trouble of its own (500)", LATER),
        (299, {}, "the answer was empty", LATER),
        (200, {}, "the answer was empty", LATER),
        (None, {"error": "no answer in time"}, "no answer in time", NETWORK),
        (200, {"error": "the answer was cut short"}, "the answer was cut short", NETWORK),
        (None, {}, "the answer was empty", LATER),
    ],
)
def test_what_an_answer_or_none_means(
    status: int | None, more: dict[str, Any], cause: str, remedy: str
) -> None:
    assert reading(DEVOPS, status, **more) == (cause, remedy)


def test_an_answer_that_the_sdk_cannot_read_is_named_by_the_kind_of_error() -> None:
    assert reading(GITHUB, 200, raised=KeyError("canary")) == (
        "the answer was not what the service promises (KeyError)",
        LATER,
    )


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("TF24668", "Ask the administrator of the Azure DevOps organisation to start it again."),
        (
            "VS403463",
            "Sign in from a device and a network that the conditional access policy allows, or"
            " have the grader's identity exempted from it.",
        ),
        ("TF215106", "Make the grader's identity a Reader of the project."),
    ],
)
def test_a_refusal_that_azure_devops_names_has_a_remedy_of_its_own(code: str, remedy: str) -> None:
    assert reading(DEVOPS, 503, type_key=code, words="It says no.") == (
        f"Azure DevOps refused it (503 {code}: It says no.)",
        remedy,
    )


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (
            "`o` forbids a fine-grained personal access token (Classic), with SAML.",
            "Use a fine-grained token or a GitHub App: this owner accepts no classic token.",
        ),
        (
            "An IP allow list forbids it.",
            "Grade from an address on the organisation's IP allow list, or have it added.",
        ),
        (
            "It is protected by SAML.",
            "Open the token's settings on GitHub, choose Configure SSO, authorise the"
            " organisation.",
        ),
        (
            "Not by a fine-grained personal access token.",
            "Have the organisation approve the token, with the permissions Contents and Metadata.",
        ),
    ],
)
def test_of_github_alone_the_words_tell_the_remedy(words: str, remedy: str) -> None:
    assert reading(GITHUB, 403, words=words) == (f"GitHub refused it (403: {words})", remedy)
    assert reading(MANAGER, 403, words=words)[0] == "the grader has no permission (403)"


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (401, "it refused the question (401)"),
        (403, "it refused the question (403)"),
        (404, "it refused the question (404)"),
        (429, "it refused the question (429)"),
        (499, "it refused the question (499)"),
        (500, "the service has trouble of its own (500)"),
    ],
)
def test_the_words_of_a_learners_endpoint_are_not_believed(status: int, cause: str) -> None:
    believed = {"type_key": "TF400813", "words": "SAML", "is_throttled": True}
    assert reading(ENDPOINT, status, **believed) == (cause, LATER)
    for page in ({"content_type": PAGE}, {"status": 302}, {"status": 203}):
        assert "sign-in" not in reading(ENDPOINT, **{"status": 200, **page})[0]


def test_a_refused_sign_in_is_not_a_refused_answer() -> None:
    refused = reading(ML, 401, url=TOKEN_URL, type_key="AADSTS7000222")
    assert refused == ("the sign-in was refused (401 AADSTS7000222)", ENTRA)
    assert reading(ML, 200, url=TOKEN_URL) == ("the answer was empty", LATER)


@pytest.mark.parametrize("error", [ClientAuthenticationError, CredentialUnavailableError])
def test_a_sign_in_may_fail_before_anything_is_asked(error: type[Exception]) -> None:
    fault = unavailable(ML, "it", None, error("canary"))
    assert fault == Unavailable(ML, "it", "the grader could not sign in", ENTRA)


@pytest.mark.parametrize(("error", "kind"), [(KeyError("canary"), "KeyError"), (None, "nothing")])
def test_what_fails_before_anything_is_asked_is_a_bug(error: Exception | None, kind: str) -> None:
    cause = f"the look failed before anything was asked ({kind})"
    assert unavailable(ML, "it", None, error) == Unavailable(ML, "it", cause, BUG)


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        (
            Fault.REFUSED,
            "The grader only contacts known hosts: ask the service's administrator why it names"
            " that address.",
        ),
        (
            Fault.TLS,
            "Check REQUESTS_CA_BUNDLE, the machine's clock, and any proxy that inspects TLS.",
        ),
        (Fault.PROXY, "Check HTTPS_PROXY and HTTP_PROXY, and what the proxy allows."),
        (Fault.NETWORK, NETWORK),
    ],
)
def test_each_kind_of_fault_is_reported_with_what_to_check(kind: Fault, remedy: str) -> None:
    """Whatever words it comes in: they may quote a learner's address."""
    error = "refused: TLS at the proxy"
    assert reading(GITHUB, None, error=error, fault=kind) == (error, remedy)


# --- asking ---------------------------------------------------------------------------------------


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[CannedCloud]:
    canned = CannedCloud()
    monkeypatch.setattr(HTTPAdapter, "send", lambda *args, **kwargs: canned.send(*args, **kwargs))
    with ReadOnlyTransport(RetryPolicy(attempts=1)):
        yield canned


def get(url: str) -> requests.Response:
    return requests.get(url, timeout=5)


def test_an_answer_is_given_on_and_where_it_was_read_is_noted(cloud: CannedCloud) -> None:
    cloud.answers["/projects"] = (200, {"count": 0})
    sightings = [Sighting("before", "", NOON)]
    assert look(DEVOPS, "it", lambda: get(URLS[DEVOPS]).json(), sightings) == {"count": 0}
    assert [(seen.what, seen.url, seen.status) for seen in sightings[1:]] == [
        ("it", URLS[DEVOPS], 200)
    ]


@pytest.mark.parametrize("value", [False, 0, "", ()])
def test_an_empty_answer_is_an_answer(value: object) -> None:
    assert look(DEVOPS, "it", lambda: value, []) is value


def test_none_is_no_answer_and_what_a_call_found_unavailable_stays_so() -> None:
    cause = "the look failed before anything was asked (nothing)"
    assert look(GITHUB, "it", lambda: None, []) == Unavailable(GITHUB, "it", cause, BUG)
    fault = Unavailable(GITHUB, "it", "cause", "remedy")
    assert look(GITHUB, "it", lambda: fault, []) is fault


def test_where_no_answer_came_there_is_none_whatever_the_reason() -> None:
    def fails() -> str:
        raise KeyError("canary")

    assert answered(lambda: "fine") == "fine"
    assert answered(lambda: False) is False
    assert answered(fails) is None


@pytest.mark.parametrize(
    ("service", "answer", "is_answer"),
    [
        (DEVOPS, (399, ""), True),
        (DEVOPS, (400, ""), False),
        (DEVOPS, (203, ""), False),
        (ENDPOINT, (400, ""), True),
    ],
)
def test_what_a_call_returns_counts_for_nothing_after_a_refusal(
    cloud: CannedCloud, service: ServiceName, answer: tuple[int, str], is_answer: bool
) -> None:
    cloud.answers[URLS[service]] = answer
    ask = requests.post if service is ENDPOINT else requests.get

    def call() -> str:
        ask(URLS[service], timeout=5)
        return "fine"

    result = look(service, "it", call, [])
    assert result == "fine" if is_answer else isinstance(result, Unavailable)


def test_a_request_that_is_not_sent_has_no_answer() -> None:
    def call() -> str:
        with pytest.raises(requests.RequestException):
            get(URLS[GRADER])
        return "fine"

    with ReadOnlyTransport(RetryPolicy(attempts=1)):
        fault = look(GITHUB, "it", call, [])
    assert isinstance(fault, Unavailable)
    assert fault.cause == "refused: elsewhere.example is not a host the grader contacts"


def test_the_kind_of_error_and_the_last_answer_are_given(cloud: CannedCloud) -> None:
    cloud.answers["/projects"] = (200, {})

    def call() -> str:
        raise ValueError(get(URLS[DEVOPS]).text)

    cause = "the answer was not what the service promises (ValueError)"
    expected = Unavailable(DEVOPS, "it", cause, LATER, 200, URLS[DEVOPS])
    assert look(DEVOPS, "it", call, []) == expected


@pytest.mark.parametrize(
    ("url", "status", "expected"),
    [
        (URLS[DEVOPS], 200, True),
        (URLS[DEVOPS], 404, False),
        (URLS[DEVOPS], 403, None),
        (TOKEN_URL, 404, None),
    ],
)
def test_only_a_service_that_says_404_has_not_got_it(
    cloud: CannedCloud, url: str, status: int, expected: bool | None
) -> None:
    cloud.answers[url] = (status, {})

    def call() -> bool:
        ask = requests.post if url == TOKEN_URL else requests.get
        ask(url, timeout=5).raise_for_status()
        return True

    result = has(DEVOPS, "the group", call)
    assert result is expected or (isinstance(result, Unavailable) and expected is None)
    assert not isinstance(result, Unavailable) or (result.service, result.what) == (
        DEVOPS,
        "the group",
    )
    assert has(DEVOPS, "the group", lambda: False) is False


def test_a_404_of_nobody_we_know_says_nothing() -> None:
    fault = Unavailable(DEVOPS, "it", "", "", 404, URLS[GRADER])
    assert has(DEVOPS, "it", lambda: fault) is fault  # type: ignore[return-value, arg-type]


def test_each_address_is_one_sighting_of_its_last_attempt_and_a_sign_in_is_none() -> None:
    late = NOON + timedelta(seconds=1)
    asked = [
        exchange(URLS[DEVOPS], 503, request_id="a"),
        exchange(TOKEN_URL, 200),
        exchange(URLS[GRADER], 200),
        Exchange("GET", URLS[DEVOPS], 200, late, request_id="b"),
        Exchange("POST", URLS[DEVOPS], 201, NOON),
    ]
    assert sightings_of("it", asked) == [
        Sighting("it", URLS[DEVOPS], late, 200, "b"),
        Sighting("it", URLS[GRADER], NOON, 200, None),
        Sighting("it", URLS[DEVOPS], NOON, 201, None),
    ]

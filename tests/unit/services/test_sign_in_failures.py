"""Why a credential gave no token, word for word: what was asked, and which error came."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import gaierror
from typing import Any

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import (
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
)

from graders.services.entra_codes import PENDING, Refusal, refusal
from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from graders.services.sign_in_failures import SignInError, failure_of
from tests.support.canned_cloud import CannedCloud

LOGIN = "https://login.microsoftonline.com/t"
TOKEN = f"{LOGIN}/oauth2/v2.0/token"
TENANT = f"{LOGIN}/v2.0/.well-known/openid-configuration"
EXPIRED = Refusal("the password has expired (AADSTS50055)", "set a new one")
UNSET = "AZURE_CLIENT_SECRET is not set"
SEE_WHY = "run `az account get-access-token` to see why"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[CannedCloud]:
    canned = CannedCloud()
    monkeypatch.setattr(HTTPAdapter, "send", lambda *args, **kwargs: canned.send(*args, **kwargs))
    with ReadOnlyTransport(RetryPolicy(attempts=1)):
        yield canned


def asking(*requests_made: tuple[str, str]) -> Callable[[], None]:
    """A credential that asks so, and then gives up."""

    def get_token() -> None:
        for method, url in requests_made:
            requests.request(method, url, timeout=5)
        raise ClientAuthenticationError("canary")

    return get_token


def raising(error: Exception, behind: Exception | None = None) -> Callable[[], None]:
    def get_token() -> None:
        raise error from behind

    return get_token


def test_each_problem_is_a_line() -> None:
    assert str(SignInError("one; do this", "two")) == "one; do this\ntwo"
    assert SignInError("one", "two").problems == ("one", "two")


def test_a_token_is_no_failure() -> None:
    assert failure_of(lambda: "token") is None


# --- Microsoft Entra ID was asked -----------------------------------------------------------------


def said(code: str, error: str = "invalid_grant") -> tuple[int, str]:
    return 400, json.dumps({"error": error, "error_description": f"AADSTS{code}: canary"})


@pytest.mark.parametrize(
    ("tenant", "token", "expected"),
    [
        ((200, "{}"), said("50055"), EXPIRED),
        (
            (200, "{}"),
            said("99999", "temporarily_unavailable"),
            Refusal("Microsoft Entra ID is busy (AADSTS99999)", "try again in a few minutes"),
        ),
        (
            said("90002"),
            said("50055"),
            Refusal("the tenant does not exist (AADSTS90002)", "check AZURE_TENANT_ID"),
        ),
        (said("70016", "authorization_pending"), said("50055"), EXPIRED),
        (
            (200, "{}"),
            said("70016", "authorization_pending"),
            Refusal(
                "nobody entered the device's code in time (AADSTS70016)",
                "start again, and enter the code",
            ),
        ),
        ((400, '{"error": {"code": "XAADSTS1"}}'), said("50055"), EXPIRED),
        (
            (200, "{}"),
            (400, ""),
            Refusal("login.microsoftonline.com answered 400", "try again later"),
        ),
        (
            (200, "{}"),
            (503, ""),
            Refusal("login.microsoftonline.com answered 503", "try again later"),
        ),
        (
            (200, "{}"),
            (200, "{}"),
            Refusal("login.microsoftonline.com answered 200, but with no token", "try again later"),
        ),
    ],
)
def test_what_entra_said_first_is_the_cause(
    cloud: CannedCloud, tenant: tuple[int, str], token: tuple[int, str], expected: Refusal
) -> None:
    cloud.answers.update({TENANT: tenant, TOKEN: token})
    assert failure_of(asking(("GET", TENANT), ("POST", TOKEN))) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            CredentialUnavailableError("Failed to open a browser"),
            Refusal(
                "no browser could be opened on this machine", "sign in with --sign-in device-code"
            ),
        ),
        (
            ClientAuthenticationError(
                "Timed out after waiting 300 seconds for the user to authenticate"
            ),
            Refusal("nobody signed in in the browser in time", "start again"),
        ),
    ],
)
@pytest.mark.parametrize("is_asked", [True, False])
def test_a_browser_that_led_nowhere_is_the_cause(
    cloud: CannedCloud, error: Exception, expected: Refusal, is_asked: bool
) -> None:
    cloud.answers[TENANT] = (200, "{}")

    def get_token() -> None:
        if is_asked:
            requests.get(TENANT, timeout=5)
        raise error

    assert failure_of(get_token) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, Refusal("the tenant does not exist", "check AZURE_TENANT_ID")),
        (404, Refusal("login.microsoftonline.com answered 404", "try again later")),
    ],
)
def test_only_a_tenants_own_document_tells_that_there_is_none(
    cloud: CannedCloud, status: int, expected: Refusal
) -> None:
    cloud.answers[TENANT] = (status, "")
    assert failure_of(asking(("GET", TENANT))) == expected


CERTIFICATES = Refusal(
    "the TLS certificate of login.microsoftonline.com was not trusted",
    "set REQUESTS_CA_BUNDLE to a file with your network's certificates",
)


POOL = HTTPConnectionPool("login.microsoftonline.com")
NO_NAME = NameResolutionError("canary", POOL, gaierror())


def no_connection(reason: Exception) -> requests.ConnectionError:
    """As requests says it."""
    return requests.ConnectionError(MaxRetryError(POOL, "/t", reason))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (requests.exceptions.ProxyError("canary"), "the proxy did not let the request through"),
        (requests.exceptions.ConnectTimeout("canary"), "no connection in time"),
        (requests.exceptions.ReadTimeout("canary"), "no answer in time"),
        (
            no_connection(NameResolutionError("canary", POOL, gaierror())),
            "its name could not be resolved",
        ),
        (no_connection(NewConnectionError(POOL, "canary")), "the connection was refused"),
        (requests.exceptions.ConnectionError("canary"), "the connection broke off"),
        (requests.exceptions.ChunkedEncodingError("canary"), "the answer was cut short"),
        (requests.exceptions.SSLError("canary"), "the TLS handshake broke off"),
    ],
)
def test_each_way_of_not_reaching_entra_has_its_words(
    cloud: CannedCloud, monkeypatch: pytest.MonkeyPatch, fault: Exception, words: str
) -> None:
    remedy = (
        "check HTTPS_PROXY and HTTP_PROXY, and what the proxy allows"
        if "proxy" in words
        else "check the network of this machine"
    )
    expected = Refusal(f"login.microsoftonline.com could not be reached, {words}", remedy)
    assert failure_after(fault, cloud, monkeypatch) == expected


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"), CERTIFICATES),
        (
            requests.exceptions.InvalidHeader("canary"),
            Refusal("login.microsoftonline.com answered None", "try again later"),
        ),
    ],
)
def test_other_faults_on_the_way_to_entra(
    cloud: CannedCloud, monkeypatch: pytest.MonkeyPatch, fault: Exception, expected: Refusal
) -> None:
    assert failure_after(fault, cloud, monkeypatch) == expected


def failure_after(
    fault: Exception, cloud: CannedCloud, monkeypatch: pytest.MonkeyPatch
) -> Refusal | None:
    def send(*_: Any, **_options: Any) -> None:
        raise fault

    monkeypatch.setattr(cloud, "send", send)
    return failure_of(asking(("GET", TENANT)))


@pytest.mark.parametrize("words", ["bad TLS certificate", "[SSL: CERTIFICATE_VERIFY_FAILED]"])
def test_an_error_of_the_credential_itself_may_name_the_fault(
    cloud: CannedCloud, words: str
) -> None:
    cloud.answers[TENANT] = (200, "{}")

    def get_token() -> None:
        requests.get(TENANT, timeout=5)
        raise ClientAuthenticationError(words)

    assert failure_of(get_token) == CERTIFICATES


# --- a person was waited for ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "Failed to open a browser",
            Refusal(
                "no browser could be opened on this machine", "sign in with --sign-in device-code"
            ),
        ),
        (
            "Timed out after waiting 300 seconds for the user to authenticate",
            Refusal("nobody signed in in the browser in time", "start again"),
        ),
    ],
)
def test_a_page_in_the_browser_that_led_to_no_sign_in(
    cloud: CannedCloud, words: str, expected: Refusal
) -> None:
    """Whatever was asked before."""
    cloud.answers[TENANT] = (200, "{}")

    def get_token() -> None:
        requests.get(TENANT, timeout=5)
        raise CredentialUnavailableError(words)

    assert failure_of(get_token) == expected
    assert failure_of(raising(CredentialUnavailableError(words))) == expected


def test_that_a_person_is_waited_for_counts_where_nothing_else_is_said(cloud: CannedCloud) -> None:
    pending = said("70016", PENDING)
    cloud.answers[TOKEN] = [pending, said("50055")]
    assert failure_of(asking(("POST", TOKEN), ("POST", TOKEN))) == EXPIRED
    cloud.answers[TOKEN] = pending
    assert failure_of(asking(("POST", TOKEN))) == refusal("70016", PENDING)


# --- nothing was asked ----------------------------------------------------------------------------

TIMEOUT = subprocess.TimeoutExpired("az", 30)


@pytest.mark.parametrize(
    ("error", "behind", "expected"),
    [
        (ClientAuthenticationError("ERROR: AADSTS50055: canary"), TIMEOUT, EXPIRED),
        (
            CredentialUnavailableError("canary"),
            TIMEOUT,
            Refusal("the Azure CLI (`az`) did not answer in 30 seconds", SEE_WHY),
        ),
        (
            CredentialUnavailableError("canary"),
            OSError("canary"),
            Refusal("the Azure CLI (`az`) could not be started", "install it again"),
        ),
        (
            CredentialUnavailableError("canary"),
            subprocess.CalledProcessError(1, "az"),
            Refusal(f"{UNSET}, and the Azure CLI is not signed in", "run `az login`"),
        ),
        (
            CredentialUnavailableError("canary"),
            subprocess.CalledProcessError(127, "az"),
            Refusal("the Azure CLI (`az`) failed with status 127", SEE_WHY),
        ),
        (
            ClientAuthenticationError("canary"),
            subprocess.CalledProcessError(3, "az"),
            Refusal("the Azure CLI (`az`) failed with status 3", SEE_WHY),
        ),
        (
            ClientAuthenticationError("AADSTS"),
            None,
            Refusal("the Azure CLI (`az`) gave no token", "update it"),
        ),
    ],
)
def test_each_trouble_of_the_azure_cli_has_its_own_sentence(
    error: Exception, behind: Exception | None, expected: Refusal
) -> None:
    assert failure_of(raising(error, behind)) == expected


def test_an_azure_cli_that_is_not_there_and_one_that_must_sign_in_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    unavailable = raising(CredentialUnavailableError("canary"))
    assert failure_of(unavailable) == Refusal(
        f"{UNSET}, and there is no Azure CLI (`az`) on PATH",
        "install it and run `az login`, or set the secret",
    )
    (tmp_path / "az").touch(0o755)
    assert failure_of(unavailable) == Refusal(
        "a policy of the tenant asks for a new sign-in", "run `az login` again"
    )

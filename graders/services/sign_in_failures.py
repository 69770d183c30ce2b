"""Why a credential gave no token, in words without secrets: cause and remedy."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence

import requests

from graders.services.entra_codes import DECLINED, PENDING, Refusal, refusal
from graders.services.http.transport import Exchange, watching

CLI_SECONDS = 30
_CODE = "AADSTS"
_PROXY = "check HTTPS_PROXY and HTTP_PROXY, and what the proxy allows"
_NETWORK = "check the network of this machine"
_NO_SUCH_COMMAND = 127  # what a shell answers
_UNSET = "AZURE_CLIENT_SECRET is not set"
_INSTALL = "install it and run `az login`, or set the secret"


class SignInError(Exception):
    """There is no usable sign-in; each problem is one sentence that says what to do."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


_NO_ANSWER = (
    "the proxy did not let the request through",
    "no connection in time",
    "no answer in time",
    "its name could not be resolved",
    "the connection was refused",
    "the connection broke off",
    "the answer was cut short",
    "the TLS handshake broke off",
)
_IN_THE_BROWSER = {
    "Failed to open a browser": Refusal(
        "no browser could be opened on this machine", "sign in with --sign-in device-code"
    ),
    "seconds for the user to authenticate": Refusal(
        "nobody signed in in the browser in time", "start again"
    ),
    "Authentication failed: access_denied": DECLINED,
}


def failure_of(get_token: Callable[[], object]) -> Refusal | None:
    """Why no token came, in words without secrets; None when one did."""
    with watching() as exchanges:
        try:
            get_token()
        except Exception as error:  # azure-identity raises many kinds, some without a network
            if nobody := _without_a_person(error):
                return nobody
            if not exchanges:
                return _without_a_request(error)
            refused = _refused(exchanges) or _unreached(exchanges, error) or _code_in_words(error)
            return refused or _odd_answer(exchanges)
    return None


def _refused(exchanges: Sequence[Exchange]) -> Refusal | None:
    """What Microsoft Entra ID said; a request after the refusal may have said something else.

    While it waits for a person, it refuses as well: that counts where nothing else was said.
    """
    refused = [exchange for exchange in exchanges if exchange.type_key.startswith(_CODE)]
    for exchange in sorted(refused, key=lambda own: own.oauth_error == PENDING):
        return refusal(exchange.type_key.removeprefix(_CODE), exchange.oauth_error)
    return None


def _without_a_person(error: Exception) -> Refusal | None:
    """Why a page in the browser led to no sign-in; azure-identity tells it by its words only."""
    message = str(error)
    return next((known for words, known in _IN_THE_BROWSER.items() if words in message), None)


def _code_in_words(error: Exception) -> Refusal | None:
    """What Entra ID told the Azure CLI, or on a page in the browser: it was no answer to us."""
    code = re.search(rf"{_CODE}(\d+)", str(error))
    return refusal(code[1]) if code else None


def _unreached(exchanges: Sequence[Exchange], error: Exception) -> Refusal | None:
    message = " ".join([*(exchange.error for exchange in exchanges), str(error)])
    if "TLS certificate" in message or "CERTIFICATE_VERIFY_FAILED" in message:
        cause = "the TLS certificate of login.microsoftonline.com was not trusted"
        return Refusal(cause, "set REQUESTS_CA_BUNDLE to a file with your network's certificates")
    for fault in _NO_ANSWER:
        if fault in message:
            remedy = _PROXY if "proxy" in fault else _NETWORK
            return Refusal(f"login.microsoftonline.com could not be reached, {fault}", remedy)
    return None


def _odd_answer(exchanges: Sequence[Exchange]) -> Refusal:
    status = exchanges[-1].status
    if status == requests.codes.bad_request and "openid-configuration" in exchanges[-1].url:
        return Refusal("the tenant does not exist", "check AZURE_TENANT_ID")
    if status == requests.codes.ok:
        return Refusal(
            "login.microsoftonline.com answered 200, but with no token", "try again later"
        )
    return Refusal(f"login.microsoftonline.com answered {status}", "try again later")


# --- the Azure CLI --------------------------------------------------------------------------------


def _without_a_request(error: Exception) -> Refusal:
    """Why a credential that asks no network itself has no token: the Azure CLI in most cases.

    azure-identity tells these apart by the exception behind its own, and by codes of Entra ID in
    what the CLI wrote.
    """
    from azure.identity import CredentialUnavailableError

    behind = error.__cause__
    if told := _code_in_words(error):
        return told
    if isinstance(behind, subprocess.TimeoutExpired):
        cause = f"the Azure CLI (`az`) did not answer in {CLI_SECONDS} seconds"
        return Refusal(cause, "run `az account get-access-token` to see why")
    if isinstance(behind, OSError):
        return Refusal("the Azure CLI (`az`) could not be started", "install it again")
    if isinstance(behind, subprocess.CalledProcessError):
        if isinstance(error, CredentialUnavailableError) and behind.returncode != _NO_SUCH_COMMAND:
            return Refusal(f"{_UNSET}, and the Azure CLI is not signed in", "run `az login`")
        cause = f"the Azure CLI (`az`) failed with status {behind.returncode}"
        return Refusal(cause, "run `az account get-access-token` to see why")
    if not isinstance(error, CredentialUnavailableError):
        return Refusal("the Azure CLI (`az`) gave no token", "update it")
    if shutil.which("az") is None:
        return Refusal(f"{_UNSET}, and there is no Azure CLI (`az`) on PATH", _INSTALL)
    return Refusal("a policy of the tenant asks for a new sign-in", "run `az login` again")

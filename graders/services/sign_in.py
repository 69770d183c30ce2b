"""How the graders sign in: one shared Azure credential, one GitHub token, maybe a DevOps token."""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from azure.core.credentials import AccessToken, TokenCredential

from graders import hosts
from graders.evidence import ServiceName
from graders.services.entra_codes import Refusal, refusal
from graders.services.http.transport import Exchange, watching
from graders.urls import parts_of

AZURE_DEVOPS_SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"
AZURE_RESOURCE_MANAGER_SCOPE = "https://management.azure.com/.default"

_OR_SIMULATED = "or grade the simulated tenant with --tenant simulated"
_RENEWED_BEFORE = 300  # seconds before a token expires
_USED_UNTIL = 30
_CODE = "AADSTS"
_FIX = "fix this"
_CLI_SECONDS = 30
_NO_SUCH_COMMAND = 127  # what a shell answers
_UNSET = "AZURE_CLIENT_SECRET is not set"
_INSTALL = "install it and run `az login`, set the secret"

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


class SignInError(Exception):
    """There is no usable sign-in; each problem is one sentence that says what to do."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class SignIn:
    """The credentials of a run. Its repr shows none of them.

    Without ``azure_devops_pat``, Azure DevOps gets a Microsoft Entra token too.
    """

    azure: TokenCredential = field(repr=False)
    github_token: str = field(repr=False)
    azure_devops_pat: str | None = field(default=None, repr=False)
    tenant_id: str | None = None
    method: str = ""
    """How Azure's tokens are got, for people."""
    github_method: str = "GITHUB_TOKEN"

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str], services: Container[ServiceName] = frozenset(ServiceName)
    ) -> SignIn:
        """The credentials that CI systems and developers' machines usually provide.

        Azure: ``AZURE_TENANT_ID``, ``AZURE_CLIENT_ID`` with ``AZURE_CLIENT_SECRET`` or
        ``AZURE_FEDERATED_TOKEN_FILE``, else the Azure CLI. GitHub: ``GITHUB_TOKEN`` or
        ``GH_TOKEN``. Optional: ``AZURE_DEVOPS_EXT_PAT`` or ``AZURE_DEVOPS_PAT``.
        Raises ``SignInError`` with all that is missing for these services, or incomplete.
        """
        given = {name: value.strip() for name, value in environ.items() if value.strip()}
        problems = []
        github = given.get("GITHUB_TOKEN") or given.get("GH_TOKEN") or ""
        if not github and ServiceName.GITHUB in services:
            problems.append(f"GITHUB_TOKEN is not set: set it, {_OR_SIMULATED}.")
        pat = given.get("AZURE_DEVOPS_EXT_PAT") or given.get("AZURE_DEVOPS_PAT")
        try:
            credential, method = _azure(given)
        except SignInError as error:
            problems += error.problems
        if problems:
            raise SignInError(*problems)
        tenant = given.get("AZURE_TENANT_ID")
        name = "GITHUB_TOKEN" if given.get("GITHUB_TOKEN") else "GH_TOKEN"
        return cls(SharedCredential(credential), github, pat, tenant, method, name)

    def check(self, services: Container[ServiceName] = frozenset(ServiceName)) -> None:
        """Get the tokens that these services need, once, before any thread starts.

        Raises ``SignInError`` naming the cause.
        """
        scopes = []
        if ServiceName.RESOURCE_MANAGER in services:
            scopes.append(AZURE_RESOURCE_MANAGER_SCOPE)
        if ServiceName.AZURE_DEVOPS in services and not self.azure_devops_pat:
            scopes.append(AZURE_DEVOPS_SCOPE)
        for scope in scopes:
            refused = failure_of(lambda scope=scope: self.azure.get_token(scope))  # type: ignore[misc]
            if refused:
                why = f"{refused.cause}; {refused.remedy}"
                raise SignInError(f"Sign-in to Azure failed: {why}, {_OR_SIMULATED}.")


class SharedCredential:
    """Any credential, with its tokens cached per scope and fetched by one thread at a time.

    The Azure CLI's credential starts a process per token, and the others all fetch one when many
    threads find their cache empty.
    """

    def __init__(self, credential: TokenCredential) -> None:
        self._credential = credential
        self._lock = threading.Lock()
        self._tokens: dict[tuple[object, ...], AccessToken] = {}

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        key = (*scopes, *sorted((name, repr(value)) for name, value in options.items()))
        with self._lock:
            token = self._tokens.get(key)
            left = token.expires_on - time.time() if token else 0
            if token is None or left < _RENEWED_BEFORE:
                try:
                    token = self._tokens[key] = self._credential.get_token(*scopes, **options)
                except Exception:
                    if token is None or left < _USED_UNTIL:
                        raise
            return token


def _azure(given: Mapping[str, str]) -> tuple[TokenCredential, str]:
    from azure import identity  # 0.3 s, needed only for a live tenant

    if other := _other_cloud(given.get("AZURE_AUTHORITY_HOST", "")):
        raise SignInError(
            f"AZURE_AUTHORITY_HOST is {other}: Azure DevOps, and so the lab, is in the public cloud"
            " only: unset it."
        )

    for logger in ("azure", "msal"):
        # We report these; and they log what came in place of a token, maybe half of one.
        logging.getLogger(logger).setLevel(logging.CRITICAL + 1)
    tenant, client = given.get("AZURE_TENANT_ID", ""), given.get("AZURE_CLIENT_ID", "")
    secret, token_file = given.get("AZURE_CLIENT_SECRET"), given.get("AZURE_FEDERATED_TOKEN_FILE")
    if not secret and not token_file:
        cli = identity.AzureCliCredential(tenant_id=tenant, process_timeout=_CLI_SECONDS)
        return cli, "the Azure CLI"
    ids = {"AZURE_TENANT_ID": tenant, "AZURE_CLIENT_ID": client}
    missing = " and ".join(name for name, value in ids.items() if not value)
    if missing:
        raise SignInError(f"{missing} is not set: set it, {_OR_SIMULATED}.")
    if secret:
        by_secret = identity.ClientSecretCredential(tenant, client, secret, retry_total=0)
        return by_secret, "client secret"
    workload = identity.WorkloadIdentityCredential(
        tenant_id=tenant, client_id=client, token_file_path=token_file, retry_total=0
    )
    return workload, "workload identity"


def _other_cloud(authority: str) -> str:
    """The host of an authority that is not the public cloud's; empty for that one."""
    host = parts_of(authority if "://" in authority else f"https://{authority}").hostname or ""
    return "" if host in ("", hosts.ENTRA_ID) else host


def failure_of(get_token: Callable[[], object]) -> Refusal | None:
    """Why no token came, in words without secrets; None when one did."""
    with watching() as exchanges:
        try:
            get_token()
        except Exception as error:  # azure-identity raises many kinds, some without a network
            if not exchanges:
                return _without_a_request(error)
            return _refused(exchanges) or _unreached(exchanges, error) or _odd_answer(exchanges)
    return None


def _refused(exchanges: Sequence[Exchange]) -> Refusal | None:
    """What Microsoft Entra ID said; a request after the refusal may have said something else."""
    for exchange in exchanges:
        if exchange.type_key.startswith(_CODE):
            return refusal(exchange.type_key.removeprefix(_CODE), exchange.oauth_error)
    return None


def _unreached(exchanges: Sequence[Exchange], error: Exception) -> Refusal | None:
    message = " ".join([*(exchange.error for exchange in exchanges), str(error)])
    if "TLS certificate" in message or "CERTIFICATE_VERIFY_FAILED" in message:
        cause = "the TLS certificate of login.microsoftonline.com was not trusted"
        return Refusal(cause, "set REQUESTS_CA_BUNDLE to a file with your network's certificates")
    for fault in _NO_ANSWER:
        if fault in message:
            return Refusal(f"login.microsoftonline.com could not be reached, {fault}", _FIX)
    return None


def _odd_answer(exchanges: Sequence[Exchange]) -> Refusal:
    status = exchanges[-1].status
    if status == requests.codes.bad_request and "openid-configuration" in exchanges[-1].url:
        return Refusal("the tenant does not exist", "check AZURE_TENANT_ID")
    if status == requests.codes.ok:
        return Refusal(
            "login.microsoftonline.com answered 200, but with no token", "try again later"
        )
    return Refusal(f"login.microsoftonline.com answered {status}", _FIX)


# --- the Azure CLI --------------------------------------------------------------------------------


def _without_a_request(error: Exception) -> Refusal:
    """Why a credential that asks no network itself has no token: the Azure CLI in most cases.

    azure-identity tells these apart by the exception behind its own, and by codes of Entra ID in
    what the CLI wrote.
    """
    from azure.identity import CredentialUnavailableError

    behind = error.__cause__
    code = re.search(rf"{_CODE}(\d+)", str(error))
    if code:
        return refusal(code[1])
    if isinstance(behind, subprocess.TimeoutExpired):
        cause = f"the Azure CLI (`az`) did not answer in {_CLI_SECONDS} seconds"
        return Refusal(cause, "run `az account get-access-token` to see why")
    if isinstance(behind, OSError):
        return Refusal("the Azure CLI (`az`) could not be started", "install it anew")
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

"""How the graders sign in: one shared Azure credential, one GitHub token, maybe a DevOps token."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from azure.core.credentials import AccessToken, TokenCredential

from graders.services.http.transport import Exchange, watching

AZURE_DEVOPS_SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"
AZURE_RESOURCE_MANAGER_SCOPE = "https://management.azure.com/.default"

_OR_SIMULATED = "or grade the simulated tenant with --tenant simulated"
_RENEWED_BEFORE = 300  # seconds before a token expires
_USED_UNTIL = 30
_AADSTS = {
    "7000215": "the client secret is wrong",
    "7000222": "the client secret has expired",
    "700016": "the application is not known in this tenant",
    "90002": "the tenant does not exist",
    "700213": "no federated credential matches this workload",
    "70021": "no federated credential matches this workload",
    "700024": "the workload's token has expired",
    "70043": "the Azure CLI's session has expired: run az login",
    "700082": "the Azure CLI's session has expired: run az login",
    "50196": "Microsoft Entra ID is rate-limiting requests, wait a few minutes",
    "90033": "Microsoft Entra ID has a problem, try again later",
    "53003": "a conditional access policy forbids it",
}

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
    """There is no usable sign-in; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class SignIn:
    """The credentials of a run. Its repr shows none of them.

    Without ``azure_devops_pat``, Azure DevOps gets a Microsoft Entra token too.
    """

    azure: TokenCredential = field(repr=False)
    github_token: str = field(repr=False)
    azure_devops_pat: str | None = field(default=None, repr=False)
    tenant_id: str | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> SignIn:
        """The credentials that CI systems and developers' machines usually provide.

        Azure: ``AZURE_TENANT_ID``, ``AZURE_CLIENT_ID`` with ``AZURE_CLIENT_SECRET`` or
        ``AZURE_FEDERATED_TOKEN_FILE``, else the Azure CLI. GitHub: ``GITHUB_TOKEN`` or
        ``GH_TOKEN``. Optional: ``AZURE_DEVOPS_EXT_PAT`` or ``AZURE_DEVOPS_PAT``.
        Raises ``SignInError`` when GitHub's is missing or Azure's is incomplete.
        """
        given = {name: value.strip() for name, value in environ.items() if value.strip()}
        github = given.get("GITHUB_TOKEN") or given.get("GH_TOKEN")
        if not github:
            raise SignInError(f"GITHUB_TOKEN is not set: set it, {_OR_SIMULATED}.")
        pat = given.get("AZURE_DEVOPS_EXT_PAT") or given.get("AZURE_DEVOPS_PAT")
        credential = SharedCredential(_azure(given))
        return cls(credential, github, pat, given.get("AZURE_TENANT_ID"))

    def check(self) -> None:
        """Get the tokens that every learner needs, once, before any thread starts.

        Raises ``SignInError`` naming the cause.
        """
        scopes = [AZURE_RESOURCE_MANAGER_SCOPE]
        if not self.azure_devops_pat:
            scopes.append(AZURE_DEVOPS_SCOPE)
        for scope in scopes:
            cause = _failure_of(lambda scope=scope: self.azure.get_token(scope))  # type: ignore[misc]
            if cause:
                raise SignInError(f"Sign-in to Azure failed: {cause}; fix this, {_OR_SIMULATED}.")


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


def _azure(given: Mapping[str, str]) -> TokenCredential:
    from azure import identity  # 0.3 s, needed only for a live tenant

    for logger in ("azure", "msal"):
        # We report these; and they log what came in place of a token, maybe half of one.
        logging.getLogger(logger).setLevel(logging.CRITICAL + 1)
    tenant, client = given.get("AZURE_TENANT_ID", ""), given.get("AZURE_CLIENT_ID", "")
    secret, token_file = given.get("AZURE_CLIENT_SECRET"), given.get("AZURE_FEDERATED_TOKEN_FILE")
    if not secret and not token_file:
        return identity.AzureCliCredential(tenant_id=tenant, process_timeout=30)
    ids = {"AZURE_TENANT_ID": tenant, "AZURE_CLIENT_ID": client}
    missing = " and ".join(name for name, value in ids.items() if not value)
    if missing:
        raise SignInError(f"{missing} is not set: set it, {_OR_SIMULATED}.")
    if secret:
        return identity.ClientSecretCredential(tenant, client, secret, retry_total=0)
    return identity.WorkloadIdentityCredential(
        tenant_id=tenant, client_id=client, token_file_path=token_file, retry_total=0
    )


def _failure_of(get_token: Callable[[], object]) -> str:
    """Why no token came, in a few words without secrets; empty when one did."""
    with watching() as exchanges:
        try:
            get_token()
        except (
            Exception
        ) as error:  # azure-identity raises many kinds, some of them without a network
            # MSAL's own message may be about a request after the refusal.
            codes = [
                exchange.type_key
                for exchange in exchanges
                if exchange.type_key.startswith("AADSTS")
            ]
            faults = [exchange.error for exchange in exchanges if exchange.error]
            known = _plainly(" ".join([*codes, *faults, str(error)]), type(error).__name__)
            return known or _status_of(exchanges) or f"no token came ({type(error).__name__})"
    return ""


def _plainly(message: str, kind: str) -> str:
    code = re.search(r"AADSTS(\d+)", message)
    if code:
        return f"{_AADSTS.get(code[1], 'Microsoft Entra ID refused it')} (AADSTS{code[1]})"
    if "TLS certificate" in message or "CERTIFICATE_VERIFY_FAILED" in message:
        return "the TLS certificate of login.microsoftonline.com was not trusted"
    for fault in _NO_ANSWER:
        if fault in message:
            return f"login.microsoftonline.com could not be reached, {fault}"
    if kind == "CredentialUnavailableError":
        return "AZURE_CLIENT_SECRET is not set, and the Azure CLI is not signed in"
    return ""


def _status_of(exchanges: Sequence[Exchange]) -> str:
    status = exchanges[-1].status if exchanges else None
    if status == requests.codes.bad_request and "openid-configuration" in exchanges[-1].url:
        return "the tenant does not exist, check AZURE_TENANT_ID"
    if status == requests.codes.ok:
        return "login.microsoftonline.com answered 200, but with no token: try again later"
    return f"login.microsoftonline.com answered {status}" if status else ""

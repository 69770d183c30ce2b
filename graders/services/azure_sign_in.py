"""The ways to sign in to Azure: a choice of one, or what the environment suggests.

All of them are azure-identity's own credentials. Source: learn.microsoft.com, azure-identity.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import requests
from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError

from graders import hosts
from graders.services.http import web
from graders.services.sign_in_failures import CLI_SECONDS, SignInError
from graders.urls import parts_of

_AUDIENCE = "api://AzureADTokenExchange"
_ANY_TENANT = ["*"]
_OURS: Mapping[str, Any] = {"retry_total": 0, "additionally_allowed_tenants": _ANY_TENANT}
"""Of each credential that asks by itself: the transport retries; labs may be in several tenants."""
_Given = Mapping[str, str]


@dataclass(frozen=True)
class AzureSignIn:
    """A credential, how it signs in, and whose account that is where it is known beforehand."""

    credential: TokenCredential
    method: str
    whose: str = ""


def credential(given: _Given, method: str = "") -> AzureSignIn:
    """The credential of a method of ``METHODS``; without one, of what is set.

    Raises SignInError where something is not set that the method needs.
    """
    if other := _other_cloud(given.get("AZURE_AUTHORITY_HOST", "")):
        raise SignInError(
            f"AZURE_AUTHORITY_HOST is {other}: Azure DevOps, and so the lab, is in the public cloud"
            " only: unset it"
        )
    for logger in ("azure", "msal"):
        # We report these; and they log what came in place of a token, maybe half of one.
        logging.getLogger(logger).setLevel(logging.CRITICAL + 1)
    chosen = method or usual_method(given)
    if chosen not in METHODS:
        raise SignInError(f"there is no sign-in `{method}`: choose one of {', '.join(METHODS)}")
    return METHODS[chosen](given)


def usual_method(given: _Given) -> str:
    """What is set decides: a secret or token, a pipeline's own identity, else the Azure CLI."""
    if given.get("AZURE_CLIENT_SECRET") or given.get("AZURE_FEDERATED_TOKEN_FILE"):
        return "environment"
    if given.get("SYSTEM_OIDCREQUESTURI") and given.get(_CONNECTION):
        return "azure-pipelines"
    if given.get("ACTIONS_ID_TOKEN_REQUEST_URL") and given.get("AZURE_CLIENT_ID"):
        return "github-oidc"
    return "azure-cli"


_CONNECTION = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"


def _environment(given: _Given) -> AzureSignIn:
    secret = given.get("AZURE_CLIENT_SECRET")
    if not secret:
        if given.get("AZURE_FEDERATED_TOKEN_FILE"):
            return _workload_identity(given)
        raise SignInError("AZURE_CLIENT_SECRET is not set: set it, or AZURE_FEDERATED_TOKEN_FILE")
    from azure import identity

    tenant, client = _needed(given, "AZURE_TENANT_ID", "AZURE_CLIENT_ID")
    made = identity.ClientSecretCredential(tenant, client, secret, **_OURS)
    return AzureSignIn(made, "client secret", f"application {client}")


def _workload_identity(given: _Given) -> AzureSignIn:
    from azure import identity

    names = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE")
    tenant, client, file = _needed(given, *names)
    made = identity.WorkloadIdentityCredential(
        tenant_id=tenant,
        client_id=client,
        token_file_path=file,
        **_OURS,
    )
    return AzureSignIn(made, "workload identity", f"application {client}")


def _azure_pipelines(given: _Given) -> AzureSignIn:
    from azure import identity

    tenant, client = _either(given, "TENANT_ID"), _either(given, "CLIENT_ID")
    names = (_CONNECTION, "SYSTEM_ACCESSTOKEN", "SYSTEM_OIDCREQUESTURI")
    connection, token, _ = _needed(given, *names)
    made = identity.AzurePipelinesCredential(
        tenant_id=tenant,
        client_id=client,
        service_connection_id=connection,
        system_access_token=token,
        **_OURS,
    )
    return AzureSignIn(made, "the pipeline's service connection", f"application {client}")


def _github_oidc(given: _Given) -> AzureSignIn:
    from azure import identity

    names = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if not all(given.get(name) for name in names):
        raise SignInError(
            "ACTIONS_ID_TOKEN_REQUEST_URL is not set: give the job `permissions: id-token: write`"
        )
    tenant, client = _needed(given, "AZURE_TENANT_ID", "AZURE_CLIENT_ID")
    made = identity.ClientAssertionCredential(
        tenant,
        client,
        _assertion(*(given[name] for name in names)),
        **_OURS,
    )
    return AzureSignIn(made, "GitHub's OIDC", f"application {client}")


def _assertion(url: str, token: str) -> Callable[[], str]:
    """Asks GitHub for a new token of the job at each sign-in: one lasts for minutes."""

    def ask() -> str:
        answer = web.open_session(1).get(
            url,
            params={"audience": _AUDIENCE},
            headers={"Authorization": f"Bearer {token}"},
            timeout=web.TIMEOUT,
            allow_redirects=False,
        )
        try:
            return str(answer.json()["value"])
        except (ValueError, KeyError, TypeError, requests.RequestException):
            raise ClientAuthenticationError("GitHub gave the job no token") from None

    return ask


def _azure_cli(given: _Given) -> AzureSignIn:
    from azure import identity

    made = identity.AzureCliCredential(
        tenant_id=given.get("AZURE_TENANT_ID", ""),
        process_timeout=CLI_SECONDS,
        additionally_allowed_tenants=_ANY_TENANT,
    )
    return AzureSignIn(made, "the Azure CLI", "the account of the Azure CLI")


def _browser(given: _Given) -> AzureSignIn:
    from azure import identity

    made = identity.InteractiveBrowserCredential(**_of_person(given), **_OURS)
    return AzureSignIn(made, "the browser", "the account that you choose in the browser")


def _device_code(given: _Given) -> AzureSignIn:
    from azure import identity

    def say(address: str, code: str, _until: object) -> None:
        print(f"Open {address} and enter the code {code}", file=sys.stderr)

    made = identity.DeviceCodeCredential(
        **_of_person(given),
        prompt_callback=say,
        **_OURS,
    )
    return AzureSignIn(made, "a device code", "the account that enters the code")


def _managed_identity(given: _Given) -> AzureSignIn:
    from azure import identity

    client = given.get("AZURE_CLIENT_ID")
    made = identity.ManagedIdentityCredential(client_id=client, retry_total=0)
    return AzureSignIn(made, "managed identity", f"identity {client or 'of this machine'}")


METHODS: Mapping[str, Callable[[_Given], AzureSignIn]] = MappingProxyType(
    {
        "environment": _environment,
        "workload-identity": _workload_identity,
        "azure-pipelines": _azure_pipelines,
        "github-oidc": _github_oidc,
        "azure-cli": _azure_cli,
        "browser": _browser,
        "device-code": _device_code,
        "managed-identity": _managed_identity,
    }
)
"""What ``--sign-in`` takes."""
ASK_A_PERSON = frozenset({"browser", "device-code"})


def _of_person(given: _Given) -> dict[str, Any]:
    tenant = given.get("AZURE_TENANT_ID")
    return {"tenant_id": tenant} if tenant else {}


def _either(given: _Given, name: str) -> str:
    """What the task AzureCLI sets, else the usual variable."""
    value = given.get(f"AZURESUBSCRIPTION_{name}") or given.get(f"AZURE_{name}")
    if not value:
        raise SignInError(f"AZURE_{name} is not set: set it")
    return value


def _needed(given: _Given, *names: str) -> list[str]:
    missing = " and ".join(name for name in names if not given.get(name))
    if missing:
        raise SignInError(f"{missing} is not set: set it")
    return [given[name] for name in names]


def _other_cloud(authority: str) -> str:
    """The host of an authority that is not the public cloud's; empty for that one."""
    host = parts_of(authority if "://" in authority else f"https://{authority}").hostname or ""
    return "" if host in ("", hosts.ENTRA_ID) else host

"""How the graders sign in: one shared Azure credential, one GitHub token, maybe a DevOps token."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from azure.core.credentials import AccessToken, TokenCredential

from graders.evidence import ServiceName
from graders.services import azure_sign_in, github_sign_in
from graders.services.entra_codes import Refusal
from graders.services.sign_in_failures import SignInError, failure_of

AZURE_DEVOPS_SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"
AZURE_RESOURCE_MANAGER_SCOPE = "https://management.azure.com/.default"
SCOPES: Mapping[ServiceName, str] = MappingProxyType(
    {
        ServiceName.AZURE_DEVOPS: AZURE_DEVOPS_SCOPE,
        ServiceName.RESOURCE_MANAGER: AZURE_RESOURCE_MANAGER_SCOPE,
    }
)
"""Service -> what its tokens are asked for; most calls wait for the first."""

OR_SIMULATED = "or grade the simulated tenant with --tenant simulated"
_RENEWED_BEFORE = 300  # seconds before a token expires
_USED_UNTIL = 30
_EVERY = frozenset(ServiceName)


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
    whose: str = ""
    """Whose account that is, as far as it is known beforehand."""
    github_method: str = "GITHUB_TOKEN"
    github_app: Callable[[], str] | None = field(default=None, repr=False)
    """Gives a token of an app's installation, which ends after an hour."""
    otherwise: str = OR_SIMULATED
    """What else a person may do, where a sign-in does not work."""

    @classmethod
    def from_environment(
        cls,
        environ: Mapping[str, str],
        services: Container[ServiceName] = _EVERY,
        method: str = "",
        *,
        otherwise: str = OR_SIMULATED,
    ) -> SignIn:
        """The credentials that the environment provides; ``method`` is one of ``METHODS``.

        Without a method, Azure is signed in to by what is set: a client secret or a federated
        token, a pipeline's own identity, else the Azure CLI. GitHub: ``GITHUB_TOKEN`` or
        ``GH_TOKEN``, an app, else the ``gh`` command. Optional: ``AZURE_DEVOPS_EXT_PAT`` or
        ``AZURE_DEVOPS_PAT``. Raises ``SignInError`` with all that is missing for these services,
        or incomplete; each ends with what to do ``otherwise``.
        """
        given = {name: value.strip() for name, value in environ.items() if value.strip()}
        problems: list[str] = []
        github = github_sign_in.NONE
        if ServiceName.GITHUB in services:
            github = github_sign_in.of_environment(given)
            problems += [f"{problem}, {otherwise}." for problem in github.problems]
        pat = given.get("AZURE_DEVOPS_EXT_PAT") or given.get("AZURE_DEVOPS_PAT")
        try:
            azure = azure_sign_in.credential(given, method)
        except SignInError as error:
            problems += [f"{problem}, {otherwise}." for problem in error.problems]
        if problems:
            raise SignInError(*problems)
        return cls(
            azure=SharedCredential(azure.credential),
            github_token=github.token,
            azure_devops_pat=pat,
            tenant_id=given.get("AZURE_TENANT_ID"),
            method=azure.method,
            whose=azure.whose,
            github_method=github.method,
            github_app=github.app,
            otherwise=otherwise,
        )

    def token_for_github(self) -> str:
        """A token that is valid now. Raises ``SignInError`` where an app gets none."""
        return self.github_app() if self.github_app else self.github_token

    def for_tenant(self, tenant: str | None) -> SignIn:
        """The same account in another Entra tenant, as a guest or an application known there."""
        if not tenant or tenant.casefold() == (self.tenant_id or "").casefold():
            return self
        return replace(self, azure=_InTenant(self.azure, tenant), tenant_id=tenant)

    def check(
        self, services: Container[ServiceName] = _EVERY, tenants: Sequence[str | None] = (None,)
    ) -> None:
        """Get the tokens that these services need, once, before any thread starts.

        Raises ``SignInError`` naming the cause; of several tenants, where none lets anybody in.
        """
        problems = [self.for_tenant(tenant).azure_problem(services) for tenant in tenants]
        if problems and all(problems):
            raise SignInError(f"{problems[0]}, {self.otherwise}.")
        if ServiceName.GITHUB in services:
            self.token_for_github()

    def azure_problem(self, services: Container[ServiceName]) -> str:
        """Why Azure gives no token, whose account it is, and what to do; empty where it does."""
        return next((self.sentence(refused) for _, refused in self.refusals(services)), "")

    def refusals(self, services: Container[ServiceName]) -> Iterator[tuple[ServiceName, Refusal]]:
        """Asks for the tokens that these services need; why there is none, with the service."""
        for service, scope in SCOPES.items():
            with_pat = service is ServiceName.AZURE_DEVOPS and self.azure_devops_pat
            if service in services and not with_pat:
                refused = failure_of(lambda scope=scope: self.azure.get_token(scope))  # type: ignore[misc]
                if refused:
                    yield service, refused

    def sentence(self, refused: Refusal) -> str:
        """Why there is no token, without what else a person may do."""
        whose = f" for {self.whose}" if self.whose else ""
        return f"Sign-in to Azure failed{whose}: {refused.cause}; {refused.remedy}"


class _InTenant:
    """A credential whose tokens are another tenant's."""

    def __init__(self, credential: TokenCredential, tenant: str) -> None:
        self._credential = credential
        self._tenant = tenant

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return self._credential.get_token(*scopes, **{**options, "tenant_id": self._tenant})


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

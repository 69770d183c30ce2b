"""The whole examination, or the part of it that a run begins with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from graders.evidence import ServiceName
from graders.lab import Lab, spelled, targets
from graders.parts import service_of
from graders.services.beside import beside
from graders.services.doctor import azure, azure_devops, github, machine, network
from graders.services.doctor.asked import NOTHING, Asked
from graders.services.doctor.finding import Finding, Level
from graders.services.doctor.needs import AZURE, AZURE_DEVOPS, GITHUB, Needs
from graders.services.entra_codes import Refusal
from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from graders.services.sign_in import SCOPES, SignIn
from graders.services.sign_in_failures import SignInError
from graders.services.token_claims import Account, account_of

Refusals = Mapping[ServiceName, Refusal]
_PATIENCE = RetryPolicy(attempts=2, retry_after_cap=5, timeout=(5, 15), body_seconds=20, total=40)
_SIGN_INS = (
    "azure_refused",
    "devops_refused",
    "devops_anonymous",
    "devops_on_behalf",
    "github_refused",
)
"""Without these nobody's work can be read; for all learners, they stop a run."""


def examine(
    needs: Needs,
    environ: Mapping[str, str],
    sign_in: SignIn | None = None,
    asked: Asked = NOTHING,
    refusals: Refusals | None = None,
) -> tuple[Finding, ...]:
    """All that the doctor finds, in the order of its table; it signs in where nobody has.

    What was ``asked`` already is not asked again; nor are tokens, where the ``refusals`` of the
    sign-in are known.
    """
    with ReadOnlyTransport(_PATIENCE):
        found = [*_targets(needs), *machine.findings(needs.folder, environ)]
        of_services = _of_services(needs, environ, sign_in, asked, refusals)
        told = [_stopping(finding, needs) for finding in of_services]
        if not needs.before_run or any(finding.stops for finding in told):
            found += _of_network(needs, environ)
    return (*found, *told)


def _targets(needs: Needs) -> Iterator[Finding]:
    meant = targets(needs.labs)
    kinds = {"owner": GITHUB, "organisation": AZURE_DEVOPS, "subscription": AZURE}
    for kind, names in meant.items():
        if kinds.get(kind) in (None, *needs.services):
            yield Finding("place", {"kind": kind, "names": ", ".join(names)})


def _of_network(needs: Needs, environ: Mapping[str, str]) -> Iterator[Finding]:
    organizations = spelled([lab.organization for lab in needs.labs])
    yield from network.findings(network.roads(needs.services, organizations), environ)


def _of_services(
    needs: Needs,
    environ: Mapping[str, str],
    sign_in: SignIn | None,
    asked: Asked,
    known: Refusals | None,
) -> Iterator[Finding]:
    """Every service is asked, whatever another one says: all problems at once."""
    try:
        sign_in = sign_in or SignIn.from_environment(environ, needs.services, needs.sign_in)
    except SignInError as error:
        for problem in error.problems:
            yield Finding("sign_in_incomplete", {"what": problem}, stops=True)
        if others := frozenset(part for part in needs.parts if service_of(part) is not GITHUB):
            needs = replace(needs, parts=others)
            with suppress(SignInError):  # told above
                signed_in = SignIn.from_environment(environ, needs.services, needs.sign_in)
                yield from _of_services(needs, environ, signed_in, asked, known)
        return
    account, refused = _entra(needs, sign_in, known)
    yield from refused
    own = _is_own(needs, account)
    refused_scopes = {finding.facts.get("service") for finding in refused}
    if account.name:
        yield from _signed_in(needs, sign_in, account)
    parts: list[Iterator[Finding]] = []
    if GITHUB in needs.services:
        parts.append(github.findings(needs, sign_in, own=own))
    for part, signed_in in _by_tenant(needs, sign_in):
        if AZURE_DEVOPS in needs.services and str(AZURE_DEVOPS) not in refused_scopes:
            parts.append(azure_devops.findings(part, signed_in, own=own, asked=asked))
        if AZURE in needs.services and str(AZURE) not in refused_scopes:
            parts.append(azure.findings(part, signed_in, account, own=own, asked=asked))
    for wait in [beside(partial(list[Finding], findings)) for findings in parts]:
        yield from wait()


def _by_tenant(needs: Needs, sign_in: SignIn) -> Iterator[tuple[Needs, SignIn]]:
    """Each Entra tenant of the class with its learners; one alone is the sign-in's own."""
    tenants = spelled([lab.tenant_id or "" for lab in needs.labs])
    if len(tenants) == 1:
        yield needs, sign_in
        return
    for tenant in tenants:
        labs = [lab for lab in needs.labs if (lab.tenant_id or "").casefold() == tenant.casefold()]
        yield replace(needs, labs=labs), sign_in.for_tenant(tenant)


def _entra(
    needs: Needs, sign_in: SignIn, known: Refusals | None
) -> tuple[Account, Sequence[Finding]]:
    """The account of Azure's tokens, and the services for which there is none."""
    refusals = dict(sign_in.refusals(needs.services)) if known is None else known
    everyone = tuple(lab.learner.id for lab in needs.labs)
    whose = sign_in.whose or "this account"
    refused = [
        Finding("azure_refused", {"service": service, "whose": whose, **why._asdict()}, everyone)
        for service, why in refusals.items()
    ]
    for service, scope in SCOPES.items():
        with_pat = service is AZURE_DEVOPS and sign_in.azure_devops_pat
        if service in needs.services and service not in refusals and not with_pat:
            return account_of(sign_in.azure.get_token(scope).token), refused
    return Account(), refused


def _signed_in(needs: Needs, sign_in: SignIn, account: Account) -> Iterator[Finding]:
    facts = {
        "who": f"the application {account.name}" if account.is_app else account.name,
        "tenant": account.tenant,
        "method": sign_in.method,
        "until": f"{account.until:%H:%M} UTC" if account.until else "an end it does not tell",
    }
    yield Finding("azure_signed_in", facts)
    others = [
        lab
        for lab in needs.labs
        if lab.tenant_id and lab.tenant_id.casefold() != account.tenant.casefold()
    ]
    if len(spelled([lab.tenant_id or "" for lab in needs.labs])) > 1:
        yield from _in_other_tenants(needs, sign_in, others)
        return
    for wanted in spelled([lab.tenant_id or "" for lab in others]):
        concerned = tuple(lab.learner.id for lab in others if lab.tenant_id == wanted)
        yield Finding("azure_elsewhere", {"tenant": account.tenant, "wanted": wanted}, concerned)


def _in_other_tenants(needs: Needs, sign_in: SignIn, others: Sequence[Lab]) -> Iterator[Finding]:
    """Whether the account gets in to the class's other tenants."""
    for tenant in spelled([lab.tenant_id or "" for lab in others]):
        if problem := sign_in.for_tenant(tenant).azure_problem(needs.services):
            concerned = tuple(
                lab.learner.id
                for lab in others
                if (lab.tenant_id or "").casefold() == tenant.casefold()
            )
            yield Finding("tenant_refused", {"tenant": tenant, "what": problem}, concerned)


def _is_own(needs: Needs, account: Account) -> bool:
    """Whether it is a learner's own account, which may write what it likes."""
    if account.is_app or len(needs.labs) != 1:
        return False
    learner = needs.labs[0].learner
    name = account.name.casefold()
    digits = "".join(filter(str.isdigit, name.partition("@")[0]))
    return bool(name) and (name == learner.email.casefold() or digits == str(learner.number))


def _stopping(finding: Finding, needs: Needs) -> Finding:
    """A sign-in that works for nobody stops a run."""
    everyone = {lab.learner.id for lab in needs.labs}
    if finding.code in _SIGN_INS and set(finding.learners) == everyone:
        return replace(finding, stops=True, learners=())
    return finding


def withholding(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Those that a run goes on with: rights that are missing, and warnings."""
    return [finding for finding in findings if finding.level in (Level.MISSING, Level.WARNING)]

"""Azure: whose token it is, which workspaces it sees, and what it may do in a resource group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import Any
from urllib.parse import quote

from graders import hosts
from graders.evidence import ServiceName, Unavailable, Workspace
from graders.lab import Lab, spelled
from graders.services.azure_ml.regional_v1 import Place, RegionalService
from graders.services.azure_ml.workspace import AzureML
from graders.services.doctor.asked import NOTHING, Asked
from graders.services.doctor.finding import Finding
from graders.services.doctor.needs import Needs
from graders.services.http import web
from graders.services.http.triage import look
from graders.services.sign_in import AZURE_RESOURCE_MANAGER_SCOPE, SignIn
from graders.services.token_claims import Account

SERVICE = ServiceName.RESOURCE_MANAGER
_URL = f"https://{hosts.RESOURCE_MANAGER}"
_PROVIDER = "Microsoft.MachineLearningServices/workspaces"
_PERMISSIONS = "providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
_MOST_PAGES = 350
_READS = (
    f"{_PROVIDER}/read",
    f"{_PROVIDER}/models/read",
    f"{_PROVIDER}/models/versions/read",
    f"{_PROVIDER}/endpoints/pipelines/read",
    f"{_PROVIDER}/services/read",
    f"{_PROVIDER}/onlineEndpoints/read",
    f"{_PROVIDER}/experiments/read",
    f"{_PROVIDER}/experiments/runs/read",
    f"{_PROVIDER}/jobs/read",
)
_KEYS = f"{_PROVIDER}/services/aci/listkeys/action"
_WRITES = (
    f"{_PROVIDER}/write",
    f"{_PROVIDER}/delete",
    f"{_PROVIDER}/models/write",
    f"{_PROVIDER}/services/aci/write",
    "Microsoft.Resources/subscriptions/resourceGroups/write",
)
READER, CUSTOM_ROLE = "Reader", "MLOps lab grader"
"""Roles that give what is missing; the second is made as docs/live-tenant.md says."""


@dataclass(frozen=True)
class _Seen:
    """A workspace of the list."""

    lab: Lab
    discovery_url: str
    location: str


class _Reader:
    """Reads Azure Resource Manager with plain GETs; an answer, or why there is none."""

    def __init__(self, sign_in: SignIn) -> None:
        self.sign_in = sign_in
        self.session = web.open_session(2)

    def entries(self, path: str, subject: str) -> Sequence[Mapping[str, Any]] | Unavailable:
        """All entries of a list."""

        def ask() -> list[Mapping[str, Any]]:
            entries: list[Mapping[str, Any]] = []
            url: Any = f"{_URL}{path}"
            for _ in range(_MOST_PAGES):
                page = web.mapping(web.get_json(self.session, url, self._headers()), "a list")
                entries += [web.mapping(entry, "an entry") for entry in page["value"]]
                url = page.get("nextLink")
                if not url:
                    return entries
                if not web.is_host(url, "https", (hosts.RESOURCE_MANAGER,)):
                    break
            raise web.UnexpectedBodyError("the list does not end here")

        return look(SERVICE, subject, ask, [])

    def _headers(self) -> Mapping[str, str]:
        token = self.sign_in.azure.get_token(AZURE_RESOURCE_MANAGER_SCOPE).token
        return {"Authorization": f"Bearer {token}"}


def findings(
    needs: Needs, sign_in: SignIn, account: Account, *, own: bool, asked: Asked = NOTHING
) -> Iterator[Finding]:
    """What Azure Resource Manager and Azure ML say; ``own`` where learners check their work."""
    reader = _Reader(sign_in)
    seen: list[_Seen] = []
    for subscription in spelled([lab.subscription_id for lab in needs.labs]):
        labs = [lab for lab in needs.labs if _same(lab.subscription_id, subscription)]
        yield from _workspaces(asked.azure_ml(labs[0], sign_in), labs, account, seen)
    in_sample = {lab.learner.id for lab in needs.sample()}
    yield from _rights(reader, [s.lab for s in seen if s.lab.learner.id in in_sample], account, own)
    if not needs.before_run:
        yield from _regions(reader, seen)


def _workspaces(
    asked: AzureML, labs: Sequence[Lab], account: Account, seen: list[_Seen]
) -> Iterator[Finding]:
    subscription = labs[0].subscription_id
    if refused := asked.listed(labs[0]).refused:
        facts = {"subscription": subscription, "cause": refused.cause, "who": _who(account)}
        yield Finding("subscription_not_seen", facts, _ids(labs))
        return
    for lab in labs:
        located = asked.listed(lab).workspace_of(lab)
        if located is None:
            facts = {"workspace": lab.workspace, "who": _who(account), **_place(lab)}
            yield Finding("workspace_not_seen", facts, _ids([lab]))
            continue
        seen.append(_Seen(lab, located.discovery_url, located.workspace.location))


def _rights(reader: _Reader, labs: Sequence[Lab], account: Account, own: bool) -> Iterator[Finding]:
    """What the roles allow in the resource groups of a sample."""
    lacking: dict[tuple[str, ...], list[Lab]] = {}
    for lab in labs:
        roles = reader.entries(f"{_group_path(lab)}/{_PERMISSIONS}", "your rights")
        if isinstance(roles, Unavailable):
            facts = {"cause": roles.cause, "remedy": roles.remedy, **_place(lab)}
            yield Finding("azure_rights_unknown", facts, _ids([lab]))
            continue
        lacks = tuple(action for action in (*_READS, _KEYS) if not allows(roles, action))
        if lacks:
            lacking.setdefault(lacks, []).append(lab)
        if not own and any(allows(roles, action) for action in _WRITES):
            yield Finding("azure_could_write", _place(lab), _ids([lab]))
    for actions, concerned in lacking.items():
        facts = {
            "actions": ", ".join(action.removeprefix(f"{_PROVIDER}/") for action in actions),
            "role": CUSTOM_ROLE if _KEYS in actions else READER,
            "who": _who(account),
            **_place(concerned[0]),
        }
        yield Finding("action_missing", facts, _ids(concerned))


def allows(roles: Iterable[Mapping[str, Any]], action: str) -> bool:
    """Whether any role allows an action and does not take it back, as Azure matches them."""
    return any(
        _matches(role.get("actions"), action) and not _matches(role.get("notActions"), action)
        for role in roles
    )


def _matches(patterns: object, action: str) -> bool:
    if not isinstance(patterns, list):
        return False
    return any(fnmatchcase(action.casefold(), str(p).casefold()) for p in patterns)


def _regions(reader: _Reader, seen: Sequence[_Seen]) -> Iterator[Finding]:
    """One read of each kind from the first workspace of every region."""
    regional = RegionalService(reader.sign_in.azure, reader.session)
    first = {workspace.discovery_url: workspace for workspace in reversed(seen)}
    for url, workspace in first.items():
        concerned = [other.lab for other in seen if other.discovery_url == url]
        for refusal in _refusals(regional, url, workspace):
            facts = {"what": refusal.what, "cause": refusal.cause, "remedy": refusal.remedy}
            facts["what"] = facts["what"][:1].upper() + facts["what"][1:]
            yield Finding("region_refused", facts, _ids(concerned))


def _refusals(regional: RegionalService, url: str, seen: _Seen) -> Iterator[Unavailable]:
    region = regional.region(url, [])
    if isinstance(region, Unavailable):
        yield region
        return
    lab = seen.lab
    workspace = Workspace("", lab.workspace, lab.resource_group, lab.subscription_id, seen.location)
    place = Place(workspace, region)
    for read in (regional.published_pipelines, regional.web_services):
        answer = partial(read, place, [])()
        if isinstance(answer, Unavailable):
            yield answer


def _group_path(lab: Lab) -> str:
    subscription, group = quote(lab.subscription_id, safe=""), quote(lab.resource_group, safe="")
    return f"/subscriptions/{subscription}/resourceGroups/{group}"


def _place(lab: Lab) -> dict[str, str]:
    return {"group": lab.resource_group, "subscription": lab.subscription_id}


def _who(account: Account) -> str:
    return account.object_id or "OBJECT-ID"


def _ids(labs: Iterable[Lab]) -> tuple[str, ...]:
    return tuple(lab.learner.id for lab in labs)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()

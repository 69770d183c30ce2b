"""Azure DevOps: whom each organisation takes the grader for, and what it may see and change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from graders.evidence import Project, Unavailable
from graders.lab import Lab, spelled
from graders.services.azure_devops import standing
from graders.services.azure_devops.project import AzureDevOps
from graders.services.azure_devops.standing import Standing
from graders.services.doctor.asked import NOTHING, Asked
from graders.services.doctor.finding import Finding
from graders.services.doctor.needs import Needs
from graders.services.sign_in import SignIn

_NOT_FOUND = 404
_SOON = timedelta(days=7)
_SIGHTS = {
    "library": ("variable_groups", "library_not_seen"),
    "connections": ("service_connections", "connections_not_seen"),
    "pipelines": ("pipelines", "pipelines_not_seen"),
}
"""Kind -> the part of the evidence that needs the right to see all of it, and what is said."""


@dataclass(frozen=True)
class _Organization:
    """One organisation, and the learners who work in it."""

    name: str
    labs: Sequence[Lab]
    asked: AzureDevOps
    parts: frozenset[str]
    """Those of the evidence that the run needs."""
    is_scoped: bool
    """Whether the token may lack scopes: a personal access token."""

    @property
    def kinds(self) -> list[str]:
        """What the run needs to see all of."""
        return [kind for kind, (part, _) in _SIGHTS.items() if part in self.parts]

    @property
    def method(self) -> str:
        return "personal access token" if self.is_scoped else "Microsoft Entra token"

    def finding(self, code: str, refusal: Unavailable) -> Finding:
        facts = {
            "organization": self.name,
            "cause": refusal.cause,
            "remedy": refusal.remedy,
        }
        return Finding(code, facts, _ids(self.labs))


def findings(
    needs: Needs, sign_in: SignIn, *, own: bool, asked: Asked = NOTHING
) -> Iterator[Finding]:
    """What each organisation says; ``own`` where learners check their own work."""
    names = spelled([lab.organization for lab in needs.labs])
    for name in names:
        labs = [lab for lab in needs.labs if lab.organization.casefold() == name.casefold()]
        is_scoped = sign_in.azure_devops_pat is not None
        client = asked.organization(name, sign_in)
        yield from _examined(_Organization(name, labs, client, needs.parts, is_scoped), own)
    if sign_in.azure_devops_pat:
        yield from _end_of_pat(needs)


def _examined(organization: _Organization, own: bool) -> Iterator[Finding]:
    who = standing.signed_in(organization.asked.clients)
    if isinstance(who, Unavailable):
        unknown = who.status == _NOT_FOUND
        yield organization.finding("organization_unknown" if unknown else "devops_refused", who)
        return
    facts = {"organization": organization.name, "who": who.name, "other": who.acts_for}
    if who.is_anonymous or who.acts_for:
        code = "devops_anonymous" if who.is_anonymous else "devops_on_behalf"
        yield Finding(code, facts, _ids(organization.labs))
        return
    yield Finding("devops_signed_in", facts | {"method": organization.method})
    yield from _projects(organization, own, who)


def _projects(organization: _Organization, own: bool, who: Standing) -> Iterator[Finding]:
    listed = organization.asked.projects()
    if isinstance(listed, Unavailable):
        yield organization.finding("projects_refused", listed)
        return
    seen: dict[str, tuple[Project, list[Lab]]] = {}
    for lab in organization.labs:
        project = organization.asked.project_of(lab)
        if isinstance(project, Unavailable):
            facts = {"project": lab.project, "organization": organization.name, "who": who.name}
            yield Finding("project_not_seen", facts, (lab.learner.id,))
        else:
            seen.setdefault(project.id, (project, []))[1].append(lab)
    if seen:
        yield from _sights(organization, seen)
        if organization.is_scoped:
            yield from _areas(organization, seen)
        if not own:
            yield from _writes(organization, seen)
        yield from _retention(organization, seen)


def _sights(
    organization: _Organization, seen: dict[str, tuple[Project, list[Lab]]]
) -> Iterator[Finding]:
    answers = organization.asked.rights_in(seen)
    unknown: list[str] = []
    for project_id, (project, labs) in seen.items():
        may = answers[project_id]
        may_see = {kind: getattr(may, kind) for kind in organization.kinds}
        for kind, is_seen in may_see.items():
            if is_seen is False:
                yield Finding(_SIGHTS[kind][1], {"project": project.name}, _ids(labs))
        if None in may_see.values():
            unknown += _ids(labs)
    if unknown:
        yield Finding("rights_unknown", {"organization": organization.name}, tuple(unknown))


def _areas(
    organization: _Organization, seen: dict[str, tuple[Project, list[Lab]]]
) -> Iterator[Finding]:
    """One read in each area of one project: a token may lack a scope."""
    project, _ = next(iter(seen.values()))
    refused = standing.refused_areas(organization.asked.clients, project, organization.kinds)
    for area, scope, refusal in refused:
        facts = {"project": project.name, "area": area, "scope": scope, "cause": refusal.cause}
        yield Finding("area_refused", facts, _ids(organization.labs))


def _writes(
    organization: _Organization, seen: dict[str, tuple[Project, list[Lab]]]
) -> Iterator[Finding]:
    writable = standing.writable(organization.asked.clients, sorted(seen))
    for project_id, (project, labs) in seen.items():
        if what := writable.get(project_id):
            facts = {"project": project.name, "what": " and ".join(what)}
            yield Finding("devops_could_write", facts, _ids(labs))


def _retention(
    organization: _Organization, seen: dict[str, tuple[Project, list[Lab]]]
) -> Iterator[Finding]:
    project, labs = next(iter(seen.values()))
    days = standing.days_kept(organization.asked.clients, project)
    if isinstance(days, Unavailable):
        yield organization.finding("retention_unknown", days)
        return
    begins = labs[0].session.begins or standing.oldest_run(organization.asked.clients, project)
    if begins is None:
        return
    last = begins + timedelta(days=days)
    now = datetime.now(UTC)
    code = "grade_late" if last <= now else "grade_soon" if last - now < _SOON else "grade_by"
    yield Finding(code, {"days": str(days), "date": f"{last:%Y-%m-%d}"})


def _end_of_pat(needs: Needs) -> Iterator[Finding]:
    if needs.pat_ends is None:
        yield Finding("pat_end_unknown")
    elif needs.pat_ends - datetime.now(UTC).date() < _SOON:
        yield Finding("pat_ends_soon", {"date": f"{needs.pat_ends:%Y-%m-%d}"})


def _ids(labs: Sequence[Lab]) -> tuple[str, ...]:
    return tuple(lab.learner.id for lab in labs)

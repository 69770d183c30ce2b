"""The whole cloud, composed: what every service shows of one learner, as one piece of evidence."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from graders.evidence import (
    NOT_COLLECTED,
    AzureDevOpsEvidence,
    AzureMLEvidence,
    Evidence,
    GitHubEvidence,
    ServiceName,
    Sighting,
    Unavailable,
)
from graders.history.missing import ResourceRef
from graders.lab import Lab, spelled
from graders.parts import ALL_PARTS, only, services_of, to_collect
from graders.services.azure_devops.project import AzureDevOps
from graders.services.azure_devops.query import SERVICE as AZURE_DEVOPS
from graders.services.azure_ml.workspace import AzureML
from graders.services.beside import beside
from graders.services.earlier import NOTHING, Earlier, EarlierEvidence, reading_of
from graders.services.github.repositories import GitHub, Shown
from graders.services.http.audit import on_behalf_of
from graders.services.http.transport import ReadOnlyTransport
from graders.services.sign_in import SignIn

T = TypeVar("T")
_Key = tuple[ServiceName, str]
"""A service, and the part of it that learners share."""
_GITHUB_KEY: _Key = (ServiceName.GITHUB, "")


class Cloud:
    """Collects evidence; threads may share it. A fault in one part leaves the others alone.

    It opens the transport for every learner; a caller that opens it for the whole run saves a
    TLS handshake per learner. ``everyone`` are the labs of the whole class, collected or not.
    Only ``parts`` of the evidence are collected, and what they are read with. What cannot have
    changed since ``earlier`` evidence was read is kept from it.
    """

    def __init__(
        self,
        sign_in: SignIn,
        transport: ReadOnlyTransport | None = None,
        everyone: Sequence[Lab] = (),
        parts: Collection[str] = ALL_PARTS,
        earlier: EarlierEvidence | None = None,
    ) -> None:
        self._parts = to_collect(parts)
        self._earlier_evidence = earlier
        self._services = services_of(self._parts)
        self.transport = transport or ReadOnlyTransport()
        self.transport.keep_to(sign_in.github_token, "GitHub")
        self.transport.keep_to(sign_in.azure_devops_pat, "Azure DevOps", "Azure DevOps artifacts")
        self._sign_in = sign_in
        self._organizations: dict[_Key, AzureDevOps] = {}
        self._github = GitHub(sign_in, everyone)
        self._tenants = spelled([lab.tenant_id or "" for lab in everyone])
        self._azure_ml: dict[_Key, AzureML] = {}
        self._repositories: Mapping[str, Shown] = {}
        self._steps: dict[_Key, Callable[[], None]] = {}

    @property
    def has_one_tenant(self) -> bool:
        """Whether the class's subscriptions are in one Entra tenant."""
        return len(self._tenants) <= 1

    def prepare(self, labs: Sequence[Lab]) -> None:
        """Sign in, and begin all that learners share; their own work waits only for its service's.

        Raises ``SignInError``. Whatever else fails here is reported for each learner later.
        """
        with self.transport:
            several = (None,) if self.has_one_tenant else self._tenants
            self._sign_in.check(self._services, several)
            for key, step in self._shared(labs):
                self._steps[key] = beside(partial(self._quietly, step))

    def _shared(self, labs: Sequence[Lab]) -> Iterator[tuple[_Key, Callable[[], None]]]:
        if AZURE_DEVOPS in self._services:
            names = {lab.organization.casefold(): lab.organization for lab in labs}
            for name in names.values():
                own = [lab for lab in labs if lab.organization.casefold() == name.casefold()]
                step = partial(self._organization(own[0]).prepare, own, self._parts)
                yield self._devops_key(own[0]), step
        if ServiceName.RESOURCE_MANAGER in self._services:
            for tenant in dict.fromkeys(self._tenant(lab) for lab in labs):
                own = [lab for lab in labs if self._tenant(lab) == tenant]
                yield (
                    self._ml_key(own[0]),
                    partial(self._azure_ml_of(own[0]).prepare, own, self._parts),
                )
        if ServiceName.GITHUB in self._services:
            yield _GITHUB_KEY, partial(self._prepare_repositories, labs)

    def _wait_for(self, key: _Key) -> None:
        if wait := self._steps.get(key):
            wait()

    def _quietly(self, step: Callable[[], None]) -> None:
        """What fails here fails again, and is reported, for each learner."""
        with contextlib.suppress(Exception), self.transport:
            step()

    def look_at(self, lab: Lab, parts: Collection[str] | None = None) -> Evidence:
        """All of one learner's evidence, or ``parts`` of it. Never raises because of the cloud."""
        wanted = self._parts if parts is None else to_collect(parts)
        with self.transport, on_behalf_of(lab.learner.id):
            trained: list[Sighting] = []
            built: list[Sighting] = []
            earlier = self._earlier(lab)
            ml_look = beside(
                lambda: _part(
                    ServiceName.AZURE_ML,
                    lambda: self._azure_ml_part(lab, trained, wanted, earlier),
                    AzureMLEvidence.unseen,
                )
            )
            devops = _part(
                AZURE_DEVOPS,
                lambda: self._azure_devops_part(lab, built, wanted, earlier),
                AzureDevOpsEvidence.unseen,
            )
            github = _part(
                ServiceName.GITHUB,
                lambda: self._github_part(lab, devops, wanted),
                _no_repositories,
            )
            ml = ml_look()
        github_evidence, seen_at = github
        evidence = Evidence(
            **vars(devops),
            **vars(github_evidence),
            **vars(ml),
            learner=lab.learner.id,
            sightings=(*built, *seen_at, *trained),
            kept=earlier.kept(),
            reading=reading_of(lab),
        )
        return only(evidence, wanted)

    def still_there(self, lab: Lab, resource: ResourceRef) -> bool | Unavailable:
        """Whether what a list leaves out answers when it is asked for by its id."""
        with self.transport, on_behalf_of(lab.learner.id):
            if resource.kind == "repository":
                return self._github.still_has(resource)
            if resource.kind in ("published pipeline", "model", "endpoint"):
                return self._azure_ml_of(lab).still_has(lab, resource)
            return self._organization(lab).still_has(lab, resource)

    def _tenant(self, lab: Lab) -> str | None:
        """The Entra tenant of a lab, where the class has several; else it is the sign-in's own."""
        return None if self.has_one_tenant else lab.tenant_id

    def _ml_key(self, lab: Lab) -> _Key:
        return ServiceName.RESOURCE_MANAGER, (self._tenant(lab) or "").casefold()

    def _devops_key(self, lab: Lab) -> _Key:
        return AZURE_DEVOPS, lab.organization.casefold()

    def _azure_ml_of(self, lab: Lab) -> AzureML:
        key = self._ml_key(lab)
        self._wait_for(key)
        # two threads may make two; one of them is kept
        return self._azure_ml.get(key) or self._azure_ml.setdefault(
            key, AzureML(self._sign_in.for_tenant(self._tenant(lab)))
        )

    def _organization(self, lab: Lab) -> AzureDevOps:
        """An organisation is connected to one tenant: that of the first learner who works in it."""
        key = self._devops_key(lab)
        self._wait_for(key)
        return self._organizations.get(key) or self._organizations.setdefault(
            key, AzureDevOps(lab.organization, self._sign_in.for_tenant(self._tenant(lab)))
        )

    def organization(self, name: str, sign_in: SignIn) -> AzureDevOps:
        """An organisation of the class, with what it was asked already."""
        known = self._organizations.get((AZURE_DEVOPS, name.casefold()))
        return known or AzureDevOps(name, sign_in)

    def azure_ml(self, lab: Lab, sign_in: SignIn) -> AzureML:
        """Azure ML of a lab's Entra tenant, with what it was asked already."""
        return self._azure_ml.get(self._ml_key(lab)) or AzureML(sign_in)

    def _prepare_repositories(self, labs: Sequence[Lab]) -> None:
        self._repositories = self._github.look_at(labs)

    def _earlier(self, lab: Lab) -> Earlier:
        """What may be kept of the lab's earlier evidence; a fault there costs requests only."""
        with contextlib.suppress(Exception):
            return Earlier.of(self._earlier_evidence and self._earlier_evidence(lab), lab)
        return NOTHING

    def _azure_ml_part(
        self, lab: Lab, sightings: list[Sighting], parts: Collection[str], earlier: Earlier
    ) -> AzureMLEvidence:
        if ServiceName.RESOURCE_MANAGER not in services_of(parts):
            return AzureMLEvidence.unseen(NOT_COLLECTED)
        return self._azure_ml_of(lab).look_at(lab, sightings, parts, earlier)

    def _azure_devops_part(
        self, lab: Lab, sightings: list[Sighting], parts: Collection[str], earlier: Earlier
    ) -> AzureDevOpsEvidence:
        if AZURE_DEVOPS not in services_of(parts):
            return AzureDevOpsEvidence.unseen(NOT_COLLECTED)
        return self._organization(lab).look_at(lab, sightings, parts, earlier)

    def _github_part(self, lab: Lab, devops: AzureDevOpsEvidence, parts: Collection[str]) -> Shown:
        """The learner's part of the batch, with the commits that the runs name added."""
        if ServiceName.GITHUB not in services_of(parts):
            return _no_repositories(NOT_COLLECTED)
        self._wait_for(_GITHUB_KEY)
        shown = self._repositories.get(lab.learner.id)
        if shown is None:
            shown = self._github.look_at([lab])[lab.learner.id]
        evidence, sightings = shown[0], list(shown[1])
        if evidence.repositories == () and _builds_repository(devops, lab):
            moved = self._github.has_moved(lab, sightings)
            is_certain = evidence.repository_absence_is_certain or moved
            evidence = replace(evidence, repository_absence_is_certain=is_certain)
            return evidence, tuple(sightings)
        wanted = _commits_named(devops) - _commits_known(evidence)
        if not wanted:
            return shown
        repositories = self._github.with_commits(evidence.repositories, wanted, lab, sightings)
        return replace(evidence, repositories=repositories), tuple(sightings)


def _builds_repository(devops: AzureDevOpsEvidence, lab: Lab) -> bool:
    """Whether a pipeline builds a repository of an accepted name."""
    pipelines = () if isinstance(devops.pipelines, Unavailable) else devops.pipelines
    return any(lab.accepts_repository(pipeline.repository_name) for pipeline in pipelines)


def _commits_named(devops: AzureDevOpsEvidence) -> set[str]:
    """Commits of the detailed runs that succeeded: no others are linked to the repository."""
    runs = () if isinstance(devops.runs, Unavailable) else devops.runs
    return {run.commit for run in runs if run.commit and run.succeeded and run.stages is not None}


def _commits_known(evidence: GitHubEvidence) -> set[str]:
    if isinstance(evidence.repositories, Unavailable):
        return set()
    return {commit for repository in evidence.repositories for commit in repository.commits}


def _part(service: ServiceName, collect: Callable[[], T], none: Callable[[Unavailable], T]) -> T:
    """One service's part; a fault of our own there costs this part only."""
    try:
        return collect()
    except Exception as error:
        kind = type(error).__name__
        cause = f"the grader itself failed there ({kind})"
        return none(Unavailable(service, "the learner's work", cause, "Report this as a bug."))


def _no_repositories(fault: Unavailable) -> Shown:
    return GitHubEvidence.unseen(fault), ()

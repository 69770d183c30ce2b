"""Azure DevOps: one learner's project, library, service connections, pipelines and their runs.

Eleven requests for a learner who followed the lab; the list of projects is shared by all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from graders.evidence import (
    NOT_COLLECTED,
    Access,
    AzureDevOpsEvidence,
    ConnectionUse,
    Pipeline,
    Project,
    Rights,
    Run,
    ServiceConnection,
    Sighting,
    Unavailable,
    VariableGroup,
)
from graders.history.missing import ResourceRef
from graders.lab import Lab
from graders.parts import ALL_PARTS
from graders.services.azure_devops import parsing
from graders.services.azure_devops.client import Organization
from graders.services.azure_devops.query import SERVICE, ProjectReader
from graders.services.azure_devops.rights import anonymous, rights
from graders.services.azure_devops.runs import RunsReader
from graders.services.calls import Shared, asks
from graders.services.earlier import NOTHING, Earlier
from graders.services.http.triage import has, look
from graders.services.http.web import UnexpectedBodyError
from graders.services.sign_in import SignIn

T = TypeVar("T")
_PROJECTS = Shared(lambda lab: lab.organization, 100)
"""The organisation's list of projects, in pages of so many."""
Protected = TypeVar("Protected", VariableGroup, ServiceConnection)


class AzureDevOps:
    """Collects the projects of one organisation; threads may share it."""

    def __init__(self, organization: str, sign_in: SignIn) -> None:
        self.organization = organization
        self.clients = Organization(organization, sign_in)
        self._lock, self._rights_lock = threading.Lock(), threading.Lock()
        self._projects: tuple[Project, ...] | Unavailable | None = None
        self._by_name: Mapping[str, Project] = {}
        self._sightings: list[Sighting] = []
        self._rights: Mapping[str, Rights] = {}

    def prepare(self, labs: Sequence[Lab], parts: Collection[str] = ALL_PARTS) -> None:
        """Ask for what all learners share: the projects, and what the grader may see in theirs."""
        self.projects()
        with ThreadPoolExecutor(1) as beside:
            refused = beside.submit(anonymous, self.clients, self.organization)
            if "rights" in parts:
                projects = [self.project_of(lab) for lab in labs]
                own = {project.id for project in projects if isinstance(project, Project)}
                self.rights_in(own)
        self._projects = refused.result() or self._projects

    def projects(self) -> tuple[Project, ...] | Unavailable:
        """Every project that the grader may see, asked for once."""
        with self._lock:
            if self._projects is None:
                subject = f"the projects of {self.organization}"
                self._projects = look(SERVICE, subject, self._list_projects, self._sightings)
                if not isinstance(self._projects, Unavailable):
                    self._by_name = _by_name(self._projects)
            return self._projects

    def rights_in(self, projects: Iterable[str]) -> Mapping[str, Rights]:
        """Project id -> what the grader may see there, of these at least; asked for once."""
        with self._rights_lock:
            unknown = {*projects} - self._rights.keys()
            self._rights = {**self._rights, **rights(self.clients, sorted(unknown))}
            return self._rights

    def look_at(
        self,
        lab: Lab,
        sightings: list[Sighting],
        parts: Collection[str] = ALL_PARTS,
        earlier: Earlier = NOTHING,
    ) -> AzureDevOpsEvidence:
        """All of one learner's project; what depends on an unreadable part is unreadable too.

        Of ``parts`` only: the others are not asked for. What ``earlier`` has of runs that are over
        is kept.
        """
        project = self.project_of(lab)
        sightings.extend(self._sightings[-1:])
        if isinstance(project, Unavailable):
            return AzureDevOpsEvidence.unseen(project)
        facts = _LabReader(self.clients, project, lab, sightings, earlier).facts(parts)
        return replace(facts, rights=self._rights.get(project.id, Rights()))

    def still_has(self, lab: Lab, resource: ResourceRef) -> bool | Unavailable:
        """Whether a resource answers when it is asked for by its id.

        Sources: variablegroups/{groupId}, endpoints/{endpointId}, definitions/{definitionId}.
        """
        project = self.project_of(lab)
        if isinstance(project, Unavailable):
            return project
        asks: Mapping[str, Callable[..., Any]] = {
            "variable group": self.clients.library.get_variable_group,
            "service connection": self.clients.connections.get_service_endpoint_details,
            "pipeline": self.clients.builds.get_definition,
        }

        def ask() -> bool:
            answer = asks[resource.kind](project.id, resource.id)
            if answer is not None and str(answer.id) != resource.id:
                raise UnexpectedBodyError("it is not the thing that was asked for")
            return answer is not None  # the service's null: there is none

        return has(SERVICE, str(resource), ask)

    def project_of(self, lab: Lab) -> Project | Unavailable:
        """The learner's project, by its name or id, among those that the grader may see."""
        projects = self.projects()
        if isinstance(projects, Unavailable):
            return projects
        return self._by_name.get(lab.project.casefold()) or _no_project(lab)

    @asks(SERVICE, "project", shared=_PROJECTS)
    def _list_projects(self) -> tuple[Project, ...]:
        self.clients.warm_up()
        listed = self.clients.whole_list(
            self.clients.core.get_projects,
            state_filter="all",
            top=_PROJECTS.at_once,
            most_pages=200,
        )
        return tuple(parsing.project(item) for item in listed)


def _by_name(projects: Iterable[Project]) -> Mapping[str, Project]:
    """Case-folded name, and id -> project."""
    # a deleted project stays in the list beside a new one of the same name; the new one counts
    first = sorted(projects, key=lambda project: project.state != "wellFormed")
    names = [(name, project) for project in first for name in (project.name, project.id)]
    return {name.casefold(): project for name, project in reversed(names)}


@dataclass(frozen=True)
class _LabReader(ProjectReader):
    """One collection of one learner's project."""

    earlier: Earlier

    def facts(self, parts: Collection[str]) -> AzureDevOpsEvidence:
        def read(part: str, call: Callable[[], T]) -> T | Unavailable:
            return call() if part in parts else NOT_COLLECTED

        of_groups = self.apart(lambda own: read("variable_groups", own._variable_groups))
        of_connections = self.apart(
            lambda own: read("service_connections", own._service_connections)
        )
        of_pipelines = self.apart(lambda own: read("pipelines", own._pipelines))
        groups, connections, shown = of_groups(), of_connections(), of_pipelines()
        opened = self.apart(lambda own: own._open_to_all(groups, connections))
        pipelines = shown if isinstance(shown, Unavailable) else tuple(shown)
        reader = RunsReader(self.clients, self.project, self.lab, self.sightings, self.earlier)
        listed = reader.runs(shown if "runs" in parts else NOT_COLLECTED)
        open_to_all = opened()
        return AzureDevOpsEvidence(
            project=self.project,
            variable_groups=self._with_access(
                "variablegroup", self.lab.variable_group, groups, open_to_all
            ),
            service_connections=self._with_access(
                "endpoint", self.lab.service_connection, connections, open_to_all
            ),
            pipelines=pipelines,
            runs=listed.runs,
            deleted_runs=listed.deleted,
            connection_uses=self._connection_uses(connections, pipelines, listed.runs)
            if "connection_uses" in parts
            else None,
        )

    @asks(SERVICE, "variable_groups")
    def _variable_groups(self) -> tuple[VariableGroup, ...] | Unavailable:
        """Source: distributedtask/variablegroups; lab task 2 steps 4 to 8."""
        ask = self.clients.library.get_variable_groups
        labs = tuple(self.lab.sheet.variable_group.variables)
        read = partial(parsing.variable_group, labs=labs)
        return self.listed("variable groups", read, lambda: self.whole(ask))

    @asks(SERVICE, "service_connections")
    def _service_connections(self) -> tuple[ServiceConnection, ...] | Unavailable:
        """Source: serviceendpoint/endpoints, half-made ones included; lab task 3."""
        ask = self.clients.connections.get_service_endpoints
        return self.listed(
            "service connections",
            parsing.service_connection,
            lambda: self.clients.only_page(ask, self.project.id, include_failed=True),
        )

    @asks(SERVICE, "pipelines")
    def _pipelines(self) -> Mapping[Pipeline, Run | None] | Unavailable:
        """Each with its latest run, where that can save a request.

        Source: build/definitions with all properties; lab tasks 5 and 6.
        """
        ask = self.clients.builds.get_definitions
        options = {"include_all_properties": True}
        if self.earlier.all_of("runs"):
            options["include_latest_builds"] = True
        listed = self.listed(
            "pipelines", parsing.with_latest_run, lambda: self.whole(ask, **options)
        )
        return listed if isinstance(listed, Unavailable) else dict(listed)

    def _connection_uses(
        self,
        connections: tuple[ServiceConnection, ...] | Unavailable,
        pipelines: tuple[Pipeline, ...] | Unavailable,
        runs: tuple[Run, ...] | Unavailable,
    ) -> tuple[ConnectionUse, ...] | Unavailable | None:
        """Source: serviceendpoint/executionhistory; it remembers pipelines and runs that are gone.

        Asked only where one of the lab's pipelines has no good run in the lists.
        """
        named = [
            connection.id
            for connection in (connections if isinstance(connections, tuple) else ())
            if connection.name == self.lab.service_connection
        ]
        if not named or isinstance(pipelines, Unavailable):
            return None
        good = (
            {run.pipeline_id for run in runs if run.succeeded} if isinstance(runs, tuple) else None
        )
        proven = {item.name for item in pipelines if good is None or item.id in good}
        if {self.lab.ci_pipeline, self.lab.cd_pipeline} <= proven:
            return None
        ask = self.clients.connections.get_service_endpoint_execution_records
        return self.listed(
            "what the service connection was used for",
            parsing.connection_use,
            lambda: self.clients.one_page(ask, self.project.id, named[0]),
        )

    @asks(SERVICE, "variable_groups", "service_connections")
    def _open_to_all(self, *kinds: Sequence[object] | Unavailable) -> frozenset[tuple[str, str]]:
        """What every pipeline may use; empty where that cannot be read: then each is asked for."""
        if not any(kind for kind in kinds if not isinstance(kind, Unavailable)):
            return frozenset()
        resources = self.looked(
            "what is open to all pipelines",
            lambda: parsing.open_to_all(
                self.clients.only_page(self.clients.builds.get_project_resources, self.project.id)
            ),
        )
        return frozenset() if isinstance(resources, Unavailable) else resources

    def _with_access(
        self,
        kind: str,
        name: str,
        listed: tuple[Protected, ...] | Unavailable,
        open_to_all: frozenset[tuple[str, str]],
    ) -> tuple[Protected, ...] | Unavailable:
        """The lab's own group or connection with who may use it, the others unchanged."""
        if isinstance(listed, Unavailable):
            return listed
        return tuple(
            replace(resource, access=self._access(kind, str(resource.id), open_to_all))
            if resource.name.casefold() == name.casefold()
            else resource
            for resource in listed
        )

    def _access(
        self, kind: str, identity: str, open_to_all: frozenset[tuple[str, str]]
    ) -> Access | Unavailable:
        """Source: pipelines/pipelinePermissions, asked only where access is not open."""
        if (kind, identity.lower()) in open_to_all:
            return Access(all_pipelines=True)
        ask = self.clients.permissions.get_pipeline_permissions_for_resource
        return self.looked(
            f"which pipelines may use the {kind} {identity}",
            lambda: parsing.access(ask(self.project.id, kind, identity)),
        )


def _no_project(lab: Lab) -> Unavailable:
    return Unavailable(
        SERVICE,
        f"the project {lab.project}",
        f"it is not among the projects of {lab.organization} that the grader may see",
        "The lab environment provides it: check its name in the cohort file, and make the grader"
        " a Reader of it.",
    )

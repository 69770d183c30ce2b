"""Azure DevOps: one learner's project, library, service connections, pipelines and their runs.

Twelve requests for a learner who followed the lab; the list of projects is shared by all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from graders import rules
from graders.evidence import (
    Access,
    Deployment,
    ModelFile,
    Pipeline,
    Project,
    Run,
    ServiceConnection,
    Sighting,
    Stage,
    Unavailable,
    UpstreamRun,
    VariableGroup,
)
from graders.lab import Lab
from graders.services import azure_devops_answers as answers
from graders.services import azure_devops_traces as traces
from graders.services.azure_devops_client import Organization, Page
from graders.services.sign_in import SignIn
from graders.services.triage import look
from graders.vanished import Thing

SERVICE = "Azure DevOps"
_LOOKED_INTO = 3  # succeeded runs per pipeline whose details are read, newest first

T = TypeVar("T")
Protected = TypeVar("Protected", VariableGroup, ServiceConnection)


@dataclass(frozen=True)
class DevOpsFacts:
    """What Azure DevOps showed of one learner's lab; the types are those of ``Evidence``."""

    project: Project | Unavailable
    variable_groups: tuple[VariableGroup, ...] | Unavailable
    service_connections: tuple[ServiceConnection, ...] | Unavailable
    pipelines: tuple[Pipeline, ...] | Unavailable
    runs: tuple[Run, ...] | Unavailable

    @classmethod
    def none(cls, fault: Unavailable) -> DevOpsFacts:
        return cls(fault, fault, fault, fault, fault)


class AzureDevOps:
    """Looks at the projects of one organisation; threads may share it."""

    def __init__(self, organization: str, sign_in: SignIn) -> None:
        self.organization = organization
        self._clients = Organization(organization, sign_in)
        self._lock = threading.Lock()
        self._projects: tuple[Project, ...] | Unavailable | None = None
        self._sightings: list[Sighting] = []

    def projects(self) -> tuple[Project, ...] | Unavailable:
        """Every project that the grader may see, asked for once."""
        with self._lock:
            if self._projects is None:
                what = f"the projects of {self.organization}"
                self._projects = look(SERVICE, what, self._list_projects, self._sightings)
            return self._projects

    def look_at(self, lab: Lab, sightings: list[Sighting]) -> DevOpsFacts:
        """All of one learner's project; what hangs on something unseen is unseen likewise."""
        project = self._project(lab)
        sightings.extend(self._sightings[-1:])
        if isinstance(project, Unavailable):
            return DevOpsFacts.none(project)
        return _ProjectLook(self._clients, project, lab, sightings).facts()

    def still_has(self, lab: Lab, thing: Thing) -> bool:
        """Whether a thing answers when it is asked for by its id; False when in doubt.

        Sources: variablegroups/{groupId}, endpoints/{endpointId}, definitions/{definitionId}.
        """
        project = self._project(lab)
        if isinstance(project, Unavailable):
            return False
        asks: Mapping[str, Callable[..., Any]] = {
            "variable group": self._clients.library.get_variable_group,
            "service connection": self._clients.connections.get_service_endpoint_details,
            "pipeline": self._clients.builds.get_definition,
        }
        found = look(SERVICE, str(thing), lambda: asks[thing.kind](project.id, thing.id), [])
        return not isinstance(found, Unavailable) and str(found.id) == thing.id

    def _project(self, lab: Lab) -> Project | Unavailable:
        projects = self.projects()
        if isinstance(projects, Unavailable):
            return projects
        wanted = lab.project.casefold()
        found = [one for one in projects if wanted in (one.name.casefold(), one.id.casefold())]
        if not found:
            return _no_project(lab)
        # one that was deleted lingers in the list beside a new one of the same name
        return min(found, key=lambda one: one.state != "wellFormed")

    def _list_projects(self) -> tuple[Project, ...]:
        self._clients.warm_up()
        listed = self._clients.whole_list(
            self._clients.core.get_projects, state_filter="all", top=100, most_pages=200
        )
        return tuple(answers.project(one) for one in listed)


@dataclass(frozen=True)
class _ProjectLook:
    """One look at one learner's project."""

    clients: Organization
    project: Project
    lab: Lab
    sightings: list[Sighting]

    def facts(self) -> DevOpsFacts:
        groups = self._variable_groups()
        connections = self._service_connections()
        open_to_all = self._open_to_all(groups, connections)
        pipelines = self._pipelines()
        return DevOpsFacts(
            self.project,
            self._with_access("variablegroup", self.lab.variable_group, groups, open_to_all),
            self._with_access("endpoint", self.lab.service_connection, connections, open_to_all),
            pipelines,
            self._runs(pipelines),
        )

    def _variable_groups(self) -> tuple[VariableGroup, ...] | Unavailable:
        """Source: distributedtask/variablegroups; lab task 2 steps 4 to 8."""
        ask = self.clients.library.get_variable_groups
        return self._list("variable groups", answers.variable_group, lambda: self._whole(ask))

    def _service_connections(self) -> tuple[ServiceConnection, ...] | Unavailable:
        """Source: serviceendpoint/endpoints, half-made ones included; lab task 3."""
        ask = self.clients.connections.get_service_endpoints
        return self._list(
            "service connections",
            answers.service_connection,
            lambda: self.clients.only_page(ask, self.project.id, include_failed=True),
        )

    def _pipelines(self) -> tuple[Pipeline, ...] | Unavailable:
        """Source: build/definitions with all properties; lab tasks 5 and 6."""
        ask = self.clients.builds.get_definitions
        return self._list(
            "pipelines", answers.pipeline, lambda: self._whole(ask, include_all_properties=True)
        )

    def _open_to_all(self, *kinds: Sequence[object] | Unavailable) -> frozenset[tuple[str, str]]:
        """What every pipeline may use; empty where that cannot be seen: then each is asked for."""
        if not any(kind for kind in kinds if not isinstance(kind, Unavailable)):
            return frozenset()
        found = self._look(
            "what is open to all pipelines",
            lambda: answers.open_to_all(
                self.clients.only_page(self.clients.builds.get_project_resources, self.project.id)
            ),
        )
        return frozenset() if isinstance(found, Unavailable) else found

    def _with_access(
        self,
        kind: str,
        name: str,
        found: tuple[Protected, ...] | Unavailable,
        open_to_all: frozenset[tuple[str, str]],
    ) -> tuple[Protected, ...] | Unavailable:
        """The lab's own group or connection with who may use it, the others as they are."""
        if isinstance(found, Unavailable):
            return found
        return tuple(
            replace(one, access=self._access(kind, str(one.id), open_to_all))
            if one.name.casefold() == name.casefold()
            else one
            for one in found
        )

    def _access(
        self, kind: str, identity: str, open_to_all: frozenset[tuple[str, str]]
    ) -> Access | Unavailable:
        """Source: pipelines/pipelinePermissions, asked only where access is not open."""
        if (kind, identity.lower()) in open_to_all:
            return Access(all_pipelines=True)
        ask = self.clients.permissions.get_pipeline_permissions_for_resource
        return self._look(
            f"which pipelines may use the {kind} {identity}",
            lambda: answers.access(ask(self.project.id, kind, identity)),
        )

    def _runs(self, pipelines: tuple[Pipeline, ...] | Unavailable) -> tuple[Run, ...] | Unavailable:
        """Runs of the pipelines that matter, newest first, those worth it in detail."""
        if isinstance(pipelines, Unavailable):
            return pipelines
        matter = {one.id: one for one in pipelines if self._is_ci(one) or self._is_cd(one)}
        runs = self._list_runs(list(matter)) if matter else ()
        if isinstance(runs, Unavailable):
            return runs
        newest_first = sorted(runs, key=_when, reverse=True)
        detailed = {
            run.id: run
            for one in matter.values()
            for run in self._looked_into(one, [r for r in newest_first if r.pipeline_id == one.id])
        }
        return tuple(detailed.get(run.id, run) for run in newest_first)

    def _looked_into(self, pipeline: Pipeline, newest_first: Sequence[Run]) -> list[Run]:
        """A CD run may have failed after it deployed: then it counts, and has to be found."""
        chosen = [self._in_detail(run, pipeline) for run in _worth_a_look(newest_first)]
        if not self._is_cd(pipeline) or any(map(_deployed, chosen)):
            return chosen
        known = {run.id for run in chosen}
        failed = [run for run in newest_first if run.is_completed and not run.succeeded]
        others = [run for run in failed[:_LOOKED_INTO] if run.id not in known]
        return chosen + [self._in_detail(run, pipeline) for run in others]

    def _list_runs(self, pipelines: list[int]) -> tuple[Run, ...] | Unavailable:
        """Source: build/builds; any run may count, so all are read; lab tasks 5 and 6."""
        ask = self.clients.builds.get_builds
        how = {"definitions": pipelines, "query_order": "queueTimeDescending"}
        return self._list("runs", answers.run, lambda: self._whole(ask, **how))

    def _in_detail(self, run: Run, pipeline: Pipeline) -> Run:
        run = replace(run, stages=self._stages(run))
        if self._is_ci(pipeline) and run.succeeded:
            run = self._with_artifacts(run)
        if self._is_cd(pipeline) and rules.counts_as_succeeded(run):
            run = replace(run, upstream=self._upstream(run), deployment=self._deployment(run))
        return run

    def _stages(self, run: Run) -> tuple[Stage, ...] | Unavailable:
        """Source: build/timeline. A run that was invalid when queued has none."""
        if run.problems and run.started_at is None:
            return ()
        ask = self.clients.builds.get_build_timeline
        return self._look(
            f"the timeline of run {run.id}",
            lambda: _unless_none(ask(self.project.id, run.id), answers.stages),
        )

    def _with_artifacts(self, run: Run) -> Run:
        """Source: build/artifacts, and the content of the one that names the model."""
        ask = self.clients.builds.get_artifacts
        listed = self._list(
            f"the artifacts of run {run.id}",
            traces.artifact,
            lambda: self.clients.only_page(ask, self.project.id, run.id),
        )
        if isinstance(listed, Unavailable):
            return replace(run, artifacts=listed)
        run = replace(run, artifacts=tuple(name for name, _ in listed))
        url = dict(listed).get(traces.ARTIFACT)
        return run if url is None else replace(run, model_file=self._model_file(run, url))

    def _model_file(self, run: Run, url: str) -> ModelFile | Unavailable:
        return self._look(
            f"the artifact {traces.ARTIFACT} of run {run.id}",
            lambda: traces.model_file(self.clients.download(url)),
        )

    def _deployment(self, run: Run) -> Deployment | Unavailable | None:
        """Source: build/logs, of the tasks that read the artifact and test the endpoint."""
        if not isinstance(run.stages, tuple) or rules.incomplete_deployment(run.stages):
            return None
        logs = traces.logged_tasks(run)
        if len(logs) < 2:
            return _no_logs(run)
        ask = self.clients.builds.get_build_log_lines
        tasks = (traces.PARSE_TASK, traces.SMOKE_TASK)
        return self._look(
            f"the logs of run {run.id}",
            lambda: traces.deployment(
                *(
                    traces.whole_log(
                        self.clients.one_page(ask, self.project.id, run.id, logs[one]), one
                    )
                    for one in tasks
                )
            ),
        )

    def _upstream(self, run: Run) -> tuple[UpstreamRun, ...] | Unavailable:
        """Source: pipelines/runs, whose list has no resources."""
        ask = self.clients.pipelines.get_run
        return self._look(
            f"what run {run.id} consumed",
            lambda: _unless_none(ask(self.project.id, run.pipeline_id, run.id), answers.upstream),
        )

    def _is_ci(self, pipeline: Pipeline) -> bool:
        return _is(pipeline, self.lab.ci_pipeline, self.lab.ci_yaml)

    def _is_cd(self, pipeline: Pipeline) -> bool:
        return _is(pipeline, self.lab.cd_pipeline, self.lab.cd_yaml)

    def _whole(self, ask: Page, **how: Any) -> list[Any]:
        return self.clients.whole_list(ask, self.project.id, **how)

    def _list(
        self, what: str, read: Callable[[Any], T], ask: Callable[[], Iterable[Any]]
    ) -> tuple[T, ...] | Unavailable:
        return self._look(what, lambda: tuple(read(item) for item in ask()))

    def _look(self, what: str, call: Callable[[], T | None]) -> T | Unavailable:
        return look(SERVICE, f"{what} in {self.project.name}", call, self.sightings)


def _is(pipeline: Pipeline, name: str, yaml: str) -> bool:
    is_named = pipeline.name.casefold() == name.casefold()
    return is_named or pipeline.yaml_path.casefold() == yaml.casefold()


def _worth_a_look(newest_first: Iterable[Run]) -> Sequence[Run]:
    """The newest succeeded runs; where none succeeded, the newest completed one, to say why."""
    completed = [run for run in newest_first if run.is_completed]
    succeeded = [run for run in completed if run.succeeded]
    return succeeded[:_LOOKED_INTO] or completed[:1]


def _deployed(run: Run) -> bool:
    """Or nobody knows: what could not be seen once is not asked for again."""
    return not isinstance(run.stages, tuple) or not rules.incomplete_deployment(run.stages)


def _when(run: Run) -> tuple[float, int]:
    return (run.queued_at.timestamp() if run.queued_at else 0.0, run.id)


def _unless_none(answer: Any, read: Callable[[Any], T]) -> T | None:
    return None if answer is None else read(answer)


def _no_logs(run: Run) -> Unavailable:
    return Unavailable(
        SERVICE,
        f"the logs of run {run.id}",
        "they are not there any more, or the tasks that write them have other names",
        "Look at the run's page: retention removes logs, and the learner may have edited the YAML.",
    )


def _no_project(lab: Lab) -> Unavailable:
    return Unavailable(
        SERVICE,
        f"the project {lab.project}",
        f"it is not among the projects of {lab.organization} that the grader may see",
        "The lab environment provides it: check its name in the cohort file, and make the grader"
        " a Reader of it.",
    )

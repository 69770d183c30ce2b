"""What the grader may see of a project, and what shows that one of its lists lacks something.

Azure DevOps leaves out of its lists what a caller may not see, with status 200. It says whether the
grader may see all of a kind. But a single group, connection or pipeline can have permissions of its
own, so that other evidence of it decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graders.evidence import (
    NOT_COLLECTED,
    ConnectionUse,
    Endpoint,
    Pipeline,
    PublishedPipeline,
    Repository,
    Rights,
    Run,
    ServiceConnection,
    ServiceName,
    Unavailable,
    VariableGroup,
)
from graders.judging.outcomes import NotAssessed
from graders.judging.prerequisites.requirements import if_visible
from graders.judging.registry import prerequisite
from graders.lab import Lab
from graders.run_results import has_role, tasks_of


@dataclass(frozen=True)
class Sight:
    """The grader's rights, and what other evidence shows of what a list may lack."""

    rights: Rights
    project: str
    group_was_used: bool = False
    """Something ran that the lab's YAML files run with the variable group only."""
    connection_was_used: bool = False
    ci_left_traces: bool = False
    cd_left_traces: bool = False
    is_whole: bool = True
    """What could speak against an empty list was collected."""

    def require(self, sees_all: bool | None, resource: str, is_contradicted: bool) -> None:
        """End the check where what is missing from a list may be there all the same."""
        if doubt := self.doubt(sees_all, resource, is_contradicted):
            raise doubt

    def doubt(
        self, sees_all: bool | None, resource: str, is_contradicted: bool
    ) -> NotAssessed | None:
        """Why a resource that is not listed may be there; None where its absence is believed.

        Without the right to see all, nothing is believed. With it, or where the service does not
        say, what other evidence shows has been there is in doubt: it was deleted, or hides itself.
        """
        if sees_all is not False and not is_contradicted:
            return NotAssessed(NOT_COLLECTED) if sees_all is None and not self.is_whole else None
        cause = "it is not listed, and the grader may not see all of them"
        remedy = "Give the grader's identity the right to see it."
        if sees_all is not False:
            cause = "it is not listed any more, although other evidence shows that it was used"
            remedy = "If it was not deleted, its own permissions hide it: let the grader see it."
        where = f"the {resource} of {self.project}"
        return NotAssessed(Unavailable(ServiceName.AZURE_DEVOPS, where, cause, remedy))


@prerequisite
def sight(
    collected_rights: Rights,
    lab: Lab,
    pipeline_traces: tuple[bool, bool] = (False, False),
    working_runs: tuple[Run, ...] = (),
    collected_repositories: tuple[Repository, ...] | Unavailable = NOT_COLLECTED,
    collected_variable_groups: tuple[VariableGroup, ...] | Unavailable = NOT_COLLECTED,
    collected_runs: tuple[Run, ...] | Unavailable = NOT_COLLECTED,
    collected_published_pipelines: tuple[PublishedPipeline, ...] | Unavailable = NOT_COLLECTED,
) -> Sight:
    """What is consulted has defaults: where the grader may see all, nothing is collected for it."""
    texts = [
        text
        for repository in if_visible(collected_repositories)
        for path, text in repository.texts.items()
        if path in (lab.ci_yaml, lab.cd_yaml)
    ]
    names_group = not texts or any(lab.variable_group in text for text in texts)
    ci_left_traces, cd_left_traces = pipeline_traces
    has_worked = bool(working_runs) or ci_left_traces
    return Sight(
        rights=collected_rights,
        project=lab.project,
        group_was_used=has_worked and names_group,
        connection_was_used=has_worked
        and _may_name_connection(if_visible(collected_variable_groups), lab),
        ci_left_traces=ci_left_traces,
        cd_left_traces=cd_left_traces,
        is_whole=NOT_COLLECTED not in (collected_runs, collected_published_pipelines),
    )


def _may_name_connection(groups: Iterable[VariableGroup], lab: Lab) -> bool:
    """Whether runs used the lab's connection, as far as the variable group says."""
    name = lab.sheet.variable_group.variables.service_connection
    variables = [group.variables.get(name) for group in groups if group.name == lab.variable_group]
    values = {variable.value for variable in variables if variable}
    return not values or not values.isdisjoint({lab.service_connection, None})


@prerequisite
def working_runs(
    collected_runs: tuple[Run, ...] | Unavailable,
    collected_pipelines: tuple[Pipeline, ...] | Unavailable,
    lab: Lab,
) -> tuple[Run, ...]:
    """The runs of the lab's YAML files in which a task ran.

    Azure Pipelines refuses a run of a group or a connection that is not there.
    """
    yamls = {lab.ci_yaml.casefold(), lab.cd_yaml.casefold()}
    own = {
        pipeline.id
        for pipeline in if_visible(collected_pipelines)
        if pipeline.yaml_path.casefold() in yamls
    }
    return tuple(
        run for run in if_visible(collected_runs) if run.pipeline_id in own and _worked(run)
    )


def _worked(run: Run) -> bool:
    stages = run.stages if isinstance(run.stages, tuple) else ()
    return run.succeeded or any(task.result not in (None, "skipped") for task in tasks_of(stages))


@prerequisite
def pipeline_traces(
    collected_pipelines: tuple[Pipeline, ...] | Unavailable,
    collected_runs: tuple[Run, ...] | Unavailable,
    collected_service_connections: tuple[ServiceConnection, ...] | Unavailable,
    collected_connection_uses: tuple[ConnectionUse, ...] | Unavailable | None,
    own_published_pipelines: tuple[PublishedPipeline, ...] | Unavailable,
    own_endpoints: tuple[Endpoint, ...] | Unavailable,
    lab: Lab,
) -> tuple[bool, bool]:
    """Whether a CI pipeline that is not listed left a trace; likewise of CD.

    Tags, which anybody can write, show nothing.
    """
    listed, uses = if_visible(collected_pipelines), if_visible(collected_connection_uses)
    connections = if_visible(collected_service_connections)
    cd = {pipeline.id for pipeline in listed if has_role(pipeline, lab.sheet.cd)}
    others = {pipeline.id for pipeline in listed} - cd
    used_by = {use.pipeline for use in uses}
    published = any(
        pipeline.name == lab.training_pipeline for pipeline in if_visible(own_published_pipelines)
    )
    published_by_another = any(use.pipeline_id in others for use in uses)
    ci_left_traces = not any(has_role(pipeline, lab.sheet.ci) for pipeline in listed) and (
        lab.ci_pipeline in used_by
        or _consumed_another(if_visible(collected_runs), cd, others)
        or (published and not published_by_another)
    )
    deployed = any(endpoint.name == lab.endpoint for endpoint in if_visible(own_endpoints))
    are_uses_unknown = isinstance(collected_connection_uses, Unavailable) or not any(
        connection.name == lab.service_connection for connection in connections
    )
    return ci_left_traces, lab.cd_pipeline in used_by or (deployed and are_uses_unknown)


def _consumed_another(runs: Iterable[Run], cd: set[int], others: set[int]) -> bool:
    """Whether a CD run took its model from a pipeline that is not listed."""
    upstream = (
        run.upstream for run in runs if run.pipeline_id in cd and isinstance(run.upstream, tuple)
    )
    return any(consumed.pipeline_id not in others for runs in upstream for consumed in runs)


@prerequisite
def doubted_pipelines(
    collected_pipelines: tuple[Pipeline, ...] | Unavailable,
    sight: Sight,
    lab: Lab,
    collected_connection_uses: tuple[ConnectionUse, ...] | Unavailable | None = None,
) -> Mapping[str, NotAssessed]:
    """Name -> why that pipeline of the lab may be there, though it is not listed.

    Where another one runs its YAML file, that is the one that left the traces.
    """
    listed = if_visible(collected_pipelines)
    roles = ((lab.sheet.ci, sight.ci_left_traces), (lab.sheet.cd, sight.cd_left_traces))
    doubts = {
        dictated.name: sight.doubt(
            sight.rights.pipelines, f"pipeline `{dictated.name}`", left_traces
        )
        for dictated, left_traces in roles
        if not any(has_role(pipeline, dictated) for pipeline in listed)
    }
    uses = collected_connection_uses
    unseen = NotAssessed(uses) if isinstance(uses, Unavailable) else None
    return {name: unseen or doubt for name, doubt in doubts.items() if doubt}

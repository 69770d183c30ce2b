"""Microsoft's SDK of Azure DevOps for Python, as it is: signed in with Entra ID's token."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from tests.clients.truth import Truth, model_in

CLIENT = "azure-devops"
SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"


@pytest.fixture(scope="module")
def clients(environment: Mapping[str, str], truth: Truth) -> Iterator[Any]:
    from azure.devops.connection import Connection
    from azure.identity import EnvironmentCredential
    from msrest.authentication import BasicTokenAuthentication

    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        token = EnvironmentCredential().get_token(SCOPE).token
        signature = BasicTokenAuthentication({"access_token": token})
        url = f"https://dev.azure.com/{truth.lab.organization}"
        yield Connection(base_url=url, creds=signature).clients_v7_1


Ask = Callable[[Any, Truth], object]


def _paged(page: Callable[[int], list[Any]]) -> list[Any]:
    """With ``skip``, because the SDK drops the continuation token."""
    items: list[Any] = []
    while found := page(len(items)):
        items += found
    return items


def _projects(clients: Any, _: Truth) -> object:
    core = clients.get_core_client()
    return sorted(p.name for p in _paged(lambda skip: core.get_projects(top=50, skip=skip)))


def _project(clients: Any, truth: Truth) -> object:
    found = clients.get_core_client().get_project(truth.lab.project, include_capabilities=True)
    return [found.id, found.name, found.state]


def _teams(clients: Any, truth: Truth) -> object:
    return [team.name for team in clients.get_core_client().get_teams(truth.lab.project)]


def _values(group: Any) -> dict[str, str]:
    return {name: variable.value for name, variable in group.variables.items()}


def _groups(clients: Any, truth: Truth) -> object:
    library = clients.get_task_agent_client()
    return {g.name: _values(g) for g in library.get_variable_groups(truth.lab.project)}


def _group_by_name(clients: Any, truth: Truth) -> object:
    library = clients.get_task_agent_client()
    names = truth.lab.variable_group
    (group,) = library.get_variable_groups(truth.lab.project, group_name=names)
    return _values(library.get_variable_group(truth.lab.project, group.id))


def _groups_by_id(clients: Any, truth: Truth) -> object:
    library, own = clients.get_task_agent_client(), truth.world.variable_groups
    wanted = [group.id for group in own]
    found = library.get_variable_groups_by_id(truth.lab.project, wanted)
    return {group.name: _values(group) for group in found}


def _shown(connection: Any) -> list[Any]:
    scheme = connection.authorization.scheme
    return [connection.id, connection.type, scheme, connection.is_ready]


def _connections(clients: Any, truth: Truth) -> object:
    endpoints = clients.get_service_endpoint_client()
    return {c.name: _shown(c) for c in endpoints.get_service_endpoints(truth.lab.project)}


def _connection_by_name(clients: Any, truth: Truth) -> object:
    endpoints, lab = clients.get_service_endpoint_client(), truth.lab
    (only,) = endpoints.get_service_endpoints_by_names(lab.project, [lab.service_connection])
    return _shown(only)


def _connection_by_id(clients: Any, truth: Truth) -> object:
    endpoints, own = clients.get_service_endpoint_client(), truth.connection[0]
    return _shown(endpoints.get_service_endpoint_details(truth.lab.project, own))


def _definitions(clients: Any, truth: Truth) -> object:
    found = clients.get_build_client().get_definitions(truth.lab.project)
    return {definition.name: definition.id for definition in found}


def _definition(clients: Any, truth: Truth) -> object:
    build = clients.get_build_client()
    process = build.get_definition(truth.lab.project, truth.ci_pipeline).process
    return process["yamlFilename"]


def _builds(clients: Any, truth: Truth) -> object:
    found = clients.get_build_client().get_builds(truth.lab.project)
    return {str(run.id): [run.definition.id, run.result] for run in found}


def _builds_by_age(clients: Any, truth: Truth) -> object:
    """One at a time, each the newest that is older than the last."""
    build, found = clients.get_build_client(), {}
    order = {"top": 1, "query_order": "queueTimeDescending"}
    page = build.get_builds(truth.lab.project, **order)
    while page:
        found[str(page[0].id)] = [page[0].definition.id, page[0].result]
        older = page[0].queue_time - timedelta(microseconds=1)
        page = build.get_builds(truth.lab.project, max_time=older, **order)
    return found


def _builds_paged(clients: Any, truth: Truth) -> object:
    build = clients.get_build_client()
    first = build.get_builds(truth.lab.project, top=1)
    mark = first.continuation_token
    second = build.get_builds(truth.lab.project, top=1, continuation_token=mark)
    return {str(run.id): [run.definition.id, run.result] for run in (*first, *second)}


def _builds_of_one(clients: Any, truth: Truth) -> object:
    build = clients.get_build_client()
    found = build.get_builds(
        truth.lab.project,
        definitions=[truth.ci_pipeline],
        status_filter="completed",
        result_filter="succeeded",
    )
    return [run.id for run in found]


def _build(clients: Any, truth: Truth) -> object:
    run = clients.get_build_client().get_build(truth.lab.project, truth.ci_runs[0])
    return [run.id, run.build_number, run.definition.id, run.source_version]


def _timeline(clients: Any, truth: Truth) -> object:
    build = clients.get_build_client()
    records = build.get_build_timeline(truth.lab.project, truth.ci_runs[0]).records
    return {record.name: record.result for record in records if record.type == "Stage"}


def _log_of(clients: Any, truth: Truth) -> tuple[Any, int, int]:
    build, run = clients.get_build_client(), truth.cd_run
    records = build.get_build_timeline(truth.lab.project, run).records
    smoke_test = truth.lab.sheet.cd.deployment.smoke_test
    log = next(r.log.id for r in records if r.name == smoke_test and r.log)
    return build, run, log


def _log_lines(clients: Any, truth: Truth) -> object:
    build, run, log = _log_of(clients, truth)
    lines = build.get_build_log_lines(truth.lab.project, run, log)
    return any(truth.lab.sheet.cd.log.smoke_test_passed in line for line in lines)


def _log_text(clients: Any, truth: Truth) -> object:
    build, run, log = _log_of(clients, truth)
    text = b"".join(build.get_build_log(truth.lab.project, run, log)).decode()
    return truth.lab.sheet.cd.log.smoke_test_passed in text


def _logs(clients: Any, truth: Truth) -> object:
    """As many as the tasks that wrote one."""
    build, run, log = _log_of(clients, truth)
    return log in [item.id for item in build.get_build_logs(truth.lab.project, run)]


def _artifacts(clients: Any, truth: Truth) -> object:
    found = clients.get_build_client().get_artifacts(truth.lab.project, truth.ci_runs[0])
    return sorted(artifact.name for artifact in found)


def _artifact(clients: Any, truth: Truth) -> object:
    build = clients.get_build_client()
    return build.get_artifact(truth.lab.project, truth.ci_runs[0], truth.artifact).name


def _artifact_zip(clients: Any, truth: Truth) -> object:
    build = clients.get_build_client()
    chunks = build.get_artifact_content_zip(truth.lab.project, truth.ci_runs[0], truth.artifact)
    return model_in(b"".join(chunks))


def _pipelines(clients: Any, truth: Truth) -> object:
    found = clients.get_pipelines_client().list_pipelines(truth.lab.project)
    return {pipeline.name: pipeline.id for pipeline in found}


def _pipelines_paged(clients: Any, truth: Truth) -> object:
    pipelines = clients.get_pipelines_client()
    found = pipelines.list_pipelines(truth.lab.project, order_by="name desc", top=2)
    return sorted((pipeline.name for pipeline in found), reverse=True)


def _pipeline(clients: Any, truth: Truth) -> object:
    return clients.get_pipelines_client().get_pipeline(truth.lab.project, truth.ci_pipeline).id


def _pipeline_runs(clients: Any, truth: Truth) -> object:
    found = clients.get_pipelines_client().list_runs(truth.lab.project, truth.ci_pipeline)
    return [run.id for run in found]


def _pipeline_run(clients: Any, truth: Truth) -> object:
    own, run = truth.ci_pipeline, truth.ci_runs[0]
    found = clients.get_pipelines_client().get_run(truth.lab.project, own, run)
    return [found.id, found.name, found.result]


CALLS: Mapping[str, tuple[str, Ask]] = MappingProxyType(
    {
        "core.get_projects": ("projects", _projects),
        "core.get_project": ("project", _project),
        "core.get_teams": ("teams", _teams),
        "task_agent.get_variable_groups": ("variable_groups", _groups),
        "task_agent.get_variable_group": ("variable_group", _group_by_name),
        "task_agent.get_variable_groups_by_id": ("variable_groups", _groups_by_id),
        "service_endpoint.get_service_endpoints": ("connections", _connections),
        "service_endpoint.get_service_endpoints_by_names": ("connection", _connection_by_name),
        "service_endpoint.get_service_endpoint_details": ("connection", _connection_by_id),
        "build.get_definitions": ("pipelines", _definitions),
        "build.get_definition": ("ci_yaml", _definition),
        "build.get_builds": ("runs", _builds),
        "build.get_builds by age": ("runs", _builds_by_age),
        "build.get_builds of a pipeline": ("ci_runs", _builds_of_one),
        "build.get_build": ("ci_run", _build),
        "build.get_build_timeline": ("stages", _timeline),
        "build.get_build_logs": ("there", _logs),
        "build.get_build_log_lines": ("smoke_test", _log_lines),
        "build.get_build_log": ("smoke_test", _log_text),
        "build.get_artifacts": ("artifacts", _artifacts),
        "build.get_artifact": ("artifact", _artifact),
        "build.get_artifact_content_zip": ("model_file", _artifact_zip),
        "pipelines.list_pipelines": ("pipelines", _pipelines),
        "pipelines.list_pipelines in order": ("last_pipelines", _pipelines_paged),
        "pipelines.get_pipeline": ("ci_pipeline", _pipeline),
        "pipelines.list_runs": ("ci_runs", _pipeline_runs),
        "pipelines.get_run": ("ci_run_name", _pipeline_run),
    }
)


@pytest.mark.parametrize("call", CALLS)
def test_reading(call: str, clients: Any, truth: Truth) -> None:
    topic, ask = CALLS[call]
    assert ask(clients, truth) == truth.of(topic)


WRITES: Mapping[str, Ask] = MappingProxyType(
    {
        "build.queue_build": lambda clients, truth: clients.get_build_client().queue_build(
            {"definition": {"id": truth.ci_pipeline}}, truth.lab.project
        ),
        "build.delete_build": lambda clients, truth: clients.get_build_client().delete_build(
            truth.lab.project, truth.ci_runs[0]
        ),
        "core.queue_delete_project": lambda clients, truth: (
            clients.get_core_client().queue_delete_project(truth.project[0])
        ),
        "pipelines.run_pipeline": lambda clients, truth: (
            clients.get_pipelines_client().run_pipeline({}, truth.lab.project, truth.ci_pipeline)
        ),
    }
)


@pytest.mark.xfail(
    reason="the SDK keeps the continuation token to itself: nobody can ask it for a second page",
    raises=AttributeError,
    strict=True,
)
@pytest.mark.parametrize("call", [pytest.param(_builds_paged, id="build.get_builds page by page")])
def test_reading_by_token(call: Ask, clients: Any, truth: Truth) -> None:
    assert call(clients, truth) == truth.runs


@pytest.mark.writes(1)
@pytest.mark.parametrize("call", WRITES)
def test_writing_is_refused(call: str, clients: Any, truth: Truth) -> None:
    from azure.devops.exceptions import AzureDevOpsServiceError

    with pytest.raises(AzureDevOpsServiceError) as refused:
        WRITES[call](clients, truth)
    assert refused.value.type_key == "AccessDeniedException"

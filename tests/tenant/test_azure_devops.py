"""The simulated Azure DevOps, seen by Microsoft's own SDK and by a bare client."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from msrest.authentication import BasicAuthentication

from fixtures.simulator.world import LearnerWorld, Pipeline, ServiceConnection
from graders.services.azure_devops import client  # noqa: F401 (switches the SDK's disk cache off)
from tests.support.served_tenant import ORGANIZATION, Served, serving, tenant_of

URL = f"https://dev.azure.com/{ORGANIZATION}"
MODEL_ANSWER, HIDDEN, CLOSED, BUSY, OTHERWISE = 4, 5, 6, 7, 8
PROJECT = f"AE MLOps {MODEL_ANSWER:02d}"
SECRET = "WORKSPACE_NAME"


def _hide(world: LearnerWorld) -> None:
    world.project.visible = False


def _close(world: LearnerWorld) -> None:
    for group in world.variable_groups:
        group.all_pipelines = False
    for connection in world.service_connections:
        connection.all_pipelines = False
    world.variable_groups[1].pipelines = [62, 63]
    world.variable_groups[1].secret = [SECRET]


def _busy(world: LearnerWorld) -> None:
    """Many pipelines and many runs of CI, one of which has still not finished."""
    ci = next(run for run in world.runs if run.yaml == "ci")
    for n in range(1, 45):
        later: dict[str, Any] = {"started": ci.started + timedelta(hours=n), "id": ci.id + 10 + n}
        later["finished"] = ci.finished + timedelta(hours=n)
        world.runs.append(dataclasses.replace(ci, **later))
    world.runs[2].status = "inProgress"
    world.pipelines += [Pipeline(900 + n, f"Extra {n}", "x.yml", "GitHub", "o/r") for n in range(9)]


def _otherwise(world: LearnerWorld) -> None:
    connection = _lab_connection(world)
    connection.creation_mode, connection.is_ready, connection.state = "Manual", False, "Failed"
    cd = next(run for run in world.runs if run.yaml == "cd")
    cd.reason = "resourceTrigger"


def _lab_connection(world: LearnerWorld) -> ServiceConnection:
    return next(
        connection for connection in world.service_connections if connection.type == "azurerm"
    )


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    changes = {HIDDEN: _hide, CLOSED: _close, BUSY: _busy, OTHERWISE: _otherwise}
    with serving(tenant_of(120, changes)) as served:
        yield served


@pytest.fixture(scope="module")
def clients(served: Served) -> Any:
    from azure.devops.connection import Connection  # late: its disk cache is off by now

    signature = BasicAuthentication("", served.tenant.ids.azure_devops_pat)
    return Connection(base_url=URL, creds=signature).clients_v7_1


@pytest.fixture(scope="module")
def bare(served: Served) -> requests.Session:
    session = requests.Session()
    session.auth = ("", served.tenant.ids.azure_devops_pat)
    session.headers["X-TFS-FedAuthRedirect"] = "Suppress"
    return session


def _get(bare: requests.Session, path: str) -> requests.Response:
    return bare.get(f"{URL}/{path}", timeout=30, allow_redirects=False)


# --- the SDK reads the model answer ---------------------------------------------------------------


def test_sdk_reads_the_variable_group(clients: Any, served: Served) -> None:
    library = clients.get_task_agent_client()

    [group] = library.get_variable_groups(PROJECT, group_name="devopsforai-*")

    wanted = served.world(MODEL_ANSWER).variable_groups[1]
    assert {name: variable.value for name, variable in group.variables.items()} == wanted.variables
    assert (group.id, group.name, group.type) == (wanted.id, wanted.name, "Vsts")
    assert group.variable_group_project_references is None
    by_id = library.get_variable_group(PROJECT, group.id)
    assert by_id.variable_group_project_references[0].project_reference.name == PROJECT


def test_sdk_reads_the_service_connection(clients: Any, served: Served) -> None:
    [connection] = clients.get_service_endpoint_client().get_service_endpoints_by_names(
        PROJECT, ["AML-workspace-connection"], include_failed=True
    )

    wanted = _lab_connection(served.world(MODEL_ANSWER))
    assert (connection.id, connection.name, connection.is_ready) == (wanted.id, wanted.name, True)
    assert connection.data["mlWorkspaceName"] == wanted.workspace
    assert connection.data["scopeLevel"] == "AzureMLWorkspace"
    assert connection.authorization.scheme == "ServicePrincipal"
    assert connection.operation_status["state"] == "Ready"


def test_sdk_reads_definitions_only_in_full_with_their_yaml(clients: Any, served: Served) -> None:
    builds = clients.get_build_client()

    shallow = builds.get_definitions(PROJECT, name="model-deploy-cd")[0]
    full = builds.get_definitions(PROJECT, name="Model-Deploy-CD", include_all_properties=True)[0]

    assert not {"process", "repository"} & set(shallow.additional_properties)
    assert full.additional_properties["process"] == {
        "yamlFilename": "/.pipelines/diabetes_regression-cd.yml",
        "type": 2,
    }
    assert full.additional_properties["repository"]["type"] == "GitHub"
    detail = builds.get_definition(PROJECT, full.id)
    assert detail.repository.name == served.world(MODEL_ANSWER).pipelines[2].repository_name


def test_sdk_reads_runs_to_the_microsecond(clients: Any, served: Served) -> None:
    wanted = served.world(MODEL_ANSWER).runs[1]

    build = clients.get_build_client().get_build(PROJECT, wanted.id)

    assert (build.build_number, build.status, build.result) == (
        wanted.number,
        "completed",
        "succeeded",
    )
    assert (build.start_time, build.finish_time) == (wanted.started, wanted.finished)
    assert (build.source_version, build.definition.id) == (wanted.commit, wanted.pipeline)
    assert build.requested_for.unique_name == wanted.requested_for


def test_times_have_as_many_digits_as_they_need(bare: requests.Session, served: Served) -> None:
    digits = set()
    for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 13):
        if number == HIDDEN:
            continue
        [run] = [one for one in served.world(number).runs if one.yaml == "ci"][:1]
        name = served.world(number).project.name
        body = _get(bare, f"{name}/_apis/build/builds/{run.id}").json()
        [fraction] = re.findall(r"^2026-11-20T[\d:]{8}(?:\.(\d+))?Z$", body["startTime"])
        assert not fraction.endswith("0")
        digits.add(len(fraction))
    assert {0, 2, 7} < digits


def test_sdk_reads_artifacts_of_both_kinds(clients: Any, served: Served) -> None:
    run = served.world(MODEL_ANSWER).runs[1]
    artifacts = clients.get_build_client().get_artifacts(PROJECT, run.id)
    assert {artifact.name: artifact.resource.type for artifact in artifacts} == {
        f"Code Coverage Report_{run.id}": "Container",
        "model": "PipelineArtifact",
    }


def test_sdk_reads_what_a_run_consumed(clients: Any, served: Served) -> None:
    run = served.world(MODEL_ANSWER).runs[0]

    detail = clients.get_pipelines_client().get_run(PROJECT, run.pipeline, run.id)

    upstream = detail.resources.pipelines["model-train-ci"]
    assert (upstream.pipeline.id, upstream.version) == (run.upstream_pipeline, run.upstream_number)
    [listed] = clients.get_pipelines_client().list_runs(PROJECT, run.pipeline)
    assert listed.resources is None


def test_sdk_reads_the_pipeline_permissions(clients: Any, served: Served) -> None:
    group = served.world(MODEL_ANSWER).variable_groups[1]
    permissions = clients.get_pipeline_permissions_client()

    answer = permissions.get_pipeline_permissions_for_resource(
        PROJECT, "variablegroup", str(group.id)
    )

    assert answer.all_pipelines.authorized is True
    open_to_all = clients.get_build_client().get_project_resources(PROJECT)
    assert ("variablegroup", str(group.id)) in {
        (resource.type, resource.id) for resource in open_to_all
    }


def test_what_is_not_open_is_absent_not_false(bare: requests.Session, served: Served) -> None:
    world = served.world(CLOSED)
    group = world.variable_groups[1]
    path = f"{world.project.name}/_apis/pipelines/pipelinePermissions/variablegroup/{group.id}"
    permissions = _get(bare, path).json()
    open_to_all = _get(bare, f"{world.project.name}/_apis/build/authorizedresources").json()

    assert "allPipelines" not in permissions
    assert [pipeline["id"] for pipeline in permissions["pipelines"]] == [62, 63]
    assert {resource["type"] for resource in open_to_all["value"]} == {"queue"}


def test_a_secret_has_no_value_and_a_plain_variable_has_nothing_else(
    bare: requests.Session, served: Served
) -> None:
    name = served.world(CLOSED).project.name
    groups = _get(bare, f"{name}/_apis/distributedtask/variablegroups?groupName=devops*").json()
    variables = groups["value"][0]["variables"]
    assert variables[SECRET] == {"value": None, "isSecret": True}
    assert set(variables["LOCATION"]) == {"value"}


# --- lists and pages ------------------------------------------------------------------------------


def _pages(bare: requests.Session, path: str) -> list[list[Any]]:
    pages: list[list[Any]] = []
    token: str | None = ""
    while token is not None:
        more = f"&continuationToken={token}" if token else ""
        answer = _get(bare, path + more)
        pages.append(answer.json()["value"])
        token = answer.headers.get("x-ms-continuationtoken")
    return pages


def test_projects_come_in_pages_without_the_hidden_one(
    bare: requests.Session, served: Served
) -> None:
    pages = _pages(bare, "_apis/projects?stateFilter=all")
    names = [project["name"] for page in pages for project in page]
    assert [len(page) for page in pages] == [100, 19]
    assert served.world(HIDDEN).project.name not in names
    assert len(set(names)) == 119


def test_projects_can_be_skipped(clients: Any) -> None:
    assert len(clients.get_core_client().get_projects(skip=110)) == 9


def test_runs_come_in_pages_newest_first(bare: requests.Session, served: Served) -> None:
    world = served.world(BUSY)
    path = f"{world.project.name}/_apis/build/Builds?queryOrder=finishTimeDescending"

    pages = _pages(bare, path)

    runs = [build for page in pages for build in page]
    assert [len(page) for page in pages] == [20, 20, 6]
    assert runs[0]["status"] == "inProgress"
    assert not {"result", "finishTime"} & set(runs[0])
    finished = [build["finishTime"] for build in runs[1:]]
    assert finished == sorted(finished, reverse=True)


def test_runs_are_limited_and_filtered(bare: requests.Session, served: Served) -> None:
    world = served.world(BUSY)
    ci, cd = world.runs[1].pipeline, world.runs[0].pipeline
    path = f"{world.project.name}/_apis/build/Builds?definitions={ci},{cd}"

    def ids(query: str) -> list[int]:
        return [build["definition"]["id"] for build in _get(bare, path + query).json()["value"]]

    assert sorted(ids("&maxBuildsPerDefinition=2")) == [ci, ci, cd]
    assert ids("&statusFilter=inProgress") == [ci]
    assert ids("&resultFilter=failed,canceled") == []
    assert len(ids("&$top=3")) == 3


def test_pipelines_come_in_pages(bare: requests.Session, served: Served) -> None:
    name = served.world(BUSY).project.name
    pages = _pages(bare, f"{name}/_apis/build/Definitions?includeAllProperties=true")
    assert [len(page) for page in pages] == [10, 2]


def test_a_project_is_found_by_name_in_any_case_and_by_id(clients: Any, served: Served) -> None:
    project = served.world(MODEL_ANSWER).project
    core = clients.get_core_client()
    assert core.get_project(PROJECT.upper()).id == project.id
    assert core.get_project(project.id).name == PROJECT


def test_a_failed_connection_is_shown_when_asked_for(
    bare: requests.Session, served: Served
) -> None:
    world = served.world(OTHERWISE)
    path = f"{world.project.name}/_apis/serviceendpoint/endpoints?type=azurerm"

    hidden = _get(bare, path).json()["value"]
    [shown] = _get(bare, path + "&includeFailed=true").json()["value"]

    assert hidden == []
    assert (shown["type"], shown["owner"]) == ("AzureRM", "library")
    assert "tenantId" in shown["authorization"]["parameters"]
    assert shown["operationStatus"]["state"] == "Failed"


def test_a_triggered_run_names_the_run_that_triggered_it(clients: Any, served: Served) -> None:
    world = served.world(OTHERWISE)
    ci, cd = (next(run for run in world.runs if run.yaml == yaml) for yaml in ("ci", "cd"))
    build = clients.get_build_client().get_build(world.project.name, cd.id)
    assert build.trigger_info["pipelineId"] == str(ci.id)


def test_nothing_unknown_was_asked_and_nothing_failed(served: Served, clients: Any) -> None:
    clients.get_build_client().get_definitions(PROJECT)
    assert served.journal.summary()["failures"] == []
    assert served.journal.summary()["unknown_routes"] == []

"""Every filter of the simulated Azure DevOps has an effect, and what it cannot read it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from fixtures.simulator.accounts import git_repository_id
from fixtures.simulator.world import LearnerWorld
from tests.support.bare_azure_devops import BareClient, settled
from tests.support.served_tenant import Served, serving, tenant_of

MIXED = 4
MAIN, OTHER = "refs/heads/main", "refs/heads/other"


def _mix(world: LearnerWorld) -> None:
    """Runs 1 to 6 of CI (pipeline 42), of every kind, and the two of the model answer."""
    cd, ci = world.runs
    hour = timedelta(hours=1)
    changes = (
        {"id": 1, "result": "failed", "reason": "individualCI", "tags": ["Gold", "old"]},
        {"id": 2, "result": "canceled", "branch": OTHER},
        {"id": 3, "result": "partiallySucceeded", "reason": "schedule", "number": "20261121.7"},
        {"id": 4, "status": "inProgress", "result": None, "requested_for": "ann@lab.example"},
        {"id": 5, "status": "notStarted", "result": None},
        {"id": 6, "deleted": True, "keep_forever": False},
    )
    for change in changes:
        later = int(change["id"]) * hour
        times = {"started": ci.started + later, "finished": ci.finished + later}
        world.runs.append(replace(ci, **(times | change)))
    world.runs[:2] = [replace(cd, id=8), replace(ci, id=7)]
    world.pipelines[0].path = "\\house"
    world.pipelines[0].process_type = 1
    world.service_connections[0].is_ready = False


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(tenant_of(4, {MIXED: _mix})) as served:
        yield served


@pytest.fixture(scope="module")
def bare(served: Served) -> BareClient:
    return BareClient.of(served)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", {1, 2, 3, 4, 5, 7, 8}),
        ("definitions=42", {1, 2, 3, 4, 5, 7}),
        ("definitions=42,43", {1, 2, 3, 4, 5, 7, 8}),
        ("DEFINITIONS=43", {8}),
        ("definitions=99", set()),
        ("buildIds=1,8,6", {1, 8}),
        ("statusFilter=inProgress", {4}),
        ("statusFilter=INPROGRESS,notstarted", {4, 5}),
        ("statusFilter=1", {4}),
        ("statusFilter=33", {4, 5}),
        ("statusFilter=all", {1, 2, 3, 4, 5, 7, 8}),
        ("resultFilter=failed,canceled", {1, 2}),
        ("resultFilter=8", {1}),
        ("resultFilter=12", {1, 3}),
        ("resultFilter=succeeded", {7, 8}),
        ("reasonFilter=individualCI", {1}),
        ("reasonFilter=2", {1}),
        ("reasonFilter=triggered", {1, 2, 3, 4, 5, 7, 8}),
        ("reasonFilter=schedule,individualCI", {1, 3}),
        ("branchName=refs/heads/other", {2}),
        ("buildNumber=20261121.7", {3}),
        ("buildNumber=20261121.*", {3}),
        ("buildNumber=2026*", {1, 2, 3, 4, 5, 7, 8}),
        ("buildNumber=*.7", set()),
        ("tagFilters=gold", {1}),
        ("tagFilters=gold,old", {1}),
        ("tagFilters=gold,new", set()),
        ("requestedFor=ann@lab.example", {4}),
        ("requestedFor=Ann", {4}),
        ("repositoryId=WireTests/mlops_04&repositoryType=GitHub", {1, 2, 3, 4, 5, 7, 8}),
        ("repositoryId=WireTests/mlops_05&repositoryType=GitHub", set()),
        ("repositoryType=TfsGit", set()),
        ("queues=72", {1, 2, 3, 4, 5, 7, 8}),
        ("queues=9", set()),
        ("deletedFilter=onlyDeleted", {6}),
        ("deletedFilter=includeDeleted", {1, 2, 3, 4, 5, 6, 7, 8}),
        ("deletedFilter=2", {6}),
        ("queryOrder=startTimeDescending&minTime=2026-11-20T16:00:00Z", {3, 4, 5}),
        ("queryOrder=startTimeDescending&maxTime=2026-11-20T15:00:00%2B00:00", {1, 7, 8}),
        ("queryOrder=queueTimeAscending&maxBuildsPerDefinition=1", {7, 8}),
        ("queryOrder=4&maxBuildsPerDefinition=1", {5, 8}),
        ("$top=2&queryOrder=startTimeAscending", {7, 8}),
    ],
)
def test_a_filter_of_runs_leaves_these(bare: BareClient, query: str, ids: set[int]) -> None:
    assert {run["id"] for run in bare.values(MIXED, f"build/builds?{query}")} == ids


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("name=model-*", {42, 43}),
        ("name=MODEL-TRAIN-REGISTER-CI", {42}),
        ("name=model", set()),
        ("path=%5Chouse", {41}),
        ("definitionIds=41,43", {41, 43}),
        ("repositoryId=WireTests/mlops_04&repositoryType=GitHub", {42, 43}),
        ("repositoryType=TfsGit", {41}),
        ("yamlFilename=.pipelines/diabetes_regression-cd.yml", {43}),
        ("yamlFilename=clean-up.yml", set()),
        ("processType=1", {41}),
        ("builtAfter=2026-11-20T15:00:00Z", {42}),
        ("notBuiltAfter=2026-11-20T15:00:00Z", {41, 43}),
    ],
)
def test_a_filter_of_pipelines_leaves_these(bare: BareClient, query: str, ids: set[int]) -> None:
    assert {one["id"] for one in bare.values(MIXED, f"build/definitions?{query}")} == ids


def test_a_repository_of_azure_repos_is_found_by_its_id(bare: BareClient, served: Served) -> None:
    known = git_repository_id(served.world(MIXED).project.id, "housekeeping")
    query = f"build/definitions?repositoryId={known}&repositoryType=tfsgit"
    assert [one["id"] for one in bare.values(MIXED, query)] == [41]


def test_pipelines_come_in_the_order_that_is_asked(bare: BareClient) -> None:
    def names(query: str) -> list[str]:
        return [one["name"] for one in bare.values(MIXED, query)]

    in_order = ["Model-Deploy-CD", "Model-Train-Register-CI", "Nightly clean-up"]
    assert names("build/definitions?queryOrder=definitionNameAscending") == in_order
    assert names("build/definitions?queryOrder=4") == in_order[::-1]
    assert names("pipelines?orderBy=name") == in_order
    assert names("pipelines?orderBy=name%20desc") == in_order[::-1]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["devopsforai-aml-vg", "shared-settings"]),
        ("queryOrder=idAscending", ["shared-settings", "devopsforai-aml-vg"]),
        ("queryOrder=0", ["shared-settings", "devopsforai-aml-vg"]),
        ("groupName=SHARED-*", ["shared-settings"]),
        ("groupName=shared", []),
        ("groupIds=42", ["devopsforai-aml-vg"]),
        ("actionFilter=none", ["devopsforai-aml-vg", "shared-settings"]),
        ("actionFilter=manage", []),  # the grader is a Reader
        ("actionFilter=use", []),
        ("$top=1", ["devopsforai-aml-vg"]),
        ("continuationToken=41", ["shared-settings"]),
    ],
)
def test_a_filter_of_variable_groups_leaves_these(
    bare: BareClient, query: str, names: list[str]
) -> None:
    found = bare.values(MIXED, f"distributedtask/variablegroups?{query}")
    assert [one["name"] for one in found] == names


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("", ["azurerm"]),
        ("includeFailed=true", ["github", "azurerm"]),
        ("includeFailed=TRUE&type=GitHub", ["github"]),
        ("endpointNames=AML-workspace-connection,x", ["azurerm"]),
        ("authSchemes=ServicePrincipal", ["azurerm"]),
        ("authSchemes=None", []),
        ("owner=library", ["azurerm"]),
        ("owner=agentcloud", []),
        ("includeDetails=true", ["azurerm"]),
        ("actionFilter=manage", []),
        ("actionFilter=view", ["azurerm"]),
        ("endpointIds=00000000-0000-0000-0000-000000000000", []),
    ],
)
def test_a_filter_of_connections_leaves_these(
    bare: BareClient, query: str, kinds: list[str]
) -> None:
    found = bare.values(MIXED, f"serviceendpoint/endpoints?{query}")
    assert [one["type"] for one in found] == kinds


def test_authorised_resources_are_filtered(bare: BareClient, served: Served) -> None:
    connection = served.world(MIXED).service_connections[1].id

    def found(query: str) -> list[tuple[str, str]]:
        listed = bare.values(MIXED, f"build/authorizedresources?{query}")
        return [(one["type"], one["id"]) for one in listed]

    assert found("type=endpoint")[1:] == [("endpoint", connection)]
    assert found(f"type=endpoint&id={connection.upper()}") == [("endpoint", connection)]
    assert found("id=72") == [("queue", "72")]


def test_only_what_changed_since_is_in_a_timeline(bare: BareClient) -> None:
    assert bare.of_project(MIXED, "build/builds/7/timeline?changeId=5").json()["records"]
    assert bare.of_project(MIXED, "build/builds/7/timeline?changeId=6").json()["records"] == []


@pytest.mark.parametrize(
    "path",
    [
        "build/builds?$top=abc",
        "build/builds?$top=-1",
        "build/builds?definitions=a",
        "build/builds?buildIds=1,x",
        "build/builds?statusFilter=finished",
        "build/builds?statusFilter=64",
        "build/builds?resultFilter=good",
        "build/builds?reasonFilter=none,why",
        "build/builds?queryOrder=random",
        "build/builds?queryOrder=1",
        "build/builds?deletedFilter=yes",
        "build/builds?minTime=yesterday",
        "build/builds?maxTime=2026-13-40T00:00:00Z",
        "build/builds?continuationToken=20",
        "build/builds?maxBuildsPerDefinition=many",
        "build/builds?api-version=seven",
        "build/definitions?$top=abc",
        "build/definitions?continuationToken=abc",
        "build/definitions?continuationToken=10",
        "build/definitions?includeAllProperties=1",
        "build/definitions?builtAfter=x",
        "build/definitions?queryOrder=name",
        "build/definitions?processType=yaml",
        "build/definitions/42?revision=x",
        "pipelines?orderBy=colour",
        "pipelines?continuationToken=!",
        "distributedtask/variablegroups?queryOrder=up",
        "distributedtask/variablegroups?continuationToken=999",
        "distributedtask/variablegroups?continuationToken=x",
        "distributedtask/variablegroups?actionFilter=read",
        "distributedtask/variablegroups?groupIds=x",
        "distributedtask/environments?continuationToken=x",
        "serviceendpoint/endpoints?includeFailed=yes",
        "serviceendpoint/endpoints?actionFilter=look",
        "pipelines/pipelinepermissions/secret/1",
        "build/builds/7/timeline?changeId=x",
    ],
)
def test_what_cannot_be_understood_is_refused(bare: BareClient, path: str) -> None:
    answer = bare.of_project(MIXED, path)
    assert (answer.status_code, answer.json()["typeKey"]) == (400, "InvalidArgumentValueException")


@pytest.mark.parametrize("query", ["$top=x", "$skip=x", "continuationToken=x", "stateFilter=x"])
def test_a_bad_list_of_projects_is_refused(bare: BareClient, query: str) -> None:
    assert bare.get(f"_apis/projects?{query}").status_code == 400


def test_what_no_route_reads_is_in_the_journal(bare: BareClient, served: Served) -> None:
    bare.of_project(MIXED, "build/builds?definition=42&$TOP=1")  # it is called definitions
    bare.of_project(MIXED, "build/builds?colour=red&$top=x")  # refused: need not be read
    key = "GET dev.azure.com /{organization}/{project}/_apis/build/builds"
    unread = settled(served).unknown_parameters
    assert f"{key} definition" in unread
    assert f"{key} colour" not in unread
    known = {line.rpartition(" ")[2].casefold() for line in unread}
    assert known == {"definition"}

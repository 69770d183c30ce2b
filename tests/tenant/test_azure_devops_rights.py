"""What the grader may see in the simulated Azure DevOps: lists, single answers and rights agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from msrest.authentication import BasicAuthentication

from fixtures.simulator.world import LearnerWorld
from graders.services.azure_devops import client  # noqa: F401 (switches the SDK's disk cache off)
from tests.support.bare_azure_devops import URL, BareClient
from tests.support.served_tenant import serving, tenant_of

READER, WRITER, HIDDEN, BLIND, ONE_BY_ONE = 1, 2, 3, 4, 5
PROJECT, LIBRARY, ENDPOINTS, BUILD = (
    "52d39943-cb85-4d7f-8fa8-c6baac873819",
    "b7e84409-6553-448a-bbb2-af228e07cbeb",
    "49b48001-ca20-4adc-8111-5b60c903a50c",
    "33344d9c-fc72-4d6f-aba5-fa317101a7e9",
)
SEE = {PROJECT: 1, LIBRARY: 1, ENDPOINTS: 16, BUILD: 1025}
WRITE = {PROJECT: 2, LIBRARY: 4, ENDPOINTS: 4, BUILD: 2048}


def _write(world: LearnerWorld) -> None:
    world.project.grader_may_write = True


def _hide(world: LearnerWorld) -> None:
    world.project.visible = False


def _blind(world: LearnerWorld) -> None:
    world.project.sees_library = False
    world.project.sees_connections = False
    world.project.sees_pipelines = False


def _one_by_one(world: LearnerWorld) -> None:
    world.variable_groups[1].visible = False
    world.service_connections[1].visible = False
    world.pipelines[1].visible = False


@pytest.fixture(scope="module")
def bare() -> Iterator[BareClient]:
    changes = {WRITER: _write, HIDDEN: _hide, BLIND: _blind, ONE_BY_ONE: _one_by_one}
    with serving(tenant_of(5, changes)) as served:
        yield BareClient.of(served)


def _whole(world: LearnerWorld, namespace: str) -> str:
    """The token of all of a project's items."""
    project = world.project.id
    return {
        PROJECT: f"$PROJECT:vstfs:///Classification/TeamProject/{project}",
        LIBRARY: f"Library/{project}",
        ENDPOINTS: f"endpoints/{project}",
        BUILD: project,
    }[namespace]


def _item(world: LearnerWorld, namespace: str, place: int) -> str:
    """The token of one item."""
    whole = _whole(world, namespace)
    return {
        LIBRARY: f"{whole}/VariableGroup/{world.variable_groups[place].id}",
        ENDPOINTS: f"{whole}/{world.service_connections[place].id}",
        BUILD: f"{whole}/{world.pipelines[place].id}",
    }[namespace]


def _rights(bare: BareClient, namespace: str, bits: int, tokens: list[str]) -> list[bool]:
    path = f"_apis/permissions/{namespace}/{bits}?tokens={quote(','.join(tokens))}"
    body = bare.get(path).json()
    assert body["count"] == len(tokens)
    return list(body["value"])


@pytest.mark.parametrize("namespace", [PROJECT, LIBRARY, ENDPOINTS, BUILD])
def test_rights_come_in_the_order_of_the_tokens(bare: BareClient, namespace: str) -> None:
    worlds = [bare.served.world(number) for number in (READER, HIDDEN, WRITER, BLIND)]
    tokens = [_whole(world, namespace) for world in worlds]
    sees_blind = namespace == PROJECT
    assert _rights(bare, namespace, SEE[namespace], tokens) == [True, False, True, sees_blind]
    assert _rights(bare, namespace, WRITE[namespace], tokens) == [False, False, True, False]
    both = SEE[namespace] | WRITE[namespace]
    assert _rights(bare, namespace, both, tokens) == [False, False, True, False]


@pytest.mark.parametrize("namespace", [LIBRARY, ENDPOINTS, BUILD])
def test_one_item_may_have_rights_of_its_own(bare: BareClient, namespace: str) -> None:
    world = bare.served.world(ONE_BY_ONE)
    tokens = [_whole(world, namespace), _item(world, namespace, 0), _item(world, namespace, 1)]
    assert _rights(bare, namespace, SEE[namespace], tokens) == [True, True, False]


def test_a_pipeline_is_named_behind_its_folders(bare: BareClient) -> None:
    world = bare.served.world(READER)
    tokens = [f"{world.project.id}/a/b/{world.pipelines[0].id}", f"{world.project.id}/a/b/999"]
    assert _rights(bare, BUILD, 1025, tokens) == [True, False]


def test_nobody_has_rights_on_what_is_not_there(bare: BareClient) -> None:
    world = bare.served.world(READER)
    tokens = ["", "nonsense", f"Library/{BUILD}", f"Library/{world.project.name}"]
    tokens += [f"Library/{world.project.id}/VariableGroup/999"]
    assert _rights(bare, LIBRARY, 1, tokens) == [False] * 5


def test_another_delimiter(bare: BareClient) -> None:
    world = bare.served.world(READER)
    tokens = f"Library/{world.project.id};Library/{BUILD}"
    body = bare.get(f"_apis/permissions/{LIBRARY}/1?tokens={tokens}&delimiter=;").json()
    assert body == {"count": 2, "value": [True, False]}


@pytest.mark.parametrize(
    ("path", "status"), [(f"{READER}{LIBRARY[1:]}/1", 404), (f"{LIBRARY}/view", 400)]
)
def test_unknown_rights_are_refused(bare: BareClient, path: str, status: int) -> None:
    assert bare.get(f"_apis/permissions/{path}?tokens=x").status_code == status


def test_the_sdk_reads_rights_and_retention(bare: BareClient) -> None:
    from azure.devops.connection import Connection

    world = bare.served.world(READER)
    signature = BasicAuthentication("", bare.served.tenant.ids.azure_devops_pat)
    clients = Connection(base_url=URL, creds=signature).clients_v7_1
    tokens = f"Library/{world.project.id},Library/{BUILD}"
    rights = clients.get_security_client().has_permissions(LIBRARY, 1, tokens=tokens)
    retention = clients.get_build_client().get_retention_settings(world.project.name)
    assert rights == [True, False]
    assert retention.purge_runs.value == 30


# --- what lists leave out -------------------------------------------------------------------------

LISTS = {
    "distributedtask/variablegroups": 1,
    "serviceendpoint/endpoints?includeFailed=true": 1,
    "build/definitions": 2,
    "pipelines": 2,
    "build/builds": 1,
}
"""List -> how many items remain when one of each kind may not be seen."""


@pytest.mark.parametrize("path", LISTS)
def test_lists_leave_out_what_may_not_be_seen(bare: BareClient, path: str) -> None:
    assert bare.values(READER, path)
    assert bare.values(BLIND, path) == []
    assert len(bare.values(ONE_BY_ONE, path)) == LISTS[path]
    assert bare.of_project(HIDDEN, path).status_code == 404


def test_what_may_not_be_seen_is_not_in_the_list_of_open_resources(bare: BareClient) -> None:
    assert {one["type"] for one in bare.values(BLIND, "build/authorizedresources")} == {"queue"}
    assert len(bare.values(ONE_BY_ONE, "build/authorizedresources")) == 3


@pytest.mark.parametrize("number", [BLIND, ONE_BY_ONE])
def test_one_item_is_null_or_refused(bare: BareClient, number: int) -> None:
    world = bare.served.world(number)
    group, connection = world.variable_groups[1], world.service_connections[1]
    pipeline, run = world.pipelines[1], world.runs[1]
    nothing = (
        f"distributedtask/variablegroups/{group.id}",
        f"serviceendpoint/endpoints/{connection.id}",
    )
    refused = (
        f"build/definitions/{pipeline.id}",
        f"pipelines/{pipeline.id}",
        f"build/builds/{run.id}",
        f"build/builds/{run.id}/timeline",
        f"build/builds/{run.id}/artifacts",
        f"pipelines/{run.pipeline}/runs/{run.id}",
        f"pipelines/pipelinepermissions/variablegroup/{group.id}",
        f"pipelines/pipelinepermissions/endpoint/{connection.id}",
    )
    assert [bare.of_project(number, path).content for path in nothing] == [b"null", b"null"]
    answers: list[Any] = [bare.of_project(number, path) for path in refused]
    assert {answer.status_code for answer in answers} == {403}
    assert {answer.json()["typeKey"] for answer in answers} == {"AccessDeniedException"}


def test_who_may_write_may_use_and_manage(bare: BareClient) -> None:
    for path in ("distributedtask/variablegroups", "serviceendpoint/endpoints"):
        assert len(bare.values(WRITER, f"{path}?actionFilter=manage")) == 2
        assert bare.values(READER, f"{path}?actionFilter=manage") == []

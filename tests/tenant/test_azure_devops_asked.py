"""Nothing that the graders and Microsoft's SDK ask of Azure DevOps and Entra ID goes unread."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from msrest.authentication import BasicAuthentication

from graders.services.azure_devops import client  # noqa: F401 (switches the SDK's disk cache off)
from tests.support.bare_azure_devops import URL, BareClient, settled
from tests.support.served_bodies import collect_everybody, recording
from tests.support.served_tenant import Served, tenant_of

PROJECT = "AE MLOps 01"
OWN = ("dev.azure.com", "login.microsoftonline.com")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with recording(tenant_of(2)) as (served, _):
        yield served


@pytest.fixture
def clients(served: Served) -> Any:
    from azure.devops.connection import Connection

    signature = BasicAuthentication("", served.tenant.ids.azure_devops_pat)
    return Connection(base_url=URL, creds=signature).clients_v7_1


def _unread(served: Served) -> list[str]:
    lines = settled(served).summary()["unknown_parameters"]
    return [line for line in lines if line.split()[1] in OWN]


def test_all_that_the_graders_ask_is_read(served: Served) -> None:
    collect_everybody(served.tenant)
    assert settled(served).by_route["POST login.microsoftonline.com /{tenant}/oauth2/v2.0/token"]
    assert _unread(served) == []


def test_all_that_the_sdk_can_ask_of_a_list_is_read(served: Served, clients: Any) -> None:
    """Every argument of the list calls that the tenant has an answer to."""
    when = datetime(2026, 11, 1, tzinfo=UTC)
    builds, library = clients.get_build_client(), clients.get_task_agent_client()
    runs = builds.get_builds(
        PROJECT,
        definitions=[12, 13],
        queues=[72],
        build_number="2026*",
        min_time=when,
        max_time=when.replace(year=2027),
        requested_for="user1@lab.example",
        reason_filter="manual",
        status_filter="completed",
        result_filter="succeeded",
        properties=["x"],
        top=5,
        max_builds_per_definition=3,
        deleted_filter="includeDeleted",
        query_order="startTimeDescending",
        branch_name="refs/heads/main",
        repository_id="WireTests/mlops_01",
        repository_type="GitHub",
    )
    pipelines = builds.get_definitions(
        PROJECT,
        name="model-*",
        repository_id="WireTests/mlops_01",
        repository_type="GitHub",
        query_order="definitionNameAscending",
        top=5,
        definition_ids=[12, 13],
        path="\\",
        built_after=when,
        include_all_properties=True,
        include_latest_builds=True,
        process_type=2,
        yaml_filename="/.pipelines/diabetes_regression-ci.yml",
    )
    groups = library.get_variable_groups(
        PROJECT, group_name="devops*", action_filter="none", top=5, query_order="idAscending"
    )
    endpoints = clients.get_service_endpoint_client().get_service_endpoints(
        PROJECT,
        type="azurerm",
        auth_schemes=["ServicePrincipal"],
        owner="library",
        include_failed=True,
        include_details=False,
    )
    projects = clients.get_core_client().get_projects(state_filter="all", top=1, skip=1)
    assert [len(found) for found in (runs, pipelines, groups, endpoints, projects)] == [
        2,
        1,
        1,
        1,
        1,
    ]
    assert _unread(served) == []


def test_single_answers_read_all_that_the_sdk_can_ask(served: Served, clients: Any) -> None:
    builds = clients.get_build_client()
    assert builds.get_build(PROJECT, 101, property_filters="x").id == 101
    assert builds.get_definition(PROJECT, 12, revision=1, include_latest_builds=True).revision == 1
    assert builds.get_build_timeline(PROJECT, 101, change_id=1).records
    assert builds.get_build_logs(PROJECT, 101)[0].line_count > 4
    assert b"".join(builds.get_build_log(PROJECT, 101, 1)).startswith(b"2026-11-20T")
    assert builds.get_definition_revisions(PROJECT, 12)[1].revision == 2
    assert clients.get_pipelines_client().list_pipelines(PROJECT, order_by="name asc", top=2)[1:]
    project = clients.get_core_client().get_project(PROJECT, True, include_history=True)
    assert project.capabilities["versioncontrol"]["sourceControlType"] == "Git"
    assert clients.get_git_client().get_repositories(PROJECT)[1].name == "housekeeping"
    assert clients.get_task_agent_client().get_environments(PROJECT, name="x", top=3) == []
    assert (
        clients.get_task_agent_client().get_agent_queues(PROJECT, queue_name="azure*")[0].id == 72
    )
    assert clients.get_location_client().get_connection_data(last_change_id=-1).instance_id
    assert _unread(served) == []


def test_a_part_of_a_log_is_what_was_asked_for(served: Served, clients: Any) -> None:
    builds = clients.get_build_client()
    whole = builds.get_build_log_lines(PROJECT, 101, 1)
    assert len(whole) > 4
    assert builds.get_build_log_lines(PROJECT, 101, 1, start_line=1, end_line=2) == whole[1:3]
    assert builds.get_build_log_lines(PROJECT, 101, 1, start_line=2) == whole[2:]
    text = b"".join(builds.get_build_log(PROJECT, 101, 1, end_line=0))
    assert text.decode() == f"{whole[0]}\n"
    url = f"{URL}/{PROJECT}/_apis/build/builds/101/logs/1"
    assert BareClient.of(served).get(f"{url}?startLine=-1&api-version=7.1").status_code == 400
    assert _unread(served) == []


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ("none", {"services": False, "access": False}),
        ("includeServices", {"services": True, "access": False}),
        ("includeServices,includeLastUserAccessTime", {"services": True, "access": True}),
        ("2", {"services": False, "access": True}),
    ],
)
def test_who_is_signed_in_comes_with_what_was_asked_for(
    served: Served, clients: Any, options: str, shown: dict[str, bool]
) -> None:
    found = clients.get_location_client().get_connection_data(connect_options=options)
    services = found.location_service_data
    assert bool(services.service_definitions) is bool(services.access_mappings) is shown["services"]
    assert bool(found.last_user_access) is shown["access"]
    for service in services.service_definitions or ():
        [place] = service.location_mappings
        assert place.location == f"{URL}/"
        assert place.access_mapping_moniker == services.default_access_mapping_moniker
    assert _unread(served) == []


def test_what_cannot_be_shown_of_a_connection_is_refused(served: Served) -> None:
    url = f"{URL}/_apis/connectiondata?connectOptions=everything&api-version=7.1-preview"
    assert BareClient.of(served).get(url).status_code == 400


def test_the_artifacts_host_reads_its_format_and_no_version(served: Served) -> None:
    bare = BareClient.of(served)
    [_, model] = bare.values(1, "build/builds/101/artifacts")
    url = model["resource"]["downloadUrl"]
    assert bare.get(url, Accept="application/zip").content.startswith(b"PK")
    wrong = bare.get(url, Accept="application/zip;api-version=7.1")
    assert (wrong.status_code, wrong.content) == (404, b"")
    assert bare.get(url.replace("zip", "tar")).status_code == 400
    assert _unread(served) == []

"""Azure DevOps and Entra ID as one world: lists and single answers agree, and links lead somewhere.

Each address that a body names on the tenant's own hosts is asked. What is not served stands in
``ELSEWHERE``, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from fixtures.simulator.serving.profiles import matches
from fixtures.simulator.serving.server import WIRES
from fixtures.simulator.wire.azure_devops.locations import locations
from fixtures.simulator.world import LearnerWorld
from graders.services.azure_devops import client  # noqa: F401 (switches the SDK's disk cache off)
from tests.support.bare_azure_devops import URL, BareClient
from tests.support.served_tenant import serving, tenant_of

ANSWER, VARIED = 3, 4
_PERSON = "a page for people"
_HOME = r"https://dev\.azure\.com/WireTests"
_ENTRA = r"https://login\.microsoftonline\.com/[\w-]+"
ELSEWHERE = {
    rf"{_HOME}/": "the address that clients put paths behind",
    rf"{_HOME}/AE MLOps \d+": _PERSON,
    rf"{_HOME}/[\w-]+/_build/.*": _PERSON,
    rf"{_HOME}/AE MLOps \d+/_git/.*": _PERSON,
    rf"{_HOME}/_apis/GraphProfile/MemberAvatars/.*": "a picture",
    rf"{_HOME}/[\w-]+/_apis/build/Builds/1/.*": "went with the deleted run",
    r"https://management\.azure\.com/": "names a cloud; a service connection has no other address",
    rf"{_ENTRA}/oauth2/v2\.0/(authorize|devicecode|logout)": _PERSON,
    rf"{_ENTRA}/oauth2/v2\.0/token": "asked with POST, by all tests",
    rf"{_ENTRA}/v2\.0": "an issuer's name, not an address",
}
"""Address -> why nobody answers there."""
LISTS = {
    "build/definitions?includeAllProperties=true": "build/definitions/{id}",
    "build/definitions": "build/definitions/{id}",
    "build/definitions?includeLatestBuilds=true": "build/definitions/{id}",
    "build/builds?deletedFilter=includeDeleted": "build/builds/{id}",
    "pipelines": "pipelines/{id}",
    "pipelines/{ci}/runs": "pipelines/{ci}/runs/{id}",
    "pipelines/{cd}/runs": "pipelines/{cd}/runs/{id}",
    "distributedtask/variablegroups": "distributedtask/variablegroups/{id}",
    "distributedtask/queues": "distributedtask/queues/{id}",
    "serviceendpoint/endpoints?includeFailed=true": "serviceendpoint/endpoints/{id}",
    "git/repositories": "git/repositories/{id}",
    "build/authorizedresources": "pipelines/pipelinepermissions/{type}/{id}",
    "build/builds/{run}/artifacts": "build/builds/{run}/artifacts?artifactName={name}",
    "build/builds/{run}/logs": "build/builds/{run}/logs/{id}",
    "build/definitions/{ci}/revisions": "build/definitions/{ci}?revision={revision}",
    "serviceendpoint/{azure}/executionhistory": "build/builds/{data[id]}",
    "distributedtask/environments": "",
    "_apis/projects": "_apis/projects/{id}",
    "_apis/projects/{project}/teams": "_apis/projects/{project}/teams/{id}",
    "_apis/projectcollections": "_apis/projectcollections/{id}",
    "_apis/resourceareas": "_apis/resourceareas/{id}",
}
"""List -> where each of its items is asked for by itself; empty for a list that is empty."""
DIFFER = {
    "variableGroupProjectReferences": "null in the list, as recorded",
    "latestBuild": "only where it is asked for",
    "latestCompletedBuild": "only where it is asked for",
}
"""Key -> why a list may show it otherwise than the item itself."""
LINKS = ("url", "href", "downloadUrl", "locationUrl", "definitionUrl", "remoteUrl", "webUrl")
BESIDE = (
    "build/builds/{run}/timeline",
    "pipelines/pipelinepermissions/variablegroup/{group}",
    "build/retention",
    "_apis/connectiondata",
)
"""What has links and is in no list."""


def _varied(world: LearnerWorld) -> None:
    cd, ci = world.runs
    ci.attempt = 3
    cd.result, cd.warnings = "partiallySucceeded", {"Deploy_ACI": "It was slow."}
    world.runs.append(replace(ci, id=1, deleted=True))
    world.runs.append(replace(ci, id=2, status="inProgress", result=None))
    world.runs.append(replace(ci, id=3, status="cancelling", result=None, reason="schedule"))
    world.service_connections[0].is_ready = False
    world.pipelines[0].process_type = 1


@pytest.fixture(scope="module")
def bare() -> Iterator[BareClient]:
    with serving(tenant_of(4, {VARIED: _varied})) as served:
        yield BareClient.of(served)


def _names(world: LearnerWorld) -> dict[str, object]:
    cd, ci = world.runs[:2]
    return {
        "ci": ci.pipeline,
        "cd": cd.pipeline,
        "run": ci.id,
        "azure": world.service_connections[1].id,
        "group": world.variable_groups[1].id,
        "project": world.project.id,
    }


def _ask(bare: BareClient, number: int, path: str) -> Any:
    answer = bare.get(path) if path.startswith("_apis") else bare.of_project(number, path)
    assert answer.status_code == 200, (path, answer.status_code, answer.text)
    return answer.json()


@pytest.mark.parametrize("number", [ANSWER, VARIED])
@pytest.mark.parametrize("path", LISTS)
def test_what_a_list_shows_answers_by_its_id(bare: BareClient, path: str, number: int) -> None:
    names = _names(bare.served.world(number))
    items = _ask(bare, number, path.format(**names))["value"]
    assert bool(items) is bool(LISTS[path])
    for item in items:
        alone = _ask(bare, number, LISTS[path].format(**(names | item)))
        if path == "build/authorizedresources":
            assert alone["allPipelines"]["authorized"] is True
            assert alone["resource"] == {"type": item["type"], "id": item["id"]}
        elif path.endswith("logs"):
            assert len(alone["value"]) == item["lineCount"]
        elif path.endswith("revisions"):
            assert (alone["revision"], alone["name"]) == (item["revision"], item["name"])
        elif path.endswith("executionhistory"):
            owner = item["data"]["owner"]
            assert (alone["id"], alone["buildNumber"]) == (owner["id"], owner["name"])
        else:
            both = (item.keys() & alone.keys()) - DIFFER.keys()
            assert {key: item[key] for key in both} == {key: alone[key] for key in both}


# --- links ----------------------------------------------------------------------------------------


def _links(body: Any) -> Iterator[str]:
    for key, value in body.items() if isinstance(body, dict) else enumerate(body):
        if isinstance(value, dict | list):
            yield from _links(value)
        elif key in LINKS and isinstance(value, str):
            yield value


def _own_hosts() -> list[str]:
    return [host for wire in WIRES for host in wire.HOSTS]


@pytest.fixture(scope="module")
def linked(bare: BareClient) -> set[str]:
    """Every address that some body names, following those that lead to bodies once more."""
    found: set[str] = set()
    for number in (ANSWER, VARIED):
        names = _names(bare.served.world(number))
        for path in (*LISTS, *LISTS.values(), *BESIDE):
            if not re.search(r"\{(id|type|name|revision|data)", path) and path:
                found |= set(_links(_ask(bare, number, path.format(**names))))
    for url in sorted(found):
        if _is_own(url) and _reason(url) is None:
            answer = bare.get(url)
            if "json" in answer.headers.get("content-type", "") and answer.status_code == 200:
                found |= set(_links(answer.json() or {}))
    return {url for url in found if _is_own(url)}


def _is_own(url: str) -> bool:
    return matches(str(urlsplit(url).hostname), tuple(_own_hosts()))


def _reason(url: str) -> str | None:
    return next((why for form, why in ELSEWHERE.items() if re.fullmatch(form, url)), None)


def test_every_link_leads_somewhere(bare: BareClient, linked: set[str]) -> None:
    wrong = {}
    for url in sorted(linked):
        if _reason(url) is None:
            answer = bare.get(url)
            if answer.status_code != 200 or answer.content == b"null":
                wrong[url] = answer.status_code
    assert wrong == {}
    assert len(linked) > 100


def test_the_links_of_entra_lead_somewhere(bare: BareClient) -> None:
    ids = bare.served.tenant.ids
    base = f"https://login.microsoftonline.com/{ids.tenant_id}"
    document = requests.get(f"{base}/v2.0/.well-known/openid-configuration", timeout=30).json()
    clouds = requests.get(
        "https://login.microsoftonline.com/common/discovery/instance?api-version=1.1", timeout=30
    ).json()
    named = [*document.values(), clouds["tenant_discovery_endpoint"]]
    links = [link for link in named if str(link).startswith("https:")]
    assert len(links) >= 7
    for link in links:
        if _reason(link) is None:
            assert requests.get(link, timeout=30).status_code == 200, link


def test_every_reason_is_needed(bare: BareClient, linked: set[str]) -> None:
    document = requests.get(
        f"https://login.microsoftonline.com/{bare.served.tenant.ids.tenant_id}"
        "/v2.0/.well-known/openid-configuration",
        timeout=30,
    ).json()
    areas = bare.get("_apis/resourceareas").json()["value"]
    known = linked | set(map(str, document.values())) | {area["locationUrl"] for area in areas}
    unused = [form for form in ELSEWHERE if not any(re.fullmatch(form, url) for url in known)]
    assert unused == []


PLACES = {
    "resource": "",
    "projectId": "{project}",
    "groupId": "{group}",
    "endpointId": "{azure}",
    "resourceType": "variablegroup",
    "resourceId": "{group}",
    "definitionId": "{ci}",
    "buildId": "{run}",
    "pipelineId": "{ci}",
    "runId": "{run}",
    "logId": "1",
    "queueId": "72",
    "repositoryId": "housekeeping",
    "securityNamespaceId": "b7e84409-6553-448a-bbb2-af228e07cbeb",
    "permissions": "1",
    "collectionId": "",
    "areaId": "79134c72-4a58-4b42-976c-04e7115f32bf",
    "artifactName": "",
    "timelineId": "",
    "environmentId": "",
    "teamId": "",
}
"""Placeholder of an advertised address -> what is asked there; empty: the list alone."""


@pytest.mark.parametrize("place", locations(), ids=lambda place: place["resourceName"])
def test_every_advertised_address_is_served(bare: BareClient, place: dict[str, Any]) -> None:
    names = _names(bare.served.world(ANSWER))
    known = {"area": place["area"], "resource": place["resourceName"], "project": names["project"]}

    def fill(match: re.Match[str]) -> str:
        name = match[1].lstrip("*")
        return str(known.get(name) or PLACES[name].format(**names))

    path = re.sub(r"\{(\*?\w+)\}", fill, place["routeTemplate"])
    assert bare.get(f"{URL}/{path.rstrip('/')}").status_code == 200, path


# --- two routes about one thing -------------------------------------------------------------------

_STATES = {"inProgress": "inProgress", "cancelling": "canceling", "completed": "completed"}


@pytest.mark.parametrize("number", [ANSWER, VARIED])
def test_all_routes_agree_about_a_run(bare: BareClient, number: int) -> None:
    world = bare.served.world(number)
    for run in (run for run in world.runs if not run.deleted):
        build = _ask(bare, number, f"build/builds/{run.id}")
        newer = _ask(bare, number, f"pipelines/{run.pipeline}/runs/{run.id}")
        timeline = _ask(bare, number, f"build/builds/{run.id}/timeline")
        definition = _ask(bare, number, f"build/definitions/{run.pipeline}")
        assert newer["name"] == build["buildNumber"]
        assert newer["state"] == _STATES[build["status"]]
        assert newer["createdDate"] == build["queueTime"]
        assert newer.get("finishedDate") == build.get("finishTime")
        assert bool(newer.get("result")) is bool(build.get("result"))
        assert timeline["id"] == build["orchestrationPlan"]["planId"]
        assert newer["pipeline"]["name"] == build["definition"]["name"] == definition["name"]
        assert build["repository"]["id"] == definition["repository"]["id"]
        own = newer["resources"]["repositories"]["self"]
        assert (own["refName"], own["version"]) == (build["sourceBranch"], build["sourceVersion"])
        logs = [record["log"]["id"] for record in timeline["records"] if record["log"]]
        listed = [log["id"] for log in _ask(bare, number, f"build/builds/{run.id}/logs")["value"]]
        assert sorted(logs) == listed


def test_earlier_attempts_have_a_timeline_of_their_own(bare: BareClient) -> None:
    run = bare.served.world(VARIED).runs[1]
    path = f"build/builds/{run.id}/timeline"
    records = _ask(bare, VARIED, path)["records"]
    [again] = [record for record in records if record["previousAttempts"]]
    assert [attempt["attempt"] for attempt in again["previousAttempts"]] == [1, 2]
    for attempt in again["previousAttempts"]:
        [record] = _ask(bare, VARIED, f"{path}/{attempt['timelineId']}")["records"]
        assert record["id"] == attempt["recordId"]
        assert (record["attempt"], record["result"]) == (attempt["attempt"], "failed")


def test_identities_are_the_same_everywhere(bare: BareClient) -> None:
    world = bare.served.world(ANSWER)
    run, connection = world.runs[1], world.service_connections[1]
    build = _ask(bare, ANSWER, f"build/builds/{run.id}")
    endpoint = _ask(bare, ANSWER, f"serviceendpoint/endpoints/{connection.id}")
    group = _ask(bare, ANSWER, f"distributedtask/variablegroups/{world.variable_groups[1].id}")
    definition = _ask(bare, ANSWER, f"build/definitions/{run.pipeline}")
    person = build["requestedFor"]
    assert person == endpoint["createdBy"] == definition["authoredBy"] == build["requestedBy"]
    assert group["createdBy"] == {key: person[key] for key in ("displayName", "id", "uniqueName")}
    assert person["displayName"] == "User3"
    instance = _ask(bare, ANSWER, "_apis/connectiondata")["instanceId"]
    assert instance in person["url"]
    shouted = bare.get(f"{URL.upper().replace('HTTPS', 'https')}/_apis/connectiondata").json()
    assert shouted["instanceId"] == instance


def test_the_tenant_is_the_same_everywhere(bare: BareClient) -> None:
    world, ids = bare.served.world(ANSWER), bare.served.tenant.ids
    connection = world.service_connections[1]
    endpoint = _ask(bare, ANSWER, f"serviceendpoint/endpoints/{connection.id}")
    parameters = endpoint["authorization"]["parameters"]
    assert parameters["tenantid"] == ids.tenant_id
    assert parameters["serviceprincipalid"] == connection.application_id
    assert endpoint["data"]["spnObjectId"] == world.models[-1].created_by
    user = _ask(bare, ANSWER, "_apis/connectiondata")["authenticatedUser"]
    assert user["descriptor"].endswith(f"{ids.tenant_id}\\{ids.object_id}")

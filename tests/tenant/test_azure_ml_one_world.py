"""Azure ML and Resource Manager tell of one world: no two routes disagree, every link leads on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests

from fixtures.simulator.serving.server import WIRES
from fixtures.simulator.wire.azure_ml.framing import workspace_id
from fixtures.simulator.wire.azure_ml.regional_routes import discovery
from fixtures.simulator.world import LearnerWorld
from tests.support.served_bodies import Recorded, collect_everybody, recording
from tests.support.served_tenant import Served, tenant_of
from tests.tenant.test_azure_ml_parameters import ARM, MODEL, VERSION, more_of_everything

REGION = "https://centralus.api.azureml.ms"
UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")

NOT_SERVED = {
    "https://catalog.cortanaanalytics.com": "the studio's own catalogue, which closed years ago",
    "https://gallery.cortanaintelligence.com/project": "likewise its gallery",
    "https://ml.azure.com": "pages for people",
    "https://centralus.studioservice.azureml.com": "serves the studio's pages only",
    "PipelineRuns/PipelineSubmit": "starts a run: a write",
    "azureml://": "addresses of the SDKs, not of a host",
    "aml://": "likewise",
}
"""Link, or a part of it, that bodies name and nobody can ask -> why."""

ELSEWHERE = {
    "tenantId": "Entra ID's wire",
    "userTenantId": "Entra ID's wire",
    "principalId": "the managed identity: no route shows identities",
    "createdBy": "an account or service principal: no route shows those",
    "lastModifiedBy": "likewise",
    "userId": "likewise",
    "userObjectId": "likewise",
    "userName": "likewise",
    "operationId": "of a deployment that ended long ago: the service forgets it",
    "GraphId": "the graph of a pipeline: only its authors ask for it",
    "workspaceId": "the workspace's other id, in its own body",
    "sdkTelemetryAppInsightsKey": "of the SDK's telemetry",
    "metricId": "of a value, which only its list shows",
    "dataset_id": "a tag that the lab's script sets; the lab never shows data sets",
}
"""Key that holds an id of no route -> why nobody can ask for it."""


@pytest.fixture(scope="module")
def watched() -> Iterator[tuple[Served, list[Recorded]]]:
    with recording(tenant_of(2, {1: more_of_everything})) as (served, recorded):
        collect_everybody(served.tenant)
        yield served, recorded


@pytest.fixture(scope="module")
def served(watched: tuple[Served, list[Recorded]]) -> Served:
    return watched[0]


@pytest.fixture(scope="module")
def world(served: Served) -> LearnerWorld:
    return served.world(1)


@pytest.fixture(scope="module")
def session(served: Served) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = "Bearer " + served.token(ARM)
    return session


@pytest.fixture(scope="module")
def place(world: LearnerWorld) -> str:
    return workspace_id(world.workspace)


def read(session: requests.Session, url: str, asked: Any = None) -> Any:
    method = "GET" if asked is None else "POST"
    answer = session.request(method, url, json=asked, timeout=30)
    assert answer.status_code == 200, (url, answer.text)
    return answer.json()


# --- what a list shows answers by its id, with equal fields ---------------------------------------


def test_models_and_versions(session: requests.Session, place: str) -> None:
    models = read(session, f"{ARM}{place}/models?{VERSION}&listViewType=All")["value"]
    assert len(models) == 3
    for model in models:
        assert read(session, f"{ARM}{model['id']}?{VERSION}") == model
        url = f"{ARM}{model['id']}/versions?{VERSION}&listViewType=All"
        versions = read(session, url)["value"]
        assert versions[0]["name"] == model["properties"]["latestVersion"]
        for version in versions:
            assert read(session, f"{ARM}{version['id']}?{VERSION}") == version


def test_online_endpoints_and_deployments(session: requests.Session, place: str) -> None:
    (endpoint,) = read(session, f"{ARM}{place}/onlineEndpoints?{VERSION}")["value"]
    assert read(session, f"{ARM}{endpoint['id']}?{VERSION}") == endpoint
    own = endpoint["properties"]["properties"]["azureml.onlineendpointid"]
    assert read(session, f"{ARM}{own}?{VERSION}") == endpoint
    deployments = read(session, f"{ARM}{endpoint['id']}/deployments?{VERSION}")["value"]
    assert {deployment["name"]: 100 for deployment in deployments} == endpoint["properties"][
        "traffic"
    ]
    for deployment in deployments:
        assert read(session, f"{ARM}{deployment['id']}?{VERSION}") == deployment
        model = read(session, f"{ARM}{deployment['properties']['model']}?{VERSION}")
        assert model["type"].endswith("/models/versions")


def test_workspaces_and_groups(session: requests.Session, world: LearnerWorld) -> None:
    sub = f"/subscriptions/{world.workspace.subscription_id}"
    own = read(session, f"{ARM}{sub}?{VERSION}")
    assert own in read(session, f"{ARM}/subscriptions?{VERSION}")["value"]
    for group in read(session, f"{ARM}{sub}/resourceGroups?{VERSION}")["value"]:
        assert read(session, f"{ARM}{group['id']}?{VERSION}") == group
    url = f"{sub}/providers/Microsoft.MachineLearningServices/workspaces"
    for listed in read(session, f"{ARM}{url}?{VERSION}")["value"]:
        shown = read(session, f"{ARM}{listed['id']}?{VERSION}")
        assert listed["id"].casefold() == shown["id"].casefold()
        assert {**listed, "id": ""} == {**shown, "id": ""}


def test_web_services_and_models(session: requests.Session, place: str) -> None:
    home = f"{REGION}/modelmanagement/v1.0{place}"
    for service in read(session, f"{home}/services?expand=true")["value"]:
        assert read(session, f"{home}/services/{service['id']}?expand=true") == service
        for model in service["models"]:
            if model["id"] != "x:1":  # of a model that was deleted since
                assert read(session, f"{home}/models/{model['id']}") == model
    for model in read(session, f"{home}/models?count=255")["value"]:
        assert read(session, f"{home}/models/{model['id']}") == model


def test_pipelines_and_their_runs(session: requests.Session, place: str) -> None:
    home = f"{REGION}/pipelines/v1.0{place}"
    (pipeline,) = read(session, f"{home}/Pipelines")
    assert read(session, f"{home}/Pipelines/{pipeline['Id']}") == pipeline
    runs = read(session, f"{home}/PipelineRuns/Pipeline/{pipeline['Id']}")
    assert len(runs) == 2
    for run in runs:
        assert read(session, f"{home}/PipelineRuns/{run['Id']}") == run
        assert (run["PipelineId"], run["GraphId"]) == (pipeline["Id"], pipeline["GraphId"])


def test_experiments_and_runs(session: requests.Session, place: str) -> None:
    home = f"{REGION}/history/v1.0{place}"
    (experiment,) = read(session, f"{home}/experiments:query", {})["value"]
    by_name = f"{home}/experiments/{experiment['name']}"
    by_id = f"{home}/experimentids/{experiment['experimentId']}"
    assert read(session, by_name) == read(session, by_id) == experiment
    runs = read(session, f"{by_name}/runs:query", {"top": 100})["value"]
    assert len({run["runId"] for run in runs}) == len({run["runNumber"] for run in runs}) == 8
    for run in runs:
        own = f"{by_name}/runs/{run['runId']}"
        assert read(session, own) == read(session, f"{by_id}/runs/{run['runId']}") == run
        assert read(session, f"{home}/runs/{run['runId']}") == run
        assert run["experimentId"] == experiment["experimentId"]
        details = read(session, f"{own}/details")
        assert {key: run[key] for key in details.keys() & run.keys()} == {
            key: details[key] for key in details.keys() & run.keys()
        }
        steps = read(session, f"{own}/children")["value"]
        assert [step for step in runs if step["parentRunId"] == run["runId"]] == steps
        assert all(step["tags"]["azureml.pipeline"] == run["runId"] for step in steps)


# --- two routes never disagree --------------------------------------------------------------------


def test_both_registries_have_the_same_models(session: requests.Session, place: str) -> None:
    versions = read(session, f"{ARM}{place}/models/{MODEL}/versions?{VERSION}&listViewType=All")
    url = f"{REGION}/modelmanagement/v1.0{place}/models?name={MODEL}"
    by_manager = {v["name"]: v["properties"]["tags"] for v in versions["value"]}
    by_region = {str(m["version"]): m["kvTags"] for m in read(session, url)["value"]}
    assert by_manager == by_region
    makers = {v["name"]: v["systemData"]["createdBy"] for v in versions["value"]}
    assert makers == {
        str(m["version"]): m["createdBy"]["userObjectId"] for m in read(session, url)["value"]
    }


def test_a_models_tags_lead_to_its_run_and_its_error(
    session: requests.Session, place: str, world: LearnerWorld
) -> None:
    home, names = f"{REGION}/history/v1.0{place}", world.sheet.tags
    url = f"{ARM}{place}/models/{MODEL}/versions/1?{VERSION}"
    tags = read(session, url)["properties"]["tags"]
    experiment = f"{home}/experiments/{tags[names.experiment]}"
    run = read(session, f"{experiment}/runs/{tags[names.training_run]}")
    assert run["tags"][names.build] == tags[names.build]
    asked = {"filter": f"RunId eq {run['runId']} and name eq {names.error}"}
    (metric,) = read(session, f"{experiment}/metrics:query", asked)["value"]
    assert metric["cells"] == [{names.error: float(tags[names.error])}]
    newer = f"{REGION}/metric/v2.0{place}/runs/{run['runId']}"
    listed = read(session, f"{newer}/list", {})["value"]
    assert names.error in [entry["metricKey"]["name"] for entry in listed]
    values = read(session, f"{newer}/full", {"metricName": names.error})["value"]
    assert [value["data"] for value in values] == metric["cells"]
    assert [value["metricId"] for value in values] == [metric["metricId"]]


def test_a_run_is_of_a_pipeline_by_every_route(session: requests.Session, place: str) -> None:
    asked = {"filter": "ParentRunId eq null"}
    url = f"{REGION}/history/v1.0{place}/experiments/mlopspython/runs:query"
    for run in read(session, url, asked)["value"]:
        known = read(session, f"{REGION}/pipelines/v1.0{place}/PipelineRuns/{run['runId']}")
        linked = {run["tags"]["azureml.pipelineid"], run["properties"]["azureml.pipelineid"]}
        assert linked == {known["PipelineId"]}
        assert known["RunHistoryExperimentName"] == "mlopspython"
        assert {"Completed": "Finished"}.get(run["status"], run["status"]) == (
            known["Status"]["StatusCode"]
        )


# --- every link and id ----------------------------------------------------------------------------


def test_discovery_names_hosts_that_answer_or_says_why_not(
    session: requests.Session, place: str
) -> None:
    paths = {
        "modelmanagement": f"/modelmanagement/v1.0{place}/services",
        "pipelines": f"/pipelines/v1.0{place}/Pipelines",
        **dict.fromkeys(
            ("experimentation", "history", "hyperdrive", "labeling"),
            f"/history/v1.0{place}/experiments/mlopspython",
        ),
        "api": f"/history/v1.0{place}/experiments/mlopspython",
    }
    document = read(session, f"{REGION}/discovery")
    assert document == discovery("centralus")
    assert len({urlsplit(address).hostname for address in document.values()}) > 5
    for name, address in document.items():
        if name in paths:
            assert read(session, address + paths[name])
            assert session.get(f"{address}/discovery", timeout=30).ok is (name == "api")
        else:
            assert address in NOT_SERVED


def test_a_host_of_one_service_has_no_other(session: requests.Session, place: str) -> None:
    url = f"https://centralus.aether.ms/modelmanagement/v1.0{place}/services"
    assert session.get(url, timeout=30).status_code == 404


def _texts(body: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a body, with its key."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield from _texts(value, name)
    elif isinstance(body, list):
        for value in body:
            yield from _texts(value, key)
    elif isinstance(body, str):
        yield key, body


def _shown(watched: tuple[Served, list[Recorded]]) -> list[tuple[str, str]]:
    hosts = ("management.azure.com", "azureml.ms", "azureml.net", "aether.ms")
    bodies = [
        json.loads(answer.body)
        for answer in watched[1]
        if answer.host.endswith(hosts) and answer.status == 200 and "json" in answer.kind
    ]
    return sorted({text for body in bodies for text in _texts(body)})


def test_every_link_leads_on_or_says_why_not(
    watched: tuple[Served, list[Recorded]], session: requests.Session
) -> None:
    bases = discovery("centralus").values()  # of routes: another test follows them
    shown = (text for _, text in _shown(watched) if re.match(r"[a-z]+://", text))
    links = [link for link in shown if link not in bases]
    followed = 0
    for link in links:
        host = str(urlsplit(link).hostname)
        if any(part in link for part in NOT_SERVED) or host == "dev.azure.com":
            continue  # the build of a tag is Azure DevOps' page for people
        method = "POST" if link.endswith("/score") else "GET"
        answer = session.request(method, link, json={"data": []}, timeout=30)
        assert answer.status_code in (200, 401), link
        followed += 1
    assert followed > 5


def test_every_exception_is_needed(watched: tuple[Served, list[Recorded]]) -> None:
    """What no body names any more needs no reason either."""
    shown = _shown(watched)
    bases = [("", address) for address in discovery("centralus").values()]
    texts = "\n".join(text for _, text in (*shown, *bases))
    assert [part for part in NOT_SERVED if part not in texts] == []
    keys = {key for key, text in shown if UUID.fullmatch(text)}
    assert ELSEWHERE.keys() - keys == set()


def test_every_id_is_that_of_a_route_or_says_why_not(
    watched: tuple[Served, list[Recorded]], session: requests.Session
) -> None:
    """An id that nobody could ask for would be made up for one body only."""
    ids = {(key, text) for key, text in _shown(watched) if UUID.fullmatch(text)}
    worlds = [watched[0].world(number) for number in (1, 2)]
    unknown = []
    for key, identifier in ids:
        if key not in ELSEWHERE and not any(_answers(session, w, identifier) for w in worlds):
            unknown.append((key, identifier))
    assert unknown == []
    assert {key for key, _ in ids} - ELSEWHERE.keys() >= {"Id", "runId", "experimentId"}


def _answers(session: requests.Session, world: LearnerWorld, identifier: str) -> bool:
    place = workspace_id(world.workspace)
    history, pipelines = f"{REGION}/history/v1.0{place}", f"{REGION}/pipelines/v1.0{place}"
    addresses = (
        f"{history}/runs/{quote(identifier)}",
        f"{history}/experimentids/{quote(identifier)}",
        f"{pipelines}/Pipelines/{quote(identifier)}",
    )
    return any(session.get(address, timeout=30).status_code == 200 for address in addresses)


def test_the_hosts_of_links_are_hosts_of_a_wire() -> None:
    """A link that is followed reaches a route of ours, not the front door's refusal."""
    hosts = {host for wire in WIRES for host in wire.HOSTS}
    assert {"*.modelmanagement.azureml.net", "*.experiments.azureml.net", "*.aether.ms"} < hosts

"""Azure ML and Resource Manager honour what they are asked, refuse what they cannot understand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from fixtures.simulator.world import LearnerWorld, Model, OnlineEndpoint
from tests.support.served_bodies import collect_everybody, recording
from tests.support.served_tenant import SUBSCRIPTION, Served, tenant_of

MODEL = "diabetes_regression_model.pkl"
ARM = "https://management.azure.com"
REGION = "https://centralus.api.azureml.ms"
VERSION = "api-version=2024-04-01"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/User1AML"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/user1aml"
MANAGEMENT = f"{REGION}/modelmanagement/v1.0{WORKSPACE}"
HISTORY = f"{REGION}/history/v1.0{WORKSPACE}"
EXPERIMENT = f"{HISTORY}/experiments/mlopspython"
METRICS = f"{REGION}/metric/v2.0{WORKSPACE}/runs"
OURS = ("management.azure.com", "api.azureml.ms", "scoring")


def more_of_everything(world: LearnerWorld) -> None:
    """Three versions, one archived; a second run, which failed; two kinds of services."""
    model, run, service = world.models[1], world.training_runs[0], world.services[0]
    older = [replace(model, version=n, archived=n == 2) for n in (2, 3)]
    world.models += [replace(m, created=m.created + timedelta(days=m.version)) for m in older]
    failed = replace(run, id="0f" * 16, status="Failed", tags={"BuildId": "7"}, metrics={})
    world.training_runs.append(replace(failed, started=run.started + timedelta(days=1)))
    world.services.append(replace(service, name="other", compute_type="AKS", models=["x:1"]))
    when = (service.created, service.updated)
    world.online_endpoints.append(
        OnlineEndpoint("mlops-aci-01", "Succeeded", "centralus", f"{MODEL}:1", *when)
    )
    world.models.append(Model("aardvark", 1, {}, model.created, "somebody"))


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with recording(tenant_of(2, {1: more_of_everything})) as (served, _):
        yield served


@pytest.fixture(scope="module")
def session(served: Served) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = "Bearer " + served.token(ARM)
    return session


def our_unknown_parameters(served: Served) -> list[str]:
    lines = served.journal.summary()["unknown_parameters"]
    return [line for line in lines if line.split()[1] in OURS]


def names(answer: requests.Response, key: str = "name") -> list[Any]:
    assert answer.status_code == 200, answer.text
    return [entry[key] for entry in answer.json()["value"]]


# --- what the graders ask -------------------------------------------------------------------------


def test_all_that_the_graders_ask_is_honoured(served: Served) -> None:
    collect_everybody(served.tenant)
    assert our_unknown_parameters(served) == []


@pytest.mark.parametrize(
    "url",
    [
        f"{ARM}{WORKSPACE}?{VERSION}&$expand=everything",
        f"{MANAGEMENT}/models?nmae={MODEL}",
        f"{MANAGEMENT}/services?lastest=true",
    ],
)
def test_a_misspelt_name_is_put_into_the_journal(
    served: Served, session: requests.Session, url: str
) -> None:
    assert session.get(url, timeout=30).status_code == 200
    misspelt = url.rpartition("?")[2].rpartition("&")[2].partition("=")[0]
    assert [line for line in our_unknown_parameters(served) if line.endswith(f" {misspelt}")]


def test_a_misspelt_key_of_a_body_as_well(served: Served, session: requests.Session) -> None:
    assert session.post(f"{EXPERIMENT}/runs:query", json={"flter": "x"}, timeout=30).ok
    assert [line for line in our_unknown_parameters(served) if line.endswith(" flter")]


# --- lists of Azure Resource Manager --------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "versions"),
    [
        ("", ["3", "1"]),
        ("listViewType=ArchivedOnly", ["2"]),
        ("listViewType=all", ["3", "2", "1"]),
        ("$top=1", ["3"]),
        ("$orderBy=createdtime asc", ["1", "3"]),
        ("version=1", ["1"]),
        ("version=2", []),
        ("offset=1", ["1"]),
        ("tags=area=diabetes_regression,experiment_name", ["3", "1"]),
        ("tags=area=other", []),
        ("properties=x", []),
        ("description=x", []),
    ],
)
def test_versions_of_a_model(session: requests.Session, query: str, versions: list[str]) -> None:
    url = f"{ARM}{WORKSPACE}/models/{MODEL}/versions?{VERSION}&{query}"
    assert names(session.get(url, timeout=30)) == versions


def test_a_name_is_archived_with_all_its_versions(session: requests.Session) -> None:
    url = f"{ARM}{WORKSPACE}/models?{VERSION}"
    assert names(session.get(f"{url}&listViewType=ArchivedOnly", timeout=30)) == []
    assert names(session.get(f"{url}&count=2", timeout=30)) == ["sample-model", MODEL]
    version = f"{ARM}{WORKSPACE}/models/{MODEL}/versions/2?{VERSION}"
    assert session.get(version, timeout=30).json()["properties"]["isArchived"] is True


@pytest.mark.parametrize(
    ("path", "count"),
    [
        (f"{WORKSPACE}/onlineEndpoints?{VERSION}&name=mlops-aci-01", 1),
        (f"{WORKSPACE}/onlineEndpoints?{VERSION}&name=other", 0),
        (f"{WORKSPACE}/onlineEndpoints?{VERSION}&computeType=Kubernetes", 0),
        (f"{WORKSPACE}/onlineEndpoints?{VERSION}&tags=x", 0),
        (f"{WORKSPACE}/onlineEndpoints?{VERSION}&orderBy=UpdatedAtDesc&count=5", 1),
        (f"{WORKSPACE}/onlineEndpoints/mlops-aci-01/deployments?{VERSION}&$top=1", 1),
        (f"/subscriptions/{SUBSCRIPTION}/resourceGroups?{VERSION}", 2),
        (f"/subscriptions/{SUBSCRIPTION}/resourceGroups?{VERSION}&$top=1", 1),
        (f"/subscriptions/{SUBSCRIPTION}/resourceGroups?{VERSION}&$filter=tagName eq 'x'", 0),
    ],
)
def test_other_lists(session: requests.Session, path: str, count: int) -> None:
    assert len(names(session.get(ARM + path, timeout=30))) == count


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (GROUP, 204),
        (WORKSPACE, 204),
        (f"{WORKSPACE}/models/{MODEL}", 204),
        (f"{WORKSPACE}/models/none", 404),
        (f"{WORKSPACE}x", 404),
        (f"{GROUP}x", 404),
    ],
)
def test_head_tells_only_whether_it_is_there(
    session: requests.Session, path: str, status: int
) -> None:
    answer = session.head(f"{ARM}{path}?{VERSION}", timeout=30)
    assert (answer.status_code, answer.content) == (status, b"")


# --- the regional services ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "services"),
    [
        ("", ["mlops-aci", "other"]),
        ("computeType=aks", ["other"]),
        (f"modelName={MODEL}", ["mlops-aci"]),
        (f"modelId={MODEL}:1", ["mlops-aci"]),
        (f"modelId={MODEL}:2", []),
        ("name=other", ["other"]),
        ("tags=x", []),
        ("tag=x", []),
        ("properties=hasHttps=False", ["mlops-aci", "other"]),
        ("properties=hasHttps=True", []),
        ("imageId=x", []),
        ("runId=x", []),
        ("count=1", ["mlops-aci"]),
        ("orderby=CreatedAtAsc&expand=false", ["mlops-aci", "other"]),
    ],
)
def test_web_services(session: requests.Session, query: str, services: list[str]) -> None:
    assert names(session.get(f"{MANAGEMENT}/services?{query}", timeout=30)) == services


@pytest.mark.parametrize(
    ("query", "models"),
    [
        (f"name={MODEL}", [3, 2, 1]),
        (f"name={MODEL}&latestVersionOnly=true", [3]),
        (f"name={MODEL}&orderBy=CreatedAtAsc", [1, 2, 3]),
        (f"name={MODEL}&tags=area=diabetes_regression&count=2", [3, 2]),
        ("tags=area=other", []),
        (f"name={MODEL}&framework=Custom&offset=2", [1]),
        ("framework=TensorFlow", []),
        ("properties=x", []),
        ("runId=x", []),
    ],
)
def test_models(session: requests.Session, query: str, models: list[int]) -> None:
    assert names(session.get(f"{MANAGEMENT}/models?{query}", timeout=30), "version") == models


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({}, 8),
        ({"filter": "ParentRunId eq null"}, 2),
        ({"filter": "(ParentRunId eq null and Status eq Failed)"}, 1),
        ({"filter": '(Tags/BuildId eq "7")'}, 4),
        ({"filter": "(Tags/none ne null or Tags/none eq null)"}, 8),
        ({"filter": "RunType eq azureml.StepRun and Status eq Completed"}, 6),
        ({"filter": "(RunId eq {run} or RunId eq none)"}, 1),
        ({"filter": "RootRunId eq {run} and RunId ne {run}"}, 3),
        ({"filter": "Properties/azureml.pipelineid ne null"}, 2),
        ({"filter": "CreatedUtc ge 2026-11-21 00:00:00+00:00"}, 4),
        ({"filter": "CreatedUtc lt 2026-11-21T00:00:00Z", "top": 3}, 3),
        ({"filter": None, "orderBy": "CreatedUtc desc", "top": 200}, 8),
    ],
)
def test_runs(served: Served, session: requests.Session, asked: Any, count: int) -> None:
    run = served.world(1).training_runs[0].id
    asked = {"top": 100} | asked
    if asked.get("filter"):
        asked["filter"] = asked["filter"].replace("{run}", run)
    answer = session.post(f"{EXPERIMENT}/runs:query", json=asked, timeout=30)
    assert len(names(answer, "runId")) == count


def test_runs_come_in_order_and_in_pages(session: requests.Session) -> None:
    asked: dict[str, Any] = {"orderby": "CreatedUtc asc", "top": 5}
    first = session.post(f"{EXPERIMENT}/runs:query", json=asked, timeout=30).json()
    asked["continuationToken"] = first["continuationToken"]
    last = session.post(f"{EXPERIMENT}/runs:query", json=asked, timeout=30).json()
    times = [run["createdUtc"] for run in (*first["value"], *last["value"])]
    assert (len(first["value"]), len(last["value"])) == (5, 3)
    assert times == sorted(times)
    assert last["continuationToken"] is None


@pytest.mark.parametrize(
    ("filter_", "metrics"),
    [
        ("name eq mse", ["mse"]),
        ("RunId eq {run} and MetricType eq azureml.v1.scalar", ["alpha", "mse"]),
        ("RunId eq none", []),
        ("CreatedUtc gt 2026-11-22T00:00:00Z", []),
    ],
)
def test_metrics(
    served: Served, session: requests.Session, filter_: str, metrics: list[str]
) -> None:
    text = filter_.replace("{run}", served.world(1).training_runs[0].id)
    answer = session.post(f"{EXPERIMENT}/metrics:query", json={"filter": text}, timeout=30)
    assert names(answer) == metrics


@pytest.mark.parametrize(
    ("asked", "experiments"),
    [
        ({}, ["mlopspython"]),
        ({"filter": "(name eq mlopspython)", "viewType": "ActiveOnly"}, ["mlopspython"]),
        ({"filter": "name eq other"}, []),
        ({"viewType": "ArchivedOnly"}, []),
    ],
)
def test_experiments(session: requests.Session, asked: Any, experiments: list[str]) -> None:
    answer = session.post(f"{HISTORY}/experiments:query", json=asked, timeout=30)
    assert names(answer) == experiments


# --- what cannot be understood --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{WORKSPACE}?api-version=2024-04-02", "NoRegisteredProviderFound"),
        (f"{WORKSPACE}?api-version=soon", "InvalidApiVersionParameter"),
        (f"{WORKSPACE}/models?{VERSION}&$skipToken=30", "InvalidParameterValue"),
        (f"{WORKSPACE}/models?{VERSION}&listViewType=Some", "InvalidParameterValue"),
        (f"{WORKSPACE}/models/{MODEL}/versions?{VERSION}&$top=-1", "InvalidParameterValue"),
        (f"{WORKSPACE}/models/{MODEL}/versions?{VERSION}&$top=many", "InvalidParameterValue"),
        (f"{WORKSPACE}/models/{MODEL}/versions?{VERSION}&$orderBy=size", "InvalidParameterValue"),
        (f"{WORKSPACE}/onlineEndpoints?{VERSION}&computeType=PC", "InvalidParameterValue"),
        (
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups?{VERSION}&$filter=x",
            "InvalidParameterValue",
        ),
    ],
)
def test_resource_manager_refuses(session: requests.Session, path: str, code: str) -> None:
    answer = session.get(ARM + path, timeout=30)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


@pytest.mark.parametrize(
    "query",
    [
        "services?computeType=PC",
        "services?count=0",
        "services?expand=perhaps",
        "services?orderby=size",
        "services?$skipToken=10",
        "models?count=x",
        "models?$skipToken=%25%25",
        "models?latestVersionOnly=1",
        "models?offset=-1",
    ],
)
def test_model_management_refuses(session: requests.Session, query: str) -> None:
    answer = session.get(f"{MANAGEMENT}/{query}", timeout=30)
    body = answer.json()
    assert (answer.status_code, body["code"], body["statusCode"]) == (400, "BadRequest", 400)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"top": "many"}',
        b'{"top": 0}',
        b'{"top": true}',
        b'{"continuationToken": "10"}',
        b'{"filter": "RunId"}',
        b'{"filter": "RunId like x"}',
        b'{"filter": "(RunId eq x"}',
        b'{"filter": "Surprise eq x"}',
        b'{"filter": "CreatedUtc gt yesterday"}',
        b'{"filter": "startswith(RunId, \'x\')"}',
        b'{"filter": 7}',
        b'{"orderby": "Surprise desc"}',
        b'{"orderby": "CreatedUtc sideways"}',
    ],
)
@pytest.mark.parametrize("what", ["runs", "metrics"])
def test_run_history_refuses(session: requests.Session, what: str, body: bytes) -> None:
    answer = session.post(f"{EXPERIMENT}/{what}:query", data=body, timeout=30)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "UserError")
    assert error["innerError"]["code"] == "BadArgument"


@pytest.mark.parametrize("query", ["activeOnly=perhaps"])
def test_the_pipeline_service_refuses(session: requests.Session, query: str) -> None:
    url = f"{REGION}/pipelines/v1.0{WORKSPACE}/Pipelines?{query}"
    answer = session.get(url, timeout=30)
    assert (answer.status_code, answer.json()["Error"]["Code"]) == (400, "UserError")


def test_reads_that_come_as_post_are_reads(served: Served, session: requests.Session) -> None:
    run = served.world(1).training_runs[0].id
    online = f"{ARM}{WORKSPACE}/onlineEndpoints/mlops-aci-01"
    answers = {
        f"{online}/listKeys?{VERSION}": 200,
        f"{online}/token?{VERSION}": 400,
        f"{online}/deployments/blue/getLogs?{VERSION}": 200,
        f"{MANAGEMENT}/services/mlops-aci/token": 400,
        f"{METRICS}/{run}/list": 200,
        f"{HISTORY}/experiments:query": 200,
    }
    given = {url: session.post(url, json={}, timeout=30).status_code for url in answers}
    assert given == answers
    summary = served.journal.summary()
    assert (summary["violations"], summary["failures"]) == ([], [])

"""Collecting from Azure ML with the real SDK: what is found, what is absent, what is neither."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from requests.adapters import HTTPAdapter

from graders.evidence import Answer, Unavailable
from graders.lab import Lab, Learner, Leniency
from graders.services.azure_ml import regional_v1 as v1
from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from tests.support.canned_cloud import CannedCloud, credential

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
PROVIDER = "providers/Microsoft.MachineLearningServices"
TOKEN = "eyJcanary-token"
REGION = "https://centralus.api.azureml.ms"
AT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/User4AML/{PROVIDER}/workspaces/user4aml"
SCORER = "http://0000.centralus.azurecontainer.io"
MODEL = "diabetes_regression_model.pkl"
TIMES = {
    "createdAt": "2026-11-20T10:00:00.1234567+00:00",
    "createdBy": "sp",
    "createdByType": "Application",
}
SYSTEM = {**TIMES, "lastModifiedAt": TIMES["createdAt"], "lastModifiedBy": "sp"}


def lab(number: int = 4, **changes: object) -> Lab:
    return replace(
        Lab(
            learner=Learner(f"learner{number:02d}", number),
            organization="org",
            project=f"AE MLOps {number:02d}",
            github_owner="owner",
            repositories=(f"mlops_{number:02d}",),
            subscription_id=SUBSCRIPTION,
            resource_group=f"User{number}AML",
            workspace=f"user{number}aml",
            location="centralus",
            tenant_id=None,
        ),
        **changes,
    )


def workspace(number: int = 4, **properties: object) -> dict:
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/USER{number}aml"
    return {
        "id": f"{group}/{PROVIDER}/workspaces/User{number}AML",
        "name": f"User{number}AML",
        "location": "centralus",
        "properties": {"discoveryUrl": f"{REGION}/discovery", **properties},
    }


def model(version: str = "2", **tags: str) -> dict:
    path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/User4AML/{PROVIDER}/workspaces/user4aml"
    properties = {"tags": tags, "properties": {}, "flavors": {}, "description": None}
    return {
        "id": f"{path}/models/{MODEL}/versions/{version}",
        "name": version,
        "properties": properties,
        "systemData": SYSTEM,
    }


def container(name: str) -> dict:
    properties = {"latestVersion": "1", "tags": {}, "properties": {}}
    return {"id": f"/x/models/{name}", "name": name, "properties": properties, "systemData": SYSTEM}


def pipeline(**changes: object) -> dict:
    return {
        "Id": "f14de75d",
        "Name": "diabetes-Training-Pipeline",
        "Version": "101",
        "EntityStatus": 0,
        "TotalRunSteps": 3,
        "CreatedDate": "2026-11-20T09:30:00.1234567+00:00",
        **changes,
    }


def training_run(**changes: object) -> dict:
    return {
        "runId": "run-1",
        "parentRunId": None,
        "status": "Completed",
        "tags": {"BuildId": "101"},
        "endTimeUtc": "2026-11-20T09:50:00+00:00",
        **changes,
    }


def metric(**changes: object) -> dict:
    scalar = {"metricType": "azureml.v1.scalar", "name": "mse", "cells": [{"mse": 3295.7}]}
    return {"runId": "run-1", **scalar, **changes}


def service(**changes: object) -> dict:
    return {
        "name": "mlops-aci",
        "state": "Healthy",
        "computeType": "ACI",
        "containerResourceRequirements": {"cpu": 1.0, "memoryInGB": 4.0},
        "scoringUri": f"{SCORER}/score",
        "location": "centralus",
        "authEnabled": False,
        "createdTime": "2026-11-20T11:00:00.000000+00:00",
        "updatedTime": "2026-11-20T11:08:00",
        "error": None,
        "models": [{"id": f"{MODEL}:2"}],
        **changes,
    }


def endpoint_of_generation_2(**changes: object) -> dict:
    properties = {
        "authMode": "Key",
        "provisioningState": "Succeeded",
        "traffic": {"blue": 100, "old": 0},
        "mirrorTraffic": {},
        "properties": {},
        "scoringUri": "https://mlops-aci.centralus.inference.ml.azure.com/score",
        **changes,
    }
    return {
        "id": f"{workspace()['id']}/onlineEndpoints/mlops-aci",
        "name": "mlops-aci",
        "location": "centralus",
        "properties": properties,
        "systemData": SYSTEM,
        "kind": "Managed",
        "tags": {},
    }


def deployment(name: str, version: int, state: str = "Succeeded") -> dict:
    return {
        "id": f"{workspace()['id']}/onlineEndpoints/mlops-aci/deployments/{name}",
        "name": name,
        "location": "centralus",
        "properties": {
            "endpointComputeType": "Managed",
            "provisioningState": state,
            "model": f"/subscriptions/s/workspaces/w/models/{MODEL}/versions/{version}",
            "properties": {},
            "scaleSettings": {"scaleType": "Default"},
        },
        "systemData": SYSTEM,
        "tags": {},
        "sku": {"name": "Default", "capacity": 1},
    }


def several(*entries: dict, **more: object) -> tuple[int, dict]:
    return 200, {"value": list(entries), **more}


def refusal(status: int, code: str = "AuthorizationFailed") -> tuple[int, dict]:
    return status, {"error": {"code": code, "message": "no"}}


@pytest.fixture
def cloud(monkeypatch):
    """The model answer of learner 4, alone in a subscription with learner 5's workspace."""
    region = {"api": REGION, "modelmanagement": REGION, "history": REGION}
    canned = CannedCloud(
        {
            f"{SUBSCRIPTION}/{PROVIDER}/workspaces": several(workspace(4), workspace(5)),
            "/discovery": (200, region),
            f"/models/{MODEL}/versions": several(model(BuildId="101", owner="canary-of-learner")),
            "/Pipelines": (200, [pipeline()]),
            "/runs:query": (200, {"value": [training_run()], "continuationToken": None}),
            "/metrics:query": (200, {"value": [metric()], "continuationToken": None}),
            "/services": several(service()),
            "/score": (200, {"result": [1.0, 2.0, 3.0, 4.0]}),
            "/swagger.json": (200, {"swagger": "2.0"}),
        }
    )
    monkeypatch.setattr(HTTPAdapter, "send", lambda *args, **kwargs: canned.send(*args, **kwargs))
    with ReadOnlyTransport(RetryPolicy(attempts=1)):
        yield canned


def collected(*labs: Lab):
    """The facts of the last lab, as a run sees them; the SDK is loaded here, not on import."""
    from graders.services.azure_ml.workspace import AzureML

    azure_ml = AzureML(SimpleNamespace(azure=credential(TOKEN)))
    azure_ml.prepare(labs)
    return [azure_ml.look_at(lab, []) for lab in labs][-1]


def without_second(answer: Answer) -> Answer:
    """The first answer alone: the second question is new each time."""
    return replace(answer, second=None)


@pytest.mark.usefixtures("cloud")
def test_the_model_answer_is_seen_whole():
    facts = collected(lab())
    assert (facts.workspace.name, facts.workspace.resource_group) == ("User4AML", "USER4aml")
    assert facts.workspace.location == "centralus"
    (registered,) = facts.models
    assert (registered.name, registered.version, registered.created_by) == (MODEL, "2", "sp")
    assert registered.created_by_type == "Application"
    assert registered.created_at == datetime(2026, 11, 20, 10, 0, 0, 123456, UTC)
    (published,) = facts.published_pipelines
    assert (published.version, published.is_active) == ("101", True)
    (endpoint,) = facts.endpoints
    assert (endpoint.state, endpoint.cpu, endpoint.memory_gb) == ("Healthy", 1.0, 4.0)
    assert endpoint.model_ids == (f"{MODEL}:2",)
    assert without_second(facts.answer) == Answer(200, (1.0, 2.0), "", True)


@pytest.mark.usefixtures("cloud")
def test_only_the_labs_own_tags_are_kept():
    (registered,) = collected(lab()).models
    assert registered.tags == {"BuildId": "101"}


def test_learners_share_the_lists_and_cost_seven_requests_each(cloud):
    collected(lab(4), lab(5))
    asked = cloud.addresses()
    assert asked.count("GET management.azure.com/workspaces") == 1
    assert asked.count("GET centralus.api.azureml.ms/discovery") == 1
    assert len(asked) == 2 + 2 * 7


def test_the_token_goes_to_azure_only_and_not_to_the_discovery_document(cloud):
    collected(lab())
    trusted = {request.url for request in cloud.asked if request.headers.get("Authorization")}
    assert not any("discovery" in url or "azurecontainer" in url for url in trusted)
    assert {url.split("/")[2] for url in trusted} == {
        "management.azure.com",
        "centralus.api.azureml.ms",
    }


def test_a_workspace_missing_from_the_list_is_asked_for_by_name(cloud):
    cloud.answers[f"{SUBSCRIPTION}/{PROVIDER}/workspaces"] = refusal(403)
    cloud.answers["/workspaces/user4aml"] = (200, workspace(4))
    assert collected(lab()).workspace.name == "User4AML"


@pytest.mark.parametrize("status", [403, 404])
def test_a_missing_workspace_is_never_the_learners_fault(cloud, status):
    cloud.answers["/workspaces/user6aml"] = refusal(status)
    facts = collected(lab(6))
    assert isinstance(facts.workspace, Unavailable)
    assert "the lab environment provides the workspace user6aml" in facts.workspace.cause
    assert "cohort file and the grader's rights" in facts.workspace.remedy
    assert {facts.models, facts.published_pipelines, facts.endpoints, facts.answer} == {
        facts.workspace
    }
    assert len(cloud.asked) == 2


def test_a_model_is_believed_missing_when_the_list_of_models_says_so(cloud):
    cloud.answers[f"/models/{MODEL}/versions"] = refusal(404, "ResourceNotFound")
    cloud.answers["/models"] = several(container("diabetes_model.pkl"))
    (near_miss,) = collected(lab()).models
    assert (near_miss.name, near_miss.version) == ("diabetes_model.pkl", "")


@pytest.mark.parametrize("models", [refusal(403), refusal(500), several(container(MODEL))])
def test_a_model_is_not_believed_missing_on_a_404_alone(cloud, models):
    cloud.answers[f"/models/{MODEL}/versions"] = refusal(404, "ResourceNotFound")
    cloud.answers["/models"] = models
    assert isinstance(collected(lab()).models, Unavailable)


def test_a_model_with_archived_versions_only_is_not_there(cloud):
    cloud.answers[f"/models/{MODEL}/versions"] = several()
    cloud.answers["/models"] = several(container(MODEL))
    assert collected(lab()).models == ()


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 503])
def test_lists_that_cannot_be_read_are_no_absence(cloud, status):
    for end in ("/Pipelines", "/services", f"/models/{MODEL}/versions", "/models"):
        cloud.answers[end] = refusal(status)
    facts = collected(lab())
    for part in (facts.published_pipelines, facts.models, facts.endpoints, facts.answer):
        assert isinstance(part, Unavailable)
        assert part.status == status
    assert facts.answer == facts.endpoints


OTHER_SHAPES = [None, {}, {"value": None}, {"value": {}}, {"value": [None]}, "<html>", 7]


@pytest.mark.parametrize("body", OTHER_SHAPES)
def test_bodies_of_another_shape_are_no_absence(cloud, body):
    cloud.answers["/Pipelines"] = cloud.answers["/services"] = (200, body)
    facts = collected(lab())
    assert isinstance(facts.published_pipelines, Unavailable)
    assert isinstance(facts.endpoints, Unavailable)


@pytest.mark.parametrize("entries", [[{}], [training_run(), {}]])
def test_a_hollow_entry_is_no_absence_of_a_run(cloud, entries):
    cloud.answers["/runs:query"] = (200, {"value": entries})
    assert isinstance(collected(lab()).training_runs, Unavailable)


def test_an_experiment_without_runs_has_none(cloud):
    cloud.answers["/runs:query"] = (200, {"value": []})
    assert collected(lab()).training_runs == ()


@pytest.mark.parametrize("body", [{}, {"value": None}, {"value": [7]}, [], 7])
@pytest.mark.parametrize("end", ["/runs:query", "/metrics:query"])
def test_run_history_of_another_shape_is_no_absence(cloud, end, body):
    cloud.answers[end] = (200, body)
    assert is_unseen(collected(lab()).training_runs)


@pytest.mark.parametrize("end", ["/runs:query", "/metrics:query"])
def test_run_history_that_cannot_be_read_is_no_absence(cloud, end):
    cloud.answers[end] = refusal(403)
    assert is_unseen(collected(lab()).training_runs)


def missing(message: str = "Experiment mlopspython was not found", **more: object) -> dict:
    return {"error": {"code": "UserError", "message": message, **more}}


NOT_FOUND = {"code": "NotFoundError", "innerError": None}
MISSING_EXPERIMENT = [
    missing(),
    missing("The experiment `MLOpsPython` could not be found in the workspace."),
    missing("Experiment with name 'mlopspython' is not found.", innerError=NOT_FOUND),
    missing(innerError=None),
]


@pytest.mark.parametrize("body", MISSING_EXPERIMENT)
@pytest.mark.parametrize("unseen", [None, "/Pipelines", f"/models/{MODEL}/versions"])
def test_an_experiment_that_never_ran_has_no_runs(cloud, body, unseen):
    cloud.answers["/runs:query"] = (404, body)
    if unseen:
        cloud.answers[unseen] = refusal(403)
    assert collected(lab()).training_runs == ()
    assert not any(request.url.endswith("/metrics:query") for request in cloud.asked)


OTHER_REFUSALS = [
    (403, missing()),
    (410, missing()),
    (404, missing(innerError={"code": "ForbiddenError"})),
    (404, missing("Experiment other was not found")),
    (404, missing("Run mlopspython was not found")),
    (404, missing("Workspace user4aml of experiment mlopspython was not found")),
    (404, missing("Not found")),
    (404, missing(code="WorkspaceNotFound")),
    (404, {"error": {"message": "Experiment mlopspython was not found"}}),
    (404, {"code": "UserError", "message": "Experiment mlopspython was not found"}),
    (404, {"error": "Experiment mlopspython was not found"}),
    (404, []),
    (404, "<html>Experiment mlopspython was not found</html>"),
]


@pytest.mark.parametrize(("status", "body"), OTHER_REFUSALS)
def test_no_other_refusal_means_that_the_experiment_never_ran(cloud, status, body):
    cloud.answers["/runs:query"] = (status, body)
    trained = collected(lab()).training_runs
    assert isinstance(trained, Unavailable)
    assert trained.status == status


def test_a_missing_experiment_proves_nothing_if_the_workspace_could_not_be_read(cloud):
    cloud.answers["/runs:query"] = (404, missing())
    cloud.answers["/Pipelines"] = (200, [])
    cloud.answers[f"/models/{MODEL}/versions"] = refusal(403)
    assert isinstance(collected(lab()).training_runs, Unavailable)


def test_an_experiment_is_not_missing_once_a_run_of_it_was_seen(cloud):
    first = (200, {"value": [training_run()], "continuationToken": "2"})
    cloud.answers["/runs:query"] = [first, (404, missing())]
    assert isinstance(collected(lab()).training_runs, Unavailable)


def test_run_history_without_end_is_not_believed(cloud):
    page = {"value": [training_run()], "continuationToken": "again"}
    cloud.answers["/runs:query"] = (200, page)
    assert isinstance(collected(lab()).training_runs, Unavailable)
    assert len(cloud.asked) < 120


def is_unseen(training_runs) -> bool:
    """The runs themselves, or the metrics of each of them."""
    if isinstance(training_runs, Unavailable):
        return True
    return all(isinstance(run.metrics, Unavailable) for run in training_runs)


STRANGERS = ["x.api.azureml.ms.example", "x.inference.ml.azure.com", "x.azurecontainer.io"]


def test_an_empty_list_with_a_status_of_another_kind_is_no_absence(cloud):
    cloud.answers["/Pipelines"] = (202, [])
    cloud.answers["/services"] = (202, {"value": []})
    facts = collected(lab())
    assert isinstance(facts.published_pipelines, Unavailable)
    assert isinstance(facts.endpoints, Unavailable)


@pytest.mark.parametrize("host", STRANGERS)
def test_a_discovery_address_of_a_stranger_is_not_asked(cloud, host):
    strange = workspace(4, discoveryUrl=f"https://{host}/discovery")
    cloud.answers[f"{SUBSCRIPTION}/{PROVIDER}/workspaces"] = several(strange)
    facts = collected(lab())
    assert f"{host} is not a host" in facts.published_pipelines.cause
    assert len(facts.models) == 1
    assert not any(host in request.url for request in cloud.asked)


@pytest.mark.parametrize("part", ["api", "modelmanagement", "history"])
@pytest.mark.parametrize("host", STRANGERS)
def test_a_region_of_strangers_gets_no_token(cloud, host, part):
    region = {"api": REGION, "modelmanagement": REGION, "history": REGION}
    cloud.answers["/discovery"] = (200, region | {part: f"https://{host}"})
    facts = collected(lab())
    assert isinstance(facts.endpoints, Unavailable)
    assert not any(host in request.url for request in cloud.asked)


def test_web_services_are_read_to_the_last_page(cloud):
    link = f"{REGION}/modelmanagement/v1.0{AT}/services?x=1"
    first = several(service(name="other"), nextLink=link)
    cloud.answers["/services"] = [first, several(service(), nextLink=None)]
    assert [endpoint.name for endpoint in collected(lab()).endpoints] == ["other", "mlops-aci"]
    assert link in [request.url for request in cloud.asked]


@pytest.mark.parametrize("host", ["example.org", "westus.api.azureml.ms"])
def test_a_next_page_on_another_host_is_not_followed(cloud, host):
    cloud.answers["/services"] = several(service(), nextLink=f"https://{host}/services")
    assert isinstance(collected(lab()).endpoints, Unavailable)
    assert not any(host in request.url for request in cloud.asked)


@pytest.mark.parametrize("host", ["example.org", "x.inference.ml.azure.com"])
def test_a_next_page_of_the_sdk_on_another_host_is_not_followed(cloud, host):
    cloud.answers[f"/models/{MODEL}/versions"] = several(model(), nextLink=f"https://{host}/models")
    assert isinstance(collected(lab()).models, Unavailable)
    assert not any(host in request.url for request in cloud.asked)


def test_endless_pages_come_to_an_end(cloud):
    link = f"{REGION}/modelmanagement/v1.0{AT}/services?again=1"
    cloud.answers["/services"] = several(service(), nextLink=link)
    assert isinstance(collected(lab()).endpoints, Unavailable)
    assert len(cloud.asked) < 40


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "Transitioning", "scoringUri": None},
        {"state": "Failed"},
        {"state": "Healthy", "scoringUri": ""},
        {"name": "other"},
    ],
)
def test_an_endpoint_that_is_not_up_is_not_asked(cloud, changes):
    cloud.answers["/services"] = several(service(**changes))
    assert collected(lab()).answer is None
    assert not any("azurecontainer" in request.url for request in cloud.asked)


def test_a_key_is_fetched_only_where_one_is_wanted_and_never_kept(cloud):
    cloud.answers["/services"] = several(service(authEnabled=True))
    cloud.answers["/services/mlops-aci/listkeys"] = (200, {"primaryKey": "canary-key"})
    facts = collected(lab())
    assert without_second(facts.answer) == Answer(200, (1.0, 2.0), "", True)
    score = next(request for request in cloud.asked if request.url.endswith("/score"))
    assert score.headers["Authorization"] == "Bearer canary-key"
    assert "canary-key" not in repr(facts)
    assert TOKEN not in repr(facts)


def test_no_key_is_fetched_for_a_stranger(cloud):
    stranger = service(authEnabled=True, scoringUri="http://20.1.2.3/score")
    cloud.answers["/services"] = several(stranger)
    assert "20.1.2.3 is not a host" in collected(lab()).answer.cause
    assert not any("listkeys" in str(request.url).lower() for request in cloud.asked)


def test_a_key_the_grader_may_not_read_is_not_the_learners_fault(cloud):
    cloud.answers["/services"] = several(service(authEnabled=True))
    cloud.answers["/services/mlops-aci/listkeys"] = refusal(403)
    facts = collected(lab())
    assert facts.answer.status == 403
    assert not any("azurecontainer" in request.url for request in cloud.asked)


def of_generation_2(cloud, endpoint: dict, *deployments: dict):
    cloud.answers["/services"] = several()
    cloud.answers["/onlineEndpoints"] = several(endpoint)
    cloud.answers["/onlineEndpoints/mlops-aci"] = (200, endpoint)
    cloud.answers["/mlops-aci/deployments"] = several(*deployments)
    cloud.answers["/mlops-aci/listKeys"] = (200, {"primaryKey": "canary-key"})
    return collected(lab(leniency=Leniency(v2_endpoint=True)))


def test_an_online_endpoint_counts_too_where_the_lab_allows_it(cloud):
    both = (deployment("blue", 2), deployment("old", 1, "Failed"))
    facts = of_generation_2(cloud, endpoint_of_generation_2(), *both)
    (online,) = facts.endpoints
    assert (online.generation, online.state, online.model_ids) == (2, "Healthy", (f"{MODEL}:2",))
    assert online.created_at == datetime(2026, 11, 20, 10, 0, 0, 123456, UTC)
    assert without_second(facts.answer) == Answer(200, (1.0, 2.0), "", True)
    assert "canary-key" not in repr(facts)


@pytest.mark.parametrize(
    ("endpoint", "serving", "state"),
    [
        ("Succeeded", "Updating", "Transitioning"),
        ("Creating", "Succeeded", "Transitioning"),
        ("Succeeded", "Failed", "Failed"),
        ("Failed", "Updating", "Failed"),
    ],
)
def test_an_online_endpoint_is_as_healthy_as_what_serves_it(cloud, endpoint, serving, state):
    whole = endpoint_of_generation_2(provisioningState=endpoint)
    facts = of_generation_2(cloud, whole, deployment("blue", 2, serving))
    assert facts.endpoints[0].state == state
    assert facts.answer is None


def test_an_unknown_state_of_an_online_endpoint_is_kept_as_it_is(cloud):
    whole = endpoint_of_generation_2(provisioningState="Strange")
    assert of_generation_2(cloud, whole, deployment("blue", 2)).endpoints[0].state == "Strange"


def test_an_online_endpoint_without_traffic_is_not_healthy(cloud):
    facts = of_generation_2(cloud, endpoint_of_generation_2(traffic={}), deployment("blue", 2))
    assert facts.endpoints[0].state == "Unhealthy"
    assert facts.endpoints[0].error == "no deployment gets traffic"


@pytest.mark.parametrize("name", ["mlops-aci-04", "MLOps-ACI-04", "mlops-aci"])
def test_an_online_endpoint_may_have_the_classs_own_name(cloud, name):
    cloud.answers["/services"] = several()
    others = [{**endpoint_of_generation_2(), "name": other} for other in ("mine", "mlops-aci-05")]
    cloud.answers["/onlineEndpoints"] = several(
        *others, {**endpoint_of_generation_2(), "name": name}
    )
    cloud.answers[f"/{name}/deployments"] = several(deployment("blue", 2))
    cloud.answers[f"/onlineEndpoints/{name}"] = (200, endpoint_of_generation_2())
    cloud.answers[f"/{name}/listKeys"] = (200, {"primaryKey": "canary-key"})
    own = lab(leniency=Leniency(v2_endpoint=True))
    own = replace(own, sheet=own.sheet.filled(own.learner.number))
    facts = collected(own)
    assert [endpoint.name for endpoint in facts.endpoints] == [
        *("mine", "mlops-aci-05", name.lower()),  # as the SDK spells them
    ]
    assert own.own_endpoint(facts.endpoints) is facts.endpoints[2]
    assert without_second(facts.answer) == Answer(200, (1.0, 2.0), "", True)
    assert sum("deployments" in str(request.url) for request in cloud.asked) == 1
    assert lab().own_endpoint(facts.endpoints) is None


def test_the_time_of_the_list_is_the_services_own(cloud):
    assert collected(lab()).endpoints_read_at is None
    cloud.headers = {"Date": "Fri, 20 Nov 2026 12:00:00 GMT"}
    assert collected(lab()).endpoints_read_at == datetime(2026, 11, 20, 12, tzinfo=UTC)
    cloud.headers = {"Date": "Fri, 31 Dec 9999 23:59:59 -1200"}
    assert collected(lab()).endpoints_read_at is None


@pytest.mark.parametrize("end", ["/onlineEndpoints", "/mlops-aci/deployments"])
def test_online_endpoints_that_cannot_be_listed_are_no_absence(cloud, end):
    cloud.answers["/services"] = several()
    cloud.answers["/onlineEndpoints"] = several(endpoint_of_generation_2())
    cloud.answers["/mlops-aci/deployments"] = several()
    cloud.answers[end] = refusal(403)
    facts = collected(lab(leniency=Leniency(v2_endpoint=True)))
    assert isinstance(facts.endpoints, Unavailable)
    assert facts.answer == facts.endpoints


def test_other_online_endpoints_are_seen_without_their_deployments(cloud):
    other = {**endpoint_of_generation_2(), "name": "mine"}
    cloud.answers["/services"] = several()
    cloud.answers["/onlineEndpoints"] = several(other)
    facts = collected(lab(leniency=Leniency(v2_endpoint=True)))
    assert [endpoint.name for endpoint in facts.endpoints] == ["mine"]
    assert not any("deployments" in str(request.url) for request in cloud.asked)


def test_an_online_endpoint_that_wants_a_token_of_entra_is_not_asked(cloud):
    endpoint, serving = endpoint_of_generation_2(), deployment("blue", 2)
    cloud.answers["/services"] = several()
    cloud.answers["/onlineEndpoints"] = several(endpoint)
    cloud.answers["/onlineEndpoints/mlops-aci"] = (200, endpoint)
    cloud.answers["/mlops-aci/deployments"] = several(serving)
    cloud.answers["/mlops-aci/listKeys"] = (200, {"primaryKey": ""})
    facts = collected(lab(leniency=Leniency(v2_endpoint=True)))
    assert "wants a token of Microsoft Entra ID" in facts.answer.cause
    assert not any("/score" in str(request.url) for request in cloud.asked)


def test_a_key_that_came_empty_is_none(cloud):
    cloud.answers["/services"] = several(service(authEnabled=True))
    cloud.answers["/services/mlops-aci/listkeys"] = (200, {"primaryKey": ""})
    assert isinstance(collected(lab()).answer, Unavailable)


def test_online_endpoints_are_not_asked_for_without_need(cloud):
    collected(lab(leniency=Leniency(v2_endpoint=True)))
    cloud.answers["/services"] = several()
    collected(lab())
    assert not any("onlineEndpoints" in request.url for request in cloud.asked)


@pytest.mark.parametrize(
    ("status", "active"),
    [(0, True), ("0", True), ("Active", True), (1, False), ("Disabled", False), (None, True)],
)
def test_the_status_of_a_pipeline_is_a_number_or_a_word(status, active):
    assert v1.published_pipeline(pipeline(EntityStatus=status)).is_active is active


def test_a_service_may_be_nearly_empty():
    endpoint = v1.web_service({"name": "mlops-aci", "state": "Transitioning"})
    assert (endpoint.cpu, endpoint.scoring_uri, endpoint.model_ids) == (None, "", ())


def test_a_service_without_models_names_them_in_its_map():
    named = {"modelsInfo": {MODEL: {"2": {"id": f"{MODEL}:2"}}}}
    assert v1.web_service(service(models=None, modelConfigMap=named)).model_ids == (f"{MODEL}:2",)


def test_a_failed_service_says_why():
    crash = {"code": "CrashLoopBackOff", "message": "It crashed."}
    error = {"code": "AciDeploymentFailed", "message": "Failed.", "details": [crash, None]}
    endpoint = v1.web_service(service(error=error))
    assert endpoint.error == "AciDeploymentFailed: Failed.; CrashLoopBackOff: It crashed."


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20T09:30:00.1234567+00:00", datetime(2026, 11, 20, 9, 30, 0, 123456, UTC)),
        ("2026-11-20T10:30:00+01:00", datetime(2026, 11, 20, 9, 30, tzinfo=UTC)),
        ("2026-11-20T09:30:00", datetime(2026, 11, 20, 9, 30, tzinfo=UTC)),
        ("2026-11-20T09:30:00Z", datetime(2026, 11, 20, 9, 30, tzinfo=UTC)),
        ("1970-01-01T00:00:00", None),
        ("", None),
        (None, None),
    ],
)
def test_times_are_utc_and_the_services_zero_is_no_time(text, moment):
    assert v1.moment(text) == moment


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a process cannot be changed")
def test_the_graders_own_time_zone_does_not_matter(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert v1.moment("2026-11-20T09:30:00") == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()

"""The simulated Azure ML and Resource Manager, seen by Microsoft's own SDK and a bare client."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from azure.identity import ClientSecretCredential

from fixtures.simulator.world import LearnerWorld, Model, OnlineEndpoint, Service
from tests.support.served_tenant import SUBSCRIPTION, Served, lab, serving, tenant_of

MODEL_ANSWER, HIDDEN, MANAGED, MANY = 4, 5, 6, 8
MODEL = "diabetes_regression_model.pkl"
QUERY = {"data": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]]}
ARM = "https://management.azure.com"
REGION = "https://centralus.api.azureml.ms"
VERSION = "api-version=2024-04-01"


def _hide(world: LearnerWorld) -> None:
    world.workspace.visible = False


def _manage(world: LearnerWorld) -> None:
    """A managed online endpoint, and the container instance failed."""
    service = world.services[0]
    when = (service.created, service.updated)
    endpoint = OnlineEndpoint("mlops-aci", "Succeeded", "centralus", f"{MODEL}:1", *when)
    world.online_endpoints.append(endpoint)
    service.state, service.error = "Failed", "Your container application crashed."
    world.published_pipelines[0].active = False


def _many(world: LearnerWorld) -> None:
    service, model = world.services[0], world.models[1]
    for n in range(12):
        when = (service.created, service.updated)
        world.services.append(
            Service(f"other-{n}", "Healthy", f"{n}.azurecontainer.io", "x", [], *when)
        )
    for n in range(2, 42):
        created = model.created + timedelta(days=n)
        world.models.append(Model(MODEL, n, dict(model.tags), created, "somebody"))


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    changes = {HIDDEN: _hide, MANAGED: _manage, MANY: _many}
    with serving(tenant_of(40, changes)) as served:
        yield served


@pytest.fixture(scope="module")
def credential(served: Served) -> ClientSecretCredential:
    ids = served.tenant.ids
    return ClientSecretCredential(ids.tenant_id, ids.client_id, ids.client_secret)


@pytest.fixture(scope="module")
def bare(served: Served) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = "Bearer " + served.token(ARM)
    return session


def _client(credential: ClientSecretCredential, number: int) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # marshmallow's, on importing the SDK
        from azure.ai.ml import MLClient
    place = lab(number)
    names = (place.subscription_id, place.resource_group, place.workspace)
    return MLClient(credential, *names, enable_telemetry=False)


def _path(number: int) -> str:
    """Of a workspace, in letters of our own choice."""
    group = f"/subscriptions/{SUBSCRIPTION.lower()}/resourcegroups/USER{number}aml"
    return f"{group}/providers/microsoft.machinelearningservices/workspaces/User{number}AML"


def _management(number: int) -> str:
    return f"{REGION}/modelmanagement/v1.0{_path(number)}"


def _pipelines(number: int) -> str:
    return f"{REGION}/pipelines/v1.0{_path(number)}"


# --- Azure Resource Manager -----------------------------------------------------------------------


def test_sdk_lists_the_workspaces_of_a_subscription(
    credential: ClientSecretCredential, served: Served
) -> None:
    listed = list(_client(credential, MODEL_ANSWER).workspaces.list(scope="subscription"))
    names = {workspace.name for workspace in listed}
    assert (len(listed), len(names)) == (39, 39)
    assert served.world(HIDDEN).workspace.name not in names
    assert {workspace.location for workspace in listed} == {"centralus"}


def test_sdk_reads_a_workspace(credential: ClientSecretCredential, served: Served) -> None:
    name = served.world(MODEL_ANSWER).workspace.name
    workspace = _client(credential, MODEL_ANSWER).workspaces.get(name.upper())
    assert (workspace.name, workspace.resource_group) == (name, "User4AML")
    assert workspace.discovery_url == f"{REGION}/discovery"


def test_sdk_reads_versions_with_their_tags(
    credential: ClientSecretCredential, served: Served
) -> None:
    client = _client(credential, MODEL_ANSWER)
    wanted = served.world(MODEL_ANSWER).models[1]

    [registered] = client.models.list(name=MODEL)

    assert (registered.version, dict(registered.tags)) == ("1", wanted.tags)
    assert registered.creation_context.created_at == wanted.created
    assert {model.name for model in client.models.list()} == {MODEL, "sample-model"}
    assert client.models.get(MODEL, label="latest").version == "1"


def test_sdk_follows_the_pages_of_versions(credential: ClientSecretCredential) -> None:
    versions = [int(model.version) for model in _client(credential, MANY).models.list(name=MODEL)]
    assert versions == list(range(41, 0, -1))


def test_an_unknown_model_is_an_error_and_not_an_empty_list(
    bare: requests.Session,
) -> None:
    answer = bare.get(f"{ARM}{_path(MODEL_ANSWER)}/models/none/versions?{VERSION}", timeout=30)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "UserError")


def test_sdk_reads_a_managed_endpoint(credential: ClientSecretCredential, served: Served) -> None:
    client = _client(credential, MANAGED)

    endpoint = client.online_endpoints.get("mlops-aci")

    assert endpoint.provisioning_state == "Succeeded"
    assert endpoint.traffic == {"blue": 100}
    [deployment] = client.online_deployments.list("mlops-aci")
    assert deployment.model.endswith(f"/models/{MODEL}/versions/1")
    key = client.online_endpoints.get_keys("mlops-aci").primary_key
    headers = {"Authorization": f"Bearer {key}"}
    scored = requests.post(endpoint.scoring_uri, json=QUERY, headers=headers, timeout=30)
    assert len(scored.json()["result"]) == 2
    assert requests.post(endpoint.scoring_uri, json=QUERY, timeout=30).status_code == 401
    assert served.journal.summary()["violations"] == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (_path(MODEL_ANSWER), 400, "MissingApiVersionParameter"),
        (f"{_path(MODEL_ANSWER)}?api-version=newest", 400, "InvalidApiVersionParameter"),
        (f"{_path(MODEL_ANSWER)}x?{VERSION}", 404, "ResourceNotFound"),
        (f"{_path(999)}?{VERSION}", 404, "ResourceGroupNotFound"),
        (f"{_path(HIDDEN)}?{VERSION}", 403, "AuthorizationFailed"),
        (f"/subscriptions/none/resourcegroups?{VERSION}", 404, "SubscriptionNotFound"),
    ],
)
def test_resource_manager_says_what_is_wrong(
    bare: requests.Session, path: str, status: int, code: str
) -> None:
    answer = bare.get(ARM + path, timeout=30)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_lists_spell_ids_otherwise_than_their_resources(bare: requests.Session) -> None:
    path = _path(MODEL_ANSWER)
    listed = bare.get(f"{ARM}{path.rpartition('/')[0]}?{VERSION}", timeout=30).json()["value"]
    own = bare.get(f"{ARM}{path}?{VERSION}", timeout=30).json()
    assert listed[0]["id"] != own["id"]
    assert listed[0]["id"].casefold() == own["id"].casefold()


@pytest.mark.parametrize("host", [f"{ARM}{_path(MODEL_ANSWER)}", f"{_management(4)}/services"])
def test_foreign_tokens_are_refused(served: Served, host: str) -> None:
    token = served.token("499b84ac-1321-427f-aa17-267ca6975798")
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{host}?{VERSION}", headers=headers, timeout=30)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")


# --- the regional host ----------------------------------------------------------------------------


@pytest.mark.usefixtures("served")
def test_discovery_needs_no_token() -> None:
    answer = requests.get(f"{REGION}/discovery", timeout=30)
    assert answer.json()["api"] == REGION
    assert answer.json()["modelmanagement"] == "https://centralus.modelmanagement.azureml.net"


def test_a_service_shows_its_size_and_its_model(bare: requests.Session, served: Served) -> None:
    wanted = served.world(MODEL_ANSWER).services[0]

    url = f"{_management(MODEL_ANSWER)}/services"
    listed = bare.get(f"{url}?expand=true&computeType=ACI", timeout=30).json()
    short = bare.get(f"{url}/MLOPS-ACI", timeout=30).json()

    assert set(listed) == {"value"}  # neither nextLink nor continuationToken on the last page
    [service] = listed["value"]
    size = service["containerResourceRequirements"]
    assert (service["state"], size["cpu"], size["memoryInGB"]) == ("Healthy", 1.0, 4.0)
    assert service["scoringUri"] == f"http://{wanted.scoring_host}/score"
    assert [model["id"] for model in service["models"]] == wanted.models
    assert "models" not in short
    assert list(short["modelConfigMap"]["modelsInfo"]) == [MODEL]


def test_services_come_in_pages(bare: requests.Session) -> None:
    url: str | None = f"{_management(MANY)}/services?expand=true"
    sizes, names = [], set()
    while url:
        page = bare.get(url, timeout=30).json()
        sizes.append(len(page["value"]))
        names |= {service["name"] for service in page["value"]}
        url = page.get("nextLink")
    assert (sizes, len(names)) == ([10, 3], 13)


def test_a_failed_service_says_why_and_has_no_address(bare: requests.Session) -> None:
    service = bare.get(f"{_management(MANAGED)}/services/mlops-aci", timeout=30).json()
    assert (service["state"], service["scoringUri"]) == ("Failed", None)
    assert service["error"]["details"][0]["code"] == "CrashLoopBackOff"


def test_a_missing_service_is_an_error_of_the_service(bare: requests.Session) -> None:
    answer = bare.get(f"{_management(MODEL_ANSWER)}/services/none", timeout=30)
    assert answer.status_code == 404
    assert answer.json()["details"][0]["code"] == "ServiceNotFound"


def test_models_by_name_and_by_tag(bare: requests.Session, served: Served) -> None:
    url = f"{_management(MODEL_ANSWER)}/models"
    tags = served.world(MODEL_ANSWER).models[1].tags

    def models(query: str) -> list[dict[str, Any]]:
        value: list[dict[str, Any]] = bare.get(f"{url}?{query}", timeout=30).json()["value"]
        return value

    [model] = models(f"name={MODEL}&tags=BuildId={tags['BuildId']}")
    assert (model["id"], model["kvTags"], model["runId"]) == (f"{MODEL}:1", tags, None)
    assert models("name=none") == []
    assert models("tags=BuildId=0") == []


def test_published_pipelines_are_a_bare_list(bare: requests.Session, served: Served) -> None:
    [pipeline] = bare.get(f"{_pipelines(MODEL_ANSWER)}/Pipelines", timeout=30).json()
    wanted = served.world(MODEL_ANSWER).published_pipelines[0]
    assert (pipeline["Version"], pipeline["TotalRunSteps"]) == (wanted.version, 3)
    assert pipeline["EntityStatus"] in (0, "Active")


def test_a_disabled_pipeline_is_left_out_of_the_active_ones(bare: requests.Session) -> None:
    url = f"{_pipelines(MANAGED)}/Pipelines"
    [pipeline] = bare.get(url, timeout=30).json()
    assert pipeline["EntityStatus"] in (2, "Disabled")
    assert bare.get(f"{url}?activeOnly=true", timeout=30).json() == []


def test_pipeline_status_is_a_number_or_a_word(bare: requests.Session) -> None:
    statuses = {
        bare.get(f"{_pipelines(number)}/Pipelines", timeout=30).json()[0]["EntityStatus"]
        for number in range(10, 25)
    }
    assert statuses == {0, "Active"}


def test_what_the_old_sdk_would_create_is_there(bare: requests.Session) -> None:
    types = bare.get(f"{_pipelines(MODEL_ANSWER)}/DataTypes", timeout=30).json()
    history = f"{REGION}/history/v1.0{_path(MODEL_ANSWER)}/experiments/mlopspython"
    assert len({kind["Id"] for kind in types}) == 11
    assert bare.get(history, timeout=30).json()["name"] == "mlopspython"
    assert bare.get(f"{_pipelines(MODEL_ANSWER)}/PipelineEndpoints", timeout=30).json() == []


@pytest.mark.parametrize("asked", ["", "/runs:query", "/metrics:query"])
def test_an_experiment_that_never_ran_is_not_there(bare: requests.Session, asked: str) -> None:
    url = f"{REGION}/history/v1.0{_path(MODEL_ANSWER)}/experiments/nobodys{asked}"
    answer = bare.request("POST" if asked else "GET", url, json={} if asked else None, timeout=30)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (404, "UserError")
    assert "nobodys was not found" in error["message"]


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (f"{_management(HIDDEN)}/services", 403),
        (f"{_management(MODEL_ANSWER).replace('centralus', 'eastus')}/services", 404),
        (f"{_management(999)}/services", 404),
    ],
)
def test_a_workspace_is_only_served_where_it_is_to_those_who_may_read_it(
    bare: requests.Session, url: str, status: int
) -> None:
    assert bare.get(url, timeout=30).status_code == status


@pytest.mark.parametrize("path", ["/pipelines/v1.0", "/modelmanagement/v1.0"])
def test_writes_are_turned_away(bare: requests.Session, path: str) -> None:
    answer = bare.post(f"{REGION}{path}{_path(MODEL_ANSWER)}/DataTypes", json={}, timeout=30)
    assert answer.status_code == 403

"""Small traits of the real services' answers that no vendor's model knows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from fixtures.simulator.wire.azure_ml.framing import workspace_id
from fixtures.simulator.world import LearnerWorld
from tests.support.served_tenant import ORGANIZATION, Served, serving, tenant_of

DEVOPS = "499b84ac-1321-427f-aa17-267ca6975798"
MANAGER = "https://management.azure.com"
UTF_8 = "application/json; charset=utf-8"


def _azure_repos(world: LearnerWorld) -> None:
    built = next(own for own in world.pipelines if own.id == world.runs[0].pipeline)
    built.repository_type = "TfsGit"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(tenant_of(1, {1: _azure_repos})) as served:
        yield served


@pytest.fixture(scope="module")
def project(served: Served) -> str:
    return f"https://dev.azure.com/{ORGANIZATION}/{served.world(1).project.id}/_apis"


def _get(served: Served, audience: str, url: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {served.token(audience)}"}
    return requests.get(url, headers=headers, timeout=30)


def _regional(served: Served, service: str, path: str) -> str:
    workspace = served.world(1).workspace
    home = f"https://{workspace.location}.api.azureml.ms"
    return f"{home}/{service}/v1.0{workspace_id(workspace)}{path}"


def test_json_says_its_encoding_where_the_service_does(served: Served) -> None:
    github = {"Authorization": f"token {served.tenant.ids.github_token}"}
    answers = [
        _get(served, MANAGER, f"{MANAGER}/subscriptions?api-version=2022-12-01"),
        _get(served, MANAGER, _regional(served, "history", "/experiments/none")),
        requests.get("https://api.github.com/rate_limit", headers=github, timeout=30),
        requests.get("https://login.microsoftonline.com/common/discovery/instance", timeout=30),
    ]
    assert [answer.headers["content-type"] for answer in answers] == [UTF_8] * 4
    services = _get(served, MANAGER, _regional(served, "modelmanagement", "/services"))
    assert services.headers["content-type"] == "application/json"


def test_entra_puts_each_part_of_a_refusal_on_a_line(served: Served) -> None:
    url = f"https://login.microsoftonline.com/{served.tenant.ids.tenant_id}/oauth2/v2.0/token"
    form = {
        "grant_type": "client_credentials",
        "client_id": served.tenant.ids.client_id,
        "client_secret": "wrong",
        "scope": f"{MANAGER}/.default",
    }
    words = requests.post(url, data=form, timeout=30).json()["error_description"]
    lines = [line.partition(":")[0] for line in words.split("\r\n")]
    assert lines == ["AADSTS7000215", "Trace ID", "Correlation ID", "Timestamp"]


def test_run_history_tells_callers_nothing_for_its_own_debugging(served: Served) -> None:
    refused = _get(served, MANAGER, _regional(served, "history", "/experiments/none")).json()
    assert refused["error"]["debugInfo"] is None


def test_a_run_of_the_newer_api_links_to_its_pipeline(served: Served, project: str) -> None:
    run = served.world(1).runs[0]
    body = _get(served, DEVOPS, f"{project}/pipelines/{run.pipeline}/runs/{run.id}").json()
    assert body["_links"]["pipeline"]["href"] == body["pipeline"]["url"]


def test_a_run_names_the_address_of_azure_repos(served: Served, project: str) -> None:
    runs = _get(served, DEVOPS, f"{project}/build/builds").json()["value"]
    kinds = {run["repository"]["type"]: "url" in run["repository"] for run in runs}
    assert kinds == {"TfsGit": True, "GitHub": False}


def test_the_agents_last_task_tells_how_far_it_is(served: Served, project: str) -> None:
    run = served.world(1).runs[0]
    records = _get(served, DEVOPS, f"{project}/build/builds/{run.id}/timeline").json()["records"]
    shares = {record["name"]: record["percentComplete"] for record in records}
    assert {name for name, share in shares.items() if share == 100} == {"Finalize Job"}


def test_a_workspace_has_notebooks_of_its_own(served: Served) -> None:
    url = f"{MANAGER}{workspace_id(served.world(1).workspace)}?api-version=2024-04-01"
    properties = _get(served, MANAGER, url).json()["properties"]
    assert properties["notebookInfo"]["fqdn"].endswith(".centralus.notebooks.azure.net")
    assert properties["sasGetterUri"] == ""


def test_a_container_describes_its_key_and_its_health_check(served: Served) -> None:
    host = served.world(1).services[0].scoring_host
    body = requests.get(f"http://{host}/swagger.json", timeout=30).json()
    assert set(body["paths"]) == {"/", "/score"}
    assert body["securityDefinitions"]["Bearer"]["in"] == "header"
    assert body["consumes"] == body["produces"] == ["application/json"]

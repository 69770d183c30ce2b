"""The baseline: fourteen checks, each with SDK calls of its own, as one would write them first.

Clients are made once for a process, connections are kept, calls are retried by the SDKs. It judges
less than the graders do, and blames the learner for whatever goes wrong.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import pytest
import requests
from azure.ai.ml import MLClient
from azure.devops.connection import Connection
from azure.identity import EnvironmentCredential
from github import Auth, Github
from msrest.authentication import BasicTokenAuthentication
from requests.adapters import HTTPAdapter, Retry

ORGANIZATION, OWNER = "solliancelabs", "solliancelabs"
SUBSCRIPTION = "5b0c1d7e-3f42-4c86-9a51-7d2e8f604b13"
DEVOPS = "499b84ac-1321-427f-aa17-267ca6975798/.default"
ARM = "https://management.azure.com/.default"
QUERY = {"data": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]]}

pytestmark = pytest.mark.parametrize("number", range(1, int(os.environ["LEARNERS"]) + 1))


@cache
def credential() -> EnvironmentCredential:
    return EnvironmentCredential()


@cache
def devops() -> Any:
    token = {"access_token": credential().get_token(DEVOPS).token}
    return Connection(
        base_url=f"https://dev.azure.com/{ORGANIZATION}", creds=BasicTokenAuthentication(token)
    ).clients_v7_1


@cache
def builds() -> Any:
    return devops().get_build_client()


@cache
def library() -> Any:
    return devops().get_task_agent_client()


@cache
def connections() -> Any:
    return devops().get_service_endpoint_client()


@cache
def github() -> Github:
    return Github(auth=Auth.Token(os.environ["GITHUB_TOKEN"]), seconds_between_requests=0)


@cache
def session() -> requests.Session:
    made = requests.Session()
    retries = Retry(
        4, status_forcelist=(429, 500, 502, 503), allowed_methods=None, backoff_factor=1
    )
    for scheme in ("https://", "http://"):
        made.mount(scheme, HTTPAdapter(max_retries=retries))
    return made


def workspace(number: int) -> MLClient:
    return MLClient(credential(), SUBSCRIPTION, f"User{number}AML", f"user{number}aml")


def regional(number: int, service: str, path: str) -> Any:
    host = {"pipelines": "api.azureml.ms", "modelmanagement": "modelmanagement.azureml.net"}[
        service
    ]
    url = (
        f"https://centralus.{host}/{service}/v1.0/subscriptions/{SUBSCRIPTION}"
        f"/resourceGroups/User{number}AML/providers/Microsoft.MachineLearningServices"
        f"/workspaces/user{number}aml/{path}"
    )
    headers = {"Authorization": f"Bearer {credential().get_token(ARM).token}"}
    answer = session().get(url, headers=headers, timeout=30)
    answer.raise_for_status()
    return answer.json()


def project(number: int) -> str:
    return f"AE MLOps {number:02d}"


def group(number: int) -> Any:
    name = "devopsforai-aml-vg"
    (found,) = library().get_variable_groups(project(number), group_name=name)
    return found


def connection(number: int) -> Any:
    names = ["aml-workspace-connection"]
    (found,) = connections().get_service_endpoints_by_names(project(number), names)
    return found


def pipeline(number: int, name: str) -> Any:
    (found,) = builds().get_definitions(project(number), name=name)
    return found


def last_run(number: int, name: str) -> Any:
    definition = pipeline(number, name)
    (found,) = builds().get_builds(
        project(number), definitions=[definition.id], status_filter="completed", top=1
    )
    return found


def endpoint(number: int) -> Any:
    services = regional(number, "modelmanagement", "services?expand=true")["value"]
    (found,) = [service for service in services if service["name"] == "mlops-aci"]
    return found


def test_variable_group_exists(number: int) -> None:
    assert group(number).type == "Vsts"


def test_variable_group_values(number: int) -> None:
    assert group(number).variables["WORKSPACE_NAME"].value == f"user{number}aml"


def test_connection_exists(number: int) -> None:
    assert connection(number).type.lower() == "azurerm"


def test_connection_is_ready(number: int) -> None:
    assert connection(number).is_ready


def test_repository_exists(number: int) -> None:
    assert github().get_repo(f"{OWNER}/mlops_{number:02d}").default_branch == "main"


def test_repository_is_from_the_template(number: int) -> None:
    repository = github().get_repo(f"{OWNER}/mlops_{number:02d}")
    assert repository.raw_data["template_repository"]["full_name"]


def test_ci_pipeline_exists(number: int) -> None:
    assert pipeline(number, "Model-Train-Register-CI")


def test_ci_succeeded(number: int) -> None:
    assert last_run(number, "Model-Train-Register-CI").result == "succeeded"


def test_cd_pipeline_exists(number: int) -> None:
    assert pipeline(number, "Model-Deploy-CD")


def test_cd_succeeded(number: int) -> None:
    assert last_run(number, "Model-Deploy-CD").result == "succeeded"


def test_training_pipeline_is_published(number: int) -> None:
    published = regional(number, "pipelines", "Pipelines?activeOnly=true")
    assert "diabetes-Training-Pipeline" in {entry["Name"] for entry in published}


def test_model_is_registered(number: int) -> None:
    assert list(workspace(number).models.list(name="diabetes_regression_model.pkl"))


def test_endpoint_is_healthy(number: int) -> None:
    assert endpoint(number)["state"] == "Healthy"


def test_endpoint_answers(number: int) -> None:
    answer = session().post(endpoint(number)["scoringUri"], json=QUERY, timeout=30)
    assert len(answer.json()["result"]) == 2

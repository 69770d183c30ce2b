"""A write is refused as the service that was asked refuses its readers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from fixtures.simulator.serving.write_refusals import action_of
from tests.support.served_tenant import Served, serving, tenant_of

WORKSPACE = "Microsoft.MachineLearningServices/workspaces"
GROUP = "/subscriptions/1/resourceGroups/Group"
REGION = "https://centralus.api.azureml.ms"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(tenant_of(1)) as served:
        yield served


def refused(method: str, url: str, **more: Any) -> tuple[int, Any]:
    answer = requests.request(method, url, timeout=30, **more)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("PUT", f"{GROUP}", "Microsoft.Resources/subscriptions/resourceGroups/write"),
        ("DELETE", f"{GROUP}/providers/{WORKSPACE}/ml", f"{WORKSPACE}/delete"),
        ("PATCH", f"{GROUP}/providers/{WORKSPACE}/ml/models/m", f"{WORKSPACE}/models/write"),
        ("POST", f"{GROUP}/providers/{WORKSPACE}/ml/resyncKeys", f"{WORKSPACE}/resyncKeys/action"),
    ],
)
def test_the_action_that_a_write_needs(method: str, path: str, action: str) -> None:
    assert action_of(method, path) == action


def test_azure_resource_manager_names_the_caller_and_the_action(served: Served) -> None:
    path = f"{GROUP}/providers/{WORKSPACE}/ml"
    status, body = refused("DELETE", f"https://management.azure.com{path}?api-version=2022-10-01")
    assert (status, body["error"]["code"]) == (403, "AuthorizationFailed")
    for word in (served.tenant.ids.client_id, f"'{WORKSPACE}/delete'", f"'{path}'"):
        assert word in body["error"]["message"]


def test_azure_devops_names_the_kind_of_its_exception(served: Served) -> None:
    status, body = refused("POST", "https://dev.azure.com/WireTests/_apis/projects", json={})
    assert (status, body["typeKey"]) == (403, "AccessDeniedException")
    assert "POST dev.azure.com/WireTests/_apis/projects" in served.journal.violations


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/modelmanagement/v1.0/models", lambda body: body["code"] == "Forbidden"),
        (
            "/history/v1.0/runs",
            lambda body: body["error"]["innerError"]["code"] == "ForbiddenError",
        ),
        ("/pipelines/v1.0/x", lambda body: body["Error"]["Code"] == "UserError"),
    ],
)
def test_a_region_answers_as_the_service_behind_the_path(
    served: Served, path: str, code: Any
) -> None:
    status, body = refused("POST", REGION + path, json={})
    assert status == 403
    assert code(body)
    assert f"POST centralus.api.azureml.ms{path}" in served.journal.violations


def test_github_says_that_the_token_may_not(served: Served) -> None:
    status, body = refused("PATCH", "https://api.github.com/repos/WireTests/mlops_01", json={})
    assert (status, body["status"]) == (403, "403")
    assert body["message"] == "Resource not accessible by personal access token"
    assert served.journal.violations["PATCH api.github.com/repos/WireTests/mlops_01"] == 1

"""Whom the simulated Azure DevOps turns away, and how it says that something is not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from msrest.authentication import BasicAuthentication, BasicTokenAuthentication
from msrest.exceptions import ClientException

from fixtures.simulator.world import LearnerWorld
from graders.services.azure_devops import client  # noqa: F401 (switches the SDK's disk cache off)
from tests.support.served_tenant import ORGANIZATION, Served, serving, tenant_of

URL = f"https://dev.azure.com/{ORGANIZATION}"
MODEL_ANSWER, HIDDEN = 4, 5
PROJECT = f"AE MLOps {MODEL_ANSWER:02d}"
WRONG = "not-the-token"


def _hide(world: LearnerWorld) -> None:
    world.project.visible = False


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(tenant_of(5, {HIDDEN: _hide})) as served:
        yield served


@pytest.fixture(scope="module")
def clients(served: Served) -> Any:
    return _clients(BasicAuthentication("", served.tenant.ids.azure_devops_pat))


def _clients(signature: Any, url: str = URL) -> Any:
    """The SDK's clients; imported late, so that it finds its disk cache switched off already."""
    from azure.devops.connection import Connection

    return Connection(base_url=url, creds=signature).clients_v7_1


@pytest.fixture(scope="module")
def bare(served: Served) -> requests.Session:
    session = requests.Session()
    session.auth = ("", served.tenant.ids.azure_devops_pat)
    session.headers["X-TFS-FedAuthRedirect"] = "Suppress"
    return session


def _get(bare: requests.Session, path: str) -> requests.Response:
    return bare.get(f"{URL}/{path}", timeout=30, allow_redirects=False)


@pytest.mark.usefixtures("served")
def test_a_wrong_token_is_refused_without_a_word() -> None:
    answer = requests.get(
        f"{URL}/_apis/projects",
        auth=("", WRONG),
        headers={"X-TFS-FedAuthRedirect": "suppress"},
        timeout=30,
    )
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("path", ["_apis", "_apis/projects", "AE%20MLOps%2004/_apis/build/builds"])
def test_another_organisation_is_not_there(bare: requests.Session, path: str) -> None:
    method = "OPTIONS" if path == "_apis" else "GET"
    answer = bare.request(method, f"https://dev.azure.com/nobody/{path}", timeout=30)
    assert answer.status_code == 404
    assert "text/html" in answer.headers["content-type"]


@pytest.mark.usefixtures("served")
def test_a_browser_is_sent_to_sign_in() -> None:
    answer = requests.get(f"{URL}/_apis/projects", auth=("", WRONG), timeout=30)
    assert answer.history[0].status_code == 302
    assert "text/html" in answer.headers["content-type"]


@pytest.mark.usefixtures("served")
def test_sdk_sees_a_refusal_as_one() -> None:
    clients = _clients(BasicAuthentication("", WRONG), URL + "RequestBlocked")
    with pytest.raises(ClientException, match="requires user authentication"):
        clients.get_core_client()


@pytest.mark.parametrize(
    ("audience", "status"),
    [("499b84ac-1321-427f-aa17-267ca6975798", 200), ("https://management.azure.com", 401)],
)
def test_a_token_is_good_for_its_own_service(served: Served, audience: str, status: int) -> None:
    headers = {
        "Authorization": "Bearer " + served.token(audience),
        "X-TFS-FedAuthRedirect": "Suppress",
    }
    answer = requests.get(f"{URL}/_apis/ConnectionData", headers=headers, timeout=30)
    assert answer.status_code == status


def test_sdk_takes_a_bearer_token_as_well(served: Served) -> None:
    token = {"access_token": served.token("499b84ac-1321-427f-aa17-267ca6975798")}
    project = _clients(BasicTokenAuthentication(token)).get_core_client().get_project(PROJECT)
    assert project.name == PROJECT


@pytest.mark.parametrize("number", [HIDDEN, 999])
def test_a_hidden_project_is_refused_like_a_missing_one(clients: Any, number: int) -> None:
    name = f"AE MLOps {number:02d}"
    with pytest.raises(ClientException, match="TF200016") as raised:
        clients.get_build_client().get_definitions(name)
    error: Any = raised.value
    assert error.type_key == "ProjectDoesNotExistWithNameException"


@pytest.mark.parametrize(
    ("path", "status", "key"),
    [
        ("build/definitions/99999", 404, "DefinitionNotFoundException"),
        ("build/builds/99999/timeline", 404, "BuildNotFoundException"),
        ("build/builds/401/artifacts?artifactName=x", 404, "ArtifactNotFoundException"),
        ("pipelines/99999", 500, "PipelineNotFoundException"),
        ("build/definitions?api-version=9.0", 400, "VssVersionOutOfRangeException"),
        ("build/authorizedresources?api-version=7.1", 400, "VssInvalidPreviewVersionException"),
    ],
)
def test_failures_have_their_key(bare: requests.Session, path: str, status: int, key: str) -> None:
    answer = _get(bare, f"{PROJECT}/_apis/{path}")
    answer.encoding = "utf-8-sig"
    assert (answer.status_code, answer.json()["typeKey"]) == (status, key)


def test_one_failure_begins_with_a_byte_order_mark(bare: requests.Session, clients: Any) -> None:
    answer = _get(bare, f"{PROJECT}/_apis/build/builds/99999")
    assert answer.content.startswith(b"\xef\xbb\xbf{")
    with pytest.raises(ClientException, match="99999"):
        clients.get_build_client().get_build(PROJECT, 99999)

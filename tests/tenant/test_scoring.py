"""The simulated deployed model, seen by a bare client as the grader is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from fixtures.simulator.world import LearnerWorld
from tests.support.served_tenant import SUBSCRIPTION, Served, serving, tenant_of

MODEL_ANSWER, LOCKED, CRASHED = 1, 2, 3
OTHERWISE: dict[int, tuple[str, list[Any]]] = {
    4: ("constant", [42.0, 42.0]),
    5: ("short", [5215.2]),
    6: ("words", ["high", "high"]),
}
QUERY = {"data": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]]}


def _lock(world: LearnerWorld) -> None:
    world.services[0].auth_enabled = True
    world.services[0].describes_itself = False


def _crash(world: LearnerWorld) -> None:
    world.services[0].answer = "down"


def _answer(world: LearnerWorld) -> None:
    world.services[0].answer = OTHERWISE[world.number][0]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    changes = {LOCKED: _lock, CRASHED: _crash, **dict.fromkeys(OTHERWISE, _answer)}
    with serving(tenant_of(6, changes)) as served:
        yield served


def _keys(served: Served, number: int) -> requests.Response:
    workspace = (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/User{number}AML"
        f"/providers/Microsoft.MachineLearningServices/workspaces/user{number}aml"
    )
    url = f"https://centralus.api.azureml.ms/modelmanagement/v1.0{workspace}"
    headers = {"Authorization": "Bearer " + served.token("https://management.azure.com")}
    return requests.post(f"{url}/services/mlops-aci/listkeys", headers=headers, timeout=30)


def _host(served: Served, number: int) -> str:
    return f"http://{served.world(number).services[0].scoring_host}"


def test_the_model_answers_as_the_labs_own_does(served: Served) -> None:
    answer = requests.post(f"{_host(served, MODEL_ANSWER)}/score", json=QUERY, timeout=30)
    assert answer.json()["result"] == pytest.approx([5215.198131579873, 3726.9954859385775])


def test_the_model_is_alive_and_describes_itself(served: Served) -> None:
    host = _host(served, MODEL_ANSWER)
    assert requests.get(host, timeout=30).text == "Healthy"
    assert "/score" in requests.get(f"{host}/swagger.json", timeout=30).json()["paths"]


def test_a_query_of_another_shape_is_refused(served: Served) -> None:
    url = f"{_host(served, MODEL_ANSWER)}/score"
    assert requests.post(url, json={"data": [[1, 2]]}, timeout=30).status_code == 400
    assert requests.post(url, data=b"?", timeout=30).status_code == 400


def test_a_locked_service_asks_for_its_key(served: Served) -> None:
    url = f"{_host(served, LOCKED)}/score"
    keys = _keys(served, LOCKED).json()
    headers = {"Authorization": f"Bearer {keys['primaryKey']}"}
    assert requests.post(url, json=QUERY, timeout=30).status_code == 401
    assert requests.post(url, json=QUERY, headers=headers, timeout=30).status_code == 200
    swagger = requests.get(f"{_host(served, LOCKED)}/swagger.json", headers=headers, timeout=30)
    assert swagger.status_code == 404


def test_an_open_service_has_no_keys(served: Served) -> None:
    assert _keys(served, MODEL_ANSWER).status_code == 400


@pytest.mark.parametrize("number", OTHERWISE)
def test_other_models_answer_otherwise(served: Served, number: int) -> None:
    answer = requests.post(f"{_host(served, number)}/score", json=QUERY, timeout=30)
    result = answer.json()["result"]
    wanted = OTHERWISE[number][1]
    assert result == (wanted if isinstance(wanted[0], str) else pytest.approx(wanted, rel=1e-4))


@pytest.mark.parametrize("path", ["/", "/swagger.json"])
def test_a_crashed_model_is_a_bad_gateway(served: Served, path: str) -> None:
    host = _host(served, CRASHED)
    assert requests.get(host + path, timeout=30).status_code == 502
    assert requests.post(f"{host}/score", json=QUERY, timeout=30).status_code == 502

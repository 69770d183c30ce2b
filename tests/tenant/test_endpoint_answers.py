"""What a learner's endpoint can answer: every kind, on both generations, seen by a bare client."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import pytest
import requests

from fixtures.simulator.changes import PathError, workbench
from fixtures.simulator.model_answer import model_answer
from fixtures.simulator.state import Response
from fixtures.simulator.wire.azure_ml.framing import workspace_id
from fixtures.simulator.world import LearnerWorld, OnlineEndpoint
from tests.support.served_tenant import Served, lab, serving, tenant_of

QUERY = {"data": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]]}
ANOTHER = {"data": [[0] * 10]}
RIGHT = [5215.198, 3726.995]
KINDS = (
    *("model", "other_model", "constant", "remembers", "list", "predictions", "string"),
    *("table", "busy"),
    *("raises", "raises_newer"),
)
MANAGED, MANAGED_RAISES, IN_TURN, SLOW, STUCK = range(len(KINDS) + 1, len(KINDS) + 6)


def answering(kind: str) -> Callable[[LearnerWorld], None]:
    def change(world: LearnerWorld) -> None:
        world.services[0].answer = kind

    return change


def managed(kind: str) -> Callable[[LearnerWorld], None]:
    def change(world: LearnerWorld) -> None:
        when = (world.services[0].created, world.services[0].updated)
        name = f"mlops-aci-{world.number:02d}"
        world.online_endpoints.append(
            OnlineEndpoint(name, "Succeeded", "centralus", "m:1", *when, answer=kind)
        )

    return change


def in_turn(world: LearnerWorld) -> None:
    world.services[0].responses = [
        Response(503, "busy", {"Content-Type": "text/plain", "Retry-After": "1"}),
        Response(200, '{"result": [1, 2]}'),
    ]


def slow(world: LearnerWorld) -> None:
    world.services[0].responses = [Response(body='{"result": []}', delay=0.3)]


def stuck(world: LearnerWorld) -> None:
    world.services[0].state = "Transitioning"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    changes = {number: answering(kind) for number, kind in enumerate(KINDS, 1)}
    changes |= {MANAGED: managed("model"), MANAGED_RAISES: managed("raises")}
    changes |= {IN_TURN: in_turn, SLOW: slow, STUCK: stuck}
    with serving(tenant_of(len(KINDS) + 5, changes)) as served:
        yield served


def score(served: Served, number: int, query: object = QUERY) -> requests.Response:
    host = served.world(number).services[0].scoring_host
    return requests.post(f"http://{host}/score", json=query, timeout=30)


def score_managed(served: Served, number: int, query: object = QUERY) -> requests.Response:
    world = served.world(number)
    endpoint = world.online_endpoints[0]
    place = f"{workspace_id(world.workspace)}/onlineEndpoints/{endpoint.name}"
    token = {"Authorization": "Bearer " + served.token("https://management.azure.com")}
    url = f"https://management.azure.com{place}"
    keys = requests.post(f"{url}/listKeys?api-version=2024-04-01", headers=token, timeout=30)
    shown = requests.get(f"{url}?api-version=2024-04-01", headers=token, timeout=30).json()
    key = {"Authorization": "Bearer " + keys.json()["primaryKey"]}
    return requests.post(shown["properties"]["scoringUri"], json=query, headers=key, timeout=30)


def number_of(kind: str) -> int:
    return KINDS.index(kind) + 1


@pytest.mark.parametrize(
    ("kind", "depends_on_the_query", "is_right"),
    [
        ("model", True, True),
        ("other_model", True, False),
        ("constant", False, False),
        ("remembers", False, True),
    ],
)
def test_a_second_question_tells_models_apart(
    served: Served, kind: str, depends_on_the_query: bool, is_right: bool
) -> None:
    first = score(served, number_of(kind)).json()["result"]
    second = score(served, number_of(kind), ANOTHER).json()["result"]
    assert (first == pytest.approx(RIGHT, rel=1e-4)) is is_right
    assert (first[0] != second[0]) is depends_on_the_query


@pytest.mark.parametrize(
    ("kind", "status", "raised"), [("table", 502, "True"), ("busy", 503, "False")]
)
def test_what_knows_the_labs_query_alone(
    served: Served, kind: str, status: int, raised: str
) -> None:
    first, second = (score(served, number_of(kind), query) for query in (QUERY, ANOTHER))
    assert first.json()["result"] == pytest.approx(RIGHT, rel=1e-4)
    assert (second.status_code, second.headers["x-ms-run-function-failed"]) == (status, raised)


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("list", lambda body: body),
        ("predictions", lambda body: body["predictions"]),
        ("string", lambda body: json.loads(body)["result"]),
    ],
)
def test_the_right_numbers_in_another_form(
    served: Served, kind: str, numbers: Callable[[Any], list[float]]
) -> None:
    assert numbers(score(served, number_of(kind)).json()) == pytest.approx(RIGHT, rel=1e-4)


def test_a_raised_error_in_each_of_its_forms(served: Served) -> None:
    old, newer = score(served, number_of("raises")), score(served, number_of("raises_newer"))
    managed = score_managed(served, MANAGED_RAISES)
    assert [answer.status_code for answer in (old, newer, managed)] == [502, 500, 424]
    for answer in (old, newer, managed):
        assert answer.headers["x-ms-run-function-failed"] == "True"
    assert old.headers["Content-Type"].startswith("text/html")
    assert "scoring script" in newer.json()["message"]
    assert managed.headers["ms-azureml-model-error-statuscode"] == "500"


def test_a_word_that_the_script_does_not_know_raises(served: Served) -> None:
    answer = score(served, number_of("model"), QUERY | {"method": "predict"})
    assert (answer.status_code, answer.headers["x-ms-run-function-failed"]) == (502, "True")
    assert "unexpected keyword argument 'method'" in answer.text


def test_a_managed_endpoint_has_the_classs_own_name_as_its_host(served: Served) -> None:
    answer = score_managed(served, MANAGED)
    host = f"mlops-aci-{MANAGED:02d}.centralus.inference.ml.azure.com"
    assert answer.url == f"https://{host}/score"
    assert answer.json()["result"] == pytest.approx(RIGHT, rel=1e-4)


def test_answers_word_for_word_come_one_a_query(served: Served) -> None:
    answers = [score(served, IN_TURN) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 200, 200]
    assert (answers[0].text, answers[0].headers["Retry-After"]) == ("busy", "1")
    assert answers[1].json() == answers[2].json() == {"result": [1, 2]}


def test_an_answer_can_take_its_time(served: Served) -> None:
    start = monotonic()
    assert score(served, SLOW).json() == {"result": []}
    assert monotonic() - start >= 0.3


def test_nothing_answers_while_it_is_in_transition(served: Served) -> None:
    assert score(served, STUCK).status_code == 502


# --- the language of changes ----------------------------------------------------------------------


def test_responses_are_written_as_tables() -> None:
    world = model_answer(lab(1))
    tables = [{"status": 500, "headers": {"a": "b"}}, {"body": {"predictions": [1]}, "delay": 2}]
    workbench(lab(1), world).set("endpoint.responses", tables)
    assert world.services[0].responses == [
        Response(500, "", {"a": "b"}),
        Response(200, '{"predictions": [1]}', {}, 2),
    ]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("endpoint.answer", "modle", "did you mean `model`"),
        ("endpoint.responses", [{"sttus": 500}], "write tables with status, body"),
        ("endpoint.responses", ["no"], "write tables with status, body"),
        ("endpoint.responses", [{"status": 99}], "from 200 to 599"),
        ("endpoint.responses", [{"delay": "long"}], "in seconds"),
    ],
)
def test_what_no_endpoint_answers_is_refused(path: str, value: object, message: str) -> None:
    with pytest.raises(PathError, match=message):
        workbench(lab(1), model_answer(lab(1))).set(path, value)

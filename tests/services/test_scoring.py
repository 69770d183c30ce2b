"""Asking an endpoint: what counts as its answer, and what the grader never says to it."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from graders.evidence import Answer, Endpoint, SecondAnswer, ServiceName, Unavailable
from graders.lab import SHEET
from graders.services.azure_ml import scoring
from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from tests.support.canned_cloud import CannedCloud

ENDPOINT, FIRST = ServiceName.ENDPOINT, "its answer to the lab's query"
HOST = "http://0000.centralus.azurecontainer.io"
GOOD = {"result": [5215.2, 3727]}
OTHER = {"result": [152.1, 149.8]}
BOTH = {"result": [*GOOD["result"], *OTHER["result"]]}
ALONE = (200, GOOD)
"""A script that answers two rows, whatever is asked, is asked each question alone."""
SWAGGER = {"swagger": "2.0", "paths": {}}
RAISED = {"X-Ms-Run-Function-Failed": "True"}


def endpoint(uri: str = f"{HOST}/score", auth: bool = False) -> Endpoint:
    return Endpoint("mlops-aci", 1, "Healthy", "ACI", 1.0, 4.0, auth, uri, "centralus", ())


def asked(**changes: Any) -> Answer:
    """The answer of an endpoint that gives one."""
    answer = scoring.ask(replace(endpoint(), **changes), None, SHEET.scoring, [])
    assert isinstance(answer, Answer)
    return answer


def rows_of(request: Any) -> list[list[float]]:
    rows: list[list[float]] = json.loads(bytes(request.body))["data"]
    return rows


@pytest.fixture
def cloud(monkeypatch):
    canned = CannedCloud({"/score": (200, BOTH), "/swagger.json": (200, SWAGGER)})
    monkeypatch.setattr(HTTPAdapter, "send", lambda *args, **kwargs: canned.send(*args, **kwargs))
    with ReadOnlyTransport(RetryPolicy(attempts=1)):
        yield canned


@pytest.mark.parametrize(
    ("status", "text", "result"),
    [
        (200, '{"result": [1, 2.5]}', (1.0, 2.5)),
        (200, '{"result": [1.0]}', (1.0,)),
        (200, '{"result": []}', ()),
        (200, '{"result": [NaN, 1]}', None),
        (200, '{"result": [1e999, 1]}', None),
        (200, '{"result": [true, 1]}', None),
        (200, '{"result": ["1", 1]}', None),
        (200, '{"result": [1' + "0" * 400 + ", 1]}", None),
        (200, '{"error": "bad input"}', None),
        (200, '"{\\"result\\": [1.0, 2.0]}"', None),
        (200, "<html>", None),
        (200, "[" * 100_000, None),
        (400, '{"result": [1, 2]}', None),
        (200, '{"result": [' + "1, " * 50_000 + "1]}", None),
        (200, '{"result": [' + "1, " * 10 + "1]}", None),
        (200, '{"result": [' + "1, " * 9 + "1]}", (1.0,) * 10),
    ],
)
def test_only_finite_numbers_are_a_result(status, text, result):
    answer = scoring.read_answer(status, text, "result")
    assert (answer.status, answer.result) == (status, result)
    assert bool(answer.body) is (result is None)
    assert len(answer.body) <= scoring.EXCERPT


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('{"result": [1, 2.5]}', (1.0, 2.5)),
        ("[1, 2.5]", (1.0, 2.5)),
        ('{"predictions": [1, 2.5]}', (1.0, 2.5)),
        ('"{\\"result\\": [1, 2.5]}"', (1.0, 2.5)),
        ('"{\\"predictions\\": [1, 2.5]}"', (1.0, 2.5)),
        ('"[1, 2.5]"', (1.0, 2.5)),
        ('{"result": [3], "predictions": [1, 2]}', (3.0,)),
        ('{"other": [1, 2.5]}', None),
        ('["high", "low"]', None),
        ('"\\"[1, 2.5]\\""', None),
        ("2.5", None),
        ('"' + "[" * 100_000 + '"', None),
    ],
)
def test_a_managed_endpoint_may_answer_in_another_form(text, result):
    answer = scoring.read_answer(200, text, "result", generation=2)
    assert answer.result == result
    assert bool(answer.body) is (result is None)


def test_the_labs_own_script_has_one_form():
    for text in ("[1, 2]", '{"predictions": [1, 2]}', '"{\\"result\\": [1, 2]}"'):
        assert scoring.read_answer(200, text, "result").result is None


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        ("key K3Y is\nwrong " * 100, ("key … is wrong " * 100)[:300]),
        (" " * 1199 + "xyz", "x"),  # of blanks no more is read
    ],
)
def test_an_excerpt_is_short_on_one_line_and_without_the_key(text, excerpt):
    assert scoring.read_answer(422, text, "result", key="K3Y").body == excerpt


@pytest.mark.parametrize(
    ("uri", "may"),
    [
        (f"{HOST}/score", True),
        ("https://0000.centralus.azurecontainer.io/score", True),
        ("https://mlops-aci.centralus.inference.ml.azure.com/score", True),
        ("http://mlops-aci.centralus.inference.ml.azure.com/score", False),
        ("http://azurecontainer.io/score", False),
        ("http://evilazurecontainer.io/score", False),
        ("http://x.azurecontainer.io.example/score", False),
        ("http://x.azurecontainer.io@example/score", False),
        ("http://x.azurecontainer.io:8080/score", False),
        ("http://example\\.azurecontainer.io/score", False),
        ("http://[::1/.azurecontainer.io", False),
        ("http://169.254.169.254/score", False),
        ("file:///.azurecontainer.io", False),
        ("", False),
    ],
)
def test_only_azures_own_scoring_hosts_are_asked(uri, may):
    assert scoring.may_be_asked(uri) is may


def test_a_good_answer_costs_two_requests_without_any_token(cloud):
    sightings = []
    answer = scoring.ask(endpoint(), None, SHEET.scoring, sightings)
    assert isinstance(answer, Answer)
    assert isinstance(answer.second, SecondAnswer)
    assert (answer.status, answer.result, answer.swagger) == (200, (5215.2, 3727.0), True)
    assert (answer.second.status, answer.second.result) == (200, (152.1, 149.8))
    assert answer.second.with_first
    assert not answer.asked_once
    assert cloud.addresses() == [
        "POST 0000.centralus.azurecontainer.io/score",
        "GET 0000.centralus.azurecontainer.io/swagger.json",
    ]
    assert not any("Authorization" in request.headers for request in cloud.asked)
    rows = (*SHEET.scoring.rows, *answer.second.rows)
    assert rows_of(cloud.asked[0]) == [list(row) for row in rows]
    assert {sighting.status for sighting in sightings} == {200}


# --- the second question --------------------------------------------------------------------------


def test_the_second_question_is_drawn_anew_and_remembered(cloud):
    answers = [asked() for _ in range(3)]
    sent = [rows_of(cloud.asked[2 * number])[2:] for number in range(3)]
    assert [list(map(list, answer.second.rows)) for answer in answers] == sent
    assert len({str(rows) for rows in sent}) == 3


def test_drawn_rows_have_the_labs_shape_and_the_size_of_its_data():
    least, most = SHEET.scoring.drawn
    rows = scoring.drawn_rows(SHEET.scoring, random.Random(7))  # noqa: S311 - to repeat it
    assert [len(row) for row in rows] == [len(row) for row in SHEET.scoring.rows]
    assert all(least <= number <= most for row in rows for number in row)
    assert len({number for row in rows for number in row}) > 10


def test_without_numbers_no_second_question_is_asked(cloud):
    cloud.answers["/score"] = (400, "could not parse the input")
    assert asked().second is None
    assert len(cloud.addresses()) == 4  # both, the lab's own twice, and the description


@pytest.mark.parametrize(
    "reply",
    [
        (200, GOOD),
        (200, {"result": [1, 2, 3]}),
        (200, {"result": [1] * 5}),
        (200, ""),
        (400, "wrong number of rows"),
        (503, "busy"),
    ],
)
def test_what_does_not_answer_both_questions_is_asked_each_alone(cloud, reply):
    cloud.answers["/score"] = [reply, (200, GOOD), (200, OTHER)]
    answer = asked()
    assert (answer.status, answer.result) == (200, (5215.2, 3727.0))
    assert isinstance(answer.second, SecondAnswer)
    assert answer.second.result == (152.1, 149.8)
    assert not answer.second.with_first
    assert rows_of(cloud.asked[1]) == [list(row) for row in SHEET.scoring.rows]
    assert rows_of(cloud.asked[2]) == [list(row) for row in answer.second.rows]


def test_what_is_known_of_its_description_is_not_asked_for(cloud):
    answer = scoring.ask(endpoint(), None, SHEET.scoring, [], describes_itself=False)
    assert isinstance(answer, Answer)
    assert answer.swagger is False
    assert len(cloud.asked) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_second_question_that_gets_no_answer_leaves_the_first(cloud, status):
    cloud.answers["/score"] = [ALONE, (200, GOOD), (status, "no")]
    answer = asked()
    assert answer.result == (5215.2, 3727.0)
    assert isinstance(answer.second, Unavailable)
    assert (answer.second.service, answer.second.what) == (ENDPOINT, "its answer to a second query")
    assert answer.second.status == status


def test_a_second_bad_answer_may_be_the_networks_too(cloud):
    cloud.answers["/score"] = [ALONE, (200, GOOD), (200, ""), (200, OTHER)]
    second = asked().second
    assert isinstance(second, SecondAnswer)
    assert second.result == (152.1, 149.8)
    assert rows_of(cloud.asked[2]) == rows_of(cloud.asked[3])


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (502, RAISED),
        (500, RAISED),
        (424, {"ms-azureml-model-error-statuscode": "500"}),
        (400, {}),
    ],
)
def test_a_model_that_raises_at_other_numbers_answers_so(cloud, status, headers):
    cloud.answers["/score"] = [ALONE, (200, GOOD), *[(status, "KeyError: 'row' " * 99)] * 2]
    cloud.headers = headers
    second = asked().second
    assert isinstance(second, SecondAnswer)
    assert (second.status, second.result) == (status, None)
    assert second.body.startswith("KeyError: 'row'")
    assert len(second.body) <= scoring.EXCERPT


def test_an_answer_in_another_form_is_one_to_both_questions(cloud):
    cloud.answers["/score"] = [
        ALONE,
        (200, GOOD["result"]),
        (200, {"predictions": OTHER["result"]}),
    ]
    uri = "https://mlops-aci-01.centralus.inference.ml.azure.com/score"
    answer = asked(generation=2, scoring_uri=uri)
    assert answer.result == (5215.2, 3727.0)
    assert isinstance(answer.second, SecondAnswer)
    assert answer.second.result == (152.1, 149.8)


# --- what is said to it, and what counts ----------------------------------------------------------


def test_a_netrc_on_the_graders_machine_is_not_sent(cloud, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert isinstance(scoring.ask(endpoint(), None, SHEET.scoring, []), Answer)
    assert not any("Authorization" in request.headers for request in cloud.asked)


def test_the_key_goes_only_to_an_endpoint_that_wants_one(cloud):
    scoring.ask(endpoint(auth=False), "K3Y", SHEET.scoring, [])
    assert not any("Authorization" in request.headers for request in cloud.asked)
    scoring.ask(endpoint(auth=True), "K3Y", SHEET.scoring, [])
    assert [request.headers["Authorization"] for request in cloud.asked[2:]] == ["Bearer K3Y"] * 2


@pytest.mark.parametrize("status", [400, 422])
def test_a_refusal_of_the_query_is_the_learners_answer(cloud, status):
    cloud.answers["/score"] = (status, "could not parse the input")
    answer = scoring.ask(endpoint(), None, SHEET.scoring, [])
    assert answer == Answer(status, None, "could not parse the input", True)


def test_one_bad_answer_may_be_the_networks(cloud):
    cloud.answers["/score"] = [ALONE, (200, ""), (200, GOOD), (200, OTHER)]
    assert asked().result == (5215.2, 3727.0)


@pytest.mark.parametrize("status", [301, 401, 403, 404, 408, 429, 500, 502, 503, 504])
def test_what_could_be_the_graders_fault_is_not_the_learners(cloud, status):
    cloud.answers["/score"] = (status, "no")
    answer = scoring.ask(endpoint(), None, SHEET.scoring, [])
    assert isinstance(answer, Unavailable)
    assert (answer.service, answer.what, answer.status) == (ENDPOINT, FIRST, status)
    assert len(cloud.asked) == 2  # both questions, and the lab's own


def test_an_answer_that_turns_bad_is_not_the_learners_either(cloud):
    cloud.answers["/score"] = [ALONE, (200, ""), (503, "no")]
    answer = scoring.ask(endpoint(), None, SHEET.scoring, [])
    assert isinstance(answer, Unavailable)
    assert (answer.service, answer.what, answer.status) == (ENDPOINT, FIRST, 503)


def test_a_page_is_no_answer(cloud):
    """It is a proxy's or a portal's: the lab's service sends JSON."""
    cloud.headers = {"Content-Type": "Text/HTML; charset=utf-8"}
    answer = scoring.ask(endpoint(), None, SHEET.scoring, [])
    cause = "the answer was not what the service promises (NotAnswered)"
    expected = Unavailable(
        ENDPOINT, FIRST, cause, "Grade again later with --resume.", 200, f"{HOST}/score"
    )
    assert answer == expected


def test_an_answer_that_is_no_text_is_shown_as_one(cloud):
    cloud.answers["/score"] = (422, b"\xef\xbb\xbfn\xff")
    assert asked().body == "n\ufffd"


@pytest.mark.usefixtures("cloud")
def test_what_cannot_be_reached_is_not_asked_again(monkeypatch):
    sent = []

    def refused(*arguments, **_):
        sent.append(arguments)
        raise requests.ConnectionError("refused")

    monkeypatch.setattr(HTTPAdapter, "send", refused)
    answer = scoring.ask(endpoint(), None, SHEET.scoring, [])
    assert isinstance(answer, Unavailable)
    assert (answer.service, answer.what, answer.status) == (ENDPOINT, FIRST, None)
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("http://user:pw@169.254.169.254/score", "169.254.169.254"),
        (f"http://{'x' * 400}.example/score", "x" * 300),
        ("", "what it gives"),
    ],
)
def test_a_stranger_is_not_asked(cloud, uri, host):
    cause = f"{host} is not a host the grader contacts"
    remedy = "Ask it by hand, and find out why the workspace names this address."
    answer = scoring.ask(endpoint(uri), None, SHEET.scoring, [])
    assert answer == Unavailable(ENDPOINT, FIRST, cause, remedy)
    assert cloud.asked == []


@pytest.mark.parametrize(
    ("reply", "swagger"),
    [
        ((200, {"openapi": "3.0.1"}), True),
        ((200, {"message": "hello"}), False),
        ((200, "<html>"), False),
        ((404, "no such page"), False),
    ],
)
def test_an_endpoint_describes_itself_or_does_not(cloud, reply, swagger):
    cloud.answers["/swagger.json"] = reply
    answer = scoring.ask(endpoint(), None, SHEET.scoring, [])
    assert isinstance(answer, Answer)
    assert answer.swagger is swagger


def test_a_description_that_cannot_be_seen_leaves_the_answer(cloud):
    cloud.answers["/swagger.json"] = (503, "busy")
    answer = scoring.ask(endpoint(), None, SHEET.scoring, [])
    assert isinstance(answer, Answer)
    assert answer.result == (5215.2, 3727.0)
    assert isinstance(answer.swagger, Unavailable)
    assert (answer.swagger.service, answer.swagger.what) == (ENDPOINT, "its description of itself")
    assert answer.swagger.status == 503


def test_a_description_that_is_elsewhere_or_a_page_is_none(cloud):
    cloud.answers["/swagger.json"] = [(302, ""), (200, SWAGGER)]
    cloud.headers = {"Location": "/swagger.json"}
    elsewhere = asked().swagger
    assert isinstance(elsewhere, Unavailable)
    assert elsewhere.status == 302
    cloud.headers = {"Content-Type": "text/html"}
    cloud.answers["/score"] = (400, "no")
    cloud.answers["/swagger.json"] = (200, "<html>")
    page = asked().swagger
    assert isinstance(page, Unavailable)
    assert page.cause == "the answer was not what the service promises (NotAnswered)"


def test_the_description_is_beside_the_scoring_address():
    assert scoring.beside(f"{HOST}/score?x=1#y") == f"{HOST}/swagger.json"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (502, {"X-Ms-Run-Function-Failed": "True"}),
        (500, {"x-ms-run-function-failed": "true"}),
        (424, {"ms-azureml-model-error-reason": "model_error"}),
        (424, {"ms-azureml-model-error-statuscode": "500"}),
    ],
)
def test_the_containers_own_word_that_the_model_raised_is_its_answer(
    cloud: CannedCloud, status: int, headers: dict[str, str]
) -> None:
    cloud.answers["/score"] = (status, "run() got an unexpected keyword argument 'method'")
    cloud.headers = headers
    answer = scoring.ask(endpoint(), None, SHEET.scoring, [])
    assert isinstance(answer, Answer)
    assert (answer.status, answer.result) == (status, None)
    assert "unexpected keyword" in answer.body


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (502, {}),
        (500, {"X-Ms-Run-Function-Failed": "False"}),
        (424, {}),
        (503, {"ms-azureml-model-error-reason": "model_error"}),
    ],
)
def test_without_that_word_a_5xx_is_not_the_learners(
    cloud: CannedCloud, status: int, headers: dict[str, str]
) -> None:
    cloud.answers["/score"] = (status, "Bad Gateway")
    cloud.headers = headers
    assert isinstance(scoring.ask(endpoint(), None, SHEET.scoring, []), Unavailable)

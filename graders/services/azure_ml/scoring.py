"""Sends the lab's own smoke-test query to a learner's endpoint, and then other numbers.

The endpoint belongs to the learner: it gets no token of the grader's, and its answer is not to be
trusted. Source: the template's ``smoke_test_scoring_service.py`` and ``score.py``.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlunsplit

import requests

from graders.evidence import (
    Answer,
    Endpoint,
    SecondAnswer,
    ServiceName,
    Sighting,
    Unavailable,
)
from graders.hosts import CONTAINER_INSTANCES, ONE_HOST_EACH
from graders.lab.roles import Scoring
from graders.services.calls import asks
from graders.services.http import web
from graders.services.http.exchange import media_type, raised_in_model
from graders.services.http.triage import look
from graders.texts import decoded
from graders.urls import parts_of

Rows = tuple[tuple[float, ...], ...]
SERVICE = ServiceName.ENDPOINT
EXCERPT = 300
MOST_NUMBERS = 10
"""A longer list is shown as plain text."""
_DIGITS = 3
"""Of a number that is drawn, behind the point: as many as the lab's data show."""
_MLFLOW = "predictions"
"""The key of a model that is served by MLflow, without a scoring script."""
_FIRST = "its answer to the lab's query"
_NOT_FOUND = 404
_JUDGED = (200, 400, 422)
"""Statuses of the learner's own code. Any other may be ours or the platform's, unless the
container says that the code raised."""


def ask(
    endpoint: Endpoint,
    key: str | None,
    scoring: Scoring,
    sightings: list[Sighting],
    *,
    describes_itself: bool | None = None,
) -> Answer | Unavailable:
    """The endpoint's answers to the lab's query and a second one; whether it describes itself.

    ``key`` is sent only to an endpoint that requires one. Both questions go in one request. Where
    it gets no number for each row, they are asked one by one, each once more if it gets none.
    ``describes_itself``: what is known already is not asked for.
    """
    uri = endpoint.scoring_uri
    if not may_be_asked(uri):
        host = parts_of(uri).netloc.rpartition("@")[2][:EXCERPT]
        return Unavailable(
            SERVICE,
            _FIRST,
            f"{host or 'what it gives'} is not a host the grader contacts",
            "Ask it by hand, and find out why the workspace names this address.",
        )
    key = key if endpoint.auth_enabled else None
    with web.open_session(1) as session:
        conversation = _Conversation(session, endpoint, key, scoring, sightings)
        answer = conversation.both_answers() or conversation.answers_one_by_one()
        if isinstance(answer, Unavailable):
            return answer
        if describes_itself is not None:
            return replace(answer, swagger=describes_itself)
        return replace(answer, swagger=conversation.describes_itself())


def drawn_rows(scoring: Scoring, generator: random.Random) -> Rows:
    """Rows of the lab's shape, of numbers that nobody can know before."""
    return tuple(
        tuple(round(generator.uniform(*scoring.drawn), _DIGITS) for _ in row)
        for row in scoring.rows
    )


def may_be_asked(uri: str) -> bool:
    """Whether a scoring address is one that Azure gives to a deployed model."""
    return web.is_host(uri, "http", (CONTAINER_INSTANCES,)) or web.is_host(
        uri, "https", ONE_HOST_EACH
    )


def read_answer(
    status: int, text: str, output: str, *, generation: int = 1, key: str | None = None
) -> Answer:
    """The answer in a body: the numbers of ``{output: [number, …]}``, else an excerpt.

    A managed endpoint (generation 2) may run another script than the lab's, or none: a bare list,
    MLflow's key and a JSON text inside a JSON string are answers too.
    """
    body = _json(text)
    listed = _of_any_script(body, output) if generation == 2 else _of_the_labs(body, output)
    result = _numbers(listed) if status == requests.codes.ok else None
    return Answer(status, result, "" if result is not None else _excerpt(text, key))


@dataclass(frozen=True)
class _Conversation:
    session: requests.Session
    endpoint: Endpoint
    key: str | None
    scoring: Scoring
    sightings: list[Sighting]

    def both_answers(self) -> Answer | Unavailable | None:
        """The answers to both questions, asked together; None where they have to be asked alone.

        What cannot be reached is not asked again.
        """
        rows, drawn = self.scoring.rows, drawn_rows(self.scoring, random.SystemRandom())
        answer = look(SERVICE, _FIRST, lambda: self._asked((*rows, *drawn)), self.sightings)
        if isinstance(answer, Unavailable):
            return answer if answer.status is None else None
        if answer.result is None or len(answer.result) != len(rows) + len(drawn):
            return None
        first, second = answer.result[: len(rows)], answer.result[len(rows) :]
        together = SecondAnswer(drawn, answer.status, second, with_first=True)
        return replace(answer, result=first, second=together)

    def answers_one_by_one(self) -> Answer | Unavailable:
        """The answer to the lab's own query, and then the other."""
        answer = self.answer(self.scoring.rows, _FIRST)
        if isinstance(answer, Unavailable) or answer.result is None:
            return answer
        return replace(answer, second=self.second_answer())

    def answer(self, rows: Rows, subject: str) -> Answer | Unavailable:
        """The answer to these rows; one bad answer may be the network's."""
        answer = look(SERVICE, subject, lambda: self._asked(rows), self.sightings)
        if isinstance(answer, Answer) and answer.result is None:
            return look(SERVICE, subject, lambda: self._asked(rows), self.sightings)
        return answer

    def second_answer(self) -> SecondAnswer | Unavailable:
        """The answer to rows that are drawn now."""
        rows = drawn_rows(self.scoring, random.SystemRandom())
        answer = self.answer(rows, "its answer to a second query")
        if isinstance(answer, Unavailable):
            return answer
        return SecondAnswer(rows, answer.status, answer.result, answer.body)

    def describes_itself(self) -> bool | Unavailable:
        """Whether there is an OpenAPI ("Swagger") document beside the scoring address."""
        url = beside(self.endpoint.scoring_uri)

        def call() -> bool:
            response = self.session.get(
                url, headers=self._headers, timeout=web.TIMEOUT, allow_redirects=False
            )
            if response.status_code not in (*_JUDGED, _NOT_FOUND) or _is_page(response):
                raise web.NotAnswered(response)
            return response.status_code == requests.codes.ok and _is_description(
                decoded(response.content)
            )

        return look(SERVICE, "its description of itself", call, self.sightings)

    @asks(SERVICE, "answer")
    def _asked(self, rows: Rows) -> Answer:
        response = self.session.post(
            self.endpoint.scoring_uri,
            json=self.scoring.query_of(rows),
            headers=self._headers,
            timeout=web.TIMEOUT,
            allow_redirects=False,
        )
        is_judged = response.status_code in _JUDGED or raised_in_model(response)
        if not is_judged or _is_page(response):
            raise web.NotAnswered(response)
        return read_answer(
            response.status_code,
            decoded(response.content),
            self.scoring.output,
            generation=self.endpoint.generation,
            key=self.key,
        )

    @property
    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


def beside(uri: str) -> str:
    """The address of the description: ``/swagger.json`` on the host that scores."""
    return urlunsplit((*parts_of(uri)[:2], "/swagger.json", "", ""))


def _of_the_labs(body: object, output: str) -> object:
    return body.get(output) if isinstance(body, dict) else None


def _of_any_script(body: object, output: str) -> object:
    body = _json(body) if isinstance(body, str) else body
    return body.get(output, body.get(_MLFLOW)) if isinstance(body, dict) else body


def _numbers(listed: object) -> tuple[float, ...] | None:
    if not isinstance(listed, list) or len(listed) > MOST_NUMBERS:
        return None
    if not all(_is_finite(number) for number in listed):
        return None
    return tuple(float(number) for number in listed)


def _is_finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of a thousand digits
        return False


def _is_description(text: str) -> bool:
    body = _json(text)
    return isinstance(body, dict) and bool({"swagger", "openapi"} & body.keys())


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_page(response: requests.Response) -> bool:
    """Whether it is a page for people, from a proxy or portal: the lab's service sends JSON."""
    return response.ok and media_type(response) == "text/html"


def _excerpt(text: str, key: str | None) -> str:
    """The beginning of a body on one line, without the key, should the endpoint repeat it."""
    shown = text.replace(key, "…") if key else text
    return " ".join(shown[: 4 * EXCERPT].split())[:EXCERPT]

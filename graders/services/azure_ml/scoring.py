"""Sends the lab's own smoke-test query to a learner's endpoint.

The endpoint belongs to the learner: it gets no token of the grader's, and its answer is not to be
trusted. Source: the template's ``smoke_test_scoring_service.py`` and ``score.py``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlunsplit

import requests

from graders.evidence import Answer, Endpoint, ServiceName, Sighting, Unavailable
from graders.hosts import CONTAINER_INSTANCES, ONE_HOST_EACH
from graders.lab.roles import Scoring
from graders.services.calls import asks
from graders.services.http import web
from graders.services.http.exchange import raised_in_model
from graders.services.http.triage import look
from graders.urls import parts_of

SERVICE = ServiceName.ENDPOINT
EXCERPT = 300
MOST_NUMBERS = 10
"""A longer list is shown as plain text."""
_NOT_FOUND = 404
_JUDGED = (200, 400, 422)
"""Statuses of the learner's own code. Any other may be ours or the platform's, unless the
container says that the code raised."""


def ask(
    endpoint: Endpoint, key: str | None, scoring: Scoring, sightings: list[Sighting]
) -> Answer | Unavailable:
    """The endpoint's answer to the lab's query, and whether it describes itself.

    ``key`` is sent only to an endpoint that requires one. Two requests; a third where the first
    gets no numbers.
    """
    uri = endpoint.scoring_uri
    if not may_be_asked(uri):
        host = parts_of(uri).netloc.rpartition("@")[2][:EXCERPT]
        return Unavailable(
            SERVICE,
            "its answer to the lab's query",
            f"{host or 'what it gives'} is not a host the grader contacts",
            "Ask it by hand, and find out why the workspace names this address.",
        )
    headers = {"Authorization": f"Bearer {key}"} if key and endpoint.auth_enabled else {}
    with web.open_session(1) as session:
        conversation = _Conversation(session, headers, scoring, sightings)
        answer = conversation.score(uri)
        if isinstance(answer, Answer) and answer.result is None:
            answer = conversation.score(uri)  # one bad answer may be the network's
        if isinstance(answer, Unavailable):
            return answer
        return Answer(answer.status, answer.result, answer.body, conversation.describes_itself(uri))


def may_be_asked(uri: str) -> bool:
    """Whether a scoring address is one that Azure gives to a deployed model."""
    return web.is_host(uri, "http", (CONTAINER_INSTANCES,)) or web.is_host(
        uri, "https", ONE_HOST_EACH
    )


def read_answer(status: int, text: str, output: str, key: str | None = None) -> Answer:
    """The answer in a body: the numbers of ``{output: [number, …]}``, else an excerpt.

    A JSON text inside a JSON string is reported as it came: the lab's own code sends none.
    """
    result = _numbers(text, output) if status == requests.codes.ok else None
    return Answer(status, result, "" if result is not None else _excerpt(text, key))


@dataclass(frozen=True)
class _Conversation:
    session: requests.Session
    headers: Mapping[str, str]
    scoring: Scoring
    sightings: list[Sighting]

    @asks(SERVICE, "answer")
    def score(self, uri: str) -> Answer | Unavailable:
        def call() -> Answer:
            response = self.session.post(
                uri,
                json=self.scoring.query,
                headers=self.headers,
                timeout=web.TIMEOUT,
                allow_redirects=False,
            )
            is_judged = response.status_code in _JUDGED or raised_in_model(response)
            if not is_judged or _is_page(response):
                raise web.NotAnswered(response)
            return read_answer(
                response.status_code, _text(response), self.scoring.output, self._key
            )

        return look(SERVICE, "its answer to the lab's query", call, self.sightings)

    @asks(SERVICE, "answer")
    def describes_itself(self, uri: str) -> bool | Unavailable:
        """Whether there is an OpenAPI ("Swagger") document beside the scoring address."""

        def call() -> bool:
            response = self.session.get(
                beside(uri), headers=self.headers, timeout=web.TIMEOUT, allow_redirects=False
            )
            if response.status_code not in (*_JUDGED, _NOT_FOUND) or _is_page(response):
                raise web.NotAnswered(response)
            return response.status_code == requests.codes.ok and _is_description(_text(response))

        return look(SERVICE, "its description of itself", call, self.sightings)

    @property
    def _key(self) -> str | None:
        return self.headers.get("Authorization", "").removeprefix("Bearer ") or None


def beside(uri: str) -> str:
    """The address of the description: ``/swagger.json`` on the host that scores."""
    return urlunsplit((*parts_of(uri)[:2], "/swagger.json", "", ""))


def _numbers(text: str, output: str) -> tuple[float, ...] | None:
    body = _json(text)
    numbers = body.get(output) if isinstance(body, dict) else None
    if not isinstance(numbers, list) or len(numbers) > MOST_NUMBERS:
        return None
    if not all(_is_finite(number) for number in numbers):
        return None
    return tuple(float(number) for number in numbers)


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
    return response.ok and response.headers.get("Content-Type", "").startswith("text/html")


def _text(response: requests.Response) -> str:
    return response.content.decode("utf-8-sig", "replace")


def _excerpt(text: str, key: str | None) -> str:
    """The beginning of a body on one line, without the key, should the endpoint repeat it."""
    shown = text.replace(key, "…") if key else text
    return " ".join(shown[: 4 * EXCERPT].split())[:EXCERPT]

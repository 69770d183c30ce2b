"""A class's lab file at an https address that the learner gave."""

from __future__ import annotations

import requests

from graders.evidence import ServiceName, Sighting, Unavailable
from graders.services.http import read_only, web
from graders.services.http.triage import look
from graders.urls import parts_of


class NotFetched(Exception):
    """Why there is no lab file, in one sentence with its remedy."""


def fetch(url: str) -> bytes:
    """The file's bytes: one request, without a token, on the way out of all others.

    Raises NotFetched.
    """
    shown = f"--lab {read_only.without_secrets(url)}"
    if parts_of(url).scheme != "https" or not parts_of(url).hostname:
        raise NotFetched(f"{shown}: give an address that begins with https://, or a file.")
    read_only.give_address(url)
    sightings: list[Sighting] = []

    def call() -> requests.Response:
        with web.open_session(1) as session:
            answer = session.get(url, timeout=web.TIMEOUT, allow_redirects=False)
        if answer.status_code != requests.codes.ok:
            raise web.NotAnswered(answer)
        return answer

    answer = look(ServiceName.GRADER, "the lab file", call, sightings)
    if isinstance(answer, Unavailable):
        raise NotFetched(
            f"{shown}: it could not be read ({answer.cause}); open the address in a browser, save"
            " the file and give its path."
        )
    if len(answer.content) >= (read_only.GIVEN.body_bytes or 0):
        raise NotFetched(f"{shown}: it is too large for a lab file; check the address.")
    return answer.content

"""Azure DevOps without an SDK: what a bare client sees of the simulated organisation."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

from fixtures.simulator.serving.journal import Journal
from fixtures.simulator.serving.profiles import PROFILES
from tests.support.served_tenant import ORGANIZATION, Served

URL = f"https://dev.azure.com/{ORGANIZATION}"


def settled(served: Served) -> Journal:
    """The journal once it has a line for every request: it is written after the answer was sent."""
    before = sum(profile.throttled for profile in PROFILES)
    for _ in range(500):
        journal = served.journal
        if journal.by_route.total() == journal.by_service.total() - before:
            return journal
        time.sleep(0.02)
    raise AssertionError("some request never came to its end")


@dataclass(frozen=True)
class BareClient:
    """One session, signed in with the grader's token."""

    served: Served
    session: requests.Session

    @classmethod
    def of(cls, served: Served) -> BareClient:
        session = requests.Session()
        session.auth = ("", served.tenant.ids.azure_devops_pat)
        session.headers["X-TFS-FedAuthRedirect"] = "Suppress"
        return cls(served, session)

    def get(self, path: str, **headers: str) -> requests.Response:
        """``path`` below the organisation, or a whole address."""
        url = path if path.startswith("https:") else f"{URL}/{path}"
        return self.session.get(url, headers=headers, timeout=30, allow_redirects=False)

    def of_project(self, number: int, path: str) -> requests.Response:
        return self.get(f"{self.served.world(number).project.name}/_apis/{path}")

    def values(self, number: int, path: str) -> list[Any]:
        answer = self.of_project(number, path)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["count"] == len(body["value"])
        return list(body["value"])

    def pages(self, number: int, path: str, most: int = 50) -> list[list[Any]]:
        """Every page of a list, as a client that follows the tokens reads it."""
        found: list[list[Any]] = []
        more = ""
        for _ in range(most):
            answer = self.of_project(number, path + more)
            assert answer.status_code == 200, answer.text
            found.append(answer.json()["value"])
            token = answer.headers.get("x-ms-continuationtoken")
            if token is None:
                return found
            more = f"{'&' if '?' in path else '?'}continuationToken={quote(token)}"
        raise AssertionError("the list does not end")

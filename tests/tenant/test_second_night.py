"""A second collection: it asks less, and sees all that changed since the first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from fixtures.simulator.world import LearnerWorld
from graders.evidence import Evidence
from graders.lab import Lab
from graders.services.cloud import Cloud
from graders.services.http.transport import ReadOnlyTransport
from graders.services.sign_in import SignIn
from tests.support.served_tenant import Served, lab, serving, tenant_of

NO_DATA = ("openid", "/token", "OPTIONS ", "/resourceareas", "/discovery", "/connectiondata")
NO_DATA += ("/permissions/",)


@dataclass
class Nights:
    """Collects one learner of the tenant, as the next night would."""

    served: Served
    number: int

    @property
    def lab(self) -> Lab:
        return lab(self.number)

    @property
    def world(self) -> LearnerWorld:
        return self.served.world(self.number)

    def collect(self, earlier: Evidence | None = None) -> tuple[Evidence, Counter[str]]:
        before = Counter(self.served.journal.by_route)
        sign_in = SignIn.from_environment(credentials(self.served))
        with ReadOnlyTransport() as transport:
            cloud = Cloud(sign_in, transport, [self.lab], earlier=lambda _: earlier)
            cloud.prepare([self.lab])
            evidence = replace(cloud.look_at(self.lab), place=self.lab.place, tenant="simulated")
        asked = Counter(self.served.journal.by_route) - before
        return evidence, Counter(
            {route: n for route, n in asked.items() if not any(word in route for word in NO_DATA)}
        )


def credentials(served: Served) -> dict[str, str]:
    ids = served.tenant.ids
    return {
        **served.environment,
        "AZURE_TENANT_ID": ids.tenant_id,
        "AZURE_CLIENT_ID": ids.client_id,
        "AZURE_CLIENT_SECRET": ids.client_secret,
        "GITHUB_TOKEN": ids.github_token,
    }


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(tenant_of(12)) as tenant:
        yield tenant


def test_x(served):
    nights = Nights(served, 1)
    first, asked = nights.collect()
    print(asked.total())
    for r in asked.items():
        print(r)
    second, again = nights.collect(first)
    print(again.total())
    for r in again.items():
        print(r)
    print(second.kept)
    assert 0

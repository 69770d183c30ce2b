"""A simulated tenant of hand-made worlds, served from a thread on its real host names."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import requests

from fixtures.simulator.serving.certificates import Certificates
from fixtures.simulator.serving.faults import FaultRule
from fixtures.simulator.serving.journal import Journal
from fixtures.simulator.serving.limits import UNLIMITED, Limits
from fixtures.simulator.serving.profiles import PROFILES
from fixtures.simulator.serving.proxy import serve
from fixtures.simulator.serving.server import switchboard
from fixtures.simulator.world import Change, LearnerWorld, Tenant
from graders.lab import Lab, Learner

ORGANIZATION = "WireTests"
SUBSCRIPTION = "0A0A0A0A-1111-2222-3333-444444444444"


@dataclass(frozen=True)
class Served:
    """A tenant that is being served, and its own log."""

    tenant: Tenant
    journal: Journal
    environment: Mapping[str, str]

    def world(self, number: int) -> LearnerWorld:
        return self.tenant.world(f"learner-{number}")

    def token(self, audience: str) -> str:
        """A token as Entra ID hands it out."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.tenant.ids.client_id,
            "client_secret": self.tenant.ids.client_secret,
            "scope": f"{audience}/.default",
        }
        url = f"https://login.microsoftonline.com/{self.tenant.ids.tenant_id}/oauth2/v2.0/token"
        return str(requests.post(url, data=form, timeout=30).json()["access_token"])


def lab(number: int) -> Lab:
    return Lab(
        learner=Learner(id=f"learner-{number}", number=number, email=f"user{number}@lab.example"),
        organization=ORGANIZATION,
        project=f"AE MLOps {number:02d}",
        github_owner=ORGANIZATION,
        repositories=(f"mlops_{number:02d}",),
        subscription_id=SUBSCRIPTION,
        resource_group=f"User{number}AML",
        workspace=f"user{number}aml",
        location="centralus",
        tenant_id=None,
    )


def tenant_of(
    learners: int, changes: Mapping[int, Callable[[LearnerWorld], object]] | None = None
) -> Tenant:
    """A tenant of so many learners; ``changes`` by number, each changing a world in place."""
    by_id = {f"learner-{number}": _change(change) for number, change in (changes or {}).items()}
    return Tenant([lab(number) for number in range(1, learners + 1)], by_id)


@contextmanager
def serving(
    tenant: Tenant, strikes: Sequence[FaultRule] = (), limits: Limits = UNLIMITED
) -> Iterator[Served]:
    """Serve the tenant; the environment leads every SDK to it while the block lasts."""
    journal, loop, ready = Journal(), asyncio.new_event_loop(), threading.Event()
    # the one call of each service that is throttled lies behind us: the order of tests is free
    journal.by_service.update({profile.name: profile.throttled for profile in PROFILES})
    stop, address = asyncio.Event(), [""]
    with Certificates() as certificates, pytest.MonkeyPatch.context() as patch:

        async def run() -> None:
            application = switchboard(tenant, journal, strikes=strikes, limits=limits)
            async with serve(application, certificates.server_side) as address[0]:
                ready.set()
                await stop.wait()

        thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
        thread.start()
        assert ready.wait(30)
        environment = _environment(address[0], str(certificates.authority))
        for name, value in environment.items():
            patch.setenv(name, value)
        yield Served(tenant, journal, environment)
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
    loop.close()


def _change(change: Callable[[LearnerWorld], object]) -> Change:
    def of_world(_: Lab, world: LearnerWorld) -> None:
        change(world)

    return of_world


def _environment(proxy: str, authority: str) -> dict[str, str]:
    proxies = ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy")
    bundles = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return {
        **dict.fromkeys(proxies, proxy),
        **dict.fromkeys(bundles, authority),
        "NO_PROXY": "",
        "no_proxy": "",
    }

"""Every body that the simulated tenant serves while the real graders look at a class."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fixtures.simulator.serving import server
from fixtures.simulator.serving.faults import Strike
from fixtures.simulator.serving.journal import Journal
from fixtures.simulator.world import Tenant
from graders.services.cloud import Cloud
from graders.services.door import Door
from graders.services.sign_in import SignIn, SignInError
from tests.selftest import served_tenant
from tests.selftest.faults import QUICK


@dataclass(frozen=True)
class Recorded:
    """A question, and the body it was answered with; ``route`` is the wire's own template."""

    method: str
    host: str
    route: str
    asked: bytes
    status: int
    kind: str
    body: bytes


@contextmanager
def recording(tenant: Tenant, strikes: Sequence[Strike] = ()) -> Iterator[list[Recorded]]:
    """Serve the tenant and record what its routes answer, before a strike makes something of it."""
    kept: list[Recorded] = []

    def router(routes: Iterable[Route], **options: Any) -> Router:
        routes = list(routes)
        for one in routes:
            one.app = _recorder(one.path, one.app, kept)
        return Router(routes, **options)

    def switchboard(tenant: Tenant, journal: Journal) -> server.Switchboard:
        return server.switchboard(tenant, journal, strikes=strikes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "Router", router)
        patch.setattr(served_tenant, "switchboard", switchboard)
        with served_tenant.serving(tenant):
            yield kept


def _recorder(route: str, application: ASGIApp, kept: list[Recorded]) -> ASGIApp:
    async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
        asked, said = bytearray(), bytearray()
        head: dict[str, Any] = {}

        async def hear() -> Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def say(message: Message) -> None:
            head.update(message if message["type"] == "http.response.start" else {})
            said.extend(message.get("body", b""))
            await send(message)

        await application(scope, hear, say)
        host = dict(scope["headers"])[b"host"].decode().partition(":")[0]
        kind = dict(head["headers"]).get(b"content-type", b"").decode()
        one = (scope["method"], host, route, bytes(asked), head["status"], kind, bytes(said))
        kept.append(Recorded(*one))

    return recorded


def look_at_everybody(tenant: Tenant) -> None:
    """Collect the tenant's learners with the real SDKs, as a run does it."""
    labs = list(tenant.labs.values())
    with Door(QUICK) as door:
        cloud = Cloud(SignIn.from_environment(credentials(tenant)), door)
        cloud.prepare(labs)
        for lab in labs:
            cloud.look_at(lab)


def refused_to_sign_in(tenant: Tenant) -> None:
    """Try with a secret that is not the grader's."""
    with Door(QUICK), pytest.raises(SignInError):
        SignIn.from_environment(credentials(tenant, AZURE_CLIENT_SECRET="wrong")).check()


def credentials(tenant: Tenant, **others: str) -> Mapping[str, str]:
    """The environment of a grader of that tenant."""
    ids = tenant.ids
    own = {
        "AZURE_AUTHORITY_HOST": "login.microsoftonline.com",
        "AZURE_TENANT_ID": ids.tenant_id,
        "AZURE_CLIENT_ID": ids.client_id,
        "AZURE_CLIENT_SECRET": ids.client_secret,
        "GITHUB_TOKEN": ids.github_token,
    }
    return {**os.environ, **own, **others}

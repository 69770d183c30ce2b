"""Every body that the simulated tenant serves to the graders, caught behind the proxy."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fixtures.simulator.mistakes import read_catalogue
from fixtures.simulator.serving.profiles import profile_of
from fixtures.simulator.serving.route_names import QUESTIONS, SERVICES, Question
from fixtures.simulator.world import Tenant
from graders.lab import Lab, read_class
from graders.services.cloud import Cloud
from graders.services.door import Door
from graders.services.sign_in import SignIn
from tests.selftest import runs
from tests.selftest.served_tenant import Served, serving


@dataclass(frozen=True)
class Answer:
    """What was answered to a question; ``body`` is JSON, or None for anything else."""

    question: Question
    status: int
    body: Any
    asked: Mapping[str, Any]
    """The request's own JSON; empty for none."""

    def __str__(self) -> str:
        return f"{self.question.service}: {self.question.name} ({self.status})"


@dataclass
class Captured:
    """An application in front of the tenant's own, which keeps what passes."""

    application: Any
    answers: list[Answer] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.application, name)  # what the proxy asks before a connection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked, body, started = bytearray(), bytearray(), dict[str, Any]()

        async def hear() -> Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def tell(message: Message) -> None:
            started.update(message if message["type"] == "http.response.start" else {})
            body.extend(message.get("body", b""))
            await send(message)

        await self.application(scope, hear, tell)
        question = _question(scope, _json(asked) or {})
        if question is not None:
            answer = Answer(question, started["status"], _json(body), _json(asked) or {})
            self.answers.append(answer)


def captured(folder: Path, mistakes: Mapping[int, str], lab_file: str = "") -> list[Answer]:
    """Look at a class for real; ``lab_file`` is a change of it, such as ``a = 1``."""
    cohort = runs.write_cohort(folder / "class.csv", len(mistakes), mistakes)
    file = cohort.with_name("lab.toml")
    key = lab_file.partition(" ")[0]
    lines = file.read_text(encoding="utf-8").splitlines()
    changed = [lab_file if key and line.startswith(key) else line for line in lines]
    file.write_text("\n".join(changed), encoding="utf-8")
    learners, lab = read_class(cohort, file)
    labs = [lab.for_learner(learner) for learner in learners]
    tenant = Tenant(labs, read_catalogue().changes(labs))
    caught: list[Captured] = []

    def through(application: ASGIApp) -> ASGIApp:
        caught.append(Captured(application))
        return caught[0]

    with serving(tenant, through) as served, Door() as door, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AZURE_AUTHORITY_HOST", "login.microsoftonline.com")
        ids = tenant.ids
        credentials = {
            "AZURE_TENANT_ID": ids.tenant_id,
            "AZURE_CLIENT_ID": ids.client_id,
            "AZURE_CLIENT_SECRET": ids.client_secret,
            "GITHUB_TOKEN": ids.github_token,
        }
        cloud = Cloud(SignIn.from_environment({**os.environ, **credentials}), door)
        cloud.prepare(labs)
        for one in labs:
            cloud.look_at(one)
        _ask_the_rest(labs[0], served)
        _ask_for_what_is_not_there(labs[0], served)
    return caught[0].answers


def _ask_the_rest(lab: Lab, served: Served) -> None:
    """What the graders ask only where something else has failed."""
    token = served.tenant.ids.github_token
    repository = f"https://api.github.com/repos/{lab.github_owner}/{lab.repositories[0]}"
    headers = {"Authorization": f"Bearer {token}"}
    newest, *_ = requests.get(f"{repository}/commits", headers=headers, timeout=30).json()
    for rest in (
        "",
        f"/commits/{newest['sha']}",
        f"/git/trees/{newest['sha']}?recursive=1",
        f"/contents/{lab.ci_yaml}",
    ):
        requests.get(repository + rest, headers=headers, timeout=30).raise_for_status()
    clouds = "https://login.microsoftonline.com/common/discovery/instance"
    asked = {
        "api-version": "1.1",
        "authorization_endpoint": f"{clouds[:33]}/common/oauth2/authorize",
    }
    requests.get(clouds, params=asked, timeout=30).raise_for_status()
    workspace = (
        f"https://management.azure.com/subscriptions/{lab.subscription_id}"
        f"/resourceGroups/{lab.resource_group}/providers/Microsoft.MachineLearningServices"
        f"/workspaces/{lab.workspace}?api-version=2024-10-01"
    )
    headers = {"Authorization": f"Bearer {served.token('https://management.azure.com')}"}
    requests.get(workspace, headers=headers, timeout=30).raise_for_status()


def _ask_for_what_is_not_there(lab: Lab, served: Served) -> None:
    """One refusal of each service, at least."""
    ids = served.tenant.ids
    devops = served.token("499b84ac-1321-427f-aa17-267ca6975798")
    manager = served.token("https://management.azure.com")
    place = (
        f"subscriptions/{lab.subscription_id}/resourceGroups/nowhere"
        "/providers/Microsoft.MachineLearningServices/workspaces/none"
    )
    regional = f"https://{lab.location}.api.azureml.ms"
    for url, token in (
        (f"https://dev.azure.com/{lab.organization}/nowhere/_apis/build/definitions", devops),
        (f"https://api.github.com/repos/{lab.github_owner}/nowhere", ids.github_token),
        (f"https://management.azure.com/{place}?api-version=2024-10-01", manager),
        (f"{regional}/modelmanagement/v1.0/{place}/services", manager),
    ):
        headers = {"Authorization": f"Bearer {token}"}
        if requests.get(url, headers=headers, timeout=30).ok:
            raise AssertionError(f"{url} is there")
    form = {
        "grant_type": "client_credentials",
        "client_id": ids.client_id,
        "client_secret": "wrong",
        "scope": "https://management.azure.com/.default",
    }
    token_url = f"https://login.microsoftonline.com/{ids.tenant_id}/oauth2/v2.0/token"
    if requests.post(token_url, data=form, timeout=30).ok:
        raise AssertionError("a wrong secret is taken")


def _question(scope: Scope, asked: Mapping[str, Any]) -> Question | None:
    route = scope.get("route")
    if not isinstance(route, Route):
        return None
    service = SERVICES.get(profile_of(_host(scope)).name, "")
    named = re.search(r"\bquery\s+(\w+)", str(asked.get("query", "")))
    operation = named[1].lower() if named else ""
    wanted = (service, scope["method"], route.path.lower(), operation)
    rows = {(o.service, o.method, o.template.lower(), o.operation): o for o in QUESTIONS}
    return rows.get(wanted)


def _host(scope: Scope) -> str:
    name = next((value for key, value in scope["headers"] if key == b"host"), b"")
    return str(name.decode("latin-1")).partition(":")[0].lower()


def _json(content: bytes | bytearray) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None

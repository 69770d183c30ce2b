"""Every body that the simulated tenant serves while the real graders collect a class."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from azure.identity import DeviceCodeCredential
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fixtures.simulator.accounts import account, host_account
from fixtures.simulator.model_answer import account_of
from fixtures.simulator.serving import server
from fixtures.simulator.serving.faults import FaultRule
from fixtures.simulator.template import KNOWN_BLOBS
from fixtures.simulator.wire.azure_devops.timeline import plan_id
from fixtures.simulator.wire.azure_ml.framing import workspace_id
from fixtures.simulator.wire.github.lookups import number_of
from fixtures.simulator.world import Tenant
from graders.lab import Lab
from graders.services.cloud import Cloud
from graders.services.http.transport import ReadOnlyTransport
from graders.services.sign_in import AZURE_DEVOPS_SCOPE, AZURE_RESOURCE_MANAGER_SCOPE, SignIn
from graders.services.sign_in_failures import SignInError
from tests.support import served_tenant
from tests.support.fault_matrix import QUICK, let_sdk_remember
from tests.support.person import answer_pages
from tests.support.served_tenant import Served


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
def recording(
    tenant: Tenant, strikes: Sequence[FaultRule] = ()
) -> Iterator[tuple[Served, list[Recorded]]]:
    """Serve the tenant and record what its routes answer, before a strike makes something of it."""
    kept: list[Recorded] = []

    def router(routes: Iterable[Route], **options: Any) -> Router:
        routes = list(routes)
        for route in routes:
            route.app = _recorder(route.path, route.app, kept)
        return Router(routes, **options)

    with pytest.MonkeyPatch.context() as patch:
        let_sdk_remember(patch, dict)  # or what another test's SDK has asked is not asked here
        patch.setattr(server, "Router", router)
        with served_tenant.serving(tenant, strikes) as served:
            yield served, kept


def _recorder(route: str, application: ASGIApp, kept: list[Recorded]) -> ASGIApp:
    async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
        asked, answered = bytearray(), bytearray()
        head: dict[str, Any] = {}

        async def hear() -> Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def say(message: Message) -> None:
            head.update(message if message["type"] == "http.response.start" else {})
            answered.extend(message.get("body", b""))
            await send(message)

        await application(scope, hear, say)
        host = dict(scope["headers"])[b"host"].decode().partition(":")[0]
        kind = dict(head["headers"]).get(b"content-type", b"").decode()
        exchange = (
            scope["method"],
            host,
            route,
            bytes(asked),
            head["status"],
            kind,
            bytes(answered),
        )
        kept.append(Recorded(*exchange))

    return recorded


def collect_everybody(tenant: Tenant) -> None:
    """Collect the tenant's learners with the real SDKs, as a run does it."""
    labs = list(tenant.labs.values())
    with ReadOnlyTransport(QUICK) as transport:
        cloud = Cloud(SignIn.from_environment(credentials(tenant)), transport)
        cloud.prepare(labs)
        for lab in labs:
            cloud.look_at(lab)


def refused_to_sign_in(tenant: Tenant) -> None:
    """Try with a secret that is not the grader's."""
    with ReadOnlyTransport(QUICK), pytest.raises(SignInError):
        SignIn.from_environment(credentials(tenant, AZURE_CLIENT_SECRET="wrong")).check()


_WORKSPACES = "providers/Microsoft.MachineLearningServices/workspaces"
_THE_REST = """
https://login.microsoftonline.com/{tenant}/.well-known/openid-configuration
https://dev.azure.com/{organization}/_apis/build
https://dev.azure.com/{organization}/_apis/connectiondata
https://dev.azure.com/{organization}/_apis/connectiondata?connectOptions=3
https://dev.azure.com/{organization}/_apis/resourceareas/79134c72-4a58-4b42-976c-04e7115f32bf
https://dev.azure.com/{organization}/_apis/projects/{project}
https://dev.azure.com/{organization}/_apis/projects/{project}?includeCapabilities=true
https://dev.azure.com/{organization}/_apis/projects/{project}/teams
https://dev.azure.com/{organization}/_apis/projects/{project}/teams/{project}%20Team
https://dev.azure.com/{organization}/_apis/projectcollections
https://dev.azure.com/{organization}/_apis/projectcollections/{organization}
https://dev.azure.com/{organization}/_apis/permissions/{library}/1?tokens=Library/{project_id}
https://dev.azure.com/{organization}/{project}/_apis/build/retention
https://dev.azure.com/{organization}/{project}/_apis/git/repositories
https://dev.azure.com/{organization}/{project}/_apis/git/repositories/housekeeping
https://dev.azure.com/{organization}/{project}/_apis/distributedtask/environments
https://dev.azure.com/{organization}/{project}/_apis/distributedtask/queues
https://dev.azure.com/{organization}/{project}/_apis/distributedtask/queues/72
https://dev.azure.com/{organization}/{project}/_apis/serviceendpoint/{azure_id}/executionhistory
https://dev.azure.com/{organization}/{project}/_apis/build/definitions/{pipeline}/revisions
https://dev.azure.com/{organization}/{project}/_apis/build/builds/{run}/logs
https://dev.azure.com/{organization}/{project}/_apis/build/builds/{run}/timeline/{plan}
https://spsprodcus1.vssps.visualstudio.com/{home}/_apis/identities/{member}
https://login.microsoftonline.com/{tenant}/discovery/v2.0/keys
https://dev.azure.com/{organization}/{project}/_apis/distributedtask/variablegroups/{group_id}
https://dev.azure.com/{organization}/{project}/_apis/serviceendpoint/endpoints/{connection_id}
https://dev.azure.com/{organization}/{project}/_apis/build/definitions?includeLatestBuilds=true
https://dev.azure.com/{organization}/{project}/_apis/build/definitions/{pipeline}
https://dev.azure.com/{organization}/{project}/_apis/build/builds/{run}
https://dev.azure.com/{organization}/{project}/_apis/build/builds/0
https://dev.azure.com/{organization}/{project}/_apis/pipelines
https://dev.azure.com/{organization}/{project}/_apis/pipelines/{pipeline}
https://dev.azure.com/{organization}/{project}/_apis/pipelines/{pipeline}/runs
https://dev.azure.com/{organization}/{project}/_apis/pipelines/0
https://api.github.com/rate_limit
https://api.github.com/user
https://api.github.com/user/{owner_number}
https://api.github.com/user/{owner_number}/repos
https://api.github.com/users/{owner}
https://api.github.com/organizations/{owner_number}
https://api.github.com/orgs/{owner}
https://api.github.com/orgs/{owner}/repos
https://api.github.com/users/{owner}/repos
https://api.github.com/organizations/{owner_number}/repos
https://api.github.com/repos/{owner}/{repository}
https://api.github.com/{repos}/contents
https://api.github.com/{repos}/contents/README.md
https://api.github.com/{repos}/git/trees/HEAD
https://api.github.com/{repos}/git/blobs/{blob}
https://api.github.com/{repos}/git/commits/{commit}
https://api.github.com/{repos}/git/ref/heads/main
https://api.github.com/{repos}/git/refs/heads/main
https://api.github.com/{repos}/commits/HEAD/comments
https://api.github.com/{repos}/commits
https://api.github.com/{repos}/commits/HEAD
https://api.github.com/{repos}/branches
https://api.github.com/{repos}/branches/main
https://api.github.com/{repos}
https://management.azure.com/subscriptions?{version}
https://management.azure.com/subscriptions/{subscription}?{version}
https://management.azure.com/subscriptions/{subscription}/resourcegroups?{version}
https://management.azure.com/subscriptions/{subscription}/resources?{version}
https://management.azure.com/{group}/resources?{version}&$expand=createdTime,provisioningState
https://management.azure.com/{group}?{version}
https://management.azure.com/{group}/{workspaces}?{version}
https://management.azure.com/{workspace}?{version}
https://management.azure.com/{workspace}/models/{model}?{version}
https://management.azure.com/{workspace}/models/{model}/versions/1?{version}
https://management.azure.com/{group}/{rights}
https://management.azure.com/{workspace}/{rights}
https://management.azure.com/{workspace}/models/nope/versions?{version}
https://management.azure.com/{online}/token?{version}
https://management.azure.com/{online}/deployments/blue?{version}
https://management.azure.com/{online}/deployments/blue/getLogs?{version}
https://{region}/modelmanagement/v1.0/{workspace}/services/{service}/logs
https://{region}/modelmanagement/v1.0/{workspace}/services/{service}/token
https://{region}/pipelines/v1.0/{workspace}/pipelineRuns/pipeline/{published}
https://{region}/pipelines/v1.0/{workspace}/pipelineRuns/{training_run}
https://{region}/history/v1.0/{workspace}/experiments:query
https://{region}/history/v1.0/{workspace}/experimentids/{experiment_id}
https://{region}/history/v1.0/{workspace}/experimentids/{experiment_id}/runs/{training_run}
https://{region}/history/v1.0/{workspace}/runs/{training_run}
https://{region}/history/v1.0/{workspace}/experiments/mlopspython/runs/{training_run}
https://{region}/history/v1.0/{workspace}/experiments/mlopspython/runs/{training_run}/children
https://{region}/history/v1.0/{workspace}/experiments/mlopspython/runs/{training_run}/details
https://{region}/history/v1.0/{workspace}/experiments/mlopspython/runs/nope
https://{region}/metric/v2.0/{workspace}/runs/{training_run}/list
https://{region}/metric/v2.0/{workspace}/runs/{training_run}/full
https://{region}/modelmanagement/v1.0/{workspace}/services/{service}
https://{region}/modelmanagement/v1.0/{workspace}/services/nope
https://{region}/modelmanagement/v1.0/{workspace}/models
https://{region}/modelmanagement/v1.0/{workspace}/models/{model}:1
https://{region}/pipelines/v1.0/{workspace}/pipelines/{published}
https://{region}/pipelines/v1.0/{workspace}/pipelines/nope
https://{region}/pipelines/v1.0/{workspace}/pipelineendpoints
https://{region}/pipelines/v1.0/{workspace}/datatypes
https://{region}/history/v1.0/{workspace}/experiments/mlopspython
https://{region}/history/v1.0/{workspace}/experiments/nope
"""
"""What the graders never ask, by where it is asked of one learner."""


_POSTED = re.compile(r":query|/token\?|/token$|/list$|/full$|/getLogs")
_DEVOPS = ("dev.azure.com", "spsprodcus1.vssps.visualstudio.com")


def sign_in_as_a_person(lab: Lab) -> None:
    """Get a learner's own tokens, whom a device's code is shown to."""

    def enter(address: str, code: str, _until: object) -> None:
        answer_pages(address, {"otc": code, "login": account_of(lab)})

    person = DeviceCodeCredential(prompt_callback=enter)
    for scope in (AZURE_RESOURCE_MANAGER_SCOPE, AZURE_DEVOPS_SCOPE):
        person.get_token(scope)


_LIBRARY = "b7e84409-6553-448a-bbb2-af228e07cbeb"


def ask_the_rest(served: Served, lab: Lab) -> None:
    """Ask all other routes, of a learner who did all of the lab."""
    azure = served.token("https://management.azure.com")
    tokens = {
        **dict.fromkeys(_DEVOPS, served.token("499b84ac-1321-427f-aa17-267ca6975798")),
        "api.github.com": served.tenant.ids.github_token,
    }
    repos = [f"{kind}/{place}" for kind, place in _repository(lab).items()]
    for line in _THE_REST.split():
        for repository in repos if "{repos}" in line else [""]:
            url = line.format(repos=repository, **_names(served.tenant, lab))
            token = tokens.get(str(urlsplit(url).hostname), azure)
            method = "POST" if _POSTED.search(url) else "GET"
            method = "OPTIONS" if url.endswith("/_apis/build") else method  # an area's locations
            body = {"metricName": "alpha"} if url.endswith("/full") else None
            headers = {"Authorization": f"Bearer {token}"}
            requests.request(method, url, headers=headers, json=body, timeout=30)


def _repository(lab: Lab) -> Mapping[str, object]:
    """Both ways to a repository: by its name, and by its number."""
    name = f"{lab.github_owner}/{lab.repositories[0]}"
    return {"repos": name, "repositories": number_of(name)}


def _names(tenant: Tenant, lab: Lab) -> Mapping[str, object]:
    world = tenant.world(lab.learner.id)
    group = f"subscriptions/{lab.subscription_id}/resourceGroups/{lab.resource_group}"
    return {
        "tenant": tenant.ids.tenant_id,
        "organization": lab.organization,
        "project": lab.project,
        "group_id": world.variable_groups[0].id,
        "connection_id": world.service_connections[0].id,
        "project_id": world.project.id,
        "azure_id": world.service_connections[1].id,
        "library": _LIBRARY,
        "home": host_account(lab.organization),
        "member": account(world.runs[0].requested_for).id,
        "plan": plan_id(world, world.runs[0]),
        "pipeline": world.runs[0].pipeline,
        "run": world.runs[0].id,
        "owner": lab.github_owner,
        "owner_number": number_of(lab.github_owner),
        "commit": world.repositories[0].commits[0],
        "blob": KNOWN_BLOBS["diabetes_regression/parameters.json"],
        "repository": lab.repositories[0],
        "subscription": lab.subscription_id,
        "group": group,
        "workspaces": _WORKSPACES,
        "workspace": f"{group}/{_WORKSPACES}/{lab.workspace}",
        "version": "api-version=2024-04-01",
        "region": f"{lab.location}.api.azureml.ms",
        "model": world.models[0].name,
        "service": world.services[0].name,
        "published": world.published_pipelines[0].id,
        "online": _online_endpoint(tenant),
        "training_run": world.training_runs[0].id,
        "experiment_id": world.experiment_id(world.training_runs[0].name),
        "rights": "providers/Microsoft.Authorization/permissions?api-version=2022-04-01",
    }


def _online_endpoint(tenant: Tenant) -> str:
    """The id of a managed online endpoint, of whichever learner has one."""
    worlds = (tenant.world(learner) for learner in tenant.labs)
    world = next((world for world in worlds if world.online_endpoints), None)
    name = world.online_endpoints[0].name if world else "nope"
    return f"{workspace_id(world.workspace) if world else ''}/onlineEndpoints/{name}".strip("/")


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

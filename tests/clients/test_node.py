"""Clients for Node, as they are: a program asks what it is told to and prints the answers."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.clients.truth import Truth, model_in

HERE = Path(__file__).with_name("node")
NODE = shutil.which("node")
pytestmark = [
    pytest.mark.skipif(NODE is None, reason="Node is not here"),
    pytest.mark.skipif(
        not (HERE / "node_modules").is_dir(), reason="npm has not installed the clients"
    ),
]

DEVOPS, REST, GRAPHQL = "azure-devops-node-api", "@octokit/rest", "@octokit/graphql"
RESOURCES, ML = "@azure/arm-resources", "@azure/arm-machinelearning"
PROGRAMS: Mapping[str, str] = MappingProxyType(
    {
        DEVOPS: "azure-devops.mjs",
        REST: "octokit.mjs",
        GRAPHQL: "octokit.mjs",
        RESOURCES: "azure.mjs",
        ML: "azure.mjs",
    }
)
CALLS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        DEVOPS: {
            "CoreApi.getProjects": "projects",
            "CoreApi.getProject": "project",
            "CoreApi.getTeams": "teams",
            "TaskAgentApi.getVariableGroups": "variable_groups",
            "TaskAgentApi.getVariableGroup": "variable_group",
            "ServiceEndpointApi.getServiceEndpoints": "connections",
            "ServiceEndpointApi.getServiceEndpointsByNames": "connection",
            "ServiceEndpointApi.getServiceEndpointDetails": "connection",
            "BuildApi.getDefinitions": "pipelines",
            "BuildApi.getDefinition": "ci_yaml",
            "BuildApi.getBuilds": "runs",
            "BuildApi.getBuilds by age": "runs",
            "BuildApi.getBuilds page by page": "runs",
            "BuildApi.getBuild": "ci_run",
            "BuildApi.getBuildTimeline": "stages",
            "BuildApi.getBuildLogs": "there",
            "BuildApi.getBuildLogLines": "smoke_test",
            "BuildApi.getBuildLog": "smoke_test",
            "BuildApi.getArtifacts": "artifacts",
            "BuildApi.getArtifact": "artifact",
            "BuildApi.getArtifactContentZip": "model_file",
            "PipelinesApi.listPipelines": "pipelines",
            "PipelinesApi.getPipeline": "ci_pipeline",
            "PipelinesApi.listRuns": "ci_runs",
            "PipelinesApi.getRun": "ci_run_name",
        },
        REST: {
            "repos.listForOrg": "repositories",
            "repos.get": "repository",
            "repos.get of the template": "template",
            "repos.listCommits": "commits",
            "repos.getCommit": "commit",
            "repos.listBranches": "branches",
            "repos.getBranch": "commit",
            "repos.getContent": "file",
            "repos.getContent as it is": "file",
            "repos.getContent of a folder": "folder",
            "git.getTree": "paths",
            "git.getRef": "commit",
            "git.getCommit": "commit",
        },
        GRAPHQL: {
            "graphql: repositories": "repositories",
            "graphql: repository": "repository",
            "graphql: templateRepository": "template",
            "graphql: history": "commits",
            "graphql: object": "file",
        },
        RESOURCES: {
            "resourceGroups.list": "groups",
            "resourceGroups.get": "group",
            "resourceGroups.checkExistence": "there",
            "resources.list": "workspaces",
            "resources.listByResourceGroup": "own_workspaces",
            "resources.getById": "workspace",
        },
        ML: {
            "workspaces.listBySubscription": "workspaces",
            "workspaces.listByResourceGroup": "own_workspaces",
            "workspaces.get": "workspace",
            "modelContainers.list": "model_names",
            "modelContainers.get": "model_latest",
            "modelVersions.list": "model_versions",
            "modelVersions.get": "model",
            "onlineEndpoints.list": "online_endpoints",
        },
    }
)
WRITES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        DEVOPS: ("BuildApi.queueBuild", "CoreApi.queueDeleteProject", "PipelinesApi.runPipeline"),
        REST: ("repos.createOrUpdateFileContents", "repos.delete"),
        GRAPHQL: ("graphql: archiveRepository",),
        RESOURCES: ("resourceGroups.beginDelete",),
        ML: ("workspaces.beginDelete", "modelVersions.delete"),
    }
)
EXCEPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "BuildApi.getBuilds page by page": "the client does not show the continuation token, "
        "which its own type PagedList has: nobody can ask it for a second page",
    }
)
REFUSED: Mapping[str, Callable[[Mapping[str, Any]], bool]] = MappingProxyType(
    {
        DEVOPS: lambda answer: answer["status"] == 403 and "permission" in answer["message"],
        REST: lambda answer: answer["status"] == 403 and "not accessible" in answer["message"],
        GRAPHQL: lambda answer: "Resource not accessible" in answer["message"],
        RESOURCES: lambda answer: (
            (answer["status"], answer["code"]) == (403, "AuthorizationFailed")
        ),
        ML: lambda answer: (answer["status"], answer["code"]) == (403, "AuthorizationFailed"),
    }
)


Ask = Callable[[str, tuple[str, ...]], Mapping[str, Mapping[str, Any]]]


@pytest.fixture(scope="module")
def ask(environment: Mapping[str, str], truth: Truth) -> Ask:
    """Runs a program and returns what it printed; once for the same calls."""
    own = {"AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com"}  # a whole address here

    @cache
    def answers(program: str, calls: tuple[str, ...]) -> Mapping[str, Mapping[str, Any]]:
        done = subprocess.run(
            [str(NODE), str(HERE / program), json.dumps(truth.for_programs), json.dumps(calls)],
            env={**environment, **own},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    return answers


def _each(table: Mapping[str, Any]) -> list[Any]:
    return [
        pytest.param(client, call, id=call, marks=_marks(client, call))
        for client, calls in table.items()
        for call in calls
    ]


def _marks(client: str, call: str) -> list[pytest.MarkDecorator]:
    of_client = pytest.mark.client(client)
    if call not in EXCEPTIONS:
        return [of_client]
    return [of_client, pytest.mark.xfail(reason=EXCEPTIONS[call], strict=True)]


@pytest.mark.parametrize(("client", "call"), _each(CALLS))
def test_reading(client: str, call: str, ask: Ask, truth: Truth) -> None:
    answer = ask(PROGRAMS[client], tuple(CALLS[client]))[call]
    assert "value" in answer, answer
    value, topic = answer["value"], CALLS[client][call]
    if topic == "model_file":
        value = model_in(base64.b64decode(value))
    assert value == truth.of(topic)


@pytest.mark.writes(1)
@pytest.mark.parametrize(("client", "call"), _each(WRITES))
def test_writing_is_refused(client: str, call: str, ask: Ask) -> None:
    answer = ask(PROGRAMS[client], (call,))[call]
    assert REFUSED[client](answer), answer

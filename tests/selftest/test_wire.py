"""The wire: every body that the tenant serves is one that the vendors' own models know.

The real graders look at a class, the tenant's answers are caught behind the proxy, and each of them
is held against the class that the vendor generated for it: no unknown key, no value of another
type. Where a published model disagrees with the live service, the reason stands in ``KNOWN``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
from azure.ai.ml._restclient.arm_ml_service import models as arm
from azure.ai.ml._restclient.model_dataplane import models as management
from azure.ai.ml._restclient.runhistory import models as history
from azure.devops import _models as devops
from azure.devops.v7_1.build import models as build
from azure.devops.v7_1.core import models as core
from azure.devops.v7_1.pipeline_permissions import models as permissions
from azure.devops.v7_1.pipelines import models as pipelines
from azure.devops.v7_1.service_endpoint import models as endpoints
from azure.devops.v7_1.task_agent import models as agent
from github.Commit import Commit
from github.ContentFile import ContentFile
from github.GitTree import GitTree
from github.Repository import Repository
from graphql import build_schema, parse, validate

from fixtures.simulator.serving.route_names import (
    DEVOPS,
    ENTRA,
    GITHUB,
    LEARNING,
    MANAGER,
    QUESTIONS,
)
from fixtures.simulator.wire.github_schema import SCHEMA
from tests.selftest.captured import Answer, captured
from tests.selftest.counts import note
from tests.selftest.test_faults import MISTAKES
from tests.selftest.vendor_models import Flaw, flaws


def _list(model: Any) -> Any:
    return {"count": int, "value": [model]}


def _page(model: Any) -> Any:
    return {"value": [model], "nextLink": str}


ACI = {
    "containerResourceRequirements": {
        "cpu": float,
        "cpuLimit": float,
        "memoryInGB": float,
        "memoryInGBLimit": float,
        "gpu": int,
        "fpga": int,
    },
    **dict.fromkeys(("imageId", "imageDigest", "scoringUri", "location", "swaggerUri"), str),
    **dict.fromkeys(("sslCertificate", "sslKey", "cname", "publicIp", "publicFqdn"), str),
    **dict.fromkeys(("authEnabled", "sslEnabled", "appInsightsEnabled"), bool),
    "dataCollection": {"eventHubEnabled": bool, "storageEnabled": bool},
    "modelConfigMap": {"*": Any},
    "models": [{"*": Any}],
    "environmentImageRequest": Any,
    "vnetConfiguration": Any,
    "encryptionProperties": Any,
}
"""What a container instance adds to ``ServiceResponseBase``; azure-ai-ml has the base only.

Source: ``AciWebservice`` of the v1 SDK reads these keys.
"""
PUBLISHED = {
    **dict.fromkeys(("Id", "Name", "Description", "Version", "GraphId", "Url", "Etag"), str),
    **dict.fromkeys(("CreatedDate", "LastModifiedDate"), str),
    "EntityStatus": Any,  # a number or a word: older and newer regions differ
    "TotalRunSteps": int,
    **dict.fromkeys(("ContinueRunOnStepFailure", "EnableNotification"), bool),
    "ParameterAssignments": {"*": str},
    "DataSetDefinitionValueAssignments": {"*": Any},
    **{key: {"*": str} for key in ("tags", "StepTags", "Properties")},
}
"""No SDK that is installed here has its model; the v1 SDK's ``PublishedPipeline`` reads these."""
OPENID = {
    **dict.fromkeys(("issuer", "token_endpoint", "authorization_endpoint", "jwks_uri"), str),
    **dict.fromkeys(("device_authorization_endpoint", "end_session_endpoint"), str),
    **dict.fromkeys(("tenant_region_scope", "cloud_instance_name"), str),
    "token_endpoint_auth_methods_supported": [str],
    "response_types_supported": [str],
    "subject_types_supported": [str],
    "id_token_signing_alg_values_supported": [str],
    "scopes_supported": [str],
}
"""OpenID Connect Discovery 1.0, section 3, and three names that Entra ID adds."""
TOKEN = {"token_type": str, "expires_in": int, "ext_expires_in": int, "access_token": str}
"""RFC 6749, section 5.1, and Entra ID's ``ext_expires_in``."""
CLOUDS = {
    "tenant_discovery_endpoint": str,
    "api-version": str,
    "metadata": [{"preferred_network": str, "preferred_cache": str, "aliases": [str]}],
}
"""What MSAL reads of an instance discovery."""
REGION = {"*": str}
"""Service -> address; the services differ from region to region."""
GRAPHQL_ERROR = {
    **dict.fromkeys(("type", "message"), str),
    "path": [str],
    "locations": [{"line": int, "column": int}],
}
"""For what is not there, beside the data of the rest."""
ARM_ERROR = {"error": {"code": str, "message": str}}

ENTRA_ERROR = {
    **dict.fromkeys(("error", "error_description", "timestamp", "trace_id"), str),
    **dict.fromkeys(("correlation_id", "error_uri"), str),
    "error_codes": [int],
}
"""RFC 6749, section 5.2, and what Entra ID adds."""
GITHUB_ERROR = dict.fromkeys(("message", "documentation_url", "status"), str)
REFUSALS: Mapping[str, Any] = {
    ENTRA: ENTRA_ERROR,
    DEVOPS: devops.WrappedException,
    GITHUB: GITHUB_ERROR,
    MANAGER: ARM_ERROR,
    LEARNING: management.ModelErrorResponse,
}
"""Service -> the model of what it says when it refuses."""

MODELS: Mapping[tuple[str, str], Any] = {
    (ENTRA, "clouds"): CLOUDS,
    (ENTRA, "tenant"): OPENID,
    (ENTRA, "token"): TOKEN,
    (DEVOPS, "locations"): _list(devops.ApiResourceLocation),
    (DEVOPS, "areas"): _list(devops.ResourceAreaInfo),
    (DEVOPS, "projects"): _list(core.TeamProjectReference),
    (DEVOPS, "variable groups"): _list(agent.VariableGroup),
    (DEVOPS, "service connections"): _list(endpoints.ServiceEndpoint),
    (DEVOPS, "open resources"): _list(build.DefinitionResourceReference),
    (DEVOPS, "permissions"): permissions.ResourcePipelinePermissions,
    (DEVOPS, "pipelines"): _list(build.BuildDefinition),
    (DEVOPS, "runs"): _list(build.Build),
    (DEVOPS, "timeline"): build.Timeline,
    (DEVOPS, "artifacts"): _list(build.BuildArtifact),
    (DEVOPS, "log"): _list(str),
    (DEVOPS, "consumed"): pipelines.Run,
    (GITHUB, "repository"): Repository,
    (GITHUB, "commit"): Commit,
    (GITHUB, "history"): [Commit],
    (GITHUB, "tree"): GitTree,
    (GITHUB, "file"): ContentFile,
    (MANAGER, "workspaces"): _page(arm.Workspace),
    (MANAGER, "workspace"): arm.Workspace,
    (MANAGER, "model versions"): _page(arm.ModelVersion),
    (MANAGER, "model names"): _page(arm.ModelContainer),
    (MANAGER, "online endpoints"): _page(arm.OnlineEndpoint),
    (MANAGER, "online endpoint"): arm.OnlineEndpoint,
    (MANAGER, "deployments"): _page(arm.OnlineDeployment),
    (MANAGER, "online key"): arm.EndpointAuthKeys,
    (LEARNING, "region"): REGION,
    (LEARNING, "published pipelines"): [PUBLISHED],
    (LEARNING, "training runs"): history.PaginatedRunList,
    (LEARNING, "metrics"): {"value": [history.RunMetric], "continuationToken": str},
    (LEARNING, "web services"): _page(management.ServiceResponseBase),
    (LEARNING, "key"): {"primaryKey": str, "secondaryKey": str},
}
"""Question -> the model of what answers it with 200."""
OTHERWISE: Mapping[tuple[str, str], str] = {
    (DEVOPS, "artifact"): "a ZIP archive: test_simulator_azure_devops.py opens it",
    (GITHUB, "repositories"): "GraphQL: executed on the schema, see below",
    (GITHUB, "repository names"): "GraphQL: executed on the schema, see below",
    ("the endpoint", "score"): "the learner's own program answers, and no vendor's model says how",
    ("the endpoint", "swagger"): "an OpenAPI document that the learner's program writes",
}
"""Question -> why its answer is not held against a model here."""

FREE = {(LEARNING, "region")}
"""Its keys are the names of services: any may stand there."""

_LINKS = "HAL links stand under their own names; the model has one field for all of them"
_RECORDED = "recorded live answers have it; the published model lags behind"
KNOWN: Mapping[tuple[str, str], str] = {
    ("ReferenceLinks", "*"): _LINKS,
    ("ApiResourceLocation", "minVersion"): "the wire has text, which the SDK makes a float of",
    ("ApiResourceLocation", "maxVersion"): "the wire has text, which the SDK makes a float of",
    ("VariableGroup", "variableGroupProjectReferences"): "null in a list, filled for one group",
    **{
        ("ServiceEndpoint", key): _RECORDED
        for key in (
            "isOutdated",
            "creationDate",
            "modificationDate",
            "modifiedBy",
            "serviceManagementReference",
        )
    },
    ("DefinitionReference", "drafts"): _RECORDED,
    ("TimelineRecord", "refName"): _RECORDED,
    ("Repository", "fullName"): "of a GitHub repository; the model has Azure Repos' fields only",
    ("Workspace", "etag"): _RECORDED,
    **{
        ("WorkspaceProperties", key): _RECORDED
        for key in (
            "softDeleteEnabled",
            "creationTime",
            "linkedModelInventoryArmId",
            "sdkTelemetryAppInsightsKey",
        )
    },
    ("RunMetric", "cells"): "a row is an object of columns and numbers; the v1 SDK reads it so",
    **{("ServiceResponseBase", key): "of a container instance: held against ACI" for key in ACI},
}
"""(model, key) -> why the tenant serves it though the published model has it not, or otherwise."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[Answer]:
    folder = tmp_path_factory.mktemp("wire")
    return captured(folder, MISTAKES, "v2_endpoint = true")


def test_every_question_is_answered_and_has_a_model_or_a_reason(answers: list[Answer]) -> None:
    asked = {(one.question.service, one.question.name) for one in answers if one.status == 200}
    assert asked == {(one.service, one.name) for one in QUESTIONS}
    assert asked == {*MODELS, *OTHERWISE}
    assert not MODELS.keys() & OTHERWISE.keys()


@pytest.mark.parametrize("question", MODELS, ids=" ".join)
def test_a_body_is_one_that_the_vendors_model_knows(
    question: tuple[str, str], answers: list[Answer], request: pytest.FixtureRequest
) -> None:
    bodies = [one.body for one in of(answers, *question) if one.status == 200]
    assert bodies
    assert unexpected(bodies, MODELS[question]) == []
    note(request, "bodies held against the vendors' models", len(bodies))


def test_a_container_instance_has_the_keys_of_its_kind(answers: list[Answer]) -> None:
    pages = [one.body for one in of(answers, LEARNING, "web services") if one.status == 200]
    services = [one for page in pages for one in page["value"]]
    assert services
    for service in services:
        own = {key: value for key, value in service.items() if key in ACI}
        assert flaws(own, ACI) == []


def test_every_exception_is_needed(answers: list[Answer]) -> None:
    used = Counter(
        key
        for question, model in MODELS.items()
        for one in of(answers, *question)
        if one.status == 200
        for flaw in flaws(one.body, model)
        for key in ((flaw.model, flaw.key), (flaw.model, "*"))
    )
    assert [key for key in KNOWN if not used[key]] == []


@pytest.mark.parametrize("service", REFUSALS)
def test_a_refusal_has_the_form_of_the_services_refusals(
    service: str, answers: list[Answer]
) -> None:
    refused = [one.body for one in answers if one.question.service == service and one.status != 200]
    assert refused
    assert [flaw for body in refused for flaw in flaws(body, REFUSALS[service])] == []


def test_githubs_queries_are_ones_that_its_schema_allows(answers: list[Answer]) -> None:
    """graphql-core executes them; what it answers has the schema's types, or it would fail."""
    schema = build_schema(SCHEMA)
    asked = [one for one in answers if one.question.operation]
    assert len({one.question.operation for one in asked}) == 2
    for one in asked:
        assert validate(schema, parse(one.asked["query"])) == []
        assert flaws(one.body, {"data": Any, "errors": [GRAPHQL_ERROR]}) == []


# --- the instrument -------------------------------------------------------------------------------


@pytest.mark.parametrize("question", sorted(MODELS.keys() - FREE), ids=" ".join)
def test_an_unknown_key_anywhere_is_found(question: tuple[str, str], answers: list[Answer]) -> None:
    body = body_of(answers, *question)
    for holder in objects(body):
        holder["surprise"] = 1
    assert "surprise" in {flaw.key.rpartition(".")[2] for flaw in flaws(body, MODELS[question])}


@pytest.mark.parametrize("question", MODELS, ids=" ".join)
def test_a_value_of_another_type_is_found(question: tuple[str, str], answers: list[Answer]) -> None:
    body = body_of(answers, *question)
    before = len(flaws(body, MODELS[question]))
    assert len(flaws(without_texts(body), MODELS[question])) > before


@pytest.mark.parametrize(
    ("value", "model"),
    [
        ("7", int),
        ("one", float),
        (7, str),
        (True, int),
        (1, bool),
        ([], core.TeamProjectReference),
        ({"startTime": "yesterday"}, build.Build),
        ({"startTime": "2026-11-20T13:15:00"}, build.Build),
        ({"id": "1"}, build.Build),
        ({"tags": "a"}, build.Build),
        ({"properties": {"provisioningState": "Suceeded"}}, arm.OnlineEndpoint),
        ({"properties": []}, arm.OnlineEndpoint),
        ({"private": "yes"}, Repository),
        ({"owner": {"login": 7}}, Repository),
    ],
)
def test_what_is_wrong_is_told(value: Any, model: Any) -> None:
    assert flaws(value, model)


@pytest.mark.parametrize(
    ("value", "model"),
    [
        ({"id": "x"}, core.TeamProjectReference),
        ({"startTime": "2026-11-20T13:15:00.1234567Z"}, build.Build),
        ({"startTime": "0001-01-01T00:00:00"}, build.Build),
        (
            {"properties": {"provisioningState": "Succeeded", "traffic": {"blue": 100}}},
            arm.OnlineEndpoint,
        ),
        ({"owner": {"login": "ada"}, "private": True, "license": None}, Repository),
        ([None, 1, 1.5], [float]),
    ],
)
def test_what_is_right_is_not(value: Any, model: Any) -> None:
    assert flaws(value, model) == []


# --- helpers --------------------------------------------------------------------------------------


def of(answers: list[Answer], service: str, name: str) -> list[Answer]:
    return [one for one in answers if (one.question.service, one.question.name) == (service, name)]


def body_of(answers: list[Answer], service: str, name: str) -> Any:
    """A copy of the largest one."""
    bodies = [one.body for one in of(answers, service, name) if one.status == 200]
    return deepcopy(max(bodies, key=lambda body: len(str(body))))


def unexpected(bodies: list[Any], model: Any) -> list[Flaw]:
    found = [flaw for body in bodies for flaw in flaws(body, model)]
    return [f for f in found if not ((f.model, f.key) in KNOWN or (f.model, "*") in KNOWN)]


def without_texts(body: Any) -> Any:
    """An object in place of every text."""
    if isinstance(body, dict):
        return {key: without_texts(one) for key, one in body.items()}
    if isinstance(body, list):
        return [without_texts(one) for one in body]
    return {"a": 1} if isinstance(body, str) else body


def objects(body: Any) -> list[dict[str, Any]]:
    """Every object in a body, the outer ones first."""
    if isinstance(body, list):
        return [inner for one in body for inner in objects(one)]
    if not isinstance(body, dict):
        return []
    return [body, *(inner for one in list(body.values()) for inner in objects(one))]

"""Which vendor's model each route's body is held against, and where public specs and wire differ.

Imported by a fixture only: the models of azure-ai-ml cost two seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

import msrest.serialization
from azure.ai.ml._restclient.arm_ml_service import models as arm
from azure.ai.ml._restclient.model_dataplane import models as management
from azure.ai.ml._restclient.model_dataplane._utils.model_base import rest_field
from azure.ai.ml._restclient.runhistory import models as history
from azure.ai.ml._vendor.azure_resources import models as resources
from github.AuthenticatedUser import AuthenticatedUser
from github.Branch import Branch
from github.Commit import Commit
from github.CommitComment import CommitComment
from github.ContentFile import ContentFile
from github.GitBlob import GitBlob
from github.GitCommit import GitCommit
from github.GithubObject import GithubObject
from github.GitRef import GitRef
from github.GitTree import GitTree
from github.NamedUser import NamedUser
from github.Organization import Organization
from github.RateLimitOverview import RateLimitOverview
from github.Repository import Repository

from fixtures.simulator.wire.azure_ml.framing import WORKSPACE
from tests.support.vendor_models import Each, Model, Msrest, Page, PyGithub, Typed

# --- models ---------------------------------------------------------------------------------------

_WORDS = """
Build.priority: low belowNormal normal aboveNormal high
Build.reason: none manual individualCI batchedCI schedule scheduleForced userCreated pullRequest
  validateShelveset checkInShelveset buildCompletion resourceTrigger triggered
Build.result: none succeeded partiallySucceeded failed canceled
Build.status: none inProgress completed cancelling postponed notStarted
BuildDefinition.jobAuthorizationScope: projectCollection project
BuildDefinition.quality: definition draft
BuildDefinition.queueStatus: enabled paused disabled
BuildDefinition.type: xaml build
BuildDefinitionRevision.changeType: add update delete
BuildRequestValidationResult.result: ok warning error
ConnectionData.deploymentType: hosted onPremises
DefinitionReference.queueStatus: enabled paused disabled
DefinitionReference.type: xaml build
Issue.type: error warning
Repository.type: unknown gitHub azureReposGit gitHubEnterprise bitBucket azureReposGitHyphenated
Run.result: unknown succeeded failed canceled
Run.state: unknown inProgress canceling completed
ServiceDefinition.relativeToSetting: context webApplication fullyQualified
ServiceEndpointExecutionData.result: succeeded succeededWithIssues failed canceled skipped abandoned
TeamProject.state: deleting new wellFormed createPending unchanged deleted
TeamProject.visibility: private organization public systemPrivate unchanged
TeamProjectReference.state: deleting new wellFormed createPending unchanged deleted
TeamProjectReference.visibility: private organization public systemPrivate unchanged
TimelineRecord.result: succeeded succeededWithIssues failed canceled skipped abandoned
TimelineRecord.state: pending inProgress completed
"""
"""Enumerations that azure-devops calls "object". Source: interfaces of azure-devops-node-api."""


def _words() -> Mapping[tuple[str, str], frozenset[str]]:
    lines = (line.partition(":") for line in _WORDS.replace("\n  ", " ").strip().splitlines())
    named = ((*name.split("."), frozenset(words.split())) for name, _, words in lines)
    return {(model, key): words for model, key, words in named}


def _classes(module: str) -> Mapping[str, Any]:
    members = vars(import_module(module)).items()
    return {name: member for name, member in members if hasattr(member, "_attribute_map")}


def _devops(area: str, kind: str) -> Model:
    module = f"azure.devops.v7_1.{area}.models" if area else "azure.devops._models"
    return Msrest(_classes(module), kind, _words())


def _listed(area: str, kind: str) -> Model:
    return Page(_devops(area, kind), {"count": "int"})


def _paged(model: Model) -> Model:
    return Page(model, {"nextLink": "str", "continuationToken": "str"})


def _github(kind: type[GithubObject]) -> Model:
    return PyGithub(kind)


_WRITTEN: Mapping[str, Mapping[str, str]] = {
    # names and types of azureml-pipeline-core 1.62, azureml.pipeline.core._restclients.aeva.models
    "PipelineEntity": {
        "str": "Name Description Version GraphId Url Id Etag EntityStatus",
        "int": "TotalRunSteps",
        "bool": "ContinueRunOnStepFailure EnableNotification",
        "iso-8601": "CreatedDate LastModifiedDate",
        "{str}": "ParameterAssignments",
        "{object}": "DataSetDefinitionValueAssignments Properties",
    },
    "DataTypeEntity": {
        "str": "Name Description Id Etag EntityStatus",
        "bool": "IsDirectory",
        "[str]": "ParentDataTypeIds",
        "iso-8601": "CreatedDate LastModifiedDate",
    },
    "PipelineRunEntity": {
        "str": "Description GraphId UploadState RunHistoryExperimentName PipelineId RunSource"
        " RunType ScheduleId EntityStatus Id Etag",
        "PipelineRunStatus": "Status",
        "int": "TotalRunSteps",
        "bool": "IsSubmitted HasErrors HasWarnings",
        "iso-8601": "CreatedDate LastModifiedDate",
        "{str}": "ParameterAssignments tags Properties",
        "{object}": "DataSetDefinitionValueAssignments",
    },
    "PipelineRunStatus": {"str": "StatusCode StatusDetail", "iso-8601": "CreationTime EndTime"},
    "PipelineErrorResponse": {"RootError": "Error", "{str}": "Correlation"},
    "RootError": {"str": "Code Message Target", "[object]": "Details"},
    # OpenID Connect Discovery 1.0, RFC 8414, and what Entra ID adds
    "OpenIdConfiguration": {
        "str": "token_endpoint jwks_uri issuer authorization_endpoint end_session_endpoint"
        " device_authorization_endpoint tenant_region_scope cloud_instance_name",
        "[str]": "token_endpoint_auth_methods_supported response_types_supported"
        " subject_types_supported id_token_signing_alg_values_supported scopes_supported",
    },
    "Keys": {"[object]": "keys"},
    "Instances": {"str": "api-version tenant_discovery_endpoint", "[Instance]": "metadata"},
    "Instance": {"str": "preferred_network preferred_cache", "[str]": "aliases"},
    # RFC 6749, 5.1 and 5.2, and what Entra ID adds
    "Token": {
        "str": "token_type access_token scope refresh_token id_token client_info",
        "int": "expires_in ext_expires_in",
    },
    # RFC 8628, 3.2, and what Entra ID adds
    "DeviceCode": {
        "str": "user_code device_code verification_uri message",
        "int": "expires_in interval",
    },
    "TokenError": {
        "str": "error error_description timestamp trace_id correlation_id error_uri",
        "[int]": "error_codes",
    },
    # learn.microsoft.com/rest/api/resources/subscriptions, and .../authorization/permissions
    "Subscriptions": {"[Subscription]": "value", "Count": "count"},
    "Count": {"str": "type", "int": "value"},
    "Subscription": {
        "str": "id authorizationSource subscriptionId tenantId displayName state",
        "[object]": "managedByTenants",
        "{str}": "subscriptionPolicies",
    },
    "Permissions": {"[Permission]": "value", "str": "nextLink"},
    "Permission": {"[str]": "actions notActions dataActions notDataActions"},
    # learn.microsoft.com/rest/api/azureml, online deployments: logs
    "Logs": {"str": "content"},
    # docs.github.com/rest and /graphql: errors, of which PyGithub makes exceptions, not objects
    "GitHubError": {"str": "message documentation_url status"},
    "GraphQLError": {
        "str": "type message",
        "[object]": "path",
        "[Location]": "locations",
        "{object}": "extensions",
    },
    "Location": {"int": "line column"},
    # what the lab's scoring script returns, and Swagger 2.0
    "Score": {"[float]": "result"},
    "Swagger": {
        "str": "swagger host",
        "[str]": "schemes consumes produces",
        "{object}": "info paths securityDefinitions",
    },
}
"""Written here from public sources, because no installed SDK has a generated model of it: Entra ID
answers plain requests, azure-ai-ml has left v1 pipelines behind, and what a
deployed model answers is the lab's own. Type -> keys."""


def _written(kind: str) -> Model:
    return Msrest(_WRITTEN_CLASSES, kind)


def _class(name: str, keys: Mapping[str, str]) -> Any:
    pairs = [(key, kind) for kind, names in keys.items() for key in names.split()]
    attributes = {key: {"key": key, "type": kind} for key, kind in pairs}
    return type(name, (msrest.serialization.Model,), {"_attribute_map": attributes})


_WRITTEN_CLASSES = {name: _class(name, keys) for name, keys in _WRITTEN.items()}


class ACIServiceResponse(management.ServiceResponseBase):
    """What azure-ai-ml has left out: names and types of azureml-core 1.61."""

    container_resource_requirements: management.ContainerResourceRequirements | None = rest_field(
        name="containerResourceRequirements"
    )
    image_id: str | None = rest_field(name="imageId")
    image_digest: str | None = rest_field(name="imageDigest")
    scoring_uri: str | None = rest_field(name="scoringUri")
    location: str | None = rest_field()
    auth_enabled: bool | None = rest_field(name="authEnabled")
    ssl_enabled: bool | None = rest_field(name="sslEnabled")
    app_insights_enabled: bool | None = rest_field(name="appInsightsEnabled")
    data_collection: dict[str, bool] | None = rest_field(name="dataCollection")
    ssl_certificate: str | None = rest_field(name="sslCertificate")
    ssl_key: str | None = rest_field(name="sslKey")
    cname: str | None = rest_field()
    public_ip: str | None = rest_field(name="publicIp")
    public_fqdn: str | None = rest_field(name="publicFqdn")
    swagger_uri: str | None = rest_field(name="swaggerUri")
    model_config_map: dict[str, Any] | None = rest_field(name="modelConfigMap")
    models: list[management.Model] | None = rest_field()
    environment_image_request: dict[str, Any] | None = rest_field(name="environmentImageRequest")
    vnet_configuration: dict[str, Any] | None = rest_field(name="vnetConfiguration")
    encryption_properties: dict[str, Any] | None = rest_field(name="encryptionProperties")


# --- routes ---------------------------------------------------------------------------------------

_ORGANIZATION = "/{organization}/_apis"
_PROJECT = "/{organization}/{project}/_apis"
_BUILDS = f"{_PROJECT}/build/builds"
_REPOSITORY = "/repos/{owner}/{name}"
_SUBSCRIPTION = "/subscriptions/{subscription}"
_GROUPS = f"{_SUBSCRIPTION}/resourcegroups"
_WORKSPACES = "/providers/microsoft.machinelearningservices/workspaces"
_ENDPOINTS = f"{WORKSPACE}/onlineendpoints"
_SERVICES = f"/modelmanagement/v1.0{WORKSPACE}/services"
_MODELS = f"/modelmanagement/v1.0{WORKSPACE}/models"
_PIPELINES = f"/pipelines/v1.0{WORKSPACE}"
_HISTORY = f"/history/v1.0{WORKSPACE}"
_EXPERIMENT = f"{_HISTORY}/experiments/{{experiment}}"
_METRIC_RUN = f"/metric/v2.0{WORKSPACE}/runs/{{run}}"
_GROUP = Msrest(_classes(resources.__name__), "ResourceGroup")
_RESOURCE = Msrest(_classes(resources.__name__), "GenericResourceExpanded")
_VARIABLE_GROUPS = f"{_PROJECT}/distributedtask/variablegroups"
_CONNECTIONS = f"{_PROJECT}/serviceendpoint/endpoints"

MODELS: Mapping[str, Model] = {
    "/common/discovery/instance": _written("Instances"),
    "/{tenant}/v2.0/.well-known/openid-configuration": _written("OpenIdConfiguration"),
    "/{tenant}/.well-known/openid-configuration": _written("OpenIdConfiguration"),
    "/{tenant}/oauth2/v2.0/token": _written("Token"),
    "/{tenant}/oauth2/v2.0/devicecode": _written("DeviceCode"),
    "/{tenant}/discovery/v2.0/keys": _written("Keys"),
    _ORGANIZATION: _listed("", "ApiResourceLocation"),
    f"{_ORGANIZATION}/{{area}}": _listed("", "ApiResourceLocation"),
    f"{_ORGANIZATION}/resourceareas": _listed("location", "ResourceAreaInfo"),
    f"{_ORGANIZATION}/resourceareas/{{area}}": _devops("location", "ResourceAreaInfo"),
    f"{_ORGANIZATION}/connectiondata": _devops("location", "ConnectionData"),
    f"{_ORGANIZATION}/projects": _listed("core", "TeamProjectReference"),
    f"{_ORGANIZATION}/projects/{{project}}": _devops("core", "TeamProject"),
    _VARIABLE_GROUPS: _listed("task_agent", "VariableGroup"),
    f"{_VARIABLE_GROUPS}/{{id}}": _devops("task_agent", "VariableGroup"),
    _CONNECTIONS: _listed("service_endpoint", "ServiceEndpoint"),
    f"{_CONNECTIONS}/{{id}}": _devops("service_endpoint", "ServiceEndpoint"),
    f"{_PROJECT}/build/authorizedresources": _listed("build", "DefinitionResourceReference"),
    f"{_PROJECT}/pipelines/pipelinepermissions/{{kind}}/{{id}}": _devops(
        "pipeline_permissions", "ResourcePipelinePermissions"
    ),
    f"{_PROJECT}/build/definitions": _listed("build", "BuildDefinition"),
    f"{_PROJECT}/build/definitions/{{id}}": _devops("build", "BuildDefinition"),
    _BUILDS: _listed("build", "Build"),
    f"{_BUILDS}/{{run}}": _devops("build", "Build"),
    f"{_BUILDS}/{{run}}/timeline": _devops("build", "Timeline"),
    f"{_BUILDS}/{{run}}/artifacts": _listed("build", "BuildArtifact"),
    f"{_BUILDS}/{{run}}/logs/{{log}}": _listed("build", "str"),
    f"{_BUILDS}/{{run}}/timeline/{{timeline}}": _devops("build", "Timeline"),
    f"{_BUILDS}/{{run}}/logs": _listed("build", "BuildLog"),
    f"{_PROJECT}/build/definitions/{{id}}/revisions": _listed("build", "BuildDefinitionRevision"),
    f"{_PROJECT}/build/retention": _devops("build", "ProjectRetentionSetting"),
    f"{_PROJECT}/git/repositories": _listed("git", "GitRepository"),
    f"{_PROJECT}/git/repositories/{{id}}": _devops("git", "GitRepository"),
    f"{_PROJECT}/distributedtask/environments": _listed("task_agent", "EnvironmentInstance"),
    f"{_PROJECT}/distributedtask/queues": _listed("task_agent", "TaskAgentQueue"),
    f"{_PROJECT}/distributedtask/queues/{{id}}": _devops("task_agent", "TaskAgentQueue"),
    f"{_PROJECT}/serviceendpoint/{{id}}/executionhistory": _listed(
        "service_endpoint", "ServiceEndpointExecutionRecord"
    ),
    f"{_ORGANIZATION}/projects/{{project}}/teams": _listed("core", "WebApiTeam"),
    f"{_ORGANIZATION}/projects/{{project}}/teams/{{team}}": _devops("core", "WebApiTeam"),
    f"{_ORGANIZATION}/projectcollections": _listed("core", "TeamProjectCollectionReference"),
    f"{_ORGANIZATION}/projectcollections/{{collection}}": _devops("core", "TeamProjectCollection"),
    f"{_ORGANIZATION}/permissions/{{namespace}}/{{bits}}": _listed("security", "bool"),
    "/{home}/_apis/identities/{identity}": _devops("identity", "Identity"),
    f"{_PROJECT}/pipelines": _listed("pipelines", "Pipeline"),
    f"{_PROJECT}/pipelines/{{id}}": _devops("pipelines", "Pipeline"),
    f"{_PROJECT}/pipelines/{{id}}/runs": _listed("pipelines", "Run"),
    f"{_PROJECT}/pipelines/{{id}}/runs/{{run}}": _devops("pipelines", "Run"),
    "/rate_limit": _github(RateLimitOverview),
    "/user": _github(AuthenticatedUser),
    "/user/{number:int}": _github(NamedUser),
    "/users/{owner}": _github(NamedUser),
    "/orgs/{owner}": _github(Organization),
    "/organizations/{number:int}": _github(Organization),
    **dict.fromkeys(
        (
            "/orgs/{owner}/repos",
            "/organizations/{number:int}/repos",
            "/users/{owner}/repos",
            "/user/{number:int}/repos",
        ),
        Each(_github(Repository)),
    ),
    **{
        base + path: model
        for base in (_REPOSITORY, "/repositories/{number:int}")
        for path, model in (
            ("", _github(Repository)),
            ("/contents", Each(_github(ContentFile))),
            ("/contents/{path:path}", _github(ContentFile)),
            ("/git/trees/{revision:path}", _github(GitTree)),
            ("/git/blobs/{oid}", _github(GitBlob)),
            ("/git/commits/{oid}", _github(GitCommit)),
            ("/git/ref/heads/{branch:path}", _github(GitRef)),
            ("/git/refs/heads/{branch:path}", _github(GitRef)),
            ("/commits", Each(_github(Commit))),
            ("/commits/{revision:path}/comments", Each(_github(CommitComment))),
            ("/commits/{revision:path}", _github(Commit)),
            ("/branches", Each(_github(Branch))),
            ("/branches/{branch:path}", _github(Branch)),
        )
    },
    "/subscriptions": _written("Subscriptions"),
    _SUBSCRIPTION: _written("Subscription"),
    _GROUPS: _paged(_GROUP),
    f"{_SUBSCRIPTION}/resources": _paged(_RESOURCE),
    f"{_GROUPS}/{{group}}/resources": _paged(_RESOURCE),
    f"{_GROUPS}/{{group}}": _GROUP,
    _SUBSCRIPTION + _WORKSPACES: _paged(Typed(arm.Workspace)),
    f"{_GROUPS}/{{group}}{_WORKSPACES}": _paged(Typed(arm.Workspace)),
    WORKSPACE: Typed(arm.Workspace),
    f"{WORKSPACE}/models": _paged(Typed(arm.ModelContainer)),
    f"{WORKSPACE}/models/{{model}}": Typed(arm.ModelContainer),
    f"{WORKSPACE}/models/{{model}}/versions": _paged(Typed(arm.ModelVersion)),
    f"{WORKSPACE}/models/{{model}}/versions/{{version}}": Typed(arm.ModelVersion),
    _ENDPOINTS: _paged(Typed(arm.OnlineEndpoint)),
    f"{_ENDPOINTS}/{{endpoint}}": Typed(arm.OnlineEndpoint),
    f"{_ENDPOINTS}/{{endpoint}}/deployments": _paged(Typed(arm.OnlineDeployment)),
    f"{_ENDPOINTS}/{{endpoint}}/listkeys": Typed(arm.EndpointAuthKeys),
    f"{_ENDPOINTS}/{{endpoint}}/deployments/{{deployment}}": Typed(arm.OnlineDeployment),
    f"{_ENDPOINTS}/{{endpoint}}/deployments/{{deployment}}/getlogs": _written("Logs"),
    f"{_GROUPS}/{{group}}/providers/microsoft.authorization/permissions": _written("Permissions"),
    f"{WORKSPACE}/providers/microsoft.authorization/permissions": _written("Permissions"),
    "/discovery": _written("{str}"),
    _SERVICES: _paged(Typed(ACIServiceResponse)),
    f"{_SERVICES}/{{service}}": Typed(ACIServiceResponse),
    f"{_SERVICES}/{{service}}/listkeys": Typed(arm.EndpointAuthKeys),
    f"{_SERVICES}/{{service}}/logs": _written("Logs"),
    _MODELS: Typed(management.ModelListModelsRequestPagedResponse),
    f"{_MODELS}/{{model}}": Typed(management.Model),
    f"{_PIPELINES}/pipelines": Each(_written("PipelineEntity")),
    f"{_PIPELINES}/pipelines/{{pipeline}}": _written("PipelineEntity"),
    f"{_PIPELINES}/pipelineendpoints": Each(_written("PipelineEntity")),
    f"{_PIPELINES}/datatypes": Each(_written("DataTypeEntity")),
    f"{_PIPELINES}/pipelineruns/pipeline/{{pipeline}}": Each(_written("PipelineRunEntity")),
    f"{_PIPELINES}/pipelineruns/{{run}}": _written("PipelineRunEntity"),
    f"{_HISTORY}/experiments:query": Typed(history.PaginatedExperimentList),
    f"{_HISTORY}/experimentids/{{experiment}}": Typed(history.Experiment),
    f"{_HISTORY}/experimentids/{{experiment}}/runs/{{run}}": Typed(history.Run),
    f"{_HISTORY}/runs/{{run}}": Typed(history.Run),
    f"{_EXPERIMENT}/runs/{{run}}": Typed(history.Run),
    f"{_EXPERIMENT}/runs/{{run}}/children": Typed(history.PaginatedRunList),
    f"{_EXPERIMENT}/runs/{{run}}/details": Typed(history.RunDetails),
    f"{_METRIC_RUN}/list": Typed(history.PaginatedMetricDefinitionList),
    f"{_METRIC_RUN}/full": Typed(history.MetricV2),
    _EXPERIMENT: Typed(history.Experiment),
    f"{_EXPERIMENT}/runs:query": Typed(history.PaginatedRunList),
    f"{_EXPERIMENT}/metrics:query": _paged(Typed(history.RunMetric)),
    "/score": _written("Score"),
    "/swagger.json": _written("Swagger"),
}
"""Route -> the model of what it answers; GraphQL's depends on the query."""

NO_JSON = MappingProxyType(
    {
        "/_signin": "a page for people",
        "/{tenant}/oauth2/v2.0/authorize": "a page for people",
        "/{tenant}/login": "a page for people",
        "/common/oauth2/deviceauth": "a page for people",
        "/devicelogin": "where that page is",
        "/{account}/{project}/_apis/artifact/{content}/content": "a zip file",
        "/": "the word Healthy",
        f"{_SERVICES}/{{service}}/token": "always a refusal: only Kubernetes gives tokens",
        f"{_ENDPOINTS}/{{endpoint}}/token": "always a refusal: the lab's endpoints have keys",
        f"{_PROJECT}/distributedtask/environments/{{id}}": "always a 404: the lab makes none",
        "/installation/repositories": "403 but for the token of an app",
        "/repos/{owner}/{name}/branches/{branch:path}/protection": "always a 404",
        "/repositories/{number:int}/branches/{branch:path}/protection": "always a 404",
    }
)
"""Route -> what it answers instead of JSON."""

GRAPHQL_ERRORS = Each(_written("GraphQLError"))
ERRORS: Mapping[str, Model] = {
    "login.microsoftonline.com": _written("TokenError"),
    "dev.azure.com": _devops("", "WrappedException"),
    "api.github.com": _written("GitHubError"),
    "management.azure.com": Typed(arm.ErrorResponse),
    "/modelmanagement/": Typed(management.ModelErrorResponse),
    "/pipelines/": _written("PipelineErrorResponse"),
    "/history/": Typed(history.RunHistoryErrorResponse),
    "/metric/": Typed(history.RunHistoryErrorResponse),
}
"""Host, or beginning of a route on the regional hosts -> the model of its refusals."""

# --- where the wire is not what the spec says -----------------------------------------------------

_REASONS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "recorded answers have versions as strings; the SDK makes numbers of them": {
        "ApiResourceLocation": {"str": "minVersion maxVersion"},
    },
    "recorded answers of Azure DevOps have it, the SDK of 2023 does not know it": {
        "DefinitionReference": {"[object]": "drafts"},
        "TimelineRecord": {"str": "refName"},
        "ServiceEndpoint": {
            "iso-8601": "creationDate modificationDate",
            "{object}": "modifiedBy",
            "bool": "isOutdated",
            "str": "serviceManagementReference",
        },
    },
    "the wire has the links by name; the model puts a level between that nobody sends": {
        "ReferenceLinks": {"{str}": "self timeline web pipeline pipeline.web avatar collection"},
    },
    "the SDK has the base class only, and GitHub's repositories have a name beside": {
        "Repository": {"str": "fullName"},
    },
    "the SDK has the base class only; Microsoft's REST reference has these for Key Vault": {
        "VariableGroupProviderData": {
            "str": "serviceEndpointId vault",
            "iso-8601": "lastRefreshedOn",
        },
    },
    "recorded answers of 2024 and 2025 have it beside what the model knows": {
        "Workspace": {"str": "etag"},
        "WorkspaceProperties": {
            "iso-8601": "creationTime",
            "str": "linkedModelInventoryArmId sasGetterUri sdkTelemetryAppInsightsKey",
            "bool": "softDeleteEnabled",
        },
    },
    "recorded refusals have it, null to callers from outside; the model left it out": {
        "RootError": {"{object}": "debugInfo"},
    },
    "payloads have the number as often as the word; the SDK of v1 translates it": {
        "PipelineEntity": {"int": "EntityStatus"},
        "DataTypeEntity": {"int": "EntityStatus"},
        "PipelineRunEntity": {"int": "EntityStatus"},
    },
    "payloads of the pipeline service have it, the SDK of v1 does not read it": {
        "PipelineEntity": {"{str}": "tags StepTags"},
    },
    "the SDK of v1 reads it (RunDto of azureml-core 1.61); azure-ai-ml left it out": {
        "Run": {"bool": "heartbeatEnabled"},
    },
    "objects in the older models of the same package; azure-ai-ml 1.35 has made them str": {
        "RunMetric": {"{float}": "cells"},
        "MetricV2Value": {"float": "data"},
    },
    "GitHub's recorded answers have it, PyGithub does not read it": {
        "Rate": {"str": "resource"},
    },
}
"""Why the wire is right and the model is not -> model -> type on the wire -> keys."""

EXCEPTIONS = {
    (model, key): kind
    for models in _REASONS.values()
    for model, kinds in models.items()
    for kind, keys in kinds.items()
    for key in keys.split()
}
"""(model, key) -> the type that it has on the wire."""

PUBLIC_SCHEMA = """
Actor: login String!; url URI!
Blob: abbreviatedOid String!; byteSize Int!; commitUrl URI!; id ID!; isBinary Boolean; isTruncated
  Boolean!; oid GitObjectID!; repository Repository!; text String
Commit: abbreviatedOid String!; author GitActor; authoredDate DateTime!; commitUrl URI!;
  committedDate DateTime!; committer GitActor; history(after String, author CommitAuthor, before
  String, first Int, last Int, path String, since GitTimestamp, until GitTimestamp)
  CommitHistoryConnection!; id ID!; message String!; messageHeadline String!; oid GitObjectID!;
  parents(after String, before String, first Int, last Int) CommitConnection!; repository
  Repository!; tree Tree!
CommitAuthor: emails [String!]; id ID
CommitConnection: edges [CommitEdge]; nodes [Commit]; pageInfo PageInfo!; totalCount Int!
CommitEdge: cursor String!; node Commit
CommitHistoryConnection: edges [CommitEdge]; nodes [Commit]; pageInfo PageInfo!; totalCount Int!
GitActor: date GitTimestamp; email String; name String; user User
GitObject: abbreviatedOid String!; commitUrl URI!; id ID!; oid GitObjectID!; repository Repository!
Node: id ID!
OrderDirection = ASC DESC
Organization: databaseId Int; id ID!; login String!; name String; repositories(after String, before
  String, first Int, isArchived Boolean, isFork Boolean, last Int, orderBy RepositoryOrder,
  ownerAffiliations [RepositoryAffiliation], privacy RepositoryPrivacy, visibility
  RepositoryVisibility) RepositoryConnection!; repository(followRenames Boolean, name String!)
  Repository; url URI!; viewerCanAdminister Boolean!; viewerCanCreateRepositories Boolean!;
  viewerIsAMember Boolean!
PageInfo: endCursor String; hasNextPage Boolean!; hasPreviousPage Boolean!; startCursor String
Query: organization(login String!) Organization; rateLimit(dryRun Boolean) RateLimit;
  repository(followRenames Boolean, name String!, owner String!) Repository; repositoryOwner(login
  String!) RepositoryOwner; user(login String!) User; viewer User!
RateLimit: cost Int!; limit Int!; nodeCount Int!; remaining Int!; resetAt DateTime!; used Int!
RefConnection: edges [RefEdge]; nodes [Ref]; pageInfo PageInfo!; totalCount Int!
RefEdge: cursor String!; node Ref
Ref: id ID!; name String!; prefix String!; repository Repository!; target GitObject
Repository: createdAt DateTime!; databaseId Int; defaultBranchRef Ref; diskUsage Int; id ID!;
  isArchived Boolean!; isDisabled Boolean!; isEmpty Boolean!; isFork Boolean!; isLocked Boolean!;
  isMirror Boolean!; isPrivate Boolean!; isTemplate Boolean!; name String!; nameWithOwner String!;
  object(expression String, oid GitObjectID) GitObject; owner RepositoryOwner!; parent Repository;
  pushedAt DateTime; ref(qualifiedName String!) Ref; refs(after String, before String, direction
  OrderDirection, first Int, last Int, query String, refPrefix String!) RefConnection;
  templateRepository Repository; updatedAt DateTime!; url URI!; viewerCanAdminister Boolean!;
  viewerPermission RepositoryPermission; visibility RepositoryVisibility!
RepositoryAffiliation = COLLABORATOR ORGANIZATION_MEMBER OWNER
RepositoryConnection: edges [RepositoryEdge]; nodes [Repository]; pageInfo PageInfo!; totalCount
  Int!
RepositoryEdge: cursor String!; node Repository
RepositoryOrder: direction OrderDirection!; field RepositoryOrderField!
RepositoryOrderField = CREATED_AT NAME PUSHED_AT STARGAZERS UPDATED_AT
RepositoryOwner: id ID!; login String!; repositories(after String, before String, first Int,
  isArchived Boolean, isFork Boolean, last Int, orderBy RepositoryOrder, ownerAffiliations
  [RepositoryAffiliation], privacy RepositoryPrivacy,
  visibility RepositoryVisibility) RepositoryConnection!; repository(followRenames Boolean, name
  String!) Repository; url URI!
RepositoryPermission = ADMIN MAINTAIN READ TRIAGE WRITE
RepositoryPrivacy = PRIVATE PUBLIC
RepositoryVisibility = INTERNAL PRIVATE PUBLIC
Tree: abbreviatedOid String!; commitUrl URI!; entries [TreeEntry!]; id ID!; oid GitObjectID!;
  repository Repository!
TreeEntry: extension String; isGenerated Boolean!; mode Int!; name String!; object GitObject; oid
  GitObjectID!; path String; repository Repository!; size Int!; type String!
User: databaseId Int; id ID!; isViewer Boolean!; login String!; name String; repositories(after
  String, before String, first Int, isArchived Boolean, isFork Boolean, last Int, orderBy
  RepositoryOrder, ownerAffiliations [RepositoryAffiliation], privacy RepositoryPrivacy, visibility
  RepositoryVisibility)
  RepositoryConnection!; repository(followRenames Boolean, name String!) Repository; url URI!
"""
"""Of GitHub's public schema, all that the tenant's part of it has: fields with their arguments.

Source: https://github.com/octokit/graphql-schema, schema.graphql at 82ff2d4 (2026-07-22).
"""

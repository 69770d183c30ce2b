"""Azure DevOps' answers as evidence: bodies as the service sends them, read by the SDK's models."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from azure.devops.v7_1.build import models as build
from azure.devops.v7_1.core import models as core
from azure.devops.v7_1.pipeline_permissions import models as permissions
from azure.devops.v7_1.pipelines import models as pipelines
from azure.devops.v7_1.service_endpoint import models as connections
from azure.devops.v7_1.task_agent import models as library

from graders.evidence import (
    Access,
    ConnectionUse,
    Job,
    Pipeline,
    Project,
    Run,
    ServiceConnection,
    Stage,
    Task,
    UpstreamRun,
    Variable,
    VariableGroup,
)
from graders.services.azure_devops import parsing
from graders.services.azure_devops.lazy_models import LazyDeserializer

Json = dict[str, Any]
LONG = "x" * 301
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def read(models: Any, kind: str, body: Any) -> Any:
    known = {name: model for name, model in vars(models).items() if isinstance(model, type)}
    return LazyDeserializer(known)(kind, body)


# --- whole bodies, and bodies that say next to nothing --------------------------------------------

PROJECT = {"id": "p-4", "name": "AE MLOps 04", "state": "wellFormed"}
GROUP = {
    "id": 48,
    "name": "devopsforai-aml-vg",
    "type": "AzureKeyVault",
    "variables": {
        "Base_Name": {"value": "user4"},
        "LOCATION": {"value": "canary", "isSecret": True},
        "OTHER": {"value": "canary"},
        "RESOURCE_GROUP": {"value": None, "isSecret": False},
        "workspace_name": {"value": ""},
        "VAULT": {"isSecret": True, "value": None, "enabled": True},
    },
}
LABS = ("BASE_NAME", "LOCATION", "RESOURCE_GROUP", "WORKSPACE_NAME")
SCOPE = (
    "/Subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/x"
)
CONNECTION = {
    "id": "c",
    "name": "azure-resource-connection",
    "type": "AzureRM",
    "isReady": True,
    "authorization": {"scheme": "ServicePrincipal", "parameters": {"Scope": SCOPE}},
    "data": {"creationMode": "Automatic", "scopeLevel": "Workspace"},
    "operationStatus": {"State": "Failed", "statusMessage": LONG, "severity": None},
}
PIPELINE = {
    "id": 11,
    "name": "Model-Train",
    "path": "\\lab",
    "queueStatus": "enabled",
    "process": {"type": 2, "yamlFilename": "/.pipelines/ci.yml"},
    "repository": {
        "type": "GitHub",
        "id": "1",
        "name": "owner/mlops_04",
        "defaultBranch": "refs/heads/main",
    },
}
RUN = {
    "id": 5,
    "buildNumber": "2026.5",
    "definition": {"id": 11},
    "status": "completed",
    "result": "succeeded",
    "reason": "manual",
    "sourceBranch": "refs/heads/main",
    "sourceVersion": "ABC",
    "requestedFor": {"uniqueName": "dana@example.org", "displayName": "Dana"},
    "queueTime": "2026-11-20T12:00:00Z",
    "startTime": "2026-11-20T13:00:00+01:00",
    "finishTime": "2026-11-20T12:00:00Z",
    "lastChangedDate": "2026-11-20T12:00:00Z",
    "validationResults": [
        {"result": "error", "message": LONG},
        {"result": "warning"},
        {"result": "OK", "message": "fine"},
    ],
    "triggerInfo": {"artifactType": "Pipeline", "pipelineId": "4"},
}
BARE_RUN = {"id": 5, "definition": {"id": 11}, "status": "notStarted"}
USE = {
    "data": {
        "definition": {"id": 11, "name": "CI"},
        "owner": {"id": 5},
        "result": "succeeded",
    }
}


@pytest.mark.parametrize(
    ("parse", "models", "kind", "body", "expected"),
    [
        (
            parsing.project,
            core,
            "TeamProject",
            PROJECT,
            Project(id="p-4", name="AE MLOps 04", state="wellFormed"),
        ),
        (
            lambda item: parsing.variable_group(item, LABS),
            library,
            "VariableGroup",
            GROUP,
            VariableGroup(
                id=48,
                name="devopsforai-aml-vg",
                type="AzureKeyVault",
                variables={
                    "BASE_NAME": Variable("user4"),
                    "LOCATION": Variable(None, is_secret=True),
                    "OTHER": Variable(None),
                    "RESOURCE_GROUP": Variable(None),
                    "WORKSPACE_NAME": Variable(""),
                    "VAULT": Variable(None, is_secret=True),
                },
            ),
        ),
        (
            lambda item: parsing.variable_group(item, LABS),
            library,
            "VariableGroup",
            {"id": 48, "name": "a"},
            VariableGroup(48, "a", "Vsts", {}),
        ),
        (
            parsing.service_connection,
            connections,
            "ServiceEndpoint",
            CONNECTION,
            ServiceConnection(
                id="c",
                name="azure-resource-connection",
                type="azurerm",
                scheme="ServicePrincipal",
                creation_mode="Automatic",
                scope_level="Workspace",
                subscription_id="s",
                resource_group="g",
                workspace="w",
                is_ready=True,
                state="Failed",
                status_message="x" * 300,
            ),
        ),
        (
            parsing.service_connection,
            connections,
            "ServiceEndpoint",
            {"id": "c", "name": "n", "type": "github"},
            ServiceConnection("c", "n", "github", "", "", "", "", "", "", False, "", ""),
        ),
        (
            parsing.pipeline,
            build,
            "BuildDefinitionReference",
            PIPELINE,
            Pipeline(
                id=11,
                name="Model-Train",
                path="\\lab",
                process_type=2,
                yaml_path=".pipelines/ci.yml",
                repository_type="GitHub",
                repository_name="owner/mlops_04",
                default_branch="refs/heads/main",
                queue_status="enabled",
            ),
        ),
        (
            parsing.pipeline,
            build,
            "BuildDefinitionReference",
            {"id": 11, "name": "a"},
            Pipeline(11, "a", "", 0, "", "", "", "", ""),
        ),
        (
            parsing.run,
            build,
            "Build",
            RUN,
            Run(
                id=5,
                number="2026.5",
                pipeline_id=11,
                status="completed",
                result="succeeded",
                reason="manual",
                branch="refs/heads/main",
                commit="abc",
                requested_for="dana@example.org",
                queued_at=NOON,
                started_at=NOON,
                finished_at=NOON,
                problems=("x" * 300, ""),
                triggered_by=4,
                changed_at=NOON,
            ),
        ),
        (
            parsing.run,
            build,
            "Build",
            BARE_RUN,
            Run(5, "", 11, "notStarted", None, "", "", "", "", None, None, None),
        ),
        (
            parsing.connection_use,
            connections,
            "ServiceEndpointExecutionRecord",
            USE,
            ConnectionUse(pipeline_id=11, pipeline="CI", run_id=5, result="succeeded"),
        ),
        (
            parsing.connection_use,
            connections,
            "ServiceEndpointExecutionRecord",
            {"data": {"definition": {"id": 11}, "owner": {"id": 5}}},
            ConnectionUse(11, "", 5, None),
        ),
    ],
)
def test_each_answer_is_read(
    parse: Callable[[Any], object], models: Any, kind: str, body: Json, expected: object
) -> None:
    assert parse(read(models, kind, body)) == expected


# --- what every answer has ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parse", "models", "kind", "body", "parts"),
    [
        (parsing.project, core, "TeamProject", PROJECT, "id name state"),
        (
            lambda item: parsing.variable_group(item, ()),
            library,
            "VariableGroup",
            GROUP,
            "id name",
        ),
        (parsing.service_connection, connections, "ServiceEndpoint", CONNECTION, "id name type"),
        (parsing.pipeline, build, "BuildDefinitionReference", PIPELINE, "id name"),
        (parsing.run, build, "Build", RUN, "id definition.id status"),
        (parsing.access, permissions, "ResourcePipelinePermissions", {"resource": {}}, "resource"),
        (parsing.stages, build, "Timeline", {"records": []}, "records"),
        (parsing.upstream, pipelines, "Run", {"id": 1, "resources": {}}, "id resources"),
        (
            parsing.connection_use,
            connections,
            "ServiceEndpointExecutionRecord",
            USE,
            "data data.definition data.owner data.definition.id data.owner.id",
        ),
        (
            lambda item: parsing.open_to_all([item]),
            build,
            "DefinitionResourceReference",
            {"type": "endpoint", "id": "e", "authorized": True},
            "type id",
        ),
    ],
)
def test_an_answer_that_lacks_what_it_always_has_is_none(
    parse: Callable[[Any], object], models: Any, kind: str, body: Json, parts: str
) -> None:
    parse(read(models, kind, body))
    for part in parts.split():
        with pytest.raises(TypeError, match=r"^the answer lacks a part that it always has$"):
            parse(read(models, kind, _without(body, part.split("."))))


def _without(body: Json, path: list[str]) -> Json:
    name, *rest = path
    return body | {name: _without(body[name], rest) if rest else None}


# --- one part at a time ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "scope", "expected"),
    [
        ({}, "/subscriptions/s", ("s", "", "")),
        ({}, "/subscriptions/s/resourcegroups/g", ("s", "g", "")),
        ({}, "x/subscriptions/s", ("", "", "")),
        ({}, None, ("", "", "")),
        (
            {"SubscriptionId": "1", "resourceGroupName": "2", "mlWorkspaceName": "3"},
            SCOPE,
            ("1", "2", "3"),
        ),
    ],
)
def test_where_a_connection_leads_is_said_in_its_data_or_its_scope(
    data: Json, scope: str | None, expected: tuple[str, str, str]
) -> None:
    authorization = {"parameters": {"scope": scope}}
    body = CONNECTION | {"data": data, "authorization": authorization}
    found = parsing.service_connection(read(connections, "ServiceEndpoint", body))
    assert (found.subscription_id, found.resource_group, found.workspace) == expected
    assert found.scheme == ""


@pytest.mark.parametrize("level", ["AzureMLWorkspace", "AzureMlWorkspace", "AZUREMLWORKSPACE"])
def test_the_level_of_a_scope_is_spelled_as_the_portal_does(level: str) -> None:
    item = read(connections, "ServiceEndpoint", CONNECTION | {"data": {"ScopeLevel": level}})
    assert parsing.service_connection(item).scope_level == "AzureMLWorkspace"


def test_what_is_open_to_every_pipeline() -> None:
    resources = [
        {"type": "Endpoint", "id": "E", "authorized": True},
        {"type": "queue", "id": "1", "authorized": False},
    ]
    found = parsing.open_to_all(read(build, "[DefinitionResourceReference]", resources))
    assert found == {("endpoint", "e")}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, Access(all_pipelines=False)),
        ({"allPipelines": {"authorized": True}}, Access(all_pipelines=True)),
        ({"allPipelines": {"authorized": False}}, Access(all_pipelines=False)),
        (
            {"pipelines": [{"id": 1, "authorized": True}, {"id": 2, "authorized": False}]},
            Access(all_pipelines=False, pipeline_ids=(1,)),
        ),
    ],
)
def test_who_may_use_a_resource(more: Json, expected: Access) -> None:
    body = {"resource": {"type": "endpoint", "id": "e"}, **more}
    assert parsing.access(read(permissions, "ResourcePipelinePermissions", body)) == expected


def test_a_repository_without_a_name_is_told_by_its_id() -> None:
    process = {"type": 1, "yamlFilename": "/X.yml"}
    body = PIPELINE | {"repository": {"id": "1"}, "process": process}
    found = parsing.pipeline(read(build, "BuildDefinitionReference", body))
    assert (found.repository_name, found.process_type, found.yaml_path) == ("1", 1, "X.yml")


@pytest.mark.parametrize(
    ("latest", "number"),
    [(BARE_RUN, 5), (None, None), ({"id": 5}, None), (BARE_RUN | {"id": None}, None)],
)
def test_a_pipelines_latest_run_counts_where_it_is_shown_as_a_whole(
    latest: Json | None, number: int | None
) -> None:
    body = PIPELINE | {"latestBuild": latest}
    found, last = parsing.with_latest_run(read(build, "BuildDefinitionReference", body))
    assert found.id == 11
    assert (last and last.id) == number


def test_a_pipeline_without_what_it_always_has_is_none_whatever_it_ran() -> None:
    with pytest.raises(TypeError):
        parsing.with_latest_run(read(build, "BuildDefinitionReference", {"id": 11}))


@pytest.mark.parametrize(("more", "deleted"), [({}, False), ({"deleted": True}, True)])
def test_a_listed_run_may_be_a_deleted_one(more: Json, deleted: bool) -> None:
    found = parsing.listed_run(read(build, "Build", BARE_RUN | more))
    assert found == (deleted, parsing.run(read(build, "Build", BARE_RUN)))


@pytest.mark.parametrize(
    ("info", "run"),
    [
        ({"artifactType": "Pipeline", "pipelineId": "123456789012345678"}, 123456789012345678),
        ({"artifactType": "Pipeline", "pipelineId": "1234567890123456789"}, None),
        ({"artifactType": "Pipeline", "pipelineId": "4x"}, None),
        ({"artifactType": "Pipeline", "pipelineId": 4}, 4),
        ({"artifactType": "Pipeline"}, None),
        ({"artifactType": "GitHub", "pipelineId": "4"}, None),
        ({"pipelineId": "4"}, None),
        ("Pipeline", None),
    ],
)
def test_the_run_that_triggered_another(info: object, run: int | None) -> None:
    assert parsing._trigger(info) == run


@pytest.mark.parametrize(
    ("identity", "account"),
    [({"displayName": "Dana"}, "Dana"), ({}, ""), (None, "")],
)
def test_whom_a_run_was_requested_for(identity: Json | None, account: str) -> None:
    body = BARE_RUN | {"requestedFor": identity}
    assert parsing.run(read(build, "Build", body)).requested_for == account


@pytest.fixture
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine is not in UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_elsewhere")
@pytest.mark.parametrize("text", ["2026-11-20T12:00:00", "2026-11-20T13:00:00+01:00"])
def test_a_time_is_in_utc_whatever_its_zone_is(text: str) -> None:
    queued = parsing.run(read(build, "Build", BARE_RUN | {"queueTime": text})).queued_at
    assert (queued, str(queued)) == (NOON, "2026-11-20 12:00:00+00:00")


def test_the_runs_of_other_pipelines_that_a_run_consumed() -> None:
    consumed = {
        "ci": {"pipeline": {"id": 11}, "version": "2026.5"},
        "bare": {"pipeline": {"id": 12}},
        "gone": {"version": "1"},
        "none": None,
    }
    body = {"id": 6, "resources": {"pipelines": consumed}}
    assert parsing.upstream(read(pipelines, "Run", body)) == (
        UpstreamRun("ci", 11, "2026.5"),
        UpstreamRun("bare", 12, ""),
    )
    assert parsing.upstream(read(pipelines, "Run", {"id": 6, "resources": {}})) == ()


# --- timelines ------------------------------------------------------------------------------------


def stages_of(*records: Json) -> tuple[Stage, ...]:
    return parsing.stages(read(build, "Timeline", {"records": list(records)}))


def record(kind: str, identity: str, parent: str | None = None, **more: Any) -> Json:
    return {"id": identity, "parentId": parent, "type": kind, **more}


def error(message: str | None) -> Json:
    return {"type": "error", "message": message}


def test_a_record_that_says_nothing_is_read() -> None:
    assert stages_of(record("Stage", "s"), record("Task", "t"), record("Stage", "x", "s")) == (
        Stage(identifier="", name="", state="", result=None, attempt=1, jobs=(), errors=()),
    )
    jobs = stages_of(
        record("Stage", "s"),
        record("Phase", "p", "s"),
        record("Job", "j", "p"),
        record("Task", "t", "j"),
    )[0].jobs
    assert jobs == (Job("", "", None, (Task("", "", None, None, ()),), ()),)


def test_a_stage_is_read_as_a_whole() -> None:
    done = {"state": "completed", "result": "failed"}
    found = stages_of(
        record("Stage", "s", name="Train", identifier="Model_CI", attempt=2, **done,
               issues=[error("broke"), {"type": "warning", "message": "slow"}]),
        record("Phase", "p", "s", name="Phase", issues=[error("twice"), error("of the phase")]),
        record("Job", "j", "p", name="Build", issues=[error("of the job"), error("twice")], **done),
        record("Task", "t", "j", name="Publish", log={"id": 7}, **done,
               issues=[error(LONG), error(None), error("third"), error("fourth")]),
        record("Unknown", "u", "j"),
        record("Unknown", "v", "p"),
    )  # fmt: skip
    task = Task("Publish", "completed", "failed", 7, ("x" * 300, "", "third"))
    errors = ("of the job", "twice", "of the phase")
    job = Job("Build", "completed", "failed", (task,), errors)
    assert found == (Stage("Model_CI", "Train", "completed", "failed", 2, (job,), ("broke",)),)


def test_the_yaml_name_of_a_stage_comes_first() -> None:
    (stage,) = stages_of(record("Stage", "s", identifier="other", refName="Model_CI"))
    assert stage.identifier == "Model_CI"


def test_a_job_that_was_skipped_has_only_a_phase_and_a_checkpoint_is_no_job() -> None:
    (stage,) = stages_of(
        record("Stage", "s"),
        record("Checkpoint", "c", "s", order=1),
        record("Phase", "p", "s", order=2, name="Skipped", result="skipped"),
        record("Phase", "q", "s", order=3, name="Phase"),
        record("Job", "j", "q", name="Job"),
    )
    assert stage.jobs == (Job("Skipped", "", "skipped"), Job("Job", "", None))


def test_records_come_in_their_own_order_whatever_order_they_are_sent_in() -> None:
    found = stages_of(
        record("Stage", "c", order=2, identifier="c"),
        record("Stage", "b", order=1, identifier="b"),
        record("Stage", "a", identifier="a"),
    )
    assert [stage.identifier for stage in found] == ["a", "b", "c"]


def test_of_several_attempts_the_latest_counts_whatever_comes_first() -> None:
    first, second = (
        record("Stage", f"s{attempt}", identifier="S", name=f"attempt {attempt}", attempt=attempt)
        for attempt in (None, 2)
    )
    for sent in ((first, second), (second, first)):
        assert [stage.name for stage in stages_of(*sent)] == ["attempt 2"]
    again = record("Stage", "s3", identifier="S", name="again", attempt=2)
    assert [stage.name for stage in stages_of(second, again)] == ["attempt 2"]
    one = record("Stage", "s4", identifier="S", name="one", attempt=1)
    assert [stage.name for stage in stages_of(first, one)] == ["attempt None"]
    assert [stage.name for stage in stages_of(one, first)] == ["one"]


def test_the_same_task_may_run_twice_and_names_count_within_a_kind() -> None:
    (stage,) = stages_of(
        record("Stage", "s", identifier="X"),
        record("Phase", "p", "s", identifier="X"),
        record("Job", "j", "p", identifier="X"),
        record("Task", "t", "j", identifier="X", name="first", order=1),
        record("Task", "u", "j", identifier="X", name="second", order=2),
    )
    assert [task.name for task in stage.jobs[0].tasks] == ["first", "second"]
    assert len(stages_of(record("Stage", "s"), record("Stage", "t"))) == 2

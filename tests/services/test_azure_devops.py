"""Collecting a learner's Azure DevOps project, with the real SDK against a hand-written service."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graders.evidence import (
    Access,
    AzureDevOpsEvidence,
    Job,
    Project,
    Sighting,
    Unavailable,
    UpstreamRun,
    Variable,
)
from graders.lab import Lab, Learner
from graders.services.azure_devops.project import AzureDevOps
from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from graders.services.sign_in import AZURE_DEVOPS_SCOPE, SignIn
from tests.support.fake_azure_devops import FakeOrganization, in_pages
from tests.support.loopback_proxy import Loopback, Reply, as_json
from tests.support.paths import PROJECT

LAB = Lab(
    learner=Learner("dana", 4),
    organization="org",
    project="ae mlops 04",
    github_owner="owner",
    repositories=("mlops_04",),
    subscription_id="sub",
    resource_group="User4AML",
    workspace="user4aml",
    location="centralus",
    tenant_id=None,
)
CI = {
    "id": 11,
    "name": LAB.ci_pipeline,
    "path": "\\",
    "queueStatus": "enabled",
    "process": {"type": 2, "yamlFilename": "/" + LAB.ci_yaml},
    "repository": {"type": "GitHub", "id": "owner/mlops_04", "name": "owner/mlops_04"},
}
CD = CI | {
    "id": 12,
    "name": LAB.cd_pipeline,
    "process": {"type": 2, "yamlFilename": LAB.cd_yaml},
}
OTHER = CI | {"id": 13, "name": "Other", "process": {"type": 1}}
SIGN_IN_PAGE = Reply(203, b"<html>", {"Content-Type": "text/html"})


class Entra:
    def __init__(self) -> None:
        self.scopes: list[str] = []

    def get_token(self, *scopes: str, **_options: Any) -> Any:
        self.scopes.append(scopes[0])
        return type("Token", (), {"token": f"entra-{len(self.scopes)}"})


@pytest.fixture
def wire(internet: Loopback, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    internet.stand_in_for_the_internet(monkeypatch)
    with ReadOnlyTransport(RetryPolicy(attempts=2, backoff=0.001)):
        yield internet


@pytest.fixture
def there(wire: Loopback) -> FakeOrganization:
    fake = FakeOrganization()
    wire.replies[:] = [fake]
    return fake


def collect(sightings: list[Sighting] | None = None, lab: Lab = LAB) -> AzureDevOpsEvidence:
    azure_devops = AzureDevOps("org", SignIn(Entra(), "g", "pat"))
    return azure_devops.look_at(lab, [] if sightings is None else sightings)


def build(number: int, pipeline: int = 11, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "buildNumber": f"2026.{number}",
        "definition": {"id": pipeline},
        "status": "completed",
        "result": "succeeded",
        "reason": "manual",
        "queueTime": f"2026-11-20T10:{number % 60:02d}:00.1234567Z",
        "startTime": "2026-11-20T10:00:00Z",
        "sourceVersion": "ABC",
        "requestedFor": {"uniqueName": "dana@example.com"},
        **more,
    }


def record(kind: str, identity: str, parent: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "parentId": parent,
        "type": kind,
        "name": identity,
        "identifier": identity,
        "state": "completed",
        "result": "succeeded",
        "order": 1,
        "attempt": 1,
        **more,
    }


def runs_of(facts: AzureDevOpsEvidence) -> dict[int, Any]:
    assert not isinstance(facts.runs, Unavailable), facts.runs
    return {run.id: run for run in facts.runs}


# --- the project ----------------------------------------------------------------------------------


def test_finds_the_project_in_any_case_on_any_page(there: FakeOrganization) -> None:
    there.projects = in_pages(
        [{"id": "p-1", "name": "AE MLOps 01", "state": "wellFormed"}],
        [{"id": "p-4", "name": "AE MLOps 04", "state": "deleting"}],
    )
    assert collect().project == Project("p-4", "AE MLOps 04", "deleting")


def test_a_project_that_is_not_in_the_list_is_not_the_learners_fault(
    there: FakeOrganization,
) -> None:
    there.projects = []
    facts = collect()
    assert isinstance(facts.project, Unavailable)
    assert "cohort file" in facts.project.remedy
    assert facts == AzureDevOpsEvidence.unseen(facts.project)
    assert there.asked == ["_apis/projects"]


def test_projects_are_listed_once_for_everybody(there: FakeOrganization) -> None:
    azure_devops = AzureDevOps("org", SignIn(Entra(), "g", "pat"))
    for _ in range(3):
        sightings: list[Sighting] = []
        azure_devops.look_at(LAB, sightings)
        assert "/_apis/projects" in sightings[0].url
    assert there.asked.count("_apis/projects") == 1


@pytest.mark.parametrize("reply", [Reply(401), SIGN_IN_PAGE, Reply(200, b""), as_json(None)])
def test_unseen_projects_leave_everything_unseen(there: FakeOrganization, reply: Reply) -> None:
    there.projects = reply
    facts = collect()
    assert isinstance(facts.project, Unavailable)
    assert facts == AzureDevOpsEvidence.unseen(facts.project)


def test_a_list_without_end_is_not_believed(there: FakeOrganization) -> None:
    there.answers["variablegroups"] = in_pages(*[[{"id": 1, "name": "a"}]] * 30)
    facts = collect()
    assert isinstance(facts.variable_groups, Unavailable)
    assert facts.service_connections == ()
    assert there.asked.count("variablegroups") == 20


# --- the library ----------------------------------------------------------------------------------


def test_keeps_the_values_of_the_labs_variables_only(there: FakeOrganization) -> None:
    variables = {
        "BASE_NAME": {"value": " user4 "},
        "LOCATION": {"value": None, "isSecret": True},
        "MY_PASSWORD": {"value": "canary"},
        "RESOURCE_GROUP": {"value": None},
    }
    there.answers["variablegroups"] = [
        {"id": 48, "name": "devopsforai-aml-vg", "type": "Vsts", "variables": variables},
        {"id": 49, "name": "empty", "type": "Vsts"},
    ]
    facts = collect()
    assert not isinstance(facts.variable_groups, Unavailable)
    assert facts.variable_groups[0].variables == {
        "BASE_NAME": Variable(" user4 "),
        "LOCATION": Variable(None, is_secret=True),
        "MY_PASSWORD": Variable(None),
        "RESOURCE_GROUP": Variable(None),
    }
    assert facts.variable_groups[1].variables == {}


def test_one_request_shows_what_is_open_to_all(there: FakeOrganization) -> None:
    there.answers["variablegroups"] = [{"id": 48, "name": "devopsforai-aml-vg"}]
    there.answers["endpoints"] = [
        {"id": "AB-1", "name": "aml-workspace-connection", "type": "azurerm"}
    ]
    there.answers["authorizedresources"] = [
        {"type": "variablegroup", "id": "48", "authorized": True},
        {"type": "endpoint", "id": "ab-1", "authorized": True},
    ]
    facts = collect()
    assert not isinstance(facts.variable_groups, Unavailable)
    assert not isinstance(facts.service_connections, Unavailable)
    assert facts.variable_groups[0].access == Access(all_pipelines=True)
    assert facts.service_connections[0].access == Access(all_pipelines=True)
    assert not [path for path in there.asked if path.startswith("permissions")]


def test_what_is_not_open_is_asked_for_by_itself(there: FakeOrganization) -> None:
    there.answers["variablegroups"] = [{"id": 48, "name": "devopsforai-aml-vg"}]
    there.answers["authorizedresources"] = [
        {"type": "variablegroup", "id": "48", "authorized": False}
    ]
    there.answers["pipelinepermissions/variablegroup/48"] = {
        "resource": {"type": "variablegroup", "id": "48"},
        "pipelines": [{"id": 11, "authorized": True}, {"id": 12, "authorized": False}],
    }
    groups = collect().variable_groups
    assert not isinstance(groups, Unavailable)
    assert groups[0].access == Access(all_pipelines=False, pipeline_ids=(11,))


def test_access_that_cannot_be_seen_is_not_taken_for_closed(there: FakeOrganization) -> None:
    there.answers["variablegroups"] = [{"id": 48, "name": "devopsforai-aml-vg"}]
    there.answers["authorizedresources"] = Reply(403)
    there.answers["pipelinepermissions/variablegroup/48"] = Reply(403)
    groups = collect().variable_groups
    assert not isinstance(groups, Unavailable)
    assert isinstance(groups[0].access, Unavailable)


def test_reads_a_connection_in_any_letter_case(there: FakeOrganization) -> None:
    scope = (
        "/subscriptions/S-1/resourcegroups/User4AML/providers"
        "/Microsoft.MachineLearningServices/workspaces/user4aml"
    )
    there.answers["endpoints"] = [
        {
            "id": "e",
            "name": "other",
            "type": "AzureRM",
            "isReady": False,
            "data": {"SCOPELEVEL": "AzureMLWorkspace", "creationmode": "Manual", "x": None},
            "authorization": {"scheme": "ServicePrincipal", "parameters": {"Scope": scope}},
            "operationStatus": {"State": "Failed", "statusMessage": "Forbidden", "errorCode": None},
        },
        {"id": "f", "name": "bare", "type": "github"},
    ]
    connections = collect().service_connections
    assert not isinstance(connections, Unavailable)
    connection = connections[0]
    assert (connection.type, connection.scope_level, connection.creation_mode) == (
        "azurerm",
        "AzureMLWorkspace",
        "Manual",
    )
    assert (connection.subscription_id, connection.resource_group, connection.workspace) == (
        "S-1",
        "User4AML",
        "user4aml",
    )
    assert (connection.is_ready, connection.state, connection.status_message) == (
        False,
        "Failed",
        "Forbidden",
    )
    assert (connections[1].scheme, connections[1].state, connections[1].access) == ("", "", None)


def test_asks_for_half_made_connections_too(there: FakeOrganization) -> None:
    there.answers["endpoints"] = lambda query: as_json(
        {"value": [{"id": str(query), "name": "x", "type": "azurerm"}]}
    )
    connections = collect().service_connections
    assert not isinstance(connections, Unavailable)
    assert connections[0].id == "{'includeFailed': 'true'}"


# --- pipelines and runs ---------------------------------------------------------------------------


def test_no_pipeline_that_matters_means_no_runs_and_no_request(there: FakeOrganization) -> None:
    there.answers["definitions"] = [OTHER]
    facts = collect()
    assert facts.runs == ()
    assert "builds" not in there.asked
    assert not isinstance(facts.pipelines, Unavailable)
    assert (facts.pipelines[0].process_type, facts.pipelines[0].yaml_path) == (1, "")


def test_unseen_pipelines_leave_the_runs_unseen(there: FakeOrganization) -> None:
    there.answers["definitions"] = Reply(403)
    facts = collect()
    assert isinstance(facts.pipelines, Unavailable)
    assert facts.runs == facts.pipelines


def test_unseen_runs_and_artifacts_are_no_absence(there: FakeOrganization) -> None:
    there.answers["definitions"] = [CI]
    there.answers["builds"] = Reply(403)
    assert isinstance(collect().runs, Unavailable)
    there.answers["builds"] = [build(5)]
    there.answers["builds/5/artifacts"] = Reply(403)
    assert isinstance(runs_of(collect())[5].artifacts, Unavailable)


def test_details_of_the_newest_three_succeeded_runs_are_collected(there: FakeOrganization) -> None:
    there.answers["definitions"] = [CI | {"name": "renamed"}, OTHER]
    there.answers["builds"] = in_pages(
        [build(7, result="failed"), build(6), build(1)], [build(5), build(4)]
    )
    for number in (1, 4, 5, 6):
        there.answers[f"builds/{number}/timeline"] = {"records": []}
        there.answers[f"builds/{number}/artifacts"] = [{"id": 1, "name": "model"}]
    runs = runs_of(collect())
    assert list(runs) == [7, 6, 5, 4, 1]
    artifacts = {number: run.artifacts for number, run in runs.items() if run.stages is not None}
    assert artifacts == dict.fromkeys([6, 5, 4], ("model",))
    assert (runs[6].commit, runs[6].requested_for) == ("abc", "dana@example.com")
    assert runs[6].queued_at is not None
    assert runs[6].queued_at.isoformat() == "2026-11-20T10:06:00.123456+00:00"


def test_where_none_succeeded_the_newest_completed_run_says_why(there: FakeOrganization) -> None:
    there.answers["definitions"] = [CI]
    going = {"status": "inProgress", "result": None}
    there.answers["builds"] = [
        build(9, **going),
        build(8, result="failed"),
        build(7, result="canceled"),
    ]
    there.answers["builds/8/timeline"] = {"records": [record("Stage", "s", result="failed")]}
    runs = runs_of(collect())
    assert runs[8].stages[0].result == "failed"
    assert (runs[8].upstream, runs[8].artifacts) == (None, None)
    assert (runs[9].stages, runs[9].result, runs[7].stages) == (None, None, None)


def deployment(**results: str) -> dict[str, Any]:
    """A CD run's timeline: its two stages, and the two tasks that deploy."""
    aci, aks = results.get("aci", "succeeded"), results.get("aks", "skipped")
    records = [
        record("Stage", "Deploy_ACI", result=aci),
        record("Phase", "Deploy_ACI.Deploy_ACI", "Deploy_ACI", result=aci),
        record("Job", "Deploy_ACI.Deploy_ACI.__default", "Deploy_ACI.Deploy_ACI", result=aci),
        record("Stage", "Deploy_AKS", result=aks),
    ]
    tasks = ("Deploy to ACI (CLI)", "Smoke test")
    job = "Deploy_ACI.Deploy_ACI.__default"
    records += [record("Task", task, job, name=task, result=aci) for task in tasks]
    return {"records": records}


def test_a_cd_run_that_deployed_is_found_behind_those_that_did_not(there: FakeOrganization) -> None:
    """It failed at Kubernetes, which the lab does not ask for; later and earlier runs hide it."""
    there.answers["definitions"] = [CD]
    there.answers["builds"] = [
        build(9, 12, result="canceled"),
        build(8, 12, result="failed"),
        build(7, 12),
        build(6, 12, result="failed"),
        build(5, 12, result="failed"),
    ]
    there.answers["builds/9/timeline"] = deployment(aci="canceled")
    there.answers["builds/8/timeline"] = deployment(aks="failed")
    there.answers["builds/7/timeline"] = deployment(aci="skipped")
    there.answers["builds/6/timeline"] = deployment(aci="failed")
    version = {"pipeline": {"id": 11}, "version": "2026.6"}
    for run in (7, 8):
        resources = {"pipelines": {"model-train-ci": version}}
        there.answers[f"12/runs/{run}"] = {"id": run, "resources": resources}
    runs = runs_of(collect())
    assert [stage.result for stage in runs[8].stages] == ["succeeded", "failed"]
    assert runs[8].upstream == (UpstreamRun("model-train-ci", 11, "2026.6"),)
    assert (runs[9].upstream, runs[6].upstream, runs[5].stages) == (None, None, None)


def test_failed_cd_runs_are_left_alone_where_one_deployed(there: FakeOrganization) -> None:
    there.answers["definitions"] = [CD]
    there.answers["builds"] = [build(9, 12, result="failed"), build(8, 12)]
    there.answers["builds/8/timeline"] = deployment()
    there.answers["12/runs/8"] = {"id": 8, "resources": {}}
    runs = runs_of(collect())
    assert (runs[9].stages, len(runs[8].stages)) == (None, 2)


def test_a_run_that_could_not_be_queued_has_no_stages(there: FakeOrganization) -> None:
    there.answers["definitions"] = [CI]
    problem = {"result": "error", "message": "The pipeline is not valid."}
    there.answers["builds"] = [
        build(5, result="failed", startTime=None, validationResults=[problem])
    ]
    run = runs_of(collect())[5]
    assert (run.stages, run.problems) == ((), ("The pipeline is not valid.",))
    assert "builds/5/timeline" not in there.asked


@pytest.mark.parametrize("reply", [Reply(200, b""), as_json(None), Reply(404), Reply(500)])
def test_an_unseen_timeline_is_not_an_empty_one(there: FakeOrganization, reply: Reply) -> None:
    there.answers["definitions"] = [CI]
    there.answers["builds"] = [build(5)]
    there.answers["builds/5/timeline"] = reply
    there.answers["builds/5/artifacts"] = []
    run = runs_of(collect())[5]
    assert isinstance(run.stages, Unavailable)
    assert run.artifacts == ()


def test_a_timeline_becomes_the_latest_attempt_of_stages_jobs_and_tasks(
    there: FakeOrganization,
) -> None:
    there.answers["definitions"] = [CI]
    there.answers["builds"] = [build(5)]
    there.answers["builds/5/artifacts"] = []
    there.answers["builds/5/timeline"] = {
        "records": [
            record("Task", "t2", "job-2", order=2, result="failed"),
            record("Task", "t1", "job-2", order=1),
            record("Task", "old", "job-1"),
            record("Job", "job-2", "phase-2", identifier="S.P.J", attempt=2, name="Build"),
            record("Job", "job-1", "phase-1", identifier="S.P.J", result="failed"),
            record("Phase", "phase-1", "stage-1", identifier="S.P", result="failed"),
            record("Phase", "phase-2", "stage-2", identifier="S.P", attempt=2),
            record("Phase", "never", "stage-2", identifier="S.N", order=2, result="skipped"),
            record("Checkpoint", "c", "stage-2"),
            record("Stage", "later", identifier="T", order=2, result="skipped"),
            record("Stage", "stage-2", identifier="S", attempt=2, refName="Model_CI"),
            record("Stage", "stage-1", identifier="S", result="failed", refName="Model_CI"),
        ]
    }
    stages = runs_of(collect())[5].stages
    assert [(stage.identifier, stage.result, stage.attempt) for stage in stages] == [
        ("Model_CI", "succeeded", 2),
        ("T", "skipped", 1),
    ]
    built, never = stages[0].jobs
    assert (built.name, [task.name for task in built.tasks]) == ("Build", ["t1", "t2"])
    assert never == Job("never", "completed", "skipped")
    assert stages[1].jobs == ()


# --- how it asks ----------------------------------------------------------------------------------


def test_nine_requests_for_a_learner_who_followed_the_lab(there: FakeOrganization) -> None:
    there.answers |= {
        "variablegroups": [{"id": 48, "name": LAB.variable_group}],
        "endpoints": [{"id": "e", "name": LAB.service_connection, "type": "azurerm"}],
        "authorizedresources": [
            {"type": "variablegroup", "id": "48", "authorized": True},
            {"type": "endpoint", "id": "e", "authorized": True},
        ],
        "definitions": [CI, CD],
        "builds": [build(6, 12), build(5)],
        "builds/5/timeline": {"records": []},
        "builds/5/artifacts": [],
        "builds/6/timeline": {"records": []},
        "12/runs/6": {"id": 6, "resources": {"repositories": {}}},
    }
    sightings: list[Sighting] = []
    facts = collect(sightings)
    assert not any(isinstance(part, Unavailable) for part in vars(facts).values())
    assert len(there.asked) == 1 + 9
    assert len(sightings) == 1 + 9
    assert runs_of(facts)[6].upstream == ()


def test_signs_with_the_pat_or_a_fresh_token_whatever_netrc_says(
    wire: Loopback, there: FakeOrganization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert there
    netrc = tmp_path / "netrc"
    netrc.write_text("machine dev.azure.com login learner password other")
    monkeypatch.setenv("NETRC", str(netrc))
    collect()
    entra = Entra()
    AzureDevOps("org", SignIn(entra, "g")).look_at(LAB, [])
    used = [headers["Authorization"] for _, _, headers in wire.requests]
    with_pat = "Basic " + base64.b64encode(b":pat").decode()
    assert with_pat in used
    assert {header.partition(" ")[0] for header in used} == {"Basic", "Bearer"}
    assert all(header == with_pat or header.startswith("Bearer entra-") for header in used)
    assert set(entra.scopes) == {AZURE_DEVOPS_SCOPE}


def test_a_cookie_of_one_answer_goes_with_no_other_request(
    wire: Loopback, there: FakeOrganization
) -> None:
    def with_cookie(method: str, url: str) -> Reply:
        reply = there(method, url)
        cookie = {"Set-Cookie": "who=dana; Domain=dev.azure.com; Path=/"}
        return replace(reply, headers=reply.headers | cookie)

    wire.replies[:] = [with_cookie]
    azure_devops = AzureDevOps("org", SignIn(Entra(), "g", "pat"))
    azure_devops.look_at(LAB, [])
    assert len(wire.requests) > 1
    assert not [headers for _, _, headers in wire.requests if "Cookie" in headers]


def test_leaves_nothing_in_the_users_home(tmp_path: Path) -> None:
    code = "import os, graders.services.azure_devops.project;"
    code += "print(os.environ.get('AZURE_DEVOPS_CACHE_DIR'))"
    homes = dict.fromkeys(("HOME", "USERPROFILE"), str(tmp_path))
    completed = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=os.environ | homes,
        capture_output=True,
        text=True,
        check=True,
    )
    assert completed.stdout.strip() == "None"
    assert list(tmp_path.iterdir()) == []

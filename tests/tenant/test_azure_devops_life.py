"""What people do to runs and projects, as the simulated Azure DevOps shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from fixtures.simulator.model_answer import model_answer
from fixtures.simulator.wire.azure_devops.outcomes import outcomes
from fixtures.simulator.world import LearnerWorld
from tests.support.bare_azure_devops import BareClient
from tests.support.served_tenant import lab, serving, tenant_of

DELETED, NO_AGENT, WARNED, RENAMED, TAKEN, CLASSIC, SILENT = 1, 2, 3, 4, 5, 6, 7
JOB = "Model_CI/Model CI Pipeline"


def _delete(world: LearnerWorld) -> None:
    world.runs[1].deleted = True


def _no_agent(world: LearnerWorld) -> None:
    ci = world.runs[1]
    ci.result, ci.no_agent, ci.errors = "failed", [JOB], {JOB: "No hosted parallelism."}


def _warn(world: LearnerWorld) -> None:
    ci = world.runs[1]
    ci.warnings = {"Model_CI": "One.\nTwo.", f"{JOB}/Run unit tests": "Three."}
    ci.errors = {f"{JOB}/Run unit tests": "Four."}
    ci.tags, ci.keep_forever, ci.retained_by_release = ["lab"], False, True


def _rename(world: LearnerWorld) -> None:
    world.project.former_names = ["Old name", "AE MLOps 05"]


def _classic(world: LearnerWorld) -> None:
    world.pipelines[1].process_type = 1


def _silent(world: LearnerWorld) -> None:
    world.runs[0].names_resources = False


@pytest.fixture(scope="module")
def bare() -> Iterator[BareClient]:
    changes = {
        DELETED: _delete,
        NO_AGENT: _no_agent,
        WARNED: _warn,
        RENAMED: _rename,
        CLASSIC: _classic,
        SILENT: _silent,
    }
    with serving(tenant_of(7, changes)) as served:
        yield BareClient.of(served)


def _records(bare: BareClient, number: int, run: int) -> dict[tuple[str, str], Any]:
    body = bare.of_project(number, f"build/builds/{run}/timeline").json()
    return {(record["type"], record["name"]): record for record in body["records"]}


# --- deleted and kept -----------------------------------------------------------------------------


def test_a_deleted_run_is_shown_to_those_who_ask(bare: BareClient) -> None:
    cd, ci = bare.served.world(DELETED).runs

    def ids(query: str) -> list[int]:
        return [run["id"] for run in bare.values(DELETED, f"build/builds{query}")]

    assert ids("") == [cd.id]
    assert ids("?deletedFilter=onlyDeleted") == [ci.id]
    assert ids("?deletedFilter=includeDeleted") == [cd.id, ci.id]
    alone = bare.of_project(DELETED, f"build/builds/{ci.id}").json()
    assert alone["deleted"] is True
    assert "deleted" not in bare.of_project(DELETED, f"build/builds/{cd.id}").json()


def test_what_was_in_a_deleted_run_is_gone_and_its_use_of_the_connection_stays(
    bare: BareClient,
) -> None:
    world = bare.served.world(DELETED)
    ci = world.runs[1]
    for path in ("timeline", "artifacts", "logs", "logs/1"):
        assert bare.of_project(DELETED, f"build/builds/{ci.id}/{path}").status_code == 404
    assert bare.values(DELETED, f"pipelines/{ci.pipeline}/runs") == []
    connection = world.service_connections[1].id
    uses = bare.values(DELETED, f"serviceendpoint/{connection}/executionhistory")
    assert [use["data"]["owner"]["id"] for use in uses] == [run.id for run in world.runs]


def test_how_a_run_is_kept_and_tagged(bare: BareClient) -> None:
    ci = bare.served.world(WARNED).runs[1]
    body = bare.of_project(WARNED, f"build/builds/{ci.id}").json()
    kept = (body["keepForever"], body["retainedByRelease"], body["tags"])
    assert kept == (False, True, ["lab"])


# --- messages, and jobs without an agent ----------------------------------------------------------


def test_records_have_their_messages(bare: BareClient) -> None:
    records = _records(bare, WARNED, bare.served.world(WARNED).runs[1].id)
    stage, task = records["Stage", "Model CI"], records["Task", "Run unit tests"]
    assert [(issue["type"], issue["message"]) for issue in stage["issues"]] == [
        ("warning", "One."),
        ("warning", "Two."),
    ]
    assert (stage["errorCount"], stage["warningCount"]) == (0, 2)
    assert (task["errorCount"], task["warningCount"]) == (1, 1)
    assert "issues" not in records["Job", "Model CI Pipeline"]


def test_a_job_without_an_agent_has_a_message_and_no_task(bare: BareClient) -> None:
    ci = bare.served.world(NO_AGENT).runs[1]
    records = _records(bare, NO_AGENT, ci.id)
    job = records["Job", "Model CI Pipeline"]
    assert (job["result"], job["issues"][0]["message"]) == ("failed", "No hosted parallelism.")
    assert (job["workerName"], job["log"]) == (None, None)
    assert records["Stage", "Model CI"]["result"] == "failed"
    assert records["Stage", "Train and evaluate model"]["result"] == "skipped"
    assert not [kind for kind, _ in records if kind == "Task"]
    connection = bare.served.world(NO_AGENT).service_connections[1].id
    uses = bare.values(NO_AGENT, f"serviceendpoint/{connection}/executionhistory")
    assert ci.id not in [use["data"]["owner"]["id"] for use in uses]


@pytest.mark.parametrize("field", ["errors", "warnings", "no_agent"])
def test_a_message_of_what_does_not_exist_is_no_world(field: str) -> None:
    run = model_answer(lab(1)).runs[1]
    value = ["Model_CI/x"] if field == "no_agent" else {"Model_CI/x": "Oh."}
    with pytest.raises(ValueError, match="Model_CI/x"):
        outcomes(replace(run, **{field: value}))


# --- projects and pipelines -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["AE MLOps 04", "Old name", "OLD NAME", "{id}"])
def test_a_renamed_project_is_found_by_its_names_and_its_id(bare: BareClient, name: str) -> None:
    project = bare.served.world(RENAMED).project
    runs = bare.get(f"{name.format(id=project.id)}/_apis/build/builds").json()["value"]
    assert {run["project"]["id"] for run in runs} == {project.id}
    assert {run["project"]["name"] for run in runs} == {"AE MLOps 04"}


def test_a_former_name_of_the_project_itself_needs_its_history(bare: BareClient) -> None:
    project = bare.served.world(RENAMED).project
    assert bare.get("_apis/projects/Old name").status_code == 404
    found = bare.get("_apis/projects/Old name?includeHistory=true").json()
    assert (found["id"], found["name"]) == (project.id, project.name)


def test_a_name_that_another_project_has_now_is_that_projects(bare: BareClient) -> None:
    assert bare.get("_apis/projects/AE MLOps 05").json()["id"] == (
        bare.served.world(TAKEN).project.id
    )


def test_a_classic_pipeline_has_no_yaml_file(bare: BareClient) -> None:
    listed = bare.values(CLASSIC, "build/definitions?includeAllProperties=true")
    processes = {one["id"]: one["process"] for one in listed}
    assert processes[62] == {"phases": [], "type": 1}
    assert set(processes[63]) == {"yamlFilename", "type"}


def test_a_run_may_say_nothing_of_what_it_consumed(bare: BareClient) -> None:
    cd, ci = bare.served.world(SILENT).runs
    silent = bare.of_project(SILENT, f"pipelines/{cd.pipeline}/runs/{cd.id}").json()
    assert "resources" not in silent
    assert "resources" in bare.of_project(SILENT, f"pipelines/{ci.pipeline}/runs/{ci.id}").json()

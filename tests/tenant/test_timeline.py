"""The timeline of a simulated run as the service's flat records, read by Microsoft's own SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msrest.authentication import BasicAuthentication

from fixtures.simulator.world import LearnerWorld
from graders.services.azure_devops import client  # noqa: F401 (switches the SDK's disk cache off)
from tests.support.served_tenant import ORGANIZATION, Served, serving, tenant_of

MODEL_ANSWER, RETRIED = 1, 2
SKIPPED_JOB = "Trigger ML Training Pipeline"


def _retry(world: LearnerWorld) -> None:
    cd, ci = world.runs
    cd.attempt = 2
    ci.results = {f"Trigger_AML_Pipeline/{SKIPPED_JOB}": "skipped"}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(tenant_of(2, {RETRIED: _retry})) as served:
        yield served


@pytest.fixture(scope="module")
def builds(served: Served) -> Any:
    from azure.devops.connection import Connection  # late: its disk cache is off by now

    signature = BasicAuthentication("", served.tenant.ids.azure_devops_pat)
    connection = Connection(base_url=f"https://dev.azure.com/{ORGANIZATION}", creds=signature)
    return connection.clients_v7_1.get_build_client()


def _records(builds: Any, served: Served, number: int, yaml: str) -> list[Any]:
    world = served.world(number)
    run = next(run for run in world.runs if run.yaml == yaml)
    records: list[Any] = builds.get_build_timeline(world.project.name, run.id).records
    return records


def test_records_are_stages_phases_jobs_and_tasks(builds: Any, served: Served) -> None:
    records = _records(builds, served, MODEL_ANSWER, "ci")

    by_id = {record.id: record for record in records}
    stages = [record for record in records if record.type == "Stage"]
    assert {stage.identifier: stage.result for stage in stages} == {
        "Model_CI": "succeeded",
        "Trigger_AML_Pipeline": "succeeded",
    }
    task = next(
        record for record in records if record.name == "Publish Azure Machine Learning Pipeline"
    )
    lineage = [task]
    while lineage[-1].parent_id:
        lineage.append(by_id[lineage[-1].parent_id])
    assert [record.type for record in lineage] == ["Task", "Job", "Phase", "Stage"]
    assert len([record for record in records if record.type == "Job"]) == 4


def test_between_the_labs_tasks_are_others(builds: Any, served: Served) -> None:
    records = _records(builds, served, MODEL_ANSWER, "ci")
    assert {"Initialize job", "Finalize Job"} <= {record.name for record in records}
    assert any(record.type.startswith("Checkpoint") for record in records)


def test_records_come_in_no_order(builds: Any, served: Served) -> None:
    records = _records(builds, served, MODEL_ANSWER, "ci")
    rank = {record.id: place for place, record in enumerate(records)}
    children = [record for record in records if record.parent_id]
    assert {rank[record.parent_id] < rank[record.id] for record in children} == {True, False}


def test_a_skipped_stage_has_its_stage_record_alone(builds: Any, served: Served) -> None:
    records = _records(builds, served, MODEL_ANSWER, "cd")
    [skipped] = [record for record in records if record.identifier == "Deploy_AKS"]
    assert (skipped.type, skipped.result) == ("Stage", "skipped")
    assert [record for record in records if record.parent_id == skipped.id] == []


def test_a_skipped_job_has_its_phase_record_alone(builds: Any, served: Served) -> None:
    records = _records(builds, served, RETRIED, "ci")
    [skipped] = [record for record in records if record.name == SKIPPED_JOB]
    assert (skipped.type, skipped.result) == ("Phase", "skipped")


def test_a_retried_stage_shows_its_latest_attempt(builds: Any, served: Served) -> None:
    records = _records(builds, served, RETRIED, "cd")
    [stage] = [record for record in records if record.identifier == "Deploy_ACI"]
    assert (stage.type, stage.attempt) == ("Stage", 2)
    assert [attempt.attempt for attempt in stage.previous_attempts] == [1]
    [skipped] = [record for record in records if record.identifier == "Deploy_AKS"]
    assert skipped.attempt == 1

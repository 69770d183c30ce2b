"""What happens inside a simulated run: what a world says of it, and what follows from that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fixtures.simulator.wire.azure_devops.outcomes import outcomes
from fixtures.simulator.world import Run

STARTED = datetime(2026, 11, 20, 13, 15, tzinfo=UTC)
TRAINING = "Trigger_AML_Pipeline"
INVOCATION = f"{TRAINING}/Trigger ML Training Pipeline"
REPORT = f"{TRAINING}/Publish artifact if new model was registered"


def _run(yaml: str, **changes: Any) -> Run:
    return Run(1, "20261120.1", 2, yaml, STARTED, STARTED + timedelta(minutes=20), **changes)


def _results(run: Run) -> dict[str, str]:
    """Path -> result, of stages, jobs and the lab's own tasks."""
    by_path: dict[str, str] = {}
    for stage in outcomes(run):
        by_path[stage.plan.identifier] = stage.result
        for job in stage.jobs:
            by_path[f"{stage.plan.identifier}/{job.plan.name}"] = job.result
            for name, result in job.tasks:
                by_path[f"{stage.plan.identifier}/{job.plan.name}/{name}"] = result
    return by_path


def test_after_a_failed_task_the_rest_is_skipped() -> None:
    job = "Model_CI/Model CI Pipeline"
    given = {f"{job}/Run unit tests": "failed"}

    results = _results(_run("ci", result="failed", results=given))

    assert results[f"{job}/Run lint tests"] == "succeeded"
    assert results[f"{job}/Publish coverage report"] == "skipped"
    assert (results[job], results["Model_CI"]) == ("failed", "failed")
    assert results[TRAINING] == "skipped"


def test_the_report_job_runs_even_after_a_failure() -> None:
    given = {INVOCATION: "canceled"}

    results = _results(_run("ci", result="failed", results=given))

    assert results[f"{INVOCATION}/Invoke ML pipeline"] == "canceled"
    assert results[REPORT] == "succeeded"
    assert results[TRAINING] == "canceled"


def test_a_failed_run_failed_somewhere() -> None:
    results = _results(_run("cd", result="failed"))
    assert results["Deploy_ACI/Deploy to ACI/Smoke test"] == "failed"
    assert (results["Deploy_ACI"], results["Deploy_AKS"]) == ("failed", "skipped")


def test_what_is_missing_has_no_record() -> None:
    task = "Deploy_ACI/Deploy to ACI/Smoke test"
    results = _results(_run("cd", missing=[task]))
    assert task not in results
    assert results["Deploy_ACI"] == "succeeded"


def test_a_run_under_way_is_pending_from_where_it_is() -> None:
    results = _results(_run("ci", status="inProgress", result=None))
    assert results["Model_CI"] == "succeeded"
    assert results[TRAINING] == results[INVOCATION] == "inProgress"
    assert results[REPORT] == "pending"


def test_a_run_that_could_not_be_queued_has_no_records() -> None:
    run = _run("cd", result="failed", problems=["Unable to resolve latest version"])
    assert outcomes(run) == ()


@pytest.mark.parametrize(
    "changes", [{"results": {"Deploy_ACS": "failed"}}, {"missing": ["Model_CI"]}]
)
def test_changes_of_what_the_yaml_does_not_have_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="does not have"):
        outcomes(_run("cd", **changes))

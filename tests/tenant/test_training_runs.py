"""Training runs as Azure ML writes them, and what the graders read of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests

from fixtures.simulator.wire.azure_ml.framing import workspace_id
from fixtures.simulator.world import LearnerWorld
from graders.evidence import TrainingRun
from graders.services.azure_ml.run_history import training_runs
from graders.services.cloud import Cloud
from graders.services.http.transport import ReadOnlyTransport
from graders.services.sign_in import SignIn
from tests.support.fault_matrix import QUICK
from tests.support.served_bodies import credentials
from tests.support.served_tenant import Served, lab, serving, tenant_of

MODEL_ANSWER, RETAGGED, OF_A_SCRIPT, REUSED = range(1, 5)
OTHER = "0f0f0f0f-0000-4000-8000-00000000000a"
EARLIER = "0e0e0e0e-0000-4000-8000-00000000000b"


def retagged(world: LearnerWorld) -> None:
    """Another pipeline's run, which got the tag of the lab's pipeline by hand."""
    run = world.training_runs[0]
    run.tags["azureml.pipelineid"], run.pipeline = run.pipeline, OTHER


def of_a_script(world: LearnerWorld) -> None:
    world.training_runs[0] = replace(world.training_runs[0], pipeline="", steps={})


def reused(world: LearnerWorld) -> None:
    run = world.training_runs[0]
    run.reused = {next(iter(run.steps)): EARLIER}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    changes = {RETAGGED: retagged, OF_A_SCRIPT: of_a_script, REUSED: reused}
    with serving(tenant_of(4, changes)) as served:
        yield served


def runs(served: Served, number: int) -> list[dict[str, dict[str, str]]]:
    place = workspace_id(served.world(number).workspace)
    url = f"https://centralus.experiments.azureml.net/history/v1.0{place}/experiments/mlopspython"
    token = {"Authorization": "Bearer " + served.token("https://management.azure.com")}
    answer = requests.post(f"{url}/runs:query", json={}, headers=token, timeout=30)
    return list(answer.json()["value"])


def read(served: Served, number: int) -> TrainingRun:
    with ReadOnlyTransport(QUICK) as transport:
        cloud = Cloud(SignIn.from_environment(credentials(served.tenant)), transport)
        cloud.prepare([lab(number)])
        evidence = cloud.look_at(lab(number))
    assert isinstance(evidence.training_runs, tuple)
    (run,) = evidence.training_runs
    return run


def test_a_pipelines_run_names_its_pipeline_in_tags_and_properties(served: Served) -> None:
    own = served.world(MODEL_ANSWER).training_runs[0]
    run = runs(served, MODEL_ANSWER)[0]
    assert run["runType"] == run["properties"]["azureml.runsource"] == "azureml.PipelineRun"
    assert run["properties"]["runType"] == run["properties"]["runSource"] == "HTTP"
    assert run["properties"]["azureml.pipelineid"] == own.pipeline
    assert run["tags"]["azureml.pipelineid"] == own.pipeline
    assert run["tags"]["azureml.pipelineComponent"] == "pipelinerun"
    assert own.tags.items() < run["tags"].items()


def test_a_steps_run_names_its_pipeline_run_and_its_node(served: Served) -> None:
    parent, *steps = runs(served, MODEL_ANSWER)
    nodes = {step["tags"]["azureml.nodeid"] for step in steps}
    assert len(steps) == len(nodes) == 3
    for step in steps:
        assert step["tags"]["azureml.pipeline"] == parent["runId"]
        assert step["properties"]["azureml.runsource"] == "azureml.StepRun"
        assert "azureml.reusedrunid" not in step["properties"]


def test_a_reused_step_names_where_its_result_is_from(served: Served) -> None:
    _, first, *others = runs(served, REUSED)
    assert first["properties"]["azureml.reusedpipeline"] == EARLIER
    assert {"azureml.reusedrunid", "azureml.reusednodeid"} < first["properties"].keys()
    assert not [step for step in others if "azureml.reusedpipeline" in step["properties"]]


@pytest.mark.parametrize(
    ("number", "pipeline"), [(MODEL_ANSWER, None), (RETAGGED, OTHER), (OF_A_SCRIPT, "")]
)
def test_the_graders_believe_the_property_and_not_the_tag(
    served: Served, number: int, pipeline: str | None
) -> None:
    wanted = served.world(number).training_runs[0].pipeline if pipeline is None else pipeline
    run = read(served, number)
    assert run.pipeline_id == wanted
    assert run.is_completed


@pytest.mark.parametrize("properties", [None, {}, [], {"azureml.pipelineid": None}])
def test_a_run_without_that_property_is_of_no_pipeline(properties: object) -> None:
    entry = {"runId": "r", "status": "Completed", "properties": properties}
    (run,) = training_runs([entry])
    assert run.pipeline_id == ""
    assert TrainingRun("r", "Completed", {}).pipeline_id is None

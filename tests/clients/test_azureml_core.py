"""Microsoft's SDK of the first generation, as it is, reads what the lab left behind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from fixtures.simulator.process import SimulatedTenant
from fixtures.simulator.state import LearnerWorld
from graders.lab import Lab
from tests.clients.truth import Truth

CLIENT = "azureml-core"

core = pytest.importorskip("azureml.core", reason="azureml-core is not installed: make clients")
QUERY = {"data": [list(range(1, 11)), list(range(10, 0, -1))]}


@pytest.fixture(scope="module")
def workspace(tenant: SimulatedTenant, environment: Mapping[str, str], lab: Lab) -> Iterator[Any]:
    from azureml.core.authentication import ServicePrincipalAuthentication

    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        given = tenant.credentials
        sign_in = ServicePrincipalAuthentication(
            given["tenant_id"], given["client_id"], given["client_secret"]
        )
        yield core.Workspace.get(
            lab.workspace,
            auth=sign_in,
            subscription_id=lab.subscription_id,
            resource_group=lab.resource_group,
        )


def test_the_workspace(workspace: Any, world: LearnerWorld) -> None:
    own = world.workspace
    assert (workspace.name, workspace.resource_group) == (own.name, own.resource_group)
    assert (workspace.location, workspace.subscription_id) == (own.location, own.subscription_id)


def test_the_models_with_their_tags(workspace: Any, world: LearnerWorld) -> None:
    registered = {(model.name, model.version): model.tags for model in core.Model.list(workspace)}
    assert registered == {(model.name, model.version): model.tags for model in world.models}


def test_a_model_by_its_name(workspace: Any, lab: Lab) -> None:
    model = core.Model(workspace, lab.model)
    assert (model.id, model.version) == (f"{lab.model}:1", 1)


def test_the_services(workspace: Any, lab: Lab, world: LearnerWorld) -> None:
    (service,) = core.Webservice.list(workspace)
    (own,) = world.services
    assert (service.name, service.state, service.compute_type) == (lab.endpoint, "Healthy", "ACI")
    assert service.scoring_uri == f"http://{own.scoring_host}/score"
    assert service.auth_enabled is own.auth_enabled
    assert [model.id for model in service.models] == own.models


def test_a_service_answers_a_query(workspace: Any, lab: Lab) -> None:
    answer = core.Webservice(workspace, lab.endpoint).run(json.dumps(QUERY))
    assert answer["result"] == pytest.approx([5215.198, 3726.995], rel=1e-5)


def test_the_published_pipelines(workspace: Any, world: LearnerWorld) -> None:
    pipelines = pytest.importorskip("azureml.pipeline.core", reason="make clients installs it")
    published = [
        (pipeline.id, pipeline.name, pipeline.version)
        for pipeline in pipelines.PublishedPipeline.list(workspace)
    ]
    assert published == [
        (pipeline.id, pipeline.name, pipeline.version) for pipeline in world.published_pipelines
    ]


# --- what was trained -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def experiment(workspace: Any, lab: Lab) -> Any:
    return core.Experiment.list(workspace, experiment_name=lab.experiment)[0]


def test_the_runs_of_the_published_pipeline(experiment: Any, world: LearnerWorld) -> None:
    pipelines = pytest.importorskip("azureml.pipeline.core", reason="make clients installs it")
    own = world.training_runs[0]
    (run,) = experiment.get_runs(type="azureml.PipelineRun", tags={"BuildId": own.tags["BuildId"]})
    assert isinstance(run, pipelines.PipelineRun)
    assert (run.id, run.get_status()) == (own.id, "Finished")
    assert run.get_properties()["azureml.pipelineid"] == own.pipeline
    assert run.get_tags()["azureml.pipelineid"] == own.pipeline
    assert run.get_metrics() == {name: float(value) for name, value in own.metrics.items()}


def test_the_steps_of_a_run(experiment: Any, world: LearnerWorld) -> None:
    pipelines = pytest.importorskip("azureml.pipeline.core", reason="make clients installs it")
    own = world.training_runs[0]
    steps = list(pipelines.PipelineRun(experiment, own.id).get_steps())
    assert {type(step) for step in steps} == {pipelines.StepRun}
    assert {step.id: step.display_name for step in steps} == {
        own.step_id(name): name for name in own.steps
    }
    assert {step.parent.id for step in steps} == {own.id}


def test_the_runs_by_their_pipeline(workspace: Any, world: LearnerWorld) -> None:
    pipelines = pytest.importorskip("azureml.pipeline.core", reason="make clients installs it")
    (own,) = world.training_runs
    found = pipelines.PipelineRun.get_pipeline_runs(workspace, own.pipeline)
    assert [run.id for run in found] == [own.id]


# --- lists of the class, and writing --------------------------------------------------------------


def test_the_workspaces_of_the_class(workspace: Any, truth: Truth) -> None:
    listed = core.Workspace.list(workspace.subscription_id, auth=workspace._auth_object)
    assert sorted(listed) == truth.workspaces


def test_the_experiments(workspace: Any, lab: Lab) -> None:
    assert list(workspace.experiments) == [lab.experiment]


@pytest.mark.writes(1)
def test_tagging_a_model_is_refused(workspace: Any, lab: Lab) -> None:
    from azureml.exceptions import UserErrorException

    with pytest.raises(UserErrorException, match="not authorized to access"):
        core.Model(workspace, lab.model).add_tags({"mark": "100"})


@pytest.mark.writes(2)  # it has the request looked at first
def test_deleting_a_service_is_refused(workspace: Any, lab: Lab) -> None:
    from azureml.exceptions import WebserviceException

    with pytest.raises(WebserviceException, match="Forbidden"):
        core.Webservice(workspace, lab.endpoint).delete()


@pytest.mark.writes(1)
def test_disabling_a_published_pipeline_is_refused(workspace: Any, world: LearnerWorld) -> None:
    pipelines = pytest.importorskip("azureml.pipeline.core", reason="make clients installs it")
    (own,) = world.published_pipelines
    with pytest.raises(Exception, match="no permission"):
        pipelines.PublishedPipeline.get(workspace, own.id).disable()

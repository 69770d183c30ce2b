"""Task 6: set up and run the pipeline that deploys the model."""

from graders.evidence import Deployment, Model, Pipeline, Run, Stage, UpstreamRun
from graders.judging import rules
from graders.judging.named import NamedResources
from graders.lab import Lab
from graders.rubric import check


@check(
    step="6.9",
    points=2,
    hint="Rename {near_miss} to `{lab.cd_pipeline}` (exact spelling, step 6.8).",
    missing="Create the CD pipeline (steps 6.2 to 6.7) and rename it to `{lab.cd_pipeline}`.",
    follows=("ci-pipeline-exists",),
)
def test_cd_pipeline_exists(pipelines: NamedResources[Pipeline], lab: Lab) -> None:
    """The project has a CD pipeline with the required name."""
    assert lab.cd_pipeline in pipelines


@check(
    step="6.6", points=1, hint="Set its YAML file path to `/{lab.cd_yaml}` (Edit > ⋮ > Settings)."
)
def test_cd_pipeline_runs_the_cd_yaml(cd_pipeline: Pipeline, lab: Lab) -> None:
    """The CD pipeline runs the repository's CD file."""
    assert cd_pipeline.yaml_file == lab.cd_yaml


@check(step="6.4", points=1, hint="Select GitHub, then `{lab.github_owner}/{lab.repositories[0]}`.")
def test_cd_pipeline_builds_the_learners_repository(cd_source: Pipeline, lab: Lab) -> None:
    """The CD pipeline builds the learner's GitHub repository."""
    assert rules.wrong_repository(cd_source, lab) == []


@check(step="6.7", points=1, hint="Pipeline > ⋮ > Settings > Enabled.")
def test_cd_pipeline_is_enabled(cd_pipeline: Pipeline) -> None:
    """The CD pipeline is enabled."""
    assert cd_pipeline.queue_status == "enabled"


@check(
    step="6.10",
    points=2,
    hint="Open the failed task's log, fix the error, and run the pipeline again.",
    follows=(
        "variable-group-is-open-to-the-pipelines",
        "variable-group-names-the-endpoint",
        "service-connection-is-open-to-the-pipelines",
        "service-connection-is-ready",
        "cd-pipeline-runs-the-cd-yaml",
        "cd-pipeline-builds-the-learners-repository",
    ),
)
def test_cd_run_succeeded(finished_cd_runs: tuple[Run, ...], lab: Lab) -> None:
    """A run of the CD pipeline succeeded."""
    assert rules.none_succeeded(finished_cd_runs, lab) == []


@check(
    step="6.12",
    points=2,
    hint="Set {variables.endpoint} to `{lab.endpoint}`, leave the YAML as it is, and run CD again.",
)
def test_cd_run_deployed_to_container_instances(
    deploying_cd_stages: tuple[Stage, ...], lab: Lab
) -> None:
    """In a successful run, the stage Deploy to ACI deployed the model and passed its smoke test."""
    assert rules.incomplete_deployment(deploying_cd_stages, lab) == []


@check(step="6.11", points=2, hint="Run CD with its default values, after CI has succeeded.")
def test_cd_run_used_the_ci_run(
    cd_upstream: tuple[UpstreamRun, ...],
    ci_pipeline: Pipeline,
    succeeded_ci_runs: tuple[Run, ...],
) -> None:
    """The successful run took the model from a successful run of the learner's CI pipeline."""
    assert rules.wrong_upstream(cd_upstream, ci_pipeline, succeeded_ci_runs) == []


@check(step="6.10", points=1, hint="Run CD on the same branch as CI, after CI has finished.")
def test_cd_run_followed_the_ci_run(cd_run: Run, succeeded_ci_runs: tuple[Run, ...]) -> None:
    """The successful run started after CI had finished, on the same branch."""
    assert rules.wrong_order(cd_run, succeeded_ci_runs) == []


@check(step="6.12", points=2, hint="Run CD again with its default values, after CI.")
def test_cd_run_deployed_the_registered_model(
    deployment: Deployment, ci_models: tuple[Model, ...], lab: Lab
) -> None:
    """The run's logs show a model version that CI registered, and a passed smoke test."""
    assert rules.deployed_otherwise(deployment, ci_models, lab) == []


@check(
    step="6.12",
    hint="Remove the {sheet.variable_group.overriding[0]}… variables from the variable group.",
)
def test_cd_run_left_kubernetes_alone(cd_stages: tuple[Stage, ...], lab: Lab) -> None:
    """The stage Deploy to AKS was skipped."""
    assert rules.kubernetes_ran(cd_stages, lab) == []

"""Task 5: set up and run the pipeline that trains and registers the model."""

from graders.evidence import (
    Model,
    ModelFile,
    Pipeline,
    PublishedPipeline,
    Repository,
    Run,
    Stage,
    TrainingRun,
)
from graders.judging import rules
from graders.judging.named import NamedResources
from graders.lab import Lab
from graders.rubric import check

WHAT_A_RUN_NEEDS = (
    "variable-group-exists",
    "variable-group-has-every-variable",
    "variables-are-plain-text",
    "values-have-no-blanks-around-them",
    "resource-group-is-the-learners",
    "workspace-name-is-the-learners",
    "variable-group-names-the-service-connection",
    "variable-group-is-open-to-the-pipelines",
    "service-connection-exists",
    "service-connection-is-scoped-to-a-workspace",
    "service-connection-reaches-the-learners-workspace",
    "service-connection-is-in-the-learners-subscription",
    "service-connection-is-ready",
    "service-connection-is-open-to-the-pipelines",
    "variable-group-names-an-existing-connection",
    "repository-has-the-essential-files",
    "pipelines-yaml-is-still-the-labs",
    "ci-pipeline-runs-the-ci-yaml",
    "ci-pipeline-builds-the-learners-repository",
)
"""What else may be wrong where no run succeeded: to be fixed before it can succeed."""


@check(
    step="5.10",
    points=3,
    hint="Rename {near_miss} to `{lab.ci_pipeline}` (exact spelling, step 5.9).",
    missing="Create the CI pipeline (steps 5.1 to 5.8) and rename it to `{lab.ci_pipeline}`.",
    follows=(
        "repository-exists",
        "repository-is-made-from-the-template",
        "repository-has-the-essential-files",
    ),
)
def test_ci_pipeline_exists(pipelines: NamedResources[Pipeline], lab: Lab) -> None:
    """The project has a CI pipeline with the required name."""
    assert lab.ci_pipeline in pipelines


@check(
    step="5.7", points=2, hint="Set its YAML file path to `/{lab.ci_yaml}` (Edit > ⋮ > Settings)."
)
def test_ci_pipeline_runs_the_ci_yaml(ci_pipeline: Pipeline, lab: Lab) -> None:
    """The CI pipeline runs the repository's CI file."""
    assert ci_pipeline.yaml_file == lab.ci_yaml


@check(step="5.5", points=2, hint="Select GitHub, then `{lab.github_owner}/{lab.repositories[0]}`.")
def test_ci_pipeline_builds_the_learners_repository(ci_source: Pipeline, lab: Lab) -> None:
    """The CI pipeline builds the learner's GitHub repository."""
    assert rules.wrong_repository(ci_source, lab) == []


@check(step="5.8", points=1, hint="Pipeline > ⋮ > Settings > Enabled.")
def test_ci_pipeline_is_enabled(ci_pipeline: Pipeline) -> None:
    """The CI pipeline is enabled."""
    assert ci_pipeline.queue_status == "enabled"


@check(step="5.11", points=2, hint="Run the pipeline and wait until it finishes.")
def test_ci_has_a_completed_run(ci_runs: tuple[Run, ...]) -> None:
    """The CI pipeline has at least one completed run."""
    assert rules.never_ran(ci_runs) == []


@check(
    step="5.12",
    points=3,
    hint="Open the failed task's log, fix the error, and run the pipeline again.",
    follows=WHAT_A_RUN_NEEDS,
)
def test_ci_run_succeeded(some_ci_runs: tuple[Run, ...], lab: Lab) -> None:
    """A run of the CI pipeline succeeded."""
    assert rules.none_succeeded(some_ci_runs, lab) == []


@check(step="5.13", points=2, hint="Run the pipeline with all its stages.")
def test_ci_run_has_every_stage_and_job(ci_stages: tuple[Stage, ...], lab: Lab) -> None:
    """In a successful run, both stages and their four jobs succeeded."""
    assert rules.incomplete_ci(ci_stages, lab) == []


@check(
    step="5.14", points=2, hint="Run the whole pipeline: it publishes the model that it registers."
)
def test_ci_run_published_the_model_artifact(whole_ci_artifacts: tuple[str, ...], lab: Lab) -> None:
    """The successful run published the artifact `model`."""
    assert lab.sheet.ci.artifacts.model in whole_ci_artifacts


@check(step="5.14", points=1, hint="Keep the last job of the CI file as it is in the template.")
def test_model_artifact_names_the_model(model_file: ModelFile, lab: Lab) -> None:
    """The artifact names a version of the lab's model."""
    assert rules.wrong_model_file(model_file, lab) == []


@check(
    step="5.11",
    points=2,
    hint="Run the pipeline on the default branch of your repository.",
    follows=("ci-pipeline-builds-the-learners-repository",),
)
def test_ci_run_built_a_commit_of_the_repository(
    located_ci_run: Run, ci_pipeline: Pipeline, repository: Repository, lab: Lab
) -> None:
    """The successful run built a commit of the repository's default branch."""
    assert rules.foreign_commit(located_ci_run, repository, lab, ci_pipeline) == []


@check(
    step="5.15",
    points=2,
    hint="Open the training run in the studio, fix the error, and run CI again.",
)
def test_training_run_completed(
    training_runs: tuple[TrainingRun, ...], succeeded_ci_runs: tuple[Run, ...], lab: Lab
) -> None:
    """The training run started by CI has completed."""
    assert rules.untrained(training_runs, succeeded_ci_runs, lab) == []


@check(step="5.17", points=2, hint="Run CI again, and leave the published pipeline enabled.")
def test_training_pipeline_is_published(
    published_pipelines: NamedResources[PublishedPipeline], lab: Lab
) -> None:
    """The workspace has the published training pipeline, and it is active."""
    assert lab.training_pipeline in published_pipelines


@check(step="5.17", points=2, hint="Run all of CI again: it publishes its own training pipeline.")
def test_training_pipeline_is_published_by_the_ci_run(
    training_pipelines: tuple[PublishedPipeline, ...], succeeded_ci_runs: tuple[Run, ...]
) -> None:
    """A successful CI run published exactly one version of the training pipeline."""
    assert rules.wrongly_published(training_pipelines, succeeded_ci_runs) == []


@check(step="5.18", points=2, hint="Let a CI run finish: it registers the model.")
def test_model_is_registered(registered_models: NamedResources[Model], lab: Lab) -> None:
    """The workspace has the registered model."""
    assert lab.model in registered_models


@check(step="5.18", points=3, hint="Run CI in your own project: it registers the model.")
def test_model_is_registered_by_the_ci_run(
    models: tuple[Model, ...], succeeded_ci_runs: tuple[Run, ...], lab: Lab
) -> None:
    """A successful CI run of this project registered a version of the model."""
    assert rules.unlinked_models(models, succeeded_ci_runs, lab) == []


@check(
    step="5.18", points=1, hint="Run CI again, and don't change what it registers and publishes."
)
def test_model_artifact_is_the_registered_version(
    sound_model_file: ModelFile, ci_models: tuple[Model, ...], ci_run: Run, lab: Lab
) -> None:
    """The artifact names the model version that the same run registered."""
    assert rules.not_the_registered_version(sound_model_file, ci_models, ci_run, lab) == []


@check(step="5.15", hint="Use the template's pipeline: it trains, evaluates and registers.")
def test_training_run_has_every_step(
    measured_training_runs: tuple[TrainingRun, ...],
    succeeded_ci_runs: tuple[Run, ...],
    models: tuple[Model, ...],
    lab: Lab,
) -> None:
    """The training run's three steps completed, and its error matches the registered model's."""
    assert rules.incomplete_training(measured_training_runs, succeeded_ci_runs, models, lab) == []


@check(step="5.13", hint="Undo the change that made lint or unit tests fail.")
def test_ci_run_passed_its_tests(ci_stages: tuple[Stage, ...], lab: Lab) -> None:
    """Lint and unit tests passed in the successful run."""
    assert rules.task_results(ci_stages, lab.sheet.ci.build.tests) == []


@check(step="5.14", hint="Run the whole pipeline: it publishes the report.")
def test_ci_run_published_the_coverage_report(
    ci_run: Run, ci_artifacts: tuple[str, ...], lab: Lab
) -> None:
    """The successful run published its code coverage report."""
    assert lab.sheet.ci.artifacts.coverage.format(run=ci_run.id) in ci_artifacts


@check(step="5.11", hint="Start the run yourself, signed in with your lab account.")
def test_ci_run_was_started_by_the_learner(ci_run: Run, lab: Lab) -> None:
    """The successful run was started by hand, by the learner."""
    assert rules.started_by_another(ci_run, lab.learner) == []


@check(step="5.18", hint="Another error means that code, parameters or data changed.")
def test_model_has_the_expected_error(ci_models: tuple[Model, ...], lab: Lab) -> None:
    """The model's error matches the lab's unmodified code."""
    assert rules.unexpected_error(ci_models, lab) == []


@check(step="5.18", hint="Let a CI run register the model, rather than your own account.")
def test_model_was_registered_by_a_pipeline(ci_models: tuple[Model, ...]) -> None:
    """The model was registered by the pipelines' identity, not by a person."""
    assert rules.registered_by_hand(ci_models) == []

"""Runs whose jobs or tasks have other display names than the lab's, and did the same work.

A display name is the learner's to change. What the service recorded of the work decides: a job or
task whose work was done is in the run under the lab's name; where none has that name and nothing
shows the work, it was left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from graders.evidence import (
    NOT_COLLECTED,
    Endpoint,
    Job,
    PublishedPipeline,
    Run,
    Stage,
    Task,
    TrainingRun,
    Unavailable,
)
from graders.judging import rules
from graders.judging.prerequisites.requirements import if_visible
from graders.judging.registry import prerequisite
from graders.lab import Lab
from graders.run_results import is_good, stage_of, tasks_of


@dataclass(frozen=True)
class _Work:
    """What shows that a run's jobs and tasks did their work."""

    published: frozenset[str]
    """Versions of the training pipeline: ids of CI runs."""
    trained: frozenset[str]
    """Ids of CI runs, as the runs of the published pipelines name them."""
    endpoints: tuple[Endpoint, ...]
    lab: Lab


@prerequisite
def runs(
    collected_runs: tuple[Run, ...] | Unavailable,
    lab: Lab,
    own_published_pipelines: tuple[PublishedPipeline, ...] | Unavailable = NOT_COLLECTED,
    own_training_runs: tuple[TrainingRun, ...] | Unavailable | None = NOT_COLLECTED,
    own_endpoints: tuple[Endpoint, ...] | Unavailable = NOT_COLLECTED,
) -> tuple[Run, ...] | Unavailable:
    """The runs as collected, with the lab's names for jobs and tasks whose work is there."""
    if isinstance(collected_runs, Unavailable):
        return collected_runs
    published = {
        pipeline.version
        for pipeline in if_visible(own_published_pipelines)
        if pipeline.name == lab.training_pipeline
    }
    build = lab.sheet.tags.build
    work = _Work(
        frozenset(published),
        frozenset(
            run.tags.get(build, "") for run in if_visible(own_training_runs) if run.pipeline_id
        ),
        tuple(endpoint for endpoint in if_visible(own_endpoints) if endpoint.name == lab.endpoint),
        lab,
    )
    return tuple(_named(run, work) for run in collected_runs)


def _named(run: Run, work: _Work) -> Run:
    stages = run.stages
    if not isinstance(stages, tuple) or not run.succeeded:
        return run
    missing = [*_missing_of_ci(run, stages, work), *_missing_of_cd(run, stages, work)]
    completed = (
        replace(stage, jobs=(*(job for where, job in missing if where == stage), *stage.jobs))
        for stage in stages
    )
    return replace(run, stages=tuple(completed))


def _missing_of_ci(run: Run, stages: tuple[Stage, ...], work: _Work) -> Iterator[tuple[Stage, Job]]:
    """Where, and what: jobs and tasks of CI without a record by their name, whose work is there."""
    ci, run_id = work.lab.sheet.ci, str(run.id)
    is_trained = run_id in work.trained
    has_artifact = isinstance(run.artifacts, tuple) and ci.artifacts.model in run.artifacts
    training = ci.training
    for identifier, name, is_task, is_done in (
        (ci.build.identifier, ci.build.job, False, run_id in work.published),
        (ci.build.identifier, ci.build.publish_task, True, run_id in work.published),
        (training.identifier, training.find_job, False, is_trained),
        (training.identifier, training.run_job, False, is_trained),
        (training.identifier, training.run_task, True, is_trained),
        (training.identifier, training.report_job, False, is_trained and has_artifact),
    ):
        stage = stage_of(stages, identifier)
        if stage and is_good(stage.result) and is_done and name not in _names(stage, is_task):
            yield stage, _done(name, is_task)


def _missing_of_cd(run: Run, stages: tuple[Stage, ...], work: _Work) -> Iterator[tuple[Stage, Job]]:
    """The same for the deployment, which the endpoint shows."""
    deployment = work.lab.sheet.cd.deployment
    stage = stage_of(stages, deployment.identifier)
    is_done = any(rules.deployed_during(run, endpoint) for endpoint in work.endpoints)
    name = deployment.deploy_task
    if stage and is_good(stage.result) and is_done and name not in _names(stage, of_tasks=True):
        yield stage, _done(name, is_task=True)


def _names(stage: Stage, of_tasks: bool) -> set[str]:
    return {part.name for part in (tasks_of([stage]) if of_tasks else stage.jobs)}


def _done(name: str, is_task: bool) -> Job:
    tasks = (Task(name, "completed", "succeeded"),) if is_task else ()
    return Job("" if is_task else name, "completed", "succeeded", tasks)

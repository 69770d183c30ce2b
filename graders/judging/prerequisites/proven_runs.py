"""Runs as their work shows them, whatever names and results the learner's YAML file gives them.

A display name is the learner's to change. What the service recorded of the work decides: a job or
task whose work was done is in the run under the lab's name; where none has that name and nothing
shows the work, it was left out.

So is ``continueOnError``: with it, a task that failed is a success with issues. Where its work is
not there either, it failed, and so did its run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
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
from graders.run_results import TOLERATED, is_good, stage_of, tasks_of, went_on


@dataclass(frozen=True)
class _Work:
    """What shows that a run's jobs and tasks did their work."""

    published: frozenset[str]
    """Versions of the training pipeline: ids of CI runs."""
    trained: tuple[TrainingRun, ...]
    """Runs of the published pipelines."""
    endpoints: tuple[Endpoint, ...]
    hidden: frozenset[str]
    """Names of the tasks whose work could not be read."""
    lab: Lab

    def is_trained(self, run: Run) -> bool:
        """Whether a training run is the CI run's, as far as tags and times say."""
        return bool(rules.trained_by(self.trained, [run], self.lab))

    def shows(self, task: str, run: Run) -> bool:
        """Whether what a task makes is there, or could not be read."""
        ci, cd = self.lab.sheet.ci, self.lab.sheet.cd
        trained = rules.trained_by(self.trained, [run], self.lab)
        is_deployed = any(rules.deployed_during(run, endpoint) for endpoint in self.endpoints)
        made = {
            ci.build.publish_task: str(run.id) in self.published,
            ci.training.run_task: any(training.is_completed for training in trained),
            cd.deployment.deploy_task: is_deployed,
        }
        return task in self.hidden or made.get(task, False)


@prerequisite
def runs(
    collected_runs: tuple[Run, ...] | Unavailable,
    lab: Lab,
    own_published_pipelines: tuple[PublishedPipeline, ...] | Unavailable = NOT_COLLECTED,
    own_training_runs: tuple[TrainingRun, ...] | Unavailable | None = NOT_COLLECTED,
    own_endpoints: tuple[Endpoint, ...] | Unavailable = NOT_COLLECTED,
) -> tuple[Run, ...] | Unavailable:
    """The runs as collected, with the lab's names for jobs and tasks whose work is there.

    Without the success of those where ``continueOnError`` hides that the work is not there.
    """
    if isinstance(collected_runs, Unavailable):
        return collected_runs
    published = {
        pipeline.version
        for pipeline in if_visible(own_published_pipelines)
        if pipeline.name == lab.training_pipeline
    }
    parts = {
        lab.sheet.ci.build.publish_task: own_published_pipelines,
        lab.sheet.ci.training.run_task: own_training_runs,
        lab.sheet.cd.deployment.deploy_task: own_endpoints,
    }
    work = _Work(
        frozenset(published),
        tuple(run for run in if_visible(own_training_runs) if run.pipeline_id),
        tuple(endpoint for endpoint in if_visible(own_endpoints) if endpoint.name == lab.endpoint),
        frozenset(task for task, part in parts.items() if isinstance(part, Unavailable)),
        lab,
    )
    return tuple(_without_tolerated(_named(run, work), work) for run in collected_runs)


def _without_tolerated(run: Run, work: _Work) -> Run:
    """The run; one that went on after a task failed that the lab needs did not succeed."""
    if not isinstance(run.stages, tuple):
        return run
    ci, cd = work.lab.sheet.ci, work.lab.sheet.cd
    needed = (*ci.tasks, cd.deployment.deploy_task, cd.deployment.smoke_test)
    failed = {
        task.name
        for task in tasks_of(run.stages)
        if task.name in needed and went_on(task) and not work.shows(task.name, run)
    }
    if not failed:
        return run
    stages = tuple(_with_failures(stage, failed) for stage in run.stages)
    return replace(
        run, stages=stages, result="partially succeeded" if run.succeeded else run.result
    )


def _with_failures(stage: Stage, failed: Collection[str]) -> Stage:
    if not any(task.name in failed for task in tasks_of([stage])):
        return stage
    jobs = (
        replace(
            job,
            tasks=tuple(
                replace(task, result=TOLERATED) if task.name in failed and went_on(task) else task
                for task in job.tasks
            ),
        )
        for job in stage.jobs
    )
    return replace(stage, result=TOLERATED, jobs=tuple(jobs))


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
    is_trained = work.is_trained(run)
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

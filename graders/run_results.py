"""What the runs of the lab's two pipelines achieved, by their stages and tasks.

Collecting asks which runs to read in detail, judging asks what they are worth: both ask here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graders.evidence import Pipeline, Run, Stage, Task
from graders.lab.roles import CD
from graders.lab.roles import Pipeline as Dictated

Result = tuple[str, str | None]
"""Its subject, such as ``task Smoke test``, and the result; None: it is not in the run."""


def is_good(result: str | None) -> bool:
    """Azure Pipelines shows a success with warnings as a success too."""
    return result in ("succeeded", "succeededWithIssues")


TOLERATED = "failed, and the run went on"
"""The result of a task, in judging: Azure Pipelines itself calls it a success with issues."""


def went_on(task: Task) -> bool:
    """Whether it probably failed, and ``continueOnError`` made it a success with issues.

    A task that only warns logs warnings; the agent logs an error for each failure. Source:
    microsoft/azure-pipelines-agent, ``StepsRunner.cs``.
    """
    return task.result == "succeededWithIssues" and bool(task.errors)


def stage_of(stages: Iterable[Stage], identifier: str) -> Stage | None:
    return next((stage for stage in stages if stage.identifier == identifier), None)


def tasks_of(stages: Iterable[Stage]) -> list[Task]:
    return [task for stage in stages for job in stage.jobs for task in job.tasks]


def has_role(pipeline: Pipeline, dictated: Dictated) -> bool:
    """Whether it has the name or runs the YAML file: a misnamed pipeline counts too."""
    is_named = pipeline.name.casefold() == dictated.name.casefold()
    return is_named or pipeline.yaml_path.casefold() == dictated.yaml.casefold()


def counts_as_succeeded(run: Run, cd: CD) -> bool:
    """Whether it succeeded, or only the Kubernetes stage failed, which the lab does not ask for."""
    if run.succeeded:
        return True
    if not run.is_completed or not isinstance(run.stages, tuple):
        return False
    spoilt = {stage.identifier for stage in run.stages if stage.result in ("failed", "canceled")}
    return spoilt == {cd.kubernetes.identifier} and has_deployed(run, cd)


def has_deployed(run: Run, cd: CD) -> bool:
    """Whether its deployment stage is known to have succeeded."""
    stages = run.stages if isinstance(run.stages, tuple) else ()
    stage = stage_of(stages, cd.deployment.identifier)
    return stage is not None and is_good(stage.result)


def deployment_results(stages: Sequence[Stage], cd: CD) -> list[Result]:
    """How the deployment stage ended and, unless it was skipped, its two tasks."""
    stage = stage_of(stages, cd.deployment.identifier)
    results: list[Result] = [(f"stage {cd.deployment.name}", stage.result if stage else None)]
    if stage and stage.result != "skipped":
        by_task = {task.name: task.result for task in tasks_of([stage])}
        wanted = (cd.deployment.deploy_task, cd.deployment.smoke_test)
        results += [(f"task {name}", by_task.get(name)) for name in wanted]
    return results


def lacks_only_the_name(stages: Sequence[Stage], cd: CD) -> bool:
    """Whether all succeeded, but no task has the name of the deployment: it may have another."""
    results = dict(deployment_results(stages, cd))
    return results.pop(f"task {cd.deployment.deploy_task}", None) is None and all(
        map(is_good, results.values())
    )


def may_test_under_another_name(stages: Sequence[Stage], cd: CD) -> bool:
    """Whether nothing failed, no task is called smoke test, and one the lab does not know is last.

    The agent's own tasks come after those of the YAML file.
    """
    results = dict(deployment_results(stages, cd))
    if results.pop(f"task {cd.deployment.smoke_test}", None) is not None:
        return False
    stage = stage_of(stages, cd.deployment.identifier)
    tasks = [task for task in tasks_of([stage] if stage else []) if not _is_of_agent(task)]
    dictated = (cd.deployment.read_task, cd.deployment.deploy_task)
    is_unknown = bool(tasks) and tasks[-1].name not in dictated and is_good(tasks[-1].result)
    return is_unknown and all(map(is_good, results.values()))


def _is_of_agent(task: Task) -> bool:
    return task.name.startswith(_OF_AGENT)


_OF_AGENT = ("Post-job: ", "Stop Containers", "Finalize Job", "Report build status")


def deployed_whole(stages: Sequence[Stage], cd: CD) -> bool:
    """Whether stage, deployment and smoke test succeeded."""
    return all(is_good(result) for _, result in deployment_results(stages, cd))

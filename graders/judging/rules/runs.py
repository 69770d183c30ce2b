"""Tasks 5 and 6: pipelines and their runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from graders.evidence import (
    Job,
    Pipeline,
    Repository,
    Run,
    Stage,
    Task,
    UpstreamRun,
)
from graders.lab import Lab, Learner
from graders.reasons import Mismatch
from graders.run_results import (
    TOLERATED,
    Result,
    counts_as_succeeded,
    deployment_results,
    is_good,
    tasks_of,
)


def wrong_repository(pipeline: Pipeline, lab: Lab) -> list[Mismatch]:
    """The pipeline builds the learner's own GitHub repository [5.5, 6.4]."""
    if pipeline.repository_type == "GitHub" and lab.accepts_repository(pipeline.repository_name):
        return []
    copies = {name.casefold() for name in lab.repositories}
    azure_repos = pipeline.repository_type == "TfsGit"
    if lab.leniency.azure_repos and azure_repos and pipeline.repository_name.casefold() in copies:
        return []
    where = "Azure Repos" if azure_repos else pipeline.repository_type
    expected = f"GitHub {lab.github_owner}/{lab.repositories[0]}"
    slip = f" ({lab.sheet.repository.slip})" if azure_repos else ""
    return [Mismatch("repository", expected, f"{where} {pipeline.repository_name}{slip}")]


def never_ran(runs: Sequence[Run]) -> list[Mismatch]:
    """At least one run has ended [5.12]."""
    return [] if runs else [Mismatch("runs", "a completed run", "the pipeline never ran")]


def none_succeeded(runs: Sequence[Run], lab: Lab) -> list[Mismatch]:
    """Any run that succeeded counts, not only the latest: a re-run of unchanged code fails."""
    if any(counts_as_succeeded(run, lab.sheet.cd) for run in runs):
        return []
    return [Mismatch("runs", "a successful run", _failures(runs))]


def environment_lacks(runs: Sequence[Run], lab: Lab) -> str:
    """Why no run could succeed, and no learner can fix it; empty where nothing says so.

    From the newest run, while none has succeeded: what Azure Pipelines says of the run, and of the
    stages, jobs and tasks that failed. A script can write such words too: they withhold a grade,
    and never give points.
    """
    if not runs or any(counts_as_succeeded(run, lab.sheet.cd) for run in runs):
        return ""
    extension = lab.sheet.ci.training.run_task_type
    if any(extension in problem for problem in runs[0].problems):
        lacks = "the Machine Learning extension is not installed in the lab's organisation"
        return f"{lacks}: the lab's administrator must fix it"
    for message in (*runs[0].problems, *_errors_of_failures(runs[0])):
        if any(sign in message.casefold() for sign in _OF_THE_ENVIRONMENT):
            return f"Azure Pipelines could not run it (“{message}”): the administrator must fix it"
    return ""


_OF_THE_ENVIRONMENT = (
    "hosted parallelism",
    "stopped hearing from agent",
    "lost communication with the server",
    "did not connect within the alloted time",
    "the remote provider was unable to process the request",
    "no image label found to route agent pool",
    "an error occurred while provisioning resources",
    "received a shutdown signal",
    "the hosted runner encountered an error",
    "exceeded the maximum execution time",
    "ran longer than the maximum time",
    "no space left on device",
    "toomanyrequests",
    "scheduled brownout",
)
"""Words of Azure Pipelines about agents and images, in lower case."""


def _errors_of_failures(run: Run) -> Iterator[str]:
    for stage in run.stages if isinstance(run.stages, tuple) else ():
        records: list[Stage | Job | Task] = [stage, *stage.jobs, *tasks_of([stage])]
        for record in records:
            if not is_good(record.result):
                yield from record.errors


def _failures(runs: Sequence[Run]) -> str:
    if not runs:
        return "the pipeline never ran"
    newest = runs[0]
    failures = "; ".join([*newest.problems, *_failed_tasks(newest)])
    others = f" (and {len(runs) - 1} other runs that did not succeed)" if len(runs) > 1 else ""
    return f"run {newest.number} {newest.result}{': ' + failures if failures else ''}{others}"


def _failed_tasks(run: Run) -> list[str]:
    """The tasks that failed, and before them the jobs their stage left out: often the cause."""
    stages = run.stages if isinstance(run.stages, tuple) else ()
    return [failure for stage in stages for failure in (*_left_out(stage), *_failed_in(stage))]


def _left_out(stage: Stage) -> list[str]:
    if stage.result not in ("failed", "canceled"):
        return []
    return [f"{stage.name} › {job.name} skipped" for job in stage.jobs if job.result == "skipped"]


def _failed_in(stage: Stage) -> list[str]:
    """Its tasks; where none of them failed, what the service says of its jobs, or of itself."""
    failed = [
        f"{stage.name} › {task.name} {task.result}"
        for task in tasks_of([stage])
        if task.result in ("failed", "canceled", TOLERATED)
    ]
    of_jobs = [
        f"{stage.name} › {job.name} {job.result} ({job.errors[0]})"
        for job in stage.jobs
        if job.errors and job.result in ("failed", "canceled")
    ]
    if failed or of_jobs or not stage.errors or stage.result not in ("failed", "canceled"):
        return failed or of_jobs
    return [f"{stage.name} {stage.result} ({stage.errors[0]})"]


def incomplete_ci(stages: Sequence[Stage], lab: Lab) -> list[Mismatch]:
    """Both stages, their four jobs and the two tasks that train did succeed [5.13]."""
    ci = lab.sheet.ci
    by_id = {stage.identifier: stage.result for stage in stages}
    results = {job.name: job.result for stage in stages for job in stage.jobs}
    results |= {task.name: task.result for task in tasks_of(stages)}
    return _not_succeeded(
        [
            *((f"stage {stage.identifier}", by_id.get(stage.identifier)) for stage in ci.stages),
            *((f"job {job}", results.get(job)) for job in ci.jobs),
            *((f"task {task}", results.get(task)) for task in ci.tasks),
        ]
    )


def incomplete_deployment(stages: Sequence[Stage], lab: Lab) -> list[Mismatch]:
    """The stage that deploys ran (not skipped), with its deployment and smoke test [6.12]."""
    return _not_succeeded(deployment_results(stages, lab.sheet.cd))


def _not_succeeded(results: Iterable[Result]) -> list[Mismatch]:
    return [
        Mismatch(subject, "succeeded", result or "not in the run")
        for subject, result in results
        if not is_good(result)
    ]


def task_results(stages: Sequence[Stage], names: Iterable[str]) -> list[Mismatch]:
    """The named tasks are in the run and succeeded."""
    results = {task.name: task.result for task in tasks_of(stages)}
    return _not_succeeded((f"task {name}", results.get(name)) for name in names)


def kubernetes_ran(stages: Sequence[Stage], lab: Lab) -> list[Mismatch]:
    """The lab leaves Kubernetes out: skipped is right [6.12]."""
    left_out = lab.sheet.cd.kubernetes
    return [
        Mismatch(f"stage {left_out.name}", "skipped", stage.result or stage.state)
        for stage in stages
        if stage.identifier == left_out.identifier and stage.result != "skipped"
    ]


def smoke_test_failed(runs: Iterable[Run], lab: Lab) -> bool:
    """Whether the newest run that was read in detail failed in its smoke test."""
    smoke_test = (lab.sheet.cd.deployment.smoke_test, "failed")
    for run in runs:
        if isinstance(run.stages, tuple):
            return any((task.name, task.result) == smoke_test for task in tasks_of(run.stages))
    return False


def consumed(upstream: Iterable[UpstreamRun], ci_runs: Iterable[Run]) -> list[Run]:
    """The CI runs that a CD run took its model from: by id where it is known, else by number."""
    taken = list(upstream)
    return [run for run in ci_runs if any(_is_run(consumed_run, run) for consumed_run in taken)]


def _is_run(consumed_run: UpstreamRun, run: Run) -> bool:
    if consumed_run.pipeline_id != run.pipeline_id:
        return False
    if consumed_run.run_id is not None:
        return consumed_run.run_id == run.id
    return consumed_run.run_number == run.number


def wrong_upstream(
    upstream: Sequence[UpstreamRun], ci_pipeline: Pipeline, ci_runs: Sequence[Run]
) -> list[Mismatch]:
    """The CD run consumed a succeeded run of the learner's CI pipeline [6.11]."""
    own = [run for run in ci_runs if run.pipeline_id == ci_pipeline.id]
    if consumed(upstream, own):
        return []
    numbers = ", ".join(sorted({run.number for run in ci_runs}))
    expected = f"a succeeded run of {ci_pipeline.name} ({numbers})"
    actual = ", ".join(f"run {run.run_number} of pipeline {run.pipeline_id}" for run in upstream)
    return [Mismatch("run it took the model from", expected, actual or "none")]


def wrong_order(cd_run: Run, ci_runs: Sequence[Run]) -> list[Mismatch]:
    """The CD run started after a succeeded CI run of the same branch had finished [6.10]."""
    same_branch = [run for run in ci_runs if run.branch == cd_run.branch]
    if not same_branch:
        branches = ", ".join(sorted({run.branch for run in ci_runs}))
        return [Mismatch("branch", branches, cd_run.branch)]
    started = cd_run.started_at
    if started is None or any(_may_have_ended(run, started) for run in same_branch):
        return []
    return [Mismatch("order", "CI finished before CD started", f"CD started at {started:%H:%M}")]


def _may_have_ended(run: Run, time: datetime) -> bool:
    """Whether it had succeeded by then; a stage that ran again moves a run's end, and hides it."""
    stages = run.stages if isinstance(run.stages, tuple) else ()
    if any(stage.attempt > 1 for stage in stages) and run.started_at:
        return run.started_at <= time
    return run.finished_at is None or run.finished_at <= time


def foreign_commit(
    run: Run, repository: Repository, lab: Lab, pipeline: Pipeline | None = None
) -> list[Mismatch]:
    """The run built a commit that is in the repository, from its default branch [5.11].

    A branch that was renamed since keeps its old name in the ``pipeline``.
    """
    problems = []
    if run.commit not in repository.commits:
        branch = repository.default_branch
        expected = f"a commit of {repository.full_name}{f', branch {branch}' if branch else ''}"
        problems.append(Mismatch("commit", expected, run.commit or "none"))
    branch = run.branch.removeprefix("refs/heads/")
    usual = lab.sheet.repository.default_branches
    former = pipeline.default_branch.removeprefix("refs/heads/") if pipeline else None
    if branch not in {repository.default_branch, former, *usual}:
        problems.append(Mismatch("branch", repository.default_branch or usual[0], branch))
    return problems


def left_history(run: Run, repository: Repository) -> bool:
    """Whether it ran on the default branch, and that no longer has its commit: a force push."""
    is_default = run.branch == f"refs/heads/{repository.default_branch}"
    return is_default and run.commit in repository.elsewhere


def started_by_another(run: Run, learner: Learner) -> list[Mismatch]:
    """Started by hand; by the learner where the cohort file gives an e-mail address [5.11]."""
    problems = []
    if run.reason != "manual":
        problems.append(Mismatch("reason", "manual", run.reason))
    if learner.email and run.requested_for.casefold() != learner.email.casefold():
        problems.append(Mismatch("started by", learner.email, "another account"))
    return problems

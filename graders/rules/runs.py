"""Tasks 5 and 6: pipelines and their runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from graders.cohort import Learner
from graders.evidence import (
    Pipeline,
    Repository,
    Run,
    Stage,
    Task,
    UpstreamRun,
)
from graders.lab import Lab
from graders.reasons import Mismatch


def wrong_repository(pipeline: Pipeline, lab: Lab) -> list[Mismatch]:
    """The pipeline builds the learner's own GitHub repository [5.5, 6.4]."""
    accepted = {f"{lab.github_owner}/{name}".casefold() for name in lab.repositories}
    if pipeline.repository_type == "GitHub" and pipeline.repository_name.casefold() in accepted:
        return []
    copies = {name.casefold() for name in lab.repositories}
    azure_repos = pipeline.repository_type == "TfsGit"
    if lab.leniency.azure_repos and azure_repos and pipeline.repository_name.casefold() in copies:
        return []
    where = "Azure Repos" if azure_repos else pipeline.repository_type
    expected = f"GitHub {lab.github_owner}/{lab.repositories[0]}"
    slip = " (the sheet's step 5.2 says Azure Repos Git by mistake)" if azure_repos else ""
    return [Mismatch("repository", expected, f"{where} {pipeline.repository_name}{slip}")]


def never_ran(runs: Sequence[Run]) -> list[Mismatch]:
    """At least one run came to its end [5.12]."""
    return (
        [] if runs else [Mismatch("runs", "a run that came to its end", "the pipeline never ran")]
    )


def none_succeeded(runs: Sequence[Run]) -> list[Mismatch]:
    """Any run that succeeded counts, not only the latest: a re-run of unchanged code fails."""
    if any(counts_as_succeeded(run) for run in runs):
        return []
    return [Mismatch("runs", "a run that succeeded", _failures(runs))]


def counts_as_succeeded(run: Run) -> bool:
    """Succeeded, or spoilt by nothing but the Kubernetes stage the lab does not ask for."""
    if run.succeeded:
        return True
    if not run.is_completed or not isinstance(run.stages, tuple):
        return False
    spoilt = {stage.identifier for stage in run.stages if stage.result in ("failed", "canceled")}
    return spoilt == {"Deploy_AKS"} and _stage_succeeded(run.stages, "Deploy_ACI")


_ENVIRONMENT: Mapping[str, str] = {
    "MLPublishedPipelineRestAPITask": "the Machine Learning extension is not installed",
    "hosted parallelism": "there are no parallel jobs",
}
"""In what Azure Pipelines says against a run -> what the lab environment lacks then."""


def environment_lacks(runs: Sequence[Run]) -> str:
    """What nobody could have succeeded without, and no learner can mend; empty when all is there.

    Said of the newest run, while none has succeeded.
    """
    if not runs or any(map(counts_as_succeeded, runs)):
        return ""
    said = " ".join(runs[0].problems)
    return next((lacks for words, lacks in _ENVIRONMENT.items() if words in said), "")


def _failures(runs: Sequence[Run]) -> str:
    if not runs:
        return "the pipeline never ran"
    newest = runs[0]
    said = "; ".join([*newest.problems, *_failed_tasks(newest)])
    others = f" (and {len(runs) - 1} other runs that did not succeed)" if len(runs) > 1 else ""
    return f"run {newest.number} {newest.result}{': ' + said if said else ''}{others}"


def _failed_tasks(run: Run) -> list[str]:
    """The tasks that failed, and before them the jobs their stage left out: often the cause."""
    stages = run.stages if isinstance(run.stages, tuple) else ()
    return [said for stage in stages for said in (*_left_out(stage), *_failed_in(stage))]


def _left_out(stage: Stage) -> list[str]:
    if stage.result not in ("failed", "canceled"):
        return []
    return [f"{stage.name} › {job.name} skipped" for job in stage.jobs if job.result == "skipped"]


def _failed_in(stage: Stage) -> list[str]:
    return [
        f"{stage.name} › {task.name} {task.result}"
        for job in stage.jobs
        for task in job.tasks
        if task.result in ("failed", "canceled")
    ]


def _stage_succeeded(stages: Iterable[Stage], identifier: str) -> bool:
    good = ("succeeded", "succeededWithIssues")
    return any(stage.identifier == identifier and stage.result in good for stage in stages)


CI_JOBS: Mapping[str, tuple[str, ...]] = {
    "Model_CI": ("Model CI Pipeline",),
    "Trigger_AML_Pipeline": (
        "Get Pipeline ID for execution",
        "Trigger ML Training Pipeline",
        "Publish artifact if new model was registered",
    ),
}
"""Stage -> display names of its jobs, in the lab's CI pipeline."""
CI_TESTS = ("Run lint tests", "Run unit tests", "Publish test results")
CI_TASKS = ("Publish Azure Machine Learning Pipeline", "Invoke ML pipeline")


def incomplete_ci(stages: Sequence[Stage]) -> list[Mismatch]:
    """Both stages, their four jobs and the two tasks that train did succeed [5.13]."""
    by_id = {stage.identifier: stage for stage in stages}
    results = {job.name: job.result for stage in stages for job in stage.jobs}
    results |= {task.name: task.result for task in _tasks(stages)}
    wanted = [(f"stage {stage}", _result(by_id.get(stage))) for stage in CI_JOBS]
    wanted += [(f"job {job}", results.get(job)) for jobs in CI_JOBS.values() for job in jobs]
    wanted += [(f"task {task}", results.get(task)) for task in CI_TASKS]
    return _not_succeeded(wanted)


def incomplete_deployment(stages: Sequence[Stage]) -> list[Mismatch]:
    """The stage Deploy to ACI ran (not skipped), with its deployment and smoke test [6.12]."""
    by_id = {stage.identifier: stage for stage in stages}
    deploy = by_id.get("Deploy_ACI")
    tasks = {task.name: task.result for task in _tasks([deploy] if deploy else [])}
    wanted = [("stage Deploy to ACI", _result(deploy))]
    if deploy and deploy.result != "skipped":
        wanted += [(f"task {t}", tasks.get(t)) for t in ("Deploy to ACI (CLI)", "Smoke test")]
    return _not_succeeded(wanted)


def _result(stage: Stage | None) -> str | None:
    return stage.result if stage else None


def _tasks(stages: Iterable[Stage]) -> list[Task]:
    return [task for stage in stages for job in stage.jobs for task in job.tasks]


def _not_succeeded(results: Iterable[tuple[str, str | None]]) -> list[Mismatch]:
    return [
        Mismatch(what, "succeeded", result or "not in the run")
        for what, result in results
        if result not in ("succeeded", "succeededWithIssues")
    ]


def task_results(stages: Sequence[Stage], names: Iterable[str]) -> list[Mismatch]:
    """The named tasks are in the run and succeeded."""
    found = {task.name: task.result for task in _tasks(stages)}
    return _not_succeeded((f"task {name}", found.get(name)) for name in names)


def kubernetes_ran(stages: Sequence[Stage]) -> list[Mismatch]:
    """The lab leaves Deploy to AKS out: skipped is right [6.12]."""
    return [
        Mismatch("stage Deploy to AKS", "skipped", stage.result or stage.state)
        for stage in stages
        if stage.identifier == "Deploy_AKS" and stage.result != "skipped"
    ]


def smoke_test_failed(runs: Iterable[Run]) -> bool:
    """Whether the newest run that was looked into failed in its smoke test."""
    for run in runs:
        if isinstance(run.stages, tuple):
            return any(t.name == "Smoke test" and t.result == "failed" for t in _tasks(run.stages))
    return False


def wrong_upstream(
    upstream: Sequence[UpstreamRun], ci_pipeline: Pipeline, ci_runs: Sequence[Run]
) -> list[Mismatch]:
    """The CD run consumed a succeeded run of the learner's CI pipeline [6.11]."""
    numbers = {run.number for run in ci_runs}
    used = [one for one in upstream if one.pipeline_id == ci_pipeline.id]
    if any(one.run_number in numbers for one in used):
        return []
    expected = f"a succeeded run of {ci_pipeline.name} ({', '.join(sorted(numbers))})"
    found = ", ".join(f"run {one.run_number} of pipeline {one.pipeline_id}" for one in upstream)
    return [Mismatch("run it took the model from", expected, found or "none")]


def wrong_order(cd_run: Run, ci_runs: Sequence[Run]) -> list[Mismatch]:
    """The CD run started after a succeeded CI run of the same branch had finished [6.10]."""
    same_branch = [run for run in ci_runs if run.branch == cd_run.branch]
    if not same_branch:
        branches = ", ".join(sorted({run.branch for run in ci_runs}))
        return [Mismatch("branch", branches, cd_run.branch)]
    started = cd_run.started_at
    if started is None or any(
        run.finished_at is None or run.finished_at <= started for run in same_branch
    ):
        return []
    return [Mismatch("order", "CI finished before CD started", f"CD started at {started:%H:%M}")]


def foreign_commit(run: Run, repository: Repository) -> list[Mismatch]:
    """The run built a commit that is in the repository, from its default branch [5.11]."""
    problems = []
    if run.commit not in repository.commits:
        expected = f"a commit of {repository.full_name}"
        problems.append(Mismatch("commit", expected, run.commit or "none"))
    branch = run.branch.removeprefix("refs/heads/")
    if branch not in {repository.default_branch, "main", "master"}:
        problems.append(Mismatch("branch", repository.default_branch or "main", branch))
    return problems


def started_by_another(run: Run, learner: Learner) -> list[Mismatch]:
    """Started by hand; by the learner where the cohort file gives an e-mail address [5.11]."""
    problems = []
    if run.reason != "manual":
        problems.append(Mismatch("reason", "manual", run.reason))
    if learner.email and run.requested_for.casefold() != learner.email.casefold():
        problems.append(Mismatch("started by", learner.email, "another account"))
    return problems

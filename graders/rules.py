"""What is right, where one comparison will not say it: each rule returns the mismatches it found.

An empty list means all is well. Rules are pure: they see evidence and the lab, nothing else.
Numbers in brackets are steps of the lab sheet.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

from graders.cohort import Learner
from graders.evidence import (
    Access,
    Answer,
    Endpoint,
    Model,
    Pipeline,
    PublishedPipeline,
    Repository,
    Run,
    ServiceConnection,
    Stage,
    Task,
    UpstreamRun,
    Variable,
    Workspace,
)
from graders.lab import Lab

CLOCK_SKEW = timedelta(minutes=5)
SMOKE_TEST_RESULT = (5215.198131579873, 3726.9954859385775)
"""What the lab's own model (alpha 0.4) answers to the smoke-test query."""
EXPECTED_MSE = 3295.741064355809
"""The mean squared error of that model on the lab's data."""


@dataclass(frozen=True)
class Mismatch:
    """One thing that is not as the lab wants it."""

    what: str
    expected: str
    found: str


# --- task 2: variable group -----------------------------------------------------------------------


def missing_variables(variables: Mapping[str, Variable], wanted: Iterable[str]) -> list[Mismatch]:
    """Every variable the lab lists is there, spelled exactly so [2.7]."""
    extra = [name for name in variables if name not in set(wanted)]
    found = f"not there; other variables: {', '.join(extra)}" if extra else "not there"
    return [Mismatch(name, f"a variable {name}", found) for name in wanted if name not in variables]


def unreadable_variables(
    group_type: str, variables: Mapping[str, Variable], wanted: Iterable[str]
) -> list[Mismatch]:
    """The group holds plain values: no padlock, no link to a key vault [2.7]."""
    if group_type != "Vsts":
        return [Mismatch("variable group", "plain variables", f"a group of type {group_type}")]
    return [
        Mismatch(name, "a plain value", "marked as secret")
        for name in wanted
        if name in variables and variables[name].is_secret
    ]


def padded_values(variables: Mapping[str, Variable]) -> list[Mismatch]:
    """No value begins or ends with a blank, as copying from a page easily adds [2.7]."""
    return [
        Mismatch(name, repr(variable.value.strip()), repr(variable.value))
        for name, variable in variables.items()
        if variable.value is not None and variable.value != variable.value.strip()
    ]


def base_name_problems(value: str, number: int) -> list[Mismatch]:
    """3 to 15 letters, digits or hyphens, with the learner's ``userN`` in it [2.7].

    The sheet says "letters and numbers only" and gives ``user4-project``: the hyphen is fine.
    ``user1`` must not be read into ``user10``.
    """
    shape = re.fullmatch(r"[A-Za-z0-9-]{3,15}", value)
    own = re.search(rf"user0*{number}(?!\d)", value, re.IGNORECASE)
    if shape and own:
        return []
    wanted = f"3 to 15 letters, digits or hyphens with user{number} in it"
    return [Mismatch("BASE_NAME", wanted, value)]


def same_name(what: str, found: str, expected: str) -> list[Mismatch]:
    """Azure Resource Manager names are equal whatever their case."""
    if found.casefold() == expected.casefold():
        return []
    return [Mismatch(what, expected, found or "nothing")]


OVERRIDES = ("AKS_", "WEBAPP_", "MODEL_NAME", "EXPERIMENT_NAME", "TRAINING_PIPELINE_NAME")
"""Variables the pipelines would take instead of the lab's own values, by their beginning."""


def overriding_variables(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.upper().startswith(OVERRIDES))


def closed_to_pipelines(access: Access, pipelines: Iterable[Pipeline], lab: Lab) -> list[Mismatch]:
    """Open to every pipeline, or (by default) at least to both of the lab's own [2.8]."""
    if access.all_pipelines:
        return []
    own = {lab.ci_pipeline, lab.cd_pipeline}
    permitted = {one.name for one in pipelines if one.id in access.pipeline_ids}
    if lab.leniency.per_pipeline_access and own <= permitted:
        return []
    found = f"open to {', '.join(sorted(permitted))} only" if permitted else "open to no pipeline"
    return [Mismatch("pipeline permissions", "open to all pipelines", found)]


def closed_to_all(access: Access) -> list[Mismatch]:
    """Open access for the whole project, as the lab words it [2.8]."""
    if access.all_pipelines:
        return []
    found = f"open to {len(access.pipeline_ids)} pipelines, one by one"
    return [Mismatch("pipeline permissions", "open to all pipelines", found)]


# --- task 3: service connection -------------------------------------------------------------------


def wrong_target(connection: ServiceConnection, workspace: Workspace) -> list[Mismatch]:
    """The connection reaches the learner's own workspace [3.4]."""
    return [
        *same_name("Machine Learning workspace", connection.workspace, workspace.name),
        *same_name("resource group", connection.resource_group, workspace.resource_group),
    ]


def wrong_scheme(connection: ServiceConnection, lab: Lab) -> list[Mismatch]:
    """A service principal signs in, with a secret or (by default) by federation [3.3]."""
    schemes = {"serviceprincipal"}
    if lab.leniency.federated_connection:
        schemes.add("workloadidentityfederation")
    if connection.scheme.casefold() not in schemes:
        return [Mismatch("authentication", "a service principal", connection.scheme or "nothing")]
    if lab.leniency.manual_connection or connection.creation_mode.casefold() != "manual":
        return []
    return [Mismatch("creation", "automatic", connection.creation_mode)]


def not_ready(connection: ServiceConnection) -> list[Mismatch]:
    """Azure DevOps could create the service principal and give it its role [3.4]."""
    if connection.is_ready:
        return []
    found = f"{connection.state or 'not ready'} {connection.status_message}".strip()
    return [Mismatch("state", "Ready", found)]


def dangling_reference(name: str, connections: Collection[str], lab: Lab) -> list[Mismatch]:
    """The variable group refers to a connection that exists, whatever its name [3.4].

    A wrong name in the group is its own mistake and costs once, in task 2.
    """
    if name in connections or (
        name != lab.service_connection and lab.service_connection in connections
    ):
        return []
    return [Mismatch("service connection", name, ", ".join(sorted(connections)))]


def other_than_shown(connection: ServiceConnection) -> list[Mismatch]:
    """Service principal, automatic, with a secret: what the lab's pictures show [3.3]."""
    shown = ("serviceprincipal", "automatic")
    found = (connection.scheme.casefold(), connection.creation_mode.casefold())
    if found == shown:
        return []
    said = f"{connection.scheme}, {connection.creation_mode or 'unknown'}"
    return [Mismatch("authentication", "ServicePrincipal, Automatic", said)]


# --- task 4: repository ---------------------------------------------------------------------------

ESSENTIAL_FILES = (
    ".pipelines/code-quality-template.yml",
    ".pipelines/diabetes_regression-cd.yml",
    ".pipelines/diabetes_regression-ci.yml",
    ".pipelines/diabetes_regression-get-model-id-artifact-template.yml",
    ".pipelines/diabetes_regression-publish-model-artifact-template.yml",
    ".pipelines/diabetes_regression-variables-template.yml",
    "diabetes_regression/evaluate/evaluate_model.py",
    "diabetes_regression/register/register_model.py",
    "diabetes_regression/scoring/deployment_config_aci.yml",
    "diabetes_regression/scoring/inference_config.yml",
    "diabetes_regression/scoring/score.py",
    "diabetes_regression/training/train_aml.py",
    "ml_service/pipelines/diabetes_regression_build_train_pipeline.py",
    "ml_service/pipelines/run_train_pipeline.py",
    "ml_service/util/smoke_test_scoring_service.py",
)
"""What the two pipelines cannot do without."""


def missing_repository(
    repositories: Sequence[Repository], similar: Sequence[str], lab: Lab
) -> list[Mismatch]:
    """The owner has a repository of one of the accepted names [4.4]."""
    if repositories:
        return []
    names = " or ".join(f"{lab.github_owner}/{name}" for name in lab.repositories)
    found = f"similar names: {', '.join(similar)}" if similar else "no such repository"
    return [Mismatch("repository", names, found)]


def wrong_origin(repository: Repository, template: str | None, lab: Lab) -> list[Mismatch]:
    """Generated from one of the lab's templates: not forked, imported or uploaded [4.3]."""
    expected = f"generated from {lab.templates[0]}"
    if repository.is_fork:
        return [Mismatch("origin", expected, "a fork")]
    if template is None:
        return [Mismatch("origin", expected, "made without a template")]
    if template.casefold() in {accepted.casefold() for accepted in lab.templates}:
        return []
    return [Mismatch("origin", expected, f"generated from {template}")]


def missing_files(repository: Repository) -> list[Mismatch]:
    """Every file that the pipelines need is on the default branch [4.4]."""
    return [
        Mismatch("file", path, "not on the default branch")
        for path in ESSENTIAL_FILES
        if path not in repository.files
    ]


def altered_pipelines(repository: Repository, lab: Lab) -> list[Mismatch]:
    """The YAML still names the lab's group, pipeline, stages and model [4.4].

    Other changes are the learner's freedom: instructors themselves patch the template.
    """
    ci, cd, shared = (
        _yaml(repository, path) for path in (lab.ci_yaml, lab.cd_yaml, lab.variables_yaml)
    )
    found = {
        "variable group of the CI pipeline": (lab.variable_group, _groups(ci)),
        "variable group of the CD pipeline": (lab.variable_group, _groups(cd)),
        "pipeline the CD pipeline takes the model from": (lab.ci_pipeline, _sources(cd)),
        "first stage of the CI pipeline": ("Model_CI", _stages(ci)),
        "second stage of the CI pipeline": ("Trigger_AML_Pipeline", _stages(ci)),
        "first stage of the CD pipeline": ("Deploy_ACI", _stages(cd)),
        "second stage of the CD pipeline": ("Deploy_AKS", _stages(cd)),
        "MODEL_NAME": (lab.model, _values(shared, "MODEL_NAME")),
    }
    return [
        Mismatch(what, wanted, ", ".join(names) or "nothing")
        for what, (wanted, names) in found.items()
        if wanted not in names
    ]


TEMPLATE_TREE = "0783464e1c71409343114eb70ed6217af7ad0158"
"""Root tree of the template: a repository with this tree has exactly its files."""


def modified_files(repository: Repository) -> list[Mismatch]:
    """Equal root trees mean equal files, down to the last byte [4.4]."""
    if repository.tree == TEMPLATE_TREE:
        return []
    return [Mismatch("files", "those of the template", f"another tree ({repository.tree})")]


def inactive_repository(repository: Repository) -> list[Mismatch]:
    """Neither archived nor disabled; the lab's own default branch is ``main`` [4.4]."""
    said = [
        ("archived", repository.is_archived),
        ("disabled", repository.is_disabled),
        (
            f"default branch {repository.default_branch}",
            repository.default_branch not in ("main", "master"),
        ),
    ]
    return [Mismatch("repository", "active, branch main", what) for what, is_so in said if is_so]


def _yaml(repository: Repository, path: str) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(repository.texts.get(path, ""))
    except yaml.YAMLError:
        content = None
    return content if isinstance(content, dict) else {}


def _entries(content: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    entries = content.get(key)
    if isinstance(entries, dict):
        return [{"name": name, "value": value} for name, value in entries.items()]
    return [entry for entry in entries or [] if isinstance(entry, dict)]


def _groups(content: Mapping[str, Any]) -> list[str]:
    return [str(entry["group"]) for entry in _entries(content, "variables") if "group" in entry]


def _stages(content: Mapping[str, Any]) -> list[str]:
    return [str(entry["stage"]) for entry in _entries(content, "stages") if "stage" in entry]


def _values(content: Mapping[str, Any], name: str) -> list[str]:
    variables = _entries(content, "variables")
    return [str(entry.get("value")) for entry in variables if entry.get("name") == name]


def _sources(content: Mapping[str, Any]) -> list[str]:
    resources = content.get("resources")
    pipelines = _entries(resources, "pipelines") if isinstance(resources, dict) else []
    return [str(entry["source"]) for entry in pipelines if "source" in entry]


# --- tasks 5 and 6: pipelines and their runs ------------------------------------------------------


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
    return [Mismatch("repository", expected, f"{where} {pipeline.repository_name}")]


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


def _failures(runs: Sequence[Run]) -> str:
    if not runs:
        return "the pipeline never ran"
    newest = runs[0]
    said = "; ".join([*newest.problems, *_failed_tasks(newest)])
    others = f" (and {len(runs) - 1} other runs that did not succeed)" if len(runs) > 1 else ""
    return f"run {newest.number} {newest.result}{': ' + said if said else ''}{others}"


def _failed_tasks(run: Run) -> list[str]:
    stages = run.stages if isinstance(run.stages, tuple) else ()
    return [
        f"{stage.name} › {task.name} {task.result}"
        for stage in stages
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


# --- Azure ML: what the CI run leaves behind ------------------------------------------------------


def wrongly_published(
    pipelines: Sequence[PublishedPipeline], ci_runs: Sequence[Run]
) -> list[Mismatch]:
    """Exactly one published pipeline bears the id of a succeeded CI run as its version [5.17]."""
    versions = [pipeline.version for pipeline in pipelines]
    ids = [str(run.id) for run in ci_runs]
    if any(versions.count(one) == 1 for one in ids):
        return []
    expected = f"one published pipeline with version {' or '.join(ids)} (the id of the CI run)"
    return [Mismatch("version", expected, ", ".join(versions))]


def unlinked_models(models: Sequence[Model], ci_runs: Sequence[Run], lab: Lab) -> list[Mismatch]:
    """A version of the model says that a succeeded CI run of this project registered it [5.18]."""
    if registered_by(models, ci_runs, lab):
        return []
    ids = " or ".join(str(run.id) for run in ci_runs)
    expected = f"tags of CI run {ids} of project {lab.project}"
    found = "; ".join(f"version {model.version}: {_lineage(model)}" for model in models)
    return [Mismatch(lab.model, expected, found)]


def registered_by(models: Sequence[Model], ci_runs: Sequence[Run], lab: Lab) -> list[Model]:
    """The versions whose tags lead back to one of the runs."""
    ids = {str(run.id) for run in ci_runs}
    return [
        model
        for model in models
        if model.tags.get("BuildId") in ids
        and model.tags.get("experiment_name") == lab.experiment
        and _is_run_of(model.tags.get("BuildUri", ""), model.tags["BuildId"], lab)
    ]


def _is_run_of(uri: str, run_id: str, lab: Lab) -> bool:
    """Compared piece by piece: the tag holds the project's name raw, with its blanks."""
    parts = urlsplit(uri)
    path = unquote(parts.path).casefold()
    home = f"/{lab.organization}/{lab.project}/".casefold()
    return path.startswith(home) and parse_qs(parts.query).get("buildId") == [run_id]


def _lineage(model: Model) -> str:
    tags = [f"{name} {model.tags[name]}" for name in ("BuildId", "BuildUri") if name in model.tags]
    return ", ".join(tags) or "no BuildId tag (registered by hand?)"


def unexpected_error(models: Sequence[Model]) -> list[Mismatch]:
    """The tag ``mse`` of some version is what the unmodified code gives, within a thousandth."""
    errors = [model.tags.get("mse", "nothing") for model in models]
    if any(_close(error, EXPECTED_MSE) for error in errors):
        return []
    return [Mismatch("mse", f"about {EXPECTED_MSE:.1f}", ", ".join(errors))]


def _close(value: str | float, expected: float) -> bool:
    try:
        return math.isclose(float(value), expected, rel_tol=1e-3)
    except ValueError:
        return False


# --- task 7: endpoint -----------------------------------------------------------------------------


def unhealthy(endpoint: Endpoint) -> list[Mismatch]:
    """The endpoint says of itself that it is healthy [7.4]."""
    if endpoint.state == "Healthy":
        return []
    return [Mismatch("state", "Healthy", f"{endpoint.state} {endpoint.error}".strip())]


def asks_for_key(endpoint: Endpoint) -> list[Mismatch]:
    """The lab deploys without authentication; a key is no mistake [7.4]."""
    if endpoint.auth_enabled:
        return [Mismatch("authentication", "none", "a key")]
    return []


def no_description(swagger: bool) -> list[Mismatch]:
    """The generated description answers beside the scoring address [7.4]."""
    return [] if swagger else [Mismatch("/swagger.json", "HTTP 200", "no description")]


def wrong_size(endpoint: Endpoint) -> list[Mismatch]:
    """A container instance with 1 core and 4 GB, as the template's deployment file says [7.4].

    A managed online endpoint (v2) has no such size.
    """
    if endpoint.generation == 2:
        return []
    facts = (
        ("compute type", "ACI", endpoint.compute_type),
        ("CPU cores", 1, endpoint.cpu),
        ("memory in GB", 4, endpoint.memory_gb),
    )
    return [Mismatch(what, str(want), str(got)) for what, want, got in facts if want != got]


def serves_other_model(endpoint: Endpoint, models: Sequence[Model]) -> list[Mismatch]:
    """The endpoint serves one of the versions that the CI runs registered [7.4]."""
    own = [f"{model.name}:{model.version}" for model in models]
    if set(own) & set(endpoint.model_ids):
        return []
    return [Mismatch("model", " or ".join(own), ", ".join(endpoint.model_ids) or "no model")]


def not_by_the_cd_run(
    endpoint: Endpoint, cd_runs: Sequence[Run], workspace: Workspace
) -> list[Mismatch]:
    """Made or renewed after a CD run began, in the region of the workspace [7.4]."""
    times = [time for time in (endpoint.created_at, endpoint.updated_at) if time]
    starts = [run.started_at for run in cd_runs if run.started_at]
    region = endpoint.location.replace(" ", "")
    problems = same_name("region", region, workspace.location) if region else []
    if times and starts and max(times) + CLOCK_SKEW < min(starts):
        expected = f"after the CD run began ({min(starts):%Y-%m-%d %H:%M} UTC)"
        problems += [Mismatch("deployed", expected, f"{max(times):%Y-%m-%d %H:%M} UTC")]
    return problems


def bad_answer(answer: Answer) -> list[Mismatch]:
    """The smoke-test query gets HTTP 200 and one finite number for each of its two rows [6.12]."""
    expected = "HTTP 200 with a result of 2 numbers"
    if answer.status != 200 or answer.result is None:
        return [Mismatch("answer", expected, f"HTTP {answer.status}: {answer.body}".strip(": "))]
    if len(answer.result) != 2 or not all(map(math.isfinite, answer.result)):
        return [Mismatch("answer", expected, f"result {list(answer.result)}")]
    return []


def other_predictions(result: Sequence[float]) -> list[Mismatch]:
    """The numbers are those of the lab's own model, within a thousandth."""
    if all(map(_close, result, SMOKE_TEST_RESULT)):
        return []
    expected = ", ".join(f"{number:.1f}" for number in SMOKE_TEST_RESULT)
    return [Mismatch("prediction", expected, ", ".join(f"{number:.1f}" for number in result))]

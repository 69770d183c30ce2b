"""Every right way through the lab earns full marks: the sheet leaves room, and clouds have moods.

Each variation is one learner of a class whose world differs from the model answer without being
wrong. The tenant is served, collected by the real SDKs, and judged as an instructor does it.
"""

# ruff: noqa: ARG001 -- every variation is called with the lab and the world

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fixtures import collected_from
from fixtures.simulator import template
from fixtures.simulator.world import (
    LearnerWorld,
    PublishedPipeline,
    Repository,
    Run,
    Tenant,
    TrainingRun,
)
from graders.collector import collect
from graders.lab import Lab, read_class
from graders.services.cloud import Cloud
from graders.services.door import Door
from graders.services.sign_in import SignIn
from tests.selftest import runs
from tests.selftest.counts import note
from tests.selftest.served_tenant import serving

Variation = Callable[[Lab, LearnerWorld], object]
VARIATIONS: dict[str, Variation] = {}
OPEN_ONE_BY_ONE = "variable-group-is-open-to-all-pipelines"
OTHER_THAN_SHOWN = "service-connection-is-automatic-with-a-secret"
NOTED: dict[str, set[str]] = {}
"""Variation -> the advisory checks that mention it, for no points."""


def variation(*noted: str) -> Callable[[Variation], Variation]:
    def mark(change: Variation) -> Variation:
        VARIATIONS[change.__name__] = change
        NOTED[change.__name__] = set(noted)
        return change

    return mark


# --- the parts of a world -------------------------------------------------------------------------


def thing(lab: Lab, world: LearnerWorld, name: str) -> Any:
    """The lab's own thing of that kind, by the name the lab gives it."""
    named: Mapping[str, tuple[list[Any], str]] = {
        "variable_group": (world.variable_groups, lab.variable_group),
        "service_connection": (world.service_connections, lab.service_connection),
        "ci": (world.pipelines, lab.ci_pipeline),
        "cd": (world.pipelines, lab.cd_pipeline),
        "model": (world.models, lab.model),
        "endpoint": (world.services, lab.endpoint),
    }
    home, wanted = named[name]
    return next(one for one in home if one.name == wanted)


def run_of(world: LearnerWorld, yaml: str) -> Run:
    return next(run for run in world.runs if run.yaml == yaml)


def another(world: LearnerWorld, like: Run, hours: float, **changes: Any) -> Run:
    """One more run like that one, so many hours later or (below zero) earlier."""
    later = timedelta(hours=hours)
    run = replace(
        deepcopy(like),
        id=100 * world.number + 1 + len(world.runs),
        number=f"20261120.{1 + len(world.runs)}",
        started=like.started + later,
        finished=like.finished + later,
        **changes,
    )
    world.runs.append(run)
    return run


def not_registered(world: LearnerWorld, hours: float) -> Run:
    """A whole CI run on unchanged code: it trains, registers nothing and so fails."""
    report = "Trigger_AML_Pipeline/Publish artifact if new model was registered"
    task = "Determine if evaluation succeeded and new model is registered (CLI)"
    ci = run_of(world, "ci")
    results = {f"{report}/{task}": "failed"}
    run = another(world, ci, hours, result="failed", results=results, artifacts=[])
    published(world, run)
    return run


def published(world: LearnerWorld, run: Run) -> None:
    old: PublishedPipeline = world.published_pipelines[0]
    new = replace(old, id=f"{old.id[:-4]}{run.id:04d}", version=str(run.id), created=run.finished)
    world.published_pipelines.append(new)


def trained(world: LearnerWorld, run: Run) -> TrainingRun:
    """The training run of that CI run."""
    old = world.training_runs[0]
    tags = old.tags | {
        "BuildId": str(run.id),
        "BuildUri": old.tags["BuildUri"].rpartition("=")[0] + f"={run.id}",
    }
    new = replace(old, id=f"{old.id[:-4]}{run.id % 10000:04d}", tags=tags, started=run.started)
    new.metrics = {"alpha": "0.41", "mse": "3295.673617"}
    world.training_runs.append(new)
    return new


def registered_again(lab: Lab, world: LearnerWorld, run: Run) -> None:
    """The run found a better model and registered it as version 2."""
    run.artifacts = [f"Code Coverage Report_{run.id}", "model"]
    run.model_file = {"name": lab.model, "version": "2", "id": f"{lab.model}:2"}
    published(world, run)
    training = trained(world, run)
    model = deepcopy(thing(lab, world, "model"))
    model.version, model.created = 2, run.finished
    model.tags |= {
        "run_id": training.id,
        "BuildId": str(run.id),
        "BuildUri": model.tags["BuildUri"].rpartition("=")[0] + f"={run.id}",
        "mse": "3295.673617",
    }
    world.models.append(model)


def other_repository(lab: Lab, world: LearnerWorld) -> Repository:
    """A second repository of an accepted name, with a history of its own."""
    other = deepcopy(world.repositories[0])
    other.name = next(name for name in lab.repositories if name != other.name)
    other.owner = lab.github_owner.capitalize()
    other.commits = [commit[::-1] for commit in other.commits]
    world.repositories.append(other)
    return other


# --- task 2 and 3 ---------------------------------------------------------------------------------


@variation()
def azure_names_in_another_case(lab: Lab, world: LearnerWorld) -> None:
    """A6: names of Azure Resource Manager are the same in any case."""
    variables = thing(lab, world, "variable_group").variables
    variables["RESOURCE_GROUP"] = lab.resource_group.lower()
    variables["WORKSPACE_NAME"] = lab.workspace.upper()
    connection = thing(lab, world, "service_connection")
    connection.resource_group = lab.resource_group.upper()
    connection.workspace = lab.workspace.capitalize()
    connection.subscription_id = lab.subscription_id.upper()


@variation()
def base_name_with_capitals(lab: Lab, world: LearnerWorld) -> None:
    name = f"USER{world.number}"
    thing(lab, world, "variable_group").variables["BASE_NAME"] = name


@variation(OPEN_ONE_BY_ONE)
def opened_pipeline_by_pipeline(lab: Lab, world: LearnerWorld) -> None:
    """A8, A9: permission given when the runs asked for it."""
    both = [thing(lab, world, name).id for name in ("ci", "cd")]
    for protected in ("variable_group", "service_connection"):
        thing(lab, world, protected).all_pipelines = False
        thing(lab, world, protected).pipelines = list(both)


@variation(OTHER_THAN_SHOWN)
def connection_by_federation(lab: Lab, world: LearnerWorld) -> None:
    thing(lab, world, "service_connection").scheme = "WorkloadIdentityFederation"


@variation(OTHER_THAN_SHOWN)
def connection_by_hand(lab: Lab, world: LearnerWorld) -> None:
    thing(lab, world, "service_connection").creation_mode = "Manual"


@variation()
def groups_and_connections_beside_the_labs(lab: Lab, world: LearnerWorld) -> None:
    group = thing(lab, world, "variable_group")
    for number in range(60):
        extra = replace(group, id=1000 * world.number + number, name=f"try-out-{number}")
        world.variable_groups.insert(0, replace(extra, variables={"LOCATION": "Central US"}))
    connection = thing(lab, world, "service_connection")
    extras = [
        replace(connection, id=f"{connection.id[:-4]}{number:04d}", name=f"aml-{number}")
        for number in range(30)
    ]
    world.service_connections[:0] = [replace(one, scope_level="Subscription") for one in extras]


# --- task 4 ---------------------------------------------------------------------------------------


@variation()
def repository_in_another_case(lab: Lab, world: LearnerWorld) -> None:
    """GitHub's names are the same in any case; Azure Pipelines keeps the spelling it was given."""
    world.repositories[0].owner = lab.github_owner.capitalize()
    world.repositories[0].name = lab.repositories[0].upper()


@variation()
def repository_by_the_other_reading(lab: Lab, world: LearnerWorld) -> None:
    """A1: mlops_0N read literally, from number 10 on."""
    name = lab.repositories[-1]
    world.repositories[0].name = name
    for pipeline in ("ci", "cd"):
        thing(lab, world, pipeline).repository_name = f"{lab.github_owner}/{name}"


@variation()
def both_repositories(lab: Lab, world: LearnerWorld) -> None:
    """A1: of two, the one the pipelines build is meant."""
    other_repository(lab, world)


@variation()
def both_repositories_and_the_second_is_built(lab: Lab, world: LearnerWorld) -> None:
    other = other_repository(lab, world)
    for pipeline in ("ci", "cd"):
        thing(lab, world, pipeline).repository_name = f"{lab.github_owner}/{other.name.upper()}"
    for run in world.runs:
        run.commit = other.commits[0]


@variation()
def both_repositories_and_a_pipeline_left_over(lab: Lab, world: LearnerWorld) -> None:
    """The first attempt's pipeline, under its default name, builds the other repository."""
    first = deepcopy(thing(lab, world, "ci"))
    both_repositories_and_the_second_is_built(lab, world)
    first.id, first.name = 10 * world.number + 9, f"{lab.github_owner}.{lab.repositories[0]}"
    world.pipelines.insert(0, first)


@variation("repository-is-unmodified")
def extension_line_patched(lab: Lab, world: LearnerWorld) -> None:
    """A15: instructors patch the line that installs the extension."""
    texts = world.repositories[0].texts
    patched = "    - script: az extension add -n azure-cli-ml --version 1.41.0\n"
    texts[lab.ci_yaml] = template.CI_YAML + patched
    texts[lab.cd_yaml] = template.CD_YAML + patched


@variation()
def from_the_template_of_the_picture(lab: Lab, world: LearnerWorld) -> None:
    """A10: text and picture name different templates."""
    world.repositories[0].template = lab.templates[1]


@variation()
def branch_master(lab: Lab, world: LearnerWorld) -> None:
    """A4: the sheet speaks of master, the template has main."""
    world.repositories[0].default_branch = "master"
    for pipeline in ("ci", "cd"):
        thing(lab, world, pipeline).default_branch = "refs/heads/master"
    for run in world.runs:
        run.branch = "refs/heads/master"


@variation()
def commits_after_the_run(lab: Lab, world: LearnerWorld) -> None:
    """The commit that CI built is no longer among the newest."""
    commits = world.repositories[0].commits
    commits[:0] = [f"{number:040x}" for number in range(1, 151)]


# --- task 5 ---------------------------------------------------------------------------------------


@variation()
def ci_again_without_a_better_model(lab: Lab, world: LearnerWorld) -> None:
    """A16: unchanged code trains the same model, and the run fails as it should."""
    not_registered(world, 2)


@variation()
def ci_again_and_again(lab: Lab, world: LearnerWorld) -> None:
    """More runs than one page holds, and the good one is the oldest."""
    for hours in range(1, 45):
        not_registered(world, hours)


@variation()
def ci_failed_at_first(lab: Lab, world: LearnerWorld) -> None:
    another(world, run_of(world, "ci"), -3, result="failed", artifacts=[])
    another(world, run_of(world, "ci"), -2, result="canceled", artifacts=[])


@variation()
def ci_is_running_again(lab: Lab, world: LearnerWorld) -> None:
    """A run that is going cannot spoil one that succeeded."""
    another(world, run_of(world, "ci"), 2, status="inProgress", result=None, artifacts=[])
    another(world, run_of(world, "cd"), 3, status="notStarted", result=None)


@variation()
def second_version_deployed(lab: Lab, world: LearnerWorld) -> None:
    """A better alpha: a second CI run registers version 2, and CD deploys it."""
    run = another(world, run_of(world, "ci"), 2)
    registered_again(lab, world, run)
    logs = run_of(world, "cd").logs | {"model_version": "2"}
    another(world, run_of(world, "cd"), 2, upstream_number=run.number, logs=logs)
    service = thing(lab, world, "endpoint")
    service.models = [f"{lab.model}:2"]
    service.updated = service.created + timedelta(hours=2)


@variation()
def second_version_not_deployed(lab: Lab, world: LearnerWorld) -> None:
    """The sheet asks for one deployment only."""
    registered_again(lab, world, another(world, run_of(world, "ci"), 2))


@variation()
def second_version_on_a_branch(lab: Lab, world: LearnerWorld) -> None:
    """A later experiment on a branch of their own succeeded as well; the good run stands."""
    branch, commit = "refs/heads/alpha-41", "a1fa" * 10
    run = another(world, run_of(world, "ci"), 2, branch=branch, commit=commit)
    registered_again(lab, world, run)
    world.repositories[0].commits.append(commit)
    logs = run_of(world, "cd").logs | {"model_version": "2"}
    another(world, run_of(world, "cd"), 2.5, branch=branch, upstream_number=run.number, logs=logs)


@variation()
def later_run_from_a_deleted_branch(lab: Lab, world: LearnerWorld) -> None:
    """The commit of a later run is gone with its branch; the good run's commit is there."""
    run = another(world, run_of(world, "ci"), 2, commit="dead" * 10)
    registered_again(lab, world, run)


@variation()
def pipelines_in_a_folder(lab: Lab, world: LearnerWorld) -> None:
    for pipeline in ("ci", "cd"):
        thing(lab, world, pipeline).path = "\\MLOps\\Lab"


@variation()
def name_taken_in_another_folder(lab: Lab, world: LearnerWorld) -> None:
    """Names are unique per folder: a first attempt of the same name never succeeded."""
    for yaml, end in (("ci", 7), ("cd", 8)):
        old = deepcopy(thing(lab, world, yaml))
        old.id, old.path, old.queue_status = 10 * world.number + end, "\\Old", "disabled"
        old.repository_name = f"{lab.github_owner}/try-out"
        world.pipelines.append(old)
        another(world, run_of(world, yaml), -4, pipeline=old.id, result="failed", artifacts=[])


@variation()
def yaml_path_without_a_slash(lab: Lab, world: LearnerWorld) -> None:
    for pipeline in ("ci", "cd"):
        thing(lab, world, pipeline).yaml_path = thing(lab, world, pipeline).yaml_path.lstrip("/")


@variation()
def first_stage_attempted_twice(lab: Lab, world: LearnerWorld) -> None:
    run_of(world, "ci").attempt = 2


@variation()
def succeeded_with_warnings(lab: Lab, world: LearnerWorld) -> None:
    """Azure Pipelines calls a run that only warned partially succeeded."""
    test = "Model_CI/Model CI Pipeline/Publish test results"
    warned = {"ci": test, "cd": "Deploy_ACI/Deploy to ACI/Install AzureML CLI"}
    for yaml, task in warned.items():
        run = run_of(world, yaml)
        run.result, run.results = "partiallySucceeded", {task: "succeededWithIssues"}


@variation()
def organisation_with_its_old_address(lab: Lab, world: LearnerWorld) -> None:
    """SYSTEM.COLLECTIONURI of an organisation that kept its visualstudio.com address."""
    run = run_of(world, "ci")
    home = f"https://{lab.organization}.visualstudio.com/{lab.project}"
    thing(lab, world, "model").tags["BuildUri"] = f"{home}/_build/results?buildId={run.id}"


# --- task 6 ---------------------------------------------------------------------------------------


@variation()
def cd_invalid_at_first(lab: Lab, world: LearnerWorld) -> None:
    """A11: CD was queued before the CI pipeline had its name."""
    said = "(Line: 19, Col: 15): Pipeline Resource model-train-ci Input Must be Valid."
    run = another(world, run_of(world, "cd"), -3, result="failed", problems=[said])
    run.upstream_pipeline, run.upstream_number = None, ""


@variation()
def cd_attempted_twice(lab: Lab, world: LearnerWorld) -> None:
    """The lab's author's own run was attempt 2 of the stage."""
    run_of(world, "cd").attempt = 2


@variation()
def cd_failed_afterwards(lab: Lab, world: LearnerWorld) -> None:
    another(world, run_of(world, "cd"), 2, result="failed")


@variation()
def cd_on_another_branch_afterwards(lab: Lab, world: LearnerWorld) -> None:
    another(world, run_of(world, "cd"), 2, branch="refs/heads/try-out")


@variation()
def cd_with_another_run_afterwards(lab: Lab, world: LearnerWorld) -> None:
    """Later runs were told to take a CI run that did not succeed, and a run of something else."""
    failed = not_registered(world, 1)
    later = another(world, run_of(world, "cd"), 2, upstream_number=failed.number)
    another(world, run_of(world, "cd"), 3, upstream_number=later.number)


@variation()
def cd_with_the_id_of_an_older_build(lab: Lab, world: LearnerWorld) -> None:
    """Azure Pipelines records the latest CI run as consumed, whatever build CD was told to take."""
    newer = another(world, run_of(world, "ci"), 0.2)
    registered_again(lab, world, newer)
    run_of(world, "cd").upstream_number = newer.number


@variation()
def older_training_pipeline_disabled(lab: Lab, world: LearnerWorld) -> None:
    """A later CI run published anew; what the deployed model was trained with was then disabled."""
    registered_again(lab, world, another(world, run_of(world, "ci"), 2))
    world.published_pipelines[0].active = False


@variation()
def cd_without_the_deployment_afterwards(lab: Lab, world: LearnerWorld) -> None:
    for hours in (2, 3):
        another(world, run_of(world, "cd"), hours, results={"Deploy_ACI": "skipped"})


@variation("cd-run-left-kubernetes-alone")
def cd_failed_at_kubernetes_only(lab: Lab, world: LearnerWorld) -> None:
    """A12: the deployment the lab asks for is there."""
    run = run_of(world, "cd")
    run.result, run.results = "failed", {"Deploy_AKS": "failed"}


@variation("cd-run-left-kubernetes-alone")
def cd_failed_at_kubernetes_and_then_altogether(lab: Lab, world: LearnerWorld) -> None:
    cd_failed_at_kubernetes_only(lab, world)
    good = run_of(world, "cd")
    another(world, good, 2, result="canceled", results={"Deploy_ACI": "canceled"})


@variation("cd-run-left-kubernetes-alone")
def cd_failed_at_kubernetes_after_an_empty_success(lab: Lab, world: LearnerWorld) -> None:
    """The first run had no ACI_DEPLOYMENT_NAME, skipped everything and was green."""
    another(world, run_of(world, "cd"), -0.2, results={"Deploy_ACI": "skipped"})
    cd_failed_at_kubernetes_only(lab, world)


# --- task 7 ---------------------------------------------------------------------------------------


@variation("endpoint-needs-no-key")
def endpoint_with_a_key(lab: Lab, world: LearnerWorld) -> None:
    thing(lab, world, "endpoint").auth_enabled = True


@variation()
def more_than_one_page_of_everything(lab: Lab, world: LearnerWorld) -> None:
    groups_and_connections_beside_the_labs(lab, world)
    number = world.number
    pipeline, service = thing(lab, world, "ci"), thing(lab, world, "endpoint")
    world.pipelines[:0] = [
        replace(pipeline, id=1000 * number + n, name=f"try-out {n}", yaml_path=f"/{n}.yml")
        for n in range(30)
    ]
    world.services[:0] = [
        replace(service, name=f"other-{n}", scoring_host=f"{n}-{service.scoring_host}")
        for n in range(30)
    ]
    model = thing(lab, world, "model")
    world.models[:0] = [replace(model, name=f"other-{n}", tags={}) for n in range(40)]
    old = world.published_pipelines[0]
    world.published_pipelines[:0] = [
        replace(old, id=f"{old.id[:-4]}{n:04d}", name=f"other-{n}") for n in range(40)
    ]
    for hours in range(1, 31):
        not_registered(world, hours)
        another(world, run_of(world, "cd"), hours, result="failed")


# --- and how they are graded ----------------------------------------------------------------------

FIRST = 12
"""From number 10 on the sheet's names can be read in two ways."""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, dict[str, str]]:
    """Variation -> check -> outcome: one learner for each, looked at and judged together."""
    folder = tmp_path_factory.mktemp("variations")
    cohort = write_class(folder / "variations.csv")
    learners, lab_file = read_class(cohort, cohort.with_name("lab.toml"))
    labs = {learner.id: lab_file.for_learner(learner) for learner in learners}
    evidence = collected(labs, folder / "evidence")
    run = runs.grade("--learners", cohort, "--evidence", evidence, reports=folder / "out")
    return run.outcomes()


def write_class(file: Path) -> Path:
    runs.write_cohort(file, 0)
    rows = [f"{name},{number}" for number, name in enumerate(VARIATIONS, FIRST)]
    file.write_text("\n".join(["learner,number", *rows]), encoding="utf-8")
    return file


def collected(labs: Mapping[str, Lab], folder: Path) -> Path:
    tenant = Tenant(labs.values(), VARIATIONS)
    with serving(tenant), Door() as door, pytest.MonkeyPatch.context() as patch:
        ids = tenant.ids
        patch.setenv("AZURE_AUTHORITY_HOST", "login.microsoftonline.com")
        credentials = {
            "AZURE_TENANT_ID": ids.tenant_id,
            "AZURE_CLIENT_ID": ids.client_id,
            "AZURE_CLIENT_SECRET": ids.client_secret,
            "GITHUB_TOKEN": ids.github_token,
        }
        cloud = Cloud(SignIn.from_environment({**os.environ, **credentials}), door)
        cloud.prepare(list(labs.values()))
        collected_from.note(folder, "simulated")
        collect(list(labs.values()), cloud.look_at, folder, tenant="simulated")
    return folder


@pytest.mark.parametrize("name", VARIATIONS)
def test_a_right_way_through_the_lab_earns_full_marks(
    name: str, graded: Mapping[str, dict[str, str]], request: pytest.FixtureRequest
) -> None:
    others = {check: said for check, said in graded[name].items() if said != "passed"}
    assert others == dict.fromkeys(NOTED[name], "noted")
    note(request, "legitimate variations", 1)

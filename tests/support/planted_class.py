"""What learners take from one another, planted in a class whose first learner is the owner."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fixtures.plugin import snapshot_tenant as collected_from
from fixtures.simulator.model_answer import model_answer
from fixtures.simulator.world import Change, LearnerWorld, Tenant
from graders.collector import collect
from graders.inputs.lab_file import read_class
from graders.lab import Lab
from graders.services.cloud import Cloud
from graders.services.http.transport import ReadOnlyTransport
from graders.services.sign_in import SignIn
from tests.support import grading_process
from tests.support.served_tenant import serving

OWNER = 1
"""The learner whom all the others took something from."""
LATER = timedelta(hours=1)

Plant = Callable[[Lab, LearnerWorld, LearnerWorld], object]
"""Changes one learner's world (and perhaps the owner's): lab, world, the owner's world."""


# --- what learners do -----------------------------------------------------------------------------


def honest(_lab: Lab, _world: LearnerWorld, _owner: LearnerWorld) -> None:
    """Another model answer."""


def borrowed_endpoint(_lab: Lab, world: LearnerWorld, owner: LearnerWorld) -> None:
    """The workspace lists the owner's container under the learner's own service."""
    service, theirs = world.services[0], owner.services[0]
    service.scoring_host = theirs.scoring_host
    service.created = service.updated = theirs.created + LATER


def endpoint_since_the_same_second(_lab: Lab, world: LearnerWorld, owner: LearnerWorld) -> None:
    """As above, but nothing shows who had it first."""
    borrowed_endpoint(_lab, world, owner)
    world.services[0].created = owner.services[0].created


def borrowed_workspace(lab: Lab, world: LearnerWorld, owner: LearnerWorld) -> None:
    """Group and connection lead to the owner's workspace: the training and the model are there."""
    copied_values(lab, world, owner)
    connection = next(
        candidate for candidate in world.service_connections if candidate.type == "azurerm"
    )
    connection.resource_group = owner.workspace.resource_group
    connection.workspace = owner.workspace.name
    model = next(candidate for candidate in world.models if candidate.name == lab.model)
    owner.models.append(replace(model, version=2))
    owner.training_runs += world.training_runs
    owner.published_pipelines += world.published_pipelines
    world.models.remove(model)
    world.training_runs.clear()
    world.published_pipelines.clear()
    world.services.clear()


def overwritten_endpoint(lab: Lab, world: LearnerWorld, owner: LearnerWorld) -> None:
    """As above, and CD replaced what the owner had deployed."""
    borrowed_workspace(lab, world, owner)
    owner.services[0].models = [f"{lab.model}:2"]


def copied_values(lab: Lab, world: LearnerWorld, owner: LearnerWorld) -> None:
    group = next(
        candidate for candidate in world.variable_groups if candidate.name == lab.variable_group
    )
    theirs = next(
        candidate for candidate in owner.variable_groups if candidate.name == lab.variable_group
    )
    for name in ("BASE_NAME", "RESOURCE_GROUP", "WORKSPACE_NAME"):
        group.variables[name] = theirs.variables[name]


def cloned_run(lab: Lab, world: LearnerWorld, owner: LearnerWorld) -> None:
    """The owner's training run and model, with the tags made out to the learner's own CI run.

    Its maker sets when a run ended: before the owner's, here. The service sets when it began.
    """
    mine, theirs = world.training_runs[0], owner.training_runs[0]
    mine.id, mine.started = theirs.id, theirs.started + LATER
    mine.finished = theirs.finished - LATER
    model = next(candidate for candidate in world.models if candidate.name == lab.model)
    model.tags["run_id"] = theirs.id
    model.created = mine.finished


def run_cloned_since_the_same_second(lab: Lab, world: LearnerWorld, owner: LearnerWorld) -> None:
    """As above, but nothing shows who had it first."""
    cloned_run(lab, world, owner)
    world.training_runs[0].started = owner.training_runs[0].started


def retagged_model(lab: Lab, world: LearnerWorld, owner: LearnerWorld) -> None:
    """An own version, older than the owner's, is tagged with the owner's training run."""
    model = next(candidate for candidate in world.models if candidate.name == lab.model)
    tags = {**model.tags, "run_id": owner.training_runs[0].id}
    older = owner.models[0].created - LATER
    world.models.append(replace(model, version=7, tags=tags, created=older))


def copied_model(lab: Lab, world: LearnerWorld, owner: LearnerWorld) -> None:
    """The owner's model, with the owner's tags."""
    model = next(candidate for candidate in world.models if candidate.name == lab.model)
    theirs = next(candidate for candidate in owner.models if candidate.name == lab.model)
    model.tags = dict(theirs.tags)
    model.created = theirs.created + LATER


def neighbours_repository(lab: Lab, world: LearnerWorld, owner: LearnerWorld) -> None:
    for pipeline in world.pipelines:
        if pipeline.name == lab.cd_pipeline:
            pipeline.repository_name = f"{lab.github_owner}/{owner.repositories[0].name}"


# --- the class ------------------------------------------------------------------------------------


def name_of(number: int) -> str:
    return f"learner{number:03d}"


def collected(folder: Path, learners: int, *plants: Plant) -> tuple[Path, Mapping[str, Lab]]:
    """A class of model answers, the first its owner, the next ones planted: collected for real."""
    cohort = grading_process.write_cohort(folder / "class.csv", learners)
    everyone, lab_file = read_class(cohort, cohort.with_name("lab.toml"))
    labs = {learner.id: lab_file.for_learner(learner) for learner in everyone}
    tenant = Tenant(labs.values(), changes(labs, plants))
    with serving(tenant), ReadOnlyTransport() as transport, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AZURE_AUTHORITY_HOST", "login.microsoftonline.com")
        ids = tenant.ids
        credentials = {
            "AZURE_TENANT_ID": ids.tenant_id,
            "AZURE_CLIENT_ID": ids.client_id,
            "AZURE_CLIENT_SECRET": ids.client_secret,
            "GITHUB_TOKEN": ids.github_token,
        }
        cloud = Cloud(SignIn.from_environment({**os.environ, **credentials}), transport)
        cloud.prepare(list(labs.values()))
        collected_from.note(folder / "evidence", "simulated")
        collect(list(labs.values()), cloud.look_at, folder / "evidence", tenant="simulated")
    return cohort, labs


def changes(labs: Mapping[str, Lab], plants: tuple[Plant, ...]) -> Mapping[str, Change]:
    """Each plant on its learner's world, and all of them on the owner's."""
    planted = {name_of(number): plant for number, plant in enumerate(plants, OWNER + 1)}

    def owners(_lab: Lab, world: LearnerWorld) -> None:
        for learner, plant in planted.items():
            plant(labs[learner], model_answer(labs[learner]), world)

    def others(plant: Plant) -> Change:
        return lambda lab, world: plant(lab, world, model_answer(labs[name_of(OWNER)]))

    return {name_of(OWNER): owners} | {learner: others(plant) for learner, plant in planted.items()}

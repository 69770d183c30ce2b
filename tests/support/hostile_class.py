"""A hostile class: every attack at once, beside five honest learners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fixtures.simulator.endpoint_state import Response
from fixtures.simulator.world import LearnerWorld
from graders.lab import Lab
from tests.support.planted_class import (
    OWNER,
    Plant,
    borrowed_endpoint,
    cloned_run,
    collected,
    copied_model,
    copied_values,
    name_of,
    neighbours_repository,
    retagged_model,
)

STEERING = "".join(
    (
        *("\x1b]0;owned\x07", "\x1b[2J\x1b[1;1H", "\x9b31m", "\x1bP+q\x1b\\", "\r\x08\x7f\0"),
        *("\u202etfel ot thgir", "\u2066\u200f\u061c", "##vso[task.complete]", "::error::"),
    )
)
LONG = "owned " + "x" * 50_000
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(9 * ['*' + former])}]\n"
    for former, name in zip("abcdefgh", "bcdefghi", strict=True)
)
FLOOD = '{"result": [' + "1.5, " * 400_000 + "1.5]}"
"""2 MB of numbers."""


def texts_everywhere(lab: Lab, world: LearnerWorld, _owner: LearnerWorld) -> None:
    text = STEERING + LONG
    for pipeline in world.pipelines:
        pipeline.name = pipeline.name.replace(lab.ci_pipeline, text)
        pipeline.yaml_path = text
    for group in world.variable_groups:
        group.variables = dict.fromkeys(group.variables, text) | {text: text}
    for connection in world.service_connections:
        connection.status_message, connection.state = text, "Failed"
    for run in world.runs:
        run.errors = {"Model_CI" if run.yaml == "ci" else "Deploy_ACI": text}
        run.requested_for = text
    service = world.services[0]
    service.state, service.error = "Unhealthy", text
    world.models[0].tags = dict.fromkeys(world.models[0].tags, text)


def no_addresses(_lab: Lab, world: LearnerWorld, _owner: LearnerWorld) -> None:
    for model in world.models:
        model.tags |= {"BuildUri": "http://[", "run_id": "https://℀/x"}
    for run in world.training_runs:
        run.tags["BuildUri"] = "http://a:b/?buildId=1"
    world.services[0].scoring_host = "[::1"


def yaml_bombs(lab: Lab, world: LearnerWorld, _owner: LearnerWorld) -> None:
    texts = world.repositories[0].texts
    texts[lab.ci_yaml], texts[lab.cd_yaml] = BOMB, "[" * 60_000


def many_of_everything(_lab: Lab, world: LearnerWorld, _owner: LearnerWorld) -> None:
    group, model = world.variable_groups[0], world.models[0]
    world.variable_groups += [
        replace(group, id=9000 + number, name=f"{'g' * 2000}{number}") for number in range(80)
    ]
    world.models += [
        replace(model, version=9000 + number, tags={**model.tags, "mse": "9" * 5000})
        for number in range(150)
    ]


def endless_answer(_lab: Lab, world: LearnerWorld, _owner: LearnerWorld) -> None:
    world.services[0].responses = [Response(200, FLOOD)]


def patience_please(_lab: Lab, world: LearnerWorld, _owner: LearnerWorld) -> None:
    world.services[0].responses = [Response(429, "later", {"Retry-After": "999"})]


def answer_of_markup(_lab: Lab, world: LearnerWorld, _owner: LearnerWorld) -> None:
    body = f"<script>alert(1)</script>{STEERING}{LONG}"
    world.services[0].responses = [Response(200, body, {"Content-Type": "application/json"})]


def renamed_project(lab: Lab, world: LearnerWorld, owner: LearnerWorld) -> None:
    """Honest: the project had the owner's name while the pipelines ran."""
    for resource in (*world.models, *world.training_runs):
        named = resource.tags.get("BuildUri", "").replace(lab.project, owner.project.name)
        resource.tags |= {"BuildUri": named} if named else {}


ATTACKS: tuple[Plant, ...] = (
    *(retagged_model, copied_model, cloned_run, borrowed_endpoint, copied_values),
    *(neighbours_repository, texts_everywhere, no_addresses, yaml_bombs, many_of_everything),
    *(endless_answer, patience_please, answer_of_markup),
)
HONEST = 5


@dataclass(frozen=True)
class HostileClass:
    """Evidence that was collected for real, with the cohort and its labs."""

    cohort: Path
    evidence: Path
    labs: Mapping[str, Lab]
    honest: tuple[str, ...]
    """Also who had another's project name: the owner of what was taken is the first."""

    @property
    def hostile(self) -> tuple[str, ...]:
        return tuple(learner for learner in self.labs if learner not in self.honest)


def hostile_class(folder: Path, honest: int = HONEST) -> HostileClass:
    """Collect the class from a simulated tenant: owner, attackers, the other honest learners."""
    plants = (renamed_project, *ATTACKS)
    learners = 1 + len(plants) + honest - 1
    cohort, labs = collected(folder, learners, *plants)
    others = range(len(plants) + 2, learners + 1)
    names = (OWNER, OWNER + 1, *others)
    return HostileClass(cohort, folder / "evidence", labs, tuple(map(name_of, names)))

"""Whatever goes wrong between us and the cloud: a verdict stays what it is, or is withheld.

Every question the graders ask meets every fault, each time in a run of its own. What was seen then
is judged by one real run, beside the same learners seen without faults.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from requests.adapters import HTTPAdapter

from fixtures import collected_from
from fixtures.simulator.mistakes import read_catalogue
from fixtures.simulator.world import Tenant
from graders import snapshot
from graders.evidence import Evidence
from graders.lab import Lab, read_class
from graders.services.cloud import Cloud
from graders.services.door import Door, Patience
from graders.services.sign_in import SignIn
from tests.selftest import runs
from tests.selftest.faults import CANARY, FAULTS, ROUTES, FaultyNetwork
from tests.selftest.served_tenant import Served, serving

IMPATIENT = Patience(attempts=2, backoff=0.001, retry_after_cap=0.05)
MISTAKES = {
    1: "",
    2: "variable_group_open_to_both_pipelines",
    3: "repository_misnamed",
    4: "history_rewritten",
    5: "model_deleted",
    6: "endpoint_of_the_second_generation",
    7: "endpoint_with_a_key",
    8: "workspace_not_visible",
}
ASKED_OF = {
    "permissions": 2,
    "repository names": 3,
    "commits": 4,
    "model names": 5,
    "online endpoints": 6,
    "deployments": 6,
    "online key": 6,
    "key": 7,
    "workspace": 8,
}
"""Route -> the learner of whom it is asked; of the first, all others are."""
THE_ENDPOINTS_OWN_WORD = {
    (route, fault)
    for route in ("score", "swagger")
    for fault in ("a refusal that says 200", "[{}]", "null")
} | {("swagger", "404")}
"""What a learner's program may say itself, so that it counts."""


class Looking:
    """Looks at single learners through a network that can be harmed."""

    def __init__(self, served: Served, network: FaultyNetwork) -> None:
        ids = served.tenant.ids
        environment = {
            "AZURE_TENANT_ID": ids.tenant_id,
            "AZURE_CLIENT_ID": ids.client_id,
            "AZURE_CLIENT_SECRET": ids.client_secret,
            "GITHUB_TOKEN": ids.github_token,
        }
        self._sign_in = SignIn.from_environment(environment)
        self._network = network

    def at(self, lab: Lab, route: str = "", fault: str = "") -> Evidence:
        self._network.harm(route, fault)
        _forget_locations()
        with Door(IMPATIENT) as door:
            cloud = Cloud(self._sign_in, door)
            cloud.prepare([lab])
            evidence = cloud.look_at(lab)
        assert self._network.struck or not route, f"{route} was not asked"
        return evidence


Outcomes = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def labs(tmp_path_factory: pytest.TempPathFactory) -> list[Lab]:
    cohort = runs.write_cohort(tmp_path_factory.mktemp("class") / "class.csv", 8, MISTAKES)
    learners, lab_file = read_class(cohort, _lenient(cohort))
    return [lab_file.for_learner(learner) for learner in learners]


@pytest.fixture(scope="module")
def looking(labs: list[Lab]) -> Iterator[Looking]:
    tenant = Tenant(labs, read_catalogue().changes(labs))
    with serving(tenant) as served, pytest.MonkeyPatch.context() as patch:
        network = FaultyNetwork(HTTPAdapter.send)
        patch.setattr(HTTPAdapter, "send", lambda _, request, **how: network(request, how))
        yield Looking(served, network)


@pytest.fixture(scope="module")
def calm(looking: Looking, labs: list[Lab]) -> dict[str, Evidence]:
    """Learner -> what is seen without a fault."""
    return {lab.learner.id: looking.at(lab) for lab in labs}


@pytest.fixture(scope="module")
def harmed(looking: Looking, labs: list[Lab]) -> dict[str, Evidence]:
    """``route: fault`` -> what is seen in spite of it."""
    return {
        _name(route, fault): looking.at(labs[ASKED_OF.get(route, 1) - 1], route, fault)
        for route, fault in product(ROUTES, FAULTS)
    }


@pytest.fixture(scope="module")
def outcomes(
    calm: dict[str, Evidence],
    harmed: dict[str, Evidence],
    labs: list[Lab],
    tmp_path_factory: pytest.TempPathFactory,
) -> Outcomes:
    """Learner, or ``route: fault`` -> check -> outcome; what was seen alike is judged once."""
    folder = tmp_path_factory.mktemp("judged")
    cells: dict[str, str] = {}
    rows = ["learner,number,email,project,repository,workspace"]
    collected_from.note(folder / "evidence", "simulated")
    for evidence in (*calm.values(), *harmed.values()):
        if (alike := _without_words(evidence)) not in cells:
            cell = cells[alike] = f"cell{len(cells)}"
            snapshot.write(folder / "evidence", replace(evidence, learner=cell))
            lab = next(lab for lab in labs if lab.learner.id == evidence.learner)
            names = (lab.learner.email, lab.project, lab.repositories[0], lab.workspace)
            rows.append(",".join((cell, str(lab.learner.number), *names)))
    cohort = runs.write_cohort(folder / "cells.csv", 0)
    cohort.write_text("\n".join(rows), encoding="utf-8")
    _lenient(cohort)
    run = runs.grade(
        *("--learners", cohort, "--evidence", folder / "evidence", "--fail-on", "never"),
        reports=folder / "out",
    )
    assert run.status == 0, run.text
    found = run.outcomes()
    seen = calm | harmed
    return {name: found[cells[_without_words(one)]] for name, one in seen.items()}


@pytest.mark.parametrize("route", ROUTES)
def test_a_fault_withholds_verdicts_and_changes_none(
    outcomes: Outcomes, harmed: dict[str, Evidence], route: str
) -> None:
    changed = {
        (fault, check): (before, after)
        for fault in FAULTS
        if (route, fault) not in THE_ENDPOINTS_OWN_WORD
        for check, before, after in _changes(outcomes, harmed, _name(route, fault))
        if after != "not assessed"
    }
    assert changed == {}


def test_nothing_of_a_body_that_is_not_the_services_is_shown(harmed: dict[str, Evidence]) -> None:
    told = {name: " ".join(map(str, one.faults())) for name, one in harmed.items()}
    assert [name for name, text in told.items() if CANARY in text] == []


def test_a_fault_is_never_taken_for_a_mistake_of_ours(harmed: dict[str, Evidence]) -> None:
    told = {name: " ".join(map(str, one.faults())) for name, one in harmed.items()}
    assert [name for name, text in told.items() if "bug" in text] == []


def _changes(
    outcomes: Outcomes, harmed: dict[str, Evidence], name: str
) -> Iterator[tuple[str, str, str]]:
    before, after = outcomes[harmed[name].learner], outcomes[name]
    for check, outcome in before.items():
        if after[check] != outcome:
            yield check, outcome, after[check]


def _name(route: str, fault: str) -> str:
    return f"{route}: {fault}"


def _without_words(evidence: Evidence) -> str:
    """Evidence but for the sightings and for why a thing could not be seen."""
    text = repr(replace(evidence, sightings=()))
    for fault in evidence.faults():
        text = text.replace(repr(fault), "unseen")
    return text


def _lenient(cohort: Path) -> Path:
    """Let managed online endpoints count in the cohort's lab file, so that they are asked for."""
    file = cohort.with_name("lab.toml")
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("v2_endpoint = false", "v2_endpoint = true"), encoding="utf-8")
    return file


def _forget_locations() -> None:
    """What the SDK of Azure DevOps keeps for the whole process."""
    from azure.devops._file_cache import OPTIONS_CACHE, RESOURCE_CACHE  # late: no disk cache by now
    from azure.devops.client import Client

    for kept in (Client._locations_cache, OPTIONS_CACHE.data, RESOURCE_CACHE.data):
        kept.clear()

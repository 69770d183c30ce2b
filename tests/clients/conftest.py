"""The demo cohort's tenant, and the environment that leads any program to it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from fixtures.simulator.model_answer import model_answer
from fixtures.simulator.process import SimulatedTenant
from fixtures.simulator.state import LearnerWorld
from graders.inputs.lab_file import read_class
from graders.lab import Lab

COHORTS = Path(__file__).parents[2] / "fixtures" / "cohorts"


@pytest.fixture(scope="session")
def tenant() -> Iterator[SimulatedTenant]:
    """A process of its own; when all is done, nothing was asked that it does not know."""
    with SimulatedTenant(COHORTS / "demo.csv", COHORTS / "lab.toml") as served:
        yield served
        log = served.requests()
    kinds = ("unknown_routes", "unknown_parameters", "refused_hosts", "violations", "failures")
    for kind in kinds:
        assert log[kind] == [], kind


@pytest.fixture(scope="session")
def environment(
    tenant: SimulatedTenant, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, str]:
    """What a program is started with; its home is empty, so that nobody is signed in there."""
    home = str(tmp_path_factory.mktemp("home"))
    authority = tenant.credentials["ca"]
    return {**os.environ, **tenant.environment(), "SSL_CERT_FILE": authority, "HOME": home}


@pytest.fixture(scope="session")
def lab() -> Lab:
    """The first learner's, who did everything right."""
    learners, lab_file = read_class(COHORTS / "demo.csv", COHORTS / "lab.toml")
    return lab_file.for_learner(learners[0])


@pytest.fixture(scope="session")
def world(lab: Lab) -> LearnerWorld:
    """What there is of it."""
    return model_answer(lab)

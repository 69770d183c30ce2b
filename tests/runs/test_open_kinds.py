"""What no check judges right yet: each entry fails here, until a check does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from fixtures.plugin import snapshot_tenant
from fixtures.plugin.grading import whole_rubric
from fixtures.simulator.mistakes import Catalogue, own_files, read_catalogue
from fixtures.simulator.world import Tenant
from graders import collector
from graders.inputs.lab_file import read_class
from graders.services.cloud import Cloud
from graders.services.http.transport import ReadOnlyTransport
from graders.services.sign_in import SignIn
from graders.verdicts import Outcome
from tests.support import grading_process, judged_classes
from tests.support.open_kinds import OPEN_KINDS
from tests.support.served_bodies import credentials
from tests.support.served_tenant import serving

RUBRIC = whole_rubric()
WHY = {name: why for _, reasons in OPEN_KINDS for name, why in reasons.items()}

Verdicts = Mapping[str, Mapping[str, Outcome]]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    file = tmp_path_factory.mktemp("kinds") / "open.toml"
    file.write_text("\n".join(entries for entries, _ in OPEN_KINDS), encoding="utf-8")
    return read_catalogue([*own_files(), file], RUBRIC)


@pytest.fixture(scope="module")
def verdicts(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    """Kind -> check -> outcome, of a class with one learner for each kind."""
    folder = tmp_path_factory.mktemp("class")
    cohort = grading_process.write_cohort(folder / "class.csv", len(WHY))
    learners, lab_file = read_class(cohort, cohort.with_name("lab.toml"))
    labs = [lab_file.for_learner(learner) for learner in learners]
    kinds = dict(zip(WHY, labs, strict=True))
    changes = {lab.learner.id: catalogue.change([name]) for name, lab in kinds.items()}
    evidence = folder / "evidence"
    tenant = Tenant(labs, changes)
    with serving(tenant):
        collect(tenant, evidence)
    judge = judged_classes.judge({lab.learner.id: lab for lab in labs}, evidence)
    return {
        name: {verdict.check: verdict.outcome for verdict in judge.verdicts(lab.learner.id)}
        for name, lab in kinds.items()
    }


def collect(tenant: Tenant, evidence: Path) -> None:
    labs = list(tenant.labs.values())
    with ReadOnlyTransport() as transport:
        cloud = Cloud(SignIn.from_environment(credentials(tenant)), transport, labs)
        cloud.prepare(labs)
        snapshot_tenant.note(evidence, "simulated")
        collector.collect(labs, cloud.look_at, evidence, tenant="simulated")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.xfail(strict=True, reason=why))
        for name, why in WHY.items()
    ],
)
def test_it_is_judged_as_it_deserves(name: str, catalogue: Catalogue, verdicts: Verdicts) -> None:
    deserved = catalogue.causes([name], RUBRIC)
    assert {check: verdicts[name][check] for check in deserved} == deserved


def test_every_open_kind_has_a_reason(catalogue: Catalogue) -> None:
    entries = read_catalogue().entries
    assert catalogue.entries.keys() - entries.keys() == WHY.keys()

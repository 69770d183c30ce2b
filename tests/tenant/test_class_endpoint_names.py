"""Managed endpoints of a class: each learner's has a name, and so a host, of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from fixtures.simulator.changes import workbench
from fixtures.simulator.world import LearnerWorld, Tenant
from graders.evidence import Answer, Evidence
from graders.lab import SHEET, Lab, Leniency
from graders.services.cloud import Cloud
from graders.services.http.transport import ReadOnlyTransport
from graders.services.sign_in import SignIn
from tests.support.fault_matrix import QUICK
from tests.support.served_bodies import credentials
from tests.support.served_tenant import Served, lab, serving

RIGHT, RAISES = 1, 2


def class_lab(number: int) -> Lab:
    sheet = SHEET.renamed({"endpoint": "mlops-aci-{n:02d}"}).filled(number)
    return replace(lab(number), sheet=sheet, leniency=Leniency(v2_endpoint=True))


def managed(own: Lab, world: LearnerWorld) -> None:
    bench = workbench(own, world)
    bench.remove("endpoint")
    bench.add("online_endpoint", {"answer": "raises"} if world.number == RAISES else {})


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    labs = [class_lab(number) for number in (RIGHT, RAISES)]
    changes = dict.fromkeys((own.learner.id for own in labs), managed)
    with serving(Tenant(labs, changes)) as served:
        yield served


@pytest.fixture(scope="module")
def evidence(served: Served) -> dict[int, Evidence]:
    with ReadOnlyTransport(QUICK) as transport:
        cloud = Cloud(SignIn.from_environment(credentials(served.tenant)), transport)
        labs = {number: class_lab(number) for number in (RIGHT, RAISES)}
        cloud.prepare(list(labs.values()))
        return {number: cloud.look_at(own) for number, own in labs.items()}


def test_each_learner_has_a_host_of_their_own(evidence: dict[int, Evidence]) -> None:
    addresses = []
    for own in evidence.values():
        assert isinstance(own.endpoints, tuple)
        addresses += [endpoint.scoring_uri for endpoint in own.endpoints]
    assert addresses == [
        f"https://mlops-aci-{number:02d}.centralus.inference.ml.azure.com/score"
        for number in (RIGHT, RAISES)
    ]


def test_each_answers_for_its_own_learner(evidence: dict[int, Evidence]) -> None:
    right, raises = evidence[RIGHT].answer, evidence[RAISES].answer
    assert isinstance(right, Answer)
    assert right.result == pytest.approx(SHEET.scoring.predictions, rel=1e-4)
    assert isinstance(raises, Answer)
    assert (raises.status, raises.result) == (424, None)
    assert "scoring script" in raises.body

"""Faults that only Azure DevOps has: what comes over the wire, and what the graders make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.simulator.fault_plan import read_plan
from fixtures.simulator.serving.fault_answers import MARK
from fixtures.simulator.serving.faults import FaultRule
from fixtures.simulator.serving.route_names import DEVOPS, GITHUB, Question
from fixtures.simulator.serving.service_faults import OF_ONE_SERVICE
from graders.evidence import Unavailable
from graders.inputs.problems import InputProblems
from graders.services.cloud import Cloud
from graders.services.http.transport import ReadOnlyTransport
from graders.services.sign_in import SignIn
from tests.support.bare_azure_devops import BareClient
from tests.support.fault_matrix import QUICK, question
from tests.support.served_bodies import credentials, recording
from tests.support.served_tenant import tenant_of

OWN = [fault for fault, (service, _) in OF_ONE_SERVICE.items() if service == DEVOPS]
STATUS = {
    "anonymous": 200,
    "expired-pat": 401,
    "no-build-right": 403,
    "conditional-access": 403,
    "organisation-stopped": 503,
}
WORDS = {
    "anonymous": "Anonymous",
    "expired-pat": "AccessCheckException",
    "no-build-right": "TF215106",
    "conditional-access": "VS403463",
    "organisation-stopped": "TF24668",
}


@contextmanager
def _struck(fault: str, asked: Question) -> Iterator[BareClient]:
    with recording(tenant_of(1), [FaultRule("struck", DEVOPS, asked, fault)]) as (served, _):
        yield BareClient.of(served)


def test_every_fault_is_tested() -> None:
    assert set(OWN) == set(STATUS) == set(WORDS)


@pytest.mark.parametrize("fault", OWN)
def test_the_wire_says_what_is_wrong(fault: str) -> None:
    template = "/{organization}/_apis/connectiondata"
    with _struck(fault, Question(DEVOPS, template, "GET", template)) as bare:
        answer = bare.get("_apis/connectiondata")
    assert answer.status_code == STATUS[fault]
    assert WORDS[fault] in answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf") is (fault != "anonymous")
    assert (MARK in answer.text) is (fault != "anonymous")
    assert ("x-tfs-serviceerror" in answer.headers) is (fault == "organisation-stopped")


def _unavailable(fault: str) -> Unavailable:
    """What the graders say of the runs when the list of them meets the fault."""
    with _struck(fault, question("runs")) as bare, ReadOnlyTransport(QUICK) as transport:
        labs = list(bare.served.tenant.labs.values())
        cloud = Cloud(SignIn.from_environment(credentials(bare.served.tenant)), transport)
        cloud.prepare(labs)
        runs = cloud.look_at(labs[0]).runs
    assert isinstance(runs, Unavailable)
    return runs


@pytest.fixture(scope="module")
def unavailable() -> Mapping[str, Unavailable]:
    return {fault: _unavailable(fault) for fault in OWN if fault != "anonymous"}


@pytest.mark.parametrize("fault", [fault for fault in OWN if fault != "anonymous"])
def test_no_learner_is_blamed(unavailable: Mapping[str, Unavailable], fault: str) -> None:
    assert unavailable[fault].status == STATUS[fault]
    assert MARK not in str(unavailable[fault])


def test_a_stopped_organisation_must_be_started(unavailable: Mapping[str, Unavailable]) -> None:
    assert (
        "TF24668: The following team project collection"
        in unavailable["organisation-stopped"].cause
    )
    assert "to start it again" in unavailable["organisation-stopped"].remedy


def test_a_policy_is_not_a_missing_role(unavailable: Mapping[str, Unavailable]) -> None:
    assert "VS403463" in unavailable["conditional-access"].cause
    assert "conditional access policy allows" in unavailable["conditional-access"].remedy


def test_another_service_does_not_have_the_fault(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(f'[x]\nservice = "{GITHUB}"\nroute = "*"\nfault = "expired-pat"\n')
    with pytest.raises(InputProblems, match="only Azure DevOps has this fault"):
        read_plan([plan], tenant_of(1))

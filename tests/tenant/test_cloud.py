"""The whole cloud at once: real SDKs against the simulated tenant, and a fault of one part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from graders.evidence import Endpoint, Evidence, Run, Unavailable
from graders.inputs.cohort import read_cohort
from graders.inputs.lab_file import read_lab_file
from graders.lab import Lab
from graders.services.cloud import Cloud
from graders.services.http.transport import ReadOnlyTransport
from graders.services.sign_in import SignIn
from graders.services.sign_in_failures import SignInError
from tests.support.paths import COHORTS

COHORT = COHORTS / "model-answer.csv"
FROM_DEVOPS = ("project", "variable_groups", "service_connections", "pipelines", "runs")
FROM_GITHUB = ("repositories",)
FROM_ML = ("workspace", "published_pipelines", "training_runs", "models", "endpoints", "answer")


@pytest.fixture(scope="module")
def environment() -> Iterator[Mapping[str, str]]:
    from fixtures.simulator.process import SimulatedTenant

    with SimulatedTenant(COHORT, COHORTS / "lab.toml") as tenant:
        yield tenant.environment()


@pytest.fixture
def signed_in(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> SignIn:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return SignIn.from_environment(environment)


@pytest.fixture
def transport() -> Iterator[ReadOnlyTransport]:
    with ReadOnlyTransport() as opened:
        yield opened


@pytest.fixture
def cloud(signed_in: SignIn, transport: ReadOnlyTransport) -> Cloud:
    return Cloud(signed_in, transport)


@pytest.fixture(scope="module")
def labs() -> list[Lab]:
    file = read_lab_file(COHORTS / "lab.toml")
    return [file.for_learner(learner) for learner in read_cohort(COHORT)]


def unseen(evidence: Evidence) -> set[str]:
    return {name for name, part in vars(evidence).items() if isinstance(part, Unavailable)}


def test_all_of_a_model_answer_is_collected(
    cloud: Cloud, transport: ReadOnlyTransport, labs: list[Lab]
) -> None:
    cloud.prepare(labs)
    evidences = [cloud.look_at(lab) for lab in labs]
    assert [evidence.faults() for evidence in evidences] == [()] * len(labs)
    for lab, evidence in zip(labs, evidences, strict=True):
        assert _succeeded(evidence) == {lab.ci_pipeline, lab.cd_pipeline}
        assert [endpoint.name for endpoint in _endpoints(evidence)] == [lab.endpoint]
    shared_and_refused = sum(transport.calls.values())
    for lab in labs:
        cloud.look_at(lab)
    assert (sum(transport.calls.values()) - shared_and_refused) / len(labs) <= 18


def test_needs_no_preparation(cloud: Cloud, labs: list[Lab]) -> None:
    assert cloud.look_at(labs[0]).faults() == ()


@pytest.mark.parametrize(
    ("part", "lost"),
    [
        ("_organization", FROM_DEVOPS),
        ("_github_part", FROM_GITHUB),
        ("_azure_ml", FROM_ML),
    ],
)
def test_a_fault_of_our_own_costs_its_own_part_only(
    cloud: Cloud,
    labs: list[Lab],
    part: str,
    lost: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cloud, part, _broken)
    evidence = cloud.look_at(labs[0])
    assert unseen(evidence) == set(lost)
    [fault] = evidence.faults()
    assert "AttributeError" in fault.cause or "LookupError" in fault.cause
    assert "canary" not in str(fault)


def test_a_preparation_that_fails_stops_no_collecting(
    cloud: Cloud, labs: list[Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud, "_prepare_repositories", _broken)
    cloud.prepare(labs)
    assert cloud.look_at(labs[0]).faults() == ()


def test_asks_for_commits_that_the_runs_name(
    cloud: Cloud, labs: list[Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.prepare(labs)
    evidence = cloud.look_at(labs[0])
    assert not isinstance(evidence.repositories, Unavailable)
    bare = tuple(replace(repository, commits=frozenset()) for repository in evidence.repositories)
    known, where = cloud._repositories[labs[0].learner.id]
    forgetful = {labs[0].learner.id: (replace(known, repositories=bare), where)}
    monkeypatch.setattr(cloud, "_repositories", forgetful)
    again = cloud.look_at(labs[0])
    assert not isinstance(again.repositories, Unavailable)
    assert {run.commit for run in _runs(again)} <= again.repositories[0].commits


def test_without_a_sign_in_nothing_is_prepared(
    signed_in: SignIn, environment: Mapping[str, str], transport: ReadOnlyTransport, labs: list[Lab]
) -> None:
    assert signed_in
    wrong = SignIn.from_environment({**environment, "AZURE_CLIENT_SECRET": "wrong"})
    with pytest.raises(SignInError, match="AADSTS7000215"):
        Cloud(wrong, transport).prepare(labs)


def _runs(evidence: Evidence) -> tuple[Run, ...]:
    assert not isinstance(evidence.runs, Unavailable)
    return evidence.runs


def _endpoints(evidence: Evidence) -> tuple[Endpoint, ...]:
    assert not isinstance(evidence.endpoints, Unavailable)
    return evidence.endpoints


def _succeeded(evidence: Evidence) -> set[str]:
    assert not isinstance(evidence.pipelines, Unavailable)
    names = {pipeline.id: pipeline.name for pipeline in evidence.pipelines}
    return {names[run.pipeline_id] for run in _runs(evidence) if run.succeeded}


def _broken(*_anything: Any) -> Any:
    raise LookupError("canary")

"""What is listed no more is asked for by its id: on the simulated tenant, through the real SDKs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from urllib.parse import quote, urlsplit

import pytest
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from fixtures.plugin import collect as collecting
from fixtures.simulator.process import SimulatedTenant
from graders.evidence import Endpoint, Evidence, Model, ServiceName, Unavailable
from graders.history.missing import ResourceRef, vanished
from graders.inputs.cohort import read_cohort
from graders.inputs.lab_file import read_lab_file
from graders.lab import Lab
from graders.services.cloud import Cloud
from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from graders.services.sign_in import SignIn
from tests.support import canned_cloud
from tests.support.paths import COHORTS

COHORT = COHORTS / "model-answer.csv"
LISTS = (
    "variable_groups",
    "service_connections",
    "pipelines",
    "repositories",
    "published_pipelines",
    "models",
    "endpoints",
)
KINDS = {
    "variable group",
    "service connection",
    "pipeline",
    "repository",
    "published pipeline",
    "model",
    "endpoint",
}
UNSEEN = Unavailable(ServiceName.AZURE_ML, "a list", "503", "Later.")


@dataclass(frozen=True)
class Collected:
    """A learner's whole lab, and the cloud it was collected from."""

    cloud: Cloud
    lab: Lab
    evidence: Evidence

    @property
    def resources(self) -> tuple[ResourceRef, ...]:
        nothing = replace(self.evidence, **dict.fromkeys(LISTS, ()))
        return vanished(self.evidence, nothing, self.lab)


@pytest.fixture(scope="module")
def collected() -> Iterator[Collected]:
    file = read_lab_file(COHORTS / "lab.toml")
    lab = file.for_learner(read_cohort(COHORT)[0])
    with (
        pytest.MonkeyPatch.context() as patch,
        SimulatedTenant(COHORT, COHORTS / "lab.toml") as tenant,
    ):
        for name, value in tenant.environment().items():
            patch.setenv(name, value)
        with ReadOnlyTransport() as transport:
            cloud = Cloud(SignIn.from_environment(os.environ), transport)
            cloud.prepare([lab])
            yield Collected(cloud, lab, cloud.look_at(lab))


def test_everything_the_lab_dictates_is_missed(collected: Collected) -> None:
    assert {resource.kind for resource in collected.resources} == KINDS
    pipelines = {resource.name for resource in collected.resources if resource.kind == "pipeline"}
    assert pipelines == {collected.lab.ci_pipeline, collected.lab.cd_pipeline}
    assert vanished(collected.evidence, collected.evidence, collected.lab) == ()


@pytest.mark.parametrize("of", [part for part in LISTS if part != "repositories"])
def test_what_the_lab_does_not_dictate_is_not_missed(collected: Collected, of: str) -> None:
    listed = getattr(collected.evidence, of)
    others = replace(
        collected.evidence, **{of: tuple(replace(entry, name="other") for entry in listed)}
    )
    assert listed
    assert vanished(others, replace(others, **{of: ()}), collected.lab) == ()


@pytest.mark.parametrize("of", LISTS)
def test_what_could_not_be_read_has_not_vanished(collected: Collected, of: str) -> None:
    nothing = replace(collected.evidence, **{of: ()})
    unseen = replace(collected.evidence, **{of: UNSEEN})
    assert vanished(collected.evidence, nothing, collected.lab) != ()
    assert vanished(collected.evidence, unseen, collected.lab) == ()
    assert vanished(unseen, nothing, collected.lab) == ()


def test_what_has_another_name_now_has_not_vanished(collected: Collected) -> None:
    groups = collected.evidence.variable_groups
    assert isinstance(groups, tuple)
    renamed = replace(
        collected.evidence, variable_groups=tuple(replace(group, name="other") for group in groups)
    )
    assert vanished(collected.evidence, renamed, collected.lab) == ()


def test_what_no_service_can_be_asked_for_is_left_out(collected: Collected) -> None:
    endpoints, models = collected.evidence.endpoints, collected.evidence.models
    assert isinstance(endpoints, tuple)
    assert isinstance(models, tuple)
    online: tuple[Endpoint, ...] = tuple(replace(endpoint, generation=2) for endpoint in endpoints)
    bare: tuple[Model, ...] = tuple(replace(model, version="") for model in models)
    before = replace(collected.evidence, endpoints=online, models=bare)
    nothing = replace(before, endpoints=(), models=())
    assert vanished(before, nothing, collected.lab) == ()


def test_what_is_there_answers_to_its_id_and_nothing_else_does(collected: Collected) -> None:
    for resource in collected.resources:
        assert collected.cloud.still_there(collected.lab, resource) is True, resource
        other = {
            "repository": f"{resource.id}-x",
            "model": f"{collected.lab.model}:99",
            "endpoint": "other-aci",
        }.get(resource.kind, "4711")
        assert collected.cloud.still_there(collected.lab, replace(resource, id=other)) is False, (
            resource
        )


@pytest.mark.parametrize("kind", sorted(KINDS - {"repository"}))
def test_in_a_place_that_cannot_be_read_nothing_is_known(collected: Collected, kind: str) -> None:
    elsewhere = replace(
        collected.lab, project="Nobody's", workspace="nobodys", resource_group="None"
    )
    resource = next(candidate for candidate in collected.resources if candidate.kind == kind)
    assert isinstance(collected.cloud.still_there(elsewhere, resource), Unavailable)


def answered(
    collected: Collected, resource: ResourceRef, status: int, answer: str
) -> bool | Unavailable:
    """What is made of this answer to the question by id; every other is the tenant's own."""
    transport = collected.cloud.transport
    send = transport._original
    ends = (f"/{quote(resource.id, safe='')}", f"/{quote(resource.id)}")

    def other(adapter: HTTPAdapter, request: PreparedRequest, **options: object) -> Response:
        if urlsplit(str(request.url)).path.endswith(ends):
            kind = {"Content-Type": "application/json"}
            return canned_cloud.response(request, status, answer.encode(), kind)
        return send(adapter, request, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "_original", other)
        patch.setattr(transport, "retry_policy", RetryPolicy(attempts=1))
        return collected.cloud.still_there(collected.lab, resource)


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 503])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_refusal_does_not_say_that_there_is_none(
    collected: Collected, kind: str, status: int
) -> None:
    resource = next(candidate for candidate in collected.resources if candidate.kind == kind)
    result = answered(collected, resource, status, '{"message": "no"}')
    assert isinstance(result, Unavailable)
    doubt = collecting._doubt(
        SimpleNamespace(still_there=lambda *_: result), collected.lab, resource
    )  # type: ignore[arg-type]
    assert doubt == f"{resource} could not be asked for by its id: {result.cause}"


@pytest.mark.parametrize(
    ("kind", "answer", "is_there"),
    [
        ("variable group", "null", False),
        ("variable group", '{"id": 4711}', None),
        ("variable group", "<html>", None),
        ("pipeline", '{"id": 4711}', None),
        ("model", '{"id": "another:1"}', None),
        ("model", "[]", None),
        ("model", "null", None),
        ("repository", "{}", None),
        ("repository", '{"full_name": "somebody/renamed"}', False),
    ],
)
def test_only_the_service_itself_can_say_that_there_is_none(
    collected: Collected, kind: str, answer: str, is_there: bool | None
) -> None:
    resource = next(candidate for candidate in collected.resources if candidate.kind == kind)
    result = answered(collected, resource, 200, answer)
    assert (result is is_there) if is_there is not None else isinstance(result, Unavailable)

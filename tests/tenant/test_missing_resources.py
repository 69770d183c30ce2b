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
class Seen:
    """A learner's whole lab, and the cloud it was seen in."""

    cloud: Cloud
    lab: Lab
    evidence: Evidence

    @property
    def things(self) -> tuple[ResourceRef, ...]:
        nothing = replace(self.evidence, **dict.fromkeys(LISTS, ()))
        return vanished(self.evidence, nothing, self.lab)


@pytest.fixture(scope="module")
def seen() -> Iterator[Seen]:
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
            yield Seen(cloud, lab, cloud.look_at(lab))


def test_everything_the_lab_dictates_is_missed(seen: Seen) -> None:
    assert {one.kind for one in seen.things} == KINDS
    pipelines = {one.name for one in seen.things if one.kind == "pipeline"}
    assert pipelines == {seen.lab.ci_pipeline, seen.lab.cd_pipeline}
    assert vanished(seen.evidence, seen.evidence, seen.lab) == ()


@pytest.mark.parametrize("of", [one for one in LISTS if one != "repositories"])
def test_what_the_lab_does_not_dictate_is_nobodys_loss(seen: Seen, of: str) -> None:
    listed = getattr(seen.evidence, of)
    others = replace(seen.evidence, **{of: tuple(replace(one, name="other") for one in listed)})
    assert listed
    assert vanished(others, replace(others, **{of: ()}), seen.lab) == ()


@pytest.mark.parametrize("of", LISTS)
def test_what_could_not_be_seen_has_not_vanished(seen: Seen, of: str) -> None:
    nothing = replace(seen.evidence, **{of: ()})
    unseen = replace(seen.evidence, **{of: UNSEEN})
    assert vanished(seen.evidence, nothing, seen.lab) != ()
    assert vanished(seen.evidence, unseen, seen.lab) == ()
    assert vanished(unseen, nothing, seen.lab) == ()


def test_what_has_another_name_now_has_not_vanished(seen: Seen) -> None:
    groups = seen.evidence.variable_groups
    assert isinstance(groups, tuple)
    renamed = replace(
        seen.evidence, variable_groups=tuple(replace(one, name="other") for one in groups)
    )
    assert vanished(seen.evidence, renamed, seen.lab) == ()


def test_what_no_service_can_be_asked_for_is_left_out(seen: Seen) -> None:
    endpoints, models = seen.evidence.endpoints, seen.evidence.models
    assert isinstance(endpoints, tuple)
    assert isinstance(models, tuple)
    online: tuple[Endpoint, ...] = tuple(replace(one, generation=2) for one in endpoints)
    bare: tuple[Model, ...] = tuple(replace(one, version="") for one in models)
    before = replace(seen.evidence, endpoints=online, models=bare)
    nothing = replace(before, endpoints=(), models=())
    assert vanished(before, nothing, seen.lab) == ()


def test_what_is_there_answers_to_its_id_and_nothing_else_does(seen: Seen) -> None:
    for thing in seen.things:
        assert seen.cloud.still_there(seen.lab, thing) is True, thing
        other = {
            "repository": f"{thing.id}-x",
            "model": f"{seen.lab.model}:99",
            "endpoint": "other-aci",
        }.get(thing.kind, "4711")
        assert seen.cloud.still_there(seen.lab, replace(thing, id=other)) is False, thing


@pytest.mark.parametrize("kind", sorted(KINDS - {"repository"}))
def test_in_a_place_that_cannot_be_seen_nothing_is_known(seen: Seen, kind: str) -> None:
    elsewhere = replace(seen.lab, project="Nobody's", workspace="nobodys", resource_group="None")
    thing = next(one for one in seen.things if one.kind == kind)
    assert isinstance(seen.cloud.still_there(elsewhere, thing), Unavailable)


def answered(seen: Seen, thing: ResourceRef, status: int, answer: str) -> bool | Unavailable:
    """What is made of this answer to the question by id; every other is the tenant's own."""
    transport = seen.cloud.transport
    send = transport._original
    ends = (f"/{quote(thing.id, safe='')}", f"/{quote(thing.id)}")

    def other(adapter: HTTPAdapter, request: PreparedRequest, **options: object) -> Response:
        if urlsplit(str(request.url)).path.endswith(ends):
            kind = {"Content-Type": "application/json"}
            return canned_cloud.response(request, status, answer.encode(), kind)
        return send(adapter, request, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "_original", other)
        patch.setattr(transport, "retry_policy", RetryPolicy(attempts=1))
        return seen.cloud.still_there(seen.lab, thing)


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 503])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_refusal_is_no_word_that_there_is_none(seen: Seen, kind: str, status: int) -> None:
    thing = next(one for one in seen.things if one.kind == kind)
    found = answered(seen, thing, status, '{"message": "no"}')
    assert isinstance(found, Unavailable)
    told = collecting._doubt(SimpleNamespace(still_there=lambda *_: found), seen.lab, thing)  # type: ignore[arg-type]
    assert told == f"{thing} could not be asked for by its id: {found.cause}"


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
    seen: Seen, kind: str, answer: str, is_there: bool | None
) -> None:
    thing = next(one for one in seen.things if one.kind == kind)
    found = answered(seen, thing, 200, answer)
    assert (found is is_there) if is_there is not None else isinstance(found, Unavailable)

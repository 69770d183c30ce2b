"""Azure ML on the simulated tenant: the real SDK over the wire reads what the learners built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from azure.identity import ClientSecretCredential

from fixtures.simulator.world import LearnerWorld, Model, OnlineEndpoint, Service, Tenant
from graders.evidence import Answer, Sighting, Unavailable
from graders.lab import Lab, Leniency
from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from tests.support.served_tenant import Served, lab, serving, tenant_of

CLASS = 40  # learners enough for a second page of workspaces


def model_of(world: LearnerWorld) -> Model:
    return next(model for model in world.models if model.name == lab(world.number).model)


def service_of(world: LearnerWorld) -> Service:
    return next(service for service in world.services if service.name == lab(world.number).endpoint)


def not_started(world: LearnerWorld) -> None:
    world.models.clear()
    world.published_pipelines.clear()
    world.services.clear()


def other_model_name(world: LearnerWorld) -> None:
    model_of(world).name = "diabetes_model.pkl"


def invisible(world: LearnerWorld) -> None:
    world.workspace.visible = False


def with_a_key(world: LearnerWorld) -> None:
    service_of(world).auth_enabled = True


def failed(world: LearnerWorld) -> None:
    service_of(world).state = "Failed"
    service_of(world).error = "Your container application crashed."


def down(world: LearnerWorld) -> None:
    service_of(world).answer = "down"


def in_words(world: LearnerWorld) -> None:
    service_of(world).answer = "words"


def many_services(world: LearnerWorld) -> None:
    service = service_of(world)
    others = [replace(service, name=f"other-{number}") for number in range(25)]
    world.services[:0] = others


def of_generation_2(world: LearnerWorld) -> None:
    old = service_of(world)
    world.services.remove(old)
    world.online_endpoints.append(
        OnlineEndpoint(
            name=old.name,
            state="Succeeded",
            location=old.location,
            model=old.models[0],
            created=old.created,
            updated=old.updated,
        )
    )


CHANGES = {
    2: not_started,
    3: other_model_name,
    4: invisible,
    5: with_a_key,
    6: failed,
    7: down,
    8: in_words,
    9: many_services,
    10: of_generation_2,
}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(tenant_of(CLASS, CHANGES)) as tenant, ReadOnlyTransport(RetryPolicy(attempts=1)):
        yield tenant


@pytest.fixture(scope="module")
def azure_ml(served):
    from graders.services.azure_ml.workspace import AzureML

    collecting = AzureML(sign_in(served.tenant))
    collecting.prepare([lab(number) for number in range(1, CLASS + 1)])
    return collecting


def sign_in(tenant: Tenant):
    ids = tenant.ids
    credential = ClientSecretCredential(ids.tenant_id, ids.client_id, ids.client_secret)
    return SimpleNamespace(azure=credential)


def generous(number: int) -> Lab:
    return replace(lab(number), leniency=Leniency(v2_endpoint=True))


def test_the_model_answer_is_read_as_it_was_built(served, azure_ml):
    world, facts = served.world(1), azure_ml.look_at(lab(1), [])
    assert facts.workspace.name.casefold() == world.workspace.name.casefold()
    assert facts.workspace.location == world.workspace.location
    (model,) = [registered for registered in facts.models if registered.name == lab(1).model]
    assert (model.version, model.tags) == (str(model_of(world).version), model_of(world).tags)
    assert model.created_at == model_of(world).created
    assert [(pipeline.name, pipeline.version) for pipeline in facts.published_pipelines] == [
        (pipeline.name, pipeline.version) for pipeline in world.published_pipelines
    ]
    (endpoint,) = [listed for listed in facts.endpoints if listed.name == lab(1).endpoint]
    service = service_of(world)
    assert (endpoint.cpu, endpoint.memory_gb) == (service.cpu, service.memory_gb)
    assert endpoint.model_ids == tuple(service.models)
    assert (endpoint.created_at, endpoint.updated_at) == (service.created, service.updated)
    assert facts.answer.result == pytest.approx((5215.198, 3726.995), rel=1e-3)
    assert facts.answer.swagger is True


def test_six_requests_and_no_write_for_a_learner(served, azure_ml):
    before = served.journal.summary()["requests"]
    sightings: list[Sighting] = []
    azure_ml.look_at(lab(11), sightings)
    after = served.journal.summary()
    assert after["requests"] - before == 6
    assert (after["violations"], after["unknown_routes"], after["refused_hosts"]) == ([], [], [])
    # the two pages of workspaces that all share, and the six
    assert len(sightings) == 8


def test_what_was_not_built_is_not_there(azure_ml):
    facts = azure_ml.look_at(lab(2), [])
    assert not [model for model in facts.models if model.name == lab(2).model]
    assert facts.published_pipelines == ()
    assert not [endpoint for endpoint in facts.endpoints if endpoint.name == lab(2).endpoint]
    assert facts.answer is None


def test_a_model_of_another_name_is_a_near_miss(azure_ml):
    models = azure_ml.look_at(lab(3), []).models
    assert [(model.name, model.version) for model in models if "diabetes" in model.name] == [
        ("diabetes_model.pkl", "")
    ]


@pytest.mark.parametrize("place", [lab(4), lab(CLASS + 1)], ids=["forbidden", "missing"])
def test_a_workspace_that_cannot_be_read_is_not_the_learners_fault(azure_ml, place):
    facts = azure_ml.look_at(place, [])
    assert isinstance(facts.workspace, Unavailable)
    assert "the lab environment provides the workspace" in facts.workspace.cause
    assert {facts.models, facts.endpoints, facts.answer} == {facts.workspace}


def test_an_endpoint_with_a_key_is_asked_with_it(azure_ml):
    facts = azure_ml.look_at(lab(5), [])
    assert isinstance(facts.answer, Answer)
    assert len(facts.answer.result) == 2


def test_a_failed_endpoint_says_why_and_is_not_asked(azure_ml):
    facts = azure_ml.look_at(lab(6), [])
    (endpoint,) = [listed for listed in facts.endpoints if listed.name == lab(6).endpoint]
    assert (endpoint.state, facts.answer) == ("Failed", None)
    assert "crashed" in endpoint.error


def test_an_endpoint_that_is_down_could_be_anyones_fault(azure_ml):
    facts = azure_ml.look_at(lab(7), [])
    assert isinstance(facts.answer, Unavailable)
    assert facts.answer.status == 502
    assert isinstance(facts.endpoints, tuple)


def test_an_endpoint_that_answers_in_words_is_quoted(azure_ml):
    answer = azure_ml.look_at(lab(8), []).answer
    assert (answer.status, answer.result) == (200, None)
    assert answer.body


def test_services_are_found_on_the_last_page(azure_ml):
    names = [endpoint.name for endpoint in azure_ml.look_at(lab(9), []).endpoints]
    assert len(names) >= 26
    assert lab(9).endpoint in names


def test_an_online_endpoint_counts_where_the_lab_allows_it(served, azure_ml):
    assert not [
        listed
        for listed in azure_ml.look_at(lab(10), []).endpoints
        if listed.name == lab(10).endpoint
    ]
    facts = azure_ml.look_at(generous(10), [])
    (endpoint,) = [listed for listed in facts.endpoints if listed.name == lab(10).endpoint]
    assert (endpoint.generation, endpoint.state) == (2, "Healthy")
    assert endpoint.model_ids == (served.world(10).online_endpoints[0].model,)
    assert len(facts.answer.result) == 2


def test_a_wrong_secret_is_a_fault_and_no_absence(served):
    from graders.services.azure_ml.workspace import AzureML

    ids = served.tenant.ids
    wrong = ClientSecretCredential(ids.tenant_id, ids.client_id, "wrong-canary-secret")
    collecting = AzureML(SimpleNamespace(azure=wrong))
    collecting.prepare([lab(1)])
    facts = collecting.look_at(lab(1), [])
    assert isinstance(facts.workspace, Unavailable)
    assert "sign-in was refused" in facts.workspace.cause
    assert "wrong-canary-secret" not in repr(facts)

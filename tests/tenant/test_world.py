"""The simulated tenant's state: the model answer, and finding worlds by the names requests bear."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import asdict

import pytest

from fixtures.simulator.tenant import KEPT_WORLDS
from fixtures.simulator.world import (
    LearnerWorld,
    OnlineEndpoint,
    Tenant,
    TenantIds,
    model_answer,
)
from graders.inputs.lab_file import LabFile
from graders.inputs.lab_tables import TenantTable
from graders.lab import Lab, Learner

MEGABYTE = 1_000_000
SUBSCRIPTION = "5b0c1d7e-3f42-4c86-9a51-7d2e8f604b13"
LAB_FILE = LabFile(
    tenant=TenantTable(
        organization="lab-org",
        github_owner="lab-owner",
        subscription_id=SUBSCRIPTION,
        location="centralus",
    )
)


def lab(number: int, identity: str = "") -> Lab:
    return LAB_FILE.for_learner(Learner(identity or f"user{number}", number))


def tenant_of(*numbers: int, **changes: object) -> Tenant:
    return Tenant([lab(number) for number in numbers], changes)  # type: ignore[arg-type]


# --- the model answer -----------------------------------------------------------------------------


def test_every_name_of_the_lab_is_there_beside_other_resources() -> None:
    asked = lab(4)
    world = model_answer(asked)
    assert {group.name for group in world.variable_groups} > {asked.variable_group}
    assert {connection.name for connection in world.service_connections} > {
        asked.service_connection
    }
    assert {pipeline.name for pipeline in world.pipelines} > {asked.ci_pipeline, asked.cd_pipeline}
    assert {model.name for model in world.models} > {asked.model}
    assert [service.name for service in world.services] == [asked.endpoint]
    assert [repository.name for repository in world.repositories] == ["mlops_04"]


def test_the_lineage_of_the_model_is_one_chain() -> None:
    asked = lab(12)
    world = model_answer(asked)
    ci_run = next(run for run in world.runs if run.yaml == "ci")
    cd_run = next(run for run in world.runs if run.yaml == "cd")
    model = next(candidate for candidate in world.models if candidate.name == asked.model)
    assert world.published_pipelines[0].version == model.tags["BuildId"] == str(ci_run.id)
    assert model.tags["BuildUri"].endswith(
        f"/lab-org/AE MLOps 12/_build/results?buildId={ci_run.id}"
    )
    assert (cd_run.upstream_pipeline, cd_run.upstream_number) == (ci_run.pipeline, ci_run.number)
    assert world.services[0].models == [f"{model.name}:{model.version}"]
    assert ci_run.commit in world.repositories[0].commits


def test_everything_happened_in_the_order_of_the_lab() -> None:
    world = model_answer(lab(59))
    cd_run, ci_run = world.runs
    model, service = world.models[-1], world.services[0]
    assert ci_run.started < world.published_pipelines[0].created < model.created < ci_run.finished
    assert ci_run.finished < cd_run.started < service.created < service.updated < cd_run.finished


@pytest.mark.parametrize("number", [1, 10, 71, 999, 10_000])
def test_the_base_name_is_short_enough_for_every_number(number: int) -> None:
    base_name = model_answer(lab(number)).variable_groups[-1].variables["BASE_NAME"]
    assert base_name.startswith(f"user{number}-")
    assert len(base_name) <= 15


def test_ids_are_stable_and_unique() -> None:
    worlds = [model_answer(lab(number)) for number in range(1, 120)]
    ids = [identity for world in worlds for identity in _ids(world)]
    assert len(set(ids)) == len(ids)
    assert asdict(model_answer(lab(7))) == asdict(worlds[6])


def _ids(world: LearnerWorld) -> list[object]:
    return [
        world.project.id,
        world.workspace.id,
        world.services[0].scoring_host,
        world.repositories[0].commits[0],
        *[("run", run.id) for run in world.runs],
        *[("pipeline", pipeline.id) for pipeline in world.pipelines],
        *[("group", group.id) for group in world.variable_groups],
        *[part.id for part in (*world.service_connections, *world.published_pipelines)],
    ]


# --- finding worlds -------------------------------------------------------------------------------


def test_a_world_is_found_by_every_name_in_any_case() -> None:
    tenant = tenant_of(3, 4)
    world = tenant.world("user4")
    repository = tenant.by_repository("LAB-Owner", "MLOPS_04")
    service = tenant.by_scoring_host(world.services[0].scoring_host.upper())
    assert tenant.by_project("LAB-ORG", "ae mlops 04") is world
    assert tenant.by_project("lab-org", world.project.id.upper()) is world
    assert tenant.by_workspace(SUBSCRIPTION.upper(), "USER4AML", "User4AML") is world
    assert repository == (world, world.repositories[0])
    assert service == (world, world.services[0])


def test_an_unknown_name_is_not_found() -> None:
    tenant = tenant_of(4)
    assert tenant.by_project("lab-org", "AE MLOps 05") is None
    assert tenant.by_project("other-org", "AE MLOps 04") is None
    assert tenant.by_workspace(SUBSCRIPTION, "User4AML", "user5aml") is None
    assert tenant.by_repository("lab-owner", "mlops_05") is None
    assert tenant.by_scoring_host("nobody.centralus.azurecontainer.io") is None
    assert tenant.by_online_endpoint_host("nobody.centralus.inference.ml.azure.com") is None
    assert list(tenant.projects("other-org")) == []


def test_listings_hold_every_learner_of_the_place_in_order() -> None:
    tenant = tenant_of(1, 2, 12)
    names = ["AE MLOps 01", "AE MLOps 02", "AE MLOps 12"]
    assert [project.name for project in tenant.projects("Lab-Org")] == names
    assert [workspace.name for workspace in tenant.workspaces(SUBSCRIPTION)] == [
        "user1aml",
        "user2aml",
        "user12aml",
    ]
    assert [repository.name for repository in tenant.repositories("lab-owner")] == [
        "mlops_01",
        "mlops_02",
        "mlops_12",
    ]


def test_a_moved_repository_is_found_where_it_is_and_not_where_it_was() -> None:
    def move(_: Lab, world: LearnerWorld) -> None:
        world.repositories[0].owner = "somebody"
        world.repositories[0].name = "mlops-04"

    tenant = tenant_of(3, 4, user4=move)
    moved = tenant.by_repository("somebody", "mlops-04")
    assert moved is not None
    assert moved[0].learner == "user4"
    assert tenant.by_repository("lab-owner", "mlops_04") is None
    assert [repository.name for repository in tenant.repositories("lab-owner")] == ["mlops_03"]
    assert [repository.name for repository in tenant.repositories("somebody")] == ["mlops-04"]


def test_an_online_endpoint_is_found_by_its_host() -> None:
    def deploy(_: Lab, world: LearnerWorld) -> None:
        when = world.services[0].created
        name = f"mlops-aci-{world.number:02d}"
        world.online_endpoints.append(
            OnlineEndpoint(name, "Healthy", "centralus", "model:1", when, when)
        )

    tenant = tenant_of(3, 4, user3=deploy, user4=deploy)
    own = tenant.world("user4").online_endpoints[0]
    assert own.host == "mlops-aci-04.centralus.inference.ml.azure.com"
    found = tenant.by_online_endpoint_host(own.host.upper())
    assert found is not None
    assert found[0].learner == "user4"
    assert found[1] is own


def test_a_world_that_was_forgotten_comes_back_with_its_changes() -> None:
    def hide(_: Lab, world: LearnerWorld) -> None:
        world.project.visible = False

    tenant = tenant_of(*range(1, 700), user1=hide)
    before = asdict(tenant.world("user1"))
    for number in range(2, 700):
        tenant.world(f"user{number}")
    assert asdict(tenant.world("user1")) == before
    assert tenant.world("user1").project.visible is False


# --- size, and secrets ----------------------------------------------------------------------------


def test_finding_one_learner_builds_no_other_world(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []

    def counted(asked: Lab) -> LearnerWorld:
        built.append(asked.learner.id)
        return model_answer(asked)

    monkeypatch.setattr("fixtures.simulator.tenant.model_answer", counted)
    tenant = tenant_of(*range(1, 1001), user3=lambda _, world: world.models.clear())
    host = model_answer(lab(500)).services[0].scoring_host
    assert tenant.by_project("lab-org", "AE MLOps 500") is not None
    assert tenant.by_repository("lab-owner", "mlops_500") is not None
    assert tenant.by_scoring_host(host) is not None
    assert len(tenant.projects("lab-org")) == 1000
    assert sorted(built) == ["user3", "user500"]


def test_ten_thousand_learners_stay_small_however_many_worlds_are_asked_for() -> None:
    labs = [lab(number) for number in range(1, 10_001)]
    tracemalloc.start()
    try:
        tenant = Tenant(labs)
        at_start = _traced()
        tenant.projects("lab-org")
        as_many_as_are_kept = _ask_for(tenant, range(1, KEPT_WORLDS + 1))
        and_others = _ask_for(tenant, range(KEPT_WORLDS + 1, KEPT_WORLDS + 301))
    finally:
        tracemalloc.stop()
    assert at_start < 5 * MEGABYTE
    assert as_many_as_are_kept < 60 * MEGABYTE
    assert and_others - as_many_as_are_kept < 1 * MEGABYTE


def _ask_for(tenant: Tenant, numbers: range) -> int:
    for number in numbers:
        tenant.by_project("lab-org", f"AE MLOps {number:02d}")
    return _traced()


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_secrets_are_new_for_every_tenant_and_never_shown() -> None:
    first, second = tenant_of(4).ids, tenant_of(4).ids
    for name in ("client_secret", "github_token", "azure_devops_pat"):
        assert getattr(first, name) != getattr(second, name)
        assert getattr(first, name) not in repr(first)
    assert first.subscription_id == SUBSCRIPTION
    assert TenantIds.fresh([]).tenant_id == first.tenant_id  # made up where no lab names one

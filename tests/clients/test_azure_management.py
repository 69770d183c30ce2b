"""Microsoft's SDKs of Azure Resource Manager and Azure ML for Python, as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import pytest

from tests.clients.truth import Truth

ML, RESOURCE, RIGHTS, WORKSPACES = (
    "azure-ai-ml",
    "azure-mgmt-resource",
    "azure-mgmt-authorization",
    "azure-mgmt-machinelearningservices",
)


@dataclass(frozen=True)
class Clients:
    """One of each; signed in as the environment says."""

    truth: Truth

    @cached_property
    def credential(self) -> Any:
        from azure.identity import EnvironmentCredential

        return EnvironmentCredential()

    @cached_property
    def resources(self) -> Any:
        pytest.importorskip("azure.mgmt.resource", reason="make clients installs it")
        from azure.mgmt.resource import ResourceManagementClient

        return ResourceManagementClient(self.credential, self.truth.lab.subscription_id)

    @cached_property
    def subscriptions(self) -> Any:
        pytest.importorskip("azure.mgmt.resource", reason="make clients installs it")
        from azure.mgmt.resource.subscriptions import SubscriptionClient

        return SubscriptionClient(self.credential)

    @cached_property
    def rights(self) -> Any:
        pytest.importorskip("azure.mgmt.authorization", reason="make clients installs it")
        from azure.mgmt.authorization import AuthorizationManagementClient

        return AuthorizationManagementClient(self.credential, self.truth.lab.subscription_id)

    @cached_property
    def workspaces(self) -> Any:
        pytest.importorskip("azure.mgmt.machinelearningservices", reason="make clients installs it")
        from azure.mgmt.machinelearningservices import MachineLearningServicesMgmtClient

        client = MachineLearningServicesMgmtClient(self.credential, self.truth.lab.subscription_id)
        return client.workspaces

    @cached_property
    def ml(self) -> Any:
        from azure.ai.ml import MLClient

        place = (self.truth.lab.resource_group, self.truth.lab.workspace)
        return MLClient(self.credential, self.truth.lab.subscription_id, *place)

    @property
    def place(self) -> tuple[str, str]:
        return self.truth.lab.resource_group, self.truth.lab.workspace


@pytest.fixture(scope="module")
def clients(environment: Mapping[str, str], truth: Truth) -> Iterator[Clients]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield Clients(truth)


Ask = Callable[[Clients], object]
ONLY_WORKSPACES = "resourceType eq 'Microsoft.MachineLearningServices/workspaces'"


def _names(found: Any) -> list[str]:
    return sorted(item.name for item in found)


def _placed(found: Any) -> list[str]:
    return [found.name, found.location]


def _rights(found: Any) -> list[str]:
    (only,) = found
    return sorted(only.actions)


def _version(model: Any) -> list[Any]:
    return [model.name, str(model.version), dict(model.tags)]


def _models(c: Clients) -> object:
    found = c.ml.models.list(name=c.truth.lab.model)
    return {str(model.version): dict(model.tags) for model in found}


def _latest(c: Clients) -> object:
    return _version(c.ml.models.get(c.truth.lab.model, label="latest"))


def _of_workspace(c: Clients) -> Any:
    return c.rights.permissions.list_for_resource(
        c.place[0], "Microsoft.MachineLearningServices", "", "workspaces", c.place[1]
    )


CALLS: Mapping[tuple[str, str], tuple[str, Ask]] = MappingProxyType(
    {
        (RESOURCE, "subscriptions.list"): (
            "subscriptions",
            lambda c: [own.subscription_id for own in c.subscriptions.subscriptions.list()],
        ),
        (RESOURCE, "subscriptions.get"): (
            "subscription",
            lambda c: (
                c.subscriptions.subscriptions.get(c.truth.lab.subscription_id).subscription_id
            ),
        ),
        (RESOURCE, "resource_groups.list"): (
            "groups",
            lambda c: _names(c.resources.resource_groups.list()),
        ),
        (RESOURCE, "resource_groups.get"): (
            "group",
            lambda c: _placed(c.resources.resource_groups.get(c.place[0])),
        ),
        (RESOURCE, "resource_groups.check_existence"): (
            "there",
            lambda c: c.resources.resource_groups.check_existence(c.place[0]),
        ),
        (RESOURCE, "resources.list"): (
            "workspaces",
            lambda c: _names(c.resources.resources.list(filter=ONLY_WORKSPACES)),
        ),
        (RESOURCE, "resources.list_by_resource_group"): (
            "own_workspaces",
            lambda c: _names(c.resources.resources.list_by_resource_group(c.place[0])),
        ),
        (RESOURCE, "resources.get_by_id"): (
            "workspace",
            lambda c: _placed(c.resources.resources.get_by_id(c.truth.workspace_id, "2022-10-01")),
        ),
        (RIGHTS, "permissions.list_for_resource_group"): (
            "rights",
            lambda c: _rights(c.rights.permissions.list_for_resource_group(c.place[0])),
        ),
        (RIGHTS, "permissions.list_for_resource"): (
            "rights",
            lambda c: _rights(_of_workspace(c)),
        ),
        (WORKSPACES, "workspaces.list_by_subscription"): (
            "workspaces",
            lambda c: _names(c.workspaces.list_by_subscription()),
        ),
        (WORKSPACES, "workspaces.list_by_resource_group"): (
            "own_workspaces",
            lambda c: _names(c.workspaces.list_by_resource_group(c.place[0])),
        ),
        (WORKSPACES, "workspaces.get"): (
            "workspace",
            lambda c: _placed(c.workspaces.get(*c.place)),
        ),
        (ML, "workspaces.list"): (
            "workspaces",
            lambda c: _names(c.ml.workspaces.list(scope="subscription")),
        ),
        (ML, "workspaces.list in the group"): (
            "own_workspaces",
            lambda c: _names(c.ml.workspaces.list()),
        ),
        (ML, "workspaces.get"): (
            "workspace",
            lambda c: _placed(c.ml.workspaces.get(c.place[1])),
        ),
        (ML, "models.list of names"): ("model_names", lambda c: _names(c.ml.models.list())),
        (ML, "models.list"): ("model_versions", _models),
        (ML, "models.get"): (
            "model",
            lambda c: _version(c.ml.models.get(c.truth.lab.model, "1")),
        ),
        (ML, "models.get of the latest"): ("model", _latest),
        (ML, "online_endpoints.list"): (
            "online_endpoints",
            lambda c: _names(c.ml.online_endpoints.list()),
        ),
    }
)
WRITES: Mapping[tuple[str, str], Ask] = MappingProxyType(
    {
        (RESOURCE, "resource_groups.begin_delete"): lambda c: (
            c.resources.resource_groups.begin_delete(c.place[0])
        ),
        (RESOURCE, "resource_groups.create_or_update"): lambda c: (
            c.resources.resource_groups.create_or_update(c.place[0], {"location": "centralus"})
        ),
        (RIGHTS, "role_assignments.create"): lambda c: c.rights.role_assignments.create(
            f"/subscriptions/{c.truth.lab.subscription_id}",
            "5b0c1d7e-3f42-4c86-9a51-7d2e8f604b13",
            {"properties": {"roleDefinitionId": "owner", "principalId": "grader"}},
        ),
        (WORKSPACES, "workspaces.begin_delete"): lambda c: c.workspaces.begin_delete(*c.place),
        (ML, "models.archive"): lambda c: c.ml.models.archive(c.truth.lab.model, "1"),
        (ML, "online_endpoints.begin_delete"): lambda c: c.ml.online_endpoints.begin_delete(
            c.truth.lab.endpoint
        ),
    }
)


def _each(table: Mapping[tuple[str, str], object]) -> list[Any]:
    return [pytest.param(key, id=key[1], marks=pytest.mark.client(key[0])) for key in table]


@pytest.mark.parametrize("call", _each(CALLS))
def test_reading(call: tuple[str, str], clients: Clients, truth: Truth) -> None:
    topic, ask = CALLS[call]
    assert ask(clients) == truth.of(topic)


@pytest.mark.writes(1)
@pytest.mark.parametrize("call", _each(WRITES))
def test_writing_is_refused(call: tuple[str, str], clients: Clients) -> None:
    from azure.core.exceptions import HttpResponseError

    with pytest.raises(HttpResponseError) as refused:
        WRITES[call](clients)
    assert refused.value.status_code == 403
    assert refused.value.error.code == "AuthorizationFailed"

"""Workspaces and registered models, as Azure Resource Manager shows them.

These are plain requests: azure-ai-ml sends the same ones, but its import alone costs more time
than collecting a learner. It serves where a class deploys to online endpoints
(:mod:`graders.services.azure_ml.sdk_v2`).
Source: the operations Workspaces, Model Containers and Model Versions of the Azure Machine Learning
REST API, version 2024-10-01.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from graders.evidence import Model, ServiceName, Sighting, Unavailable, Workspace
from graders.hosts import RESOURCE_MANAGER
from graders.lab import Lab, Sheet
from graders.services.azure_ml.paging import MOST_PAGES, entries
from graders.services.azure_ml.regional_v1 import ARM_SCOPE, moment, named
from graders.services.calls import asks
from graders.services.http import web
from graders.services.http.triage import look

if TYPE_CHECKING:
    import requests
    from azure.core.credentials import TokenCredential

_VERSION = "api-version=2024-10-01"
_WORKSPACES = "/providers/Microsoft.MachineLearningServices/workspaces"
_MOST_PAGES_OF_A_SUBSCRIPTION = 350
_NOT_FOUND = 404


@dataclass(frozen=True)
class LocatedWorkspace:
    """A workspace, and where its region's services are described."""

    workspace: Workspace
    discovery_url: str


class ResourceManager:
    """Azure Resource Manager; threads may share one."""

    def __init__(self, azure: TokenCredential, session: requests.Session) -> None:
        self._azure = azure
        self._session = session

    def workspaces(
        self, subscription_id: str, sightings: list[Sighting]
    ) -> tuple[LocatedWorkspace, ...] | Unavailable:
        """All workspaces of a subscription; entries without place or group are no evidence."""
        path = f"{_subscription(subscription_id)}{_WORKSPACES}"
        return look(
            ServiceName.RESOURCE_MANAGER,
            f"the workspaces of the subscription {subscription_id}",
            lambda: tuple(
                located
                for body in self._entries(path, most_pages=_MOST_PAGES_OF_A_SUBSCRIPTION)
                if (located := _located(body, subscription_id))
            ),
            sightings,
        )

    def workspace(self, lab: Lab, sightings: list[Sighting]) -> LocatedWorkspace | Unavailable:
        """The learner's workspace, asked for by its names."""
        url = _address(_path(lab))

        def call() -> LocatedWorkspace | None:
            body = web.mapping(web.get_json(self._session, url, self._token()), "the workspace")
            return _located(body, lab.subscription_id)

        subject = f"the workspace {lab.workspace} in the resource group {lab.resource_group}"
        return look(ServiceName.RESOURCE_MANAGER, subject, call, sightings)

    @asks(ServiceName.RESOURCE_MANAGER, "models")
    def registered_models(
        self, lab: Lab, sightings: list[Sighting]
    ) -> tuple[Model, ...] | Unavailable:
        """Versions of the lab's model; where it has none, those of a few others, or their names.

        The variable group may give it another name. The service leaves archived ones out. It
        answers 404 for a name that it does not know, which is believed only when the list of all
        names was read and does not have it.
        """
        name = lab.sheet.model.name
        models = f"{_path(lab)}/models"
        versions = self._versions(lab, name, sightings)
        missing = isinstance(versions, Unavailable) and versions.status == _NOT_FOUND
        if versions and not missing:
            return versions
        others = look(
            ServiceName.AZURE_ML,
            "the registered models",
            lambda: tuple(
                Model(named(body, "name"), "", {}) for body in self._entries(models, _ACTIVE)
            ),
            sightings,
        )
        if isinstance(others, Unavailable):
            return others if missing else versions
        if missing and any(model.name == name for model in others):
            return versions
        return tuple(
            model
            for number, other in enumerate(model for model in others if model.name != name)
            for model in self._seen_versions(lab, other, number, sightings)
        )

    def _seen_versions(
        self, lab: Lab, named_only: Model, number: int, sightings: list[Sighting]
    ) -> tuple[Model, ...]:
        """The versions of another model; its name alone where they cannot be read, or are many."""
        if number >= _MOST_OTHERS:
            return (named_only,)
        versions = self._versions(lab, named_only.name, sightings)
        return (named_only,) if isinstance(versions, Unavailable) or not versions else versions

    def _versions(
        self, lab: Lab, name: str, sightings: list[Sighting]
    ) -> tuple[Model, ...] | Unavailable:
        path = f"{_path(lab)}/models/{quote(name, safe='')}/versions"
        return look(
            ServiceName.AZURE_ML,
            f"the versions of the model {name}",
            lambda: tuple(
                model_version(body, name, lab.sheet) for body in self._entries(path, _ACTIVE)
            ),
            sightings,
        )

    def _entries(
        self, path: str, query: str = "", most_pages: int = MOST_PAGES
    ) -> Iterator[Mapping[str, Any]]:
        return entries(self._session, _address(path, query), self._token, most_pages)

    def _token(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._azure.get_token(ARM_SCOPE).token}"}


_ACTIVE = "&listViewType=ActiveOnly"
_MOST_OTHERS = 2
"""Other models whose versions are read where the lab's is not there."""


def model_version(body: Mapping[str, Any], name: str, sheet: Sheet) -> Model:
    """A ``ModelVersion`` of that model; the lab's own tags are the only ones that are evidence."""
    properties = web.mapping(body.get("properties"), "the properties of a model")
    created = _mapping(body.get("systemData"))
    return Model(
        name=name,
        version=named(body, "name"),
        tags=_tags(_mapping(properties.get("tags")), sheet.tags),
        created_at=moment(created.get("createdAt")),
        created_by=_text(created.get("createdBy")),
        created_by_type=_text(created.get("createdByType")),
    )


def _tags(tags: Mapping[str, Any], labs: Iterable[str]) -> dict[str, str]:
    return {key: str(tags[key]) for key in labs if tags.get(key) is not None}


def _located(body: Mapping[str, Any], subscription_id: str) -> LocatedWorkspace | None:
    """None where a field that is graded is missing."""
    resource, location = _text(body.get("id")), _text(body.get("location"))
    group = _group_of(resource)
    if not (group and location):
        return None
    workspace = Workspace(
        id=resource,
        name=named(body, "name"),
        resource_group=group,
        subscription_id=subscription_id,
        location=location.replace(" ", "").lower(),
    )
    discovery = _mapping(body.get("properties")).get("discoveryUrl")
    return LocatedWorkspace(workspace, _text(discovery))


def _group_of(resource: str) -> str:
    """The resource group in an id, whose letter case no route promises.

    >>> _group_of("/subscriptions/s/resourcegroups/User1AML/providers/p/workspaces/w")
    'User1AML'
    """
    parts = resource.split("/")
    is_whole = len(parts) > 4 and parts[3].casefold() == "resourcegroups"
    return parts[4] if is_whole else ""


def _subscription(subscription_id: str) -> str:
    return f"/subscriptions/{quote(subscription_id, safe='')}"


def _path(lab: Lab) -> str:
    group, name = (quote(part, safe="") for part in (lab.resource_group, lab.workspace))
    return f"{_subscription(lab.subscription_id)}/resourceGroups/{group}{_WORKSPACES}/{name}"


def _address(path: str, query: str = "") -> str:
    return f"https://{RESOURCE_MANAGER}{path}?{_VERSION}{query}"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return "" if value is None else str(value)

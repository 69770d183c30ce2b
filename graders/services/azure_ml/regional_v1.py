"""What only the first generation of the Azure ML API shows: published pipelines, web services.

The v1 SDK is not used: its "list" calls create experiments and data types in the workspace that
they list. The regional service takes the token of Azure Resource Manager.
Source: the "modelmanagement" and "pipelines" APIs of Azure ML, version 1.0.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from graders.evidence import (
    Endpoint,
    PublishedPipeline,
    ServiceName,
    Sighting,
    Unavailable,
    Workspace,
)
from graders.history.missing import ResourceRef
from graders.hosts import AZURE_ML
from graders.services.azure_ml.paging import entries
from graders.services.calls import asks
from graders.services.http import web
from graders.services.http.triage import has, look
from graders.urls import parts_of

if TYPE_CHECKING:
    import requests
    from azure.core.credentials import TokenCredential

SERVICE = ServiceName.AZURE_ML
ARM_SCOPE = "https://management.azure.com/.default"
EXCERPT = 300


@dataclass(frozen=True)
class Region:
    """Base URLs of one region's services, as its discovery document names them."""

    pipelines: str
    model_management: str
    history: str


@dataclass(frozen=True)
class Place:
    """A workspace and the regional services that know it."""

    workspace: Workspace
    region: Region

    @property
    def path(self) -> str:
        """The workspace's Azure Resource Manager id, spelled from its parts."""
        return (
            f"/subscriptions/{quote(self.workspace.subscription_id, safe='')}"
            f"/resourceGroups/{quote(self.workspace.resource_group, safe='')}"
            "/providers/Microsoft.MachineLearningServices"
            f"/workspaces/{quote(self.workspace.name, safe='')}"
        )

    @property
    def services(self) -> str:
        """Address of the list of web services."""
        return f"{self.region.model_management}/modelmanagement/v1.0{self.path}/services"

    @property
    def models(self) -> str:
        """Address of the registered models, as the first generation knows them."""
        return f"{self.region.model_management}/modelmanagement/v1.0{self.path}/models"

    @property
    def pipelines(self) -> str:
        """Address of the list of published pipelines."""
        return f"{self.region.pipelines}/pipelines/v1.0{self.path}/Pipelines"

    def experiment(self, name: str) -> str:
        """Address of an experiment in the run history."""
        return f"{self.region.history}/history/v1.0{self.path}/experiments/{quote(name, safe='')}"


class RegionalService:
    """The regional hosts of Azure ML; threads may share one."""

    def __init__(self, azure: TokenCredential, session: requests.Session) -> None:
        self._azure = azure
        self._session = session
        self._regions: dict[str, Region | Unavailable] = {}
        self._lock = threading.Lock()

    def region(self, discovery_url: str, sightings: list[Sighting]) -> Region | Unavailable:
        """Where a region's services are: asked once, without a token, for all who share it.

        A failure is remembered too, so that a region that is down costs one time-out and not
        one for every learner.
        """
        with self._lock:
            if discovery_url not in self._regions:
                self._regions[discovery_url] = self._discover(discovery_url, sightings)
            return self._regions[discovery_url]

    def _discover(self, url: str, sightings: list[Sighting]) -> Region | Unavailable:
        if not web.is_host(url, "https", AZURE_ML):
            return _unknown_host("the region's services", url)
        document = look(
            SERVICE,
            "the addresses of the region's services",
            lambda: web.mapping(web.get_json(self._session, url, {}), "the discovery document"),
            sightings,
        )
        if isinstance(document, Unavailable):
            return document
        names = ("api", "modelmanagement", "history")
        region = Region(*(str(document.get(name)).rstrip("/") for name in names))
        for address in (region.pipelines, region.model_management, region.history):
            if not web.is_host(address, "https", AZURE_ML):
                return _unknown_host("the region's services", address)
        return region

    @asks(SERVICE, "published_pipelines")
    def published_pipelines(
        self, place: Place, sightings: list[Sighting]
    ) -> tuple[PublishedPipeline, ...] | Unavailable:
        """All published pipelines of a workspace, the disabled ones too."""
        url = f"{place.pipelines}?activeOnly=false"

        def call() -> tuple[PublishedPipeline, ...]:
            listed = web.get_json(self._session, url, self._token())
            if not isinstance(listed, list):
                raise web.UnexpectedBodyError("the list of published pipelines is not a list")
            return tuple(published_pipeline(web.mapping(body, "a pipeline")) for body in listed)

        return look(SERVICE, "the published pipelines", call, sightings)

    @asks(SERVICE, "endpoints")
    def web_services(
        self, place: Place, sightings: list[Sighting]
    ) -> tuple[Endpoint, ...] | Unavailable:
        """All v1 web services of a workspace, whatever they run on."""
        url = f"{place.services}?expand=true"
        return look(
            SERVICE,
            "the deployed web services",
            lambda: tuple(web_service(body) for body in entries(self._session, url, self._token)),
            sightings,
        )

    def key(self, place: Place, name: str, sightings: list[Sighting]) -> str | Unavailable:
        """The primary key of a web service that requires one."""
        url = f"{place.services}/{quote(name, safe='')}/listkeys"

        def call() -> str:
            response = self._session.post(
                url, headers=self._token(), timeout=web.TIMEOUT, allow_redirects=False
            )
            key = web.mapping(web.json_of(response), "the list of keys").get("primaryKey")
            if not isinstance(key, str) or not key:
                raise web.UnexpectedBodyError("the list of keys has no primary key")
            return key

        return look(SERVICE, f"the key of the endpoint {name}", call, sightings)

    def still_has(self, place: Place, resource: ResourceRef) -> bool | Unavailable:
        """Whether a service, model or published pipeline answers to its id."""
        lists, key = {
            "endpoint": (place.services, "name"),
            "model": (place.models, "id"),
            "published pipeline": (place.pipelines, "Id"),
        }[resource.kind]
        url = f"{lists}/{quote(resource.id, safe='')}"

        def ask() -> bool:
            body = web.mapping(web.get_json(self._session, url, self._token()), str(resource))
            if str(body.get(key)) != resource.id:
                raise web.UnexpectedBodyError("it is not the thing that was asked for")
            return True

        return has(SERVICE, str(resource), ask)

    def _token(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._azure.get_token(ARM_SCOPE).token}"}


def published_pipeline(body: Mapping[str, Any]) -> PublishedPipeline:
    """A ``PipelineEntity``; ``EntityStatus`` is 0, ``"0"``, ``"Active"`` or absent if active."""
    return PublishedPipeline(
        id=named(body, "Id"),
        name=named(body, "Name"),
        version=_text(body.get("Version")),
        is_active=_text(body.get("EntityStatus")).casefold() in ("", "0", "active"),
        created_at=moment(body.get("CreatedDate")),
    )


def web_service(body: Mapping[str, Any]) -> Endpoint:
    """An entry of ``services?expand=true``."""
    size = body.get("containerResourceRequirements") or {}
    return Endpoint(
        name=named(body, "name"),
        generation=1,
        state=named(body, "state"),
        compute_type=_text(body.get("computeType")),
        cpu=_number(size.get("cpu")),
        memory_gb=_number(size.get("memoryInGB")),
        auth_enabled=body.get("authEnabled") is True,
        scoring_uri=_text(body.get("scoringUri")),
        location=_text(body.get("location")),
        model_ids=tuple(dict.fromkeys(_model_ids(body))),
        created_at=moment(body.get("createdTime")),
        updated_at=moment(body.get("updatedTime")),
        error=_error(body.get("error")),
        has_schema=_has_schema(body),
    )


def moment(text: object) -> datetime | None:
    """A time as the service writes it: UTC where no zone is given, None for its zero, 1970."""
    if not isinstance(text, str) or not text:
        return None
    time = datetime.fromisoformat(text)
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    return time.astimezone(UTC) if time.year > 1970 else None


def _model_ids(body: Mapping[str, Any]) -> Iterator[str]:
    for model in body.get("models") or []:
        yield _text(model.get("id"))
    # without models: services listed without "expand", or whose model is gone
    named = (body.get("modelConfigMap") or {}).get("modelsInfo") or {}
    for versions in named.values():
        for model in (versions or {}).values():
            yield _text(model.get("id"))


def _has_schema(body: Mapping[str, Any]) -> bool:
    """What the service noted when it built the container, as texts."""
    properties = body.get("properties")
    noted = properties.get("hasInferenceSchema") if isinstance(properties, Mapping) else None
    return bool(body.get("swaggerUri")) and _text(noted).casefold() == "true"


def _error(error: object) -> str:
    if not isinstance(error, Mapping):
        return ""
    details = [detail for detail in error.get("details") or [] if isinstance(detail, Mapping)]
    parts = [(entry.get("code"), entry.get("message")) for entry in (error, *details)]
    words = [f"{code}: {message}" if code else _text(message) for code, message in parts]
    return "; ".join(dict.fromkeys(filter(None, words)))[:EXCERPT]


def _unknown_host(subject: str, url: str) -> Unavailable:
    host = parts_of(url).netloc.rpartition("@")[2]
    return Unavailable(
        SERVICE,
        subject,
        f"{host or 'the address given'} is not a host the grader gives a token to",
        "Ask the administrator of the Azure subscription why the workspace names it.",
    )


def named(body: Mapping[str, Any], key: str) -> str:
    """A text that every entry has; an entry of another shape is no evidence."""
    text = body.get(key)
    if not isinstance(text, str) or not text:
        raise web.UnexpectedBodyError(f"an entry of the list has no {key}")
    return text


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _number(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return None

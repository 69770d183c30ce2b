"""Azure Machine Learning: the workspace, and what was trained, registered and deployed in it.

Workspaces, models and online endpoints come from azure-ai-ml (``MLClient``), the first
generation's published pipelines and web services from :mod:`graders.services.azure_ml.regional_v1`.
Importing this module takes two seconds of CPU: only what collects evidence does.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport

from graders import hosts
from graders.evidence import (
    Answer,
    AzureMLEvidence,
    Endpoint,
    Model,
    PublishedPipeline,
    ServiceName,
    Sighting,
    TrainingRun,
    Unavailable,
    Workspace,
)
from graders.history.missing import ResourceRef
from graders.lab import Lab
from graders.services.azure_ml import scoring
from graders.services.azure_ml import sdk_v2 as azure_ml_v2
from graders.services.azure_ml.regional_v1 import Place, RegionalService
from graders.services.azure_ml.run_history import RunHistory
from graders.services.http import web
from graders.services.http.triage import look
from graders.services.sign_in import SignIn

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it pins a marshmallow that it also warns about
    from azure.ai.ml import MLClient

RESOURCE_MANAGER = ServiceName.RESOURCE_MANAGER
_CONNECTIONS = 16
_NOT_FOUND = 404
_MOST_PAGES = 350  # of the workspaces of a whole subscription
_MOST_EXPERIMENTS = 1
_EXPERIMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}")
"""A name that the service accepts: it comes from a tag, and goes into an address."""
_Key = tuple[str, str, str]


@dataclass(frozen=True)
class _Located:
    workspace: Workspace
    discovery_url: str


@dataclass(frozen=True)
class _Listed:
    """One subscription's workspaces by case-folded names, and where they were read."""

    workspaces: Mapping[_Key, _Located]
    sightings: tuple[Sighting, ...]


class _ResourceManagerOnly(RequestsTransport):  # type: ignore[misc]  # azure-core loads it late
    """Sends to Azure Resource Manager only: the next page of a list could name any host.

    A list must be one: the SDK takes any other JSON object for an empty list.
    """

    def send(self, request: Any, **options: Any) -> Any:
        url = urlsplit(request.url)
        if url.scheme != "https" or url.hostname != hosts.RESOURCE_MANAGER:
            raise ServiceRequestError("a list of Azure Resource Manager leads to another host")
        response = super().send(request, **options)
        if request.method == "GET" and _names_a_list(url.path) and not _is_list(response):
            raise ServiceResponseError("what came instead of a list is none")
        return response


class AzureML:
    """Collects learners' workspaces; threads may share one after :meth:`prepare`."""

    def __init__(self, sign_in: SignIn) -> None:
        self._azure = sign_in.azure
        session = web.open_session(_CONNECTIONS)
        self._transport = _ResourceManagerOnly(session=session, session_owner=False)
        self._regional = RegionalService(self._azure, session)
        self._history = RunHistory(self._azure, session)
        self._listed: dict[str, _Listed] = {}

    def prepare(self, labs: Iterable[Lab]) -> None:
        """List the workspaces once per subscription, and find the services of their regions.

        What cannot be read here is asked for again, learner by learner.
        """
        labs = tuple(labs)
        first = {lab.subscription_id.casefold(): lab for lab in labs}
        with ThreadPoolExecutor(_CONNECTIONS) as threads:
            self._listed = dict(zip(first, threads.map(self._list, first.values()), strict=True))
        workspaces = (self._in_list(lab) for lab in labs)
        for discovery_url in {workspace.discovery_url for workspace in workspaces if workspace}:
            self._regional.region(discovery_url, [])

    def look_at(self, lab: Lab, sightings: list[Sighting]) -> AzureMLEvidence:
        """Five requests for a learner who has not deployed, seven for one who has."""
        client = self._client(lab)
        located = self._find(client, lab, sightings)
        if isinstance(located, Unavailable):
            return AzureMLEvidence.unseen(located)
        models = azure_ml_v2.registered_models(client, lab.sheet, sightings)
        region = self._regional.region(located.discovery_url, sightings)
        if isinstance(region, Unavailable):
            return AzureMLEvidence(
                workspace=located.workspace,
                published_pipelines=region,
                training_runs=region,
                models=models,
                endpoints=region,
                answer=region,
            )
        place = Place(located.workspace, region)
        pipelines = self._regional.published_pipelines(place, sightings)
        trained = None
        if _has_traces(lab, pipelines, models):
            knows_place = _has_entries(pipelines) or _has_entries(models)
            trained = self._training_runs(place, _experiments(lab, models), knows_place, sightings)
        deployed = _Deployed(self._regional, place, client, lab, sightings)
        endpoints = deployed.endpoints()
        answer = deployed.answer(endpoints)
        return AzureMLEvidence(
            workspace=located.workspace,
            published_pipelines=pipelines,
            training_runs=trained,
            models=models,
            endpoints=endpoints,
            answer=answer,
        )

    def _training_runs(
        self, place: Place, experiments: Sequence[str], knows_place: bool, sightings: list[Sighting]
    ) -> tuple[TrainingRun, ...] | Unavailable:
        """The runs of all the experiments; unreadable where any of them is."""
        runs: tuple[TrainingRun, ...] = ()
        for experiment in experiments:
            found = self._history.training_runs(
                place, experiment, sightings, knows_place=knows_place
            )
            if isinstance(found, Unavailable):
                return found
            runs += found
        return runs

    def still_has(self, lab: Lab, resource: ResourceRef) -> bool | Unavailable:
        """Whether a resource answers when it is asked for by its id."""
        located = self._find(self._client(lab), lab, [])
        if isinstance(located, Unavailable):
            return located
        region = self._regional.region(located.discovery_url, [])
        if isinstance(region, Unavailable):
            return region
        return self._regional.still_has(Place(located.workspace, region), resource)

    def _list(self, lab: Lab) -> _Listed:
        sightings: list[Sighting] = []
        listed = look(
            RESOURCE_MANAGER,
            f"the workspaces of the subscription {lab.subscription_id}",
            lambda: tuple(
                azure_ml_v2.bounded(
                    self._client(lab).workspaces.list(scope="subscription"), _MOST_PAGES
                )
            ),
            sightings,
        )
        known = () if isinstance(listed, Unavailable) else listed
        located = (_located(workspace, lab) for workspace in known if _is_whole(workspace))
        return _Listed({_key(entry.workspace): entry for entry in located}, tuple(sightings))

    def _in_list(self, lab: Lab) -> _Located | None:
        listed = self._listed.get(lab.subscription_id.casefold())
        names = (lab.subscription_id, lab.resource_group, lab.workspace)
        return listed.workspaces.get(_folded(names)) if listed else None

    def _find(
        self, client: MLClient, lab: Lab, sightings: list[Sighting]
    ) -> _Located | Unavailable:
        """From the shared list, else directly; a missing one is never the learner's fault."""
        listed = self._listed.get(lab.subscription_id.casefold())
        sightings.extend(listed.sightings if listed else ())
        located = self._in_list(lab)
        if located:
            return located
        subject = f"the workspace {lab.workspace} in the resource group {lab.resource_group}"
        got = look(RESOURCE_MANAGER, subject, lambda: _get(client, lab.workspace), sightings)
        if not isinstance(got, Unavailable):
            return _located(got, lab)
        if got.status not in (403, _NOT_FOUND):
            return got
        return _no_workspace(got, lab)

    def _client(self, lab: Lab) -> MLClient:
        client = MLClient(
            self._azure,
            lab.subscription_id,
            lab.resource_group,
            lab.workspace,
            enable_telemetry=False,
            show_progress=False,
            transport=self._transport,
            permit_redirects=False,
            retry_total=0,  # the transport retries
            connection_timeout=web.TIMEOUT[0],
            read_timeout=web.TIMEOUT[1],
        )
        _quiet()
        return client


def _experiments(lab: Lab, models: tuple[Model, ...] | Unavailable) -> tuple[str, ...]:
    """The lab's experiment, and another that its model names: the group may override it."""
    tag, versions = lab.sheet.tags.experiment, models if isinstance(models, tuple) else ()
    named = [model.tags.get(tag, "") for model in versions if model.name == lab.model]
    others = sorted({name for name in named if _EXPERIMENT.fullmatch(name)} - {lab.experiment})
    return (lab.experiment, *others[:_MOST_EXPERIMENTS])


@dataclass(frozen=True)
class _Deployed:
    """What one learner deployed, with either generation of the API, and what it answers."""

    regional: RegionalService
    place: Place
    client: MLClient
    lab: Lab
    sightings: list[Sighting]

    def endpoints(self) -> tuple[Endpoint, ...] | Unavailable:
        """The web services; the online endpoints too where they count and are needed."""
        services = self.regional.web_services(self.place, self.sightings)
        if isinstance(services, Unavailable) or not self.lab.leniency.v2_endpoint:
            return services
        if self._labs(services):
            return services
        online = azure_ml_v2.online_endpoints(self.client, self.lab.endpoint, self.sightings)
        return online if isinstance(online, Unavailable) else (*services, *online)

    def answer(self, endpoints: tuple[Endpoint, ...] | Unavailable) -> Answer | Unavailable | None:
        """The answer of the lab's endpoint; None when there is none, or none that is up."""
        if isinstance(endpoints, Unavailable):
            return endpoints
        endpoint = self._labs(endpoints)
        if endpoint is None or endpoint.state != "Healthy" or not endpoint.scoring_uri:
            return None
        key = self._key(endpoint) if endpoint.auth_enabled else None
        if isinstance(key, Unavailable):
            return key
        return scoring.ask(endpoint, key, self.lab.sheet.scoring, self.sightings)

    def _key(self, endpoint: Endpoint) -> str | Unavailable | None:
        if not scoring.may_be_asked(endpoint.scoring_uri):
            return None  # no key for an unknown host: asking reports it
        if endpoint.generation == 1:
            return self.regional.key(self.place, endpoint.name, self.sightings)
        return azure_ml_v2.online_key(self.client, endpoint.name, self.sightings)

    def _labs(self, endpoints: tuple[Endpoint, ...]) -> Endpoint | None:
        return next(
            (endpoint for endpoint in endpoints if endpoint.name == self.lab.endpoint), None
        )


def _has_traces(
    lab: Lab,
    pipelines: tuple[PublishedPipeline, ...] | Unavailable,
    models: tuple[Model, ...] | Unavailable,
) -> bool:
    """Whether anything was published or registered, or that is unknown; else no run exists."""
    if isinstance(pipelines, Unavailable) or isinstance(models, Unavailable):
        return True
    names = {pipeline.name for pipeline in pipelines} | {model.name for model in models}
    return not names.isdisjoint((lab.training_pipeline, lab.model))


def _has_entries(listed: tuple[object, ...] | Unavailable) -> bool:
    return isinstance(listed, tuple) and bool(listed)


def _names_a_list(path: str) -> bool:
    """Whether a resource's address ends with a type: types and names alternate in it."""
    _, _, resource = path.rpartition("/providers/")
    return len(resource.strip("/").split("/")) % 2 == 0


def _is_list(response: Any) -> bool:
    """Whether it has entries, or is a refusal, which the SDK handles by itself."""
    if response.status_code != requests.codes.ok:
        return True
    body = web.json_of(response.internal_response)
    return isinstance(body, Mapping) and isinstance(body.get("value"), list)


def _quiet() -> None:
    """Silence the SDKs' loggers; what went wrong is evidence here.

    To be called for every client: each adds one more handler to the same logger.
    """
    for name in ("azure.identity", "azure.ai.ml", "azure.ai.ml._telemetry"):
        logging.getLogger(name).handlers[:] = [logging.NullHandler()]


def _get(client: MLClient, name: str) -> Any:
    workspace = client.workspaces.get(name)
    return workspace if _is_whole(workspace) else None


def _is_whole(workspace: Any) -> bool:
    """Whether it has the fields that are graded; the SDK returns None for missing ones."""
    return workspace is not None and bool(workspace.location and workspace.resource_group)


def _located(workspace: Any, lab: Lab) -> _Located:
    return _Located(
        Workspace(
            id=str(workspace.id),
            name=str(workspace.name),
            resource_group=str(workspace.resource_group),
            subscription_id=lab.subscription_id,
            location=str(workspace.location or "").replace(" ", "").lower(),
        ),
        str(workspace.discovery_url or ""),
    )


def _no_workspace(got: Unavailable, lab: Lab) -> Unavailable:
    return Unavailable(
        RESOURCE_MANAGER,
        got.what,
        f"the lab environment provides the workspace {lab.workspace}, and {got.cause}",
        "Check the cohort file and the grader's rights.",
        got.status,
        got.url,
    )


def _key(workspace: Workspace) -> _Key:
    return _folded((workspace.subscription_id, workspace.resource_group, workspace.name))


def _folded(names: _Key) -> _Key:
    subscription, group, name = (part.casefold() for part in names)
    return subscription, group, name

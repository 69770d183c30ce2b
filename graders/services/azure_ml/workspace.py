"""Azure Machine Learning: the workspace, and what was trained, registered and deployed in it.

Workspaces and models come from :mod:`graders.services.azure_ml.resource_manager`, the first
generation's published pipelines and web services from :mod:`graders.services.azure_ml.regional_v1`,
online endpoints from azure-ai-ml (:mod:`graders.services.azure_ml.sdk_v2`).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from graders.evidence import (
    NOT_COLLECTED,
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
from graders.parts import ALL_PARTS
from graders.services.azure_ml import scoring
from graders.services.azure_ml.regional_v1 import Place, Region, RegionalService
from graders.services.azure_ml.resource_manager import LocatedWorkspace, ResourceManager
from graders.services.azure_ml.run_history import RunHistory
from graders.services.beside import beside
from graders.services.calls import Shared, asks
from graders.services.earlier import NOTHING, Earlier
from graders.services.http import web
from graders.services.http.transport import watching
from graders.services.sign_in import SignIn

if TYPE_CHECKING:
    import requests
    from azure.ai.ml import MLClient
    from azure.core.credentials import TokenCredential

RESOURCE_MANAGER = ServiceName.RESOURCE_MANAGER
_REGIONAL = frozenset({"published_pipelines", "training_runs", "endpoints", "answer"})
"""The parts that only the region's own services show."""
_CONNECTIONS = 16
_SUBSCRIPTION = Shared(lambda lab: lab.subscription_id, 100)
"""The list of a subscription's workspaces; how many come in a page is not documented."""
_NOT_FOUND = 404
_MOST_EXPERIMENTS = 1
_EXPERIMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}")
"""A name that the service accepts: it comes from a tag, and goes into an address."""
_Key = tuple[str, str, str]
_NO_SDK = Unavailable(
    ServiceName.AZURE_ML,
    "the online endpoints",
    "azure-ai-ml is not installed, which reads them",
    "Install `mlops-lab-check[online]`, or let your instructor check it.",
)


@dataclass(frozen=True)
class Listed:
    """One subscription's workspaces by case-folded names, and where they were read."""

    workspaces: Mapping[_Key, LocatedWorkspace]
    sightings: tuple[Sighting, ...]
    refused: Unavailable | None = None
    """Why there are none."""

    def workspace_of(self, lab: Lab) -> LocatedWorkspace | None:
        names = (lab.subscription_id, lab.resource_group, lab.workspace)
        return self.workspaces.get(_folded(names))


class AzureML:
    """Collects learners' workspaces; threads may share one after :meth:`prepare`."""

    def __init__(self, sign_in: SignIn) -> None:
        self._azure = sign_in.azure
        self._session = web.open_session(_CONNECTIONS)
        self._manager = ResourceManager(self._azure, self._session)
        self._regional = RegionalService(self._azure, self._session)
        self._history = RunHistory(self._azure, self._session)
        self._listed: dict[str, Listed] = {}
        self._locks: dict[str, threading.Lock] = {}

    def prepare(self, labs: Iterable[Lab], parts: Collection[str] = ALL_PARTS) -> None:
        """List the workspaces once per subscription, and find the services of their regions.

        What cannot be read here is asked for again, learner by learner.
        """
        labs = tuple(labs)
        first = {lab.subscription_id.casefold(): lab for lab in labs}
        with ThreadPoolExecutor(_CONNECTIONS) as threads:
            list(threads.map(self.listed, first.values()))
        if _REGIONAL.isdisjoint(parts):
            return
        workspaces = (self._in_list(lab) for lab in labs)
        for discovery_url in {workspace.discovery_url for workspace in workspaces if workspace}:
            self._regional.region(discovery_url, [])

    def listed(self, lab: Lab) -> Listed:
        """The workspaces of the lab's subscription; asked for once."""
        key = lab.subscription_id.casefold()
        with self._locks.setdefault(key, threading.Lock()):
            if key not in self._listed:
                self._listed[key] = self._list(lab)
            return self._listed[key]

    def look_at(
        self,
        lab: Lab,
        sightings: list[Sighting],
        parts: Collection[str] = ALL_PARTS,
        earlier: Earlier = NOTHING,
    ) -> AzureMLEvidence:
        """One learner's workspace and what is in it; of ``parts`` only.

        What ``earlier`` has of training runs that are over is kept.
        """
        located = self._find(lab, sightings)
        if isinstance(located, Unavailable):
            return AzureMLEvidence.unseen(located)
        models: tuple[Model, ...] | Unavailable = NOT_COLLECTED
        if "models" in parts:
            models = self._manager.registered_models(lab, sightings)
        region: Region | Unavailable = NOT_COLLECTED
        if not _REGIONAL.isdisjoint(parts):
            region = self._regional.region(located.discovery_url, sightings)
        facts = AzureMLEvidence(
            workspace=located.workspace,
            published_pipelines=region if isinstance(region, Unavailable) else (),
            training_runs=region if isinstance(region, Unavailable) else None,
            models=models,
            endpoints=region if isinstance(region, Unavailable) else (),
            answer=region if isinstance(region, Unavailable) else None,
        )
        if isinstance(region, Unavailable):
            return facts
        place = Place(located.workspace, region)
        if "endpoints" not in parts:
            return self._with_training(facts, place, lab, sightings, parts, earlier)
        deployed = _Deployed(
            self._regional, place, lab, [], self._azure, self._session, earlier=earlier
        )
        of_endpoints = beside(partial(deployed.facts, with_answer="answer" in parts))
        facts = self._with_training(facts, place, lab, sightings, parts, earlier)
        facts = replace(facts, **of_endpoints())
        sightings.extend(deployed.sightings)
        return facts

    def _with_training(
        self,
        facts: AzureMLEvidence,
        place: Place,
        lab: Lab,
        sightings: list[Sighting],
        parts: Collection[str],
        earlier: Earlier,
    ) -> AzureMLEvidence:
        """The facts with the published pipelines, and the runs if there is a trace of any."""
        if "published_pipelines" not in parts:
            return facts
        pipelines, models = self._regional.published_pipelines(place, sightings), facts.models
        facts = replace(facts, published_pipelines=pipelines)
        if "training_runs" not in parts or not _has_traces(lab, pipelines, models):
            return facts
        kept = earlier.trained(lab, pipelines, models)
        if kept is not None:
            return replace(facts, training_runs=kept)
        knows_place = _has_entries(pipelines) or _has_entries(models)
        trained: tuple[TrainingRun, ...] = ()
        for experiment in _experiments(lab, models):
            runs = self._history.training_runs(
                place, experiment, sightings, knows_place=knows_place, earlier=earlier
            )
            if isinstance(runs, Unavailable):
                return replace(facts, training_runs=runs)
            trained += runs
        return replace(facts, training_runs=trained)

    def still_has(self, lab: Lab, resource: ResourceRef) -> bool | Unavailable:
        """Whether a resource answers when it is asked for by its id."""
        located = self._find(lab, [])
        if isinstance(located, Unavailable):
            return located
        region = self._regional.region(located.discovery_url, [])
        if isinstance(region, Unavailable):
            return region
        return self._regional.still_has(Place(located.workspace, region), resource)

    @asks(RESOURCE_MANAGER, "workspace", shared=_SUBSCRIPTION)
    def _list(self, lab: Lab) -> Listed:
        sightings: list[Sighting] = []
        listed = self._manager.workspaces(lab.subscription_id, sightings)
        if isinstance(listed, Unavailable):
            return Listed({}, tuple(sightings), listed)
        return Listed({_key(entry.workspace): entry for entry in listed}, tuple(sightings))

    def _in_list(self, lab: Lab) -> LocatedWorkspace | None:
        listed = self._listed.get(lab.subscription_id.casefold())
        return listed.workspace_of(lab) if listed else None

    def _find(self, lab: Lab, sightings: list[Sighting]) -> LocatedWorkspace | Unavailable:
        """From the shared list, else directly; a missing one is never the learner's fault."""
        listed = self._listed.get(lab.subscription_id.casefold())
        sightings.extend(listed.sightings if listed else ())
        located = self._in_list(lab)
        if located:
            return located
        got = self._manager.workspace(lab, sightings)
        if not isinstance(got, Unavailable) or got.status not in (403, _NOT_FOUND):
            return got
        return _no_workspace(got, lab)


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
    lab: Lab
    sightings: list[Sighting]
    azure: TokenCredential
    session: requests.Session
    earlier: Earlier

    def facts(self, *, with_answer: bool) -> Mapping[str, Any]:
        """The endpoints, and their answer: parts of :class:`AzureMLEvidence`."""
        with watching() as exchanges:
            endpoints = self.endpoints()
        return {
            "endpoints": endpoints,
            "answer": self.answer(endpoints) if with_answer else None,
            "endpoints_read_at": exchanges[-1].service_time if exchanges else None,
        }

    def endpoints(self) -> tuple[Endpoint, ...] | Unavailable:
        """The web services; the online endpoints too where they count and are needed."""
        services = self.regional.web_services(self.place, self.sightings)
        if isinstance(services, Unavailable) or not self.lab.leniency.v2_endpoint:
            return services
        if self.lab.own_endpoint(services):
            return services
        try:  # late: two seconds of CPU, for few classes
            from graders.services.azure_ml import sdk_v2
        except ImportError:  # what learners install is small
            return _NO_SDK
        online = sdk_v2.online_endpoints(self._client, self.lab, self.sightings)
        return online if isinstance(online, Unavailable) else (*services, *online)

    def answer(self, endpoints: tuple[Endpoint, ...] | Unavailable) -> Answer | Unavailable | None:
        """The answer of the lab's endpoint; None when there is none, or none that is up."""
        if isinstance(endpoints, Unavailable):
            return endpoints
        endpoint = self.lab.own_endpoint(endpoints)
        if endpoint is None or endpoint.state != "Healthy" or not endpoint.scoring_uri:
            return None
        key = self._key(endpoint) if endpoint.auth_enabled else None
        if isinstance(key, Unavailable):
            return key
        return scoring.ask(
            endpoint,
            key,
            self.lab.sheet.scoring,
            self.sightings,
            describes_itself=endpoint.has_schema or self.earlier.description_of(endpoint),
        )

    def _key(self, endpoint: Endpoint) -> str | Unavailable | None:
        if not scoring.may_be_asked(endpoint.scoring_uri):
            return None  # no key for an unknown host: asking reports it
        if endpoint.generation == 1:
            return self.regional.key(self.place, endpoint.name, self.sightings)
        from graders.services.azure_ml import sdk_v2

        return sdk_v2.online_key(self._client, endpoint.name, self.sightings)

    @cached_property
    def _client(self) -> MLClient:
        from graders.services.azure_ml import sdk_v2

        return sdk_v2.open_client(self.azure, self.lab, self.session)


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

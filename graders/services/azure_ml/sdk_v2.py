"""Managed online endpoints, as azure-ai-ml shows them.

Importing this module takes two seconds of CPU: only a class that may deploy so imports it.
Source: ``MLClient.online_endpoints`` and ``MLClient.online_deployments``.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport

from graders import hosts
from graders.evidence import Endpoint, Sighting, Unavailable
from graders.lab import Lab
from graders.services.azure_ml.paging import MOST_PAGES
from graders.services.azure_ml.regional_v1 import EXCERPT, SERVICE, moment
from graders.services.http import web
from graders.services.http.triage import look

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it pins a marshmallow that it also warns about
    from azure.ai.ml import MLClient

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_STATES = {
    "succeeded": "Healthy",
    "creating": "Transitioning",
    "updating": "Transitioning",
    "scaling": "Transitioning",
    "deleting": "Transitioning",
    "failed": "Failed",
    "canceled": "Failed",
}


class EndlessList(Exception):
    """A list that does not end after a reasonable number of pages."""


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


def open_client(azure: TokenCredential, lab: Lab, session: requests.Session) -> MLClient:
    """The SDK's client of a learner's workspace, on the transport of all others."""
    client = MLClient(
        azure,
        lab.subscription_id,
        lab.resource_group,
        lab.workspace,
        enable_telemetry=False,
        show_progress=False,
        transport=_ResourceManagerOnly(session=session, session_owner=False),
        permit_redirects=False,
        retry_total=0,  # the transport retries
        connection_timeout=web.TIMEOUT[0],
        read_timeout=web.TIMEOUT[1],
    )
    _quiet()
    return client


def bounded(listed: Any, most_pages: int = MOST_PAGES) -> Iterator[Any]:
    """A paged list of the SDK, which follows links between pages as long as there are any.

    Raises EndlessList beyond ``most_pages``: a list that was cut short proves nothing.
    """
    for number, page in enumerate(listed.by_page(), start=1):
        if number > most_pages:
            raise EndlessList
        yield from page


def online_endpoints(
    client: MLClient, lab: Lab, sightings: list[Sighting]
) -> tuple[Endpoint, ...] | Unavailable:
    """All online endpoints of a workspace, those that count as the lab's with their deployments.

    One request, and one more for each that counts.
    """
    listed = look(
        SERVICE,
        "the online endpoints",
        lambda: tuple(bounded(client.online_endpoints.list())),
        sightings,
    )
    if isinstance(listed, Unavailable):
        return listed
    endpoints = []
    for entry in listed:
        endpoint = online_endpoint(entry, ())
        if lab.is_own_endpoint(endpoint):
            deployments = _deployments(client, endpoint.name, sightings)
            if isinstance(deployments, Unavailable):
                return deployments
            endpoint = online_endpoint(entry, deployments)
        endpoints.append(endpoint)
    return tuple(endpoints)


def _deployments(
    client: MLClient, name: str, sightings: list[Sighting]
) -> tuple[Any, ...] | Unavailable:
    return look(
        SERVICE,
        f"the deployments of the online endpoint {name}",
        lambda: tuple(bounded(client.online_deployments.list(name))),
        sightings,
    )


def online_key(client: MLClient, name: str, sightings: list[Sighting]) -> str | Unavailable:
    """The primary key of an online endpoint.

    Unavailable for an endpoint that requires a token instead: the grader gives none to a
    learner's endpoint.
    """

    subject = f"the key of the online endpoint {name}"

    def call() -> str | Unavailable:
        key = getattr(client.online_endpoints.get_keys(name), "primary_key", None)
        if isinstance(key, str) and key:
            return key
        cause = "it wants a token of Microsoft Entra ID, and the grader gives none to an endpoint"
        return Unavailable(SERVICE, subject, cause, "Ask the endpoint by hand.")

    return look(SERVICE, subject, call, sightings)


def online_endpoint(endpoint: Any, deployments: Iterable[Any]) -> Endpoint:
    """The SDK's ``OnlineEndpoint`` and those of its deployments that get traffic."""
    traffic = endpoint.traffic or {}
    serving = [deployment for deployment in deployments if traffic.get(deployment.name)]
    times = endpoint.properties or {}
    return Endpoint(
        name=str(endpoint.name),
        generation=2,
        state=_state(endpoint, serving),
        compute_type=str(endpoint.kind or "Managed"),
        cpu=None,
        memory_gb=None,
        auth_enabled=True,
        scoring_uri=endpoint.scoring_uri or "",
        location=endpoint.location or "",
        model_ids=tuple(
            dict.fromkeys(model_id(str(deployment.model or "")) for deployment in serving)
        ),
        created_at=moment(times.get("createdAt")),
        updated_at=moment(times.get("lastModifiedAt")),
        error=_error(endpoint, serving),
    )


def model_id(arm_id: str) -> str:
    """``…/models/NAME/versions/N`` as ``NAME:N``; anything else as it is.

    >>> model_id("/subscriptions/s/x/models/a.pkl/versions/2")
    'a.pkl:2'
    """
    parts = arm_id.split("/")
    if len(parts) > 3 and (parts[-4].lower(), parts[-2].lower()) == ("models", "versions"):
        return f"{parts[-3]}:{parts[-1]}"
    return arm_id


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


def _state(endpoint: Any, serving: list[Any]) -> str:
    """Healthy when the endpoint and all its serving deployments are; else their worst state."""
    stages = [_stage(resource) for resource in (endpoint, *serving)]
    states = [_STATES.get(stage.casefold(), stage) for stage in stages]
    for worse in ("Failed", "Transitioning"):
        if worse in states:
            return worse
    unknown = [state for state in states if state != "Healthy"]
    if unknown:
        return unknown[0]
    return "Healthy" if serving else "Unhealthy"


def _error(endpoint: Any, serving: list[Any]) -> str:
    words = [
        f"{resource.name}: {_stage(resource)}"
        for resource in (endpoint, *serving)
        if _stage(resource).casefold() not in ("", "succeeded")
    ]
    if not serving:
        words.append("no deployment gets traffic")
    return "; ".join(words)[:EXCERPT]


def _stage(resource: Any) -> str:
    """The provisioning state."""
    return _plain(resource.provisioning_state)


def _plain(word: Any) -> str:
    """A word that the SDK returns as a string or as a member of an enum."""
    return str(getattr(word, "value", word) or "")

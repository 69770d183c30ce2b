"""What azure-ai-ml shows of a workspace: registered models, managed online endpoints.

Source: ``MLClient.models``, ``MLClient.online_endpoints`` and ``MLClient.online_deployments``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from graders.evidence import Endpoint, Model, Sighting, Unavailable
from graders.lab import Lab, Sheet
from graders.services.azure_ml.regional_v1 import EXCERPT, SERVICE, moment
from graders.services.http.triage import look

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

_NOT_FOUND = 404
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


def bounded(listed: Any, most_pages: int = 20) -> Iterator[Any]:
    """A paged list of the SDK, which follows links between pages as long as there are any.

    Raises EndlessList beyond ``most_pages``: a list that was cut short proves nothing.
    """
    for number, page in enumerate(listed.by_page(), start=1):
        if number > most_pages:
            raise EndlessList
        yield from page


def registered_models(
    client: MLClient, sheet: Sheet, sightings: list[Sighting]
) -> tuple[Model, ...] | Unavailable:
    """Versions of the lab's model; where it has none, the other models' names instead.

    The service leaves archived ones out. It answers 404 for a name it does not know, which is
    believed only when the list of all names was read and does not have it.
    """
    name = sheet.model.name
    versions = look(
        SERVICE,
        f"the versions of the model {name}",
        lambda: tuple(
            model_version(model, sheet.tags) for model in bounded(client.models.list(name=name))
        ),
        sightings,
    )
    missing = isinstance(versions, Unavailable) and versions.status == _NOT_FOUND
    if versions and not missing:
        return versions
    others = look(
        SERVICE,
        "the registered models",
        lambda: tuple(Model(str(model.name), "", {}) for model in bounded(client.models.list())),
        sightings,
    )
    if isinstance(others, Unavailable):
        return others if missing else versions
    if missing and any(model.name == name for model in others):
        return versions
    return tuple(model for model in others if model.name != name)


def model_version(model: Any, labs: Iterable[str]) -> Model:
    """The SDK's ``Model`` with the lab's own tags, the only ones that are evidence."""
    tags = model.tags or {}
    created = model.creation_context
    at = created.created_at if created else None
    return Model(
        name=str(model.name),
        version=str(model.version),
        tags={key: str(tags[key]) for key in labs if tags.get(key) is not None},
        created_at=at,
        created_by=str(created.created_by or "") if created else "",
        created_by_type=_plain(created.created_by_type) if created else "",
    )


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

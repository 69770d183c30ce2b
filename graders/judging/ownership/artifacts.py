"""The resources of a lab that no other lab can honestly have, and the keys that identify them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from graders.evidence import Endpoint, Evidence, Model, PublishedPipeline, TrainingRun
from graders.hosts import ONE_HOST_EACH
from graders.judging.ownership.locations import visible
from graders.lab import Lab
from graders.lab.roles import Tags
from graders.urls import parts_of

Artifact = Endpoint | TrainingRun | PublishedPipeline | Model
BuilderOf = Callable[[Mapping[str, str]], str]
"""Tags of a run or model -> the learner in whose project it says it was built; else empty."""

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Listing:
    """A resource as one learner's lab lists it."""

    about: str
    kind: str
    name: str
    """As it is reported: a model with its version."""
    resource: str
    """The name that the lab lists it by."""
    key: str
    learner: str
    at: datetime | None
    changed_at: datetime | None = None
    """When it was changed last; what it was before is unknown."""
    builder: str = ""
    """The learner whose project its tags say it was built in; empty: they name none."""
    is_rooted: bool = False
    """Whether a property that nobody can change leads to the same workspace: a run of a pipeline
    that was published there, or a model of such a run (by a tag, like the builder)."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def is_named_only(self) -> bool:
        """Whether the lab only names it, by a tag of something else, instead of having it."""
        return self.kind == _KINDS["registered_models"]

    @property
    def since(self) -> str:
        return f"since {self.at:%Y-%m-%d %H:%M:%S} UTC" if self.at else "since an unknown time"


def key_of(artifact: Artifact, tags: Tags) -> str:
    """What identifies a resource, wherever it is listed; empty: nothing does.

    A model has the key of the training run that it says it comes from; the id of a pipeline is
    never taken for that of a run. Only GUIDs are unique: two honest learners may well have a run
    called ``local``.
    """
    if isinstance(artifact, Endpoint):
        address = parts_of(artifact.scoring_uri)
        host = (address.hostname or "").rstrip(".")
        if not host or host.endswith(ONE_HOST_EACH):
            return host
        return f"{host}{address.path}".casefold()
    named = artifact.tags.get(tags.training_run) if isinstance(artifact, Model) else artifact.id
    if not named or not _GUID.fullmatch(named):
        return ""
    return f"{'pipeline ' * isinstance(artifact, PublishedPipeline)}{named.casefold()}"


def listings(lab: Lab, evidence: Evidence, builder_of: BuilderOf) -> Iterator[Listing]:
    """The lab's own resources, as far as they could be read."""
    published = {pipeline.id for pipeline in visible(evidence.published_pipelines)}
    runs = visible(evidence.training_runs)
    rooted = {run.id.casefold() for run in runs if run.pipeline_id in published}

    def listing(about: str, name: str, artifact: Artifact, at: datetime | None = None) -> Listing:
        builder = builder_of(artifact.tags) if isinstance(artifact, TrainingRun | Model) else ""
        key = key_of(artifact, lab.sheet.tags)
        return Listing(
            about=about,
            kind=_KINDS[about],
            name=name,
            resource=getattr(artifact, "name", name),
            key=key,
            learner=lab.learner.id,
            at=at,
            changed_at=artifact.updated_at if isinstance(artifact, Endpoint) else None,
            builder=builder,
            is_rooted=key in rooted,
        )

    for run in runs:
        yield listing("training_runs", run.id, run, run.created_at)
    for model in visible(evidence.models):
        if model.version:
            name = f"{model.name}:{model.version}"
            yield listing("registered_models", name, model)  # its date proves nothing
    for pipeline in visible(evidence.published_pipelines):
        yield listing("published_pipelines", pipeline.name, pipeline, pipeline.created_at)
    for endpoint in visible(evidence.endpoints):
        yield listing("endpoints", endpoint.name, endpoint, endpoint.created_at)


_KINDS = {
    "training_runs": "training run",
    "registered_models": "model",
    "published_pipelines": "published pipeline",
    "endpoints": "endpoint",
}

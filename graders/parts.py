"""The parts of the evidence: what shows each, what it is read with, and evidence of some only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, replace

from graders.evidence import (
    NOT_COLLECTED,
    AzureDevOpsEvidence,
    AzureMLEvidence,
    Evidence,
    GitHubEvidence,
    ServiceName,
    Unavailable,
)

_BY_SERVICE: Mapping[ServiceName, frozenset[str]] = {
    ServiceName.AZURE_DEVOPS: frozenset(field.name for field in fields(AzureDevOpsEvidence)),
    ServiceName.GITHUB: frozenset(field.name for field in fields(GitHubEvidence)),
    ServiceName.RESOURCE_MANAGER: frozenset(field.name for field in fields(AzureMLEvidence)),
}
ALL_PARTS = frozenset().union(*_BY_SERVICE.values())
"""The fields of the evidence that are collected, each alone."""
_READ_WITH: Mapping[str, tuple[str, ...]] = {
    "runs": ("pipelines", "deleted_runs"),
    "deleted_runs": ("pipelines", "runs"),
    "repositories": ("similar_repositories",),
    "similar_repositories": ("repositories",),
    "training_runs": ("published_pipelines", "models"),
    "answer": ("endpoints",),
}
"""Part -> what has to be read first, or comes with it."""
_PLACES = {ServiceName.AZURE_DEVOPS: ("project",), ServiceName.RESOURCE_MANAGER: ("workspace",)}
"""What has to be read before anything else that a service shows."""


def to_collect(needed: Collection[str]) -> frozenset[str]:
    """These parts, and all that they are read with."""
    parts = list(needed)
    for part in parts:  # it grows on the way
        place = {
            ServiceName.AZURE_DEVOPS: ("project",),
            ServiceName.RESOURCE_MANAGER: ("workspace",),
        }
        first = (*_READ_WITH.get(part, ()), *place.get(service_of(part), ()))
        parts += [other for other in first if other not in parts]
    return frozenset(parts)


def service_of(part: str) -> ServiceName:
    """The service to sign in to for a part; Azure ML takes the token of Azure Resource Manager."""
    return next(service for service, parts in _BY_SERVICE.items() if part in parts)


def services_of(parts: Collection[str]) -> frozenset[ServiceName]:
    """The services to sign in to for these parts."""
    return frozenset(map(service_of, parts))


def only(evidence: Evidence, collected: Collection[str]) -> Evidence:
    """The evidence without the other parts, which it says were not collected."""
    left_out = sorted(ALL_PARTS - frozenset(collected))
    blank = vars(unseen(evidence.learner, NOT_COLLECTED))
    return replace(
        evidence, **{name: blank[name] for name in left_out}, not_collected=tuple(left_out)
    )


def unseen(learner: str, fault: Unavailable) -> Evidence:
    """The evidence of a learner where nothing could be read, for this one reason."""
    parts = (AzureDevOpsEvidence, GitHubEvidence, AzureMLEvidence)
    values = {name: value for part in parts for name, value in vars(part.unseen(fault)).items()}
    return Evidence(learner=learner, **values)

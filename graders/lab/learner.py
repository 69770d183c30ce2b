"""The learner that a lab is filled in for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Learner:
    """One row of a cohort file.

    The optional names are None where the row leaves them to the learner's number and the lab
    file; ``extra`` keeps every other column unchanged (``mistakes`` and ``variations`` among
    them, which only the simulated tenant reads).
    """

    id: str
    number: int
    name: str = ""
    email: str = ""
    organization: str | None = None
    project: str | None = None
    github_owner: str | None = None
    repository: str | None = None
    subscription_id: str | None = None
    resource_group: str | None = None
    workspace: str | None = None
    location: str | None = None
    tenant_id: str | None = None
    deadline: datetime | None = None
    extension: datetime | None = None
    """In place of the deadline."""
    extra: Mapping[str, str] = field(default_factory=dict)

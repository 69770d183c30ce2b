"""How past runs count, as ``[nightly]`` of the lab file says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Policy(StrEnum):
    """Which of all runs makes the mark."""

    LATEST = "latest"
    BEST = "best"
    DEADLINE = "deadline"


@dataclass(frozen=True)
class Nightly:
    """How past runs count: the lab file's ``[nightly]``."""

    policy: Policy = Policy.LATEST
    deadline: datetime | None = None
    """Only with the policy of that name: a run that shows a later time does not count."""
    since: datetime | None = None
    """Runs that began earlier are not this class's."""

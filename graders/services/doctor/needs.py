"""What the doctor is asked about: the learners' labs, the services, and this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from graders.evidence import ServiceName
from graders.lab import Lab

AZURE_DEVOPS, GITHUB, AZURE = (
    ServiceName.AZURE_DEVOPS,
    ServiceName.GITHUB,
    ServiceName.RESOURCE_MANAGER,
)
EVERY = frozenset({AZURE_DEVOPS, GITHUB, AZURE})
SAMPLE = 5
"""Learners for whom rights are asked one by one."""


@dataclass(frozen=True)
class Needs:
    """What a run needs. ``labs`` are those of the learners that it grades."""

    labs: Sequence[Lab]
    services: frozenset[ServiceName] = EVERY
    folder: Path = field(default_factory=Path.cwd)
    """Where results are written."""
    pat_ends: date | None = None
    """When the personal access token ends, by the lab file: it cannot be asked."""

    def sample(self) -> Sequence[Lab]:
        """Some learners from the whole of the list, the first and the last among them."""
        if len(self.labs) <= SAMPLE:
            return self.labs
        last = len(self.labs) - 1
        return [self.labs[last * place // (SAMPLE - 1)] for place in range(SAMPLE)]

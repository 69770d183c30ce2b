"""What the doctor is asked about: the learners' labs, the services, and this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from graders.evidence import ServiceName
from graders.lab import Lab
from graders.parts import ALL_PARTS, services_of

AZURE_DEVOPS, GITHUB, AZURE = (
    ServiceName.AZURE_DEVOPS,
    ServiceName.GITHUB,
    ServiceName.RESOURCE_MANAGER,
)
SAMPLE, SAMPLE_OF_RUN = 5, 3
"""Learners for whom rights are asked one by one."""


@dataclass(frozen=True)
class Needs:
    """What a run needs. ``labs`` are those of the learners that it grades."""

    labs: Sequence[Lab]
    parts: frozenset[str] = ALL_PARTS
    """The parts of the evidence that the run collects."""
    folder: Path = field(default_factory=Path.cwd)
    """Where results are written."""
    pat_ends: date | None = None
    """When the personal access token ends, by the lab file: it cannot be asked."""
    sign_in: str = ""
    """The way to sign in to Azure; empty: what the environment suggests."""
    before_run: bool = False
    """Whether a run follows: what that asks anyway, and reports, is not asked twice."""

    @property
    def services(self) -> frozenset[ServiceName]:
        """Those to sign in to."""
        return services_of(self.parts)

    def sample(self) -> Sequence[Lab]:
        """Some learners from the whole of the list, the first and the last among them."""
        size = SAMPLE_OF_RUN if self.before_run else SAMPLE
        if len(self.labs) <= size:
            return self.labs
        last = len(self.labs) - 1
        return [self.labs[last * place // (size - 1)] for place in range(size)]

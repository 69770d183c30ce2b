"""The calls to one learner's project that all parts of its collection share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self, TypeVar

from graders.evidence import Project, ServiceName, Sighting, Unavailable
from graders.lab import Lab
from graders.services.azure_devops.client import Organization, Page
from graders.services.beside import beside
from graders.services.http.triage import look

SERVICE = ServiceName.AZURE_DEVOPS

T = TypeVar("T")


@dataclass(frozen=True)
class ProjectReader:
    """Asks in one project, and notes each answer among the sightings."""

    clients: Organization
    project: Project
    lab: Lab
    sightings: list[Sighting]

    def apart(self, call: Callable[[Self], T]) -> Callable[[], T]:
        """Start a call on a reader beside this one; its answers are noted once it is waited for."""
        reader = replace(self, sightings=[])
        wait = beside(partial(call, reader))

        def join() -> T:
            result = wait()
            self.sightings.extend(reader.sightings)
            return result

        return join

    def whole(self, ask: Page, **options: Any) -> list[Any]:
        return self.clients.whole_list(ask, self.project.id, **options)

    def listed(
        self, subject: str, read: Callable[[Any], T], ask: Callable[[], Iterable[Any]]
    ) -> tuple[T, ...] | Unavailable:
        return self.looked(subject, lambda: tuple(read(item) for item in ask()))

    def looked(self, subject: str, call: Callable[[], T | None]) -> T | Unavailable:
        return look(SERVICE, f"{subject} in {self.project.name}", call, self.sightings)

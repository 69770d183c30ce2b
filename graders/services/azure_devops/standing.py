"""The grader's own standing in an organisation: who it is, what it could change; retention.

Each is the cheapest read that proves it. Namespaces and bits: see ``rights.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from graders.evidence import Project, Unavailable
from graders.services.azure_devops import rights
from graders.services.azure_devops.client import Organization
from graders.services.azure_devops.query import SERVICE
from graders.services.http.triage import answered, look


@dataclass(frozen=True)
class Standing:
    """Whom the service takes the grader for; ``acts_for`` is another account it acts for."""

    name: str
    is_anonymous: bool
    acts_for: str = ""


def signed_in(clients: Organization) -> Standing | Unavailable:
    """Whom the service takes the grader for."""

    def ask() -> Standing:
        clients.warm_up()
        answer = clients.who()
        user, authorized = answer.authenticated_user, answer.authorized_user
        other = authorized is not None and str(authorized.id) != str(user.id)
        return Standing(
            name=str(user.provider_display_name or user.id),
            is_anonymous=str(user.id).lower() in rights.NOBODY,
            acts_for=str(authorized.provider_display_name or authorized.id) if other else "",
        )

    return look(SERVICE, "who you are", ask, [])


_AREAS: Mapping[str, tuple[str, str]] = {
    "library": ("the library", "Variable Groups (read)"),
    "connections": ("the service connections", "Service Connections (read)"),
    "pipelines": ("the pipelines", "Build (read)"),
}


def refused_areas(
    clients: Organization, project: Project, kinds: Sequence[str]
) -> Iterator[tuple[str, str, Unavailable]]:
    """Areas of a project that cannot be read, with the scope that a token needs for each."""
    reads = {
        "library": partial(clients.library.get_variable_groups, project.id, top=1),
        "connections": partial(clients.connections.get_service_endpoints, project.id),
        "pipelines": partial(clients.builds.get_definitions, project.id, top=1),
    }
    for kind in kinds:
        area, scope = _AREAS[kind]
        refusal = look(SERVICE, area, reads[kind], [])
        if isinstance(refusal, Unavailable):
            yield area, scope, refusal


_WRITING = (
    (rights.LIBRARY, 2, "the library"),
    (rights.CONNECTIONS, 2, "service connections"),
    (rights.PIPELINES, 2048, "pipelines"),
)
"""Administer, Administer, Edit build pipeline."""


def writable(clients: Organization, projects: Sequence[str]) -> Mapping[str, list[str]]:
    """Project id -> what the grader could change there; of the first projects only."""
    some = projects[: rights.PROJECTS_AT_ONCE]
    could: dict[str, list[str]] = {project: [] for project in some}
    for kind, bits, what in _WRITING:
        for project, may in rights.of_each(clients, some, kind, bits).items():
            could[project] += [what] if may else []
    return could


def days_kept(clients: Organization, project: Project) -> int | Unavailable:
    """For how many days a project keeps its runs. Source: build/retention."""

    def ask() -> int:
        return int(clients.builds.get_retention_settings(project.id).purge_runs.value)

    return look(SERVICE, "the retention of runs", ask, [])


def oldest_run(clients: Organization, project: Project) -> datetime | None:
    """When the oldest run of a project finished; None where there is none, or none is shown."""

    def ask() -> datetime | None:
        runs = clients.builds.get_builds(
            project.id, top=1, query_order="finishTimeAscending", status_filter="completed"
        )
        return next((run.finish_time for run in runs if run.finish_time), None)

    return answered(ask)

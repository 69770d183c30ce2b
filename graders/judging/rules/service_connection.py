"""Task 3: the service connection."""

from __future__ import annotations

from collections.abc import Collection

from graders.evidence import (
    ServiceConnection,
    Workspace,
)
from graders.judging.rules.mismatch import same_name
from graders.lab import Lab
from graders.reasons import Mismatch


def wrong_target(connection: ServiceConnection, workspace: Workspace) -> list[Mismatch]:
    """The connection reaches the learner's own workspace [3.4]."""
    return [
        *same_name("Machine Learning workspace", connection.workspace, workspace.name),
        *same_name("resource group", connection.resource_group, workspace.resource_group),
    ]


def wrong_scheme(connection: ServiceConnection, lab: Lab) -> list[Mismatch]:
    """A service principal signs in, with a secret or (by default) by federation [3.3]."""
    schemes = {"serviceprincipal"}
    if lab.leniency.federated_connection:
        schemes.add("workloadidentityfederation")
    if connection.scheme.casefold() not in schemes:
        return [Mismatch("authentication", "a service principal", connection.scheme or "nothing")]
    if lab.leniency.manual_connection or connection.creation_mode.casefold() != "manual":
        return []
    return [Mismatch("creation", "automatic", connection.creation_mode)]


def not_ready(connection: ServiceConnection) -> list[Mismatch]:
    """Azure DevOps could create the service principal and give it its role [3.4]."""
    if connection.is_ready:
        return []
    actual = f"{connection.state or 'not ready'} {connection.status_message}".strip()
    return [Mismatch("state", "Ready", actual)]


def dangling_reference(name: str, connections: Collection[str], lab: Lab) -> list[Mismatch]:
    """The variable group refers to a connection that exists, whatever its name [3.4].

    A wrong name in the group is its own mistake and costs once, in task 2.
    """
    if name in connections or (
        name != lab.service_connection and lab.service_connection in connections
    ):
        return []
    return [Mismatch("service connection", name, ", ".join(sorted(connections)))]


def other_than_shown(connection: ServiceConnection) -> list[Mismatch]:
    """Service principal, automatic, with a secret: as in the lab's pictures [3.3]."""
    shown = ("serviceprincipal", "automatic")
    actual = (connection.scheme.casefold(), connection.creation_mode.casefold())
    if actual == shown:
        return []
    described = f"{connection.scheme}, {connection.creation_mode or 'unknown'}"
    return [Mismatch("authentication", "ServicePrincipal, Automatic", described)]

"""Which services a choice of tasks needs: ``-m "task2 or task3"``, as pytest takes it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import fields

from graders.evidence import AzureDevOpsEvidence, AzureMLEvidence, GitHubEvidence, ServiceName
from graders.judging.checks import GRADED, load_checks
from graders.judging.registry import evidence_parts
from graders.lab import SHEET

_PARTS = {
    ServiceName.AZURE_DEVOPS: AzureDevOpsEvidence,
    ServiceName.GITHUB: GitHubEvidence,
    ServiceName.RESOURCE_MANAGER: AzureMLEvidence,
}


class UnknownMarker(Exception):
    """What is wrong with a choice of tasks, in one sentence."""


def needed_services(marker: str | None) -> frozenset[ServiceName]:
    """The services that the chosen checks need; all of them without a choice."""
    tasks = chosen_tasks(marker)
    parts: set[str] = set()
    for graded in load_checks(GRADED):
        if graded.check.task in tasks:
            parts |= evidence_parts(graded.needs)
    return services_of(parts)


def services_of(parts: Iterable[str]) -> frozenset[ServiceName]:
    """The services that show these fields of the evidence."""
    wanted = frozenset(parts)
    return frozenset(
        service
        for service, part in _PARTS.items()
        if wanted & {member.name for member in fields(part)}
    )


def chosen_tasks(marker: str | None) -> frozenset[int]:
    """The tasks that a choice selects. Raises UnknownMarker where it is none, or selects none."""
    if marker is None:
        return frozenset(SHEET.tasks)
    try:
        tree = ast.parse(marker, mode="eval").body
        tasks = frozenset(task for task in SHEET.tasks if _holds(tree, f"task{task}"))
    except (SyntaxError, ValueError, RecursionError):
        tasks = frozenset()
    if not tasks:
        known = ", ".join(f"task{task}" for task in SHEET.tasks)
        raise UnknownMarker(f"-m {marker}: it selects no task; write some of {known}.")
    return tasks


def _holds(node: ast.expr, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id == name
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not _holds(node.operand, name)
    if isinstance(node, ast.BoolOp):
        combine = all if isinstance(node.op, ast.And) else any
        return combine(_holds(value, name) for value in node.values)
    raise ValueError("neither a name, nor `and`, `or`, `not` of some")

"""What a choice of tasks needs collected: ``-m "task2 or task3"``, as pytest takes it."""

from __future__ import annotations

import ast

from graders.judging.checks import GRADED, load_checks
from graders.judging.registry import parts_to_collect
from graders.lab import SHEET
from graders.parts import to_collect


class UnknownMarker(Exception):
    """What is wrong with a choice of tasks, in one sentence."""


def needed_parts(marker: str | None) -> frozenset[str]:
    """The parts of the evidence that the chosen checks need; of all without a choice."""
    tasks = chosen_tasks(marker)
    needs = [graded.needs for graded in load_checks(GRADED) if graded.check.task in tasks]
    return to_collect(parts_to_collect(name for names in needs for name in names))


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

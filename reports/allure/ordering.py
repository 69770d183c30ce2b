"""The order of Allure's suites: tasks, steps and checks as the lab has them, learners by id.

Allure goes by the time at which each check began. That is another order in every run of several
processes, and in one whose clock was set while it ran.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.files import write_whole

TREE = "widgets/default/tree.json"
_PACKED = re.compile(rf'(d\("{re.escape(TREE)}",")([^"]*)("\))')
"""The tree in a page that has all in one file, in base64."""
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Place:
    """Where a result stands, counted from 1."""

    check: int
    learner: int


def places(results: Mapping[str, Mapping[str, Any]]) -> dict[str, Place]:
    """Where each of the results stands, by its id."""
    began: dict[tuple[object, ...], int] = {}
    for one in results.values():
        check = _check(one)
        began[check] = min(one.get("start", 0), began.get(check, one.get("start", 0)))
    checks = sorted(began, key=lambda check: (*check[:2], began[check], *check[2:]))
    learners = sorted({_learner(one) for one in results.values()})
    check_at = {check: at for at, check in enumerate(checks, start=1)}
    learner_at = {learner: at for at, learner in enumerate(learners, start=1)}
    return {
        key: Place(check_at[_check(one)], learner_at[_learner(one)]) for key, one in results.items()
    }


def put_in_order(folder: Path, places: Mapping[str, Place]) -> None:
    """Rewrite the tree of a report in many files."""
    file = folder / TREE
    write_whole(file, _ordered(file.read_bytes(), places))


def put_page_in_order(page: Path, places: Mapping[str, Place]) -> None:
    """Rewrite the tree in a report of one file."""

    def packed(found: re.Match[str]) -> str:
        tree = _ordered(base64.b64decode(found[2]), places)
        return found[1] + base64.b64encode(tree.encode()).decode() + found[3]

    write_whole(page, _PACKED.sub(packed, page.read_text("utf-8"), count=1))


def _ordered(tree: bytes, places: Mapping[str, Place]) -> str:
    """The tree, numbered so that a browser shows it in order.

    It sorts suites by the smallest number in them, then by the earliest start; the time that a
    reader sees is told elsewhere.
    """
    told = json.loads(tree)
    for key, leaf in told["leavesById"].items():
        if place := places.get(key):
            leaf["groupOrder"], leaf["start"] = place.check, place.learner
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _check(result: Mapping[str, Any]) -> tuple[object, ...]:
    labels = _labels(result)
    return _natural(labels.get("feature")), _natural(labels.get("story")), result["name"]


def _learner(result: Mapping[str, Any]) -> tuple[tuple[int, int, str], ...]:
    return _natural(_labels(result).get("suite"))


def _labels(result: Mapping[str, Any]) -> dict[str, str]:
    return {label["name"]: label["value"] for label in result.get("labels", ())}


def _natural(text: str | None) -> tuple[tuple[int, int, str], ...]:
    """A key by which ``2.10`` comes after ``2.9``."""
    parts = _DIGITS.split(text or "")
    return tuple((0, int(one), one) if one.isdigit() else (1, 0, one) for one in parts)

"""The order of Allure's suites: tasks, steps and checks as in the lab, learners by id.

Allure sorts by the time at which each check began. That is another order in every run of several
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
"""The tree in a one-file page, in base64."""
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Place:
    """A result's place in the order, counted from 1."""

    check: int
    learner: int


def places(results: Mapping[str, Mapping[str, Any]]) -> dict[str, Place]:
    """The place of each result, by its id."""
    began: dict[tuple[object, ...], int] = {}
    for entry in results.values():
        check = _check(entry)
        began[check] = min(entry.get("start", 0), began.get(check, entry.get("start", 0)))
    checks = sorted(began, key=lambda check: (*check[:2], began[check], *check[2:]))
    learners = sorted({_learner(result) for result in results.values()})
    check_at = {check: at for at, check in enumerate(checks, start=1)}
    learner_at = {learner: at for at, learner in enumerate(learners, start=1)}
    return {
        key: Place(check_at[_check(result)], learner_at[_learner(result)])
        for key, result in results.items()
    }


def put_in_order(folder: Path, places: Mapping[str, Place]) -> None:
    """Rewrite the tree of a report in many files."""
    file = folder / TREE
    write_whole(file, _ordered(file.read_bytes(), places))


def put_page_in_order(page: Path, places: Mapping[str, Place]) -> None:
    """Rewrite the tree in a report of one file."""

    def packed(match: re.Match[str]) -> str:
        tree = _ordered(base64.b64decode(match[2]), places)
        return match[1] + base64.b64encode(tree.encode()).decode() + match[3]

    write_whole(page, _PACKED.sub(packed, page.read_text("utf-8"), count=1))


def _ordered(tree: bytes, places: Mapping[str, Place]) -> str:
    """The tree, numbered so that a browser shows it in order.

    It sorts suites by the smallest number in them, then by the earliest start; the time that a
    reader sees comes from elsewhere.
    """
    document = json.loads(tree)
    for key, leaf in document["leavesById"].items():
        if place := places.get(key):
            leaf["groupOrder"], leaf["start"] = place.check, place.learner
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


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
    return tuple((0, int(part), part) if part.isdigit() else (1, 0, part) for part in parts)

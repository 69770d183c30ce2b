"""The history of Allure results over runs: one line of JSON a run, in a file that stays bounded.

Allure shows every line that it is given, of whatever class. So it gets a copy with the runs of
these learners in this place only, and without an earlier build of the very same results.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.allure import ordering
from reports.allure.config import RUNS
from reports.allure.ordering import Place
from reports.files import write_whole

NAME = "history.jsonl"
_OTHERS = 20
"""Runs of other classes that are kept."""
_NOT_SHOWN = ("labels", "trace")
"""Most of what a run weighs, and nothing that a history shows."""


@dataclass(frozen=True)
class Results:
    """The ids in a folder of Allure results, as Allure 3 makes them: MD5 of what it was told."""

    runs: frozenset[str]
    """One a result and run."""
    cases: frozenset[str]
    """One a learner and check, the same in every run."""
    places: Mapping[str, Place]
    """Where each of the runs stands in the report."""


@dataclass(frozen=True)
class History:
    """Lines of the file that tell of these results' learners, and the others; oldest first."""

    file: Path
    ours: Sequence[str]
    others: Sequence[str]

    def copy_to(self, file: Path) -> Path:
        """Where Allure finds what concerns these results, and adds this run."""
        return write_whole(file, "".join(self.ours))

    def add_from(self, file: Path) -> None:
        """Keep what Allure added there."""
        added = [_light(line) for line in _lines(file)[-1:] if line not in self.ours[-1:]]
        kept = [*self.others[-_OTHERS:], *self.ours[-(RUNS - 1) :], *added]
        write_whole(self.file, "".join(kept))


def results_in(folder: Path) -> Results:
    """What lies in a folder of Allure results; empty where there is none."""
    read = (json.loads(path.read_bytes()) for path in folder.glob("*-result.json"))
    found = {_md5(one["uuid"]): one for one in read}
    return Results(
        runs=frozenset(found),
        cases=frozenset(_md5(one["testCaseId"]) for one in found.values()),
        places=ordering.places(found),
    )


def history(file: Path, results: Results) -> History:
    """The file as it concerns these results; empty where there is none."""
    ours: list[str] = []
    others: list[str] = []
    for line in _lines(file):
        seen = _read(line)
        if seen and not {one["id"] for one in seen.values()} & results.runs:
            is_ours = not results.cases.isdisjoint(key.partition(".")[0] for key in seen)
            (ours if is_ours else others).append(line)
    return History(file, ours, others)


def _lines(file: Path) -> list[str]:
    if not file.exists():
        return []
    return [f"{line}\n" for line in file.read_text("utf-8", errors="replace").split("\n") if line]


def _read(line: str) -> Mapping[str, Mapping[str, Any]]:
    """History id -> result of one run; empty when the line is damaged."""
    try:
        found: Mapping[str, Mapping[str, Any]] = json.loads(line)["testResults"]
        return found if all(one["id"] for one in found.values()) else {}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def _light(line: str) -> str:
    run = json.loads(line)
    run["testResults"] = {
        key: {name: value for name, value in one.items() if name not in _NOT_SHOWN}
        for key, one in run["testResults"].items()
    }
    return json.dumps(run, ensure_ascii=False, separators=(",", ":")) + "\n"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

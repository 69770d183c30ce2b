"""The history of Allure results over runs: one line of JSON a run, in a file of bounded size.

Allure shows every line that it is given, of whatever class. So it gets a copy with the runs of
these learners in this place only, and without an earlier build of the very same results.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reports.allure import ordering
from reports.allure.config import RUNS
from reports.allure.ordering import Place
from reports.files import write_whole

NAME = "history.jsonl"
_OTHERS = 20
"""How many runs of other classes are kept."""
_NOT_SHOWN = ("labels", "trace")
"""Most of a run's size, and nothing that a history shows."""


@dataclass(frozen=True)
class Results:
    """The ids in a folder of Allure results, as Allure 3 makes them: MD5 of its input."""

    runs: frozenset[str]
    """One for each result and run."""
    cases: frozenset[str]
    """One for each learner and check, the same in every run."""
    places: Mapping[str, Place]
    """Each run's place in the report."""


@dataclass(frozen=True)
class History:
    """Lines of the file about these results' learners, and the others; oldest first."""

    file: Path
    ours: Sequence[str]
    others: Sequence[str]

    def copy_to(self, file: Path) -> Path:
        """Write the file for Allure: the lines about these results, to which it adds this run."""
        return write_whole(file, "".join(self.ours))

    def add_from(self, file: Path) -> None:
        """Keep what Allure added to the copy."""
        added = [_light(line) for line in _lines(file)[-1:] if line not in self.ours[-1:]]
        kept = [*self.others[-_OTHERS:], *self.ours[-(RUNS - 1) :], *added]
        write_whole(self.file, "".join(kept))


def results_in(folder: Path) -> Results:
    """The ids in a folder of Allure results; empty where there is none."""
    read = (json.loads(path.read_bytes()) for path in folder.glob("*-result.json"))
    by_run = {_md5(result["uuid"]): result for result in read}
    return Results(
        runs=frozenset(by_run),
        cases=frozenset(_md5(result["testCaseId"]) for result in by_run.values()),
        places=ordering.places(by_run),
    )


def history(file: Path, results: Results) -> History:
    """The part of the file about these results; empty where there is none."""
    ours: list[str] = []
    others: list[str] = []
    for line in _lines(file):
        entries = _read(line)
        if entries and not {entry["id"] for entry in entries.values()} & results.runs:
            is_ours = not results.cases.isdisjoint(key.partition(".")[0] for key in entries)
            (ours if is_ours else others).append(line)
    return History(file, ours, others)


def case_id(history_key: str) -> str:
    """A check of a learner, as the history names it."""
    return _md5(history_key)


def without(line: str, cases: Collection[str]) -> str:
    """A run without these cases; empty where it has no others or cannot be read."""
    entries = _read(line)
    kept = {key: value for key, value in entries.items() if key.partition(".")[0] not in cases}
    if not kept:
        return ""
    run = json.loads(line)
    known = [case for case in run.get("knownTestCaseIds", ()) if case not in cases]
    run |= {"testResults": kept, "knownTestCaseIds": known}
    return json.dumps(run, ensure_ascii=False, separators=(",", ":")) + "\n"


def made_at(line: str) -> datetime:
    """When a run was added; the beginning of time where it does not say."""
    try:
        return datetime.fromtimestamp(json.loads(line)["timestamp"] / 1000, UTC)
    except (ValueError, TypeError, KeyError, OverflowError, OSError):
        return datetime.min.replace(tzinfo=UTC)


def _lines(file: Path) -> list[str]:
    if not file.exists():
        return []
    return [f"{line}\n" for line in file.read_text("utf-8", errors="replace").split("\n") if line]


def _read(line: str) -> Mapping[str, Mapping[str, Any]]:
    """History id -> result of one run; empty when the line is damaged."""
    try:
        entries: Mapping[str, Mapping[str, Any]] = json.loads(line)["testResults"]
        return entries if all(entry["id"] for entry in entries.values()) else {}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def _light(line: str) -> str:
    run = json.loads(line)
    run["testResults"] = {
        key: {name: value for name, value in entry.items() if name not in _NOT_SHOWN}
        for key, entry in run["testResults"].items()
    }
    return json.dumps(run, ensure_ascii=False, separators=(",", ":")) + "\n"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

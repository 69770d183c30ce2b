"""Mutants of the rules and more: mutmut changes one expression at a time, quick tests must notice.

What it changes, and the tests that it runs, are in ``pyproject.toml`` under ``[tool.mutants]``, in
groups. A survivor is in order when docs/mutants.md says why.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import grading_process
from tests.support.paths import PROJECT

FLOOR = 95.0
PAGE = PROJECT / "docs" / "mutants.md"
_KILLED = ("killed", "timeout")
_ROW = re.compile(r"\| `(?P<function>[^`]+)` \| `(?P<line>[^`]+)` \| (?P<why>[^|]+) \|")


@dataclass(frozen=True, order=True)
class Survivor:
    """A change of one line that no test noticed."""

    function: str
    line: str
    """As the mutant has it."""


@dataclass(frozen=True)
class Mutated:
    """What became of a group's mutants."""

    name: str
    killed: int
    count: int
    survivors: frozenset[Survivor]

    @property
    def share(self) -> float:
        return 100 * self.killed / self.count

    def __str__(self) -> str:
        return f"{self.name}: {self.killed} of {self.count} mutants killed: {self.share:.1f} %"


def score(project: Path, names: Sequence[str] = ()) -> int:
    """Mutate that copy of the project, print scores and survivors; 1 when there are too many.

    With ``names``, only the groups of these names.
    """
    explained = explanations(PAGE.read_text(encoding="utf-8"))
    by_name = {group["name"]: group for group in _groups()}
    if unknown := [name for name in names if name not in by_name]:
        raise SystemExit(f"{unknown[0]} is no group; pyproject.toml has {', '.join(by_name)}.")
    groups = [_mutated(project, by_name[name]) for name in names or by_name]
    lived = frozenset[Survivor]().union(*(group.survivors for group in groups))
    for survivor in sorted(lived):
        why = explained.get(survivor, "NOT EXPLAINED in docs/mutants.md")
        print(f"SURVIVED {survivor.function}: {survivor.line}\n         {why}")
    for survivor in sorted(explained.keys() - lived) if not names else ():
        print(
            f"killed, so docs/mutants.md need not explain it: {survivor.function}: {survivor.line}"
        )
    for group in groups:
        print(f"{group} (floor {FLOOR:.0f} %)")
    return int(bool(lived - explained.keys()) or any(group.share < FLOOR for group in groups))


def _groups() -> Sequence[Mapping[str, Any]]:
    """The settings of each group, the common ones included."""
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    common = tomllib.loads(text)["tool"]["mutants"]
    return [common | group for group in common.pop("groups")]


def _mutated(project: Path, group: Mapping[str, Any]) -> Mutated:
    shutil.rmtree(project / "mutants", ignore_errors=True)
    settings = (f"{name} = {json.dumps(value)}" for name, value in group.items())
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    text = "\n".join((text, "[tool.mutmut]", *settings))  # a list of texts in JSON is one in TOML
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    run = _mutmut(project, "run", "--max-children", "2")
    statuses = dict(_results(_mutmut(project, "results", "--all", "true").stdout))
    if run.returncode or not statuses:
        raise SystemExit(f"{run.stdout[-2000:]}\n{run.stderr[-2000:]}\nmutmut did not run.")
    lived = [name for name, status in statuses.items() if status not in _KILLED]
    shown = frozenset(_shown(project, name) for name in lived)
    return Mutated(group["name"], len(statuses) - len(lived), len(statuses), shown)


def explanations(page: str) -> dict[Survivor, str]:
    """The table of survivors on the page -> why each of them may live."""
    return {Survivor(row["function"], row["line"]): row["why"] for row in _ROW.finditer(page)}


def _mutmut(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("mutmut")), *arguments],
        cwd=project,
        env=grading_process.environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def _results(text: str) -> Iterator[tuple[str, str]]:
    """Name of the mutant, and what became of it."""
    for line in text.splitlines():
        name, colon, status = line.strip().rpartition(": ")
        if colon and "__mutmut_" in name:
            yield name, status


def _shown(project: Path, name: str) -> Survivor:
    """By its function and its line: numbers of mutants change with every edit."""
    function = re.sub(r"\.x_|ǁ", ".", name.partition("__mutmut_")[0]).replace(".x.", ".")
    added = re.findall(r"^\+(?!\+\+)\s*(.*)$", _mutmut(project, "show", name).stdout, re.MULTILINE)
    return Survivor(function, " ".join(added))

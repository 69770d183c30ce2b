"""Mutants of the rules: mutmut changes one expression of them at a time; quick tests must notice.

What it changes, and the tests that it runs, are in ``pyproject.toml`` under ``[tool.mutmut]``.
A survivor is in order when docs/mutants.md says why.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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


def score(project: Path) -> int:
    """Mutate that copy of the project, print score and survivors; 1 when there are too many."""
    run = _mutmut(project, "run", "--max-children", "2")
    statuses = dict(_results(_mutmut(project, "results", "--all", "true").stdout))
    if run.returncode or not statuses:
        print(run.stdout[-2000:], run.stderr[-2000:], "mutmut did not run.", sep="\n")
        return 1
    lived = {_shown(project, name) for name, status in statuses.items() if status not in _KILLED}
    explained = explanations(PAGE.read_text(encoding="utf-8"))
    for survivor in sorted(lived):
        why = explained.get(survivor, "NOT EXPLAINED in docs/mutants.md")
        print(f"SURVIVED {survivor.function}: {survivor.line}\n         {why}")
    for survivor in sorted(explained.keys() - lived):
        print(
            f"killed, so docs/mutants.md need not explain it: {survivor.function}: {survivor.line}"
        )
    killed, of = sum(status in _KILLED for status in statuses.values()), len(statuses)
    share = 100 * killed / of
    print(f"{killed} of {of} mutants of the rules killed: {share:.1f} % (floor {FLOOR:.0f} %)")
    return 1 if lived - explained.keys() or share < FLOOR else 0


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

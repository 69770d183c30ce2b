"""Grading runs in processes of their own, as an instructor starts them."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import ready_process
from tests.support.paths import COHORTS, PROJECT

CREDENTIALS = ("AZURE_", "GITHUB_", "GH_", "ACTIONS_", "SYSTEM_")
PIPELINES = ("TF_BUILD", "GITLAB_", "CI_")
_SECONDS = 1200  # what hangs is stopped; what is slow on a busy machine is not


@dataclass(frozen=True)
class Outcome:
    """How a run ended, and where it wrote."""

    status: int
    text: str
    reports: Path

    def grade_book(self) -> list[dict[str, str]]:
        with (self.reports / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def book(self) -> dict[str, Any]:
        text = (self.reports / "gradebook.json").read_text(encoding="utf-8")
        return json.loads(text)  # type: ignore[no-any-return]

    def outcomes(self) -> dict[str, dict[str, str]]:
        """Learner -> check -> outcome."""
        by_learner: dict[str, dict[str, str]] = {}
        for verdict in self.book()["verdicts"]:
            by_learner.setdefault(verdict["learner"], {})[verdict["check"]] = verdict["outcome"]
        return by_learner


def command(arguments: Sequence[object]) -> list[str]:
    return [sys.executable, "-m", "pytest", *map(str, arguments)]


_PYTEST_SHOWS_MORE = ("CI", "BUILD_NUMBER")


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """This environment without anybody's credentials, and as on anybody's own machine."""
    others = (*CREDENTIALS, *PIPELINES)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(others) and name not in _PYTEST_SHOWS_MORE
    }
    return kept | {"COLUMNS": "80"} | dict(changes or {})


def grade(
    *arguments: object,
    reports: Path,
    folder: Path = PROJECT,
    changes: Mapping[str, str] | None = None,
    umask: int = -1,
    ready: bool = True,
) -> Outcome:
    """Run pytest to its end with these arguments, in that folder; -1: with this umask.

    In the project's folder it is forked from a process that is ``ready``, if Python itself would
    start alike.
    """
    given = [*map(str, arguments), "--reports", str(reports)]
    variables = environment(changes)
    alike = folder == PROJECT and not any(name.startswith("PYTHON") for name in changes or ())
    if ready and alike and ready_process.AVAILABLE:
        run = ready_process.Run("pytest", given, str(folder), variables, _SECONDS, umask)
        done = run.done()
    else:
        done = subprocess.run(
            command(given),
            cwd=folder,
            env=variables,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
            umask=umask,
        )
    return Outcome(done.returncode, done.stdout + done.stderr, reports)


def grade_demo(reports: Path) -> Outcome:
    """The demo cohort, graded on the simulated tenant just as ``make grade`` does it."""
    given = ("--learners", COHORTS / "demo.csv", "--tenant", "simulated", "--fail-on", "never")
    return grade(*given, reports=reports, ready=False)


def copied_project(folder: Path) -> Path:
    """All of the project but environments, results and caches, in a new folder."""
    made = (".*", "__pycache__", "*.egg-info", "node_modules", "build", "out")
    return Path(shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns(*made)))


def write_cohort(
    file: Path,
    learners: int,
    mistakes: Mapping[int, str] | None = None,
    variations: Mapping[int, str] | None = None,
    first: int = 1,
) -> Path:
    """A cohort of that many learners, beside a copy of the demo cohort's lab file."""
    rows = [
        f"learner{number:03d},{number},Learner {number},learner{number}@example.org,"
        f"{(mistakes or {}).get(number, '')},{(variations or {}).get(number, '')}"
        for number in range(first, first + learners)
    ]
    heading = "learner,number,name,email,mistakes,variations"
    file.write_text("\n".join([heading, *rows]), encoding="utf-8")
    lab = (COHORTS / "lab.toml").read_text(encoding="utf-8")
    (file.parent / "lab.toml").write_text(lab, encoding="utf-8")
    return file

"""The folder of Allure results: cleaned of the last run's, and labelled with this run's facts."""

from __future__ import annotations

import contextlib
import json
import platform
from collections.abc import Collection, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

from reports.files import write_whole
from reports.grading_run import GradingRun

NAME = "allure-results"
_LIST = ".written"
_OURS = (
    "*-result.json",
    "*-container.json",
    "*-globals.json",
    "*-attachment.*",
    "environment.properties",
    "categories.json",
    "executor.json",
)
# Allure 2 reads these as Java expressions over the whole message, Allure 3 as JavaScript ones.
CATEGORIES = (
    {"name": "Learner: differs from the lab sheet", "matchedStatuses": ["failed"]},
    {
        "name": "Learner: blocked by an earlier step",
        "matchedStatuses": ["skipped"],
        "messageRegex": r"^blocked: [\s\S]*",
    },
    {
        "name": "Pending: the cloud is still working",
        "matchedStatuses": ["skipped"],
        "messageRegex": r"^pending: [\s\S]*",
    },
    {
        "name": "Advisory: noted, no points lost",
        "matchedStatuses": ["skipped"],
        "messageRegex": r"^noted: [\s\S]*",
    },
    {"name": "Not assessed: a grader or network problem", "matchedStatuses": ["broken"]},
)
"""What went wrong, by whose turn it is: the learner's, no one's, ours."""


def name_of(identity: str) -> str:
    """The file's name of a result."""
    return f"{identity}-result.json"


def note(folder: Path, name: str) -> str:
    """List a file as ours, before it is written; returns its name. Processes may share the list.

    Raises OSError.
    """
    with (folder / _LIST).open("a", encoding="utf-8") as listed:
        listed.write(f"{name}\n")
    return name


class Notes:
    """The same for many files of one process: the list stays open, and each line is one write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._listed: BinaryIO | None = None

    def add(self, name: str) -> str:
        """List a file as ours, before it is written; returns its name. Raises OSError."""
        if self._listed is None:
            self._listed = (self._folder / _LIST).open("ab", buffering=0)
        self._listed.write(f"{name}\n".encode())
        return name

    def close(self) -> None:
        if self._listed is not None:
            self._listed.close()


def is_ours(folder: Path) -> bool:
    """Whether a run of this program, or of an earlier version, wrote a folder's results."""
    if (folder / _LIST).is_file():
        return True
    with contextlib.suppress(OSError, ValueError):
        return "Snapshot=" in (folder / "environment.properties").read_text("ascii")
    return False


def clean(folder: Path) -> None:
    """Delete what an earlier run listed, and nothing else in the folder."""
    if not (folder / _LIST).is_file():
        if is_ours(folder):  # of an earlier version, which had no list
            clean_all(folder)
        return
    for name in (folder / _LIST).read_text(encoding="utf-8", errors="replace").splitlines():
        path = folder / name
        if path.parent == folder and path.is_file():
            path.unlink()
    (folder / _LIST).unlink()


def clean_all(folder: Path) -> None:
    """Delete all Allure results in a folder, whoever wrote them."""
    for pattern in _OURS:
        for path in [*folder.glob(pattern), *folder.glob(f"{pattern}.tmp")]:
            if path.is_file() or path.is_symlink():
                path.unlink(missing_ok=True)


def remove(folder: Path, learners: Collection[str]) -> None:
    """Delete the results of these learners, and what is attached to theirs alone.

    A result that cannot be read may be theirs, and is deleted too.
    """
    kept: set[str] = set()
    theirs: set[str] = set()
    for path in folder.glob("*-result.json"):
        suites, attached = _read(path)
        if not suites or suites & set(learners):
            path.unlink()
            theirs |= attached
        else:
            kept |= attached
    for source in theirs - kept:
        (folder / Path(source).name).unlink(missing_ok=True)


def _read(path: Path) -> tuple[set[str], set[str]]:
    """(learners, attached files) of a result; both empty where it cannot be read."""
    try:
        result = json.loads(path.read_bytes())
        suites = {label["value"] for label in result["labels"] if label["name"] == "suite"}
        return suites, {attachment["source"] for attachment in result.get("attachments", ())}
    except (ValueError, KeyError, TypeError):
        return set(), set()


def describe(folder: Path, run: GradingRun) -> None:
    """Write the facts for the report's front page; raises OSError."""
    for name in ("environment.properties", "categories.json"):
        note(folder, name)
    write_whole(folder / "environment.properties", _properties(environment(run)))
    write_whole(folder / "categories.json", json.dumps(CATEGORIES, indent=1) + "\n")


def environment(run: GradingRun) -> Mapping[str, str]:
    cohort = f"{len(run.learners)} learners"
    left_out = f" ({run.left_out} left out by --learner)" if run.left_out else ""
    return {
        "Tenant": run.tenant,
        "SIMULATED": "yes" if run.is_simulated else "no",
        "Cohort": cohort + left_out,
        "Snapshot": run.snapshot_digest,
        "Python": platform.python_version(),
        "pytest": version("pytest"),
        "allure-pytest": version("allure-pytest"),
    }


def _properties(entries: Mapping[str, str]) -> str:
    """Java's format, ASCII only: its readers disagree about encodings."""
    return "".join(f"{name}={_escaped(value)}\n" for name, value in entries.items())


def _escaped(value: str) -> str:
    one_line = " ".join(value.split()).replace("\\", "\\\\")
    units = one_line.encode("utf-16-be", errors="replace")
    codes = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
    return "".join(chr(code) if code < 128 else f"\\u{code:04x}" for code in codes)

"""Which calls of which client were answered right: a test is a call."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

RECORD: pytest.StashKey[Record] = pytest.StashKey()
NODE = Path(__file__).with_name("node")
CLIENTS = Path(__file__).parents[2] / ".venv-clients"
"""Where ``make clients`` puts what it installs."""
UNPACKED = CLIENTS / "gh" / "usr" / "bin"
"""Of Debian's package of gh."""


@dataclass
class Call:
    """``outcome``: right, wrong, exception (known not to work, with a reason) or skipped."""

    client: str
    name: str
    outcome: str = "right"
    reason: str = ""


@dataclass
class Record:
    """Every call of a run of the tests, by the id of its test."""

    calls: dict[str, Call] = field(default_factory=dict)

    def note(self, client: str, item: pytest.Item, report: pytest.TestReport) -> None:
        """One of a test's three reports: setting up, calling, tidying up (with the journal)."""
        call = self.calls.setdefault(item.nodeid, Call(client, _name(item)))
        if hasattr(report, "wasxfail"):
            call.outcome, call.reason = "exception", report.wasxfail
        elif report.skipped and isinstance(report.longrepr, tuple):
            call.outcome, call.reason = "skipped", report.longrepr[2].removeprefix("Skipped: ")
        elif report.failed:
            call.outcome, call.reason = "wrong", str(report.longrepr).rpartition("\nE ")[2][:200]

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(call) | {"version": version_of(call.client)} for call in self.calls.values()]


def _name(item: pytest.Item) -> str:
    """The call itself where a test has one for a parameter; what is tested elsewhere."""
    callspec = getattr(item, "callspec", None)
    return str(callspec.id) if callspec else item.name.removeprefix("test_").replace("_", " ")


def version_of(client: str) -> str:
    """Of an installed package, Python's or Node's; empty for what is neither."""
    locked = {**dict(_locked()), **dict(_pinned())}
    if client in locked:
        return locked[client]
    try:
        return version(client)
    except PackageNotFoundError:
        return _printed(client)


def _printed(client: str) -> str:
    """What a program says when it is asked; empty where there is no such program."""
    program = shutil.which(client) or shutil.which(client, path=str(UNPACKED))
    if program is None:
        return ""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+(\.\d+)+", done.stdout)
    return found[0] if found else ""


def _pinned() -> Iterator[tuple[str, str]]:
    """What is in an environment of its own."""
    lines = (CLIENTS.parent / "requirements-az.lock").read_text(encoding="utf-8").splitlines()
    for line in lines:
        name, sign, rest = line.partition("==")
        if sign and name == "azure-cli":
            yield name, rest.split()[0]


def _locked() -> Iterator[tuple[str, str]]:
    packages = json.loads((NODE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for place, package in packages.items():
        if place.count("node_modules/") == 1:
            yield place.removeprefix("node_modules/"), package["version"]

"""Searches everything that a test run left in results folders for anything like a credential.

A results folder is one with the grader's own manifest. The simulated tenant's secrets, and those
that tests plant, begin with ``canary``.
"""

from __future__ import annotations

import base64
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reports.outputs import MANIFEST
from tests.support.leaks import SECRETS

_EMBEDDED = re.compile(rb'(?<=\.json",")eyJ[\w+/=]+(?=")')
"""What the one-page Allure report holds of its files, in Base64."""
_PATTERN = re.compile(SECRETS.pattern.encode(), re.IGNORECASE)


@dataclass(frozen=True)
class Scanned:
    """How much was searched, and where something was: ``FILE: what is around it``."""

    folders: int
    files: int
    leaks: tuple[str, ...]


def scan(root: Path) -> Scanned:
    """Search all results folders below ``root``."""
    folders = [manifest.parent for manifest in root.rglob(MANIFEST)]
    files = {file for folder in folders for file in folder.rglob("*") if _is_file(file)}
    leaks = [f"{file}: {around}" for file in sorted(files) for around in _leaks(file)]
    return Scanned(len(folders), len(files), tuple(leaks))


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _leaks(file: Path) -> Iterator[str]:
    for content in _contents(file):
        for match in _PATTERN.finditer(content):
            around = content[max(0, match.start() - 40) : match.end() + 20]
            yield around.decode("utf-8", "replace").replace("\n", " ")


def _contents(file: Path) -> Iterator[bytes]:
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    else:
        with suppress(FileNotFoundError):  # a process that a test killed may still end its work
            content = file.read_bytes()
            yield _EMBEDDED.sub(b"", content)
            yield from (base64.b64decode(data) for data in _EMBEDDED.findall(content))

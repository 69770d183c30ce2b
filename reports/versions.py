"""Which program graded: its version, the digest of its code and checks, and what it runs on."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from functools import cache
from importlib import metadata

from graders.judging.checks import GRADED

NAME = "versions.json"
DISTRIBUTION = "mlops-lab-grader"
_PACKAGES = ("azure-devops", "azure-identity", "PyGithub", "pydantic", "pytest", "requests")


def versions() -> Mapping[str, str]:
    """Name -> version of what decides a grade, ``code`` the digest of our own part of it."""
    packages = {name: _version(name) for name in (DISTRIBUTION, *_PACKAGES)}
    return {"code": code(), "python": platform.python_version(), **packages}


@cache
def code() -> str:
    """The SHA-256 of everything that collects and judges, however a checkout ends its lines."""
    root = GRADED.parents[1]
    files = [
        path
        for folder, kinds in (("graders", ("*.py", "*.toml")), ("tests/lab", ("*.py",)))
        for kind in kinds
        for path in (root / folder).rglob(kind)
    ]
    whole = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.relative_to(root).as_posix()):
        content = hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
        whole.update(f"{path.relative_to(root).as_posix()}\0{content}\0".encode())
    return whole.hexdigest()


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:  # a checkout that is not installed
        return "not installed"

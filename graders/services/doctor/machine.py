"""This machine: disk, versions, and settings that lead requests or sign-ins elsewhere."""

from __future__ import annotations

import netrc
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from graders import hosts
from graders.services.doctor.finding import Finding

_LEAST_MB = 200
_SHOWN = ("azure-devops", "azure-identity", "azure-ai-ml", "PyGithub", "requests")
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_ASKED = (hosts.ENTRA_ID, hosts.AZURE_DEVOPS, hosts.GITHUB, hosts.RESOURCE_MANAGER)


def findings(folder: Path, environ: Mapping[str, str]) -> Iterator[Finding]:
    """What is wrong with this machine, and the versions in use."""
    yield Finding("versions", {"versions": f"Python {platform.python_version()}, {_packages()}"})
    yield from _disk(folder)
    yield from _netrc(environ)
    yield from _certificates(environ)


def bundle(environ: Mapping[str, str]) -> tuple[str, str]:
    """The variable that names the operator's own certificates, and the file; or nothing."""
    return next(((name, environ[name]) for name in _BUNDLES if environ.get(name)), ("", ""))


def _packages() -> str:
    return ", ".join(f"{name} {metadata.version(name)}" for name in _SHOWN)


def _disk(folder: Path) -> Iterator[Finding]:
    there = next((path for path in (folder, *folder.parents) if path.is_dir()), Path.cwd())
    if not os.access(there, os.W_OK):
        yield Finding("folder_not_writable", {"folder": str(folder)})
    free = shutil.disk_usage(there).free // 1024**2
    if free < _LEAST_MB:
        yield Finding("disk_low", {"free": str(free), "folder": str(folder)})


def _netrc(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Our own requests ignore the file; other programs, such as git and curl, do not."""
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home())
    named = environ.get("NETRC")
    files = [Path(named)] if named else [home / ".netrc", home / "_netrc"]
    for file in filter(Path.is_file, files):
        try:
            entries = netrc.netrc(str(file)).hosts
        except (netrc.NetrcParseError, OSError, UnicodeDecodeError):
            yield Finding("netrc_unreadable", {"file": file.name})
            continue
        if host := next((name for name in (*_ASKED, "default") if name in entries), ""):
            yield Finding("netrc", {"file": file.name, "host": host})


def _certificates(environ: Mapping[str, str]) -> Iterator[Finding]:
    variable, file = bundle(environ)
    if file and not os.access(file, os.R_OK):
        yield Finding("certificates_missing", {"variable": variable, "file": file})

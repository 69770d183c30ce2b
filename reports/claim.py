"""A results folder is ours before anything in it is replaced: no stranger's files, no links."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from graders.snapshot import TENANT_NOTE
from reports import gradebook
from reports.allure import results_folder
from reports.files import write_whole
from reports.outputs import EVIDENCE, KEPT, MANIFEST, RESULTS


class NotOurs(Exception):
    """Why nothing is written into a folder, in one sentence with its remedy."""


def claim(reports: Path, history: Path) -> None:
    """Make sure of both folders, and note in the manifest what a run may replace from now on.

    Raises NotOurs. Where nothing can be written, each output says so itself.
    """
    refuse_links(reports, RESULTS)
    refuse_links(history, KEPT)
    there = {name for name in RESULTS if (reports / name).exists()}
    for name in sorted(there - _listed(reports)):
        raise NotOurs(
            f"{reports / name} was not written by this program, so nothing is written here: "
            "move it away, or choose another folder with --reports."
        )
    with contextlib.suppress(OSError):
        write_whole(reports / MANIFEST, json.dumps(sorted(RESULTS), indent=1) + "\n")


def refuse_links(folder: Path, names: Collection[str]) -> None:
    """Raise NotOurs where one of these is a link, or holds one: it could lead anywhere."""
    for name in sorted(names):
        for link in _links(folder / name):
            raise NotOurs(f"{link} is a link, and nothing is written through one: remove it.")


def _links(path: Path) -> Iterator[Path]:
    if path.is_symlink():
        yield path
    elif path.is_dir():
        for parent, folders, files in os.walk(path):
            entries = (Path(parent, entry) for entry in (*folders, *files))
            yield from (entry for entry in entries if entry.is_symlink())


def _listed(reports: Path) -> set[str]:
    """What is ours: by the manifest, or by what earlier versions wrote without one."""
    try:
        names = json.loads((reports / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return _of_earlier_versions(reports)
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()


def _of_earlier_versions(reports: Path) -> set[str]:
    if gradebook.is_ours(reports / gradebook.JSON_NAME):
        return set(RESULTS)
    evidence, allure = reports / EVIDENCE, reports / results_folder.NAME
    ours = {EVIDENCE} if (evidence / TENANT_NOTE).is_file() else set()
    ours |= {allure.name} if results_folder.is_ours(allure) else set()
    empty = {folder.name for folder in (evidence, allure) if _is_empty(folder)}
    return ours | empty


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())

"""The note that ``--shard`` writes beside a part's evidence: which part of which class it is.

The cohort file, the lab file and what was decided are in it, so that ``python -m reports merge``
needs only folders.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from graders.inputs.problems import InputProblems, Problem
from graders.inputs.shards import Shard
from reports.files import write_whole
from reports.grading_run import GradingRun
from reports.versions import code

NAME = "part.json"
CLASS = "class"
"""In a merged reports folder: the cohort file and the lab file of the parts."""
AUDIT = "audit.jsonl"
"""In a reports folder: where disputes and merging expect what ``--audit`` wrote."""
SCHEMA = 1


@dataclass(frozen=True)
class InputFile:
    """A file as it was: its bare name, and its bytes in base 64."""

    name: str
    content: str

    @classmethod
    def of(cls, path: Path) -> InputFile:
        return cls(path.name, base64.b64encode(path.read_bytes()).decode())

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content.encode()).hexdigest()

    def copy_to(self, folder: Path) -> Path:
        """Write it below ``folder``. Raises OSError, or ValueError where it is no such file."""
        if self.name in ("", ".", "..") or {"/", "\\", "\0"} & set(self.name):
            raise ValueError("its name is no bare name of a file")
        path = folder / self.name
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.content, validate=True))
        return path


@dataclass(frozen=True)
class Part:
    """One part of a class, as its folder says; ``learners`` are ids in cohort order."""

    number: int
    total: int
    learners: tuple[str, ...]
    tenant: str
    code: str
    """The digest of the program that collected it."""
    cohort: InputFile
    lab: InputFile | None
    started_at: datetime
    decisions: InputFile | None = None
    schema: int = SCHEMA

    @property
    def shard(self) -> Shard:
        return Shard(self.number, self.total)


def write_note(run: GradingRun, shard: Shard) -> Path:
    """Write the note of a part that is about to be collected. Raises OSError."""
    part = Part(
        number=shard.number,
        total=shard.total,
        learners=tuple(run.labs),
        tenant=run.tenant,
        code=code(),
        cohort=InputFile.of(run.cohort_file),
        lab=InputFile.of(run.lab_file) if run.lab_file else None,
        started_at=run.started_at,
        decisions=InputFile.of(run.decisions_file) if run.decisions_file else None,
    )
    text = _parts().dump_json(part, indent=1).decode()
    return write_whole(run.reports / NAME, text + "\n")


def read_notes(folders: Sequence[Path]) -> dict[Path, Part]:
    """Folder -> its part. Raises InputProblems with all that is wrong at once."""
    parts: dict[Path, Part] = {}
    problems = []
    for folder in folders:
        try:
            parts[folder] = _part(json.loads((folder / NAME).read_bytes()))
        except OSError as error:
            problems.append(_problem(folder, f"{NAME} cannot be read there ({error.strerror})"))
        except (ValueError, RecursionError):  # pydantic's error is a ValueError too
            problems.append(_problem(folder, f"{NAME} is not as this version writes it"))
    if problems:
        raise InputProblems(problems)
    return parts


def _part(document: Any) -> Part:
    part = _parts().validate_python(document)
    if part.schema != SCHEMA:
        raise ValueError(f"schema {part.schema}")
    return part


def _problem(folder: Path, what: str) -> Problem:
    return Problem(str(folder), what, "name a folder that a run with --shard wrote (--reports)")


def _parts() -> TypeAdapter[Part]:
    return TypeAdapter(Part)

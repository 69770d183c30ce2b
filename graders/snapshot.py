"""Evidence on disk: one JSON file per learner, with schema version and digest."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from graders.evidence import Evidence
from graders.names import file_stem

SCHEMA = 4
"""Goes up whenever evidence of an earlier version could be misread; then it needs an upgrade step,
and the tests a stored sample of the schema."""


TENANT_NOTE = "tenant.txt"
"""In a snapshot folder, says where it was collected: no learner's file, those end in .json."""


class SnapshotError(Exception):
    """A learner's file in the snapshot cannot be trusted; its text is one sentence."""


class _Strict(BaseModel):
    # applies to the dataclasses of the evidence too: an unknown field is not silently dropped,
    # so that no fact can be taken for a fact of another kind
    model_config = ConfigDict(extra="forbid")
    evidence: Evidence


def write(folder: Path, evidence: Evidence) -> Path:
    """Write one learner's evidence into the snapshot, completely or not at all; returns the file.

    Raises OSError when the disk refuses it.
    """
    plain = _plain(evidence)
    text = _file_text(_digest(plain), plain)
    folder.mkdir(parents=True, exist_ok=True)
    path = path_of(folder, evidence.learner)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)  # atomic within a folder
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return path


def read(folder: Path, learner: str, *, is_known: bool = False) -> Evidence | None:
    """One learner's evidence; None when the snapshot has none.

    Evidence of an earlier version is upgraded to this one; what that version did not collect
    stays uncollected. Raises SnapshotError when the file is damaged, was changed, is of a version
    that this one cannot read or is about another learner. ``is_known``: the digest of this very
    file was compared before.
    """
    path = path_of(folder, learner)
    content = _content(path)
    if content is None:
        return None
    if not is_known and _digest(content["evidence"]) != content["digest"]:
        raise SnapshotError(
            f"{path.name} was changed after it was written; collect the learner again."
        )
    evidence = _evidence(path, _upgraded(path, content["schema"], content["evidence"]))
    if evidence.learner != learner:
        raise SnapshotError(f"{path.name} is about another learner; collect the learner again.")
    return evidence


def tenant_of(folder: Path) -> str:
    """Which tenant a snapshot shows: ``simulated`` or ``live``. Raises SnapshotError."""
    tenant = noted_tenant(folder)
    if tenant in ("simulated", "live"):
        return tenant
    raise SnapshotError(
        f"{folder}: this folder holds no snapshot ({TENANT_NOTE} is missing or unreadable); "
        "name the folder `evidence` of an earlier run's reports."
    )


def noted_tenant(folder: Path) -> str:
    """What the folder's note says; empty where there is none."""
    try:
        return (folder / TENANT_NOTE).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def is_evidence(path: Path) -> bool:
    """Whether a file begins as those do that :func:`write` made."""
    try:
        with path.open("rb") as file:
            return file.read(20).startswith(b'{\n "schema": ')
    except OSError:
        return False


def remove(folder: Path, learner: str) -> None:
    """Remove one learner from the snapshot, if they are in it."""
    path_of(folder, learner).unlink(missing_ok=True)


def path_of(folder: Path, learner: str) -> Path:
    """The path of a learner's evidence, whether or not it exists."""
    return folder / f"{file_stem(learner)}.json"


def digest(folder: Path, learners: Iterable[str]) -> str:
    """Twelve hex digits that change with any evidence of these learners, in whatever order."""
    whole = hashlib.sha256()
    for learner in sorted(learners):
        try:
            content = path_of(folder, learner).read_bytes()
        except OSError:
            content = b""
        whole.update(f"{learner}\0{hashlib.sha256(content).hexdigest()}\0".encode())
    return whole.hexdigest()[:12]


def _content(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SnapshotError(f"{path.name} cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError):
        raise SnapshotError(f"{path.name} is damaged; collect the learner again.") from None
    if not isinstance(content, dict) or {"schema", "digest", "evidence"} - content.keys():
        raise SnapshotError(f"{path.name} is not evidence; collect the learner again.")
    return content


def _upgraded(path: Path, schema: object, plain: Any) -> Any:
    """Evidence of an earlier schema, upgraded to this one step by step."""
    if schema not in (*_UPGRADES, SCHEMA):
        raise SnapshotError(
            f"{path.name} has schema {schema}, this program reads"
            f" {', '.join(map(str, (*_UPGRADES, SCHEMA)))}: collect the learner again."
        )
    while schema != SCHEMA:
        plain, schema = _UPGRADES[schema](plain), schema + 1
    return plain


def _without_unused_fields(plain: Any) -> Any:
    """2 -> 3: drops two fields that nothing was judged by."""
    if not isinstance(plain, dict):
        return plain
    unused = {"service_connections": "workspace_location", "published_pipelines": "step_count"}
    return plain | {
        part: [_without(resource, field) for resource in plain[part]]
        for part, field in unused.items()
        if isinstance(plain.get(part), list)
    }


def _without(resource: Any, field: str) -> Any:
    return (
        {k: v for k, v in resource.items() if k != field}
        if isinstance(resource, dict)
        else resource
    )


def _asked_once(plain: Any) -> Any:
    """3 -> 4: marks answers of endpoints that were asked one question only."""
    answer = plain.get("answer") if isinstance(plain, dict) else None
    if not isinstance(answer, dict) or "swagger" not in answer:
        return plain
    return plain | {"answer": answer | {"asked_once": True}}


_UPGRADES: Mapping[int, Callable[[Any], Any]] = {2: _without_unused_fields, 3: _asked_once}
"""Schema -> the step that upgrades evidence to the next one."""


def _evidence(path: Path, plain: object) -> Evidence:
    try:
        return _reader().validate_python({"evidence": plain}).evidence
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"][1:])
        raise SnapshotError(
            f"{path.name} is not evidence as this program knows it, at `{place}`: "
            "collect the learner again."
        ) from None


@cache
def _reader() -> TypeAdapter[_Strict]:
    return TypeAdapter(_Strict)


def _digest(plain: object) -> str:
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _file_text(digest: str, plain: Mapping[str, Any]) -> str:
    """The file, with one part of the evidence on each line.

    For people it is readable; with indentation throughout Python writes it five times slower.
    """
    parts = (f"  {_json(name)}: {_json(value)}" for name, value in plain.items())
    lines = (f' "schema": {SCHEMA},', f' "digest": {_json(digest)},', ' "evidence": {')
    return "\n".join(("{", *lines, ",\n".join(parts), " }", "}", ""))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _plain(item: Any) -> Any:
    """The value as JSON has it; sets are sorted, so that equal evidence has an equal digest."""
    if isinstance(item, str):
        return _text(item)
    if names := _fields_of(item.__class__):
        return {name: _plain(getattr(item, name)) for name in names}
    if isinstance(item, Mapping):
        return {_text(name): _plain(value) for name, value in item.items()}
    if isinstance(item, frozenset):
        return sorted(_plain(part) for part in item)
    if isinstance(item, tuple | list):
        return [_plain(part) for part in item]
    if isinstance(item, datetime):
        return item.isoformat()
    if isinstance(item, float) and not math.isfinite(item):
        return str(item)
    return item


@cache
def _fields_of(kind: type) -> tuple[str, ...]:
    """The names of a dataclass's fields; none for any other type."""
    return tuple(f.name for f in fields(kind)) if is_dataclass(kind) else ()


def _text(text: str) -> str:
    """The text in valid Unicode: a service may cut a surrogate pair in half."""
    return str(text).encode("utf-8", "replace").decode()

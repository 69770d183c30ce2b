"""Evidence as reports show it: nobody's texts or lists flood a page. The files keep all of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from graders.texts import clipped

MOST_ENTRIES = 100
"""Of one list or mapping; how many more there are is added."""


def shown(evidence: Any) -> Any:
    """The same with the beginning of each text, list and mapping."""
    if isinstance(evidence, str):
        return clipped(evidence)
    if isinstance(evidence, Mapping):
        kept = islice(evidence.items(), MOST_ENTRIES)
        entries = {clipped(str(name)): shown(value) for name, value in kept}
        return entries | ({"…": _more(evidence)} if len(evidence) > MOST_ENTRIES else {})
    if isinstance(evidence, list):
        more = [_more(evidence)] if len(evidence) > MOST_ENTRIES else []
        return [*map(shown, evidence[:MOST_ENTRIES]), *more]
    return evidence


def read(file: Path) -> Mapping[str, Any]:
    """A snapshot's file as it is shown; empty where it cannot be read: it was judged before."""
    try:
        document = shown(json.loads(file.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def text_of(document: Mapping[str, Any]) -> str:
    """The same as JSON, with a line for each part: with indentation Python writes it slowly."""
    evidence = document.get("evidence")
    outer = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in document.items()]
    if isinstance(evidence, Mapping):
        parts = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in evidence.items()]
        inner = ",\n".join(parts)
        outer = [
            f' "evidence": {{\n{inner}\n }}' if name == "evidence" else line
            for name, line in zip(document, outer, strict=True)
        ]
    return "{\n" + ",\n".join(outer) + "\n}\n"


def _more(entries: Mapping[str, Any] | list[Any]) -> str:
    return f"and {len(entries) - MOST_ENTRIES} more"

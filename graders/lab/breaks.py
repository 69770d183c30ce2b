"""Signatures of a lab that breaks by itself: what a service's words mean, and what to do."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "editions" / "ae_mlops" / "breaks.toml"


@dataclass(frozen=True)
class Signature:
    """``words`` are parts of a service's message in lower case, any of which is the sign."""

    words: tuple[str, ...]
    says: str
    fix: str


@cache
def signatures() -> Mapping[str, Signature]:
    """Every known signature by its code."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        code: Signature(tuple(table["words"]), table["says"], table["fix"])
        for code, table in tables.items()
    }


def code_of(words: str) -> str:
    """The code of the signature that a service's words bear; empty for none that is known."""
    lower = words.lower()
    fitting = (
        code for code, known in signatures().items() if any(sign in lower for sign in known.words)
    )
    return next(fitting, "")

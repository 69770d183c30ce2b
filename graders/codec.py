"""Verdicts and reasons as JSON: the one form that grade book, past runs and xdist workers share.

Defaults are left out. Everything raises ValueError for what this module did not write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from graders.reasons import UNSAID, OwnerNote, PastNote, Place, Reason
from graders.verdicts import Verdict


@dataclass(frozen=True)
class _Facts:
    """What a verdict holds besides its outcome."""

    why: Reason = UNSAID
    place: Place | None = None
    owners: tuple[OwnerNote, ...] = ()
    past: PastNote | None = None


def to_json(verdict: Verdict) -> str:
    """One line of text: nothing else crosses safely from an xdist worker."""
    return _verdicts().dump_json(verdict, exclude_defaults=True).decode()


def from_json(text: str) -> Verdict:
    return _verdicts().validate_json(text)


def facts_of(verdict: Verdict) -> Mapping[str, Any]:
    """What a verdict holds besides its outcome, ready for JSON."""
    facts = _Facts(verdict.why, verdict.place, verdict.owners, verdict.past)
    return _facts().dump_python(facts, mode="json", exclude_defaults=True)  # type: ignore[no-any-return]


def with_facts(verdict: Verdict, facts: object) -> Verdict:
    """The verdict with the facts of another one, as :func:`facts_of` gave them."""
    return replace(verdict, **vars(_facts().validate_python(facts)))


def reason_to_json(reason: Reason) -> str:
    return _reasons().dump_json(reason, exclude_defaults=True).decode()


def reason_from_json(text: str) -> Reason:
    return _reasons().validate_json(text)


@cache
def _verdicts() -> TypeAdapter[Verdict]:
    return TypeAdapter(Verdict)


@cache
def _facts() -> TypeAdapter[_Facts]:
    return TypeAdapter(_Facts)


@cache
def _reasons() -> TypeAdapter[Reason]:
    return TypeAdapter(Reason)

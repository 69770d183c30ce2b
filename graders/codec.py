"""Verdicts and reasons as JSON: the one form that grade book, past runs and xdist workers share.

Defaults are left out. Everything raises ValueError for what this module did not write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from graders.decisions import Decision
from graders.late import Lateness
from graders.reasons import UNSAID, Outcome, OwnerNote, PastNote, Place, Reason
from graders.settling import with_total
from graders.verdicts import Grade, Verdict


@dataclass(frozen=True)
class _Facts:
    """What a verdict holds besides its outcome."""

    why: Reason = UNSAID
    place: Place | None = None
    owners: tuple[OwnerNote, ...] = ()
    past: PastNote | None = None
    decision: Decision | None = None
    automatic: Outcome | None = None


@dataclass(frozen=True)
class _TotalFacts:
    """What a grade holds besides its checks."""

    late: Lateness | None = None
    decision: Decision | None = None


def to_json(verdict: Verdict) -> str:
    """One line of text: nothing else crosses safely from an xdist worker."""
    return _verdicts().dump_json(verdict, exclude_defaults=True).decode()


def from_json(text: str) -> Verdict:
    return _verdicts().validate_json(text)


def facts_of(verdict: Verdict) -> Mapping[str, Any]:
    """What a verdict holds besides its outcome, ready for JSON."""
    is_plain = verdict.why is UNSAID and not (verdict.place or verdict.owners or verdict.past)
    if is_plain and verdict.decision is None and verdict.automatic is None:
        return {}
    facts = _Facts(**{field.name: getattr(verdict, field.name) for field in fields(_Facts)})
    return _facts().dump_python(facts, mode="json", exclude_defaults=True)  # type: ignore[no-any-return]


def with_facts(verdict: Verdict, facts: object) -> Verdict:
    """The verdict with the facts of another one, as :func:`facts_of` gave them."""
    return replace(verdict, **vars(_facts().validate_python(facts)))


def total_facts_of(own: Grade) -> Mapping[str, Any]:
    """Late work and the decision about the total of a grade, ready for JSON."""
    facts = _TotalFacts(own.late, own.decision)
    return _total_facts().dump_python(facts, mode="json", exclude_defaults=True)  # type: ignore[no-any-return]


def with_total_facts(own: Grade, facts: object) -> Grade:
    """The grade of its checks with the total's facts, as :func:`total_facts_of` gave them."""
    read = _total_facts().validate_python(facts)
    return with_total(own, read.late, read.decision)


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
def _total_facts() -> TypeAdapter[_TotalFacts]:
    return TypeAdapter(_TotalFacts)


@cache
def _reasons() -> TypeAdapter[Reason]:
    return TypeAdapter(Reason)

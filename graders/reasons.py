"""How and why a check ended: facts. :mod:`graders.wording` puts them into words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from graders.evidence import Unavailable
from graders.lookalikes import revealed
from graders.texts import LONGEST_VALUE, MOST_LINES, clipped, shown_value


class Outcome(StrEnum):
    """The outcome of one check for one learner, and whose turn it is."""

    PASSED = "passed"
    FAILED = "failed"  # the learner's turn
    BLOCKED = "blocked"  # the learner's turn, at an earlier step
    PENDING = "pending"  # no one's turn yet: the cloud is still working
    NOT_ASSESSED = "not assessed"  # our turn: it could not be read
    NOTED = "noted"  # advisory, no points at stake

    @property
    def is_decided(self) -> bool:
        return self not in (Outcome.PENDING, Outcome.NOT_ASSESSED)


@dataclass(frozen=True)
class Mismatch:
    """One fact that is not as the lab asks; ``what`` is empty where the check says it."""

    what: str
    expected: str
    found: str
    near_miss: str = ""
    """The name of what is there and was probably meant; empty: nothing is."""


@dataclass(frozen=True)
class Blockage:
    """What a check waits for: the check that has to pass first, its step, and what is wrong."""

    check: str
    step: str
    cause: str
    found: str = ""
    """What there is in place of what is missing; empty: does not apply."""


@dataclass(frozen=True)
class LabBreak:
    """Where the lab or the tenant breaks for a class, by a service's own failure record."""

    record: str
    """The record's name, such as ``CD › Deploy_ACI › Deploy › Azure CLI``."""
    said: str
    """The service's words in this learner's record; empty where it has none."""
    code: str
    """The signature of :mod:`graders.lab.breaks` that they bear; empty for none that is known."""
    failed: int
    """Learners whose settings are right, and who fail there in the same words."""
    reached: int
    """Learners for whom the record ended."""
    since: datetime | None = None
    """When the first of them failed; nobody succeeded since."""


@dataclass(frozen=True)
class Reason:
    """Why a check ended as it did. The outcome decides which part is filled in."""

    mismatches: tuple[Mismatch, ...] = ()
    """Of what failed or was noted."""
    more: int = 0
    """How many more mismatches there are than are kept."""
    blocked_by: Blockage | None = None
    unseen: Unavailable | None = None
    """What a service did not show: it is not assessed."""
    lab_break: LabBreak | None = None
    """Where the lab breaks for the class: not assessed until the instructor decides."""
    pending_on: str = ""
    """What the cloud is still working on."""
    note: str = ""
    """What a check that passed found; why one was not assessed where no service is to blame;
    all that an earlier version of this program kept of a reason."""
    doubt: str = ""
    """What nevertheless speaks against it; empty: nothing."""

    @property
    def bounded(self) -> Reason:
        """The same, safe to show: each text on one line, without controls, none too long."""
        if self is UNSAID:
            return self
        kept = self.mismatches[:MOST_LINES]
        return Reason(
            mismatches=tuple(bounded(_revealed(mismatch)) for mismatch in kept),
            more=self.more + len(self.mismatches) - len(kept),
            blocked_by=self.blocked_by and bounded(_compared(self.blocked_by)),
            unseen=self.unseen and bounded(self.unseen),
            lab_break=self.lab_break and bounded(self.lab_break),
            pending_on=shown_value(self.pending_on),
            note=shown_value(self.note),
            doubt=shown_value(self.doubt),
        )


UNSAID = Reason()


@lru_cache(maxsize=4096)
def shared(reason: Reason) -> Reason:
    """The same reason for all who have an equal one: a class shares a few."""
    return reason


class PlaceKind(StrEnum):
    """What has a page of its own in its service."""

    VARIABLE_GROUP = "variable group"
    SERVICE_CONNECTION = "service connection"
    PIPELINE = "pipeline"
    RUN = "run"
    REPOSITORY = "repository"
    WORKSPACE = "workspace"


@dataclass(frozen=True)
class Place:
    """Where to look in a service: one resource or, without an id, the list of its kind."""

    kind: PlaceKind
    name: str = ""
    id: str = ""

    @property
    def bounded(self) -> Place:
        """The same, safe to show."""
        return bounded(self)


class Relation(StrEnum):
    """How a resource in one learner's lab relates to other learners."""

    IS_OF = "is of"
    MADE_BY = "made by"  # the first: in whose workspace; the second: by whose CI
    LISTED_BY = "listed by"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class OwnerNote:
    """Whose a resource is: for the instructor alone, never part of what a learner reads."""

    thing: str
    relation: Relation
    learners: tuple[str, ...]
    """The first of them: at most ten."""
    proof: str = ""
    more: int = 0
    """How many more learners there are than are named."""

    @property
    def bounded(self) -> OwnerNote:
        """The same, safe to show."""
        return bounded(self)


@dataclass(frozen=True)
class PastNote:
    """Why a mark is not simply what this run found: what earlier runs add."""

    held_at: datetime | None = None
    """The deadline at which it is held."""
    best_run: datetime | None = None
    """When the best run began, where that one counts."""
    passed_at: datetime | None = None
    """When a run last saw it pass."""
    missed_at: datetime | None = None
    """Since when it has not been passing, by a run and its recheck each night."""
    tonight: Outcome | None = None
    """What this run found and could not confirm."""
    why: Reason = UNSAID
    """Why this run found it so."""
    lost_by: tuple[int, int] | None = None
    """How many lost the check at once, of how many who had passed it."""


_FactT = TypeVar("_FactT", Mismatch, Blockage, LabBreak, Unavailable, OwnerNote, Place)


def bounded(fact: _FactT) -> _FactT:
    """The same fact, safe to show."""
    return replace(fact, **{name: _safe(value) for name, value in vars(fact).items()})


def _revealed(mismatch: Mismatch) -> Mismatch:
    """With what cannot be seen spelled out, where it is the difference."""
    expected, found, near_miss = (
        clipped(text, _COMPARED) for text in (mismatch.expected, mismatch.found, mismatch.near_miss)
    )
    return replace(
        mismatch,
        expected=revealed(expected, found),
        found=revealed(found, expected),
        near_miss=revealed(near_miss, expected),
    )


def _compared(blockage: Blockage) -> Blockage:
    return replace(blockage, found=revealed(clipped(blockage.found, _COMPARED), blockage.cause))


_COMPARED = 4 * LONGEST_VALUE
"""Characters of a text that are compared with what was expected."""


def _safe(value: Any) -> Any:
    if isinstance(value, tuple):
        safe = tuple(map(_safe, value))
        return value if safe == value else safe
    return shown_value(value) if type(value) is str else value

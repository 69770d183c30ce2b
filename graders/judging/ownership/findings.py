"""What was found of one learner's lab: what of it is not, or not surely, the learner's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graders.reasons import Mismatch, OwnerNote, Relation


@dataclass(frozen=True)
class Ownership:
    """What of one learner's lab is not, or not surely, the learner's own."""

    borrowed: tuple[Mismatch, ...] = ()
    """In words for the learner: they never say whose it is."""
    fault: str = ""
    """Why the lab could not be compared: a mistake of ours; empty: it was."""
    others: int = 0
    """How many labs it was compared with."""
    unclear: tuple[str, ...] = ()
    """Kinds of things that another lab has too, where nothing tells who had them first."""
    not_own: Mapping[str, str] = field(default_factory=dict)
    """Key (``key_of``) -> listed name of each thing that is another's."""
    left_by_others: frozenset[str] = frozenset()
    """``name:version`` of models that another learner's pipelines put into this workspace."""
    owners: Mapping[str, tuple[OwnerNote, ...]] = field(default_factory=dict)
    """Whose it is, by what it is about: a variable in lower case, ``workspace_connection``,
    ``ci_source``, ``cd_source``, ``endpoints``, ``registered_models``, ``training_runs``,
    ``published_pipelines``; and all of it under ``own_work``."""

    @property
    def explanation(self) -> str:
        """What a check says that finds nothing wrong."""
        return f"compared with {self.others} other lab{'s' * (self.others != 1)}"


@dataclass
class Findings:
    """One learner's ownership in the making."""

    borrowed: dict[str, Mismatch] = field(default_factory=dict)
    unclear: dict[str, None] = field(default_factory=dict)
    not_own: dict[str, str] = field(default_factory=dict)
    left_by_others: set[str] = field(default_factory=set)
    told: dict[str, dict[OwnerNote, None]] = field(default_factory=dict)
    fault: str = ""

    def tell(
        self, about: str, thing: str, relation: Relation, learners: Iterable[str], proof: str = ""
    ) -> None:
        note = OwnerNote(thing, relation, tuple(learners), proof)
        for subject in (about, "own_work"):
            self.told.setdefault(subject, {})[note] = None

    def frozen(self, others: int) -> Ownership:
        return Ownership(
            borrowed=tuple(self.borrowed.values()),
            fault=self.fault,
            others=others,
            unclear=tuple(self.unclear),
            not_own=self.not_own,
            left_by_others=frozenset(self.left_by_others),
            owners={about: tuple(notes) for about, notes in self.told.items()},
        )

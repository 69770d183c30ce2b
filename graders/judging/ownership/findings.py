"""What the comparison found about one lab: what is not, or not surely, the learner's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graders.judging.ownership.locations import Named
from graders.reasons import Mismatch, OwnerNote, Relation
from graders.texts import MOST_LINES


@dataclass(frozen=True)
class Ownership:
    """What of one learner's lab is not, or not surely, the learner's own."""

    borrowed: tuple[Mismatch, ...] = ()
    """In words for the learner, who never reads which learner it belongs to."""
    fault: str = ""
    """The bug of ours for which the lab could not be compared; empty: it was."""
    others: int = 0
    """How many labs it was compared with."""
    unclear: tuple[str, ...] = ()
    """Kinds of resources that another lab has too, where nothing proves who had them first."""
    not_own: Mapping[str, str] = field(default_factory=dict)
    """Key (``key_of``) -> listed name of each resource that is another's."""
    left_by_others: frozenset[str] = frozenset()
    """``name:version`` of models that another learner's pipelines put into this workspace."""
    not_meant: frozenset[str] = frozenset()
    """Repositories with a similar name that are another learner's, or may be."""
    owners: Mapping[str, tuple[OwnerNote, ...]] = field(default_factory=dict)
    """Who owns it, by subject: a variable in lower case, ``workspace_connection``,
    ``ci_source``, ``cd_source``, ``endpoints``, ``registered_models``, ``training_runs``,
    ``published_pipelines``; and all of it under ``own_work``. Safe to show, 40 of each at most."""

    @property
    def explanation(self) -> str:
        """The note of a check that finds nothing wrong."""
        return f"compared with {self.others} other lab{'s' * (self.others != 1)}"


@dataclass
class Findings:
    """One learner's ownership while it is computed."""

    borrowed: dict[Mismatch, None] = field(default_factory=dict)
    unclear: dict[str, None] = field(default_factory=dict)
    not_own: dict[str, str] = field(default_factory=dict)
    left_by_others: set[str] = field(default_factory=set)
    not_meant: set[str] = field(default_factory=set)
    notes: dict[str, dict[OwnerNote, None]] = field(default_factory=dict)
    fault: str = ""

    def add_note(
        self,
        about: str,
        resource: str,
        relation: Relation,
        named: Named,
        proof: str = "",
    ) -> None:
        note = OwnerNote(resource, relation, named.learners, proof, named.more)
        for subject in (about, "own_work"):
            notes = self.notes.setdefault(subject, {})
            if len(notes) < MOST_LINES:
                notes.setdefault(note)

    def frozen(self, others: int) -> Ownership:
        bounded = {note: note.bounded for notes in self.notes.values() for note in notes}
        return Ownership(
            borrowed=tuple(self.borrowed),
            fault=self.fault,
            others=others,
            unclear=tuple(self.unclear),
            not_own=self.not_own,
            left_by_others=frozenset(self.left_by_others),
            not_meant=frozenset(self.not_meant),
            owners={
                about: tuple(bounded[note] for note in notes) for about, notes in self.notes.items()
            },
        )

"""A written grade book without some of its learners."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from graders.codec import facts_of, with_facts
from graders.reasons import OwnerNote
from graders.rubric import Check
from graders.verdicts import Outcome, Verdict
from reports.gradebook import class_entry
from reports.stored import book_of

_ANY = Check("", "", "1.1", 0, "")


def without(document: Mapping[str, Any], learners: Collection[str]) -> Mapping[str, Any]:
    """The content of ``gradebook.json`` for the others; what the class has in common is new."""
    left = [entry for entry in document["grades"] if entry["learner"] not in learners]
    changed = {
        **document,
        "grades": left,
        "verdicts": [
            _without_owner(entry, learners)
            for entry in document["verdicts"]
            if entry["learner"] not in learners
        ],
        "decisions_without_effect": [
            entry
            for entry in document.get("decisions_without_effect", ())
            if entry["learner"] not in learners
        ],
    }
    if "cohort" in document:
        changed["cohort"] = {**document["cohort"], "graded": len(left)}
    book = book_of("", changed)
    return {**changed, "class": class_entry(book.rubric.values(), tuple(book.grades.values()))}


def _without_owner(entry: Mapping[str, Any], learners: Collection[str]) -> Mapping[str, Any]:
    """Another learner's verdict without notes that name one of these."""
    if not entry.get("for_instructor"):
        return entry
    verdict = with_facts(Verdict.on(_ANY, "", Outcome.FAILED), entry.get("facts", {}))
    kept = replace(
        verdict, owners=tuple(note for note in verdict.owners if not _names(note, learners))
    )
    changed = {**entry, "facts": facts_of(kept), "for_instructor": kept.for_instructor}
    return {name: value for name, value in changed.items() if value != ()}


def _names(note: OwnerNote, learners: Collection[str]) -> bool:
    texts = (*note.learners, note.thing, note.proof)
    return any(learner in text for learner in learners for text in texts)

"""Facts travel as fields: whatever is in one, each reader sees one finding, unchanged."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from graders.codec import facts_of, from_json, reason_from_json, reason_to_json, to_json, with_facts
from graders.evidence import ServiceName, Unavailable
from graders.history.effective_result import Found, PastRun
from graders.history.store import PastRuns, Whose
from graders.reasons import (
    Blockage,
    Mismatch,
    Outcome,
    OwnerNote,
    PastNote,
    Reason,
    Relation,
)
from graders.verdicts import Verdict
from reports import gradebook, page, stored, terminal
from reports.feedback import content
from reports.gradebook import grades_of
from reports.past_run_notes import notes_of
from tests.support import handmade_run as example
from tests.unit.reports.test_page import data

SEPARATORS = (
    "\n",
    "; ",
    "expected: ",
    "found ",
    " (step 2.7)",
    ": could not see ",
    "; found: ",
    " (",
)
ADA = example.learner("ada", "Ada Lovelace", 1)
CHECK = example.RUBRIC[1]
TIME = datetime(2026, 11, 20, tzinfo=UTC)


def odd(separator: str, name: str) -> str:
    """A text that a reader of sentences would take apart."""
    return f"{name}{separator}b{separator}c"


def reason(separator: str, outcome: Outcome) -> Reason:
    def text(name: str) -> str:
        return odd(separator, name)

    mismatch = Mismatch(text("what"), text("wanted"), text("there"), text("near"))
    return {
        Outcome.FAILED: Reason((mismatch,)),
        Outcome.NOTED: Reason((mismatch,)),
        Outcome.BLOCKED: Reason(
            blocked_by=Blockage("project-exists", "2.1", text("cause"), text("there"))
        ),
        Outcome.PENDING: Reason(pending_on=text("run")),
        Outcome.NOT_ASSESSED: Reason(
            unseen=Unavailable(ServiceName.GITHUB, text("what"), text("cause"), text("remedy"))
        ),
        Outcome.PASSED: Reason(note=text("proof")),
    }[outcome].bounded


def verdict(separator: str, outcome: Outcome) -> Verdict:
    why = reason(separator, outcome)
    note = OwnerNote(odd(separator, "resource"), Relation.IS_OF, ("bob",), odd(separator, "proof"))
    past = PastNote(passed_at=TIME, tonight=Outcome.FAILED, why=why)
    return replace(example.verdict(ADA.id, CHECK, outcome, why), owners=(note.bounded,), past=past)


every_separator = pytest.mark.parametrize("separator", SEPARATORS)
every_outcome = pytest.mark.parametrize("outcome", list(Outcome))


@every_separator
@every_outcome
def test_facts_come_back_from_every_store(separator: str, outcome: Outcome, tmp_path: Path) -> None:
    original = verdict(separator, outcome)
    assert from_json(to_json(original)) == original
    assert with_facts(example.verdict(ADA.id, CHECK, outcome), facts_of(original)) == original
    assert reason_from_json(reason_to_json(original.why)) == original.why
    past, scope = PastRuns(tmp_path), Whose("live", {ADA.id: "there"})
    run = PastRun(TIME, {(ADA.id, CHECK.id): Found(outcome, original.why)})
    past.add(run, scope, "digest")
    assert past.runs(scope) == [run]
    others = [other for other in example.verdicts(ADA.id) if other.check != CHECK.id]
    whole = example.run([ADA], tmp_path)
    gradebook.write(whole, grades_of(whole, [*others, original]))
    book = stored.read_book(tmp_path)
    assert book.verdicts[ADA.id, CHECK.id] == original


@every_separator
def test_a_learner_reads_one_mismatch_as_it_is(separator: str) -> None:
    original = verdict(separator, Outcome.FAILED)
    run = example.run([ADA])
    (grade,) = grades_of(run, [original])
    first = content.feedback(run, ADA, grade).first
    assert first is not None
    assert first.findings == original.why.mismatches
    assert len(original.reason.splitlines()) == 1


@every_separator
@every_outcome
def test_a_learner_reads_one_cause_as_it_is(separator: str, outcome: Outcome) -> None:
    original = verdict(separator, outcome)
    run = example.run([ADA])
    (grade,) = grades_of(run, [original])
    made = content.feedback(run, ADA, grade)
    causes = {
        Outcome.BLOCKED: (made.waiting, [original.reason]),
        Outcome.PENDING: (made.pending, [original.why.pending_on]),
        Outcome.NOT_ASSESSED: (made.unseen, [original.reason.rstrip(".")]),
    }
    groups, expected = causes.get(outcome, ((), []))
    assert [group.cause for group in groups] == expected
    note = "passed on 20 November 2026; tonight's run could not confirm it"
    assert [past_note.cause for past_note in made.past_run_notes] == [note]
    assert notes_of(grade) == [f"1 check: {note}"]


@every_separator
def test_a_blocked_check_is_shown_under_its_root_whatever_its_text(separator: str) -> None:
    root = example.verdict(ADA.id, example.RUBRIC[0], Outcome.FAILED)
    original = verdict(separator, Outcome.BLOCKED)
    run = example.run([ADA])
    (grade,) = grades_of(run, [root, original])
    first = content.feedback(run, ADA, grade).first
    assert first is not None
    assert first.line.step == root.step
    assert [line.title for line in first.waiting] == [original.title]


@every_separator
def test_an_instructor_reads_one_note_as_it_is(separator: str, tmp_path: Path) -> None:
    original = verdict(separator, Outcome.FAILED)
    run = example.run([ADA], tmp_path)
    grades = grades_of(run, [original])
    (note,) = original.for_instructor
    assert data(page.render(run, grades))["learners"][0]["x"] == [note]
    lines = terminal.summary(run, grades, (), terminal.Page(400))
    assert [line for line in lines if note in line] == [f"  ada: {note}"]
    document = json.loads(gradebook.as_json(run, grades))
    assert document["verdicts"][0]["for_instructor"] == [note]


def test_every_field_of_a_reason_is_tried() -> None:
    tried = {
        name
        for outcome in Outcome
        for name in facts_of(verdict("; ", outcome))["why"]  # type: ignore[attr-defined]
    }
    assert tried | {"lab_break"} == {field.name for field in fields(Reason)} - {"more", "doubt"}

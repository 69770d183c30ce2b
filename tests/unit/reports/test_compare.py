"""Two grade books side by side, before anything is published."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from graders.inputs.lab_file import LabFile, read_lab_file
from graders.rubric import with_points
from graders.verdicts import Outcome, Verdict
from reports import gradebook
from reports.compare import compare
from reports.compare_terminal import lines
from reports.grading_run import GradingRun
from reports.stored import Book, read_book
from tests.support import handmade_run as example

ADA = example.learner("ada", "Ada Lovelace", 1)
BOB = example.learner("bob", "Bob Ångström", 2)
LOST = {"variable-group-exists": (Outcome.FAILED, "expected a group; found none")}
OPEN = {"ci-run-succeeded": (Outcome.PENDING, "run 1 is still running")}


def stored(folder: Path, run: GradingRun, *verdicts: list[Verdict]) -> Path:
    """A reports folder with the grade book of such a run."""
    grades = gradebook.grades_of(run, [verdict for own in verdicts for verdict in own])
    folder.mkdir(parents=True, exist_ok=True)
    gradebook.write(replace(run, reports=folder), grades)
    return folder


@pytest.fixture
def before(tmp_path: Path) -> Path:
    run = example.run([ADA, BOB])
    return stored(tmp_path / "old", run, example.verdicts("ada", LOST), example.verdicts("bob"))


def test_a_book_is_read_back_as_it_was_written(before: Path) -> None:
    book = read_book(before)
    assert {learner: grade.total for learner, grade in book.grades.items()} == {
        "ada": 85,
        "bob": 100,
    }
    assert book.names == {"ada": "Ada Lovelace", "bob": "Bob Ångström"}
    assert compare(book, book).is_empty


def test_who_changes_by_which_check_and_why(before: Path, tmp_path: Path) -> None:
    run = example.run([ADA, BOB])
    after = stored(
        tmp_path / "new", run, example.verdicts("ada"), example.verdicts("bob", LOST | OPEN)
    )
    comparison = compare(read_book(before), read_book(after))
    ada, bob = comparison.learners
    assert (ada.learner, ada.before, ada.after, ada.points) == ("ada", 85, 100, 15)
    assert [
        (change.check, change.before, change.after, change.points) for change in ada.checks
    ] == [("variable-group-exists", "failed", "passed", 15)]
    assert ada.checks[0].why == "before: expected a group; found none"
    assert (bob.before, bob.after, bob.points) == (100, None, 0)
    assert {change.check: change.why for change in bob.checks} == {
        "variable-group-exists": "expected a group; found none",
        "ci-run-succeeded": "run 1 is still running",
    }
    assert comparison.by_check["ci-run-succeeded", "passed", "pending"] == ("bob",)


def test_learners_and_checks_of_one_book_only_are_listed(before: Path, tmp_path: Path) -> None:
    carl = example.learner("carl", "Carl", 3)
    after = stored(
        tmp_path / "new",
        example.run([BOB, carl]),
        example.verdicts("bob")[1:],
        example.verdicts("carl"),
    )
    comparison = compare(read_book(before), read_book(after))
    assert (comparison.compared, comparison.only_before, comparison.only_after) == (
        1,
        ("ada",),
        ("carl",),
    )
    (bob,) = comparison.learners
    assert bob.after is None
    assert [(change.before, change.after) for change in bob.checks] == [("passed", "not judged")]


def lab_file(folder: Path, points: str) -> Path:
    file = folder / "points.toml"
    file.write_text(f"[points]\n{points}\n", encoding="utf-8")
    return file


def test_other_points_are_put_on_the_same_verdicts(before: Path, tmp_path: Path) -> None:
    book = read_book(before)
    file = lab_file(tmp_path, "variable-group-exists = 20\ntotal = 105")
    comparison = compare(book, book.worth(read_lab_file(file), str(file)))
    assert comparison.rubric == ("variable-group-exists is worth 20 instead of 15",)
    (bob,) = comparison.learners
    assert (bob.learner, bob.before, bob.after) == ("bob", 100, 105)
    assert bob.checks[0].why == "worth 20 instead of 15"


def test_a_check_that_loses_its_points_is_noted_and_one_that_gets_some_fails(
    before: Path, tmp_path: Path
) -> None:
    book = read_book(before)
    without = book.worth(
        read_lab_file(lab_file(tmp_path, "variable-group-exists = 0\ntotal = 85")), "x"
    )
    assert outcome_of(without, "ada") is Outcome.NOTED
    again = without.worth(
        read_lab_file(lab_file(tmp_path, "variable-group-exists = 15\ntotal = 100")), "x"
    )
    assert outcome_of(again, "ada") is Outcome.FAILED
    assert compare(book, again).is_empty


def test_points_of_a_lab_file_take_the_place_of_another_ones(tmp_path: Path) -> None:
    file = lab_file(tmp_path, "variable-group-exists = 20\nconnection-exists = 7")
    rubric = with_points(example.RUBRIC, read_lab_file(file).points)
    run = example.run([BOB], rubric=rubric)
    verdicts = [Verdict.on(check, "bob", Outcome.PASSED) for check in rubric]
    book = read_book(stored(tmp_path / "run", run, verdicts))
    assert book.rubric["variable-group-exists"].points == 20
    plain = book.worth(LabFile(), "no lab file")
    assert tuple(plain.rubric.values()) == tuple(
        replace(check, hint="") for check in example.RUBRIC
    )


def outcome_of(book: Book, learner: str) -> Outcome:
    return book.verdicts[learner, "variable-group-exists"].outcome


def test_another_reason_for_the_same_outcome_is_told_and_is_no_difference(
    before: Path, tmp_path: Path
) -> None:
    run = example.run([ADA, BOB])
    otherwise = {"variable-group-exists": (Outcome.FAILED, "expected a group; found `x`")}
    after = stored(
        tmp_path / "new", run, example.verdicts("ada", otherwise), example.verdicts("bob")
    )
    old, new = read_book(before), read_book(after)
    comparison = compare(old, new)
    (change,) = comparison.reasons
    assert (change.learners, change.checks, change.outcome) == (("ada",), 1, "failed")
    assert comparison.is_empty
    text = "\n".join(lines(comparison, old, new))
    assert "  1 check of ada, failed: expected a group; found `x`" in text
    assert "before: expected a group; found none" in text


def test_a_number_in_a_reason_makes_no_other_reason(tmp_path: Path) -> None:
    run = example.run([BOB])
    books = [
        read_book(
            stored(
                tmp_path / str(n),
                run,
                example.verdicts(
                    "bob", {"ci-run-succeeded": (Outcome.FAILED, f"run 2026112{n}.1 failed")}
                ),
            )
        )
        for n in range(2)
    ]
    assert compare(*books).reasons == ()


def test_learners_whose_total_stays_are_counted_not_listed(before: Path, tmp_path: Path) -> None:
    """Other points for what bob passed cancel each other out; ada failed one of the two."""
    book = read_book(before)
    points = "variable-group-exists = 10\nconnection-exists = 17"
    file = lab_file(tmp_path, points)
    other = book.worth(read_lab_file(file), str(file))
    comparison = compare(book, other)
    text = "\n".join(lines(comparison, book, other))
    assert re.search(r"^  ada Ada Lovelace +85 → 90$", text, re.M)
    assert "bob Bob" not in text
    assert "  1 with the same total, whose checks are worth other points" in text
    assert "bob Bob" in "\n".join(lines(comparison, book, other, everyone=True))
    assert max(len(line) for line in text.splitlines()[2:]) <= 80

"""The grade book: what an instructor opens, and what a program reads."""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.evidence import Unavailable
from graders.lab import SHEET
from graders.verdicts import Outcome, Verdict
from reports import gradebook
from reports.grading_run import GradingRun
from tests.support import handmade_run as example

ADA = example.learner("ada", "Ada Lovelace", 1)
BOB = example.learner("bob", "Bob Ångström", 2)


def csv_rows(run: GradingRun, verdicts: list[Verdict]) -> list[dict[str, str]]:
    text = gradebook.as_csv(run, gradebook.grades_of(run, verdicts))
    return list(csv.DictReader(io.StringIO(text, newline="")))


def document(run: GradingRun, verdicts: list[Verdict]) -> dict:
    return json.loads(gradebook.as_json(run, gradebook.grades_of(run, verdicts)))


def test_a_row_has_the_points_of_each_task_and_their_total() -> None:
    lost = {"variable-group-exists": (Outcome.FAILED, "no such group")}
    [row] = csv_rows(example.run([ADA]), example.verdicts("ada", lost))
    assert row == {
        "learner": "ada",
        "name": "Ada Lovelace",
        "email": "ada@example.org",
        **{"task2": "3", "task3": "12", "task4": "10", "task5": "32", "task6": "14", "task7": "14"},
        "total": "85",
        "reason": "",
        "automatic_total": "85",
        "decisions": "",
        "tenant": "SIMULATED",
        "graded_at": "2026-11-23T09:33:15Z",
    }


@pytest.mark.parametrize("outcome", [Outcome.PENDING, Outcome.NOT_ASSESSED])
def test_a_withheld_grade_has_no_total_and_says_why(outcome: Outcome) -> None:
    open_ = {"ci-run-succeeded": (outcome, "the run\nis still running")}
    [row] = csv_rows(example.run([ADA]), example.verdicts("ada", open_))
    assert (row["total"], row["task5"], row["task2"]) == ("", "", "18")
    assert row["reason"].endswith("the run is still running")


@pytest.mark.parametrize("outcome", [Outcome.BLOCKED, Outcome.FAILED])
def test_lost_points_are_a_number_not_a_gap(outcome: Outcome) -> None:
    [row] = csv_rows(
        example.run([ADA]), example.verdicts("ada", example.from_task(2, outcome, "gone"))
    )
    assert [row[f"task{task}"] for task in SHEET.tasks] == ["0"] * 6
    assert row["total"] == "0"


def test_advisory_checks_change_nothing() -> None:
    noted = {"group-is-open": (Outcome.NOT_ASSESSED, "could not be seen")}
    [row] = csv_rows(example.run([ADA]), example.verdicts("ada", noted))
    assert row["total"] == "100"


def test_a_learner_of_the_run_without_any_verdict_still_has_a_row() -> None:
    rows = csv_rows(example.run([ADA, BOB]), example.verdicts("bob"))
    assert [(row["learner"], row["total"]) for row in rows] == [("ada", ""), ("bob", "100")]
    assert rows[0]["reason"] == "8 checks not run"


def test_rows_are_in_cohort_order_whatever_order_judging_had() -> None:
    run = example.run([BOB, ADA])
    backwards = [*example.verdicts("ada"), *example.verdicts("bob")][::-1]
    grades = gradebook.grades_of(run, backwards)
    assert [grade.learner for grade in grades] == ["bob", "ada"]
    assert [verdict.check for verdict in grades[0].verdicts] == [c.id for c in example.RUBRIC]


def test_learners_left_out_are_no_rows_and_the_header_says_so() -> None:
    run = example.run([BOB], left_out=11)
    both = [*example.verdicts("ada"), *example.verdicts("bob")]
    assert [row["learner"] for row in csv_rows(run, both)] == ["bob"]
    assert document(run, both)["cohort"] == {
        "graded": 1,
        "left_out": 11,
        "note": "11 learners of the cohort were left out by --learner",
    }


@pytest.mark.parametrize(
    ("points", "text"),
    [(3.0, "3"), (2.5, "2.5"), (0.1 + 0.2, "0.3"), (0, "0"), (1234.0, "1234"), (None, "")],
)
def test_points_are_plain_numbers(points: float | None, text: str) -> None:
    assert gradebook.points_text(points) == text


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+49 30 1",
        "-5",
        "@SUM(A1)",
        "\t=1",
        "\tplain",
        "\rplain",
        "\n=1",
        "\ufeff=1",
        " =1",
        "\u00a0=1",
        "\u200b=1",
        "＝1+1",
    ],
)
def test_a_cell_that_begins_like_a_formula_is_neutralised(cell: str) -> None:
    assert gradebook.escape_formula(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "Ada", "a=b", "a-b@example.org", "'=1", "x; y", "3-2"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert gradebook.escape_formula(cell) == cell


def test_a_formula_behind_a_semicolon_is_neutralised_too() -> None:
    assert gradebook.escape_formula("Ada; =1+1") == "Ada;' =1+1"


def test_names_of_learners_cannot_become_formulas_or_columns() -> None:
    nasty = replace(ADA, id="=ada", name='a","=1\r\n=2', email="@x")
    verdicts = [replace(verdict, learner="=ada") for verdict in example.verdicts("ada")]
    [row] = csv_rows(example.run([nasty]), verdicts)
    assert (row["learner"], row["name"], row["email"]) == ("'=ada", 'a","=1\r\n=2', "'@x")


@given(name=st.text(), reason=st.text())
def test_any_text_comes_back_from_the_csv(name: str, reason: str) -> None:
    learner = replace(ADA, name=name)
    open_ = {"ci-run-succeeded": (Outcome.PENDING, reason)}
    [row] = csv_rows(example.run([learner]), example.verdicts("ada", open_))
    assert row["name"] == gradebook.escape_formula(name)
    assert row["tenant"] == "SIMULATED"


def test_the_csv_is_utf_8_with_a_byte_order_mark_and_crlf(tmp_path: Path) -> None:
    run = example.run([BOB], tmp_path)
    book, _ = gradebook.write(run, gradebook.grades_of(run, example.verdicts("bob")))
    raw = book.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbflearner,name,email,task2,")
    assert "Ångström" in raw.decode("utf-8-sig")
    assert raw.count(b"\r\n") == raw.count(b"\n") == 2


def test_the_json_has_every_verdict_and_the_facts_of_the_run() -> None:
    fault = Unavailable("Azure DevOps", "the runs", "403", "Give the grader read access.")
    run = example.run([ADA], faults={"ada": (fault,)})
    lost = {"variable-group-exists": (Outcome.FAILED, "no such group")}
    book = document(run, example.verdicts("ada", lost))
    assert (book["simulated"], book["banner"], book["tenant"]) == (
        True,
        "SIMULATED",
        "simulated",
    )
    assert book["snapshot"]["digest"] == "sha256:0123"
    assert book["possible"] == 100
    assert [check["id"] for check in book["rubric"]] == [check.id for check in example.RUBRIC]
    [grade] = book["grades"]
    assert grade["total"] == 85
    assert grade["faults"] == [str(fault)]
    assert [verdict["check"] for verdict in book["verdicts"]] == [c.id for c in example.RUBRIC]
    assert book["verdicts"][1] == {
        "learner": "ada",
        "check": "variable-group-exists",
        "outcome": "failed",
        "points": 15,
        "earned": 0,
        "reason": "no such group",
        "hint": "Rename.",
        "facts": {"why": {"note": "no such group"}},
    }


def test_the_json_has_no_number_where_nothing_is_decided() -> None:
    open_ = {"ci-run-succeeded": (Outcome.PENDING, "still going")}
    book = document(example.run([ADA]), example.verdicts("ada", open_))
    [grade] = book["grades"]
    assert (grade["total"], grade["by_task"]["5"], grade["by_task"]["2"]) == (None, None, 18)
    assert book["verdicts"][5]["earned"] is None


def test_a_live_run_is_not_called_simulated() -> None:
    book = document(example.run([ADA], tenant="live"), example.verdicts("ada"))
    assert (book["simulated"], book["banner"]) == (False, "")


def test_half_a_surrogate_pair_in_an_answer_does_not_cost_the_grade_book(tmp_path: Path) -> None:
    run = example.run([ADA], tmp_path)
    lost = {"variable-group-exists": (Outcome.FAILED, "found \ud83d")}
    _, verdicts = gradebook.write(run, gradebook.grades_of(run, example.verdicts("ada", lost)))
    book = json.loads(verdicts.read_text("utf-8"))
    assert book["verdicts"][1]["reason"] == "found \ud83d"


def test_a_write_that_fails_leaves_the_former_grade_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = example.run([ADA], tmp_path)
    (tmp_path / gradebook.CSV_NAME).write_text("former")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        gradebook.write(run, gradebook.grades_of(run, example.verdicts("ada")))
    assert [path.name for path in tmp_path.iterdir()] == [gradebook.CSV_NAME]
    assert (tmp_path / gradebook.CSV_NAME).read_text() == "former"

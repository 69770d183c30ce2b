"""``--export`` and rosters, as an instructor types them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from graders.inputs.cohort import read_cohort
from tests.support import exported_cohorts, grading_process
from tests.support.paths import COHORTS

DEMO = COHORTS / "demo.csv"
USAGE = 4


def files_of(reports: Path) -> set[str]:
    folder = reports / "exports"
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_all_marks_of_stored_evidence_are_written_and_the_next_run_replaces_them(
    demo: grading_process.Outcome, tmp_path: Path
) -> None:
    stored = ("--learners", DEMO, "--evidence", demo.reports / "evidence", "--fail-on", "never")
    run = grading_process.grade(*stored, "--export", "all", reports=tmp_path)
    assert run.status == 0, run.text
    decided = {row["learner"] for row in run.grade_book() if row["total"]}
    assert len(decided) == 14
    written = files_of(tmp_path)
    for name in ("canvas.csv", "moodle.csv", "blackboard.txt", "left-out.csv"):
        assert f"SIMULATED-{name}" in written
    for learner in decided:
        assert f"gradescope/{learner}/SIMULATED-results.json" in written
    assert "for classroom50" not in run.text
    assert "for canvas: 14 of 16" in run.text
    assert "not exported" in run.text
    text = (tmp_path / "exports" / "SIMULATED-moodle.csv").read_text(encoding="utf-8")
    totals = [row["total"] for row in run.grade_book() if row["total"]]
    assert [row[1] for row in csv.reader(text.splitlines())][1:] == totals

    again = grading_process.grade(*stored, reports=tmp_path)
    assert again.status == 0, again.text
    assert not (tmp_path / "exports").exists()


def test_classroom_50_gets_the_submission_that_its_runner_names(
    demo: grading_process.Outcome, tmp_path: Path
) -> None:
    stored = ("--learners", DEMO, "--evidence", demo.reports / "evidence", "--fail-on", "never")
    asked = (*stored, "--learner", "user9", "--export", "classroom50")
    run = grading_process.grade(*asked, reports=tmp_path, changes=exported_cohorts.RUNNER)
    assert run.status == 0, run.text
    assert files_of(tmp_path) == {".written.json", "classroom50/SIMULATED-result.json"}
    file = tmp_path / "exports" / "classroom50" / "SIMULATED-result.json"
    (row,) = run.grade_book()
    assert str(json.loads(file.read_text(encoding="ascii"))["score"]) == row["total"]

    again = grading_process.grade(
        *asked, reports=tmp_path, changes=dict.fromkeys(exported_cohorts.RUNNER, "")
    )
    assert again.status == 0, again.text
    assert files_of(tmp_path) == {".written.json", "SIMULATED-left-out.csv"}
    text = (tmp_path / "exports" / "SIMULATED-left-out.csv").read_text(encoding="utf-8-sig")
    assert "not set in the environment: `CLASSROOM`, `ASSIGNMENT`, `SUBMISSION_TAG`" in text


@pytest.mark.parametrize(
    ("name", "message"),
    [("canvs", "did you mean `canvas`"), ("excel", "choose from canvas, moodle")],
)
def test_an_unknown_export_is_refused_in_one_sentence(
    name: str, message: str, tmp_path: Path
) -> None:
    run = grading_process.grade("--learners", DEMO, "--export", name, reports=tmp_path)
    assert run.status == USAGE, run.text
    assert message in run.text
    assert "Traceback" not in run.text


def test_a_grade_book_of_canvas_is_graded_and_its_marks_go_back(
    demo: grading_process.Outcome, tmp_path: Path
) -> None:
    roster = tmp_path / "2026-11-23 Grades-MLOps.csv"
    rows = [["Student", "ID", "SIS Login ID", "Section", "MLOps lab (900)"]]
    rows += [["    Points Possible", "", "", "", "100"]]
    rows += [
        [learner.name, f"81{learner.number}", learner.id, "A", ""] for learner in read_cohort(DEMO)
    ]
    with roster.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    run = grading_process.grade(
        *(
            "--learners",
            roster,
            "--lab",
            COHORTS / "lab.toml",
            "--fail-on",
            "never",
        ),
        *("--evidence", demo.reports / "evidence", "--export", "canvas"),
        reports=tmp_path / "out",
    )
    assert run.status == 0, run.text
    assert run.outcomes() == demo.outcomes()
    text = (tmp_path / "out" / "exports" / "SIMULATED-canvas.csv").read_text(encoding="utf-8")
    ids = [row[1] for row in csv.reader(text.splitlines())][2:]
    assert ids == [f"81{learner.number}" for learner in read_cohort(DEMO) if learner.number < 16]


def test_a_roster_without_numbers_is_refused_with_what_to_add(tmp_path: Path) -> None:
    roster = tmp_path / "classroom_roster.csv"
    roster.write_text("identifier,github_username,github_id,name\nada,a,1,Ada\n", encoding="utf-8")
    run = grading_process.grade("--learners", roster, reports=tmp_path / "out")
    assert run.status == USAGE, run.text
    assert "add a column `number`" in run.text
    assert "Traceback" not in run.text


def test_an_odd_row_of_a_roster_is_named_and_the_class_is_graded(tmp_path: Path) -> None:
    roster = tmp_path / "gradescope.csv"
    roster.write_text(
        "First Name,Last Name,SID,Email,Role\n"
        "Ada,Brandt,1,user1@lab.example,Student\n"
        "Bea,Visitor,2,bea@lab.example,Student\n"
        "Cem,Extra,3,user3@lab.example,Student,<b>one cell more</b>\n",
        encoding="utf-8",
    )
    (tmp_path / "lab.toml").write_bytes((COHORTS / "lab.toml").read_bytes())
    out = tmp_path / "out"
    options = ("--tenant", "simulated", "--export", "gradescope")
    run = grading_process.grade("--learners", roster, *options, reports=out)
    assert run.status == 0, run.text
    assert [(row["learner"], row["total"]) for row in run.grade_book()] == [("user1", "100")]
    assert "Not graded: 2 rows of the roster" in run.text
    note = json.loads((out / "gradebook.json").read_text("utf-8"))["cohort"]["note"]
    left_out = (out / "exports" / "SIMULATED-left-out.csv").read_text("utf-8-sig")
    page = (out / "index.html").read_text("utf-8")
    for said in (" ".join(run.text.split()), note, left_out, page):
        plain = said.replace("&#39;", "'")
        assert "row 3, column `number`: the learner's number is missing" in plain
        assert "row 4: the row has a cell without a heading above it" in plain
    assert "<b>one cell more" not in page

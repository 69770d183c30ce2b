"""``pytest --me``: a learner checks their own lab without a cohort file."""

from __future__ import annotations

from pathlib import Path

from tests.support import grading_process
from tests.support.paths import COHORTS

HIDDEN = "variable-group-exists"


def test_only_their_own_row_is_graded_without_the_instructors_checks(tmp_path: Path) -> None:
    text = (COHORTS / "lab.toml").read_text(encoding="utf-8")
    lab = tmp_path / "class.toml"
    lab.write_text(f'{text}\n[visibility]\n{HIDDEN} = "instructor"\n', encoding="utf-8")
    given = ("--me", "--number", "7", "--lab", lab, "--tenant", "simulated", "-m", "task2")
    run = grading_process.grade(*given, reports=tmp_path / "out")
    assert run.status == 0, run.text
    [outcomes] = run.outcomes().values()
    assert [row["learner"] for row in run.grade_book()] == ["user7"]
    assert "project-exists" in outcomes
    assert HIDDEN not in outcomes
    assert HIDDEN not in (run.reports / "gradebook.json").read_text(encoding="utf-8")


def test_it_works_in_any_folder_and_runs_no_other_tests(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_bytes((COHORTS / "lab.toml").read_bytes())
    given = ("--me", "--number", "7", "--lab", "lab.toml", "--tenant", "simulated")
    listed = ("--collect-only", "-q")
    run = grading_process.grade(*given, *listed, reports=tmp_path / "out", folder=tmp_path)
    tests = [line for line in run.text.splitlines() if "::" in line]
    assert run.status == 0, run.text
    assert tests
    assert all("tests/lab/" in test and test.endswith("[user7]") for test in tests)

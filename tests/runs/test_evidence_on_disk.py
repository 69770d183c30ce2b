"""Evidence on disk is of one tenant and one place, and is not lost by a slip at the prompt."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support import grading_process
from tests.support.paths import COHORTS

DEMO = COHORTS / "demo.csv"
USAGE = 4


@pytest.fixture
def reports(demo: grading_process.Outcome, tmp_path: Path) -> Path:
    """A reports folder with the demo cohort's simulated evidence."""
    shutil.copytree(demo.reports / "evidence", tmp_path / "out" / "evidence")
    return tmp_path / "out"


def test_without_a_sign_in_nothing_that_was_collected_is_lost(reports: Path) -> None:
    (reports / "evidence" / "tenant.txt").write_text("live")
    before = sorted((reports / "evidence").glob("*.json"))
    run = grading_process.grade("--learners", DEMO, reports=reports)
    assert run.status == USAGE, run.text
    assert sorted((reports / "evidence").glob("*.json")) == before


def test_simulated_evidence_never_counts_as_live(reports: Path) -> None:
    grading_process.grade(
        "--learners", DEMO, "--learner", "user1", reports=reports
    )  # live, but no sign-in
    (reports / "evidence" / "tenant.txt").write_text("live")
    run = grading_process.grade(
        "--learners", DEMO, "--evidence", reports / "evidence", reports=reports
    )
    assert {row["total"] for row in run.grade_book()} == {""}


def test_live_evidence_is_not_lost_by_trying_the_simulated_tenant(reports: Path) -> None:
    (reports / "evidence" / "tenant.txt").write_text("live")
    arguments = ("--learners", DEMO, "--tenant", "simulated")
    run = grading_process.grade(*arguments, reports=reports)
    assert run.status == USAGE
    assert "holds evidence of the live tenant" in run.text
    assert len(list((reports / "evidence").glob("*.json"))) == 16


def test_evidence_of_another_place_is_not_judged(reports: Path, tmp_path: Path) -> None:
    cohort = tmp_path / "moved.csv"
    text = DEMO.read_text(encoding="utf-8").replace("user1,1,", "user1,41,")
    cohort.write_text(text, encoding="utf-8")
    shutil.copy(COHORTS / "lab.toml", tmp_path)
    evidence = reports / "evidence"
    run = grading_process.grade(
        "--learners", cohort, "--evidence", evidence, reports=tmp_path / "again"
    )
    rows = {row["learner"]: row for row in run.grade_book()}
    assert rows["user1"]["total"] == ""
    assert "another place" in rows["user1"]["reason"]
    assert rows["user12"]["total"] == "100"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--evidence", "docs", "--resume"),
        ("--evidence", "docs", "--tenant", "live"),
        ("--tenant", "live", "--mistakes", "x.toml"),
    ],
)
def test_contradictions_are_refused(arguments: tuple[str, ...], tmp_path: Path) -> None:
    run = grading_process.grade("--learners", DEMO, *arguments, reports=tmp_path)
    assert run.status == USAGE
    assert "Traceback" not in run.text


def test_a_reports_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    reports = tmp_path / "a file"
    reports.write_text("mine")
    run = grading_process.grade("--learners", DEMO, "--tenant", "simulated", reports=reports)
    assert run.status == USAGE, run.text
    assert "cannot write evidence there" in run.text
    assert reports.read_text() == "mine"

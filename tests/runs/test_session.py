"""What was done outside the session of the lab file."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from graders import snapshot
from graders.evidence import Evidence
from graders.inputs.lab_file import LabFile, read_lab_file
from graders.inputs.problems import InputProblems
from graders.lab import Learner, Session
from tests.support import grading_process

CHECK = "work-was-done-in-the-session"
LEARNER = "learner001"
CHICAGO = '"2026-11-20 %s America/Chicago"'


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model answer, collected, beside a lab file with a session."""
    folder = tmp_path_factory.mktemp("session")
    cohort = grading_process.write_cohort(folder / "one.csv", 1)
    run = grading_process.grade(
        "--learners", cohort, "--tenant", "simulated", reports=folder / "out"
    )
    assert run.status == 0, run.text
    assert run.outcomes()[LEARNER][CHECK] == "passed"
    return folder


@pytest.fixture(scope="module")
def evidence(collected: Path) -> Evidence:
    stored = snapshot.read(collected / "out" / "evidence", LEARNER)
    assert stored is not None
    return stored


def with_session(
    collected: Path, folder: Path, session: str, points: str = ""
) -> grading_process.Outcome:
    """The same evidence, judged under another session (and points) of the lab file."""
    text = (collected / "lab.toml").read_text(encoding="utf-8")
    kept, _, rest = text.partition("\n[session]")
    _, _, rest = rest.partition("\n[points]")
    lab = folder / "lab.toml"
    lab.write_text(f"{kept}\n{session}\n[points]\n{points}\n{rest}", encoding="utf-8")
    arguments = ("--learners", collected / "one.csv", "--lab", lab)
    evidence = ("--evidence", collected / "out" / "evidence")
    return grading_process.grade(*arguments, *evidence, reports=folder / "out")


def reasons(run: grading_process.Outcome) -> str:
    return next(
        str(verdict["reason"]) for verdict in run.book()["verdicts"] if verdict["check"] == CHECK
    )


# --- what becomes of it ---------------------------------------------------------------------------


def test_without_points_it_is_noted_and_lists_what_was_outside(
    collected: Path, tmp_path: Path
) -> None:
    session = f"[session]\nends = {CHICAGO % '07:40'}"
    run = with_session(collected, tmp_path, session)
    assert run.outcomes()[LEARNER][CHECK] == "noted"
    assert "endpoint mlops-aci: expected 2026-11-20 07:40:00-06:00 or earlier" in reasons(run)
    assert "model version 1" not in reasons(run)
    assert run.book()["grades"][0]["total"] == 100


def test_with_points_it_costs_them(collected: Path, tmp_path: Path) -> None:
    session = f"[session]\nbegins = {CHICAGO % '13:00'}"
    run = with_session(collected, tmp_path, session, f"{CHECK} = 4\ntotal = 104")
    assert run.outcomes()[LEARNER][CHECK] == "failed"
    assert (run.status, run.book()["grades"][0]["total"]) == (1, 100)


def test_without_a_session_the_check_is_left_out(collected: Path, tmp_path: Path) -> None:
    run = with_session(collected, tmp_path, "")
    assert CHECK not in run.outcomes()[LEARNER]
    assert CHECK not in {check["id"] for check in run.book()["rubric"]}
    assert run.book()["grades"][0]["total"] == 100


def test_points_for_it_without_a_session_are_refused(collected: Path, tmp_path: Path) -> None:
    run = with_session(collected, tmp_path, "", f"{CHECK} = 4\ntotal = 104")
    assert run.status == 4
    output = " ".join(run.text.split())
    assert f"points.{CHECK}" in output
    assert "this check is left out without [session]" in output
    assert "fill in [session], or delete the line" in output


def test_work_without_a_time_is_not_assessed(
    collected: Path, evidence: Evidence, tmp_path: Path
) -> None:
    (endpoint,) = evidence.endpoints  # type: ignore[misc]
    timeless = replace(evidence, endpoints=(replace(endpoint, created_at=None),))
    folder = tmp_path / "evidence"
    snapshot.write(folder, timeless)
    (folder / "tenant.txt").write_text("simulated\n", encoding="utf-8")
    run = grading_process.grade(
        "--learners", collected / "one.csv", "--evidence", folder, reports=tmp_path / "out"
    )
    assert run.outcomes()[LEARNER][CHECK] == "not assessed"
    assert "the endpoint mlops-aci has no date" in reasons(run)


# --- the lab file ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-20T09:00:00-06:00", "2026-11-20T15:00:00+00:00"),
        ("2026-11-20 09:00:00Z", "2026-11-20T09:00:00+00:00"),
        ('"2026-11-20T09:00:00+01:00"', "2026-11-20T08:00:00+00:00"),
        ('"2026-07-20 09:00 America/Chicago"', "2026-07-20T14:00:00+00:00"),
        ('"2026-11-20 09:00 America/Chicago"', "2026-11-20T15:00:00+00:00"),
    ],
)
def test_a_time_may_be_written_in_several_ways(written: str, read: str, tmp_path: Path) -> None:
    file = tmp_path / "lab.toml"
    file.write_text(f"[session]\nbegins = {written}\n", encoding="utf-8")
    session = read_lab_file(file).for_learner(Learner("ann", 4)).session
    assert session.begins == datetime.fromisoformat(read)
    assert session.ends is None


@pytest.mark.parametrize(
    ("line", "column", "value", "message"),
    [
        ("begins = 2026-11-20T09:00:00", "session.begins", "2026-11-20 09:00:00", "no time zone"),
        ("begins = 2026-11-20", "session.begins", "2026-11-20", "no time zone"),
        ("ends = 17:00:00", "session.ends", "17:00:00", "no time zone"),
        ('ends = "at five"', "session.ends", "at five", "not a valid time"),
        ('ends = "2026-11-20 17:00 Mars/Base"', "session.ends", None, "no time zone Mars/Base"),
        ("ends = 17", "session.ends", "17", "not a valid time"),
        ("end = 2026-11-20T09:00:00Z", "session.end", None, "unknown key"),
        (
            "begins = 2026-11-20T09:00:00Z\nends = 2026-11-20T10:00:00+01:00",
            "session",
            None,
            "it ends before it begins",
        ),
    ],
)
def test_a_session_that_cannot_be_is_refused(
    line: str, column: str, value: str | None, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "lab.toml"
    file.write_text(f"[session]\n{line}\n", encoding="utf-8")
    with pytest.raises(InputProblems) as caught:
        read_lab_file(file)
    (problem,) = caught.value.problems
    assert problem.column == column
    assert message in problem.what
    assert problem.remedy
    assert value is None or problem.value == value


def test_no_session_is_the_default() -> None:
    assert LabFile().for_learner(Learner("ann", 4)).session == Session()

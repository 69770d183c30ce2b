"""No grade without checks that can fail: settings that pass over asserts, files that are gone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import grading_process
from tests.support.paths import COHORTS, PROJECT

DEMO = COHORTS / "demo.csv"
USAGE = 4
PLAIN, WITHOUT = ("--assert=plain",), ("-p", "no:assertion")


@pytest.mark.parametrize(
    ("arguments", "changes", "message"),
    [
        (PLAIN, {}, "--assert=plain"),
        (WITHOUT, {}, "no:assertion"),
        ((), {"PYTEST_ADDOPTS": "--assert=plain"}, "--assert=plain"),
        ((), {"PYTEST_ADDOPTS": "-p no:assertion"}, "no:assertion"),
        ((), {"PYTHONOPTIMIZE": "1"}, "PYTHONOPTIMIZE"),
        ((), {"PYTHONOPTIMIZE": "2"}, "PYTHONOPTIMIZE"),
        (PLAIN, {"PYTHONOPTIMIZE": "1"}, "PYTHONOPTIMIZE"),
        (WITHOUT, {"PYTHONOPTIMIZE": "2"}, "PYTHONOPTIMIZE"),
        (("-n2", *PLAIN), {"PYTHONOPTIMIZE": "1"}, "PYTHONOPTIMIZE"),
    ],
)
def test_a_run_whose_checks_could_not_fail_is_refused(
    arguments: tuple[str, ...], changes: dict[str, str], message: str, tmp_path: Path
) -> None:
    """Before anything is collected, by one sentence."""
    given = ("--learners", DEMO, "--tenant", "simulated", *arguments)
    run = grading_process.grade(*given, reports=tmp_path / "out", changes=changes)
    assert run.status == USAGE, run.text
    assert message in run.text
    assert "Traceback" not in run.text
    assert not (tmp_path / "out").exists()
    errors = [line for line in run.text.splitlines() if line.strip()]
    assert [line.startswith("ERROR: ") for line in errors] == [True]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project, to be spoilt."""
    left = shutil.ignore_patterns(".*", "out", "history", "node_modules", "__pycache__")
    return Path(shutil.copytree(PROJECT, tmp_path / "copy", ignore=left))


@pytest.mark.parametrize("task", ["task_2_variable_group", "task_7_endpoint", "whole_lab"])
def test_without_a_file_of_checks_nobody_is_graded(copy: Path, tmp_path: Path, task: str) -> None:
    """Else a perfect learner would have 88 of 88 points."""
    (copy / "tests" / "lab" / f"test_{task}.py").unlink()
    given = ("--learners", "fixtures/cohorts/demo.csv", "--tenant", "simulated")
    run = grading_process.grade(*given, reports=tmp_path / "out", folder=copy)
    assert run.status == USAGE, run.text
    assert "tests/lab: " in run.text
    assert "restore the file" in run.text
    assert "Traceback" not in run.text
    assert not (tmp_path / "out").exists()


def test_two_checks_of_one_id_are_reported(copy: Path, tmp_path: Path) -> None:
    lab = copy / "tests" / "lab"
    shutil.copy(lab / "test_whole_lab.py", lab / "test_whole_lab_again.py")
    given = ("--learners", "fixtures/cohorts/demo.csv", "--tenant", "simulated")
    run = grading_process.grade(*given, reports=tmp_path / "out", folder=copy)
    assert run.status == USAGE, run.text
    assert "tests/lab: two checks have this id (found `work-is-one-chain`)" in run.text
    assert "Traceback" not in run.text


def test_a_grading_run_collects_the_graded_checks_only() -> None:
    """From the project's root: what else is there to test may be broken on this machine."""
    given = ("--learners", DEMO, "--collect-only", "-q", "--learner", "user1")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *map(str, given)],
        cwd=PROJECT,
        env=grading_process.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    collected = {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}
    files = (PROJECT / "tests" / "lab").glob("test_*.py")
    assert collected == {f"tests/lab/{file.name}" for file in files}
    assert done.returncode == 0, done.stdout

"""A run that is forked from a ready process is the run that a user starts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import grading_process, ready_process
from tests.support.paths import COHORTS

pytestmark = pytest.mark.skipif(not ready_process.AVAILABLE, reason="every run is started here")
DEMO = COHORTS / "demo.csv"


def test_it_prints_and_grades_what_a_started_one_does(
    demo: grading_process.Outcome, tmp_path: Path
) -> None:
    given = ("--learners", DEMO, "--evidence", demo.reports / "evidence", "-rA")
    forked, started = (
        grading_process.grade(*given, reports=tmp_path / "out", ready=ready)
        for ready in (True, False)
    )
    assert forked.status == started.status == pytest.ExitCode.TESTS_FAILED
    assert forked.outcomes() == started.outcomes() == demo.outcomes()
    times = re.compile(r"=+|[\d.]+ ?s\b|about .* left")
    assert times.sub("", forked.text) == times.sub("", started.text)


def test_nothing_of_a_run_reaches_the_next_one(tmp_path: Path) -> None:
    def printed(program: str) -> str:
        (tmp_path / "program.py").write_text(program, encoding="utf-8")
        run = ready_process.Run("program", (), str(tmp_path), {}, 600)
        done = run.done()
        assert done.returncode == 0, done.stderr
        return done.stdout

    told = (
        "import graders, os, sys; print(getattr(graders, 'spoilt', ''), os.getcwd(), sys.argv[1:])"
    )
    before = printed(told)
    printed("import graders, os; graders.spoilt = 'spoilt'; os.environ['A'] = 'b'; os.chdir('/')")
    assert printed(told) == before == f" {tmp_path} []\n"


@pytest.mark.parametrize(
    ("program", "status", "seconds"),
    [
        ("raise SystemExit(7)", 7, 600),
        ("1 / 0", 1, 600),
        ("import os; os.kill(os.getpid(), 9)", -9, 600),
        ("import time; time.sleep(600)", -14, 1),  # SIGALRM
    ],
)
def test_its_status_is_how_it_ended(
    program: str, status: int, seconds: int, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    done = ready_process.Run("program", (), str(tmp_path), {}, seconds).done()
    assert done.returncode == status
    assert ("ZeroDivisionError" in done.stderr) == (status == 1)

"""Two stored runs compared by command, and by their evidence."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from graders import snapshot
from graders.inputs.problems import InputProblems
from graders.verdicts import Outcome
from reports.__main__ import main
from reports.stored import read_book
from tests.runs.test_judging import DEMO
from tests.support import grading_process
from tests.support import handmade_run as example
from tests.support.paths import COHORTS, PROJECT
from tests.unit.reports.test_compare import ADA, BOB, LOST, lab_file, stored


@pytest.fixture
def before(tmp_path: Path) -> Path:
    run = example.run([ADA, BOB])
    return stored(tmp_path / "old", run, example.verdicts("ada", LOST), example.verdicts("bob"))


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reports", *map(str, arguments)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_a_lab_file_judges_the_evidence_anew_by_its_leniency(
    demo: grading_process.Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A connection by federation is a mistake where the class asks for a secret."""
    shutil.copytree(demo.reports / "evidence", tmp_path / "run" / "evidence")
    evidence = snapshot.read(tmp_path / "run" / "evidence", "user1")
    assert evidence is not None
    connections = [
        replace(connection, scheme="WorkloadIdentityFederation")
        for connection in evidence.service_connections
    ]
    federated = replace(evidence, service_connections=tuple(connections))
    snapshot.write(tmp_path / "run" / "evidence", federated)
    lenient = COHORTS / "lab.toml"
    text = lenient.read_text("utf-8")
    (strict := tmp_path / "strict.toml").write_text(
        text.replace("federated_connection = true", "federated_connection = false"), "utf-8"
    )
    given = ["--run", str(tmp_path / "run"), "--learners", str(DEMO)]
    assert main(["compare", str(lenient), str(lenient), *given]) == 0
    capsys.readouterr()
    assert main(["compare", str(lenient), str(strict), *given]) == 1
    output = capsys.readouterr().out
    assert "1 of 16 grades change" in output
    assert "1 × service-connection-uses-a-service-principal: passed → failed" in output


def test_without_its_evidence_nothing_is_judged_anew(
    before: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = str(COHORTS / "lab.toml")
    assert main(["compare", lab, lab, "--run", str(before), "--learners", str(DEMO)]) == 2
    assert "this folder holds no snapshot" in capsys.readouterr().err


def test_the_command_prints_it_in_eighty_columns_and_writes_all_of_it(
    before: Path, tmp_path: Path
) -> None:
    long = {"variable-group-exists": (Outcome.FAILED, "why " * 60)}
    after = stored(
        tmp_path / "new",
        example.run([ADA, BOB]),
        example.verdicts("ada", LOST),
        example.verdicts("bob", long),
    )
    done = command("compare", before, after, "--json", tmp_path / "all.json")
    assert (done.returncode, done.stderr) == (1, "")
    assert "1 of 2 grades change: 1 lower" in done.stdout
    assert "1 × variable-group-exists: passed → failed" in done.stdout
    lines = [line for line in done.stdout.splitlines() if str(tmp_path) not in line]
    assert max(map(len, lines)) <= 80
    (bob,) = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))["learners"]
    assert (bob["learner"], bob["before"], bob["after"]) == ("bob", 100, 85)
    assert bob["checks"][0]["why"] == ("why " * 60)


def test_a_large_class_is_shown_in_part_unless_all_is_asked_for(tmp_path: Path) -> None:
    learners = [example.learner(f"l{number}", "", number) for number in range(1, 31)]
    run = example.run(learners)
    old = stored(tmp_path / "old", run, *(example.verdicts(learner.id) for learner in learners))
    new = stored(
        tmp_path / "new", run, *(example.verdicts(learner.id, LOST) for learner in learners)
    )
    some = command("compare", old, new)
    assert "… and 10 more; --all shows them" in some.stdout
    everyone = command("compare", old, new, "--all").stdout
    assert all(f"  l{number} " in everyone for number in range(1, 31))


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"schema": 99}', '{"schema": 1}'])
def test_what_is_no_grade_book_is_refused_in_a_sentence(
    content: str, before: Path, tmp_path: Path
) -> None:
    (tmp_path / "gradebook.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputProblems):
        read_book(tmp_path)
    done = command("compare", before, tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "no grade book" in done.stderr


def test_a_missing_folder_and_unknown_checks_are_refused(before: Path, tmp_path: Path) -> None:
    done = command("compare", before, tmp_path / "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert "name the reports folder of a run" in done.stderr
    done = command("compare", before, lab_file(tmp_path, "variable-group-exist = 20"))
    assert done.returncode == 2
    assert "write `variable-group-exists`" in done.stderr


def test_nothing_differs_is_status_0(before: Path) -> None:
    done = command("compare", before, before)
    assert done.returncode == 0
    assert "0 of 2 grades change" in done.stdout


def test_two_lab_files_are_compared_over_one_run(before: Path, tmp_path: Path) -> None:
    first = lab_file(tmp_path, "variable-group-exists = 20\nconnection-exists = 7").rename(
        tmp_path / "one.toml"
    )
    second = lab_file(tmp_path, "endpoint-answers = 9\nconnection-exists = 17")
    done = command("compare", first, second, "--run", before)
    assert (done.returncode, done.stderr) == (1, "")
    for message in (
        "variable-group-exists is worth 15 instead of 20",  # what the lab itself gives
        "connection-exists is worth 17 instead of 7",
        "endpoint-answers is worth 9 instead of 14",
    ):
        assert message in done.stdout
    ada = next(line for line in done.stdout.splitlines() if line.startswith("  ada"))
    assert "80" in ada
    assert "85" in ada
    assert command("compare", first, before).returncode == 1
    assert command("compare", first, first, "--run", before).returncode == 0

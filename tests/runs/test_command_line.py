"""What an instructor may type, from any folder."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.support import grading_process
from tests.support.paths import COHORTS, GOLDEN, PROJECT

USAGE = 4
DEMO = COHORTS / "demo.csv"


@pytest.fixture(scope="module")
def stored(demo: grading_process.Outcome) -> tuple[object, ...]:
    """Options that judge what is there already: quick, and offline."""
    return ("--evidence", demo.reports / "evidence", "--fail-on", "never")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of an instructor's, with a cohort file of two learners and its lab file."""
    folder = tmp_path_factory.mktemp("class of 2026")
    rows = DEMO.read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "demo.csv").write_text("".join(rows[:3]), encoding="utf-8")
    shutil.copy(COHORTS / "lab.toml", folder)
    return folder


@pytest.mark.parametrize("form", ["two words", "one word"])
@pytest.mark.parametrize("path", ["absolute", "relative"])
@pytest.mark.parametrize("place", ["in the project", "in the class's folder"])
def test_a_cohort_file_may_lie_anywhere(
    place: str,
    path: str,
    form: str,
    elsewhere: Path,
    stored: tuple[object, ...],
    tmp_path: Path,
) -> None:
    folder = PROJECT if place == "in the project" else elsewhere
    file = elsewhere / "demo.csv"
    if path == "relative":
        file = Path(os.path.relpath(file, folder))
    given = ("--learners", file) if form == "two words" else (f"--learners={file}",)
    run = grading_process.grade(*given, *stored, reports=tmp_path, folder=folder)
    assert run.status == 0, run.text
    assert len(run.grade_book()) == 2


@pytest.mark.parametrize("folder", [PROJECT, PROJECT / "docs", COHORTS, PROJECT.parent])
def test_a_cohort_of_the_project_is_graded_from_any_folder(
    folder: Path, stored: tuple[object, ...], tmp_path: Path
) -> None:
    given = ("--learners", os.path.relpath(DEMO, folder), "-m", "task2")
    run = grading_process.grade(*given, *stored, reports=tmp_path, folder=folder)
    assert run.status == 0, run.text
    assert len(run.outcomes()) == 16


def test_the_choice_of_learners_tasks_and_names_is_pytests_own(
    stored: tuple[object, ...], tmp_path: Path
) -> None:
    learner = _first_learner()
    chosen = ("--learner", learner, "-m", "task2 or task3", "-k", "group")
    run = grading_process.grade("--learners", DEMO, *stored, *chosen, reports=tmp_path)
    outcomes = run.outcomes()
    assert set(outcomes) == {learner}
    assert "variable-group-exists" in outcomes[learner]
    assert "service-connection-exists" not in outcomes[learner]
    assert "endpoint-exists" not in outcomes[learner]
    assert run.grade_book()[0]["total"] == ""  # a part of the checks is no grade


def test_a_path_chooses_a_task(stored: tuple[object, ...], tmp_path: Path) -> None:
    path = "tests/lab/test_task_3_service_connection.py"
    run = grading_process.grade(path, "--learners", DEMO, *stored, reports=tmp_path)
    book = run.book()
    task_of = {check["id"]: check["task"] for check in book["rubric"]}
    assert {task_of[verdict["check"]] for verdict in book["verdicts"]} == {3}


def test_failing_learners_fail_the_run_as_pytest_means_it(
    stored: tuple[object, ...], tmp_path: Path
) -> None:
    def status(fail_on: str, *more: object) -> int:
        chosen = (*stored, "--fail-on", fail_on, *more)
        return grading_process.grade("--learners", DEMO, *chosen, reports=tmp_path).status

    seen_whole = ("--learner", _first_learner("not_started"))
    unseen = ("--learner", _first_learner("project_not_visible"))
    assert status("learner", *seen_whole) == 1
    assert status("fault", *seen_whole) == 0
    assert status("fault", *unseen) == 1
    assert status("never", *unseen) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--learners", DEMO], "--tenant simulated"),
        (["--learners", "no-such.csv"], "no-such.csv"),
        (["--learners", DEMO, "--learner", "nobody"], "nobody"),
        (["--learners", DEMO, "--evidence", "docs"], "holds no snapshot"),
        (["--learners", DEMO, "--lab", "no-such.toml"], "no-such.toml"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(
    arguments: list[object], message: str, tmp_path: Path
) -> None:
    run = grading_process.grade(*arguments, reports=tmp_path)
    assert run.status == USAGE, run.text
    assert message in run.text
    assert "Traceback" not in run.text


def test_all_problems_of_cohort_and_lab_file_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("learner,number\na,1\na,two\n,3\n", encoding="utf-8")
    (tmp_path / "lab.toml").write_text(
        '[tenant]\norganisation = "x"\n[points]\nno-such-check = 3\n', encoding="utf-8"
    )
    run = grading_process.grade("--learners", tmp_path / "bad.csv", reports=tmp_path / "out")
    assert run.status == USAGE
    for part in ("`a`", "two", "row 4", "organisation", "`organization`"):
        assert part in run.text


def test_points_of_the_lab_file_change_the_grade(
    demo: grading_process.Outcome, tmp_path: Path, elsewhere: Path
) -> None:
    lab = (elsewhere / "lab.toml").read_text(encoding="utf-8")
    file = tmp_path / "other.toml"
    points = '[points]\n"variable-group-exists" = 2\n"project-exists" = 2\n'
    file.write_text(lab.replace("[points]\n", points) if "[points]" in lab else lab + points)
    evidence = demo.reports / "evidence"
    run = grading_process.grade(
        "--learners", DEMO, "--lab", file, "--evidence", evidence, reports=tmp_path
    )
    before = {row["learner"]: row for row in demo.grade_book()}[_first_learner("not_started")]
    after = {row["learner"]: row for row in run.grade_book()}[_first_learner("not_started")]
    assert float(after["total"]) == float(before["total"]) + 1


def _first_learner(mistake: str = "") -> str:
    golden = GOLDEN / "demo.json"
    everyone = list(json.loads(golden.read_text(encoding="utf-8")))
    rows = [line.split(",") for line in DEMO.read_text(encoding="utf-8").splitlines()]
    place = rows[0].index("mistakes")
    named = [row[rows[0].index("learner")] for row in rows[1:] if row[place] == mistake]
    return named[0] if named else everyone[0]


def test_another_ini_file_does_not_keep_it_from_starting(
    stored: tuple[object, ...], tmp_path: Path
) -> None:
    given = ("-c", os.devnull, "--learners", DEMO, "-m", "task2")
    run = grading_process.grade(*given, *stored, reports=tmp_path)
    assert run.status == 0, run.text
    assert len(run.outcomes()) == 16


@pytest.mark.parametrize("option", [("--fail-on", "never"), ("--as-of", "2026-11-20T23:00:00Z")])
def test_each_of_our_options_alone_starts_a_grading_run(
    option: tuple[str, str], tmp_path: Path
) -> None:
    """Without a cohort too, and from a folder that pytest takes for home."""
    for value in ("never", "out"):
        (tmp_path / value).mkdir()
    run = grading_process.grade(*option, reports=tmp_path / "out", folder=tmp_path)
    assert run.status == 0, run.text
    assert "dana" in run.outcomes()
    verdicts = len(run.book()["verdicts"])
    assert re.search(rf"\b{verdicts} passed in ", run.text), "no test of our own ran"


# --- which learners, which checks -----------------------------------------------------------------


def test_learners_are_named_in_any_case_and_several_at_once(
    stored: tuple[object, ...], tmp_path: Path
) -> None:
    chosen = ("--learners", DEMO, "--learner", "USER3,user5", "-m", "task2", "--fail-on", "never")
    run = grading_process.grade(*stored, *chosen, reports=tmp_path)
    assert run.status == 0, run.text
    assert list(run.outcomes()) == ["user3", "user5"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--learner", "user3"), "--learner is for a class: add --learners cohort.csv."),
        (("--resume",), "--resume is for a class: add --learners cohort.csv."),
        (("--evidence", "stored"), "--evidence is for a class: add --learners cohort.csv."),
        (
            ("--learners", "/no1", "--lab", "/no2", "--faults", "/no3"),
            "/no3: there is no such file",
        ),
        (("--learners", "/no1", "--as-of", "soon", "--export", "x"), "choose from canvas"),
        (
            ("--learners", DEMO, "--lab", "/no2", "--decisions", "/no3"),
            "/no2: there is no such file",
        ),
        (("--learners", "", "--history", ""), "--learners and --history: empty. Name a path"),
        (("--learners", DEMO, "--learner", "user99"), "no learner `user99`"),
        (
            ("--learners", DEMO, "-m", "task8"),
            "-m task8: there is no such task; write one of task2",
        ),
        (("--learners", DEMO, "-k", "no_such"), "-k no_such: it selects no check"),
    ],
)
def test_what_selects_nothing_is_a_sentence(
    arguments: tuple[object, ...], sentence: str, tmp_path: Path
) -> None:
    run = grading_process.grade(*arguments, "--tenant", "simulated", reports=tmp_path)
    assert run.status == 4
    assert sentence in " ".join(run.text.split())
    assert "Traceback" not in run.text


@pytest.mark.parametrize("shows", ["--setup-plan", "--setup-only", "--collect-only", "--fixtures"])
def test_what_only_shows_tests_leaves_the_results_alone(
    shows: str, stored: tuple[object, ...], tmp_path: Path
) -> None:
    kept = tmp_path / "gradebook.json"
    kept.write_text("{}", encoding="utf-8")
    run = grading_process.grade("--learners", DEMO, *stored, shows, reports=tmp_path)
    assert run.status == 0, run.text
    assert [(file, file.read_text("utf-8")) for file in tmp_path.iterdir()] == [(kept, "{}")]


@pytest.mark.parametrize(
    "part", [("--learner", "user3"), ("-m", "task2"), ("-n", "2", "-m", "task2")]
)
def test_a_part_of_a_class_does_not_replace_the_whole(
    part: tuple[str, ...], demo: grading_process.Outcome
) -> None:
    before = (demo.reports / "gradebook.json").read_bytes()
    stored = ("--evidence", demo.reports / "evidence")
    run = grading_process.grade("--learners", DEMO, *stored, *part, reports=demo.reports)
    assert run.status == USAGE, run.text
    assert "it has the results of 16 learners and" in run.text
    assert (demo.reports / "gradebook.json").read_bytes() == before


def test_without_a_lab_file_the_run_says_where_to_put_one(tmp_path: Path) -> None:
    cohort = tmp_path / "own.csv"
    cohort.write_text("learner,number\nada,1\n", encoding="utf-8")
    run = grading_process.grade(
        "--learners", cohort, "--tenant", "simulated", reports=tmp_path / "out"
    )
    assert run.status == 4
    assert "there is no lab.toml beside own.csv: copy fixtures/cohorts/lab.toml there" in run.text

"""From pytest's reports to the grade book, with and without xdist."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.grading_run import GradingRun
from tests.support import handmade_run as example
from tests.support.graded_project import GradedProject


@pytest.fixture
def project(tmp_path: Path) -> GradedProject:
    return GradedProject(tmp_path)


def test_every_verdict_reaches_the_grade_book_whichever_process_judged_it(
    project: GradedProject,
) -> None:
    project.run()
    alone = project.outcomes(), (project.out / "gradebook.csv").read_bytes()
    project.run("-n2")
    shared = project.outcomes(), (project.out / "gradebook.csv").read_bytes()
    assert alone == shared
    assert alone[0]["ada", "group-exists"] == ("passed", "")
    assert alone[0]["zoë", "group-exists"] == ("failed", "expected a group; found none")
    assert alone[0]["zoë", "group-is-complete"] == ("blocked", "there is no group")
    assert alone[0]["zoë", "group-is-open"] == ("noted", "it is closed")
    assert alone[0]["eve", "group-exists"] == ("not assessed", "it answered 503")
    assert {learner: grade["total"] for learner, grade in project.grades().items()} == {
        "ada": 100,
        "zoë": 95,
        "eve": None,
    }


def test_a_check_whose_worker_crashed_is_not_assessed(project: GradedProject) -> None:
    project.run("-n1", CRASH="zoë")
    outcome, reason = project.outcomes()["zoë", "run-succeeded"]
    assert (outcome, "ended before it had a verdict" in reason) == ("not assessed", True)
    assert project.grades()["zoë"]["total"] is None
    assert project.grades()["ada"]["total"] == 100


def test_a_check_that_ends_without_a_verdict_is_not_assessed(project: GradedProject) -> None:
    with (project.folder / "test_lab.py").open("a") as checks:
        checks.write(
            '\n@check(step="7.1", points=1, hint=".")\n'
            'def test_silent(learner):\n    """Nothing attaches a verdict to this one."""\n'
        )
    project.run()
    assert project.outcomes()["ada", "silent"][0] == "not assessed"
    assert project.grades()["ada"]["total"] is None


def test_an_interruption_keeps_what_was_judged(project: GradedProject) -> None:
    with (project.folder / "test_lab.py").open("a") as checks:
        checks.write(
            '\n@check(step="7.1", points=1, hint=".")\n'
            'def test_stops(learner):\n    """Somebody presses Ctrl-C."""\n'
            "    raise KeyboardInterrupt\n"
        )
    assert project.run("-k", "ada").returncode == pytest.ExitCode.INTERRUPTED
    assert project.outcomes()["ada", "run-succeeded"][0] == "passed"
    assert project.outcomes()["ada", "stops"][0] == "not assessed"


def test_checks_that_were_not_chosen_withhold_the_grade(project: GradedProject) -> None:
    project.run("-k", "group_exists")
    assert project.grades()["ada"]["withheld"] == "3 checks not run"


@pytest.mark.parametrize("arguments", [("test_ours.py",), ("--collect-only",)])
def test_where_nothing_is_graded_nothing_is_written(
    project: GradedProject, arguments: tuple[str, ...]
) -> None:
    output = project.run(*arguments).stdout
    assert not project.out.exists()
    assert "grades" not in output


def test_the_summary_is_below_pytests_own(project: GradedProject) -> None:
    output = project.run("-rf").stdout
    assert output.index("short test summary info") < output.index(" grades (SIMULATED) ")
    assert output.index("maximum") < output.index(f"grade book      {Path('out')}")
    assert f"Allure results  {Path('out') / 'allure-results'}" in output


def test_a_grade_book_that_cannot_be_written_is_our_failure_and_reported(
    project: GradedProject,
) -> None:
    (project.out / "gradebook.csv").mkdir(parents=True)
    ended = project.run()
    assert ended.returncode == pytest.ExitCode.INTERNAL_ERROR
    assert "ERROR: the grade book was not written" in ended.stdout
    assert "maximum" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def run_of(*ids: str) -> GradingRun:
    return example.run([example.learner(identity) for identity in ids])


@pytest.mark.parametrize("identity", ["ada", "a[b]", "x::test_y[z]", "no. 1"])
def test_a_test_id_names_learner_and_check(identity: str) -> None:
    graded = run_of("bob", identity).graded(f"tests/lab/test_2.py::test_project_exists[{identity}]")
    assert graded
    assert (graded[0].id, graded[1].id) == (identity, "project-exists")


def test_a_test_id_is_understood_in_pytests_spelling() -> None:
    graded = run_of("zoë").graded(r"tests/lab/test_2.py::test_project_exists[zo\xeb]")
    assert graded
    assert graded[0].id == "zoë"


@pytest.mark.parametrize(
    "nodeid",
    [
        "tests/lab/test_2.py::test_project_exists",
        "tests/lab/test_2.py::test_project_exists[nobody]",
        "tests/unit/test_x.py::test_unknown[ada]",
        "tests/lab/test_2.py",
    ],
)
def test_other_test_ids_name_no_learner(nodeid: str) -> None:
    assert run_of("ada").graded(nodeid) is None

"""Every mistake of the catalogue, made by a simulated learner, graded as an instructor does it."""

from __future__ import annotations

import pytest

from fixtures.grading import whole_rubric
from fixtures.simulator.mistakes import read_catalogue
from graders.verdicts import Outcome
from tests.selftest import runs

CATALOGUE = read_catalogue()
RUBRIC = whole_rubric()


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Mistake -> check -> outcome: one learner per entry of the catalogue, one run for all."""
    folder = tmp_path_factory.mktemp("catalogue")
    entries = dict(enumerate(CATALOGUE.mistakes, start=1))
    cohort = runs.write_cohort(folder / "catalogue.csv", len(entries), entries)
    arguments = ("--learners", cohort, "--tenant", "simulated", "--fail-on", "never")
    run = runs.grade(*arguments, "-p", "no:allure_pytest", reports=folder / "out")
    assert run.status == 0, run.text
    learners = {f"learner{number:03d}": entry for number, entry in entries.items()}
    return {learners[learner]: outcomes for learner, outcomes in run.outcomes().items()}


@pytest.mark.parametrize("mistake", CATALOGUE.mistakes)
def test_a_mistake_fails_its_own_checks_and_no_other(
    mistake: str, graded: dict[str, dict[str, str]]
) -> None:
    expected = CATALOGUE.expected([mistake], RUBRIC)
    assert graded[mistake] == {check: str(outcome) for check, outcome in expected.items()}


def test_every_check_that_carries_points_can_fail() -> None:
    failed = {
        check
        for mistake in CATALOGUE.mistakes
        for check, outcome in CATALOGUE.expected([mistake], RUBRIC).items()
        if outcome is Outcome.FAILED
    }
    assert failed == {check.id for check in RUBRIC if check.points}


def test_points_add_up_as_the_lab_shares_them_out() -> None:
    by_task = dict.fromkeys(range(2, 8), 0.0)
    for check in RUBRIC:
        by_task[check.task] += check.points
    assert by_task == {2: 18, 3: 12, 4: 10, 5: 32, 6: 14, 7: 14}

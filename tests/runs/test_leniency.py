"""What the lab file allows is allowed from end to end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import grading_process

MISTAKES = {
    1: "endpoint_of_the_second_generation",
    2: "endpoint_of_the_second_generation_by_a_class_name",
    3: "endpoint_of_the_second_generation_by_a_neighbours_name",
}
"""Number -> what the learner did: the sheet's name, the class's, and another learner's."""


def graded(folder: Path, leniency: str) -> dict[str, dict[str, str]]:
    """Learner -> check -> outcome, under that line of the lab file."""
    folder.mkdir()
    cohort = grading_process.write_cohort(folder / "class.csv", len(MISTAKES), MISTAKES)
    lab = cohort.with_name("lab.toml")
    name = leniency.partition(" ")[0]
    lines = lab.read_text(encoding="utf-8").splitlines()
    allowed = [leniency if line.startswith(name) else line for line in lines]
    lab.write_text("\n".join(allowed), encoding="utf-8")
    run = grading_process.grade(
        "--learners", cohort, "--tenant", "simulated", reports=folder / "out"
    )
    return run.outcomes()


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    return graded(tmp_path_factory.mktemp("leniency") / "lenient", "v2_endpoint = true")


def test_a_managed_online_endpoint_counts_only_where_the_lab_file_says_so(tmp_path: Path) -> None:
    strict = graded(tmp_path / "strict", "v2_endpoint = false")
    assert {outcomes["endpoint-exists"] for outcomes in strict.values()} == {"failed"}


@pytest.mark.parametrize("learner", ["learner001", "learner002"])
def test_it_has_the_sheets_name_or_the_classs(
    lenient: dict[str, dict[str, str]], learner: str
) -> None:
    outcomes = lenient[learner]
    undeserved = {check: outcome for check, outcome in outcomes.items() if outcome != "passed"}
    assert undeserved == {"endpoint-needs-no-key": "noted"}


def test_another_learners_name_is_not_enough(lenient: dict[str, dict[str, str]]) -> None:
    assert lenient["learner003"]["endpoint-exists"] == "failed"

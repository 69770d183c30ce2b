"""The demo cohort gets the grades it was built to deserve, by every way of grading it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import grading_process
from tests.support.make_golden import FEEDBACK, OUTCOMES, READ, feedback_in
from tests.support.paths import COHORTS, PROJECT

DEMO = COHORTS / "demo.csv"

OFFLINE = """
import json, socket, sys
import pytest

def cut(*_):
    raise OSError("the network is cut")

socket.socket.connect = socket.socket.connect_ex = cut
socket.getaddrinfo = cut
status = pytest.main(sys.argv[1:])
clouds = ("azure", "msal", "msrest", "github", "requests", "urllib3")
print("IMPORTED", json.dumps([name for name in clouds if name in sys.modules]))
sys.exit(status)
"""


def test_each_check_of_each_learner_is_what_the_scenario_says(
    demo: grading_process.Outcome,
) -> None:
    assert demo.status == 0, demo.text
    assert demo.outcomes() == json.loads(OUTCOMES.read_text(encoding="utf-8"))


@pytest.mark.parametrize("learner", READ)
def test_feedback_reads_as_the_golden_file_says(
    learner: str, demo: grading_process.Outcome
) -> None:
    """Write it anew with ``make golden``, and read what changed."""
    expected = (FEEDBACK / f"{learner}.md").read_text(encoding="utf-8")
    assert feedback_in(demo.reports, learner) == expected


def test_a_stored_snapshot_gives_the_same_grade_book_without_network_or_sdk(
    demo: grading_process.Outcome, tmp_path: Path
) -> None:
    arguments = ["--learners", str(DEMO), "--evidence", str(demo.reports / "evidence")]
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, *arguments, "--reports", str(tmp_path)],
        cwd=PROJECT,
        env=grading_process.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr  # learners did fail
    assert "IMPORTED []" in done.stdout
    assert _without_time(tmp_path) == _without_time(demo.reports)


def test_several_workers_change_nothing_but_time(
    demo: grading_process.Outcome, tmp_path: Path
) -> None:
    evidence = demo.reports / "evidence"
    again = grading_process.grade(
        "--learners", DEMO, "--evidence", evidence, "-n", 2, reports=tmp_path
    )
    assert _without_time(again.reports) == _without_time(demo.reports)
    assert _results(again.reports) == _results(demo.reports)


def test_every_report_says_that_it_was_simulated(demo: grading_process.Outcome) -> None:
    environment = demo.reports / "allure-results" / "environment.properties"
    assert "SIMULATED" in demo.text
    assert {row["tenant"] for row in demo.grade_book()} == {"SIMULATED"}
    assert demo.book()["simulated"] is True
    assert "SIMULATED" in environment.read_text(encoding="utf-8")


def test_progress_names_learners_and_has_no_letter_for_each_check(
    demo: grading_process.Outcome,
) -> None:
    assert "judging 16 learners\n" in demo.text
    judged = re.findall(r"^judged (\d+) of 16(?: learners|, latest (\w+))", demo.text, re.M)
    assert judged[-1] == ("16", "")
    assert ("8", "user9") in judged
    assert len(judged) <= 10
    assert not re.search(r"^[.FEsx]{3,}", demo.text, re.M)


def test_a_fault_of_one_learner_is_shown_once(
    demo: grading_process.Outcome, tmp_path: Path
) -> None:
    """Where failures are shown one by one; the last line still counts them all."""
    evidence = demo.reports / "evidence"
    alone = grading_process.grade(
        "--learners", DEMO, "--evidence", evidence, "--learner", "user17", reports=tmp_path
    )
    outcomes = [*demo.outcomes()["user17"].values()]
    count, passed = outcomes.count("not assessed"), outcomes.count("passed")
    details, _, grades = alone.text.partition("= grades (SIMULATED) =")
    assert details.count("could not see the project AE MLOps 17") == 1
    assert details.count(f"{count} checks of user17, for this one reason") == 1
    assert f"user17: {count} checks not assessed: Azure DevOps" in grades
    assert f"{passed} passed, {count} errors" in grades
    assert "Failed most often" not in grades
    assert 'id="class"' not in (tmp_path / "index.html").read_text("utf-8")


def test_a_withheld_grade_has_a_reason_and_no_number(demo: grading_process.Outcome) -> None:
    rows = {row["learner"]: row for row in demo.grade_book()}
    undecided = {"pending", "not assessed"}
    for learner, outcomes in demo.outcomes().items():
        if undecided & set(outcomes.values()):
            assert rows[learner]["total"] == ""
            assert rows[learner]["reason"]
        else:
            assert float(rows[learner]["total"]) >= 0


def _without_time(reports: Path) -> list[str]:
    lines = (reports / "gradebook.csv").read_text(encoding="utf-8").splitlines()
    place = lines[0].split(",").index("graded_at")
    assert place == len(lines[0].split(",")) - 1
    return [line.rpartition(",")[0] for line in lines]


def _results(reports: Path) -> list[tuple[str, str, str]]:
    """(history id, name, status) of every Allure result: what its history is made of."""
    files = (reports / "allure-results").glob("*-result.json")
    results = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return sorted((result["historyId"], result["name"], result["status"]) for result in results)


def test_what_could_not_be_read_is_listed_with_the_grade(demo: grading_process.Outcome) -> None:
    faults = {grade["learner"]: grade["faults"] for grade in demo.book()["grades"]}
    assert [learner for learner, some in faults.items() if some] == ["user17"]
    assert faults["user17"][0].startswith("Azure DevOps: could not see the project AE MLOps 17")

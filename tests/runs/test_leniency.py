"""What the lab file allows is allowed from end to end."""

from __future__ import annotations

from pathlib import Path

from tests.support import grading_process


def graded(folder: Path, mistake: str, leniency: str) -> dict[str, str]:
    """Check -> outcome of one learner with that mistake, under that line of the lab file."""
    folder.mkdir()
    cohort = grading_process.write_cohort(folder / "one.csv", 1, {1: mistake})
    lab = cohort.with_name("lab.toml")
    name = leniency.partition(" ")[0]
    lines = lab.read_text(encoding="utf-8").splitlines()
    allowed = [leniency if line.startswith(name) else line for line in lines]
    lab.write_text("\n".join(allowed), encoding="utf-8")
    run = grading_process.grade(
        "--learners", cohort, "--tenant", "simulated", reports=folder / "out"
    )
    return run.outcomes()["learner001"]


def test_a_managed_online_endpoint_counts_where_the_lab_file_says_so(tmp_path: Path) -> None:
    mistake = "endpoint_of_the_second_generation"
    strict = graded(tmp_path / "strict", mistake, "v2_endpoint = false")
    lenient = graded(tmp_path / "lenient", mistake, "v2_endpoint = true")
    assert strict["endpoint-exists"] == "failed"
    undeserved = {check: outcome for check, outcome in lenient.items() if outcome != "passed"}
    assert undeserved == {"endpoint-needs-no-key": "noted"}

"""From bare asserts to verdicts: what a learner reads, and who has to act."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from graders import snapshot
from graders.judging.mismatches import mismatches_of
from graders.judging.named import NamedResources
from graders.reasons import Mismatch, Reason
from graders.wording import in_words
from tests.support import grading_process
from tests.support.paths import COHORTS

DEMO = COHORTS / "demo.csv"


@dataclass(frozen=True)
class Resource:
    name: str


GROUPS = NamedResources(
    "variable group", [Resource("shared-settings"), Resource("devops-for-ai-aml-vg")]
)


def test_a_missing_name_is_answered_with_the_nearest_first() -> None:
    assert explain("in", "devopsforai-aml-vg", GROUPS) == (
        "expected a variable group `devopsforai-aml-vg`; "
        "found `devops-for-ai-aml-vg` (2 edits away), `shared-settings`"
    )
    empty: NamedResources[Resource] = NamedResources("pipeline", [])
    assert explain("in", "x", empty) == "expected a pipeline `x`; found no pipeline at all"


def explain(op: str, left: object, right: object) -> str:
    return in_words(Reason(mismatches_of(op, left, right)).bounded)


def test_each_mismatch_has_a_line() -> None:
    mismatches = [Mismatch("A", "1", "2"), Mismatch("B", "3", "4")]
    assert explain("==", mismatches, []) == "A: expected 1; found 2\nB: expected 3; found 4"
    assert explain("==", "paused", "enabled") == "expected `enabled`; found `paused`"
    assert explain("in", "model", ("drop",)) == "expected `model`; found `drop`"
    assert explain("in", "model", ()) == "expected `model`; found nothing"


def test_any_other_comparison_says_both_sides() -> None:
    assert explain("==", 1, 2) == "expected `2`; found `1`"
    assert explain("in", "a", {"b": 1}) == "expected `a`; found `b`"


def test_a_learner_reads_expected_found_and_the_step_that_fixes_it(
    demo: grading_process.Outcome, tmp_path: Path
) -> None:
    chosen = ("--learner", "user13", "-k", "ci_pipeline_exists", "-v")
    evidence = demo.reports / "evidence"
    run = grading_process.grade(
        "--learners", DEMO, "--evidence", evidence, *chosen, reports=tmp_path
    )
    output = " ".join(run.text.split())
    assert "expected a pipeline `Model-Train-Register-CI`" in output
    assert "`solliancelabs.mlops_13`" in output
    renamed = "Rename `solliancelabs.mlops_13` to `Model-Train-Register-CI`"
    assert f"Fix: step 5.10: {renamed}" in output
    assert "assert " not in run.text


@pytest.fixture
def evidence(demo: grading_process.Outcome, tmp_path: Path) -> Path:
    """A copy of the demo cohort's snapshot, to be spoilt."""
    return Path(shutil.copytree(demo.reports / "evidence", tmp_path / "evidence"))


def test_a_bug_of_ours_fails_no_learner(evidence: Path, tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    arguments = ("--learner", "user1", "-p", "tests.support.broken_rule", f"--junitxml={junit}")
    out = tmp_path / "out"
    run = grading_process.grade("--learners", DEMO, "--evidence", evidence, *arguments, reports=out)
    assert run.outcomes()["user1"]["endpoint-has-the-labs-size"] == "not assessed"
    assert run.grade_book()[0]["total"] == ""
    assert "canary-secret" not in run.text
    suite = ElementTree.parse(junit).getroot().find("testsuite")  # noqa: S314 - our own file
    assert suite is not None
    assert (suite.get("errors"), suite.get("failures")) == ("1", "0")


def test_a_spoilt_snapshot_withholds_one_grade_only(evidence: Path, tmp_path: Path) -> None:
    spoilt = snapshot.path_of(evidence, "user1")
    spoilt.write_text(spoilt.read_text(encoding="utf-8").replace("mlops-aci", "mine", 1))
    snapshot.path_of(evidence, "user12").unlink()
    out = tmp_path / "out"
    run = grading_process.grade("--learners", DEMO, "--evidence", evidence, reports=out)
    withheld = {row["learner"] for row in run.grade_book() if row["total"] == ""}
    assert withheld == {"user1", "user12", "user16", "user17"}
    assert set(run.outcomes()["user1"].values()) == {"not assessed"}

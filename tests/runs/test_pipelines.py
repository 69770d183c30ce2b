"""Runs inside a pipeline: what they leave there, and that no learner commands it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from graders import snapshot
from tests.support import grading_process
from tests.support.ci_log_parsers import obeyed_by_azure, obeyed_by_github
from tests.support.paths import COHORTS

KINDS = ("error", "warning", "add-mask")
AZURES = {
    "error": "task.logissue type=error",
    "warning": "task.logissue type=warning",
    "add-mask": "task.complete",
}


@pytest.fixture(scope="module")
def hostile_evidence(
    demo: grading_process.Outcome, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The demo class's evidence, where everybody's resources are named to command a pipeline."""
    folder = tmp_path_factory.mktemp("hostile") / "evidence"
    folder.mkdir()
    (folder / "tenant.txt").write_bytes((demo.reports / "evidence" / "tenant.txt").read_bytes())
    for number, file in enumerate(sorted((demo.reports / "evidence").glob("*.json"))):
        collected = snapshot.read(file.parent, file.stem)
        assert collected is not None
        kind = KINDS[number % len(KINDS)]
        if isinstance(collected.variable_groups, tuple):
            names = (f"b ##[{kind}]old", f"c ##vso[{AZURES[kind]}]x", f"a\n::{kind} title=no::x")
            groups = tuple(replace(collected.variable_groups[0], name=name) for name in names)
            collected = replace(collected, variable_groups=groups)
        if number < len(KINDS) and isinstance(collected.runs, tuple):
            filled = "a" * 74  # a whole line, so the next word begins one
            unfinished = {"status": "inProgress", "result": None}
            runs = tuple(
                replace(run, number=f"{filled} ::{kind} title=no::new", **unfinished)
                for run in collected.runs
            )
            collected = replace(collected, runs=runs)
        snapshot.write(folder, collected)
    return folder


def graded_in(
    pipeline: str, evidence: Path, tmp_path: Path, *more: object
) -> grading_process.Outcome:
    """The demo class, reported at length, in such a pipeline."""
    variables = {
        "github": {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")},
        "azure": {"TF_BUILD": "True"},
        "none": {},
    }
    options = (
        "--learners",
        COHORTS / "demo.csv",
        "--evidence",
        evidence,
        "--tb=short",
        "-rA",
    )
    return grading_process.grade(
        *options, *more, reports=tmp_path / "out", changes=variables[pipeline]
    )


def test_a_hostile_class_commands_no_pipeline(hostile_evidence: Path, tmp_path: Path) -> None:
    plainly = graded_in("none", hostile_evidence, tmp_path).text
    obeyed = {(command.name, command.data[:3]) for command in obeyed_by_github(plainly)}
    assert obeyed == {(kind, age) for kind in KINDS for age in ("old", "new")}
    assert {
        " ".join((command.name, *map("=".join, command.properties.items())))
        for command in obeyed_by_azure(plainly)
    } == set(AZURES.values())

    github = graded_in("github", hostile_evidence, tmp_path, "-n2", "-v")
    start, end, *ours = obeyed_by_github(github.text)
    assert (start.name, end.name) == ("stop-commands", start.data)
    assert [command.name for command in ours] == ["error", "notice", "notice", "notice"]
    assert "| user1 | " in (tmp_path / "summary.md").read_text("utf-8")

    azure = graded_in("azure", hostile_evidence, tmp_path)
    *issues, summary = obeyed_by_azure(azure.text)
    assert [issue.properties["type"] for issue in issues] == ["error"]
    assert (summary.name, summary.data) == (
        "task.uploadsummary",
        str(tmp_path / "out" / "ci-summary.md"),
    )
    assert (tmp_path / "out" / "ci-summary.md").read_text("utf-8").startswith("# MLOps lab")


def test_a_run_in_github_actions_leaves_a_summary_two_files_and_annotations(
    demo: grading_process.Outcome, tmp_path: Path
) -> None:
    run = graded_in("github", demo.reports / "evidence", tmp_path, "--fail-on", "fault")
    assert run.status == 1
    text = (tmp_path / "summary.md").read_text("utf-8")
    assert text.startswith("\n\n# MLOps lab: 14 of 16 graded, 2 withheld")
    for row in run.grade_book():
        assert row["name"] not in text
        assert f"| {row['learner']} | {row['total'] or 'withheld'} |" in text
    for name in ("learners.xml", "faults.xml"):
        assert (run.reports / "junit" / name).is_file()
        assert str(run.reports / "junit" / name) in run.text
    assert [command.name for command in obeyed_by_github(run.text)[2:]] == [
        "error",
        *["notice"] * 3,
    ]
    assert run.text.index("Written:") < run.text.index("::error")


def test_an_input_that_is_refused_is_quoted_harmlessly(tmp_path: Path) -> None:
    rows = 'learner,number,name\na,1,"##vso[task.complete]\x07"\nb,2,"##[add-mask]b\x07"\n'
    (tmp_path / "class.csv").write_text(rows, "utf-8")
    for variables in ({"TF_BUILD": "True"}, {"GITHUB_ACTIONS": "true"}):
        run = grading_process.grade(
            "--learners", tmp_path / "class.csv", reports=tmp_path, changes=variables
        )
        assert run.status == 4
        assert "task.complete" in run.text
        assert obeyed_by_azure(run.text) == obeyed_by_github(run.text) == []

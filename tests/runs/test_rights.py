"""Who may open results: their owner only, however lax the umask is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reports.allure import builder, tool
from reports.files import NotWritten, keep_private, narrow, write_whole
from reports.outputs import narrow_earlier
from tests.support import allure_page, exported_cohorts, grading_process
from tests.support.graded_project import GradedProject
from tests.support.paths import COHORTS, PROJECT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has no rights of this kind")

LAX = 0o022
OTHERS = 0o077


def rights(path: Path) -> int:
    return path.lstat().st_mode & 0o777


def everything(folder: Path) -> Iterator[Path]:
    return (path for path in (folder, *folder.rglob("*")) if not path.is_symlink())


def open_to_others(folder: Path) -> list[str]:
    """What others may open, with how: empty where there is nothing wrong."""
    return [
        f"{path.relative_to(folder)} {rights(path):o}"
        for path in everything(folder)
        if rights(path) & OTHERS
    ]


@contextmanager
def umask(mask: int) -> Iterator[None]:
    former = os.umask(mask)
    try:
        yield
    finally:
        os.umask(former)


def can_report() -> bool:
    try:
        return bool(tool.find())
    except NotWritten:
        return False


def night(folder: Path, mistakes: str, *extra: object, **changes: str) -> grading_process.Outcome:
    """A run with past runs on a lax system; the second of two learners makes these mistakes."""
    return grading_process.grade(
        *("--learners", grading_process.write_cohort(folder / "two.csv", 2, {2: mistakes})),
        *("--tenant", "simulated", "--fail-on", "never"),
        *("--history", folder / "results" / "history", *extra),
        reports=folder / "results" / "out",
        changes=changes,
        umask=LAX,
    )


def reports_program(*arguments: object) -> None:
    command = [sys.executable, "-m", "reports", *map(str, arguments)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, umask=LAX)


def test_everything_that_a_run_writes_is_open_to_its_owner_only(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("of the runner\n", encoding="utf-8")
    summary.chmod(0o644)
    report = ["--report"] if can_report() else []
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    first = night(tmp_path, "", "--export", "all", *report, **github)
    assert first.status == 0, first.text
    results = tmp_path / "results"
    names = {path.name for path in everything(results)}
    assert {"runs.sqlite", "feedback", "moodle.csv", "faults.xml"} <= {
        name.removeprefix("SIMULATED-") for name in names
    }
    assert ("allure-report.html" in names) == bool(report)
    assert open_to_others(results) == []
    assert rights(summary) == 0o644
    assert "of the runner" in summary.read_text(encoding="utf-8")

    for path in everything(results):  # as an earlier version left it
        path.chmod(0o755 if path.is_dir() else 0o644)
    if report:
        reports_program("report", results / "out")
        assert open_to_others(results / "out" / "allure-report") == []
        assert rights(results / "out" / "allure-report.html") == 0o600
    second = night(tmp_path, "no_variable_group", "-n", "2", TF_BUILD="True")
    assert "recheck 1" in second.text
    assert (results / "out" / "ci-summary.md").is_file()
    assert open_to_others(results / "out") == []
    assert open_to_others(results / "history") == []


def test_the_export_by_name_is_open_to_its_owner_only(
    demo: grading_process.Outcome, tmp_path: Path
) -> None:
    run = grading_process.grade(
        *(
            "--learners",
            COHORTS / "demo.csv",
            "--evidence",
            demo.reports / "evidence",
        ),
        *("--learner", "user9", "--export", "classroom50", "--fail-on", "never"),
        reports=tmp_path / "out",
        changes=exported_cohorts.RUNNER,
        umask=LAX,
    )
    assert (run.reports / "exports" / "classroom50").is_dir(), run.text
    assert open_to_others(run.reports) == []


def test_a_comparison_is_open_to_its_owner_only(
    demo: grading_process.Outcome, tmp_path: Path
) -> None:
    file = tmp_path / "compared.json"
    reports_program("compare", demo.reports, demo.reports, "--json", file)
    assert rights(file) == 0o600


def test_a_report_whose_builder_copies_rights_is_open_to_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allure_page.needs_allure()
    generate = tool.Allure.generate

    def with_rights_of_its_own(*arguments: object) -> None:
        generate(*arguments)  # type: ignore[arg-type]
        for path in everything(Path(arguments[1]["output"])):  # type: ignore[index]
            path.chmod(0o755 if path.is_dir() else 0o644)

    project = GradedProject(tmp_path)
    project.run()
    monkeypatch.setattr(tool.Allure, "generate", with_rights_of_its_own)
    built = builder.build(project.out)
    assert open_to_others(built.folder) == []
    assert built.file is not None
    assert rights(built.file) == 0o600


@pytest.mark.parametrize(("mask", "expected"), [(LAX, 0o600), (0o277, 0o400)])
def test_a_stricter_umask_is_followed(tmp_path: Path, mask: int, expected: int) -> None:
    with umask(mask):
        undo = keep_private()
        write_whole(tmp_path / "one", "text")
        undo()
        (tmp_path / "two").touch()
    assert rights(tmp_path / "one") == expected
    assert rights(tmp_path / "two") == 0o666 & ~mask


def test_what_is_not_there_or_elsewhere_is_not_narrowed(tmp_path: Path) -> None:
    (tmp_path / "theirs").touch()
    (tmp_path / "theirs").chmod(0o644)
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    narrow(tmp_path / "nothing", tmp_path / "link")
    assert rights(tmp_path / "theirs") == 0o644


def test_a_folder_with_other_files_in_it_keeps_its_rights(tmp_path: Path) -> None:
    reports, history = tmp_path / "own", tmp_path / "history"
    for folder, name in ((reports, "notes.txt"), (reports, "index.html"), (history, "runs.sqlite")):
        folder.mkdir(exist_ok=True)
        (folder / name).touch()
        (folder / name).chmod(0o644)
        folder.chmod(0o755)
    narrow_earlier(reports, history)
    narrow_earlier(tmp_path / "nowhere", tmp_path / "nowhere")
    assert [rights(path) for path in (reports, reports / "notes.txt", reports / "index.html")] == [
        *(0o755, 0o644, 0o600)
    ]
    assert open_to_others(history) == []

"""Adding stays small: a check is one function, its mistake one entry, and the rest is made.

An advisory check and its mistake are added to a copy of the project, ``make`` does what
CONTRIBUTING.md says, and the copy's own tests judge it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from filecmp import cmp
from pathlib import Path

import pytest

from fixtures.plugin.grading import whole_rubric
from graders.rubric import Check
from graders.verdicts import Outcome
from tests.support import golden_lines, grading_process
from tests.support.paths import PROJECT

ADDED = {
    "tests/lab/test_task_5_ci.py": '''

@check(step="5.11", hint="Leave the pipeline's default branch as it is.")
def test_ci_run_was_of_the_default_branch(ci_run: Run, ci_pipeline: Pipeline) -> None:
    """The succeeded run was one of the pipeline's default branch."""
    usual = ci_pipeline.default_branch.removeprefix("refs/heads/")
    assert ci_run.branch.removeprefix("refs/heads/") == usual
''',
    "fixtures/mistakes/task_5.toml": """
[ci_of_another_default_branch]
story = "The learner chose another default branch for the pipeline after its run."
first = { check = "ci-run-was-of-the-default-branch", says = "expected `other`" }
set = { "ci.default_branch" = "refs/heads/other" }
notes = ["ci-run-was-of-the-default-branch"]
""",
}
"""All that is written by hand."""
NEW = Check("ci-run-was-of-the-default-branch", "", "5.11", 0, "")
MISTAKE = "ci_of_another_default_branch"
MADE = ("README.md", "docs/", "tests/golden/")
"""What ``make docs golden`` writes."""
TESTS = ("tests/tenant/test_mistakes.py", "tests/runs/test_documents.py")

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="there is no make")


@dataclass(frozen=True)
class Copy:
    """The project with what was added, and how each target of ``make`` ended."""

    folder: Path
    ended: dict[str, subprocess.CompletedProcess[str]]

    def frozen(self) -> dict[str, dict[str, Outcome]]:
        text = (self.folder / golden_lines.ENTRIES.relative_to(PROJECT)).read_text("utf-8")
        return golden_lines.read(text, (*whole_rubric(), NEW))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    folder = grading_process.copied_project(tmp_path_factory.mktemp("adding") / "project")
    for name, text in ADDED.items():
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(text)
    if (known := PROJECT / ".mypy_cache").is_dir():  # what mypy knows of the files that stay
        shutil.copytree(known, folder / known.name)
    ready, dev = folder / ".ready", folder / ".dev"  # its environment is ours
    ready.touch()
    dev.touch()
    own = (f"BIN={Path(sys.executable).parent}", f"READY={ready}", f"DEV={dev}")
    own += ("GOLDEN=--no-pairs",)  # which take long, and only say what the entries say
    with ThreadPoolExecutor(max_workers=2) as pool:
        targets = ("golden", "lint", "docs")
        ended = pool.map(lambda target: _run(folder, "make", target, *own), targets)
        return Copy(folder, dict(zip(targets, ended, strict=True)))


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=grading_process.environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )


def test_make_succeeds(copy: Copy) -> None:
    failed = {target: done for target, done in copy.ended.items() if done.returncode}
    assert failed == {}


def test_nothing_else_is_written_by_hand(copy: Copy) -> None:
    changed = {name for name in _files(copy.folder) if not _same(copy.folder, name)}
    assert {name for name in changed if not name.startswith(MADE)} == set(ADDED)


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith(".") and "__pycache__" not in name:
            yield name


def _same(folder: Path, name: str) -> bool:
    return (PROJECT / name).exists() and cmp(folder / name, PROJECT / name, shallow=False)


def test_the_check_is_noted_by_its_mistake_and_moves_no_other_verdict(copy: Copy) -> None:
    now = copy.frozen()
    alone = {check: outcome for check, outcome in now.pop(MISTAKE).items() if outcome != "passed"}
    assert alone == {NEW.id: "noted"}
    trips = {name for name, outcomes in now.items() if outcomes[NEW.id] == "noted"}
    older = {"everything_on_another_branch", "branch_called_master"}
    assert trips == older, "older mistakes that the check notes too"
    assert {outcomes[NEW.id] for outcomes in now.values()} == {
        "noted",
        "passed",
        "blocked",
        "pending",
        "not assessed",
    }
    assert {name: _without(outcomes) for name, outcomes in now.items()} == golden_lines.of_entries()


def _without(outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
    return {check: outcome for check, outcome in outcomes.items() if check != NEW.id}


def test_the_tests_of_the_copy_are_green(copy: Copy) -> None:
    chosen = f"{MISTAKE} or code"
    done = _run(copy.folder, sys.executable, "-m", "pytest", "-q", "-k", chosen, *TESTS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert MISTAKE in (copy.folder / "docs" / "mistakes.md").read_text("utf-8")

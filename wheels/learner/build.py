"""Builds what learners install: the modules that ``mlops-lab-check`` reaches, and no others.

``python wheels/learner/build.py DIR`` writes one wheel to DIR; it needs setuptools and no
network. A module belongs to it if the command, the graded checks, or another module of it imports
it, at once or inside a function. So no list of modules can be out of date, and the catalogue of
mistakes, the simulated tenant, reports and the instructor's tools stay out.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
ROOMS = ("graders", "fixtures", "reports", "tests")
BEGINNING = ("fixtures.learner.command", "fixtures.plugin.judge")
CHECKS = "tests/lab"
DATA = (
    "fixtures/learner/pytest.ini",
    "graders/lab/editions",
    "graders/services/doctor/findings.toml",
)


def modules() -> list[Path]:
    """The files of the wheel, as paths in the project, sorted."""
    reached = [_file(name) for name in BEGINNING]
    reached += sorted((PROJECT / CHECKS).glob("*.py"))
    for file in reached:  # it grows on the way
        reached += [new for new in _needed(file) if new not in reached]
    return sorted(file.relative_to(PROJECT) for file in reached)


def _needed(file: Path) -> Iterator[Path]:
    """The packages around a file, and what it imports of ours."""
    for folder in file.relative_to(PROJECT).parents[:-1]:
        yield PROJECT / folder / "__init__.py"
    yield from filter(None, map(_file, _imports(ast.parse(file.read_text(encoding="utf-8")))))


def _imports(tree: ast.AST) -> Iterator[str]:
    """Every name that could be a module; what only type checkers import does not count."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield from _imports(node)


def _file(module: str) -> Path | None:
    """The file of one of our modules; None for anything else."""
    parts = module.split(".")
    place = PROJECT.joinpath(*parts)
    if parts[0] not in ROOMS:
        return None
    return next(
        (file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None
    )


def stage(folder: Path) -> None:
    """Copy what the wheel is built from into an empty folder."""
    for file in (*modules(), *_data()):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / file, folder / file)
    shutil.copy(HERE / "pyproject.toml", folder)
    shutil.copy(PROJECT / "docs" / "learner.md", folder / "README.md")
    (folder / "VERSION").write_text(version(), encoding="utf-8")


def _data() -> Iterable[Path]:
    named = [PROJECT / name for name in DATA]
    files = [found for path in named for found in ([path] if path.is_file() else path.rglob("*"))]
    return [file.relative_to(PROJECT) for file in files if file.is_file() and file.suffix != ".pyc"]


def version() -> str:
    """The project's, and the moment: pipx takes a wheel of a known version for the old one."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    moment = float(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    return f"{project['version']}.post{time.strftime('%Y%m%d%H%M%S', time.gmtime(moment))}"


def build(target: Path) -> Path:
    """Build the wheel into a folder; returns its path. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        stage(Path(folder))
        offline = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
        command = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            *offline,
            "--wheel-dir",
            str(target),
            folder,
        ]
        subprocess.run(command, check=True)  # noqa: S603 - our own pip
    return max(target.glob("mlops_lab_check-*.whl"), key=lambda wheel: wheel.stat().st_mtime)


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))

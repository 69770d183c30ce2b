"""What learners install: its files, its dependencies, and that it checks a lab on its own."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import grading_process
from tests.support.paths import PROJECT
from tests.support.served_tenant import ORGANIZATION, SUBSCRIPTION, Served, serving, tenant_of

LENIENT = f"""\
[tenant]
organization = "{ORGANIZATION}"
github_owner = "{ORGANIZATION}"
subscription_id = "{SUBSCRIPTION}"

[leniency]
v2_endpoint = true
"""
NOT_FOR_LEARNERS = re.compile(
    r"simulator|mistakes|faults|cohorts|fixtures/nightly|allure|commands|__main__|golden|support|snapshots"
    r"|fixtures/plugin/(run|collect|command_line|options|tenant|recorder)|reports/(page|feedback|exports|dispute)"
    r"|doctor/(examination|azure|github)|decisions_file|history/store"
)
DEPENDENCIES = {
    *("pytest", "requests", "pydantic", "rapidfuzz", "pyyaml"),
    *("azure-devops", "azure-identity", "pygithub"),
}
NOT_INSTALLED = (
    *("azure.ai", "allure_commons", "allure_pytest", "xdist", "rich", "jinja2"),
    *("starlette", "uvicorn", "httptools", "trustme", "graphql", "hypothesis"),
)
ALONE = f"""\
import sys

class Absent:
    def find_spec(self, name, *_):
        if name.startswith({NOT_INSTALLED!r}):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
from fixtures.learner.command import main
sys.exit(main())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as ``make learner-wheel`` builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, PROJECT / "fixtures" / "learner" / "wheel" / "build.py", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    [built] = folder.iterdir()
    assert done.stdout.strip() == str(built)
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def tenant() -> Iterator[Served]:
    with serving(tenant_of(1)) as served:
        yield served


def test_it_holds_no_answers_no_simulator_and_no_instructors_tools(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if NOT_FOR_LEARNERS.search(name)] == []
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {
        *("fixtures", "graders", "reports", "tests")
    }
    assert "graders/lab/editions/ae_mlops/sheet.toml" in names
    assert "fixtures/learner/pytest.ini" in names
    assert len(names) < 180
    assert wheel.stat().st_size < 400_000


def test_it_needs_only_what_a_learners_run_uses(installed: Path) -> None:
    [metadata] = installed.glob("*.dist-info/METADATA")
    needs = re.findall(r"^Requires-Dist: ([\w.-]+)(.*)", metadata.read_text("utf-8"), re.MULTILINE)
    assert {name.lower() for name, more in needs if "extra" not in more} == DEPENDENCIES
    assert [name for name, more in needs if "extra" in more] == ["azure-ai-ml"]
    [entries] = installed.glob("*.dist-info/entry_points.txt")
    assert "mlops-lab-check = fixtures.learner.command:main" in entries.read_text("utf-8")


def test_every_build_has_a_version_of_its_own(wheel: Path) -> None:
    assert re.fullmatch(r"mlops_lab_check-[\d.]+\.post\d{14}-py3-none-any\.whl", wheel.name)


def test_it_checks_a_lab_without_anything_else(
    installed: Path, tenant: Served, tmp_path: Path
) -> None:
    """Also where online endpoints count: a web service is there, so nobody looks for others."""
    (tmp_path / "lab.toml").write_text(LENIENT, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --boom\n", encoding="utf-8")
    ended = check(installed, tenant, tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.endswith("All done: 100 of 100 points.\n")


def test_online_endpoints_without_their_sdk_are_not_assessed(
    installed: Path, tenant: Served, tmp_path: Path
) -> None:
    services = tenant.world(1).services
    kept, services[:] = list(services), []
    (tmp_path / "lab.toml").write_text(LENIENT, encoding="utf-8")
    ended = check(installed, tenant, tmp_path, "-m", "task7")
    services[:] = kept
    words = " ".join(ended.stdout.split())
    assert ended.returncode == 1
    assert "NOT CHECKED: " in words
    assert "azure-ai-ml is not installed" in words
    assert "FIX: " not in words


def check(
    installed: Path, tenant: Served, folder: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    ids = tenant.tenant.ids
    sign_in = {
        "AZURE_TENANT_ID": ids.tenant_id,
        "AZURE_CLIENT_ID": ids.client_id,
        "AZURE_CLIENT_SECRET": ids.client_secret,
        "GITHUB_TOKEN": ids.github_token,
    }
    home = {"HOME": str(folder), "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    return subprocess.run(
        [sys.executable, "-c", ALONE, "--lab", "lab.toml", "--number", "1", *more],
        cwd=folder,
        env=grading_process.environment({**tenant.environment, **sign_in, **home}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )

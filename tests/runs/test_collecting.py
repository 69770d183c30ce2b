"""When collecting goes wrong: which cause is named, and what is kept all the same."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from fixtures.plugin.tenant import SIMULATED, facing
from fixtures.simulator import process
from graders.inputs.lab_file import find_lab_file
from tests.support import grading_process

NOWHERE = "http://127.0.0.1:9"  # the port "discard": nobody listens there
SIGNED_IN = {
    "AZURE_TENANT_ID": "c6a9e2f0-84d1-4b37-a5c8-19f3d07b62ea",
    "AZURE_CLIENT_ID": "00000000-0000-0000-0000-000000000001",
    "AZURE_CLIENT_SECRET": "canary-secret-of-nobody",
    "GITHUB_TOKEN": "canary-token-of-nobody",
}


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    return grading_process.write_cohort(tmp_path / "two.csv", 2)


def test_a_network_that_is_down_is_not_taken_for_a_folder_that_takes_nothing(
    cohort: Path, tmp_path: Path
) -> None:
    down = {"HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE, "https_proxy": NOWHERE, **SIGNED_IN}
    arguments = ("--learners", cohort, "--tenant", "live")
    run = grading_process.grade(*arguments, reports=tmp_path / "out", changes=down)
    assert run.status != 0
    assert "cannot write evidence" not in run.text
    assert "the proxy did not let the request through" in run.text
    assert "Traceback" not in run.text
    assert "canary" not in run.text


def test_a_folder_that_takes_nothing_is_named(cohort: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file, where a folder has to be", encoding="utf-8")
    arguments = ("--learners", cohort, "--tenant", "simulated")
    run = grading_process.grade(*arguments, reports=tmp_path / "out")
    assert run.status == pytest.ExitCode.USAGE_ERROR, run.text
    assert f"--reports {tmp_path / 'out'}: cannot write evidence there" in run.text
    assert "Traceback" not in run.text


@pytest.mark.parametrize("is_folder", [False, True])
def test_evidence_that_somebody_else_wrote_stays_as_it_is(
    cohort: Path, tmp_path: Path, is_folder: bool
) -> None:
    theirs = tmp_path / "out" / "evidence" / ("learner001.json" if is_folder else "")
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs", encoding="utf-8")
    arguments = ("--learners", cohort, "--tenant", "simulated")
    run = grading_process.grade(*arguments, reports=tmp_path / "out")
    assert run.status == pytest.ExitCode.USAGE_ERROR, run.text
    evidence = tmp_path / "out" / "evidence"
    assert f"{evidence} was not written by this program" in run.text
    assert "choose another folder with --reports" in run.text
    assert "Traceback" not in run.text
    assert theirs.read_text(encoding="utf-8") == "theirs"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["evidence"]


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL to send on Windows")
def test_what_was_collected_is_kept_when_the_tenant_dies_at_the_end(
    cohort: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[process.SimulatedTenant] = []
    begin = process.SimulatedTenant.start
    monkeypatch.setattr(
        process.SimulatedTenant, "start", lambda self: (started.append(self), begin(self))[1]
    )
    with facing(SIMULATED, cohort, find_lab_file(cohort), {}) as faced:
        os.kill(started[0].pid or 0, signal.SIGKILL)
    assert faced.said == {}

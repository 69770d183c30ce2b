"""Collecting a cohort through the real SDKs: frugal, read-only, discreet, and hard to lose."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.simulator.process import SimulatedTenant
from tests.support import grading_process
from tests.support.paths import PROJECT

LEARNERS = 50


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grading_process.write_cohort(tmp_path_factory.mktemp("fifty") / "fifty.csv", LEARNERS)


@pytest.fixture
def tenant(cohort: Path) -> Iterator[SimulatedTenant]:
    """A tenant that outlives the run, to be asked what the run did to it."""
    with SimulatedTenant(cohort, cohort.with_name("lab.toml"), ()) as simulated:
        yield simulated


def grade_live(cohort: Path, reports: Path, tenant: SimulatedTenant) -> grading_process.Outcome:
    """As against the cloud: the run knows nothing of a simulated tenant but the way there."""
    return grading_process.grade(
        "--learners", cohort, "--tenant", "live", reports=reports, changes=tenant.environment()
    )


def test_fifty_model_answers_cost_at_most_18_requests_each_and_no_write(
    cohort: Path, tenant: SimulatedTenant, tmp_path: Path
) -> None:
    run = grade_live(cohort, tmp_path, tenant)
    log = tenant.requests()
    assert run.status == 0, run.text
    assert log["requests"] <= 18 * LEARNERS
    assert log["violations"] == []
    assert log["unknown_routes"] == []
    assert log["refused_hosts"] == []
    assert {row["total"] for row in run.grade_book()} == {"100"}


def test_no_credential_is_in_anything_a_run_wrote(
    cohort: Path, tenant: SimulatedTenant, tmp_path: Path
) -> None:
    run = grade_live(cohort, tmp_path, tenant)
    environment = tenant.environment()
    canaries = [environment[name] for name in ("AZURE_CLIENT_SECRET", "GITHUB_TOKEN")]
    written = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert len(written) > LEARNERS
    for canary in canaries:
        assert len(canary) >= 16
        assert canary not in run.text
        assert not any(canary.encode() in content for content in written)
    # two parts of a token, for the packed data of a page holds the beginning of one by chance
    token = rb"Bearer\s+\S|eyJ[\w-]{8,}\.eyJ"
    assert not any(re.search(token, content) for content in written)


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL to send on Windows")
def test_a_killed_collection_resumes_where_it_was(
    cohort: Path, tenant: SimulatedTenant, tmp_path: Path
) -> None:
    whole = grade_live(cohort, tmp_path / "whole", tenant)
    uninterrupted = tenant.requests()["requests"]

    cut_short = tmp_path / "cut"
    kill_when(5, cut_short / "evidence", cohort, tenant)
    collected = len(list((cut_short / "evidence").glob("*.json")))
    assert 5 <= collected < LEARNERS

    arguments = ("--learners", cohort, "--tenant", "live", "--resume")
    resumed = grading_process.grade(*arguments, reports=cut_short, changes=tenant.environment())
    again = tenant.requests()["requests"] - uninterrupted
    in_flight = 12 * 20 + 10  # of 12 learners collected together, and what all of them share
    assert [row | {"graded_at": ""} for row in resumed.grade_book()] == [
        row | {"graded_at": ""} for row in whole.grade_book()
    ]
    assert again <= uninterrupted + in_flight


def kill_when(written: int, folder: Path, cohort: Path, tenant: SimulatedTenant) -> None:
    """Start a run and kill it as soon as that many learners' snapshots are on disk."""
    arguments = ["--learners", cohort, "--tenant", "live", "--reports", folder.parent]
    run = subprocess.Popen(
        grading_process.command(arguments),
        cwd=PROJECT,
        env=grading_process.environment(tenant.environment()),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    retry_policy = time.monotonic() + 120
    while len(list(folder.glob("*.json"))) < written and time.monotonic() < retry_policy:
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()

"""Collecting a cohort through the real SDKs: frugal, read-only, discreet, and hard to lose."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fixtures.simulator.process import SimulatedTenant
from tests.support import grading_process
from tests.support.paths import PROJECT

LEARNERS = 50


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grading_process.write_cohort(tmp_path_factory.mktemp("fifty") / "fifty.csv", LEARNERS)


@dataclass(frozen=True)
class Whole:
    """The class graded at once, and what its tenant says of that."""

    run: grading_process.Outcome
    log: Mapping[str, Any]
    environment: Mapping[str, str]


@pytest.fixture(scope="module")
def whole(cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """As against the cloud: the run knows nothing of a simulated tenant but the way there."""
    reports = tmp_path_factory.mktemp("whole")
    with SimulatedTenant(cohort, cohort.with_name("lab.toml")) as tenant:
        environment = tenant.environment()
        run = grading_process.grade(
            "--learners", cohort, "--tenant", "live", reports=reports, changes=environment
        )
        return Whole(run, tenant.requests(), environment)


def test_fifty_model_answers_cost_at_most_18_requests_each_and_no_write(whole: Whole) -> None:
    run, log = whole.run, whole.log
    assert run.status == 0, run.text
    assert log["requests"] <= 18 * LEARNERS
    assert log["violations"] == []
    assert log["unknown_routes"] == []
    assert log["refused_hosts"] == []
    assert {row["total"] for row in run.grade_book()} == {"100"}


def test_no_credential_is_in_anything_a_run_wrote(whole: Whole) -> None:
    run = whole.run
    canaries = [whole.environment[name] for name in ("AZURE_CLIENT_SECRET", "GITHUB_TOKEN")]
    written = [file.read_bytes() for file in run.reports.rglob("*") if file.is_file()]
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
    cohort: Path, whole: Whole, tmp_path: Path
) -> None:
    arguments = ("--learners", cohort, "--tenant", "live", "--resume")
    with SimulatedTenant(cohort, cohort.with_name("lab.toml")) as tenant:
        kill_when(5, tmp_path / "evidence", cohort, tenant)
        collected = len(list((tmp_path / "evidence").glob("*.json")))
        assert 5 <= collected < LEARNERS
        resumed = grading_process.grade(*arguments, reports=tmp_path, changes=tenant.environment())
        asked = tenant.requests()["requests"]
    in_flight = 12 * 20 + 10  # of 12 learners collected together, and what all of them share
    assert [row | {"graded_at": ""} for row in resumed.grade_book()] == [
        row | {"graded_at": ""} for row in whole.run.grade_book()
    ]
    assert asked <= whole.log["requests"] + in_flight


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

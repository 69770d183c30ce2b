"""The simulated tenant as a process: how it starts, whom it refuses, and that it never lingers."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import certifi
import pytest
import requests

from fixtures.simulator.process import ROOT, SimulatedTenant, TenantError
from tests.support.simulated_class import session_with, write_cohort

PATIENCE = 30.0


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cohort(tmp_path_factory.mktemp("cohort"))


@pytest.fixture
def tenant(cohort: Path) -> Iterator[SimulatedTenant]:
    with SimulatedTenant(cohort) as tenant:
        yield tenant


@pytest.fixture
def session(tenant: SimulatedTenant) -> Iterator[requests.Session]:
    with session_with(tenant) as session:
        yield session


def started_alone(cohort: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "fixtures.simulator", "--learners", str(cohort), *more],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def eventually(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_so()


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGTERM to catch")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_one_line_and_exits_on_a_signal(cohort: Path, number: signal.Signals) -> None:
    process = started_alone(cohort)
    credentials = json.loads(process.stdout.readline()) if process.stdout else {}
    certificate = Path(credentials["ca"])
    assert certificate.exists()
    process.send_signal(number)
    rest, complaints = process.communicate(timeout=PATIENCE)
    assert (process.returncode, rest, complaints) == (0, "", "")
    assert not certificate.parent.exists()
    assert set(credentials) == {
        *("proxy", "ca", "tenant_id", "subscription_id", "client_id", "client_secret"),
        *("github_token", "azure_devops_pat"),
    }


@pytest.mark.skipif(os.name != "posix", reason="ends the parent by SIGKILL")
def test_it_does_not_outlive_a_run_that_was_killed(cohort: Path) -> None:
    program = (
        "import sys, time; from fixtures.simulator.process import SimulatedTenant\n"
        f"with SimulatedTenant({str(cohort)!r}) as tenant:\n"
        "    print(tenant.pid, tenant.credentials['ca'], flush=True); time.sleep(600)"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    line = run.stdout.readline() if run.stdout else ""
    pid, _, certificate = line.strip().partition(" ")
    run.kill()
    run.communicate(timeout=PATIENCE)
    assert eventually(lambda: not Path(certificate).parent.exists()), f"{pid} is still there"


def test_alone_it_outlives_the_end_of_its_input(cohort: Path) -> None:
    process = started_alone(cohort)
    if process.stdout and process.stdin:
        process.stdout.readline()
        process.stdin.close()
        process.stdin = None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    process.terminate()
    process.communicate(timeout=PATIENCE)


def test_bad_input_is_one_sentence_per_problem_and_status_2(tmp_path: Path) -> None:
    bad = tmp_path / "cohort.csv"
    bad.write_text("learner,number\nada,one\nada,2\n", encoding="utf-8")
    process = started_alone(bad)
    output, complaints = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output) == (2, "")
    assert len(complaints.splitlines()) == 2
    assert "row 2" in complaints
    assert "Traceback" not in complaints


def test_a_port_that_is_taken_or_none_is_one_sentence(cohort: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for port in (str(taken.getsockname()[1]), "70000"):
            process = started_alone(cohort, "--port", port)
            output, complaints = process.communicate(timeout=PATIENCE)
            assert (process.returncode, output) == (2, "")
            assert "Traceback" not in complaints


def test_a_tenant_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(TenantError, match=r"nowhere\.csv"):
        SimulatedTenant(tmp_path / "nowhere.csv").__enter__()


def test_no_key_lies_beside_the_authority_and_both_are_gone_at_the_end(cohort: Path) -> None:
    with SimulatedTenant(cohort) as tenant:
        certificate = Path(tenant.credentials["ca"])
        with session_with(tenant) as session:
            answer = session.get("https://dev.azure.com/")
        texts = [path.read_text() for path in certificate.parent.iterdir()]
    assert answer.status_code
    assert len(texts) == 1
    assert texts[0].count("BEGIN CERTIFICATE") == 1
    assert "PRIVATE KEY" not in texts[0]
    assert not certificate.parent.exists()


def test_a_client_that_trusts_only_real_authorities_gets_nothing(tenant: SimulatedTenant) -> None:
    with session_with(tenant) as session, pytest.raises(requests.exceptions.SSLError):
        session.get("https://dev.azure.com/", verify=certifi.where())


def test_other_hosts_are_refused_and_counted(
    tenant: SimulatedTenant, session: requests.Session
) -> None:
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        session.get("https://packages.example/")
    assert session.get("http://plain.example/").status_code == 403
    assert session.get("http://dev.azure.com/").status_code == 403  # never without TLS
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        session.get("https://dev.azure.com:8443/")
    log = tenant.requests()
    assert {"packages.example", "plain.example"} <= set(log["refused_hosts"])
    assert log["refusals"] == 4
    assert log["requests"] == 0


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("DELETE", "https://dev.azure.com/lab-organisation/_apis/projects/1?token=canary"),
        ("PUT", "https://management.azure.com/subscriptions/1?token=canary"),
        ("POST", "https://centralus.api.azureml.ms/pipelines/v1.0/x?token=canary"),
        ("PATCH", "https://api.github.com/repos/lab-owner/mlops_01?token=canary"),
        ("POST", "https://management.azure.com/subscriptions/1/listkeys/delete?token=canary"),
    ],
)
def test_a_write_is_refused_and_logged_without_its_query(
    tenant: SimulatedTenant, session: requests.Session, method: str, url: str
) -> None:
    assert session.request(method, url, json={"secret": "canary"}).status_code == 403
    log = tenant.requests()
    assert [line.split()[0] for line in log["violations"]] == [method]
    assert "canary" not in json.dumps(log)


def test_a_route_that_is_not_served_is_logged(
    tenant: SimulatedTenant, session: requests.Session
) -> None:
    answers = [session.get("https://login.microsoftonline.com/No/Such") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert tenant.requests()["unknown_routes"] == ["GET login.microsoftonline.com/No/Such"]


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("https://dev.azure.com/lab-organisation/_apis/projects", 3),
        ("https://management.azure.com/subscriptions?api-version=2022-12-01", 3),
        ("https://centralus.api.azureml.ms/discovery", 3),
        ("http://00000000-0000-0000-0000-000000000000.centralus.azurecontainer.io/", 3),
        ("https://api.github.com/rate_limit", 1),
    ],
)
def test_one_request_of_each_service_is_throttled(
    session: requests.Session, url: str, number: int
) -> None:
    answers = [session.get(url, allow_redirects=False) for _ in range(6)]
    throttled = [place for place, answer in enumerate(answers, 1) if answer.status_code == 429]
    assert throttled == [number]
    assert answers[number - 1].headers["Retry-After"] == "1"


def test_every_service_has_its_own_headers(session: requests.Session) -> None:
    github = session.get("https://api.github.com/rate_limit").headers
    manager = session.get("https://management.azure.com/subscriptions").headers
    assert int(github["x-ratelimit-remaining"]) + int(github["x-ratelimit-used"]) == 5000
    assert "x-ms-ratelimit-remaining-subscription-reads" in manager
    assert "ActivityId" in session.get("https://dev.azure.com/o/_apis/projects").headers


def test_the_environment_signs_in_with_entra_and_keeps_secrets_out_of_sight(
    tenant: SimulatedTenant,
) -> None:
    environment = tenant.environment()
    assert not [name for name, value in environment.items() if "_PAT" in name and value]
    assert environment["NO_PROXY"] == environment["no_proxy"] == ""
    secrets = [tenant.credentials[name] for name in ("client_secret", "github_token")]
    assert not [secret for secret in secrets if secret in repr(tenant)]


def test_secrets_are_new_for_every_tenant(cohort: Path, tenant: SimulatedTenant) -> None:
    with SimulatedTenant(cohort) as other:
        secret = ("client_secret", "github_token", "azure_devops_pat")
        assert not [name for name in secret if tenant.credentials[name] == other.credentials[name]]

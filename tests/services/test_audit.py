"""The audit: a line for every request that was tried, and no secret in any of them."""

from __future__ import annotations

import json
import os
import stat
import threading
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from graders.services.http.audit import Audit, on_behalf_of
from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from reports.files import keep_private
from tests.support.leaks import SECRETS
from tests.support.loopback_proxy import Loopback, Reply, as_json

PROJECTS = "https://dev.azure.com/org/_apis/projects"
SCORE = "http://1a2b.centralus.azurecontainer.io/score"
QUICK = RetryPolicy(attempts=2, backoff=0.001)


@pytest.fixture
def wire(internet: Loopback, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    internet.stand_in_for_the_internet(monkeypatch)
    return internet


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text("ascii").splitlines()]


def asked(file: Path, *requests_: tuple[str, str, dict[str, str]]) -> list[dict[str, object]]:
    """What the audit has after these requests: method, URL, headers."""
    audit = Audit(file)
    with ReadOnlyTransport(QUICK, audit=audit):
        for method, url, headers in requests_:
            with suppress(requests.RequestException):
                requests.request(method, url, headers=headers, timeout=5)
    audit.close()
    return lines(file)


def test_each_request_has_its_time_place_status_size_and_id(wire: Loopback, tmp_path: Path) -> None:
    wire.replies[:] = [as_json({"count": 0}, ActivityId="abc-1")]
    with on_behalf_of("user3"):
        (line,) = asked(tmp_path / "a", ("GET", f"{PROJECTS}?api-version=7.1", {}))
    time = line.pop("time")
    assert str(time).endswith("+00:00")
    assert line == {
        "learner": "user3",
        "service": "Azure DevOps",
        "method": "GET",
        "host": "dev.azure.com",
        "path": "/org/_apis/projects",
        "status": 200,
        "bytes": 12,
        "id": "abc-1",
    }


def test_retries_refusals_and_faults_have_lines_of_their_own(
    wire: Loopback, tmp_path: Path
) -> None:
    wire.replies[:] = [Reply(503, b"busy")]
    retried, again, refused, foreign = asked(
        tmp_path / "a",
        ("GET", PROJECTS, {}),
        ("DELETE", PROJECTS, {}),
        ("GET", "https://elsewhere.example/x", {}),
    )
    assert (retried["status"], again["status"]) == (503, 503)
    assert refused["status"] is None
    assert "only reads" in str(refused["error"])
    assert (foreign["service"], foreign["host"]) == ("", "elsewhere.example")


def test_no_secret_is_in_a_line(wire: Loopback, tmp_path: Path) -> None:
    secret = "canarySecret0123456789"
    echo = as_json({}, **{"x-ms-request-id": secret})
    wire.replies[:] = [as_json({}), as_json({}), echo]
    token = f"ghp_{secret}"
    made = asked(
        tmp_path / "a",
        ("GET", f"{PROJECTS}?sig={secret}&token={secret}", {"Authorization": f"Bearer {secret}"}),
        ("GET", f"{PROJECTS}/{token}", {}),
        ("POST", SCORE, {"Authorization": f"Bearer {secret}"}),  # the learner's container echoes it
    )
    assert len(made) == 3
    text = json.dumps(made)
    assert secret not in text
    assert not SECRETS.search(text)


@pytest.mark.usefixtures("wire")
def test_threads_write_whole_lines_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    undo = keep_private()
    file = tmp_path / "a"
    audit = Audit(file)
    with ReadOnlyTransport(QUICK, audit=audit):
        threads = [
            threading.Thread(target=lambda: [requests.get(PROJECTS, timeout=5) for _ in range(5)])
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    audit.close()
    undo()
    assert len(lines(file)) == 40
    assert not file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


@pytest.mark.usefixtures("wire")
def test_a_new_run_replaces_the_audit_and_resume_adds_to_it(tmp_path: Path) -> None:
    file = tmp_path / "a"
    for append, expected in ((False, 1), (True, 2), (False, 1)):
        audit = Audit(file, append=append)
        with ReadOnlyTransport(QUICK, audit=audit):
            requests.get(PROJECTS, timeout=5)
        audit.close()
        assert len(lines(file)) == expected


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no disk that is always full")  # noqa: PTH110
@pytest.mark.usefixtures("wire")
def test_a_full_disk_costs_lines_and_says_so_but_no_evidence() -> None:
    audit = Audit(Path("/dev/full"), append=True)
    with ReadOnlyTransport(QUICK, audit=audit):
        assert requests.get(PROJECTS, timeout=5).status_code == 200
    audit.close()
    assert "space" in audit.fault

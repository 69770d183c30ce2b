"""What holds the unit tests to their promise, and the tests of services to theirs."""

from __future__ import annotations

import socket
import sys

import pytest

from tests.support import isolation

STARTS_ONE = ("subprocess.Popen", "true", ["true"], None, None)


def test_a_unit_test_that_starts_a_process_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="starts a process"):
        sys.audit(*STARTS_ONE)


def test_a_test_of_a_service_may_start_a_process() -> None:
    with isolation.watched("a test", processes=True):
        sys.audit(*STARTS_ONE)


@pytest.mark.parametrize("processes", [True, False])
def test_neither_leaves_the_loopback(processes: bool) -> None:
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
    with (
        socket.socket() as own,
        isolation.watched("a test", processes=processes),
        pytest.raises(pytest.fail.Exception, match=r"leaves the loopback: 192\.0\.2\.1"),
    ):
        own.connect(("192.0.2.1", 80))

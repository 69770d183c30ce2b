"""Which tests are quick, and what holds them to it."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from tests.selftest.quick import HERE, is_quick


@pytest.mark.parametrize(
    ("text", "quick"),
    [
        ("from graders.verdicts import Grade", True),
        ("from tests.selftest import graded_run, loopback", True),
        ("def f():\n    import subprocess", False),
        ("from playwright.sync_api import Browser", False),
        ("from tests.selftest import graded_run, runs", False),
        ("from tests.selftest.catalogue_class import CATALOGUE", False),
        ("from fixtures.simulator import process", False),
    ],
)
def test_a_file_is_quick_by_what_it_and_its_helpers_import(
    text: str, quick: bool, tmp_path: Path
) -> None:
    file = tmp_path / "test_new.py"
    file.write_text(text, encoding="utf-8")
    assert is_quick(file) == quick


def test_most_rules_are_held_by_quick_tests() -> None:
    quick = {one.name for one in HERE.glob("test_*.py") if is_quick(one)}
    assert {"test_rules.py", "test_verdicts.py", "test_cohort.py", "test_quick.py"} <= quick
    assert not quick & {"test_demo_cohort.py", "test_browser_page.py", "test_catalogue.py"}


def test_a_quick_test_that_starts_a_process_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="starts a process"):
        sys.audit("subprocess.Popen", "true", ["true"], None, None)


def test_a_quick_test_stays_on_the_loopback() -> None:
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
    with (
        socket.socket() as own,
        pytest.raises(pytest.fail.Exception, match=r"leaves the loopback: 192\.0\.2\.1"),
    ):
        own.connect(("192.0.2.1", 80))

"""What the tests of whole runs share: the demo class, graded once."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import pytest
from coverage import Coverage

from tests.support.catalogue_class import SOME_PAIRS
from tests.support.graded_classes import class_of_200, demo

__all__ = ["class_of_200", "demo"]

UNTRACED = ("test_catalogue.py", "test_faults.py", "test_ownership.py", "test_renamed_sheet.py")
"""Large classes, collected and judged in the tests' own process: tracing doubles what they take."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--whole", action="store_true", help="whole matrices: `make test-all`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without ``--whole``, some of the pairs of mistakes."""
    if config.option.whole:
        return
    left_out = [item for item in items if not _is_of_some(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if _is_of_some(item)]


def _is_of_some(item: pytest.Item) -> bool:
    params: Mapping[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    made = params.get("made")
    pairwise = item.name.startswith(("test_two_mistakes", "test_a_pair_has"))
    return not pairwise or made in SOME_PAIRS


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Without coverage for some files, fixtures included: pytest-cov's marker keeps to the call."""
    stopped: list[Coverage] = []
    while item.path.name in UNTRACED and (tracing := Coverage.current()):
        tracing.stop()  # a worker has two, and the end of one resumes the other
        stopped.append(tracing)
    try:
        return (yield)
    finally:
        for tracing in reversed(stopped):
            tracing.start()

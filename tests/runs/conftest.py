"""What the tests of whole runs share: the demo class, graded once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.branches import pytest_runtest_protocol
from tests.support.catalogue_class import SOME_PAIRS
from tests.support.graded_classes import class_of_200, demo

__all__ = ["class_of_200", "demo", "pytest_runtest_protocol"]


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

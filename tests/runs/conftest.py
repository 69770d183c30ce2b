"""What the tests of whole runs share: the demo class, graded once."""

from __future__ import annotations

import pytest

from tests.support.graded_classes import class_of_200, demo

__all__ = ["class_of_200", "demo"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--whole", action="store_true", help="whole matrices: `make test-all`")

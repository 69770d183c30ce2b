"""What the tests of pages share: a browser, and a large class to show in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support import chromium
from tests.support.graded_classes import class_of_200

__all__ = ["browser", "class_of_200"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; a test that asks for it is skipped where there is none."""
    with chromium.started() as launched:
        yield launched

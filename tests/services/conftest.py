"""Hold the tests of the services to their promise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import isolation


@pytest.fixture(autouse=True)
def _isolated(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing beyond the loopback."""
    with isolation.watched(request.node.nodeid, processes=True):
        yield

"""Hold the tests of the services to their promise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import isolation
from tests.support.loopback_proxy import Loopback


@pytest.fixture(autouse=True)
def _isolated(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing beyond the loopback."""
    with isolation.watched(request.node.nodeid, processes=True):
        yield


@pytest.fixture(scope="module")
def internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    """Stands in for all hosts, on the loopback."""
    loopback = Loopback(tmp_path_factory.mktemp("loopback"))
    yield loopback
    loopback.close()

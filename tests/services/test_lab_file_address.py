"""A class's lab file, read from the https address that a learner gave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from fixtures.plugin import me
from graders.services.http.transport import ReadOnlyTransport, RequestBlocked, RetryPolicy
from graders.services.lab_file_address import NotFetched, fetch
from tests.support.loopback_proxy import Loopback, Reply

ADDRESS = "https://elsewhere.example/class/lab.toml?sig=canary"
FILE = b'[tenant]\norganization = "x"\n'
QUICK = RetryPolicy(attempts=2, backoff=0.001, retry_after_cap=0.01)


@pytest.fixture(scope="module")
def internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    loopback = Loopback(tmp_path_factory.mktemp("loopback"))
    yield loopback
    loopback.close()


@pytest.fixture
def wire(internet: Loopback, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    internet.stand_in_for_the_internet(monkeypatch)
    internet.replies[:] = [Reply(body=FILE)]
    return internet


def fetched(url: str = ADDRESS) -> bytes:
    with ReadOnlyTransport(QUICK):
        return fetch(url)


def test_one_request_without_a_token_reads_the_file(wire: Loopback) -> None:
    assert fetched() == FILE
    [(method, url, headers)] = wire.requests
    assert (method, url) == ("GET", ADDRESS)
    assert not {"Authorization", "Cookie"} & headers.keys()


def test_only_this_very_address_may_be_read(wire: Loopback) -> None:
    fetched()
    with ReadOnlyTransport(QUICK):
        for method, url in (
            ("GET", "https://elsewhere.example/class/other.toml"),
            ("GET", "https://elsewhere.example/class/lab.toml?sig=other"),
            ("POST", ADDRESS),
        ):
            with pytest.raises(RequestBlocked):
                requests.request(method, url, timeout=5)
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404),
        Reply(403),
        Reply(302, headers={"Location": "https://login.microsoftonline.com/"}),
        Reply(302, headers={"Location": "https://evil.example/"}),
        Reply(500),
        Reply(cut=1, body=FILE),
    ],
    ids=["not there", "refused", "a sign-in", "elsewhere", "down", "cut short"],
)
def test_what_is_no_file_is_one_sentence_with_a_remedy(wire: Loopback, reply: Reply) -> None:
    wire.replies[:] = [reply]
    with pytest.raises(NotFetched) as caught:
        fetched()
    text = str(caught.value)
    assert text.startswith("--lab https://elsewhere.example/class/lab.toml?sig=")
    assert "canary" not in text
    assert "save the file and give its path." in text
    assert "\n" not in text
    assert {url for _, url, _ in wire.requests} == {ADDRESS}


@pytest.mark.parametrize("url", ["http://elsewhere.example/lab.toml", "https:///x", "file:///x"])
def test_only_https_is_read(wire: Loopback, url: str) -> None:
    with pytest.raises(NotFetched, match="give an address that begins with https://"):
        fetched(url)
    assert wire.requests == []


def test_what_is_too_large_is_no_lab_file(wire: Loopback) -> None:
    wire.replies[:] = [Reply(body=b"x" * 1_000_000)]
    with pytest.raises(NotFetched, match="too large"):
        fetched()


def test_me_keeps_the_file_where_it_is_told(wire: Loopback, tmp_path: Path) -> None:
    file = me.lab_file(ADDRESS, tmp_path, tmp_path)
    assert file.read_bytes() == FILE
    assert len(wire.requests) == 1

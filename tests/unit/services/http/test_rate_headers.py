"""What an answer says of the caller's allowance, and how long to wait."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fixtures.simulator.state import NOW
from graders.services.http import rate_headers
from graders.services.http.bucket import News
from graders.services.http.limits import DEVOPS, GITHUB, MANAGER
from graders.services.http.rate_headers import asked_wait, news_of
from tests.support.answers import answer

REST = "https://api.github.com/repos/o/n"
SECONDS = int(NOW.timestamp())
SECONDARY = b'{"message": "You have exceeded a secondary rate limit."}'
FEW = {
    "X-RateLimit-Limit": "200",
    "X-RateLimit-Remaining": "20",
    "X-RateLimit-Reset": str(SECONDS + 42),
}
OVER = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(SECONDS + 42)}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, News()),
        (FEW, News(left=0.1, resets_in=42)),
        (FEW | {"Retry-After": "5"}, News(wait=5, left=0.1, resets_in=42)),
        (FEW | {"X-RateLimit-Reset": str(SECONDS - 1)}, News(left=0.1, resets_in=0)),
        (FEW | {"X-RateLimit-Reset": str(SECONDS + 601)}, News(left=0.1, resets_in=600)),
        (FEW | {"X-RateLimit-Reset": ""}, News(left=0.1)),
        (FEW | {"X-RateLimit-Limit": "0"}, News(left=0, resets_in=42)),
        (FEW | {"X-RateLimit-Limit": "1"}, News(left=20, resets_in=42)),
        (FEW | {"X-RateLimit-Limit": "a few"}, News(left=0, resets_in=42)),
        (FEW | {"X-RateLimit-Remaining": "-5"}, News(left=0, resets_in=42)),
        (FEW | {"X-RateLimit-Remaining": "nan"}, News()),
        (FEW | {"X-RateLimit-Remaining": "inf"}, News()),
        (FEW | {"X-RateLimit-Remaining": "many"}, News()),
    ],
)
def test_azure_devops_says_what_is_left_also_with_200(
    headers: dict[str, str], expected: News
) -> None:
    assert news_of(answer(200, headers), DEVOPS, "", 60) == expected


@pytest.mark.parametrize("header", ["soon", "-5", "nan", "inf", "1e999", ""])
def test_nonsense_in_a_header_stops_nothing(header: str) -> None:
    names = ("X-RateLimit-Remaining", "X-RateLimit-Reset", "X-RateLimit-Limit", "Retry-After")
    news = news_of(answer(200, dict.fromkeys(names, header)), DEVOPS, "", 60)
    assert news.wait == 0
    assert 0 <= (news.resets_in or 0) <= 600


def test_without_the_services_clock_ours_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_headers, "time", SimpleNamespace(time=lambda: SECONDS + 40))
    assert news_of(answer(200, FEW), DEVOPS, "", 60).resets_in == 42
    for date in ("", "yesterday"):
        assert news_of(answer(200, FEW | {"Date": date}), DEVOPS, "", 60).resets_in == 2
    silent = answer(200, FEW)
    del silent.headers["Date"]
    assert news_of(silent, DEVOPS, "", 60).resets_in == 2


def test_resource_manager_says_how_many_calls_are_left() -> None:
    reads = {"x-ms-ratelimit-remaining-subscription-reads": "25"}
    assert news_of(answer(200, reads), MANAGER, "reads", 60) == News(left=0.1, calls_left=25)
    assert news_of(answer(200, reads), MANAGER, "writes", 60) == News()
    assert news_of(answer(200, reads), "Azure ML", "reads", 60) == News()


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        (OVER, 42),
        (OVER | {"x-ratelimit-remaining": "1"}, 0),
        (OVER | {"x-ratelimit-reset": ""}, 0),
        (OVER | {"Retry-After": "50"}, 50),
        (OVER | {"Retry-After": "9"}, 42),
        (OVER | {"x-ratelimit-reset": str(SECONDS + 60)}, 60),
        (OVER | {"x-ratelimit-reset": str(SECONDS + 61)}, 0),
        (OVER | {"x-ratelimit-reset": "9999999999"}, 0),
    ],
)
def test_github_is_waited_for_where_nothing_is_left(headers: dict[str, str], wait: float) -> None:
    assert news_of(answer(403, headers, REST), GITHUB, "rest", 60) == News(wait=wait)


@pytest.mark.parametrize(
    ("status", "wait"), [(200, 5), (399, 5), (403, 5), (429, 5), (400, 0), (503, 0)]
)
def test_a_wait_is_for_all_where_it_is_not_for_one_fault(status: int, wait: float) -> None:
    assert news_of(answer(status, {"Retry-After": "5"}), DEVOPS, "", 60).wait == wait


@pytest.mark.parametrize(("asked", "wait"), [("60", 60), ("60.5", 0), ("3600", 0), ("soon", 0)])
def test_a_wait_beyond_patience_is_the_services_to_refuse(asked: str, wait: float) -> None:
    assert news_of(answer(429, {"Retry-After": asked}), DEVOPS, "", 60).wait == wait


def test_githubs_limit_on_calls_in_a_short_time_wants_a_minute() -> None:
    limited = answer(403, {}, REST, SECONDARY)
    assert news_of(limited, GITHUB, "rest", 70) == News(wait=60, grows=True)
    long = answer(403, {"Retry-After": "90"}, REST, SECONDARY)
    assert news_of(long, GITHUB, "rest", 100) == News(wait=90)
    assert (asked_wait(limited, 70), asked_wait(limited, 7)) == (60, 7)
    assert asked_wait(answer(403, {"Retry-After": "9"}, REST, SECONDARY), 70) == 9
    assert asked_wait(answer(403, {}, REST), 70) is None

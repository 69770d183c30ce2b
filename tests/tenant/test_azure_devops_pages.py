"""The pages of the simulated Azure DevOps: no item is lost, none comes twice, and tokens last."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fixtures.simulator.wire.azure_devops import times
from fixtures.simulator.world import LearnerWorld
from tests.support.bare_azure_devops import BareClient
from tests.support.served_tenant import serving, tenant_of

MANY, SAME, TOO_MANY_OF_ONE_TIME = 2, 3, 4
TOKEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z")


def _many(world: LearnerWorld) -> None:
    _again(world, 44, timedelta(minutes=3))
    for place in (5, 6, 7):
        world.runs[place].status = "inProgress"
    world.variable_groups += [replace(world.variable_groups[0], id=900 + n) for n in range(60)]
    world.pipelines += [replace(world.pipelines[0], id=900 + n, name=f"p{n}") for n in range(25)]


def _same(world: LearnerWorld) -> None:
    """Groups of runs that began and ended at the same time."""
    _again(world, 44, timedelta())
    for place, run in enumerate(world.runs):
        run.started += timedelta(minutes=place // 7)
        run.finished += timedelta(minutes=place // 7)


def _too_many(world: LearnerWorld) -> None:
    _again(world, 44, timedelta())


def _again(world: LearnerWorld, count: int, later: timedelta) -> None:
    ci = world.runs[1]
    for n in range(1, count):
        times_ = {"started": ci.started + n * later, "finished": ci.finished + n * later}
        world.runs.append(replace(ci, id=1000 + n, number=f"n{n}", **times_))


@pytest.fixture(scope="module")
def bare() -> Iterator[BareClient]:
    changes = {MANY: _many, SAME: _same, TOO_MANY_OF_ONE_TIME: _too_many}
    with serving(tenant_of(4, changes)) as served:
        yield BareClient.of(served)


ORDERS = [
    f"{kind}Time{direction}"
    for kind in ("finish", "queue", "start")
    for direction in ("Ascending", "Descending")
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("number", [MANY, SAME, TOO_MANY_OF_ONE_TIME])
def test_every_run_comes_once(bare: BareClient, number: int, order: str) -> None:
    pages = bare.pages(number, f"build/builds?queryOrder={order}")
    ids = [run["id"] for page in pages for run in page]
    assert len(pages) > 1 or number == TOO_MANY_OF_ONE_TIME
    assert sorted(ids) == sorted(run.id for run in bare.served.world(number).runs)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_pages_are_as_long_as_asked_even_within_one_time(bare: BareClient, size: int) -> None:
    pages = bare.pages(SAME, f"build/builds?$top={size}&queryOrder=startTimeDescending")
    assert {len(page) for page in pages[:-1]} == {size}


def test_the_token_of_runs_is_the_time_of_the_next_one(bare: BareClient) -> None:
    query = "build/builds?queryOrder=queueTimeDescending&$top=5"
    token = _token(bare.of_project(MANY, query))
    [*_, last] = bare.values(MANY, query)
    first = bare.values(MANY, f"{query}&continuationToken={token}")[0]

    assert TOKEN.fullmatch(token)
    assert _micro(token) == _micro(first["queueTime"]) < _micro(last["queueTime"])


def test_a_client_may_go_on_from_a_time_of_its_own(bare: BareClient) -> None:
    query = "build/builds?queryOrder=queueTimeDescending"
    run = bare.values(MANY, query)[4]
    [first, *_] = bare.values(MANY, f"{query}&continuationToken={run['queueTime']}")
    assert first["id"] == run["id"]


def test_a_new_run_does_not_move_the_next_page(bare: BareClient) -> None:
    query = "build/builds?queryOrder=queueTimeDescending&$top=5"
    token = _token(bare.of_project(MANY, query))
    before = bare.values(MANY, f"{query}&continuationToken={token}")
    world = bare.served.world(MANY)
    world.runs.append(replace(world.runs[0], id=7777, started=world.runs[0].started))
    world.runs[-1].started += timedelta(days=1)
    after = bare.values(MANY, f"{query}&continuationToken={token}")
    del world.runs[-1]
    assert [run["id"] for run in after] == [run["id"] for run in before]


def test_the_token_of_pipelines_tells_nobody_anything(bare: BareClient) -> None:
    pages = bare.pages(MANY, "build/definitions?includeAllProperties=true")
    token = _token(bare.of_project(MANY, "build/definitions"))
    assert [len(page) for page in pages] == [10, 10, 8]
    assert not token.isdecimal()
    assert base64.urlsafe_b64decode(token)


def test_the_token_of_variable_groups_is_an_id(bare: BareClient) -> None:
    pages = bare.pages(MANY, "distributedtask/variablegroups")
    ids = [group["id"] for page in pages for group in page]
    token = _token(bare.of_project(MANY, "distributedtask/variablegroups"))
    assert [len(page) for page in pages] == [50, 12]
    assert ids == sorted(ids, reverse=True)
    assert int(token) == pages[1][0]["id"]


def test_the_token_of_projects_is_a_count(bare: BareClient) -> None:
    answer = bare.get("_apis/projects?$top=3")
    rest = bare.get("_apis/projects?$top=3&continuationToken=3").json()["value"]
    assert _token(answer) == "3"
    assert len(rest) == 1
    assert not {one["id"] for one in rest} & {one["id"] for one in answer.json()["value"]}


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("2026-07-29T19:10:29.3867916Z", "2026-07-29T19:10:29.3867916Z"),
        ("2025-01-10T12:22:15.5900000Z", "2025-01-10T12:22:15.59Z"),
        ("2025-01-10T12:22:15Z", "2025-01-10T12:22:15Z"),
        ("2025-01-10T13:22:15.1+01:00", "2025-01-10T12:22:15.1Z"),
        ("2025-01-10", "2025-01-10T00:00:00Z"),
    ],
)
def test_times_are_read_and_written_to_the_last_digit(text: str, again: str) -> None:
    ticks = times.read(text)
    assert ticks is not None
    assert times.written(ticks) == again


@pytest.mark.parametrize("text", ["", "20", "2025-02-30", "2025-01-10T25:00:00Z", "now"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert times.read(text) is None


def _token(answer: Any) -> str:
    return str(answer.headers["x-ms-continuationtoken"])


def _micro(text: str) -> int:
    ticks = times.read(text)
    assert ticks is not None
    return ticks // 10

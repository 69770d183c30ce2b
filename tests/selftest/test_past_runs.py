"""The store of past runs: what was put in comes back, of this tenant and these places only."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from graders.problems import InputProblems
from graders.standing import Found, PastRun
from graders.verdicts import Outcome
from reports.past_runs import FILE_NAME, PastRuns, Whose

FIRST = datetime(2026, 11, 20, 2, 30, 1, 5, tzinfo=UTC)
PASSED = Found(Outcome.PASSED)
LOST = Found(Outcome.FAILED, "expected a group `a`; found 'b'\nand \"c\"", agreed=True)
FOUND = {("ada", "group-exists"): PASSED, ("bob", "group-exists"): LOST}
RUN = PastRun(FIRST, FOUND)
OURS = Whose("live", {"ada": "org/ada", "bob": "org/bob"})


@pytest.fixture
def store(tmp_path: Path) -> PastRuns:
    return PastRuns(tmp_path / "history")


def test_there_is_no_past_before_the_first_run(store: PastRuns) -> None:
    store.check()
    assert store.runs(OURS) == []
    assert not store.file.exists()


def test_runs_come_back_as_they_were_oldest_first(store: PastRuns) -> None:
    later = replace(RUN, at=FIRST + timedelta(days=1), as_of=FIRST)
    store.add(later, OURS, "sha256:2")
    store.add(RUN, OURS, "sha256:1")
    store.check()
    assert store.runs(OURS) == [RUN, later]


def test_of_another_tenant_or_place_nothing_comes_back(store: PastRuns) -> None:
    store.add(RUN, OURS, "sha256:1")
    assert store.runs(replace(OURS, tenant="simulated")) == []
    moved = replace(OURS, places={"ada": "org/ada", "bob": "elsewhere"})
    assert store.runs(moved) == [replace(RUN, found={("ada", "group-exists"): PASSED})]
    assert store.runs(replace(OURS, places={})) == []


def test_people_can_read_it(store: PastRuns) -> None:
    store.add(RUN, OURS, "sha256:1")
    with closing(sqlite3.connect(store.file)) as file:
        rows = file.execute(
            "SELECT at, place, check_id, outcome, two_looks_agreed, reason FROM history"
            " WHERE learner = 'bob'"
        ).fetchall()
        count = file.execute("SELECT count(*) FROM verdicts").fetchone()
    assert rows == [(FIRST.isoformat(), "org/bob", "group-exists", "failed", 1, LOST.reason)]
    assert count == (2,)


def test_half_a_surrogate_pair_costs_no_night(store: PastRuns) -> None:
    odd = {("ada", "group-exists"): replace(LOST, reason="found \ud83d")}
    store.add(replace(RUN, found=odd), OURS, "sha256:1")
    (run,) = store.runs(OURS)
    assert run.found["ada", "group-exists"].reason == "found \\ud83d"


@pytest.mark.parametrize(
    "content", [b"this is no database, but it is long enough to be read as one" * 20, b"x"]
)
def test_a_file_of_something_else_is_named_and_left_alone(store: PastRuns, content: bytes) -> None:
    store.file.parent.mkdir()
    store.file.write_bytes(content)
    with pytest.raises(InputProblems, match=f"{FILE_NAME}.*--history") as caught:
        store.check()
    assert "Traceback" not in str(caught.value)
    with pytest.raises(InputProblems):
        store.runs(OURS)
    with pytest.raises(OSError, match="would not take it"):
        store.add(RUN, OURS, "sha256:1")
    assert store.file.read_bytes() == content


def test_another_programs_database_is_left_alone(store: PastRuns) -> None:
    store.file.parent.mkdir()
    with closing(sqlite3.connect(store.file)) as file:
        file.execute("CREATE TABLE runs (run)")
    with pytest.raises(InputProblems, match="not a store of this version"):
        store.check()
    with pytest.raises(OSError, match="not a store of this version"):
        store.add(RUN, OURS, "sha256:1")


def test_a_run_is_put_in_whole_or_not_at_all(store: PastRuns) -> None:
    store.add(RUN, OURS, "sha256:1")
    nowhere = replace(OURS, places={"ada": "org/ada"})  # bob is judged, and works nowhere
    with pytest.raises(KeyError):
        store.add(replace(RUN, at=FIRST + timedelta(days=1)), nowhere, "sha256:2")
    assert store.runs(OURS) == [RUN]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "history").write_text("a file, where a folder has to be", encoding="utf-8")
    with pytest.raises(OSError, match="history"):
        PastRuns(tmp_path / "history").add(RUN, OURS, "sha256:1")

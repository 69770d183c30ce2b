"""The store of past runs: what was put in comes back, of this tenant and these places only."""

from __future__ import annotations

import errno
import multiprocessing
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from graders.history.effective_result import Found, PastRun
from graders.history.store import FILE_NAME, PastRuns, Whose
from graders.inputs.problems import InputProblems
from graders.reasons import Mismatch, Reason
from graders.verdicts import Outcome
from graders.wording import in_words

FIRST = datetime(2026, 11, 20, 2, 30, 1, 5, tzinfo=UTC)
PASSED = Found(Outcome.PASSED)
LOST = Found(Outcome.FAILED, Reason((Mismatch("", "a group `a`", "'b'\nand \"c\""),)), agreed=True)
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
    assert rows == [(FIRST.isoformat(), "org/bob", "group-exists", "failed", 1, in_words(LOST.why))]
    assert count == (2,)


def test_half_a_surrogate_pair_costs_no_night(store: PastRuns) -> None:
    odd = replace(LOST, why=Reason(note="found \ud83d").bounded)
    store.add(replace(RUN, found={("ada", "group-exists"): odd}), OURS, "sha256:1")
    (run,) = store.runs(OURS)
    assert run.found["ada", "group-exists"] == odd


@pytest.mark.parametrize(
    "content",
    [b"this is no database, but it is long enough to be read as one" * 20, b"x", b"", bytes(4096)],
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


@pytest.mark.parametrize("size", [0, 16, 100, 512, 4096, -4096, -1])
def test_a_truncated_store_is_refused_and_left_alone(store: PastRuns, size: int) -> None:
    store.add(RUN, OURS, "sha256:1")
    left = store.file.read_bytes()[:size]
    store.file.write_bytes(left)
    with pytest.raises(InputProblems, match=f"{FILE_NAME}.*cannot be read.*put back a copy"):
        store.check()
    assert store.file.read_bytes() == left


def test_a_store_that_another_program_locks_is_no_broken_one(
    store: PastRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(RUN, OURS, "sha256:1")
    monkeypatch.setattr("graders.history.store._PATIENCE", 0)
    with closing(sqlite3.connect(store.file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for ask in (store.check, lambda: store.runs(OURS)):
            with pytest.raises(InputProblems, match="another program has locked") as refused:
                ask()
            assert "wait until it ends, and grade again" in str(refused.value)
        with pytest.raises(OSError, match="database is locked"):
            store.add(RUN, OURS, "sha256:2")
    store.check()


def test_an_empty_file_is_not_taken_for_a_new_store(store: PastRuns) -> None:
    store.file.parent.mkdir()
    store.file.touch()
    with pytest.raises(InputProblems, match="it is empty"):
        store.runs(OURS)
    with pytest.raises(OSError, match="it is empty"):
        store.add(RUN, OURS, "sha256:1")
    assert store.file.stat().st_size == 0


def test_a_store_that_cannot_be_opened_is_named(store: PastRuns) -> None:
    store.file.mkdir(parents=True)
    for ask in (store.check, lambda: store.runs(OURS)):
        with pytest.raises(InputProblems, match=r"cannot be read.*--history"):
            ask()


def test_a_database_without_a_table_is_no_store(store: PastRuns) -> None:
    store.file.parent.mkdir()
    with closing(sqlite3.connect(store.file)) as file:
        file.execute("VACUUM")
    with pytest.raises(InputProblems, match="cannot be read"):
        store.check()


def _add_at_once(folder: Path, number: int, start: Barrier) -> None:
    start.wait()
    run = replace(RUN, at=FIRST + timedelta(minutes=number))
    PastRuns(folder).add(run, OURS, f"sha256:{number}")


def test_runs_that_start_together_all_get_into_a_new_store(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(4)
    others = [spawn.Process(target=_add_at_once, args=(tmp_path, n, start)) for n in range(4)]
    for process in others:
        process.start()
    for process in others:
        process.join()
    assert [process.exitcode for process in others] == [0] * 4
    assert len(PastRuns(tmp_path).runs(OURS)) == 4
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("has_links", [True, False])
def test_a_store_that_another_run_has_just_made_stays(
    store: PastRuns, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    link = os.link

    def late(draft: Path, file: Path) -> None:
        with monkeypatch.context() as other:
            other.setattr(os, "link", link)
            PastRuns(file.parent).add(RUN, OURS, "sha256:1")
        if has_links:
            link(draft, file)
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "link", late)
    later = replace(RUN, at=FIRST + timedelta(days=1))
    store.add(later, OURS, "sha256:2")
    assert store.runs(OURS) == [RUN, later]
    assert [path.name for path in store.file.parent.iterdir()] == [FILE_NAME]


def test_a_disk_without_second_names_has_a_store_all_the_same(
    store: PastRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    store.add(RUN, OURS, "sha256:1")
    assert store.runs(OURS) == [RUN]


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


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "history").write_text("a file, where a folder has to be", encoding="utf-8")
    with pytest.raises(OSError, match="history"):
        PastRuns(tmp_path / "history").add(RUN, OURS, "sha256:1")

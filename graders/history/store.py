"""The store of past runs: one SQLite file, one row per learner, check and run.

``history`` is a view of it for people: ``SELECT * FROM history WHERE learner = 'user3'``. What a
run found on another tenant or in another place does not count here, so both are stored and
filtered by. Reasons are as the reports have them, without secrets: ``facts`` for programs, and in
words.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

from graders.codec import reason_from_json, reason_to_json
from graders.history.effective_result import Found, Key, PastRun
from graders.inputs.problems import InputProblems, Problem
from graders.reasons import Outcome, Reason
from graders.wording import in_words

FILE_NAME = "runs.sqlite"
_APPLICATION = 0x4D4C4F47  # distinguishes our file from another program's
_MAGIC = b"SQLite format 3\0"
_SCHEMA = 2
_PATIENCE = 30  # seconds to wait for another run that is writing

_REASONS = """
CREATE TABLE reasons (
    reason_id INTEGER PRIMARY KEY, facts TEXT NOT NULL UNIQUE, reason TEXT NOT NULL
);
"""
_HISTORY = """
CREATE VIEW history AS
    SELECT at, as_of, tenant, place, learner, check_id, outcome, agreed AS two_looks_agreed, reason
    FROM verdicts JOIN runs USING (run) JOIN reasons USING (reason_id) JOIN places USING (place_id)
    ORDER BY at, learner, check_id;
"""
_TABLES = """
CREATE TABLE runs (
    run INTEGER PRIMARY KEY, at TEXT NOT NULL, as_of TEXT, tenant TEXT NOT NULL,
    digest TEXT NOT NULL
);
CREATE TABLE places (place_id INTEGER PRIMARY KEY, place TEXT NOT NULL UNIQUE);
CREATE TABLE verdicts (
    run INTEGER NOT NULL REFERENCES runs, learner TEXT NOT NULL, check_id TEXT NOT NULL,
    outcome TEXT NOT NULL, agreed INTEGER NOT NULL, reason_id INTEGER NOT NULL REFERENCES reasons,
    place_id INTEGER NOT NULL REFERENCES places,
    PRIMARY KEY (run, learner, check_id)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Whose:
    """Which past runs are asked for: learners where they work now, on one tenant."""

    tenant: str
    places: Mapping[str, str]
    """Learner id -> ``Lab.place``."""


class PastRuns:
    """The store in a folder; it is created when the first run is added."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE_NAME

    def check(self) -> None:
        """Check that the file is ours and can be read. Raises InputProblems."""
        if not self.file.exists():
            return
        try:
            with self._open() as store:
                store.execute("BEGIN")  # no one writes from the first read on
                store.execute("SELECT count(*) FROM runs").fetchone()
                if self.file.stat().st_size < _size(store):
                    raise sqlite3.DatabaseError("its end is missing")
        except (sqlite3.Error, OSError) as error:
            raise self._problem(error) from None

    def runs(self, scope: Whose) -> list[PastRun]:
        """Every run that judged any of these learners there, oldest first. Raises InputProblems."""
        if not self.file.exists():
            return []
        try:
            with self._open() as store:
                rows = store.execute(
                    "SELECT run, at, as_of, learner, check_id, outcome, agreed, facts, place"
                    " FROM verdicts JOIN runs USING (run) JOIN reasons USING (reason_id)"
                    " JOIN places USING (place_id) WHERE tenant = ? ORDER BY at, run",
                    (scope.tenant,),
                )
                return list(_runs(rows, scope.places))
        except (sqlite3.Error, OSError, ValueError) as error:
            raise self._problem(error) from None

    def add(self, run: PastRun, scope: Whose, digest: str) -> None:
        """Add one run, completely or not at all. Raises OSError."""
        try:
            if not self.file.exists():
                self._make()
            with self._open() as store, store:
                store.execute("BEGIN IMMEDIATE")
                as_of = run.as_of.isoformat() if run.as_of else None
                cursor = store.execute(
                    "INSERT INTO runs (at, as_of, tenant, digest) VALUES (?, ?, ?, ?)",
                    (run.at.isoformat(), as_of, scope.tenant, digest),
                )
                _add_verdicts(store, cursor.lastrowid, run.found, scope.places)
        except sqlite3.Error as error:
            raise OSError(None, f"the store would not take it ({error})", str(self.file)) from None

    def forget(self, learners: Collection[str] = (), before: datetime | None = None) -> None:
        """Remove learners, or the runs that began before a time, beyond recovery from the file.

        Raises InputProblems.
        """
        if not self.file.exists():
            return
        try:
            with self._open() as store:
                store.execute("PRAGMA secure_delete = ON")
                with store:
                    _forget(store, learners, before)
                store.execute("VACUUM")
        except (sqlite3.Error, OSError, ValueError) as error:
            raise self._problem(error) from None

    def learners(self) -> list[str]:
        """Every learner of any run. Raises InputProblems."""
        return self._column("SELECT DISTINCT learner FROM verdicts")

    def checks(self) -> list[str]:
        """Every check of any run. Raises InputProblems."""
        return self._column("SELECT DISTINCT check_id FROM verdicts")

    def places(self, learner: str) -> list[str]:
        """Where a learner worked. Raises InputProblems."""
        query = "SELECT DISTINCT place FROM verdicts JOIN places USING (place_id) WHERE learner = ?"
        return self._column(query, learner)

    def _column(self, query: str, *parameters: str) -> list[str]:
        if not self.file.exists():
            return []
        try:
            with self._open() as store:
                return [str(value) for (value,) in store.execute(query, parameters)]
        except (sqlite3.Error, OSError) as error:
            raise self._problem(error) from None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The store that is there; SQLite itself takes an empty or a small file for a new one."""
        beginning = _beginning(self.file)
        if beginning != _MAGIC:
            raise sqlite3.DatabaseError("file is not a database" if beginning else "it is empty")
        with closing(sqlite3.connect(self.file, timeout=_PATIENCE)) as store:
            application = store.execute("PRAGMA application_id").fetchone()[0]
            schema = store.execute("PRAGMA user_version").fetchone()[0]
            if application != _APPLICATION or schema not in (*_UPGRADES, _SCHEMA):
                raise sqlite3.DatabaseError("it is not a store of this version of the program")
            for step in range(schema, _SCHEMA):
                _UPGRADES[step](store)
            yield store

    def _make(self) -> None:
        """Create the store, completely or not at all; one that another run just made is kept."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{FILE_NAME}.", dir=self.file.parent)
        os.close(handle)
        draft = Path(name)
        try:
            with closing(sqlite3.connect(draft)) as store:
                store.executescript(
                    f"BEGIN; {_REASONS} {_TABLES} {_HISTORY}"
                    f" PRAGMA application_id = {_APPLICATION};"
                    f" PRAGMA user_version = {_SCHEMA}; COMMIT;"
                )
            with contextlib.suppress(FileExistsError):
                _put(draft, self.file)
        finally:
            draft.unlink(missing_ok=True)

    def _problem(self, error: Exception) -> InputProblems:
        why = error.strerror if isinstance(error, OSError) else error
        problem = f"the store of past runs cannot be read ({why})"
        remedy = "put back a copy of it, or name another folder with --history"
        return InputProblems([Problem(str(self.file), problem, remedy)])


def _forget(store: sqlite3.Connection, learners: Iterable[str], before: datetime | None) -> None:
    """Delete the rows, and what only they referred to."""
    store.executemany("DELETE FROM verdicts WHERE learner = ?", ((own,) for own in learners))
    if before is not None:
        runs = store.execute("SELECT run, at FROM runs").fetchall()
        old = [(run,) for run, at in runs if datetime.fromisoformat(at) < before]
        store.executemany("DELETE FROM verdicts WHERE run = ?", old)
    for table, key in (("runs", "run"), ("reasons", "reason_id"), ("places", "place_id")):
        store.execute(f"DELETE FROM {table} WHERE {key} NOT IN (SELECT {key} FROM verdicts)")  # noqa: S608


def _sentences_to_facts(store: sqlite3.Connection) -> None:
    """1 -> 2: reasons were sentences, which are all that is known of them."""
    with store:
        store.execute("BEGIN IMMEDIATE")
        if store.execute("PRAGMA user_version").fetchone()[0] != 1:
            return  # another run was quicker
        sentences = store.execute("SELECT reason_id, reason FROM reasons").fetchall()
        store.execute("DROP VIEW history")
        store.execute("DROP TABLE reasons")
        store.execute(_REASONS)
        store.executemany(
            "INSERT INTO reasons VALUES (?, ?, ?)",
            ((number, reason_to_json(Reason(note=text)), text) for number, text in sentences),
        )
        store.execute(_HISTORY)
        store.execute("PRAGMA user_version = 2")


_UPGRADES: Mapping[int, Callable[[sqlite3.Connection], None]] = {1: _sentences_to_facts}
"""Schema -> what brings a store to the next one."""


def _size(store: sqlite3.Connection) -> int:
    pages: int = store.execute("PRAGMA page_count").fetchone()[0]
    size: int = store.execute("PRAGMA page_size").fetchone()[0]
    return pages * size


def _put(draft: Path, file: Path) -> None:
    """Give a file its name. Raises FileExistsError where the name is taken."""
    try:
        os.link(draft, file)  # a rename would replace another run's store
    except FileExistsError:
        raise
    except OSError:  # this disk has no hard links, as network drives may not
        with file.open("xb") as opened:
            opened.write(draft.read_bytes())


def _beginning(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(len(_MAGIC))


def _runs(rows: Iterable[tuple[object, ...]], places: Mapping[str, str]) -> Iterator[PastRun]:
    for (_, at, as_of), own in groupby(rows, key=lambda row: row[:3]):
        findings = {
            (str(learner), str(check)): Found(
                Outcome(str(outcome)), reason_from_json(str(facts)), bool(agreed)
            )
            for *_, learner, check, outcome, agreed, facts, place in own
            if places.get(str(learner)) == place
        }
        if findings:
            judged_by = datetime.fromisoformat(str(as_of)) if as_of else None
            yield PastRun(datetime.fromisoformat(str(at)), findings, judged_by)


def _add_verdicts(
    store: sqlite3.Connection,
    run: int | None,
    findings: Mapping[Key, Found],
    places: Mapping[str, str],
) -> None:
    reasons = {finding.why: reason_to_json(finding.why) for finding in findings.values()}
    store.executemany(
        "INSERT OR IGNORE INTO reasons (facts, reason) VALUES (?, ?)",
        ((facts, in_words(why)) for why, facts in reasons.items()),
    )
    store.executemany(
        "INSERT OR IGNORE INTO places (place) VALUES (?)", ((p,) for p in set(places.values()))
    )
    store.executemany(
        "INSERT INTO verdicts SELECT ?, ?, ?, ?, ?, reason_id, place_id FROM reasons, places"
        " WHERE facts = ? AND place = ?",
        (
            (
                run,
                learner,
                check,
                finding.outcome.value,
                finding.agreed,
                reasons[finding.why],
                places[learner],
            )
            for (learner, check), finding in findings.items()
        ),
    )

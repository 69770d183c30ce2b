"""Removes learners, or all that is older than a day, from results and from the history.

What shows the whole class and can be written again (page, exports, built reports, hand-outs) is
deleted. Evidence, feedback and Allure results are deleted learner by learner; grade book and past
runs lose the learner's rows. At the end every file is searched for what names the learner.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graders import snapshot
from graders.history.store import PastRuns
from graders.names import file_stem, you_have
from reports import ci, feedback, gradebook, handouts, page, shareable
from reports.allure import builder, history_file, labels, results_folder
from reports.ci import junit
from reports.exports import folder as exports
from reports.files import NotWritten, write_whole
from reports.forgotten_book import without
from reports.outputs import RESULTS

_OF_THE_CLASS = (
    *(page.NAME, ci.SUMMARY, junit.FOLDER, exports.FOLDER),
    *(builder.FOLDER, builder.FILE, handouts.FOLDER, shareable.FOLDER),
)
"""What is written again by the next run, or by its own command."""
_EVIDENCE = "evidence"
_RECHECKS = "look-*"


@dataclass(frozen=True)
class Folders:
    """Where a run wrote, and where the history of several runs is."""

    reports: Path
    history: Path


@dataclass(frozen=True)
class Forgotten:
    """What was done, a line each, and the files that still name a learner."""

    lines: tuple[str, ...]
    mentions: tuple[Path, ...] = ()


def forget(folders: Folders, learners: Collection[str]) -> Forgotten:
    """Remove learners. Raises NotWritten for one who is nowhere, InputProblems, OSError."""
    people = _people(folders)
    _check_known(learners, people)
    store = PastRuns(folders.history)
    cases = _allure_cases(folders, store, learners)
    removed = [*_remove(folders.reports, _OF_THE_CLASS), *_remove_matching(folders.reports)]
    for learner in learners:
        removed += _remove(folders.reports, (f"{feedback.FOLDER}/{file_stem(learner)}",))
        for folder in (folders.reports, folders.history):
            removed += _remove(folder, (f"{_EVIDENCE}/{file_stem(learner)}.json",))
    _rewrite_grade_book(folders.reports, learners)
    results_folder.remove(folders.reports / results_folder.NAME, learners)
    _rewrite_allure_history(folders.history / history_file.NAME, cases)
    store.forget(learners=learners)
    names = {name for learner in learners for name in (learner, *people[learner]) if name}
    return Forgotten(_lines(removed), tuple(_mentions(folders, names)))


def forget_before(folders: Folders, time: datetime) -> Forgotten:
    """Remove past runs that began before a time, and results that were graded before it."""
    removed: list[Path] = []
    file = folders.reports / gradebook.JSON_NAME
    if file.exists() and datetime.fromisoformat(_document(file)["graded_at"]) < time:
        removed += _remove(folders.reports, sorted(RESULTS | {handouts.FOLDER, shareable.FOLDER}))
    for folder in (folders.reports, folders.history):
        old = [path for path in _files(folder / _EVIDENCE) if _written_at(path) < time]
        removed += _remove(folder, [str(path.relative_to(folder)) for path in old])
    _drop_old_lines(folders.history / history_file.NAME, time)
    PastRuns(folders.history).forget(before=time)
    return Forgotten(_lines(removed))


def _lines(removed: Iterable[Path]) -> tuple[str, ...]:
    return tuple(f"removed: {path}" for path in removed)


# --- who is there ---------------------------------------------------------------------------------


def _people(folders: Folders) -> Mapping[str, tuple[str, ...]]:
    """Learner -> name and e-mail address, of everybody in the results and in the history."""
    people: dict[str, tuple[str, ...]] = {}
    for folder in (folders.reports, folders.history):
        for path in _files(folder / _EVIDENCE):
            if path.suffix == ".json":
                people[str(_evidence(path).get("learner", path.stem))] = ()
    people |= dict.fromkeys(PastRuns(folders.history).learners(), ())
    file = folders.reports / gradebook.JSON_NAME
    for entry in _document(file)["grades"] if file.exists() else ():
        people[entry["learner"]] = (entry["name"], entry.get("email", ""))
    return people


def _check_known(learners: Iterable[str], people: Mapping[str, object]) -> None:
    for learner in learners:
        if learner not in people:
            near = you_have(learner, people)
            raise NotWritten(f"Nothing is kept of `{learner}`{near and f' ({near})'}.")


def _document(file: Path) -> Mapping[str, Any]:
    try:
        document: Mapping[str, Any] = json.loads(file.read_bytes())
        document["graded_at"], document["grades"], document["verdicts"]
        return document
    except (ValueError, TypeError, KeyError):
        problem = f"{file}: this is no grade book as this program writes it; delete it yourself."
        raise NotWritten(problem) from None


def _evidence(path: Path) -> Mapping[str, Any]:
    """What a snapshot's file holds; empty where it cannot be read: it is removed by its name."""
    try:
        evidence = json.loads(path.read_bytes())["evidence"]
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    return evidence if isinstance(evidence, dict) else {}


# --- files ----------------------------------------------------------------------------------------


def _files(folder: Path) -> list[Path]:
    """The plain files of a folder: nothing behind a link is ours."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    return [path for path in sorted(folder.iterdir()) if path.is_file() and not path.is_symlink()]


def _remove(folder: Path, names: Iterable[str]) -> list[Path]:
    """Remove files and folders; of a link only the link."""
    removed = []
    for path in (folder / name for name in names):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
            removed.append(path)
        elif path.exists() or path.is_symlink():
            path.unlink()
            removed.append(path)
    return removed


def _remove_matching(reports: Path) -> list[Path]:
    """What a recheck left that was interrupted."""
    return _remove(reports, [path.name for path in reports.glob(_RECHECKS)])


def _written_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _mentions(folders: Folders, names: Iterable[str]) -> Iterator[Path]:
    """The files that still have one of the names in their text or their name, as whole words."""
    words = "|".join(re.escape(name.casefold()) for name in names)
    pattern = re.compile(rf"(?<![\w.-])(?:{words})(?![\w-])")
    for folder in (folders.reports, folders.history):
        for path in sorted(folder.rglob("*")):
            is_plain = path.is_file() and not path.is_symlink()
            text = path.read_bytes().decode("utf-8", errors="replace") if is_plain else ""
            if is_plain and pattern.search(f"{path.name}\n{text}".casefold()):
                yield path


# --- what is rewritten ----------------------------------------------------------------------------


def _rewrite_grade_book(reports: Path, learners: Collection[str]) -> None:
    file = reports / gradebook.JSON_NAME
    if file.exists():
        text = json.dumps(without(_document(file), learners), ensure_ascii=False, indent=1)
        write_whole(file, text + "\n")
    table = reports / gradebook.CSV_NAME
    if table.exists():
        cells = {gradebook.escape_formula(learner) for learner in learners}
        rows = csv.reader(io.StringIO(table.read_text(encoding="utf-8-sig"), newline=""))
        text_ = io.StringIO(newline="")
        csv.writer(text_, lineterminator="\r\n").writerows(
            row for row in rows if row[:1] and row[0] not in cells
        )
        write_whole(table, "\ufeff" + text_.getvalue())


def _allure_cases(folders: Folders, store: PastRuns, learners: Iterable[str]) -> set[str]:
    """The ids of the learners' checks in Allure's history, wherever the learners worked."""
    cases: set[str] = set()
    for learner in learners:
        places = set(store.places(learner))
        for folder in (folders.reports, folders.history):
            evidence = _evidence(snapshot.path_of(folder / _EVIDENCE, learner))
            places.add(str(evidence.get("place", "")))
        keys = (
            labels.key_of(tenant, place, learner, check)
            for tenant in ("simulated", "live")
            for place in places
            for check in _checks(folders, store)
        )
        cases |= {history_file.case_id(key) for key in keys}
    return cases


def _checks(folders: Folders, store: PastRuns) -> set[str]:
    file = folders.reports / gradebook.JSON_NAME
    rubric = _document(file).get("rubric", ()) if file.exists() else ()
    return {entry["id"] for entry in rubric} | set(store.checks())


def _rewrite_allure_history(file: Path, cases: Collection[str]) -> None:
    if file.exists():
        lines = file.read_text("utf-8", errors="replace").splitlines()
        write_whole(file, "".join(history_file.without(line, cases) for line in lines if line))


def _drop_old_lines(file: Path, time: datetime) -> None:
    if file.exists():
        lines = file.read_text("utf-8", errors="replace").splitlines()
        kept = [line for line in lines if history_file.made_at(line) >= time]
        write_whole(file, "".join(f"{line}\n" for line in kept))

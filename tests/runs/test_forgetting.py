"""A learner who is forgotten, and results with pseudonyms: every byte is searched."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import sqlite3
import zlib
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from graders.__main__ import main as judge
from graders.history.effective_result import Found, PastRun
from graders.history.store import FILE_NAME, PastRuns, Whose
from graders.inputs.lab_file import read_class
from graders.lab import Lab
from graders.reasons import Outcome, OwnerNote, Reason, Relation
from reports import exports
from reports.__main__ import main
from reports.allure import history_file, labels
from reports.files import write_whole
from reports.stored import read_book
from tests.support import grading_process, leaks
from tests.support.paths import COHORTS

GONE, KEPT = "user17", "user16"
NIGHT = datetime(2026, 11, 20, 22, tzinfo=UTC)


@dataclass(frozen=True)
class Results:
    """All that a class leaves on disk: of runs, past runs, exports, hand-outs."""

    reports: Path
    history: Path
    labs: dict[str, Lab]

    def files(self) -> list[Path]:
        folders = (self.reports, self.history)
        return [path for folder in folders for path in folder.rglob("*") if path.is_file()]

    def identifiers(self, learner: str) -> frozenset[str]:
        """What tells this learner from all the others."""
        others = (self._all_of(other) for other in self.labs if other != learner)
        return self._all_of(learner).difference(*others)

    def _all_of(self, learner: str) -> frozenset[str]:
        evidence = self.reports / "evidence" / f"{learner}.json"
        return leaks.identifiers(self.labs[learner], evidence.read_text("utf-8"))

    def forget(self, *what: str) -> int:
        options = ("--reports", self.reports, "--history", self.history)
        return main(["forget", *what, *map(str, options)])


@pytest.fixture
def results(whole: Results, tmp_path: Path) -> Results:
    """A copy of all, to be changed."""
    shutil.copytree(whole.reports.parent, tmp_path / "copy", copy_function=os.link)
    reports, history = tmp_path / "copy" / "out", tmp_path / "copy" / "history"
    for path in (history / FILE_NAME, history / history_file.NAME):  # changed in their place
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data)
    return Results(reports, history, whole.labs)


@pytest.fixture(scope="module")
def whole(demo: grading_process.Outcome, tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("whole")
    reports = Path(shutil.copytree(demo.reports, folder / "out"))
    cohort = COHORTS / "demo.csv"
    learners, lab_file = read_class(cohort, COHORTS / "lab.toml")
    labs = {learner.id: lab_file.for_learner(learner) for learner in learners}
    everything = ("--export", ",".join(exports.EXPORTS), "--pseudonyms", "--fail-on", "never")
    paths = ("--learners", cohort, "--evidence", reports / "evidence", "--reports", reports)
    assert judge(["judge", *map(str, (*paths, *everything))]) == 0
    assert main(["hand-out", str(reports), "--zips", "--mail"]) == 0
    written = Results(reports, folder / "history", labs)
    past_runs(written)
    return written


def past_runs(written: Results) -> None:
    """Two nights in the store and in Allure's history; evidence without doubts."""
    lines = []
    places = {learner: lab.place for learner, lab in written.labs.items()}
    for night in (NIGHT, NIGHT + timedelta(days=7)):
        findings = {
            (learner, "project-exists"): Found(Outcome.FAILED, Reason(note=f"{learner} of {place}"))
            for learner, place in places.items()
        }
        PastRuns(written.history).add(PastRun(night, findings), Whose("simulated", places), "d")
        keys = [labels.key_of("simulated", p, own, "project-exists") for own, p in places.items()]
        cases = dict(zip(map(history_file.case_id, keys), places.values(), strict=True))
        lines.append(
            {
                "uuid": str(night),
                "timestamp": night.timestamp() * 1000,
                "knownTestCaseIds": list(cases),
                "testResults": {
                    f"{case}.p": {"id": case, "message": place} for case, place in cases.items()
                },
            }
        )
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (written.history / history_file.NAME).write_text(text, encoding="utf-8")
    shutil.copytree(written.reports / "evidence", written.history / "evidence")


def named_in(path: Path, names: frozenset[str]) -> list[str]:
    """The names in a file, also in what is packed in it; its own name counts."""
    data = path.read_bytes()
    text = f"{path.name}\n{data.decode('utf-8', errors='replace')}\n{unpacked(data)}".casefold()
    text = text.replace("\\u00e9", "é")
    return [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)]


def unpacked(data: bytes) -> str:
    """The evidence in a grade book page."""
    match = re.search(rb'"evidence":\{[^}]*"text":"([^"]+)"', data)
    if not match:
        return ""
    return zlib.decompress(base64.b64decode(match[1]), -zlib.MAX_WBITS).decode()


def test_nothing_of_a_forgotten_learner_is_left(
    results: Results, capsys: pytest.CaptureFixture[str]
) -> None:
    gone, kept = results.identifiers(GONE), results.identifiers(KEPT)
    before = [path for path in results.files() if named_in(path, gone)]
    assert {path.relative_to(results.reports.parent).parts[0] for path in before} == {
        "out",
        "history",
    }
    assert results.forget(GONE) == 0, capsys.readouterr().err
    assert [path for path in results.files() if named_in(path, gone)] == []
    left = {path.name for path in results.files() if named_in(path, kept)}
    assert {"user16.json", "gradebook.json", "gradebook.csv", FILE_NAME} <= left
    assert {"feedback.html", "history.jsonl"} <= left


def test_the_others_keep_their_marks(results: Results) -> None:
    before = read_book(results.reports).grades
    results.forget(GONE, "user1")
    after = read_book(results.reports)
    assert after.grades == {
        learner: own for learner, own in before.items() if learner not in (GONE, "user1")
    }
    table = grading_process.Outcome(0, "", results.reports).grade_book()
    assert [row["learner"] for row in table] == list(after.names)
    document = json.loads((results.reports / "gradebook.json").read_text("utf-8"))
    assert document["cohort"]["graded"] == 14
    with closing(sqlite3.connect(results.history / FILE_NAME)) as store:
        rows = store.execute("SELECT DISTINCT learner FROM history").fetchall()
        assert len(rows) == 14
        assert store.execute("SELECT count(*) FROM places").fetchone() == (14,)


def test_a_note_to_the_instructor_that_names_them_goes_too(results: Results) -> None:
    file = results.reports / "gradebook.json"
    document = json.loads(file.read_text("utf-8"))
    notes = [
        OwnerNote("the endpoint", Relation.IS_OF, (GONE,)),
        OwnerNote("the model", Relation.IS_OF, (KEPT,)),
    ]
    entry = next(entry for entry in document["verdicts"] if entry["learner"] == "user2")
    entry["for_instructor"] = ["the endpoint is user17's", "the model is user16's"]
    entry.setdefault("facts", {})["owners"] = [
        {"thing": note.thing, "relation": note.relation, "learners": note.learners}
        for note in notes
    ]
    write_whole(file, json.dumps(document))
    assert results.forget(GONE) == 0
    text = file.read_text("utf-8")
    assert GONE not in text
    assert "the model is user16's" in text


def test_a_file_that_still_names_the_learner_is_reported(
    results: Results, capsys: pytest.CaptureFixture[str]
) -> None:
    (results.reports / "my-notes.txt").write_text("call Priya Walsh", encoding="utf-8")
    assert results.forget(GONE) == 1
    assert "my-notes.txt still names a learner: check it." in capsys.readouterr().err


def test_an_unknown_learner_is_refused(
    results: Results, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in results.files()}
    assert results.forget(GONE, "user99x") == 2
    assert "Nothing is kept of `user99x`" in capsys.readouterr().err
    assert results.forget() == 2
    assert {path: path.read_bytes() for path in results.files()} == before


def test_a_link_is_removed_and_not_what_it_leads_to(results: Results, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.txt").touch()
    shutil.rmtree(results.reports / "handouts")
    (results.reports / "handouts").symlink_to(elsewhere)
    results.forget(GONE)
    assert not (results.reports / "handouts").is_symlink()
    assert (elsewhere / "mine.txt").exists()


def test_what_is_older_than_a_day_is_removed(results: Results) -> None:
    assert results.forget("--before", "2026-11-24") == 0
    with closing(sqlite3.connect(results.history / FILE_NAME)) as store:
        assert store.execute("SELECT at FROM runs").fetchall() == [("2026-11-27T22:00:00+00:00",)]
    (line,) = (results.history / history_file.NAME).read_text("utf-8").splitlines()
    assert json.loads(line)["uuid"].startswith("2026-11-27")
    assert (results.reports / "gradebook.json").exists()  # graded later


def test_old_results_and_old_evidence_go_as_a_whole(results: Results) -> None:
    assert results.forget("--before", "2126-01-01") == 0
    assert [path for path in results.files() if path.name != FILE_NAME] == [
        results.history / history_file.NAME
    ]
    assert (results.history / history_file.NAME).read_bytes() == b""


def test_results_to_share_name_nobody(results: Results) -> None:
    folder = results.reports / "shareable"
    names = frozenset().union(*map(results.identifiers, results.labs))
    names |= {lab.organization.casefold() for lab in results.labs.values()}
    names |= {lab.subscription_id for lab in results.labs.values()}
    names |= {str(results.reports).casefold()}
    assert sorted(path.name for path in folder.iterdir()) == [
        "gradebook.csv",
        "gradebook.json",
        "index.html",
    ]
    assert {path.name: named_in(path, names) for path in folder.iterdir()} == {
        path.name: [] for path in folder.iterdir()
    }


def test_results_to_share_have_the_classs_points_under_pseudonyms(results: Results) -> None:
    ours = read_book(results.reports).grades.values()
    shared = read_book(results.reports / "shareable").grades
    assert sorted(shared) == [f"learner-{place:02}" for place in range(1, 17)]

    def points(grades: object) -> list[tuple[float, tuple[str, ...]]]:
        return sorted((own.earned, tuple(v.outcome for v in own.verdicts)) for own in grades)  # type: ignore[attr-defined]

    assert points(shared.values()) == points(ours)


def test_a_run_that_does_not_ask_deletes_earlier_results_to_share(results: Results) -> None:
    evidence = results.reports / "evidence"
    paths = ("--learners", COHORTS / "demo.csv", "--evidence", evidence)
    options = ("--reports", results.reports, "--fail-on", "never")
    judge(["judge", *map(str, (*paths, *options))])
    assert not (results.reports / "shareable").exists()


def test_the_search_of_these_tests_finds_what_is_packed() -> None:
    packed = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = packed.compress(b'["user17"]') + packed.flush()
    page = b'{"evidence":{"text":"' + base64.b64encode(data) + b'"}}'
    assert unpacked(page) == '["user17"]'

"""What holds whatever comes: files, names, points, snapshots, addresses."""

from __future__ import annotations

import csv
import json
import random
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders import snapshot
from graders.codec import from_json, to_json
from graders.evidence import Evidence, ServiceName, Unavailable
from graders.inputs.cohort import read_cohort
from graders.inputs.lab_file import LabFile, read_lab_file
from graders.inputs.problems import InputProblems
from graders.judging.root_causes import first_to_read
from graders.lab import Learner
from graders.names import near_misses
from graders.parts import unseen
from graders.reasons import Reason
from graders.rubric import Check
from graders.services.http.read_only import without_secrets
from graders.verdicts import Outcome, Verdict, grade

steadily = settings(derandomize=True, deadline=None, max_examples=150, database=None)
ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
NAMES = st.text("abcdefgh-_0123456789", min_size=1, max_size=14)


# --- files ----------------------------------------------------------------------------------------


@steadily
@given(st.binary(max_size=300) | st.text(st.characters(codec="utf-8")).map(str.encode))
def test_any_file_is_a_cohort_or_is_refused_in_sentences(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "class.csv"
        file.write_bytes(content)
        for read in (read_cohort, read_lab_file):
            problems = problems_of(read, file)
            assert all(
                problem.startswith(str(file)) and problem.endswith(".")
                for problem in problems or ()
            )
            assert problems != []


def problems_of(read: Callable[[Path], object], file: Path) -> list[str] | None:
    """What is said against the file; None where nothing is."""
    try:
        read(file)
    except InputProblems as problems:
        return [str(problem) for problem in problems.problems]
    return None


@steadily
@given(st.lists(st.tuples(NAMES, ANY_TEXT), min_size=1, max_size=8, unique_by=lambda row: row[0]))
def test_a_cohort_comes_back_as_it_was_written_or_is_refused(rows: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "class.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("learner", "number", "name"))
            writer.writerows((identity, n, name) for n, (identity, name) in enumerate(rows, 1))
        problems = problems_of(read_cohort, file)
        if problems is None:
            learners = read_cohort(file)
            assert [learner.id for learner in learners] == [identity for identity, _ in rows]
            assert [learner.number for learner in learners] == list(range(1, len(rows) + 1))
        else:
            assert all("row" in problem or "column" in problem for problem in problems)


# --- names ----------------------------------------------------------------------------------------


@steadily
@given(st.integers(1, 999), st.integers(1, 999))
def test_no_two_learners_get_the_same_names(first: int, second: int) -> None:
    labs = [LabFile().for_learner(Learner(f"l{n}", n)) for n in (first, second)]
    if first != second:
        assert labs[0].resource_group != labs[1].resource_group
        assert labs[0].workspace != labs[1].workspace
        assert labs[0].repositories[0] != labs[1].repositories[0]
        assert labs[0].place != labs[1].place


@steadily
@given(NAMES, st.lists(NAMES, max_size=8))
def test_a_near_miss_is_another_name_that_is_there(name: str, known: list[str]) -> None:
    misses = dict(near_misses(name, known))
    assert set(misses) <= set(known) - {name}
    assert all(edits > 0 for edits in misses.values())
    assert list(misses.values()) == sorted(misses.values())


# --- points ---------------------------------------------------------------------------------------

CHECKS = tuple(
    Check(f"check-{n}", f"Check {n}", f"{2 + n % 6}.1", float(n % 4), "Fix it.") for n in range(24)
)
OUTCOMES = st.lists(st.sampled_from(Outcome), min_size=len(CHECKS), max_size=len(CHECKS))


def verdicts_of(outcomes: list[Outcome]) -> list[Verdict]:
    return [
        Verdict.on(check, "zoë", outcome, Reason(note="why"))
        for check, outcome in zip(CHECKS, outcomes, strict=True)
    ]


@steadily
@given(OUTCOMES, st.randoms(use_true_random=False))
def test_points_add_up_in_any_order(outcomes: list[Outcome], shuffled: random.Random) -> None:
    verdicts = verdicts_of(outcomes)
    own = grade("zoë", verdicts, CHECKS)
    mixed = list(verdicts)
    shuffled.shuffle(mixed)
    other = grade("zoë", mixed, CHECKS)
    assert (own.total, own.by_task) == (other.total, other.by_task)
    undecided = [v for v in verdicts if v.points and not v.outcome.is_decided]
    assert (own.total is None) == bool(undecided)
    if own.total is not None:
        assert own.total == sum(v.points for v in verdicts if v.outcome is Outcome.PASSED)
        assert own.total == sum(own.by_task.values())  # type: ignore[arg-type]
        assert own.total <= own.possible


@steadily
@given(OUTCOMES, st.integers(0, len(CHECKS) - 1))
def test_a_check_that_was_not_judged_withholds_if_it_carries_points(
    outcomes: list[Outcome], missing: int
) -> None:
    verdicts = verdicts_of(outcomes)
    del verdicts[missing]
    if CHECKS[missing].points:
        assert grade("zoë", verdicts, CHECKS).total is None


@steadily
@given(OUTCOMES)
def test_the_first_message_is_a_failed_one_wherever_anything_failed(
    outcomes: list[Outcome],
) -> None:
    first = first_to_read(verdicts_of(outcomes), {})
    if Outcome.FAILED in outcomes:
        assert first is not None
        failed = [check for check, how in zip(CHECKS, outcomes, strict=True) if how == "failed"]
        assert first.check == max(failed, key=lambda check: check.points).id
    assert (first is None) == (set(outcomes) == {Outcome.PASSED})


@steadily
@given(st.sampled_from(Outcome), ANY_TEXT)
def test_a_verdict_crosses_to_another_process_unchanged(outcome: Outcome, reason: str) -> None:
    verdict = Verdict.on(CHECKS[1], "zoë", outcome, Reason(note=reason))
    assert from_json(to_json(verdict)) == verdict


# --- snapshots ------------------------------------------------------------------------------------


def evidence_with(cause: str) -> Evidence:
    return replace(
        unseen("zoë", Unavailable(ServiceName.AZURE_ML, "y", cause, "z")),
        similar_repositories=(cause,),
    )


@steadily
@given(ANY_TEXT)
def test_evidence_comes_back_as_it_was_written(cause: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        snapshot.write(Path(folder), evidence_with(cause))
        assert snapshot.read(Path(folder), "zoë") == evidence_with(cause)


@steadily
@given(ANY_TEXT, st.integers(0, 10_000), st.integers(0, 255))
def test_no_changed_byte_goes_unnoticed(cause: str, place: int, byte: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = snapshot.write(Path(folder), evidence_with(cause))
        content = bytearray(file.read_bytes())
        content[place % len(content)] = byte
        file.write_bytes(content)
        try:
            evidence = snapshot.read(Path(folder), "zoë")
        except snapshot.SnapshotError:
            return
        assert evidence == evidence_with(cause)


@steadily
@given(ANY_TEXT)
def test_a_learners_evidence_is_not_taken_for_anothers(cause: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = snapshot.write(Path(folder), evidence_with(cause))
        content = json.loads(file.read_text(encoding="utf-8"))
        snapshot.path_of(Path(folder), "yuki").write_text(json.dumps(content), encoding="utf-8")
        with pytest.raises(snapshot.SnapshotError, match="another learner"):
            snapshot.read(Path(folder), "yuki")


# --- addresses ------------------------------------------------------------------------------------

SECRET = st.text("abcdefABCDEF0123456789", min_size=12, max_size=40).map("s3cr3t".__add__)
KEYS = st.sampled_from(
    ["sig", "token", "access_token", "client_secret", "code", "password", "X-Key", "assertion"]
)


QUERIES = st.sampled_from(
    [
        "{key}={secret}",
        "a=b&{key}={secret}",
        "{key}={secret}&c=d",
        "a=b;{key}={secret}",
        "next=https%3A%2F%2Fexample.com%2F%3F{key}%3D{secret}",
        "q=ghp_{secret}",
        "github_pat_{secret}=",
        "eyJhbGciOi{secret}",
    ]
)


@steadily
@given(SECRET, KEYS, QUERIES)
def test_no_secret_of_an_address_is_shown(secret: str, key: str, query: str) -> None:
    filled = query.format(key=key, secret=quote(secret))
    for url in (
        f"https://example.org/x?{filled}",
        f"https://user:{secret}@example.org/x?{filled}#{secret}",
    ):
        shown = without_secrets(url)
        assert secret not in shown
        assert shown.startswith("https://example.org/x")


def test_of_what_is_no_address_nothing_is_shown() -> None:
    assert without_secrets("https://[/x?sig=s3cr3t") == "…"


def test_what_is_asked_stays_readable() -> None:
    url = "https://dev.azure.com/o/p/_apis/build/builds?definitions=1,2&queryOrder=queueTime"
    assert without_secrets(url) == url

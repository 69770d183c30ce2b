"""Comparing a class takes time and space in a straight line, however much its labs share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from graders.evidence import Evidence
from graders.inputs.lab_file import read_lab_file
from graders.judging.class_breaks import Reached, Record, RecordKind
from graders.judging.ownership import Ownership, ownership
from graders.judging.ownership.locations import MOST_NAMES
from graders.lab import Lab, Learner
from graders.wording import owner_note
from tests.support.paths import COHORTS
from tests.support.three_learners import evidence

FEW, MANY = 30, 120
STRAIGHT = 1.3 * MANY / FEW
"""How many times more calls a class of MANY may take: a square would take 16 times."""


def labs(count: int, **shared: str) -> Sequence[Lab]:
    lab_file = read_lab_file(COHORTS / "lab.toml")
    own = (lab_file.for_learner(Learner(f"user{n}", n)) for n in range(1, count + 1))
    return [replace(lab, **shared) for lab in own]  # type: ignore[arg-type]


def copied(lab: Lab) -> Evidence:
    """The first learner's work in everybody's lab."""
    return replace(evidence()["user1"], learner=lab.learner.id, similar_repositories=("mlops",))


def compared(of_class: Sequence[Lab]) -> Mapping[str, Ownership]:
    return ownership(of_class, {lab.learner.id: copied(lab) for lab in of_class})


def calls(work: Callable[[], object]) -> int:
    """How many functions are called, Python's own included."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    former = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(former)
    return count


@pytest.mark.parametrize(
    "shared",
    [{}, {"workspace": "ours", "resource_group": "ours"}, {"github_owner": "ours"}],
    ids=["copied", "one workspace", "one owner"],
)
def test_comparing_takes_calls_in_a_straight_line(shared: Mapping[str, str]) -> None:
    few, many = labs(FEW, **shared), labs(MANY, **shared)
    compared(few)  # what is computed once
    assert calls(lambda: compared(many)) <= STRAIGHT * calls(lambda: compared(few))


def test_a_note_names_ten_learners_and_counts_the_others() -> None:
    notes = compared(labs(MANY))["user1"].owners["own_work"]
    shared = [note for note in notes if note.learners[0] == "user2"]
    assert shared
    assert all((len(n.learners), n.more) == (MOST_NAMES, MANY - 1 - MOST_NAMES) for n in shared)
    assert f"user11 and {MANY - 1 - MOST_NAMES} more" in owner_note(shared[0])


def test_few_are_all_named() -> None:
    notes = compared(labs(3))["user1"].owners["own_work"]
    assert {note.learners for note in notes} >= {("user2", "user3")}
    assert not any(note.more for note in notes)


def failing(count: int) -> Reached:
    """A class in which everybody fails in the same words, at each of three tasks."""
    reached, at = Reached(), datetime(2026, 11, 20, tzinfo=UTC)
    for number in range(count):
        keys = (("Deploy", f"task {task}") for task in range(3))
        records = [Record(RecordKind.CD, key, True, "down", "Down", at) for key in keys]
        reached.add(f"user{number}", records)
    return reached


def test_where_the_lab_breaks_takes_calls_in_a_straight_line() -> None:
    few, many = failing(FEW), failing(MANY)
    assert len(many.breaks(lambda *_: True)) == MANY
    most = STRAIGHT * calls(lambda: few.breaks(lambda *_: True))
    assert calls(lambda: many.breaks(lambda *_: True)) <= most

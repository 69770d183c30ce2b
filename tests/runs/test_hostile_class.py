"""Every attack at once, beside five honest learners: graded to the end, and within the bounds."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures.plugin.grading import whole_rubric
from graders import snapshot
from graders.texts import LONGEST_VALUE
from tests.support import grading_process
from tests.support.hostile_class import HostileClass, hostile_class

STEERS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
MOST_BYTES = {
    "index.html": 1_000_000,
    "gradebook.json": 2_500_000,
    "attachment.json": 400_000,
    ".xml": 1_000_000,
}
"""Of one file of results, by the end of its name; the first and the last are of the class."""
MOST_BYTES_OF_OTHERS = 250_000
MOST_CHARACTERS_IN_TERMINAL = 1_000_000
MOST_EVIDENCE = 2_500_000


@dataclass(frozen=True)
class Graded:
    hostile_class: HostileClass
    run: grading_process.Outcome

    def results(self) -> list[Path]:
        return [path for path in self.run.reports.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """With every part of the terminal's output, and every format of results."""
    folder = tmp_path_factory.mktemp("hostile")
    of_class = hostile_class(folder)
    given = ("--learners", of_class.cohort, "--evidence", of_class.evidence, "--export", "all")
    shown = ("-v", "-rA", "--showlocals", "--tb=long", "--fail-on", "never")
    return Graded(of_class, grading_process.grade(*given, *shown, reports=folder / "out"))


def test_it_ends_and_honest_learners_keep_all_points(graded: Graded) -> None:
    assert graded.run.status == 0, graded.run.text[-2000:]
    totals = {grade["learner"]: grade["total"] for grade in graded.run.book()["grades"]}
    honest = graded.hostile_class.honest
    assert len(honest) == 6  # the sixth had another's project name
    assert {learner: totals[learner] for learner in honest} == dict.fromkeys(honest, 100)
    for learner in honest:
        assert set(graded.run.outcomes()[learner].values()) == {"passed"}


def test_every_hostile_learner_is_judged_by_every_check(graded: Graded) -> None:
    for learner in graded.hostile_class.hostile:
        assert len(graded.run.outcomes()[learner]) == len(whole_rubric())
    reasons = [verdict["reason"] for verdict in graded.run.book()["verdicts"]]
    assert not [reason for reason in reasons if "a bug in the grader" in reason]
    assert not [reason for reason in reasons if "took more than" in reason]


def test_no_part_of_the_terminal_is_steered(graded: Graded) -> None:
    assert "owned" in graded.run.text
    assert set(STEERS.findall(graded.run.text)) == set()
    commands = [line for line in graded.run.text.splitlines() if line.lstrip()[:2] in ("##", "::")]
    assert commands == []
    assert len(graded.run.text) < MOST_CHARACTERS_IN_TERMINAL


def test_no_text_of_a_learner_floods_any_result(graded: Graded) -> None:
    too_long = re.compile(rf"x{{{LONGEST_VALUE + 1}}}|(1\.5, ){{100}}|9{{{LONGEST_VALUE + 1}}}")
    assert not too_long.search(graded.run.text)
    for file in graded.results():
        text = file.read_text(encoding="utf-8", errors="replace")
        assert not too_long.search(text), file
        most = next((m for end, m in MOST_BYTES.items() if file.name.endswith(end)), None)
        assert file.stat().st_size < (most or MOST_BYTES_OF_OTHERS), file


def test_what_is_kept_of_an_answer_and_of_a_lab_is_bounded(graded: Graded) -> None:
    for learner in graded.hostile_class.labs:
        file = snapshot.path_of(graded.hostile_class.evidence, learner)
        assert file.stat().st_size < MOST_EVIDENCE
        stored = snapshot.read(graded.hostile_class.evidence, learner)
        assert stored is not None
        assert len(getattr(stored.answer, "body", "")) <= LONGEST_VALUE


@pytest.mark.skipif(os.name != "posix", reason="Windows has no rights of this kind")
def test_only_their_owner_may_open_the_results(graded: Graded) -> None:
    for path in (graded.run.reports, *graded.run.reports.rglob("*")):
        assert not path.is_symlink()
        assert path.stat().st_mode & 0o077 == 0, path

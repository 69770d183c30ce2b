"""What a learner writes reaches the terminal as text: nothing steers it, nothing floods it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from graders.evidence import Unavailable
from graders.inputs.problems import Problem
from graders.judging.named import NamedResources
from graders.reasons import Blockage, Mismatch, OwnerNote, Reason, Relation
from graders.texts import LONGEST_VALUE, MOST_LINES, clipped, shown_value, strip_controls
from graders.wording import in_words, owner_note
from tests.runs.test_judge import explain
from tests.support import grading_process

STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
SEQUENCES = (
    "\x1b]0;owned\x07",  # OSC: another title of the window
    "\x1b[2J\x1b[1;1H",  # CSI: an empty screen
    "\x9b31m",  # the same, in one C1 character
    "\x1bP+q\x1b\\",  # DCS
    "\r\n\x08\x7f",
    "\u202etfel ot thgir",
)
ALL = "".join(SEQUENCES)

MISTAKE = """
[escapes_everywhere]
story = "The learner gave names and values that steer a terminal."
first = {{ check = "ci-pipeline-exists", says = "owned" }}
fails = ["ci-pipeline-exists", "location-is-the-workspace-region"]
[escapes_everywhere.set]
"ci.name" = {text}
"cd.yaml_path" = {text}
"variable_group.variables.LOCATION" = {text}
"endpoint.error" = {text}
"endpoint.state" = "Unhealthy"
"model.tags.BuildUri" = {text}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> grading_process.Outcome:
    folder = tmp_path_factory.mktemp("hostile")
    text = ALL + "owned " + "x" * 50_000
    literal = (
        '"'
        + "".join(
            f"\\u{ord(character):04x}" if ord(character) > 126 or ord(character) < 32 else character
            for character in text.replace("\\", "")
        )
        + '"'
    )
    (folder / "own.toml").write_text(MISTAKE.format(text=literal), encoding="utf-8")
    cohort = grading_process.write_cohort(folder / "class.csv", 2, {1: "escapes_everywhere"})
    given = ("--learners", cohort, "--mistakes", folder / "own.toml", "--tenant", "simulated")
    return grading_process.grade(*given, "-v", "-rA", "-l", "--tb=long", reports=folder / "out")


def test_no_escape_of_a_learners_reaches_the_terminal(run: grading_process.Outcome) -> None:
    assert run.outcomes()["learner001"]["ci-pipeline-exists"] == "failed"
    assert "owned" in run.text
    assert set(STEERING.findall(run.text)) == set()


def test_a_few_hundred_characters_of_a_value_are_shown(run: grading_process.Outcome) -> None:
    longest = LONGEST_VALUE + 10
    assert not re.search("x" * longest, run.text)
    files = [file for file in run.reports.rglob("*") if file.is_file()]
    reports = [file for file in files if file.parent.name != "evidence"]  # which keeps it whole
    assert reports
    assert not [file for file in reports if re.search(b"x" * longest, file.read_bytes())]


def test_the_neighbour_is_graded_as_ever(run: grading_process.Outcome) -> None:
    totals = {grade["learner"]: grade["total"] for grade in run.book()["grades"]}
    assert totals["learner002"] == 100


def test_a_heading_of_a_cohort_file_steers_nothing(tmp_path: Path) -> None:
    cohort = tmp_path / "class.csv"
    cohort.write_text(f'"learner{SEQUENCES[0]}","{SEQUENCES[1]}",number\nann,x,1\n', "utf-8")
    run = grading_process.grade("--learners", cohort, reports=tmp_path / "out")
    assert run.status == 4
    assert "this column is missing" in run.text
    assert set(STEERING.findall(run.text)) == set()


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_each_place_of_a_reason_is_stripped(sequence: str) -> None:
    texts = (
        explain("==", [Mismatch(sequence, sequence, sequence)], []),
        explain("==", sequence, "right"),
        explain("in", "right", (sequence,)),
        explain("in", "right", NamedResources("pipeline", [_Named(sequence)])),
        str(Problem(f"a{sequence}", sequence, sequence, column=sequence, value=sequence)),
        in_words(Reason(note=sequence, doubt=sequence, pending_on=sequence).bounded),
        in_words(Reason(blocked_by=Blockage("check", "2.6", sequence, sequence)).bounded),
        in_words(Reason(unseen=Unavailable(sequence, sequence, sequence, sequence)).bounded),
        owner_note(OwnerNote(sequence, Relation.IS_OF, (sequence,), sequence).bounded),
    )
    assert [STEERING.findall(text or "") for text in texts] == [[]] * len(texts)


def test_each_mismatch_keeps_to_its_line_and_its_bound() -> None:
    long = "a\nb; found " * 1000
    text = explain("==", [Mismatch("A", long, long), Mismatch("B", "3", "4")], [])
    assert len(text.splitlines()) == 2
    assert len(text) < 3 * LONGEST_VALUE
    assert clipped("abc", 2) == "a…"
    assert shown_value("a" * 10_000) == "a" * (LONGEST_VALUE - 1) + "…"
    assert strip_controls("a\u2028b\tc") == "a b c"


class _Named:
    def __init__(self, name: str) -> None:
        self.name = name


def test_of_thousands_of_findings_the_first_are_shown() -> None:
    text = explain("==", [Mismatch(f"A{number}", "1", "2") for number in range(3000)], [])
    assert text.splitlines()[0] == "A0: expected 1; found 2"
    assert text.splitlines()[-1] == "and 2960 more"
    assert len(text.splitlines()) == MOST_LINES + 1

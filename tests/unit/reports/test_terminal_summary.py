"""The summary in the terminal: read by people, so its golden file is what people see.

After a wanted change, write the golden file anew with `UPDATE_GOLDEN=1 pytest` and read its diff.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.cells import cell_len

from graders.lab import Learner
from graders.verdicts import Outcome, Verdict
from reports import gradebook, terminal
from reports.grading_run import GradingRun
from tests.support import handmade_run as example
from tests.support.paths import GOLDEN

SUMMARY = GOLDEN / "terminal.txt"
HIDDEN = (
    "Azure DevOps: could not see the projects: the account may not see the organisation (403). "
    "Ask its owner for read access"
)
COHORT = (
    example.learner("l01", "Ada Lovelace"),
    example.learner("l02", "Jens-Christian Æbelø-Østergård Skovgaard"),
    example.learner("l03", "王小明 李"),
    example.learner("l04", "דנה כהן"),
    example.learner("l05", "👩‍🔬 Zoë"),
    example.learner("a-very-long-learner-id-as-some-systems-give@example.org"),
    example.learner("l07", "Running"),
    example.learner("l08", "Hidden"),
    example.learner("l09", "Hidden too"),
)
MISTAKES = {
    "l02": {"variable-group-exists": (Outcome.FAILED, "misspelt")},
    "l03": example.from_task(5, Outcome.BLOCKED, "no pipeline")
    | {"ci-run-succeeded": (Outcome.FAILED, "no run succeeded")},
    "l04": {
        "variable-group-exists": (Outcome.FAILED, "misspelt"),
        "group-is-open": (Outcome.NOTED, "not open"),
        "endpoint-answers": (Outcome.FAILED, "it says 502"),
    },
    "l05": example.from_task(2, Outcome.BLOCKED, "no project")
    | {"project-exists": (Outcome.FAILED, "there is no project")},
    "l07": {"ci-run-succeeded": (Outcome.PENDING, "run 20261123.1 has been going for 9 minutes")}
    | example.from_task(6, Outcome.BLOCKED, "no CI run"),
    "l08": example.from_task(2, Outcome.NOT_ASSESSED, HIDDEN),
    "l09": example.from_task(2, Outcome.NOT_ASSESSED, HIDDEN),
}
PAGE = terminal.Page()
WRITTEN = (
    ("grade book", Path("reports/out/gradebook.csv")),
    ("Allure results", Path("reports/out/allure-results")),
)


def lines(
    run: GradingRun, verdicts: Sequence[Verdict], page: terminal.Page = PAGE, written=WRITTEN
) -> list[str]:
    return terminal.summary(run, gradebook.grades_of(run, verdicts), written, page)


def of(learners: Sequence[Learner]) -> list[Verdict]:
    return [
        v for learner in learners for v in example.verdicts(learner.id, MISTAKES.get(learner.id))
    ]


def row_of(learner: Learner, verdicts: Sequence[Verdict] | None = None) -> str:
    run = example.run([learner])
    return lines(run, of([learner]) if verdicts is None else verdicts)[2]


def test_the_summary_reads_as_the_golden_file_says() -> None:
    text = "\n".join(lines(example.run(COHORT), of(COHORT))) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        SUMMARY.write_text(text, "utf-8", newline="\n")
    assert text == SUMMARY.read_text("utf-8")


def test_every_line_of_the_matrix_fills_80_cells_and_none_has_more() -> None:
    summary = lines(example.run(COHORT), of(COHORT))
    assert {cell_len(line) for line in summary[: 2 + len(COHORT)]} == {80}
    assert max(cell_len(line) for line in summary) == 80


def test_a_wider_terminal_shows_more_of_a_name_and_a_narrower_one_is_not_obeyed() -> None:
    wide = lines(example.run(COHORT), of(COHORT), terminal.Page(width=120))
    assert cell_len(wide[0]) == 120
    assert "a-very-long-learner-id-as-some-systems-give@example.org" in wide[7]
    assert lines(example.run(COHORT), of(COHORT), terminal.Page(width=40)) == lines(
        example.run(COHORT), of(COHORT)
    )


def test_colour_changes_nothing_but_colour() -> None:
    coloured = lines(example.run(COHORT), of(COHORT), terminal.Page(colour=True))
    plain = [re.sub(r"\x1b\[[\d;]*m", "", line).rstrip() for line in coloured]
    assert any("\x1b[" in line for line in coloured)
    assert plain == lines(example.run(COHORT), of(COHORT))


def test_a_withheld_grade_is_a_word_not_a_number() -> None:
    row = row_of(COHORT[6])
    assert row.split()[2:] == ["18", "12", "10", "?", "0", "0", "withheld"]


def test_why_grades_are_withheld_is_shown_once_for_all_learners() -> None:
    text = "\n".join(lines(example.run(COHORT), of(COHORT)))
    assert text.count("not assessed: Azure DevOps: could not see the projects") == 1
    assert "l08, l09: 16 checks not assessed: Azure DevOps" in text
    assert "l07: 1 check pending: run 20261123.1" in text
    assert "Not decided (3 of 9 grades withheld):" in text


def test_a_reason_with_a_learners_own_numbers_is_an_example() -> None:
    cohort = [example.learner(f"l{n}") for n in range(3)]
    verdicts = [
        verdict
        for place, learner in enumerate(cohort)
        for verdict in example.verdicts(
            learner.id, {"ci-run-succeeded": (Outcome.PENDING, f"run {place} goes on")}
        )
    ]
    text = "\n".join(lines(example.run(cohort), verdicts))
    assert "  l0, l1, l2: 3 checks pending, for example: run 0 goes on\n" in text


def test_many_reasons_are_counted_not_listed() -> None:
    cohort = [example.learner(f"l{n}") for n in range(12)]
    verdicts = [
        verdict
        for place, learner in enumerate(cohort)
        for verdict in example.verdicts(
            learner.id, {"ci-run-succeeded": (Outcome.PENDING, f"{'x' * (place + 1)} goes on")}
        )
    ]
    text = "\n".join(lines(example.run(cohort), verdicts))
    assert (text.count("goes on"), "… and 4 checks for 4 more reasons" in text) == (8, True)


def test_the_commonest_failures_come_first_and_blocked_checks_are_none() -> None:
    summary = lines(example.run(COHORT), of(COHORT))
    start = summary.index("Failed most often, of those who got that far:")
    assert summary[start + 2] == "      2 learners: misspelt"
    assert [line.split()[:5] for line in summary[start + 1 : start + 6 : 2]] == [
        ["2", "of", "6", "step", "2.6"],
        ["1", "of", "7", "step", "2.1"],
        ["1", "of", "5", "step", "5.10"],
    ]


def test_without_failures_or_withheld_grades_neither_is_mentioned() -> None:
    text = "\n".join(lines(example.run(COHORT[:1]), of(COHORT[:1])))
    assert "withheld" not in text
    assert "Failed" not in text


def test_every_learner_of_a_large_cohort_has_a_row() -> None:
    cohort = [example.learner(f"learner-{n:03d}") for n in range(200)]
    summary = lines(example.run(cohort), of(cohort))
    assert sum(line.startswith("learner-") for line in summary) == 200


def test_a_path_is_never_cut_or_folded() -> None:
    deep = Path("/srv") / ("results-" * 12) / "gradebook.csv"
    summary = lines(example.run(COHORT[:1]), of(COHORT[:1]), written=[("grade book", deep)])
    assert f"  grade book  {deep}" in summary


def test_a_path_below_the_working_directory_is_shown_relative_to_it() -> None:
    below = Path.cwd() / "out" / "gradebook.csv"
    summary = lines(example.run(COHORT[:1]), of(COHORT[:1]), written=[("grade book", below)])
    assert f"  grade book  {Path('out') / 'gradebook.csv'}" in summary


def test_only_a_simulated_run_bears_the_banner() -> None:
    for tenant, borne in (("simulated", True), ("live", False)):
        text = "\n".join(lines(example.run(COHORT[:1], tenant=tenant), of(COHORT[:1])))
        assert ("SIMULATED" in text) is borne


@pytest.mark.parametrize(
    "name", ["\x1b[31mred", "a\nb", "a\x07", "\u202egnol", "[bold]x", ":smile:"]
)
def test_a_name_cannot_steer_the_terminal(name: str) -> None:
    row = row_of(example.learner("x", name))
    assert not re.search("[\x00-\x1f\u202e]", row)
    assert cell_len(row) == 80
    assert row.endswith("100")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ada", "Ada   "),
        ("Lovelace", "Lovel…"),
        ("王小明", "王小明"),
        ("王小明李", "王小… "),
        ("👩‍🔬👩‍🔬👩‍🔬👩‍🔬", "👩‍🔬👩‍🔬… "),
        ("e\u0301" * 7, "e\u0301" * 5 + "…"),
    ],
)
def test_text_is_fitted_by_what_it_takes_on_the_screen(text: str, shown: str) -> None:
    assert terminal.fitted(text, 6) == shown


def test_text_from_right_to_left_is_isolated_from_the_numbers_beside_it() -> None:
    assert terminal.fitted("דנה", 5) == "\u2068דנה\u2069  "

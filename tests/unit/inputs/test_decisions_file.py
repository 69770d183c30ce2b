"""What a person decided, as a file: read whole, or refused with everything that is wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from graders.decisions import Action, Decision
from graders.inputs.decisions_file import find_decisions, read_decisions
from graders.inputs.problems import InputProblems
from graders.rubric import Check

LEARNERS = ("user3", "Ümit")
CHECKS = (
    Check("group-exists", "A group", "2.6", 3, "Create it."),
    Check("group-is-open", "Open", "2.8", 0, "Open it."),
)
HEADING = "learner,check,action,reason,author,date,until"


def read(tmp_path: Path, *rows: str, heading: str = HEADING) -> tuple[Decision, ...]:
    file = tmp_path / "decisions.csv"
    file.write_text("\n".join((heading, *rows)), encoding="utf-8")
    return read_decisions(file, LEARNERS, CHECKS)


def problems(tmp_path: Path, *rows: str, heading: str = HEADING) -> list[str]:
    with pytest.raises(InputProblems) as refused:
        read(tmp_path, *rows, heading=heading)
    return [str(problem).partition("decisions.csv, ")[2] for problem in refused.value.problems]


def test_a_row_is_a_decision(tmp_path: Path) -> None:
    assert read(tmp_path, "USER3,group-exists,passed,I saw it,Dr Smith,2026-11-25,") == (
        Decision(
            "user3",
            "group-exists",
            Action.PASSED,
            "I saw it",
            "Dr Smith",
            date(2026, 11, 25),
            row=2,
        ),
    )


@pytest.mark.parametrize(
    ("text", "action", "points"),
    [
        ("Excused", Action.EXCUSED, 0),
        ("points 1.5", Action.POINTS, 1.5),
        ("ADD 2", Action.ADD, 2),
        ("subtract  3", Action.SUBTRACT, 3),
        ('"points 2,5"', Action.POINTS, 2.5),
    ],
)
def test_actions_are_words(tmp_path: Path, text: str, action: Action, points: float) -> None:
    (decision,) = read(tmp_path, f"user3,group-exists,{text},why,me,2026-11-25,")
    assert (decision.action, decision.points) == (action, points)


@pytest.mark.parametrize("number", ["2", "+2", "-1", "points", "add x", "pass"])
def test_a_bare_number_is_no_action(tmp_path: Path, number: str) -> None:
    """A spreadsheet turns +2 into 2, which would set points where they should be added."""
    (problem,) = problems(tmp_path, f"user3,all,{number},why,me,2026-11-25,")
    assert problem.startswith(f"row 2, column `action`: not an action (found `{number}`); write")


def test_a_whole_grade_has_no_more_points_than_its_checks(tmp_path: Path) -> None:
    most = sum(check.points for check in CHECKS)
    (decision,) = read(tmp_path, f"user3,all,points {most},why,me,2026-11-25,")
    assert decision.points == most
    (problem,) = problems(tmp_path, f"user3,all,points {most + 1},why,me,2026-11-25,")
    assert f"there are only {most:g} points for it" in problem


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("2026-12-01 Europe/Berlin", datetime(2026, 12, 1, 22, 59, 59, tzinfo=UTC)),
        ("2026-12-01 23:59 America/Chicago", datetime(2026, 12, 2, 5, 59, 59, tzinfo=UTC)),
        ("2026-12-01T10:00:00Z", datetime(2026, 12, 1, 10, 0, 59, tzinfo=UTC)),
    ],
)
def test_until_includes_its_day_or_its_minute(tmp_path: Path, until: str, last: datetime) -> None:
    (decision,) = read(tmp_path, f"user3,all,failed,why,me,2026-11-25,{until}")
    assert decision.counts_at(last)
    assert not decision.counts_at(last.replace(microsecond=0) + (last - last.replace(second=58)))


def test_every_problem_of_a_file_at_once(tmp_path: Path) -> None:
    assert problems(
        tmp_path,
        "user4,group-exist,passed,,,25.11.2026,2026-12-01",
        "user3,group-exists,points 4,why,me,2026-02-30,",
        "user3,GROUP-EXISTS,passed,why,me,2026-11-25,2026-12-01 Nowhere/There",
        "user3,group-is-open,points 0,why,me,2026-11-25,",
        ",,,,,,",
        "Ümit,,passed," + "x" * 301 + ",me,2026-11-25,",
    ) == [
        "row 2, column `learner`: no learner of the cohort file has this id (found `user4`);"
        " write `user3`.",
        "row 2, column `check`: no check has this id (found `group-exist`); write `group-exists`.",
        "row 2, column `reason`: there is no reason; write why; the learner reads it.",
        "row 2, column `author`: the cell is empty; write who decided this.",
        "row 2, column `date`: not a date (found `25.11.2026`);"
        " write year, month and day, such as 2026-11-25.",
        "row 2, column `until`: not a valid time (it has no time zone) (found `2026-12-01`);"
        " write a day and its zone, such as `2026-12-01 Europe/Berlin`.",
        "row 3, column `action`: there are only 3 points for it (found `points 4`);"
        " write 3 or less.",
        "row 3, column `date`: not a date (found `2026-02-30`);"
        " write year, month and day, such as 2026-11-25.",
        "row 4, column `until`: not a valid time (there is no time zone Nowhere/There)"
        " (found `2026-12-01 Nowhere/There`);"
        " write a day and its zone, such as `2026-12-01 Europe/Berlin`.",
        "row 4, column `check`: the same learner and check as in row 3 (found `GROUP-EXISTS`);"
        " keep one of the two rows.",
        "row 5, column `action`: this check has no points in this class (found `points 0`);"
        " write `passed` or `failed`, or delete the row.",
        "row 7, column `check`: the cell is empty; write the id of a check, or `all`.",
        f"row 7, column `reason`: a text longer than 300 characters (found `{'x' * 60}…`);"
        " write a shorter one.",
    ]


def test_a_missing_column_refuses_the_file(tmp_path: Path) -> None:
    (problem,) = problems(
        tmp_path, "user3,all,passed,me,2026-11-25", heading="learner,check,action,author,date"
    )
    assert problem == (
        "row 1, column `reason`: this column is missing; add it; the columns are"
        " learner, check, action, reason, author, date, until."
    )


def test_the_file_beside_the_cohort_file_is_found(tmp_path: Path) -> None:
    cohort, other = tmp_path / "cohort.csv", tmp_path / "other.csv"
    assert find_decisions(cohort) is None
    (tmp_path / "decisions.csv").touch()
    assert find_decisions(cohort) == tmp_path / "decisions.csv"
    assert find_decisions(cohort, other) == other
    assert read_decisions(None, LEARNERS, CHECKS) == ()

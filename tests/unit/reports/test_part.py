"""Runs of a part of a class or of its checks, and the results that they must not replace."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures.plugin import part
from fixtures.plugin.grading import only_shows
from reports import gradebook
from reports.earlier import more_than
from reports.gradebook import grades_of
from tests.support.paths import PROJECT
from tests.support.runs_for_pages import large_run

LAB = PROJECT / "tests" / "lab"


def config(*args: object, **options: object) -> Any:
    unset = {"me": False, "learner": [], "markexpr": "", "keyword": "", "deselect": None}
    return SimpleNamespace(
        args=[str(arg) for arg in args or (LAB,)], option=SimpleNamespace(**(unset | options))
    )


@pytest.mark.parametrize(
    "chosen",
    [
        config(me=True),
        config(learner=["user3"]),
        config(markexpr="task2"),
        config(keyword="endpoint"),
        config(deselect=["tests/lab/test_whole_lab.py"]),
        config(LAB / "test_whole_lab.py"),
        config(f"{LAB / 'test_whole_lab.py'}::test_work_is_one_chain"),
    ],
)
def test_results_of_a_part_go_to_a_folder_of_their_own(chosen: Any) -> None:
    assert part.default_reports(chosen) == PROJECT / "reports" / "out-part"


@pytest.mark.parametrize("whole", [config(), config(LAB.parent), config(PROJECT)])
def test_results_of_the_whole_go_where_they_always_went(whole: Any) -> None:
    assert part.default_reports(whole) == PROJECT / "reports" / "out"


@pytest.mark.parametrize(
    ("learners", "checks", "more"),
    [
        (("learner000",), 72, "3 learners and 72 checks"),
        (("learner000", "learner001", "learner002"), 71, "3 learners and 72 checks"),
        ((), 0, "3 learners and 72 checks"),
        (("learner000", "learner001", "learner002"), 72, ""),
        (("a", "b", "c", "d"), 72, ""),
    ],
)
def test_more_results_than_a_part_has_are_named(
    learners: tuple[str, ...], checks: int, more: str, tmp_path: Path
) -> None:
    run, verdicts = large_run(3, reports=tmp_path)
    gradebook.write(run, grades_of(run, verdicts))
    assert more_than(tmp_path, learners, [*run.rubric][:checks]) == more


def test_a_grade_book_that_cannot_be_read_holds_nothing_up(tmp_path: Path) -> None:
    assert more_than(tmp_path, (), ()) == ""
    (tmp_path / gradebook.JSON_NAME).write_text("{", encoding="utf-8")
    assert more_than(tmp_path, (), ()) == ""


@pytest.mark.parametrize(
    "name", ["collectonly", "setuponly", "showfixtures", "show_fixtures_per_test"]
)
def test_what_only_shows_is_no_grading(name: str) -> None:
    assert only_shows(config(**{name: True}))
    assert not only_shows(config(**{name: False}))

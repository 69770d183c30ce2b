"""Exports run through models of the importers: nothing aborts, is cleared, misread or executed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graders.verdicts import Outcome
from reports.exports import EXPORTS, folder
from reports.exports.shape import mark_text
from tests.support import canvas_importer as canvas
from tests.support import exported_cohorts, handmade_run
from tests.support import moodle_importer as moodle
from tests.support.exported_cohorts import Cohort, changed, person, with_learners
from tests.support.spreadsheet_formulas import formulas

COHORTS = {
    "catalogue": exported_cohorts.catalogue,
    "demo": exported_cohorts.demo,
    "hostile": exported_cohorts.hostile,
}
FORMER = "77.5"
"""The score that everybody already has."""
MAPPED = moodle.Mapped(
    {
        "Email address": "useremail",
        "MLOps lab": "grade",
        "Feedback for MLOps lab": "feedback",
    }
)


@pytest.fixture(params=COHORTS)
def cohort(request: pytest.FixtureRequest) -> Cohort:
    return COHORTS[request.param]()


def text_of(name: str, cohort: Cohort) -> str:
    (text,) = EXPORTS[name](cohort.run, cohort.grades).files.values()
    return text


# --- Canvas ---------------------------------------------------------------------------------------


def course(cohort: Cohort) -> canvas.Course:
    """Everybody of the cohort, and somebody with a number beside them; all have a score."""
    people = {
        int(learner.extra["canvas_id"]): canvas.Person(
            learner.name, learner.extra.get("sis_login_id", ""), f"{learner.name}, "
        )
        for learner in cohort.run.learners
    } | {12: canvas.Person("Somebody Else", "login.0")}
    both = {900: canvas.Assignment("MLOps lab", 50), 901: canvas.Assignment("Another lab", 10)}
    scores = {(identity, assignment): FORMER for identity in people for assignment in both}
    return canvas.Course(people, both, scores)


def by_canvas_id(cohort: Cohort) -> dict[int, str]:
    ids = {learner.id: int(learner.extra["canvas_id"]) for learner in cohort.run.learners}
    return {ids[learner]: mark_text(total) for learner, total in cohort.decided().items()}


def test_canvas_takes_every_decided_mark_and_touches_nothing_else(cohort: Cohort) -> None:
    before = course(cohort)
    done = canvas.import_grades(text_of("canvas", cohort), before)
    wanted = by_canvas_id(cohort)
    assert (done.aborted, done.strangers, done.cleared, done.new_assignments) == ("", (), (), ())
    assert done.written == wanted
    assert done.course.assignments == before.assignments
    changes = {key: score for key, score in done.course.scores.items() if score != FORMER}
    assert changes == {
        (identity, 900): score for identity, score in wanted.items() if score != FORMER
    }


def test_canvas_finds_by_login_who_has_no_id_in_the_cohort_file(cohort: Cohort) -> None:
    learners = tuple(
        replace(
            learner, extra={**learner.extra, "canvas_id": "", "sis_login_id": f"l-{learner.id}"}
        )
        for learner in cohort.run.learners
    )
    before = course(cohort)
    ids = {learner.id: int(learner.extra["canvas_id"]) for learner in cohort.run.learners}
    logins = {number: f"l-{learner}" for learner, number in ids.items()}
    people = {
        key: replace(enrolled, login=logins.get(key, "")) for key, enrolled in before.people.items()
    }
    done = canvas.import_grades(
        text_of("canvas", with_learners(cohort, learners)), replace(before, people=people)
    )
    assert (done.aborted, done.strangers, done.written) == ("", (), by_canvas_id(cohort))


def test_a_new_assignment_of_canvas_has_its_points_and_all_marks(cohort: Cohort) -> None:
    simulated = changed(cohort, tenant="simulated")
    before = course(cohort)
    done = canvas.import_grades(text_of("canvas", simulated), before)
    assert done.new_assignments == (canvas.Assignment("SIMULATED MLOps lab", 100),)
    assert done.written == by_canvas_id(cohort)
    assert {key: score for key, score in done.course.scores.items() if key[1] > 0} == before.scores


def test_somebody_of_the_same_name_gets_no_mark_of_a_stranger() -> None:
    ada = person(1, "Ada")
    cohort = exported_cohorts.cohort([ada], {}, handmade_run.RUBRIC)
    namesake = canvas.Course({12: canvas.Person("Ada")}, {900: canvas.Assignment("MLOps lab")})
    done = canvas.import_grades(text_of("canvas", cohort), namesake)
    assert (done.strangers, done.written) == (("Ada (user1)",), {})


# --- Moodle ---------------------------------------------------------------------------------------


def site(cohort: Cohort) -> moodle.Site:
    people = {learner.email: number for number, learner in enumerate(cohort.run.learners, 1)}
    people["teacher@example.org"] = 0
    started = int(cohort.run.started_at.timestamp())
    return moodle.Site(
        people,
        grades=dict.fromkeys(people.values(), 77.5),
        graded_at=dict.fromkeys(people.values(), started - 60),
        now=started + 3600,
    )


def by_person(cohort: Cohort) -> dict[int, str]:
    numbers = {learner.id: number for number, learner in enumerate(cohort.run.learners, 1)}
    return {numbers[learner]: mark_text(total) for learner, total in cohort.decided().items()}


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("is_new_item", [False, True])
def test_moodle_takes_every_decided_mark_and_touches_nothing_else(
    cohort: Cohort, decimal: str, is_new_item: bool
) -> None:
    before = replace(site(cohort), decimal=decimal)
    mapped = replace(MAPPED, is_new_item=is_new_item)
    done = moodle.import_grades(text_of("moodle", cohort), before, mapped)
    wanted = {identity: float(total) for identity, total in by_person(cohort).items()}
    assert (done.aborted, done.cleared) == ("", ())
    assert dict(done.written) == wanted
    assert len(done.written) == len(wanted)
    assert done.site.grades == before.grades | wanted
    assert set(done.site.feedback) == set(wanted)


def test_moodle_feedback_is_of_its_own_learner_and_no_markup(cohort: Cohort) -> None:
    done = moodle.import_grades(text_of("moodle", cohort), site(cohort), MAPPED)
    totals = by_person(cohort)
    for identity, feedback in done.site.feedback.items():
        assert feedback.startswith(f"{totals[identity]} of ")
        assert "<" not in feedback


def test_moodle_refuses_what_was_graded_after_the_run() -> None:
    cohort = exported_cohorts.demo()
    later = int(cohort.run.started_at.timestamp()) + 60
    done = moodle.import_grades(
        text_of("moodle", cohort), replace(site(cohort), graded_at={1: later}), MAPPED
    )
    assert "after the grades were taken" in done.aborted


# --- spreadsheets ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["canvas", "moodle", "blackboard"])
def test_no_cell_is_a_formula(name: str, cohort: Cohort) -> None:
    assert formulas(text_of(name, cohort)) == []


def test_no_cell_of_those_left_out_is_a_formula(tmp_path: object, cohort: Cohort) -> None:
    asked = changed(cohort, exports=tuple(EXPORTS), reports=tmp_path)
    for label, path in folder.write(asked.run, asked.grades):
        if label == "not exported":
            assert formulas(path.read_text(encoding="utf-8")) == []


# --- anything -------------------------------------------------------------------------------------

WORDS = st.text(max_size=40) | st.sampled_from(exported_cohorts.NAMES)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    names=st.lists(WORDS, min_size=1, max_size=4),
    cells=st.fixed_dictionaries(
        dict.fromkeys(("canvas_id", "sis_login_id", "section", "email"), WORDS)
    ),
    reason=WORDS,
)
def test_any_cohort_file_is_imported_without_harm(
    names: list[str], cells: dict[str, str], reason: str
) -> None:
    """One learner's ids are anything; the others are known everywhere."""
    first = person(50, "First", **cells)
    others = [person(number, name) for number, name in enumerate(names, 1)]
    failed = {"user1": {"ci-run-succeeded": Outcome.FAILED}}
    cohort = exported_cohorts.cohort([first, *others], failed, handmade_run.RUBRIC, reason=reason)
    known = exported_cohorts.cohort(others, failed, handmade_run.RUBRIC)
    done = canvas.import_grades(text_of("canvas", cohort), course(known))
    assert (done.aborted, done.cleared) == ("", ())
    assert done.written == by_canvas_id(known)
    people = site(known).people | ({cells["email"].strip(): 99} if cells["email"].strip() else {})
    after = moodle.import_grades(
        text_of("moodle", cohort), replace(site(known), people=people), MAPPED
    )
    assert (after.aborted, after.cleared) == ("", ())
    assert {identity: mark for identity, mark in after.written if identity != 99} == {
        identity: float(total) for identity, total in by_person(known).items()
    }
    for text in (text_of("canvas", cohort), text_of("moodle", cohort)):
        assert formulas(text) == []


# --- the models bite ------------------------------------------------------------------------------

DEMO = exported_cohorts.demo()


def edited(name: str, change: Callable[[list[list[str]]], object]) -> str:
    rows = list(csv.reader(io.StringIO(text_of(name, DEMO), newline="")))
    change(rows)
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def put(row: int, column: int, cell: str) -> Callable[[list[list[str]]], object]:
    return lambda rows: rows[row].__setitem__(column, cell)


def canvas_with(change: Callable[[list[list[str]]], object]) -> canvas.Imported:
    return canvas.import_grades(edited("canvas", change), course(DEMO))


@pytest.mark.parametrize("cell", ["", "-", "  "])
def test_the_model_of_canvas_sees_a_withheld_row_with_a_blank(cell: str) -> None:
    blank = ["Priya Walsh (user17)", "4017", "", "", cell]
    assert canvas_with(lambda rows: rows.append(blank)).cleared == (4017,)


def test_the_model_of_canvas_misreads_a_thousands_separator() -> None:
    assert canvas_with(put(1, 4, "1,234")).written[4001] == "1.234"


def test_the_model_of_canvas_sees_a_stranger_and_a_number_cut_off() -> None:
    assert canvas_with(put(1, 1, "999999")).strangers == ("Ada Brandt (user1)",)
    assert 12 in canvas_with(put(1, 1, "12abc")).written
    assert 4002 in canvas_with(put(1, 0, "Bilal Moreau")).written
    namesake = canvas_with(lambda rows: (put(1, 1, "")(rows), put(1, 0, "Grace Tanaka")(rows)))
    assert namesake.written.keys() == canvas_with(lambda rows: rows.pop(1)).written.keys()


def test_the_model_of_canvas_takes_a_name_for_the_points() -> None:
    done = canvas_with(put(1, 0, "Points Possible"))
    assert done.course.assignments[900].points == 100
    assert 4001 not in done.written


def test_the_model_of_canvas_ends_an_excuse() -> None:
    before = course(DEMO)
    excused = replace(before, scores=dict(before.scores) | {(4001, 900): "EX"})
    assert canvas.import_grades(text_of("canvas", DEMO), excused).cleared == (4001,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Name,ID,Section,MLOps lab (900)\r\nA,4001,,1\r\n",
        "Student,ID,MLOps lab (900)\r\nA,4001,1\r\n",
        'Student,ID,Section,MLOps lab (900)\r\nA "b",4001,,1\r\n',
        '\ufeff"Student","ID","Section","MLOps lab (900)"\r\n',
    ],
)
def test_the_model_of_canvas_aborts(text: str) -> None:
    assert canvas.import_grades(text, course(DEMO)).aborted


def test_the_model_of_canvas_guesses_semicolons() -> None:
    text = "Student;ID;Section;MLOps lab (900)\nA, B;4001;;88,5\n"
    assert canvas.import_grades(text, course(DEMO)).written == {4001: "88.5"}
    cut = "Student,ID,Section,a;b;c;d;e\n1;2;3;4;5,4001,,9\n"
    assert canvas.import_grades(cut, course(DEMO)).aborted


def test_the_model_of_canvas_skips_a_title_like_its_own_columns() -> None:
    assert canvas_with(put(0, 4, "Final Grade")).written == {}


def moodle_with(change: Callable[[list[list[str]]], object], **state: object) -> moodle.Imported:
    before = replace(site(DEMO), **state)  # type: ignore[arg-type]
    return moodle.import_grades(edited("moodle", change), before, MAPPED)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put(1, 0, "nobody@example.org"), "nobody has"),
        (put(1, 0, "ADA.BRANDT@lab.example"), "nobody has"),
        (put(1, 1, "1,234"), "is no grade"),
        (put(1, 1, "eighty"), "is no grade"),
        (put(1, 1, "100.5"), "more than 100"),
        (put(1, 0, ""), "of nobody"),
        (put(1, 3, "yesterday"), "not when"),
        (put(1, 3, "1"), "not when"),
        (lambda rows: rows[1].pop(), "columns"),
        (put(1, 2, "a cell, that ends in a backslash \\"), "columns"),
        (lambda rows: rows.clear(), "empty"),
    ],
)
def test_the_model_of_moodle_aborts(
    change: Callable[[list[list[str]]], object], message: str
) -> None:
    done = moodle_with(change)
    assert message in done.aborted
    assert done.site == site(DEMO)


def test_the_model_of_moodle_sees_a_blank_and_a_row_of_nobody() -> None:
    assert moodle_with(put(1, 1, "-")).cleared == (1,)
    assert moodle_with(put(2, 0, "")).written[1] == (1, 1.0)
    assert moodle_with(put(1, 1, "1,234"), decimal=",").written[0] == (1, 1.234)


def test_the_model_of_moodle_minds_locks_and_letters() -> None:
    nothing = lambda _: None  # noqa: E731
    assert "locked" in moodle_with(nothing, locked=frozenset({1})).aborted
    assert moodle_with(put(1, 0, "ADA.BRANDT@lab.example"), minds_case=False).aborted == ""
    assert moodle_with(put(1, 1, "100.5"), unlimited=True).aborted == ""


@pytest.mark.parametrize(
    "text", ["=1", "a,=1", "a,' ;=1", '"a\t@x"', '"\u200b+1"', '"x; -1"', '"＝1"']
)
def test_a_formula_is_detected(text: str) -> None:
    assert formulas(text)

"""What each format holds, whom it leaves out, and that it says so."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from graders.lab import Learner
from graders.verdicts import Outcome
from reports.exports import EXPORTS, chosen, folder
from reports.exports.shape import Export, mark_text
from tests.support import exported_cohorts, handmade_run, make_golden
from tests.support.exported_cohorts import Cohort, changed, person

EVERYBODY = [*EXPORTS]
OTHERS = (
    "junit",  # has words for what is undecided
    "classroom50",  # is of one learner; see test_classroom50.py
)
MARKS = [name for name in EXPORTS if name not in OTHERS]


def exported(name: str, cohort: Cohort) -> Export:
    return EXPORTS[name](cohort.run, cohort.grades)


def alone(learner: Learner, outcomes: dict[str, Outcome] | None = None) -> Cohort:
    return exported_cohorts.cohort([learner], {learner.id: outcomes or {}}, handmade_run.RUBRIC)


def the_text(name: str, cohort: Cohort) -> str:
    (text,) = exported(name, cohort).files.values()
    return text


def csv_rows(name: str, cohort: Cohort) -> list[list[str]]:
    return list(csv.reader(io.StringIO(the_text(name, cohort), newline="")))


# --- golden files ---------------------------------------------------------------------------------


def test_the_golden_exports_are_what_the_demo_cohort_gets() -> None:
    """Write them anew with ``python -m tests.support.make_golden``."""
    there = {
        path.relative_to(make_golden.EXPORTS).as_posix(): path.read_text(encoding="utf-8")
        for path in make_golden.EXPORTS.rglob("*")
        if path.is_file()
    }
    wanted = make_golden.golden_exports().items()
    assert there == {file: text.replace("\r\n", "\n") for file, text in wanted}


# --- who is left out ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MARKS)
@pytest.mark.parametrize("outcome", [Outcome.PENDING, Outcome.NOT_ASSESSED])
def test_a_withheld_grade_is_in_no_file_and_is_reported(name: str, outcome: Outcome) -> None:
    ada, bob = person(1, "Ada"), person(2, "Bob")
    open_ = {"user1": {"ci-run-succeeded": outcome}}
    made = exported(
        name, exported_cohorts.cohort([ada, bob], open_, handmade_run.RUBRIC, reason="why")
    )
    assert made.left_out == {"user1": f"the grade is withheld: 1 check {outcome}: why"}
    assert made.files
    for file, text in made.files.items():
        assert not any(key in file + text for key in ("7001", "learner1@", "bb1", "user1"))


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("canvas", {"canvas_id": "", "sis_login_id": ""}, "neither `canvas_id` nor"),
        ("canvas", {"canvas_id": "12abc"}, "not a whole number"),
        ("canvas", {"canvas_id": "1.0E+13"}, "not a whole number"),
        ("canvas", {"canvas_id": "1~7"}, "not a whole number"),
        ("canvas", {"canvas_id": "", "sis_login_id": "=1+1"}, "starts like a formula"),
        ("canvas", {"canvas_id": "", "sis_login_id": "2024.017"}, "looks like a number"),
        ("canvas", {"MLOps lab (900)": "EX"}, "excused"),
        ("canvas", {"id": "Points Possible"}, "Points Possible"),
        ("moodle", {"email": ""}, "no `email`"),
        ("moodle", {"email": "+ada@example.org"}, "starts like a formula"),
        ("moodle", {"email": "ada at example.org"}, "not a valid e-mail address"),
        ("moodle", {"email": "a@b@c"}, "not a valid e-mail address"),
        ("moodle", {"email": '"a b"@example.org'}, "cannot hold"),
        ("blackboard", {"blackboard_username": ""}, "no `blackboard_username`"),
        ("blackboard", {"blackboard_username": "@ada"}, "starts like a formula"),
        ("blackboard", {"blackboard_username": "a\tb"}, "cannot hold"),
        ("blackboard", {"blackboard_username": "Ångström"}, "encoding"),
    ],
)
def test_a_learner_who_cannot_be_named_exactly_is_left_out_and_reported(
    name: str, changes: dict[str, str], reason: str
) -> None:
    bad, good = person(1, "Ada", **changes), person(2, "Bob")
    made = exported(name, exported_cohorts.cohort([bad, good], {}, handmade_run.RUBRIC))
    assert list(made.left_out) == [bad.id]
    assert reason in made.left_out[bad.id]
    assert len(made.files) == 1


@pytest.mark.parametrize(
    ("name", "column", "first_id", "second_id"),
    [
        ("canvas", "canvas_id", "7", "7"),
        ("moodle", "email", "a@example.org", "A@example.org"),
        ("blackboard", "blackboard_username", "ada", "ADA"),
    ],
)
def test_two_learners_who_would_be_one_person_are_both_left_out(
    name: str, column: str, first_id: str, second_id: str
) -> None:
    first, second = person(1, "Ada", **{column: first_id}), person(2, "Bob", **{column: second_id})
    withheld = {"user2": {"ci-run-succeeded": Outcome.PENDING}}
    made = exported(name, exported_cohorts.cohort([first, second], withheld, handmade_run.RUBRIC))
    assert not made.files
    assert made.left_out["user1"] == "user1 and user2 have the same id there"


def test_more_than_100_points_are_left_out_of_moodle_unless_the_site_takes_them() -> None:
    rubric = [replace(check, points=check.points * 1.5) for check in handmade_run.RUBRIC]
    both = [person(1, "Ada"), person(2, "Bob")]
    lost = {"user2": {"ci-run-succeeded": Outcome.FAILED, "cd-run-succeeded": Outcome.FAILED}}
    cohort = exported_cohorts.cohort(both, lost, rubric)
    made = exported("moodle", cohort)
    assert "moodle_unlimited_grades" in made.left_out["user1"]
    assert [row[1] for row in csv_rows("moodle", cohort)[1:]] == ["81"]
    marks = cohort.run.marks.model_copy(update={"moodle_unlimited_grades": True})
    assert not exported("moodle", changed(cohort, marks=marks)).left_out


# --- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "text"),
    [
        (0, "0"),
        (100, "100"),
        (2.5, "2.5"),
        (0.1 + 0.2, "0.3"),
        (200 / 3, "66.67"),
        (100 / 3, "33.33"),
        (2.675, "2.68"),
        (0.125, "0.13"),
        (1234.5, "1234.5"),
        (12345678.25, "12345678.25"),
        (0.001, "0"),
        (10, "10"),
        (110.0, "110"),
    ],
)
def test_a_mark_has_two_decimals_and_its_halves_go_up(points: float, text: str) -> None:
    assert mark_text(points) == text


# --- each format ----------------------------------------------------------------------------------


def test_canvas_gets_one_assignment_by_its_id() -> None:
    lost = {"variable-group-exists": Outcome.FAILED}
    assert csv_rows("canvas", alone(person(1, "Ada, B."), lost)) == [
        ["Student", "ID", "SIS Login ID", "Section", "MLOps lab (900)"],
        ["Ada, B. (user1)", "7001", "", "A", "85"],
    ]


def test_a_learner_without_canvas_id_is_found_by_the_login() -> None:
    _, row = csv_rows("canvas", alone(person(1, "Ada", canvas_id="")))
    assert row[1:3] == ["", "login.1"]


def test_a_new_assignment_of_canvas_brings_its_points() -> None:
    cohort = alone(person(1, "Ada"))
    marks = cohort.run.marks.model_copy(update={"canvas_assignment_id": None})
    heading, points, _ = csv_rows("canvas", changed(cohort, marks=marks))
    assert (heading[-1], points) == ("MLOps lab", ["Points Possible", "", "", "", "100"])


def test_moodle_gets_grade_and_feedback_and_the_time() -> None:
    lost = {"variable-group-exists": Outcome.FAILED}
    heading, row = csv_rows("moodle", alone(person(1, "Ada", email="Ada.B@example.org"), lost))
    assert heading == [
        "Email address",
        "MLOps lab",
        "Feedback for MLOps lab",
        "Last downloaded from this course",
    ]
    assert (row[0], row[1], row[3]) == ("Ada.B@example.org", "85", "1795426395")
    assert row[2].startswith("85 of 100 points. Fix first: step 2.6,")


def test_blackboard_gets_a_tab_and_the_columns_id() -> None:
    assert the_text("blackboard", alone(person(1, "Ada"))) == (
        "Username\tMLOps lab [Total Pts: 100 Score] |664617\r\nbb1\t100\r\n"
    )


def test_gradescope_gets_every_check_with_its_points() -> None:
    lost = {"variable-group-exists": Outcome.FAILED, "connection-exists": Outcome.BLOCKED}
    cohort = alone(person(1, "Ada"), lost | {"group-is-open": Outcome.NOT_ASSESSED})
    assert list(exported("gradescope", cohort).files) == ["gradescope/user1/results.json"]
    document = json.loads(the_text("gradescope", cohort))
    tests = document["tests"]
    assert document["score"] == 73
    assert sum(test["max_score"] for test in tests) == 100
    assert sum(test["score"] for test in tests) == 73
    assert [test.get("status") for test in tests] == [
        "passed",
        "failed",
        None,
        "failed",
        *["passed"] * 4,
    ]
    assert [test["number"] for test in tests[:2]] == ["2.1", "2.6"]
    assert tests[1]["output"] == "failed\nRename."


# --- what must not be in them ---------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERYBODY)
def test_what_is_simulated_is_called_so_and_leads_nowhere(name: str) -> None:
    made = exported(name, changed(alone(person(1, "Ada")), tenant="simulated"))
    for file, text in made.files.items():
        assert file.rpartition("/")[2].startswith("SIMULATED-")
        assert "SIMULATED" in text
        assert "900" not in text
        assert "664617" not in text


@pytest.mark.parametrize("name", EVERYBODY)
def test_nothing_for_the_instructor_alone_is_exported(name: str) -> None:
    assert "SOMEBODY-ELSE" not in "".join(
        exported(name, exported_cohorts.catalogue()).files.values()
    )


def test_a_learners_own_file_names_nobody_else() -> None:
    cohort = exported_cohorts.demo()
    for file, text in exported("gradescope", cohort).files.items():
        others = [
            learner
            for learner in cohort.run.learners
            if f"{learner.id}." not in file.replace("/", ".")
        ]
        assert len(others) == len(cohort.run.learners) - 1
        assert not any(learner.name in text or learner.email in text for learner in others)


# --- the folder -----------------------------------------------------------------------------------


def written(cohort: Cohort) -> set[str]:
    folder.write(cohort.run, cohort.grades)
    place = cohort.run.reports / folder.FOLDER
    return {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}


@pytest.fixture
def two(tmp_path: Path) -> Cohort:
    both = [person(1, "=Ada"), person(2, "Bob")]
    open_ = {"user1": {"ci-run-succeeded": Outcome.PENDING}}
    return exported_cohorts.cohort(both, open_, handmade_run.RUBRIC, tmp_path, reason="still going")


def test_a_run_replaces_what_the_one_before_exported(two: Cohort) -> None:
    first = written(changed(two, exports=("canvas", "gradescope")))
    assert first == {
        ".written.json",
        "canvas.csv",
        "gradescope/user2/results.json",
        "left-out.csv",
    }
    assert written(changed(two, exports=("moodle",))) == {
        ".written.json",
        "moodle.csv",
        "left-out.csv",
    }
    assert not (two.run.reports / "exports" / "gradescope").exists()
    assert written(two) == set()
    assert not (two.run.reports / "exports").exists()


def test_nothing_is_deleted_but_what_is_ours(two: Cohort) -> None:
    written(changed(two, exports=("canvas", "gradescope")))
    place = two.run.reports / "exports"
    outside = two.run.reports / "gradebook.csv"
    for own in (place / "notes.txt", place / "gradescope" / "user2" / "mine.txt", outside):
        own.write_text("mine", encoding="utf-8")
    listed = json.loads((place / ".written.json").read_text(encoding="utf-8"))
    forged = [*listed, "../gradebook.csv", str(outside), "a/../../gradebook.csv", "..\\x", 7, ""]
    (place / ".written.json").write_text(json.dumps(forged), encoding="utf-8")
    assert written(two) == {"notes.txt", "gradescope/user2/mine.txt"}
    assert outside.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("listed", ["", "{}", "[[]]", '{"a": 1}', "nonsense"])
def test_a_list_that_cannot_be_read_costs_nothing(two: Cohort, listed: str) -> None:
    place = two.run.reports / "exports"
    place.mkdir(parents=True)
    (place / ".written.json").write_text(listed, encoding="utf-8")
    assert "canvas.csv" in written(changed(two, exports=("canvas",)))


def test_learners_left_out_are_listed_in_their_own_file(two: Cohort) -> None:
    lines = folder.write(changed(two, exports=("canvas", "moodle")).run, two.grades)
    assert [label for label, _ in lines] == [
        "for canvas: 1 of 2",
        "for moodle: 1 of 2",
        "not exported",
    ]
    text = lines[-1][1].read_text(encoding="utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["export", "learner", "name", "reason"],
        *(
            [name, "user1", "'=Ada", "the grade is withheld: 1 check pending: still going"]
            for name in ("canvas", "moodle")
        ),
    ]


def test_where_everybody_is_left_out_there_is_no_file_but_a_reason(tmp_path: Path) -> None:
    stranger = replace(person(1, "Ada"), extra={})
    cohort = exported_cohorts.cohort([stranger], {}, handmade_run.RUBRIC, tmp_path)
    assert written(changed(cohort, exports=("canvas",))) == {".written.json", "left-out.csv"}


# --- what is asked for ----------------------------------------------------------------------------


def test_names_are_chosen_in_any_order_and_case() -> None:
    assert chosen(None) == ()
    assert chosen("Moodle, canvas,moodle") == ("canvas", "moodle")


def test_all_is_every_format_but_what_only_a_runner_asks_for_by_name() -> None:
    everywhere = tuple(name for name in EXPORTS if name != "classroom50")
    assert chosen("all") == everywhere
    assert chosen("classroom50") == ("classroom50",)
    assert chosen("all, Classroom50") == tuple(EXPORTS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("canvs", "`canvs` is unknown, did you mean `canvas`; choose from canvas, moodle,"),
        ("canvas,x", "`x` is unknown; choose from"),
        (",", "no format is named; choose from"),
    ],
)
def test_an_unknown_name_is_refused_with_a_similar_one_and_the_list(
    text: str, message: str
) -> None:
    with pytest.raises(ValueError, match="choose from") as caught:
        chosen(text)
    assert str(caught.value).startswith(message)

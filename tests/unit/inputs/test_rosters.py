"""Lists of learners as Canvas, Moodle, GitHub Classroom and others hand them out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from graders.inputs.cohort import read_cohort, read_cohort_file
from graders.inputs.problems import InputProblems, Problem
from graders.lab import Learner
from reports.exports import EXPORTS
from tests.support import exported_cohorts, handmade_run
from tests.support.spreadsheet_formulas import formulas

Save = Callable[[str], Path]

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,MLOps lab (900),Project (901),Current Score
,,,,,Manual Posting,,(read only)
    Points Possible,,,,,100,10,(read only)
"Brandt, Ada",4001,S1,user1@uni.example,Monday,EX,9,90
"Novotná, Jana",4011,S11,user11@uni.example,Monday,,,
"Student, Test",4999,,,Monday,,,
"""
MOODLE = """\
First name,Last name,ID number,Email address,Groups
Ada,Brandt,A-1,user1@uni.example,Red
Jana,Novotná,,USER11@uni.example,
"""
GITHUB = """\
identifier,github_username,github_id,name,group_name
user1,ada-b,1001,Ada Brandt,Red
user11@uni.example,,,,
"""
CLASSROOM_50 = """\
username,first_name,last_name,email,section,github_id,role
ada-b,Ada,Brandt,user1@uni.example,Monday,1001,student
user11,Jana,Novotná,jana@uni.example,Monday,1011,student
"""
NBGRADER = """\
id,first_name,last_name,email,lms_user_id
user1,Ada,Brandt,ada@uni.example,5b0c
user11,Jana,Novotná,jana@uni.example,
"""


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def to_disk(content: str) -> Path:
        path = tmp_path / "roster.csv"
        path.write_text(content, encoding="utf-8", newline="")
        return path

    return to_disk


def problems_of(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(InputProblems) as caught:
        read_cohort(path)
    assert all(problem.file == str(path) and problem.remedy for problem in caught.value.problems)
    return caught.value.problems


def known(learner: Learner) -> dict[str, str]:
    """Who they are elsewhere, as far as the roster says it."""
    return {column: cell for column, cell in learner.extra.items() if cell}


# --- what is read ---------------------------------------------------------------------------------


def test_a_grade_book_of_canvas(save: Save) -> None:
    ada, jana = read_cohort(save(CANVAS))
    assert (ada.id, ada.number, ada.name, ada.project) == ("user1", 1, "Brandt, Ada", None)
    assert known(ada) == {
        "canvas_id": "4001",
        "sis_user_id": "S1",
        "sis_login_id": "user1@uni.example",
        "section": "Monday",
        "MLOps lab (900)": "EX",
        "Project (901)": "9",
        "Current Score": "90",
    }
    assert (jana.id, jana.number, jana.name) == ("user11", 11, "Novotná, Jana")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_grade_book_of_canvas_in_its_other_forms(save: Save, delimiter: str, end: str) -> None:
    rows = [
        ["\ufeffLastName", "FirstName", "ID", "SIS Login ID", "Section", "MLOps lab (900)"],
        ["    Points Possible", "", "", "", "", "100"],
        ["Brandt", "Ada", "4001", "", "Monday", ""],
    ]
    text = end.join(delimiter.join(row) for row in rows) + end
    (problem,) = problems_of(save(text))
    assert problem.column == "number"
    text = text.replace("Section", "Number").replace("Monday", "7")
    text = text.replace("MLOps lab (900)", "Section")
    (ada,) = read_cohort(save(text))
    assert (ada.id, ada.number, ada.name) == ("4001", 7, "Ada Brandt")


def test_participants_of_moodle(save: Save) -> None:
    ada, jana = read_cohort(save(MOODLE))
    assert (ada.id, ada.number, ada.name) == ("A-1", 1, "Ada Brandt")
    assert (ada.email, ada.extra["moodle_id_number"]) == ("user1@uni.example", "A-1")
    assert (jana.id, jana.number, jana.email) == ("USER11", 11, "USER11@uni.example")
    assert read_cohort(save(MOODLE.replace("Last name", "Surname"))) == (ada, jana)


def test_a_roster_of_github_classroom(save: Save) -> None:
    ada, jana = read_cohort(save(GITHUB))
    assert (ada.id, ada.number, ada.name) == ("user1", 1, "Ada Brandt")
    assert known(ada) == {"github_username": "ada-b", "github_id": "1001", "group_name": "Red"}
    assert (jana.id, jana.number, jana.name, known(jana)) == ("user11", 11, "", {})


def test_a_roster_of_classroom_50(save: Save) -> None:
    ada, jana = read_cohort(save(CLASSROOM_50))
    assert (ada.id, ada.number, ada.email) == ("ada-b", 1, "user1@uni.example")
    assert (ada.extra["github_username"], ada.extra["role"]) == ("ada-b", "student")
    assert (jana.id, jana.number, jana.name) == ("user11", 11, "Jana Novotná")


def test_the_students_of_nbgrader(save: Save) -> None:
    ada, jana = read_cohort(save(NBGRADER))
    assert (ada.id, ada.number, ada.extra["lti_user_id"]) == ("user1", 1, "5b0c")
    assert (jana.id, jana.number, jana.name) == ("user11", 11, "Jana Novotná")


def test_columns_of_ours_may_be_added_and_go_first(save: Save) -> None:
    heading, *rows = GITHUB.splitlines()
    added = [f"{heading},Number,learner,Workspace", f"{rows[0]},4,ada,lab-ws", f"{rows[1]},,,"]
    ada, jana = read_cohort(save("\n".join(added)))
    assert (ada.id, ada.number, ada.workspace) == ("ada", 4, "lab-ws")
    assert (jana.id, jana.number, jana.workspace) == ("user11", 11, None)


def test_a_cohort_file_may_have_ids_of_other_systems(save: Save) -> None:
    (ada,) = read_cohort(save("learner,number,Canvas_ID,lti_user_id\nada,4,4001,5b0c\n"))
    assert ada.extra == {"canvas_id": "4001", "lti_user_id": "5b0c"}


@pytest.mark.parametrize(
    ("cells", "number"),
    [
        ("user7", 7),
        ("USER007", 7),
        ("class-user7", 7),
        ("user7.lab", 7),
        ("user7@user9.example", 7),
        ("ada@user9.example", None),
        ("superuser7", None),
        ("user7a", None),
        ("user0", None),
        ("user", None),
        ("ada2024", None),
        ("user7-user8", 7),
    ],
)
def test_only_a_whole_word_of_a_login_is_a_number(
    save: Save, cells: str, number: int | None
) -> None:
    path = save(f"id,first_name,last_name,email,lms_user_id\n{cells},Ada,B,,\n")
    if number is None:
        assert [problem.column for problem in problems_of(path)] == ["number"]
    else:
        assert [learner.number for learner in read_cohort(path)] == [number]


def test_a_grade_book_may_have_a_column_for_each_piece_of_work(save: Save) -> None:
    titles = ",".join(f"Work {place} ({place})" for place in range(400))
    rest = "," * 400
    text = f"Student,ID,Section,{titles}\nAda,4001,user1{rest}\n".replace("user1", "user1", 1)
    assert problems_of(save(text))[0].column == "number"
    text = text.replace("Section,", "Section,number,").replace("user1", "Monday,1")
    assert [learner.number for learner in read_cohort(save(text))] == [1]


# --- what is wrong --------------------------------------------------------------------------------


def test_a_roster_without_any_number_is_one_problem(save: Save) -> None:
    text = GITHUB.replace("user11@uni.example", "jana").replace("user1", "ada")
    (problem,) = problems_of(save(text))
    assert (problem.row, problem.column) == (1, "number")
    assert "add a column `number`, or logins such as user4" in problem.remedy


def left_out_of(path: Path) -> list[tuple[int | None, str]]:
    return [(problem.row, problem.column) for problem in read_cohort_file(path).left_out]


def test_an_odd_row_is_left_out_and_refuses_nobody(save: Save) -> None:
    path = save(
        "First name,Last name,Username,Email address\n"
        "Ada,Brandt,user1,ada@uni.example\n"
        "Bea,Teacher,bea,bea@uni.example\n"
        "Cem,Third,=cmd,user3@uni.example\n"
        "Dora,Fourth,user1,user1@uni.example\n"
    )
    assert [learner.id for learner in read_cohort(path)] == ["user1"]
    assert left_out_of(path) == [
        (3, "number"),
        (4, "Username or Email address"),
        (5, "Username or Email address"),
        (5, "number"),
    ]


def test_where_every_row_is_odd_the_file_is_refused(save: Save) -> None:
    text = "First name,Last name,Username,Email address,number\nBea,Teacher,bea,b@uni.example,x\n"
    assert [(problem.row, problem.column) for problem in problems_of(save(text))] == [(2, "number")]


def test_two_numbers_in_a_row_are_nobodys_choice(save: Save) -> None:
    path = save(NBGRADER.replace("ada@", "user2@"))
    (problem,) = read_cohort_file(path).left_out
    assert (problem.row, problem.column, problem.value) == (2, "number", "1 or 2")


def test_of_two_people_with_one_number_neither_is_graded(save: Save) -> None:
    path = save(MOODLE.replace("USER11@", "user1@") + "Cem,Third,,user3@uni.example,\n")
    assert [learner.number for learner in read_cohort(path)] == [3]
    assert left_out_of(path) == [(2, "number"), (3, "number")]


@pytest.mark.parametrize("number", ["4.0", "4,0", "4.00"])
def test_a_number_as_a_spreadsheet_saves_it(save: Save, number: str) -> None:
    (ada,) = read_cohort(save(f"learner;number\nada;{number}\n"))
    assert ada.number == 4


# --- as other systems and spreadsheets write it ---------------------------------------------------


@pytest.mark.parametrize(
    "heading",
    [
        "Vorname;Nachname;E-Mail-Adresse;ID-Nummer",
        "Prénom;Nom de famille;Adresse de courriel;Numéro d'identification",
        "Nombre;Apellido(s);Dirección de correo;Número de ID",
        "Voornaam;Achternaam;E-mailadres;ID-nummer",
    ],
)
def test_participants_of_a_moodle_in_another_language(save: Save, heading: str) -> None:
    (ada,) = read_cohort(save(f"{heading}\nAda;Brandt;user1@uni.example;A-1\n"))
    assert (ada.id, ada.number, ada.name) == ("A-1", 1, "Ada Brandt")
    assert (ada.email, ada.extra["moodle_id_number"]) == ("user1@uni.example", "A-1")


def test_a_roster_of_gradescope_without_its_staff(save: Save) -> None:
    (ada,) = read_cohort(
        save(
            "First Name,Last Name,SID,Email,Role,Sections\n"
            "Ada,Brandt,3031,user1@uni.example,Student,A\n"
            "Tia,Ta,,user2@uni.example,TA,\n"
        )
    )
    assert (ada.id, ada.number, ada.name) == ("user1", 1, "Ada Brandt")
    assert ada.extra["student_id"] == "3031"


def test_who_was_invited_by_address_alone_is_graded(save: Save) -> None:
    text = CLASSROOM_50 + ",Cem,Third,user3@uni.example,Monday,,student\n"
    assert [(learner.id, learner.number) for learner in read_cohort(save(text))][-1] == ("user3", 3)


def test_the_test_student_of_canvas_is_none_with_split_names_too(save: Save) -> None:
    text = (
        "LastName,FirstName,ID,SIS Login ID,Section\n"
        "    Points Possible,,,,\n"
        "Brandt,Ada,4001,user1,Monday\n"
        "Student,Test,4999,0f1e2d,Monday\n"
    )
    assert [learner.id for learner in read_cohort(save(text))] == ["user1"]


@pytest.mark.parametrize("hint", ["sep=;", "SEP=;", '"sep=;"', "\ufeffsep=;"])
def test_a_line_that_names_the_separator_is_no_heading(save: Save, hint: str) -> None:
    (ada,) = read_cohort(save(f"{hint}\nlearner;number;E-Mail\nada;4;ada@x.example\n"))
    assert (ada.id, ada.number, ada.email) == ("ada", 4, "ada@x.example")
    (jana,) = read_cohort(save(f"{hint}\n{MOODLE.replace(',', ';')}"))[:1]
    assert jana.id == "A-1"


def test_a_roster_without_learners_is_refused(save: Save) -> None:
    skipped = "\n".join(CANVAS.splitlines()[:3])
    (problem,) = problems_of(save(skipped))
    assert "Canvas grade book" in problem.what


def test_a_heading_of_one_huge_cell_is_refused(save: Save) -> None:
    assert problems_of(save("x" * 200_000 + "\nada\n"))


# --- there and back -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("roster", "name", "left_out"), [(CANVAS, "canvas", ["user1"]), (MOODLE, "moodle", [])]
)
def test_the_marks_of_a_rosters_learners_go_back_where_it_came_from(
    save: Save, roster: str, name: str, left_out: list[str]
) -> None:
    learners = read_cohort(save(roster))
    cohort = exported_cohorts.cohort(learners, {}, handmade_run.RUBRIC)
    made = EXPORTS[name](cohort.run, cohort.grades)
    assert list(made.left_out) == left_out
    assert all(formulas(text) == [] for text in made.files.values())


def test_a_learner_excused_in_canvas_gets_no_score(save: Save) -> None:
    learners = read_cohort(save(CANVAS))
    cohort = exported_cohorts.cohort(learners, {}, handmade_run.RUBRIC)
    made = EXPORTS["canvas"](cohort.run, cohort.grades)
    assert made.left_out == {"user1": "excused in Canvas; a score would cancel that"}
    other = replace(
        cohort.run, marks=cohort.run.marks.model_copy(update={"canvas_assignment_id": 7})
    )
    assert EXPORTS["canvas"](other, cohort.grades).left_out == {}

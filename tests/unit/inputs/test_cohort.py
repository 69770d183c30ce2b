"""A cohort file as people really save it, and everything that can be wrong with one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from graders.inputs.cohort import read_cohort
from graders.inputs.problems import InputProblems, Problem
from graders.inputs.text_file import LIMIT
from graders.lab import Learner

Save = Callable[[str | bytes], Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def to_disk(content: str | bytes) -> Path:
        path = tmp_path / "cohort.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return to_disk


def problems_of(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(InputProblems) as caught:
        read_cohort(path)
    assert all(problem.file == str(path) and problem.remedy for problem in caught.value.problems)
    return caught.value.problems


def places(path: Path) -> list[tuple[int | None, str]]:
    return [(problem.row, problem.column) for problem in problems_of(path)]


TWO = (Learner("ann", 4, "Ann, B."), Learner("bob", 12, "Bob"))


@pytest.mark.parametrize(
    "content",
    [
        'learner,number,name\nann,4,"Ann, B."\nbob,12,Bob\n',
        '\ufefflearner,number,name\nann,4,"Ann, B."\nbob,12,Bob\n',
        "learner;number;name\nann;4;Ann, B.\nbob;12;Bob\n",
        "learner\tnumber\tname\nann\t4\tAnn, B.\nbob\t12\tBob",
        'learner,number,name\r\nann,4,"Ann, B."\r\nbob,12,Bob\r\n',
        'learner,number,name\rann,4,"Ann, B."\rbob,12,Bob\r',
        '\n\nlearner,number,name\n\n,,\nann,4,"Ann, B."\n  \nbob,12,Bob\n\n',
        'Learner, NUMBER ,Name,,\nann, 04 , "Ann, B.",,\n bob ,12,Bob,,\n',
        '"learner";"number";"name"\n"ann";"4";"Ann, B."\n"bob";"12";"Bob"\n',
    ],
    ids=["plain", "bom", "semicolon", "tab", "crlf", "cr", "blank-lines", "blanks", "quoted"],
)
def test_every_usual_way_to_save_a_cohort_is_read(save: Save, content: str) -> None:
    assert read_cohort(save(content)) == TWO


def test_optional_columns_override_and_unknown_ones_are_kept(save: Save) -> None:
    path = save("number,learner,workspace,location,mistakes,Group\n4,ann,lab-ws,,no_repo,B\n")
    (learner,) = read_cohort(path)
    assert (learner.workspace, learner.location, learner.project) == ("lab-ws", None, None)
    assert learner.extra == {"mistakes": "no_repo", "Group": "B"}


def test_a_short_row_leaves_its_last_columns_empty(save: Save) -> None:
    (learner,) = read_cohort(save("learner,number,name,team\nann,4\n"))
    assert (learner.name, learner.extra) == ("", {"team": ""})


def test_an_id_has_one_spelling(save: Save) -> None:
    (learner,) = read_cohort(save("learner,number\nJose\u0301,4\n"))
    assert learner.id == "Jos\u00e9"


# --- what is wrong with a row ---------------------------------------------------------------------


@pytest.mark.parametrize("again", ["ann", "ANN", "Ann", "\uff41nn"])
def test_two_rows_with_the_same_id(save: Save, again: str) -> None:
    (problem,) = problems_of(save(f"learner,number\nann,4\n\n{again},5\n"))
    assert (problem.row, problem.column, problem.value) == (4, "learner", again)
    assert "row 2" in problem.what


def test_two_rows_with_the_same_number(save: Save) -> None:
    (problem,) = problems_of(save("learner,number\nann,4\nbob,5\ncem,04\n"))
    assert (problem.row, problem.column, problem.value) == (4, "number", "04")
    assert "row 2" in problem.what


def test_a_row_with_names_of_its_own_may_repeat_a_number(save: Save) -> None:
    heading = "learner,number,project,repository,workspace\n"
    assert len(read_cohort(save(f"{heading}ann,4,,,\nbob,4,P2,r2,w2\n"))) == 2
    assert places(save(f"{heading}ann,4,,,\nbob,4,P2,r2,\n")) == [(3, "number")]


@pytest.mark.parametrize("number", ["four", "4.5", "0", "-4", "1_0", "٤", "9999999", "4 5", "1e3"])
def test_a_number_is_written_in_plain_digits(save: Save, number: str) -> None:
    (problem,) = problems_of(save(f"learner,number\nann,{number}\n"))
    assert (problem.row, problem.column, problem.value) == (2, "number", number)


def test_an_empty_id_or_number(save: Save) -> None:
    assert places(save("learner,number,name\n,4,Ann\nbob,,Bob\n")) == [
        (2, "learner"),
        (3, "number"),
    ]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "＝"])
def test_an_id_like_a_formula_is_refused(save: Save, first: str) -> None:
    assert places(save(f"learner,number\n{first}cmd,4\n")) == [(2, "learner")]


@pytest.mark.parametrize("cell", ["\t=1+1", "\r=1+1", '"\t@x"'])
def test_blanks_do_not_hide_a_formula(save: Save, cell: str) -> None:
    cell = cell if cell.startswith('"') else f'"{cell}"'
    assert places(save(f"learner,number\n{cell},4\n")) == [(2, "learner")]


def test_a_name_like_a_formula_is_kept_as_text(save: Save) -> None:
    (learner,) = read_cohort(save('learner,number,name,email\nann,4,"=HYPERLINK(1)",+a@b.c\n'))
    assert (learner.name, learner.email) == ("=HYPERLINK(1)", "+a@b.c")


@pytest.mark.parametrize("identity", ["x" * 101, "a\u200bnn", "a\u202enn", '"a\nb"', "a\x1bb"])
def test_an_id_is_short_and_visible(save: Save, identity: str) -> None:
    assert places(save(f"learner,number\n{identity},4\n")) == [(2, "learner")]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("organization", "https://dev.azure.com/solliancelabs"),
        ("github_owner", "solliancelabs/mlops_04"),
        ("project", "../other"),
        ("project", ".."),
        ("repository", "solliancelabs/mlops_04"),
        ("repository", ".."),
        ("subscription_id", "My subscription"),
        ("resource_group", "/subscriptions/x/resourceGroups/y"),
        ("workspace", "user4aml?x=1"),
        ("location", "Central US"),
        ("tenant_id", "my tenant"),
        ("name", '"Ann\nB"'),
    ],
)
def test_an_override_is_a_name_and_nothing_else(save: Save, column: str, value: str) -> None:
    assert places(save(f"learner,number,{column}\nann,4,{value}\n")) == [(2, column)]


def test_a_cell_without_a_heading_is_not_lost(save: Save) -> None:
    (problem,) = problems_of(save("learner,number,name\nann,4,Okafor, Ann\n"))
    assert (problem.row, problem.value) == (2, "Ann")


def test_a_quotation_mark_left_open_swallows_nobody(save: Save) -> None:
    (problem,) = problems_of(save('learner,number,team\nann,4,"A\nbob,5,B\n'))
    assert problem.row == 2


# --- what is wrong with the heading ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "slip", "meant"),
    [
        ("lerner,number\nann,4\n", "lerner", "learner"),
        ("learner,number,emial\nann,4,a@x.org\n", "emial", "email"),
        ("learner,number,resource_gruop\nann,4,rg\n", "resource_gruop", "resource_group"),
    ],
)
def test_a_slip_of_a_known_column(save: Save, content: str, slip: str, meant: str) -> None:
    (problem,) = problems_of(save(content))
    assert (problem.row, problem.column) == (1, slip)
    assert f"`{meant}`" in problem.remedy


def test_a_column_like_one_that_is_there_is_kept(save: Save) -> None:
    (learner,) = read_cohort(save("learner,number,email,email2\nann,4,a@x.org,b@x.org\n"))
    assert learner.extra == {"email2": "b@x.org"}


def test_a_required_column_is_missing(save: Save) -> None:
    problems = problems_of(save("student,seat\nann,4\n"))
    assert [problem.column for problem in problems] == ["learner", "number"]
    assert all("student, seat" in problem.remedy for problem in problems)


def test_a_column_twice(save: Save) -> None:
    assert places(save("learner,number,Name,name\nann,4,A,B\n")) == [(1, "name")]


def test_too_many_columns(save: Save) -> None:
    columns = ",".join(f"c{i}" for i in range(200))
    (problem,) = problems_of(save(f"learner,number,{columns}\nann,4\n"))
    assert (problem.row, problem.value) == (1, "202")


# --- what is wrong with the file ------------------------------------------------------------------


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", " \n,,\n"])
def test_an_empty_file(save: Save, content: str) -> None:
    (problem,) = problems_of(save(content))
    assert "empty" in problem.what


def test_only_a_heading(save: Save) -> None:
    (problem,) = problems_of(save("learner,number\n\n"))
    assert "only a heading" in problem.what


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00", ".xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls"),
        ("learner,number\n".encode("utf-16"), "UTF-16"),
        ("learner,number\n".encode("utf-16-be"), "UTF-16"),
    ],
)
def test_a_spreadsheet_is_not_text(save: Save, content: bytes, expected: str) -> None:
    (problem,) = problems_of(save(content))
    assert expected in problem.what
    assert "CSV UTF-8" in problem.remedy


def test_bytes_that_are_not_utf8_are_found_by_row(save: Save) -> None:
    (problem,) = problems_of(save("learner,number\r\nann,4\r\njürgen,5\r\n".encode("latin-1")))
    assert (problem.row, problem.value) == (3, "0xfc")


def test_nul_bytes_are_found_by_row(save: Save) -> None:
    assert places(save(b"learner,number\nann,4\nb\0b,5\n")) == [(3, "")]


def test_a_huge_file_is_refused_by_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    monkeypatch.setattr(Path, "open", None)  # it is not even opened
    (problem,) = problems_of(path)
    assert problem.value == "100,000,000 bytes"
    assert f"{LIMIT:,}" in problem.what


def test_a_folder_or_nothing_at_all(tmp_path: Path) -> None:
    assert "folder" in problems_of(tmp_path)[0].what
    assert "no such file" in problems_of(tmp_path / "none.csv")[0].what
    assert "no such file" in problems_of(tmp_path / "a\0b.csv")[0].what


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="there are no device files here")
def test_a_device_is_not_a_cohort_file() -> None:
    assert "not a plain file" in problems_of(Path("/dev/null"))[0].what


def test_all_problems_are_reported_at_once_one_line_each(save: Save) -> None:
    path = save("learner,number,emial\nann,x,\nANN,5,\n=b,5,\n,6,\n")
    with pytest.raises(InputProblems) as caught:
        read_cohort(path)
    lines = str(caught.value).splitlines()
    assert [(p.row, p.column) for p in caught.value.problems] == [
        (1, "emial"),
        (2, "number"),
        (3, "learner"),
        (4, "learner"),
        (4, "number"),
        (5, "learner"),
    ]
    assert lines[1] == (
        f"{path}, row 2, column `number`: not a whole number from 1 to 999999 (found `x`); "
        "write the learner's number in digits, such as 4."
    )
    assert len(lines) == 6


def test_what_a_cell_holds_cannot_write_to_the_terminal(save: Save) -> None:
    (problem,) = problems_of(save(f"learner,number\na\x1b[2Jb{'x' * 90},4\n"))
    assert "\x1b" not in str(problem)
    assert len(str(problem).splitlines()) == 1


# --- deadlines ------------------------------------------------------------------------------------


def test_a_learner_may_have_a_deadline_and_an_extension(save: Save) -> None:
    row = "ann,4,2026-11-20T23:59:00Z,2026-11-22 23:59 Europe/Berlin"
    (ann,) = read_cohort(save(f"learner,number,deadline,extension\n{row}"))
    assert str(ann.deadline) == "2026-11-20 23:59:00+00:00"
    assert str(ann.extension) == "2026-11-22 23:59:00+01:00"
    (ann,) = read_cohort(save("learner,number,deadline,extension\nann,4,,"))
    assert (ann.deadline, ann.extension) == (None, None)


@pytest.mark.parametrize(
    ("deadline", "extension", "column", "what"),
    [
        ("tomorrow", "", "deadline", "not a valid time (it is not written as ISO 8601 asks)"),
        ("2026-11-20T23:59:00", "", "deadline", "not a valid time (it has no time zone)"),
        (
            "2026-11-20T23:59:00Z",
            "2026-11-20 23:59 Europe/Berlin",
            "extension",
            "it is before the learner's deadline",
        ),
    ],
)
def test_a_wrong_deadline_is_reported(
    save: Save, deadline: str, extension: str, column: str, what: str
) -> None:
    (problem,) = problems_of(
        save(f"learner,number,deadline,extension\nann,4,{deadline},{extension}")
    )
    assert (problem.row, problem.column, problem.what) == (2, column, what)

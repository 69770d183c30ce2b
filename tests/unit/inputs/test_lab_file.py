"""The lab file: what a class shares, and everything that can be wrong with it."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from graders.inputs.lab_file import LabFile, find_lab_file, missing_for, read_class, read_lab_file
from graders.inputs.lab_tables import NamesTable
from graders.inputs.nightly import Nightly, Policy
from graders.inputs.problems import InputProblems, Problem
from graders.lab import SHEET, Learner, Leniency
from graders.lab.sheet import DictatedName
from graders.late import LateRule, Per, Share
from graders.rubric import Check
from graders.services.github.query import Places
from tests.support.paths import COHORTS

Save = Callable[[str], Path]
RUBRIC = (
    Check("project-exists", "", "2.1", 40, ""),
    Check("variable-group-exists", "", "2.6", 60, ""),
    Check("group-is-tidy", "", "2.6", 0, ""),
)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def to_disk(content: str) -> Path:
        path = tmp_path / "lab.toml"
        path.write_text(content, encoding="utf-8")
        return path

    return to_disk


def problems_of(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(InputProblems) as caught:
        read_lab_file(path)
    assert all(problem.file == str(path) and problem.remedy for problem in caught.value.problems)
    return caught.value.problems


def test_names_follow_from_the_number() -> None:
    lab = LabFile().for_learner(Learner("ann", 4))
    assert (lab.project, lab.repositories) == ("AE MLOps 04", ("mlops_04",))
    assert (lab.resource_group, lab.workspace) == ("User4AML", "user4aml")


def test_from_ten_on_the_repository_may_be_named_in_two_ways() -> None:
    lab = LabFile().for_learner(Learner("ann", 12))
    assert (lab.project, lab.repositories) == ("AE MLOps 12", ("mlops_12", "mlops_012"))


def test_the_file_gives_what_the_class_shares(save: Save) -> None:
    path = save(
        '[tenant]\norganization = "acme"\ngithub_owner = "acme-labs"\nlocation = "westeurope"\n'
        'subscription_id = "5b0c1d7e-3f42-4c86-9a51-7d2e8f604b13"\ntenant_id = "acme.example"\n'
        '[names]\nproject = "Lab {n}"\nrepository = ["lab-{n:03d}"]\nresource_group = "rg"\n'
        'workspace = "ws{n}"\n[template]\naccepted = ["acme/starter"]\n'
        "[leniency]\nv2_endpoint = true\nmanual_connection = false\n[points]\nproject-exists = 2.5"
    )
    lab = read_lab_file(path).for_learner(Learner("ann", 4))
    assert (lab.organization, lab.github_owner, lab.tenant_id) == (
        "acme",
        "acme-labs",
        "acme.example",
    )
    assert (lab.subscription_id[:8], lab.location) == ("5b0c1d7e", "westeurope")
    assert (lab.project, lab.repositories, lab.workspace) == ("Lab 4", ("lab-004",), "ws4")
    assert (lab.resource_group, lab.templates) == ("rg", ("acme/starter",))
    assert lab.leniency == Leniency(v2_endpoint=True, manual_connection=False)
    assert lab.points == {"project-exists": 2.5}


def test_the_sample_and_the_page_show_every_name_that_can_be_changed() -> None:
    sample = (COHORTS / "lab.toml").read_text(encoding="utf-8")
    page = (COHORTS.parents[1] / "docs" / "lab.md").read_text(encoding="utf-8")
    keys = NamesTable.model_fields
    assert [key for key in keys if f"`{key}`" not in page] == []
    assert [
        role for role, name in SHEET.names().items() if f'# {role} = "{name}"' not in sample
    ] == []


def test_the_sample_shows_every_table() -> None:
    sample = (COHORTS / "lab.toml").read_text(encoding="utf-8")
    assert [table for table in LabFile.model_fields if f"[{table}]" not in sample] == []


@pytest.mark.parametrize("role", SHEET.names())
def test_every_name_that_the_sheet_dictates_can_be_changed(save: Save, role: DictatedName) -> None:
    name = "our-{n:02d}-name"
    lab = read_lab_file(save(f'[names]\n{role} = "{name}"')).for_learner(Learner("ann", 4))
    assert getattr(lab, role) == "our-04-name"
    assert lab.sheet.names() == SHEET.filled(4).names() | {role: "our-04-name"}
    assert lab.place.endswith(f" {role}=our-04-name")


def test_a_yaml_file_of_another_name_is_essential_in_place_of_the_sheets(save: Save) -> None:
    lab = read_lab_file(save('[names]\ncd_yaml = "ci/cd.yml"')).for_learner(Learner("ann", 4))
    files = set(lab.sheet.essential_files)
    assert files == {*SHEET.essential_files, "ci/cd.yml"} - {SHEET.cd.yaml}
    assert {"", "ci"} <= set(Places.of([lab]).directories)


def test_two_pipelines_cannot_have_one_name_or_file(save: Save) -> None:
    for key, name in (("ci_pipeline", SHEET.cd.name), ("cd_yaml", SHEET.ci.yaml.upper())):
        (problem,) = problems_of(save(f'[names]\n{key} = "{name}"'))
        assert (problem.column, problem.remedy) == ("names", "give each pipeline its own name")


def test_a_learners_own_row_goes_before_the_file() -> None:
    file = LabFile.model_validate({"tenant": {"organization": "acme", "location": "westeurope"}})
    own = Learner("ann", 4, organization="other", repository="r", workspace="w", location="uksouth")
    lab = file.for_learner(own)
    assert (lab.organization, lab.repositories) == ("other", ("r",))
    assert (lab.workspace, lab.location, lab.resource_group) == ("w", "uksouth", "User4AML")


def test_no_file_is_the_lab_as_the_sheet_has_it() -> None:
    assert read_lab_file(None) == LabFile()


def test_the_sample_class_is_sound() -> None:
    cohort = COHORTS / "model-answer.csv"
    learners, file = read_class(cohort, find_lab_file(cohort))
    labs = [file.for_learner(learner) for learner in learners]
    assert [learner.number for learner in learners] == [4, 12]
    assert missing_for(*labs) == ()
    sheets = [LabFile().for_learner(learner) for learner in learners]
    for lab, sheet in zip(labs, sheets, strict=True):
        assert lab.sheet == SHEET.filled(lab.learner.number)
        assert (lab.project, lab.workspace) == (sheet.project, sheet.workspace)
        assert "endpoint" not in lab.place
        assert (lab.repositories, lab.leniency) == (sheet.repositories, Leniency())


# --- every problem, with its place ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "row", "column", "remedy"),
    [
        ("tennant = 1", 1, "tennant", "`tenant`"),
        ('[tenant]\norganisation = "x"', 2, "tenant.organisation", "`organization`"),
        ("[leniency]\nazure_repo = true", 2, "leniency.azure_repo", "`azure_repos`"),
        ("[names]\nzebra = 1", 2, "names.zebra", "project, repository"),
        ('[tenant]\norganization = "a/b"', 2, "tenant.organization", "only the name"),
        ('[tenant]\n\nlocation = "Central US"', 3, "tenant.location", "key form"),
        ('[tenant]\nsubscription_id = ""', 2, "tenant.subscription_id", "delete the line"),
        ("[tenant]\nsubscription_id = 7", 2, "tenant.subscription_id", "quotation marks"),
        ('[leniency]\nv2_endpoint = "yes"', 2, "leniency.v2_endpoint", "true or false"),
        ("[leniency]\nv2_endpoint = 1", 2, "leniency.v2_endpoint", "true or false"),
        ("[points]\na-check = -1", 2, "points.a-check", "0 or more"),
        ("[points]\na-check = nan", 2, "points.a-check", "0 or more"),
        ('[points]\na-check = "3"', 2, "points.a-check", "without quotes"),
        ("[points]\na-check = true", 2, "points.a-check", "without quotes"),
        ("[template]\naccepted = []", 2, "template.accepted", "at least one"),
        ("[names]\nrepository = []", 2, "names.repository", "at least one"),
        ('[template]\naccepted = ["starter"]', 2, "template.accepted.0", "owner/name"),
        ('[names]\nrepository = "mlops_{n}"', 2, "names.repository", "list"),
        ('[names]\nci_yaml = "/ci.yml"', 2, "names.ci_yaml", "without a leading slash"),
        ('[names]\ncd_yaml = "../cd.yml"', 2, "names.cd_yaml", "without a leading slash"),
        ('[names]\nmodel = "a/b"', 2, "names.model", "letters, digits"),
        ('[names]\nendpoint = "Mine"', 2, "names.endpoint", "lowercase letters"),
        ('[names]\nvariable_group = ""', 2, "names.variable_group", "delete the line"),
        ("names = 3", 1, "names", "[table]"),
        ("leniency = 3", 1, "leniency", "[table]"),
        ("names = {zebra = 1}", None, "names.zebra", "project, repository"),
    ],
)
def test_a_wrong_key_or_value(
    save: Save, content: str, row: int | None, column: str, remedy: str
) -> None:
    (problem,) = problems_of(save(content))
    assert (problem.row, problem.column) == (row, column)
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    "pattern",
    [
        "ws{m}",
        "ws{}",
        "ws{n",
        "ws}",
        "ws{n.real}",
        "ws{n!r}",
        "ws{n:99999999d}",
        "ws{n:x}",
        "ws{0}",
    ],
)
def test_a_pattern_knows_the_number_and_nothing_else(save: Save, pattern: str) -> None:
    (problem,) = problems_of(save(f'[names]\nworkspace = "{pattern}"'))
    assert (problem.column, problem.value) == ("names.workspace", pattern)
    assert "{n:02d}" in problem.remedy


def test_a_pattern_makes_a_name_and_nothing_else(save: Save) -> None:
    (problem,) = problems_of(save('[names]\nworkspace = "{n}/../x"'))
    assert "workspace" in problem.what


def test_a_syntax_error_is_found_by_line(save: Save) -> None:
    (problem,) = problems_of(save("[tenant]\norganization = acme\n"))
    assert (problem.row, problem.value) == (2, "organization = acme")
    assert "line 2" in str(problem)


@pytest.mark.parametrize("content", ["a = [", "a = " + "[" * 5000, "[a]\n[a]", "\0"])
def test_no_toml_file_makes_a_traceback(save: Save, content: str) -> None:
    assert problems_of(save(content))


def test_problems_of_both_files_are_reported_together(save: Save, tmp_path: Path) -> None:
    lab = save("[points]\na = -1\n[tenant]\nlocation = 3\n")
    cohort = tmp_path / "cohort.csv"
    cohort.write_text("learner,number\nann,x\nann,y\n")
    with pytest.raises(InputProblems) as caught:
        read_class(cohort, lab)
    assert [Path(problem.file).name for problem in caught.value.problems] == [
        *["cohort.csv"] * 3,
        *["lab.toml"] * 2,
    ]


def test_the_lab_file_beside_the_cohort_is_found(save: Save, tmp_path: Path) -> None:
    cohort = tmp_path / "cohort.csv"
    assert find_lab_file(cohort, None) is None
    beside = save("")
    assert find_lab_file(cohort, None) == beside
    assert find_lab_file(cohort, "other.toml") == Path("other.toml")
    assert "no such file" in problems_of(tmp_path / "other.toml")[0].what


# --- points ---------------------------------------------------------------------------------------


def points(**given: float) -> LabFile:
    return LabFile.model_validate({"points": {k.replace("_", "-"): v for k, v in given.items()}})


@pytest.mark.parametrize(
    "file",
    [
        LabFile(),
        points(project_exists=30, variable_group_exists=70),
        points(project_exists=0, variable_group_exists=90, group_is_tidy=10),
        points(project_exists=0, total=60),
    ],
)
def test_points_that_add_up_are_taken(file: LabFile) -> None:
    file.check_points(RUBRIC)
    assert "total" not in file.for_learner(Learner("ann", 4)).points


def test_points_for_an_unknown_check(save: Save) -> None:
    file = read_lab_file(save("[points]\nvariable-group-exist = 5\n"))
    with pytest.raises(InputProblems) as caught:
        file.check_points(RUBRIC)
    (problem,) = caught.value.problems
    assert (problem.column, problem.value) == ("points.variable-group-exist", "5")
    assert "`variable-group-exists`" in problem.remedy
    assert problem.file.endswith("lab.toml")


def test_points_that_do_not_make_a_hundred() -> None:
    with pytest.raises(InputProblems, match=r"add up to 75, not to 100.*`total = 75`"):
        points(project_exists=15).check_points(RUBRIC)


SPLIT = (
    Check("project-exists", "", "2.1", 40, ""),
    Check("variable-group-exists", "", "2.6", 45, ""),
    Check("group-is-open", "", "2.8", 15, "", was_part_of="variable-group-exists"),
)
"""The group was one check of 60 points."""


@pytest.mark.parametrize(
    ("priced", "remedy"),
    [
        (60, "write `variable-group-exists = 45` and `group-is-open = 15`"),
        (20, "write `variable-group-exists = 5` and `group-is-open = 15`"),
        (5, "write `variable-group-exists = 0` and `group-is-open = 5`"),
    ],
)
def test_a_file_that_prices_a_check_before_it_was_split_is_told_what_to_write(
    priced: float, remedy: str
) -> None:
    total = 40 + priced
    with pytest.raises(InputProblems) as caught:
        points(variable_group_exists=priced, total=total).check_points(SPLIT)
    (problem,) = caught.value.problems
    assert (problem.column, problem.value) == ("points.variable-group-exists", f"{priced:g}")
    assert "`group-is-open` is a check of its own now" in problem.what
    assert problem.remedy == remedy
    written = {name: float(worth) for name, worth in re.findall(r"`([a-z-]+) = (\d+)`", remedy)}
    LabFile.model_validate({"points": written | {"total": total}}).check_points(SPLIT)


def test_a_file_that_knows_the_split_check_is_taken_as_it_is() -> None:
    points(variable_group_exists=45).check_points(SPLIT)
    points(variable_group_exists=58, group_is_open=2).check_points(SPLIT)
    with pytest.raises(InputProblems, match="add up to 60, not to 100"):
        points(variable_group_exists=5).check_points(SPLIT)


# --- what collecting needs ------------------------------------------------------------------------


def test_a_missing_setting_is_reported_once_for_all_learners() -> None:
    labs = [LabFile().for_learner(Learner(f"l{i}", i)) for i in range(1, 6)]
    problems = missing_for(*labs)
    assert [problem.column for problem in problems] == [
        "tenant.organization",
        "tenant.github_owner",
        "tenant.subscription_id",
    ]
    assert "l1, l2, l3 and 2 more" in problems[0].what
    assert "[tenant]" in problems[0].remedy
    assert "cohort file" in problems[0].remedy


# --- past runs ------------------------------------------------------------------------------------


def test_without_the_table_past_runs_do_not_count(save: Save) -> None:
    assert read_lab_file(save("")).past_runs is None
    assert read_lab_file(save("[nightly]\n")).past_runs == Nightly()


def test_the_policy_and_its_times(save: Save) -> None:
    path = save(
        '[nightly]\npolicy = "deadline"\ndeadline = 2026-11-20T17:00:00-06:00\n'
        'since = "2026-11-01 08:00 America/Chicago"\n'
    )
    nightly = read_lab_file(path).past_runs
    assert nightly is not None
    assert nightly.policy is Policy.DEADLINE
    assert str(nightly.deadline) == "2026-11-20 17:00:00-06:00"
    assert nightly.since is not None
    assert nightly.since.utcoffset() is not None


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('policy = "newest"', "policy"),
        ('policy = "deadline"', "belong together"),
        ("deadline = 2026-11-20T17:00:00-06:00", "belong together"),
        ("since = 2026-11-20T17:00:00", "no time zone"),
        (
            'policy = "deadline"\ndeadline = 2026-11-20T17:00:00Z\nsince = 2026-11-21T17:00:00Z',
            "before `since`",
        ),
        ("night = 3", "night"),
    ],
)
def test_a_wrong_nightly_table_is_reported(save: Save, table: str, message: str) -> None:
    (problem,) = problems_of(save(f"[nightly]\n{table}\n"))
    assert message in str(problem)
    assert "nightly" in str(problem)


# --- late work ------------------------------------------------------------------------------------


def test_without_the_table_late_work_costs_nothing(save: Save) -> None:
    assert read_lab_file(save("")).late_rule == LateRule()


def test_the_late_rule(save: Save) -> None:
    path = save(
        '[late]\ndeadline = "2026-11-20 23:59 America/Chicago"\npenalty = 10\n'
        'share = "percent of the earned points"\nper = "hour"\ngrace_minutes = 15\ncap = 50\n'
    )
    rule = read_lab_file(path).late_rule
    assert str(rule.deadline) == "2026-11-20 23:59:00-06:00"
    assert (rule.penalty, rule.share, rule.per) == (10, Share.OF_EARNED, Per.HOUR)
    assert (rule.grace, rule.cap) == (timedelta(minutes=15), 50)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("penalty = 10", "`penalty` needs `share` and `per`"),
        ('penalty = 10\nper = "day"', 'write share = "points" or "percent of the possible points"'),
        ("cap = 10", "`cap` needs `penalty`"),
        ('share = "percent"', "percent of the possible points"),
        ("penalty = -1", "write 0 or more"),
        ("deadline = 2026-11-20T17:00:00", "no time zone"),
        ("penaltie = 1", "write `penalty`"),
    ],
)
def test_a_wrong_late_table_is_reported(save: Save, table: str, message: str) -> None:
    (problem,) = problems_of(save(f"[late]\n{table}\n"))
    assert message in str(problem)


# --- what the mark is called elsewhere ------------------------------------------------------------


def test_the_mark_may_be_named_for_other_systems(save: Save) -> None:
    marks = read_lab_file(
        save('[marks]\nassignment = "Übung 3 (MLOps)"\ncanvas_assignment_id = 12345\n')
    ).marks
    assert (marks.assignment, marks.canvas_assignment_id) == ("Übung 3 (MLOps)", 12345)
    assert (marks.blackboard_column_id, marks.moodle_unlimited_grades) == (None, False)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('assignment = ""', "empty"),
        ('assignment = " MLOps"', "spaces around"),
        (f'assignment = "{"x" * 201}"', "longer than 200"),
        ('assignment = "two\\nlines"', "some formats cannot hold"),
        ("assignment = 'MLOps \"lab\"'", "some formats cannot hold"),
        ('assignment = "=MLOps"', "formula"),
        ('assignment = "MLOps; =1"', "formula"),
        ('assignment = "MLOps (12345)"', "`canvas_assignment_id`"),
        ('assignment = "MLOps |12345"', "Blackboard"),
        ('assignment = "MLOps Final Grade"', "Canvas"),
        ("assignment = 3", "not text"),
        ("canvas_assignment_id = 0", "digits"),
        ('canvas_assignment_id = "12345"', "digits"),
        ("blackboard_column_id = true", "digits"),
        ("blackboard_column_id = 1.5", "digits"),
        ('moodle_unlimited_grades = "yes"', "not true or false"),
        ('assigment = "MLOps"', "write `assignment`"),
    ],
)
def test_a_mark_name_that_an_import_would_misread_is_refused(
    save: Save, line: str, message: str
) -> None:
    (problem,) = problems_of(save(f"[marks]\n{line}\n"))
    assert (problem.row, problem.column) == (2, f"marks.{line.split()[0]}")
    assert message in str(problem)

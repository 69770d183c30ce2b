"""Allure results: what they say of a check, and what lies in their folder."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from graders.rubric import Check
from graders.verdicts import Outcome
from reports.allure import labels, results_folder
from reports.allure.results import Judged
from reports.allure.results import result_of as allure_result
from reports.links import links as learners_links
from tests.support import handmade_run as example
from tests.support.graded_project import LEARNERS, GradedProject, results
from tests.support.graded_project import labels as labels_of

ADA = example.learner("ada", "Ada Lovelace", 4)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> GradedProject:
    project = GradedProject(tmp_path_factory.mktemp("graded"))
    project.run()
    return project


@pytest.fixture
def project(tmp_path: Path) -> GradedProject:
    return GradedProject(tmp_path)


def result_of(project: GradedProject, learner: str, title: str) -> dict:
    return project.results()[learner, title]


# --- a result -------------------------------------------------------------------------------------


def test_there_is_one_result_per_learner_and_check_and_none_of_our_own_tests(
    graded: GradedProject,
) -> None:
    titles = [
        "The variable group is there",
        "The group has every variable",
        "The group is open to all",
        "A run succeeded",
    ]
    wanted = sorted((learner, title) for learner in LEARNERS for title in titles)
    labelled = [
        (labels_of(result, "suite")[0], result["name"]) for result in results(graded.allure)
    ]
    assert sorted(labelled) == wanted


@pytest.mark.parametrize(
    ("learner", "title", "status", "message"),
    [
        ("ada", "The variable group is there", "passed", None),
        ("zoë", "The variable group is there", "failed", "expected a group; found none"),
        ("zoë", "The group has every variable", "skipped", "blocked: there is no group"),
        ("zoë", "The group is open to all", "skipped", "noted: it is closed"),
        ("eve", "The variable group is there", "broken", "not assessed: it answered 503"),
        ("eve", "The group has every variable", "broken", "not assessed: it answered 503"),
    ],
)
def test_a_result_says_what_the_verdict_says(
    graded: GradedProject, learner: str, title: str, status: str, message: str | None
) -> None:
    result = result_of(graded, learner, title)
    assert result["status"] == status
    assert result.get("statusDetails", {}).get("message") == message


@pytest.mark.parametrize("learner", LEARNERS)  # passed, blocked and not assessed alike
def test_a_result_is_labelled_by_task_step_and_learner(graded: GradedProject, learner: str) -> None:
    result = result_of(graded, learner, "The group has every variable")
    feature = "Task 2 – Azure DevOps project and variable group"
    assert {name: labels_of(result, name) for name in ("epic", "feature", "story", "severity")} == {
        "epic": ["MLOps lab"],
        "feature": [feature],
        "story": ["Step 2.7"],
        "severity": ["normal"],
    }
    assert [labels_of(result, name) for name in ("parentSuite", "suite", "subSuite")] == [
        ["Learners (SIMULATED)"],
        [learner],
        [feature],
    ]
    assert result["description"] == "Lab step 2.7. Worth 2 points."
    assert len(result["links"]) == 4


def test_what_failed_says_what_to_do(graded: GradedProject) -> None:
    result = result_of(graded, "zoë", "The variable group is there")
    assert result["description"] == "Name it as the lab does.\n\nLab step 2.6. Worth 3 points."


def test_names_and_addresses_of_people_stay_out(graded: GradedProject) -> None:
    everything = "".join(file.read_text("utf-8") for file in graded.allure.iterdir())
    assert "Name ada" not in everything
    assert "@example.org" not in everything


def ids(project: GradedProject) -> dict[tuple[str, str], tuple[str, str, str]]:
    """All that a history can go by, in Allure 2 and 3."""
    return {
        key: (result["historyId"], result["testCaseId"], result["parameters"][0]["value"])
        for key, result in project.results().items()
    }


@pytest.mark.parametrize(
    "changes",
    [{"COHORT": "eve zoë ada"}, {"COHORT": "zoë"}, {"NAME": "Married"}],
    ids=["reordered", "subset", "renamed"],
)
def test_history_follows_learner_and_check(
    graded: GradedProject, project: GradedProject, changes: dict[str, str]
) -> None:
    project.run("-n1", **changes)
    histories = ids(project)
    assert len(histories) in (4, 12)
    assert histories.items() <= ids(graded).items()


@pytest.mark.parametrize("changes", [{"TENANT": "live"}, {"NUMBER": "2"}], ids=["tenant", "place"])
def test_another_tenant_or_place_has_another_history(
    graded: GradedProject, project: GradedProject, changes: dict[str, str]
) -> None:
    project.run(**changes)
    here, there = ids(graded), ids(project)
    assert here.keys() == there.keys()
    for position in (0, 1):
        assert not {own[position] for own in here.values()} & {
            own[position] for own in there.values()
        }


def test_each_learner_and_check_has_a_history_of_its_own(graded: GradedProject) -> None:
    identities = ids(graded).values()
    assert (
        len({case for _, case, _ in identities})
        == len({history for history, _, _ in identities})
        == 12
    )


def test_the_parameter_is_the_bare_id(graded: GradedProject) -> None:
    [parameter] = result_of(graded, "ada", "A run succeeded")["parameters"]
    assert parameter == {"name": "learner", "value": "'ada'"}


def test_nothing_names_the_machine_that_graded(graded: GradedProject) -> None:
    names = {label["name"] for result in graded.results().values() for label in result["labels"]}
    assert not names & {"host", "thread", "framework", "language", "package"}


def test_evidence_is_one_file_a_learner_that_all_results_refer_to(graded: GradedProject) -> None:
    sources: dict[str, set[str]] = {"ada": set(), "zoë": set()}
    for (learner, _), result in graded.results().items():
        if learner in sources:
            [attachment] = result["attachments"]
            sources[learner].add(attachment["source"])
    files = sorted(file.name for file in graded.allure.glob("*-attachment.*"))
    assert sorted(source for own in sources.values() for source in own) == files
    assert len(files) == 2
    [of_ada] = sources["ada"]
    assert json.loads((graded.allure / of_ada).read_text("utf-8")) == {"seen of": "ada"}


def test_evidence_that_is_missing_costs_only_the_attachment(graded: GradedProject) -> None:
    assert "attachments" not in result_of(graded, "eve", "A run succeeded")


def test_allure_never_blames_a_learner_for_a_verdict_that_does_not(tmp_path: Path) -> None:
    check, run = example.RUBRIC[0], example.run([ADA], tmp_path)
    verdict = example.verdict("ada", check, Outcome.NOT_ASSESSED, "a bug in the grader")
    result = allure_result(Judged("lab/test_x.py::test_x[ada]", run, ADA, check, 0, 0), verdict)
    assert result["status"] == "broken"
    assert result["statusDetails"] == {"message": "not assessed: a bug in the grader"}


# --- the folder -----------------------------------------------------------------------------------


def test_the_folder_holds_no_containers_and_nothing_unfinished(graded: GradedProject) -> None:
    names = [file.name for file in graded.allure.iterdir()]
    kinds = {re.sub(r"^[0-9a-f-]{36}-", "", name) for name in names}
    assert kinds == {
        ".written",
        "result.json",
        "attachment.json",
        "environment.properties",
        "categories.json",
    }


def test_the_environment_says_what_was_graded(graded: GradedProject) -> None:
    lines = (graded.allure / "environment.properties").read_text("ascii").splitlines()
    assert {"Tenant=simulated", "SIMULATED=yes", "Cohort=3 learners"} <= set(lines)
    assert "Snapshot=sha256:0123" in lines


def test_environment_values_are_escaped_as_java_properties(tmp_path: Path) -> None:
    run = example.run([ADA], tmp_path, snapshot_digest="a\\b\n=ë😀", left_out=2)
    results_folder.describe(tmp_path, run)
    lines = (tmp_path / "environment.properties").read_text("ascii").splitlines()
    assert "Snapshot=a\\\\b =\\u00eb\\ud83d\\ude00" in lines
    assert "Cohort=1 learners (2 left out by --learner)" in lines


def test_the_last_runs_results_go_and_foreign_files_stay(project: GradedProject) -> None:
    project.run()
    stale = {path.name for path in project.allure.iterdir()}
    theirs = {"a-result.json", "b-attachment.txt", "executor.json", "notes.txt"}
    for name in theirs:
        (project.allure / name).write_text("{}")
    project.run()
    left = {path.name for path in project.allure.iterdir()}
    assert theirs <= left
    assert not {name for name in left & stale if name.endswith("-result.json")}


def test_a_folder_the_user_names_is_emptied_only_when_asked(project: GradedProject) -> None:
    own = project.folder / "own"
    own.mkdir()
    for name in ("old-result.json", "notes.txt"):
        (own / name).write_text('{"labels": [{"name": "suite", "value": "old"}], "name": ""}')
    project.run("--alluredir=own")
    assert (own / "old-result.json").exists()
    assert not project.allure.exists()
    project.run("--alluredir=own", "--clean-alluredir", "-n1")
    assert not (own / "old-result.json").exists()
    assert (own / "notes.txt").exists()
    assert len(list(results(own))) == 13  # the suite's own test as well


def test_without_graded_checks_no_folder_is_made_unless_asked(project: GradedProject) -> None:
    project.run("test_ours.py")
    assert not project.out.exists()
    project.run("test_ours.py", "--alluredir", "own")
    [result] = results(project.folder / "own")
    assert result["name"] == "test_of_the_instrument_itself"


def test_collecting_only_deletes_nothing(project: GradedProject) -> None:
    project.allure.mkdir(parents=True)
    (project.allure / "a-result.json").write_text("{}")
    project.run("--collect-only")
    assert (project.allure / "a-result.json").exists()


def test_a_crashed_worker_costs_no_result(graded: GradedProject, project: GradedProject) -> None:
    project.run("-n1", CRASH="ada")
    assert len(list(results(project.allure))) == 12
    crashed = result_of(project, "ada", "A run succeeded")
    assert crashed["status"] == "broken"
    assert crashed["statusDetails"]["message"].startswith("not assessed: the process that judged")
    assert ids(project)["ada", "A run succeeded"] == ids(graded)["ada", "A run succeeded"]


# --- text -----------------------------------------------------------------------------------------


def test_categories_distinguish_who_has_to_act() -> None:
    messages = {
        outcome: labels.message(example.verdict("ada", example.RUBRIC[0], outcome, "a\nb"))
        for outcome in Outcome
    }
    statuses = {Outcome.FAILED: "failed", Outcome.NOT_ASSESSED: "broken"}
    for outcome in set(Outcome) - {Outcome.PASSED}:
        matching = [
            category["name"]
            for category in results_folder.CATEGORIES
            if statuses.get(outcome, "skipped") in category["matchedStatuses"]
            and re.fullmatch(category.get("messageRegex", r"[\s\S]*"), messages[outcome])
        ]
        assert len(matching) == 1, (outcome, matching)


@pytest.mark.parametrize(
    ("points", "severity"), [(0, "minor"), (1, "normal"), (2.5, "normal"), (3, "critical")]
)
def test_severity_follows_from_the_points(points: float, severity: str) -> None:
    assert labels.severity(Check("x", "X", "2.1", points, "")) == severity


def test_links_lead_to_the_learners_own_pages() -> None:
    links = dict(learners_links(example.lab(ADA)))
    assert (
        links["Azure DevOps project"] == "https://dev.azure.com/lab%20organisation/AE%20MLOps%2004"
    )
    assert links["Pipelines"] == links["Azure DevOps project"] + "/_build"
    assert links["GitHub repository"] == "https://github.com/lab-owner/mlops_04"
    studio = urlsplit(links["Azure ML workspace"])
    assert studio.netloc == "ml.azure.com"
    assert "/resourceGroups/User4AML/providers/" in unquote(studio.query)


def test_a_name_cannot_lead_a_link_elsewhere() -> None:
    lab = replace(example.lab(ADA), organization="../@evil.example/?x=", project="a/b#c")
    link = dict(learners_links(lab))["Azure DevOps project"]
    assert link == "https://dev.azure.com/..%2F%40evil.example%2F%3Fx%3D/a%2Fb%23c"

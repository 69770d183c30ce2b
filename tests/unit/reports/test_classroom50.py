"""The result for Classroom 50's runner: its contract, and when there is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from graders.rubric import Check
from graders.verdicts import Outcome
from reports.exports import folder
from reports.exports.classroom50 import export
from reports.exports.shape import Export
from reports.submission import Submission, submission_of
from tests.support import exported_cohorts, handmade_run
from tests.support.classroom50_contract import broken
from tests.support.exported_cohorts import RUNNER, Cohort, changed, person
from tests.support.spreadsheet_formulas import formulas

COHORTS = {
    "catalogue": exported_cohorts.catalogue,
    "demo": exported_cohorts.demo,
    "hostile": exported_cohorts.hostile,
}
LOST = {
    "variable-group-exists": Outcome.FAILED,
    "connection-exists": Outcome.BLOCKED,
    "group-is-open": Outcome.NOTED,
}
RUBRIC = (Check("a", "One", "2.1", 2, "Add it."), Check("b", "Other", "2.6", 4, "Add it."))


def made_of(cohort: Cohort) -> Export:
    return export(cohort.run, cohort.grades)


def document(cohort: Cohort) -> Any:
    (text,) = made_of(cohort).files.values()
    return json.loads(text)


def alone(outcomes: dict[str, Outcome] | None = None, reason: str = "", **cells: str) -> Cohort:
    ada = person(1, "Ada", **cells)
    return exported_cohorts.cohort(
        [ada], {ada.id: outcomes or {}}, handmade_run.RUBRIC, reason=reason
    )


def with_variables(cohort: Cohort, **changes: str) -> Cohort:
    """The same, where the runner's variables are changed."""
    return changed(cohort, submission=submission_of(RUNNER | changes))


# --- what it holds --------------------------------------------------------------------------------


def test_the_runner_gets_the_submission_and_every_check_with_points() -> None:
    cohort = exported_cohorts.cohort(
        [person(1, "Ada")], {"user1": {"b": Outcome.FAILED}}, RUBRIC, reason="It is not there."
    )
    assert list(made_of(cohort).files) == ["classroom50/result.json"]
    assert document(cohort) == {
        "schema": "classroom50/result/v1",
        "classroom": "mlops-2026",
        "assignment": "lab",
        "owner": "ada",
        "assignment_type": "individual",
        "submission": "submit/2026-11-20T16-59-05Z-a1b2c3d",
        "commit": "https://github.com/school/mlops-2026-lab-ada/commit/a1b2c3d",
        "release": "https://github.com/school/mlops-2026-lab-ada/releases/tag/submit%2Fa1b2c3d",
        "review": "https://github.com/school/mlops-2026-lab-ada/compare/0000000...a1b2c3d",
        "datetime": "2026-11-23T09:33:15Z",
        "graded_at": "2026-11-23T09:33:15Z",
        "score": 2,
        "max-score": 6,
        "tests": [
            {
                "test-name": "2.1 One",
                "passed": True,
                "score": 2,
                "max-score": 2,
                "outcome": "passed",
                "message": "",
                "step": "2.1",
            },
            {
                "test-name": "2.6 Other",
                "passed": False,
                "score": 0,
                "max-score": 4,
                "outcome": "failed",
                "message": "failed: It is not there. Fix: Add it.",
                "step": "2.6",
            },
        ],
    }


def test_what_is_blocked_keeps_its_points_and_what_is_only_noted_has_none() -> None:
    result = document(alone(LOST, reason="Why."))
    assert (result["score"], result["max-score"]) == (73, 100)
    assert [test["outcome"] for test in result["tests"]] == [
        *("passed", "failed", "blocked"),
        *["passed"] * 4,
    ]
    assert result["tests"][2]["message"] == "blocked: Why."


@pytest.mark.parametrize("name", COHORTS)
def test_every_learner_alone_gets_what_the_contract_asks_for_or_nothing(name: str) -> None:
    whole = COHORTS[name]()
    for grade in whole.grades:
        cohort = exported_cohorts.only(whole, grade.learner)
        made = made_of(cohort)
        assert bool(made.files) == (not grade.withheld) == (not made.left_out)
        for text in made.files.values():
            assert broken(text, RUNNER) == []
            assert (json.loads(text)["score"], text.isascii()) == (grade.earned, True)
            assert "SOMEBODY-ELSE" not in text


@pytest.mark.parametrize("share", [1, 0.5, 0.25, 0.1, 1.5, 2])
def test_scores_are_whole_numbers_whatever_the_points(share: float) -> None:
    rubric = [replace(check, points=check.points * share) for check in handmade_run.RUBRIC]
    cohort = exported_cohorts.cohort([person(1, "Ada")], {"user1": LOST}, rubric)
    (text,) = made_of(cohort).files.values()
    result = json.loads(text)
    assert broken(text, RUNNER) == []
    assert result["score"] * 100 == 73 * result["max-score"]
    parts = {1: 1, 0.5: 2, 0.25: 4, 0.1: 10, 1.5: 2, 2: 1}
    assert result["max-score"] == 100 * share * parts[share]


def test_points_in_tenths_and_quarters_are_counted_in_twentieths() -> None:
    rubric = [Check("a", "A", "2.1", 0.1, ""), Check("b", "B", "2.2", 0.25, "")]
    result = document(
        exported_cohorts.cohort([person(1, "Ada")], {"user1": {"b": Outcome.FAILED}}, rubric)
    )
    assert (result["score"], result["max-score"]) == (2, 7)


def test_thirds_of_points_are_whole_numbers_too() -> None:
    rubric = [Check("a", "A", "2.1", 100 / 3, ""), Check("b", "B", "2.2", 200 / 3, "")]
    cohort = exported_cohorts.cohort([person(1, "Ada")], {"user1": {"b": Outcome.FAILED}}, rubric)
    assert (document(cohort)["score"], document(cohort)["max-score"]) == (333333, 1000000)


def test_both_times_are_those_of_utc() -> None:
    class_begins = datetime(2026, 11, 23, 20, 30, tzinfo=timezone(timedelta(hours=-6)))
    result = document(changed(alone(), started_at=class_begins))
    assert (result["datetime"], result["graded_at"]) == ("2026-11-24T02:30:00Z",) * 2


def test_where_no_check_has_points_there_is_no_test() -> None:
    rubric = [replace(check, points=0) for check in handmade_run.RUBRIC]
    cohort = exported_cohorts.cohort([person(1, "Ada")], {}, rubric)
    assert [document(cohort)[name] for name in ("score", "max-score", "tests")] == [0, 0, []]


@pytest.mark.parametrize("text", [exported_cohorts.NASTY, *exported_cohorts.NAMES])
def test_no_reason_breaks_the_file_or_leaves_its_line(text: str) -> None:
    (made,) = made_of(alone(LOST, reason=text)).files.values()
    assert broken(made, RUNNER) == []
    message = json.loads(made)["tests"][1]["message"]
    assert message.startswith("failed")
    assert message.endswith("Fix: Rename.")
    assert message.isprintable() or "\u200d" in message  # which joins emoji


def test_a_long_reason_is_not_cut() -> None:
    assert "x" * 300 in document(alone(LOST, reason="x" * 300))["tests"][1]["message"]


@pytest.mark.parametrize(
    "text", [name for name in exported_cohorts.NAMES if name == name.strip() and name]
)
def test_what_the_runner_says_is_handed_back_as_it_is(text: str) -> None:
    runner = RUNNER | {"CLASSROOM": text, "ASSIGNMENT": text, "OWNER": text}
    (made,) = made_of(changed(alone(), submission=submission_of(runner))).files.values()
    assert broken(made, runner) == []


# --- what the runner says -------------------------------------------------------------------------


def test_blanks_around_what_the_runner_says_are_cut_as_the_runner_does() -> None:
    assert document(with_variables(alone(), CLASSROOM=" cs \n"))["classroom"] == "cs"


@pytest.mark.parametrize("review", ["", "  "])
def test_without_a_review_the_commit_is_shown(review: str) -> None:
    assert document(with_variables(alone(), REVIEW_URL=review))["review"] == RUNNER["COMMIT_URL"]


def test_the_owner_goes_before_the_user_name() -> None:
    assert submission_of({"USERNAME": "runner", "OWNER": "ada"}).owner == "ada"
    assert submission_of({"USERNAME": "ada", "OWNER": ""}).owner == "ada"


def test_variables_that_the_runner_fills_in_itself_are_optional() -> None:
    result = document(with_variables(alone(), OWNER="", USERNAME="", ASSIGNMENT_TYPE=""))
    assert not {"owner", "assignment_type"} & set(result)


def test_an_ordinary_machine_has_no_submission() -> None:
    assert submission_of({"PATH": "/bin", "HOME": "/root"}) == Submission()


# --- when there is none ---------------------------------------------------------------------------

NEEDED = ("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL")


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("value", ["", " \t"])
def test_a_variable_that_is_not_set_is_named(name: str, value: str) -> None:
    made = made_of(with_variables(alone(), **{name: value}))
    why = f"not set in the environment: `{name}`; Classroom 50's runner sets it"
    assert (made.files, made.left_out) == ({}, {"user1": why})


def test_anywhere_else_everybody_is_left_out_and_every_variable_named() -> None:
    cohort = changed(exported_cohorts.demo(), submission=Submission())
    made = made_of(cohort)
    assert not made.files
    assert list(made.left_out) == [learner.id for learner in cohort.run.learners]
    named = ", ".join(f"`{name}`" for name in NEEDED)
    assert made.left_out["user1"].startswith(f"not set in the environment: {named}; ")


@pytest.mark.parametrize("outcome", [Outcome.PENDING, Outcome.NOT_ASSESSED])
def test_a_withheld_grade_has_no_file(outcome: Outcome) -> None:
    made = made_of(alone({"ci-run-succeeded": outcome}, reason="why"))
    why = f"the grade is withheld: 1 check {outcome}: why"
    assert (made.files, made.left_out) == ({}, {"user1": why})


def test_two_learners_are_not_one_submission_even_if_one_of_them_is_withheld() -> None:
    open_ = {"user2": {"ci-run-succeeded": Outcome.PENDING}}
    both = [person(1, "Ada"), person(2, "Bob")]
    made = made_of(exported_cohorts.cohort(both, open_, handmade_run.RUBRIC))
    assert not made.files
    assert made.left_out["user1"] == "a submission belongs to one learner, but this run graded 2"
    assert made.left_out["user2"].startswith("the grade is withheld")


def test_a_submission_by_another_login_has_no_result() -> None:
    made = made_of(with_variables(alone(github_username="bob")))
    assert not made.files
    assert made.left_out["user1"] == ("the submission is by `ada`, but `github_username` is `bob`")


@pytest.mark.parametrize(
    ("login", "changes"),
    [
        ("ADA", {}),
        ("", {}),
        ("bob", {"ASSIGNMENT_TYPE": "group"}),
        ("bob", {"ASSIGNMENT_TYPE": "team", "OWNER": "group-3"}),
        ("bob", {"OWNER": "", "USERNAME": ""}),
    ],
)
def test_a_login_is_held_against_the_owners_where_both_are_one_persons(
    login: str, changes: dict[str, str]
) -> None:
    assert made_of(with_variables(alone(github_username=login), **changes)).files


def test_the_reason_for_no_file_is_in_the_list_and_is_no_formula(tmp_path: Path) -> None:
    other = alone(github_username='=HYPERLINK("http://x.invalid")')
    asked = changed(other, exports=("classroom50",), reports=tmp_path)
    ((label, path),) = folder.write(asked.run, asked.grades)
    assert label == "not exported"
    assert formulas(path.read_text(encoding="utf-8-sig")) == []
    assert [file.name for file in sorted(path.parent.iterdir())] == [
        ".written.json",
        "left-out.csv",
    ]


def test_what_is_simulated_is_no_result_and_carries_no_identity() -> None:
    made = made_of(changed(alone(LOST), tenant="simulated"))
    assert list(made.files) == ["classroom50/SIMULATED-result.json"]
    (text,) = made.files.values()
    assert "another schema" in broken(text, RUNNER)
    assert not any(value in text for name, value in RUNNER.items() if name.endswith("_URL"))
    assert not {"classroom", "assignment", "owner", "submission"} & set(json.loads(text))
    result = json.loads(text)
    assert all(test["test-name"].startswith("SIMULATED ") for test in result["tests"])


# --- the contract bites ---------------------------------------------------------------------------

Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda result: result.update(schema="classroom50/result/v2"), "another schema"),
        (lambda result: result.update(classroom="x"), "another classroom"),
        (lambda result: result.pop("owner"), "another owner"),
        (lambda result: result.update(commit=""), "no commit"),
        (lambda result: result.update(review="main"), "review is no address"),
        (lambda result: result.update(submission="v1"), "no tag of a submission"),
        (lambda result: result.update(score=73.0), "no whole numbers"),
        (lambda result: result.update(score=True), "no whole numbers"),
        (lambda result: result.update(score=101), "101 of 100"),
        (lambda result: result.update(score=72), "score is not the sum"),
        (lambda result: result["tests"].pop(), "max-score is not the sum"),
        (lambda result: result.update(tests={}), "no list of tests"),
        (lambda result: result["tests"][0].update({"test-name": ""}), "test 0 has no name"),
        (lambda result: result["tests"][1].update(passed="no"), "test 1 neither passed nor failed"),
        (lambda result: result["tests"][1].update(score=-1), "test 1: -1 of 15"),
    ],
)
def test_the_contract_sees_what_breaks_it(change: Change, message: str) -> None:
    result = document(alone(LOST))
    assert broken(json.dumps(result), RUNNER) == []
    change(result)
    assert message in broken(json.dumps(result), RUNNER)

"""What each rule says of what is wrong, word for word: learners read it, instructors answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from graders.evidence import Access, Answer, PublishedPipeline, Stage, UpstreamRun, Variable
from graders.judging import rules
from graders.lab import Learner, Leniency
from graders.reasons import Mismatch
from tests.support.correct_evidence import (
    CI,
    CI_RUN,
    ENDPOINT,
    LAB,
    LEARNER,
    MODEL,
    NOON,
    WORKSPACE,
    ci_stages,
    connection,
    repository,
    stages,
    texts,
)

Messages = Sequence[tuple[str, str, str]]
"""What, expected, found."""


def messages(mismatches: Sequence[Mismatch]) -> Messages:
    return [(mismatch.what, mismatch.expected, mismatch.found) for mismatch in mismatches]


# --- task 2 ---------------------------------------------------------------------------------------


def test_wrong_variables_are_described() -> None:
    variables = {"A": Variable("x"), "B": Variable("y"), "LOCATION": Variable(" z", is_secret=True)}
    assert messages(rules.missing_variables(variables, ["LOCATION", "BASE_NAME"])) == [
        ("BASE_NAME", "a variable BASE_NAME", "not there; other variables: A, B")
    ]
    assert messages(rules.missing_variables({}, ["LOCATION", "BASE_NAME"])) == [
        ("LOCATION", "a variable LOCATION", "not there"),
        ("BASE_NAME", "a variable BASE_NAME", "not there"),
    ]
    assert messages(rules.unreadable_variables("Vsts", variables, ["BASE_NAME", "LOCATION"])) == [
        ("LOCATION", "a plain value", "marked as secret")
    ]
    assert messages(rules.unreadable_variables("AzureKeyVault", {}, [])) == [
        ("variable group", "plain variables", "a group of type AzureKeyVault")
    ]
    assert messages(rules.padded_values(variables)) == [("LOCATION", "'z'", "' z'")]
    assert messages(rules.base_name_problems("user5", LAB)) == [
        ("BASE_NAME", "3 to 15 letters, digits or hyphens with user4 in it", "user5")
    ]


@pytest.mark.parametrize(
    ("value", "is_right"),
    [("u4", False), ("user4", True), ("user4" + 10 * "x", True), ("user4" + 11 * "x", False)],
)
def test_a_base_name_has_at_most_15_characters(value: str, is_right: bool) -> None:
    assert (rules.base_name_problems(value, LAB) == []) is is_right


def test_a_base_name_may_be_as_short_as_the_sheet_says() -> None:
    group = LAB.sheet.variable_group
    for shortest, is_right in ((5, True), (6, False)):
        form = replace(group.base_name, shortest=shortest)
        sheet = replace(LAB.sheet, variable_group=replace(group, base_name=form))
        assert (rules.base_name_problems("user4", replace(LAB, sheet=sheet)) == []) is is_right


def test_access_to_the_group_is_described() -> None:
    known = [CI, replace(CI, id=12, name="b"), replace(CI, id=13, name="a", yaml_path="a.yml")]
    assert messages(rules.closed_to_pipelines(Access(False, (13, 12)), known, LAB)) == [
        ("pipeline permissions", "open to all pipelines", "open to a, b only")
    ]
    assert messages(rules.closed_to_pipelines(Access(False, ()), known, LAB)) == [
        ("pipeline permissions", "open to all pipelines", "open to no pipeline")
    ]
    assert messages(rules.closed_to_all(Access(False, (11, 12)))) == [
        ("pipeline permissions", "open to all pipelines", "open to 2 pipelines, one by one")
    ]
    assert rules.closed_to_all(Access(True)) == []


# --- task 3 ---------------------------------------------------------------------------------------


STRICT = replace(LAB, leniency=Leniency(federated_connection=False, manual_connection=False))


def test_a_wrong_connection_is_described() -> None:
    elsewhere = connection(workspace="", resource_group="User5AML")
    assert messages(rules.wrong_target(elsewhere, WORKSPACE)) == [
        ("Machine Learning workspace", "user4aml", "nothing"),
        ("resource group", "User4AML", "User5AML"),
    ]
    for scheme, actual in (("Token", "Token"), ("", "nothing")):
        assert messages(rules.wrong_scheme(connection(scheme=scheme), LAB)) == [
            ("authentication", "a service principal", actual)
        ]
    assert messages(rules.wrong_scheme(connection(creation_mode="Manual"), STRICT)) == [
        ("creation", "automatic", "Manual")
    ]
    broken = connection(is_ready=False, state="Failed", status_message="no right")
    assert messages(rules.not_ready(broken)) == [("state", "Ready", "Failed no right")]
    assert rules.not_ready(connection()) == []
    assert messages(rules.dangling_reference("mine", {"b": 1, "a": 2}, LAB)) == [
        ("service connection", "mine", "a, b")
    ]
    for mode, actual in (("Manual", "ServicePrincipal, Manual"), ("", "ServicePrincipal, unknown")):
        assert messages(rules.other_than_shown(connection(creation_mode=mode))) == [
            ("authentication", "ServicePrincipal, Automatic", actual)
        ]


# --- task 4 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "template", "actual"),
    [
        ({"is_fork": True}, LAB.templates[0], "a fork"),
        ({}, None, "made without a template"),
        ({"head": None}, None, "empty, made without a template"),
        ({}, "microsoft/MLOpsPython", "generated from microsoft/MLOpsPython"),
    ],
)
def test_the_origin_of_the_repository_is_described(
    changes: dict[str, Any], template: str | None, actual: str
) -> None:
    expected = "generated from solliancenet/labs-ae-mlops-starter"
    mismatches = rules.wrong_origin(repository(**changes), template, LAB)
    assert messages(mismatches) == [("origin", expected, actual)]


def test_a_wrong_repository_is_described() -> None:
    either = replace(LAB, repositories=("mlops_04", "mlops-04"))
    names = "solliancelabs/mlops_04 or solliancelabs/mlops-04"
    assert messages(rules.missing_repository((), (), either)) == [
        ("repository", names, "no such repository")
    ]
    files = dict.fromkeys(LAB.sheet.essential_files[1:], "blob")
    assert messages(rules.missing_files(repository(files=files), LAB)) == [
        ("file", ".pipelines/code-quality-template.yml", "not on the default branch")
    ]
    assert messages(rules.modified_files(repository(tree="beef"), LAB)) == [
        ("files", "those of the template", "another tree (beef)")
    ]
    assert rules.modified_files(repository(), LAB) == []
    assert rules.inactive_repository(repository(), LAB) == []
    bad = repository(is_archived=True, is_disabled=True, default_branch="trunk")
    assert messages(rules.inactive_repository(bad, LAB)) == [
        ("repository", "active, branch main", "archived"),
        ("repository", "active, branch main", "disabled"),
        ("repository", "active, branch main", "default branch trunk"),
    ]


def test_each_name_that_the_yaml_lacks_is_shown_with_what_is_there() -> None:
    other = "stages: [{stage: A}, {stage: B}]\nvariables: [{group: g}, {group: h}]\n"
    sources = "resources: {pipelines: [{source: p}, {source: q}]}\n"
    shared = "variables: [{name: MODEL_NAME, value: m}, {name: MODEL_NAME}]\n"
    mismatches = rules.altered_pipelines(texts(other, other + sources, shared), LAB)
    assert messages(mismatches) == [
        ("variable group of the CI pipeline", "devopsforai-aml-vg", "g, h"),
        ("variable group of the CD pipeline", "devopsforai-aml-vg", "g, h"),
        ("pipeline the CD pipeline takes the model from", "Model-Train-Register-CI", "p, q"),
        ("first stage of the CI pipeline", "Model_CI", "A, B"),
        ("second stage of the CI pipeline", "Trigger_AML_Pipeline", "A, B"),
        ("first stage of the CD pipeline", "Deploy_ACI", "A, B"),
        ("second stage of the CD pipeline", "Deploy_AKS", "A, B"),
        ("MODEL_NAME", "diabetes_regression_model.pkl", "m"),
    ]
    bare = rules.altered_pipelines(texts("", "", ""), LAB)
    assert {mismatch.found for mismatch in bare} == {"nothing"}


# --- tasks 5 and 6 --------------------------------------------------------------------------------


def test_the_repository_that_a_pipeline_builds_is_shown() -> None:
    mismatches = rules.wrong_repository(
        replace(CI, repository_type="Git", repository_name="x/y"), LAB
    )
    assert messages(mismatches) == [("repository", "GitHub solliancelabs/mlops_04", "Git x/y")]
    copy = replace(CI, repository_type="TfsGit", repository_name="x")
    slip = "Azure Repos x (the sheet's step 5.2 says Azure Repos Git by mistake)"
    assert messages(rules.wrong_repository(copy, LAB)) == [
        ("repository", "GitHub solliancelabs/mlops_04", slip)
    ]


def test_how_the_runs_ended_is_shown() -> None:
    never = "the pipeline never ran"
    assert messages(rules.never_ran([])) == [("runs", "a completed run", never)]
    assert rules.never_ran([CI_RUN]) == []
    assert messages(rules.none_succeeded([], LAB)) == [("runs", "a successful run", never)]
    problem = replace(CI_RUN, result="failed", problems=("this", "that"))
    older = replace(problem, id=100, number="20261119.1")
    actual = "run 20261120.1 failed: this; that (and 2 other runs that did not succeed)"
    assert messages(rules.none_succeeded([problem, older, older], LAB)) == [
        ("runs", "a successful run", actual)
    ]


def test_jobs_that_a_failed_stage_skipped_are_shown_and_others_are_not() -> None:
    def failure(stage: str, job: str) -> str:
        parts = ci_stages(**{"Trigger_AML_Pipeline": stage, "Trigger ML Training Pipeline": job})
        failed = replace(CI_RUN, result="failed", stages=parts)
        return rules.none_succeeded([failed], LAB)[0].found

    left_out = ": Trigger_AML_Pipeline › Trigger ML Training Pipeline skipped"
    assert failure("failed", "skipped") == f"run 20261120.1 failed{left_out}"
    assert failure("canceled", "skipped") == f"run 20261120.1 failed{left_out}"
    assert failure("failed", "succeeded") == "run 20261120.1 failed"
    assert failure("succeeded", "skipped") == "run 20261120.1 failed"


@pytest.mark.parametrize(
    ("problem", "lacks"),
    [
        (
            "Task MLPublishedPipelineRestAPITask is missing",
            "the Machine Learning extension is not installed in the lab's organisation: the lab's"
            " administrator must fix it",
        ),
        (
            "No hosted parallelism has been granted",
            "Azure Pipelines could not run it (“No hosted parallelism has been granted”): the"
            " administrator must fix it",
        ),
        ("The group could not be found", ""),
    ],
)
def test_what_the_environment_lacks_is_read_from_the_newest_run(problem: str, lacks: str) -> None:
    failed = replace(CI_RUN, result="failed")
    newest = replace(failed, problems=("Something else.", problem))
    assert rules.environment_lacks([newest, failed], LAB) == lacks
    assert rules.environment_lacks([failed, newest], LAB) == ""
    assert rules.environment_lacks([newest, CI_RUN], LAB) == ""
    assert rules.environment_lacks([], LAB) == ""


@pytest.mark.parametrize(
    ("task", "stage", "shown"),
    [
        ("succeeded", "failed", "Model_CI failed (no agent)"),
        ("succeeded", "canceled", "Model_CI canceled (no agent)"),
        ("succeeded", "succeeded", ""),
        ("failed", "failed", "Model_CI › Run unit tests failed"),
    ],
)
def test_what_the_service_says_of_a_stage_is_shown_where_none_of_its_tasks_failed(
    task: str, stage: str, shown: str
) -> None:
    (ci, _) = ci_stages(**{"Run unit tests": task, "Model_CI": stage})
    assert failures(replace(ci, errors=("no agent", "sorry"))) == shown


@pytest.mark.parametrize(
    ("result", "errors", "shown"),
    [
        ("failed", ("lost", "sorry"), "Model_CI › Model CI Pipeline failed (lost)"),
        ("canceled", ("lost",), "Model_CI › Model CI Pipeline canceled (lost)"),
        ("failed", (), ""),
        ("succeeded", ("lost",), ""),
    ],
)
def test_what_the_service_says_of_a_job_is_shown_where_it_failed(
    result: str, errors: tuple[str, ...], shown: str
) -> None:
    (ci, _) = ci_stages(**{"Model CI Pipeline": result})
    (job,) = ci.jobs
    assert failures(replace(ci, jobs=(replace(job, errors=errors),))) == shown


def failures(stage: Stage) -> str:
    """What is said of a failed run with this stage alone."""
    (mismatch,) = rules.none_succeeded([replace(CI_RUN, result="failed", stages=(stage,))], LAB)
    return mismatch.found.removeprefix("run 20261120.1 failed").removeprefix(": ")


@pytest.mark.parametrize(("result", "counts"), [("failed", True), ("succeeded", False)])
def test_only_errors_of_what_failed_say_what_the_environment_lacks(
    result: str, counts: bool
) -> None:
    (ci, _) = ci_stages(Model_CI=result)
    stage = replace(ci, errors=("No space left on device",))
    run = replace(CI_RUN, result="failed", stages=(stage,))
    assert ("No space left" in rules.environment_lacks([run], LAB)) is counts


def test_each_part_of_a_run_that_did_not_succeed_is_shown() -> None:
    parts = ci_stages(**{"Run unit tests": "failed", "Publish test results": "skipped"})
    assert messages(rules.task_results(parts, (*LAB.sheet.ci.build.tests, "Mine"))) == [
        ("task Run unit tests", "succeeded", "failed"),
        ("task Publish test results", "succeeded", "skipped"),
        ("task Mine", "succeeded", "not in the run"),
    ]
    assert messages(rules.incomplete_deployment((), LAB)) == [
        ("stage Deploy to ACI", "succeeded", "not in the run")
    ]
    failed = messages(rules.incomplete_deployment(stages(Deploy_ACI="failed"), LAB))
    assert failed == [("stage Deploy to ACI", "succeeded", "failed")]
    lost = rules.incomplete_ci(ci_stages(without="Trigger_AML_Pipeline"), LAB)
    assert messages(lost)[:1] == [("stage Trigger_AML_Pipeline", "succeeded", "not in the run")]
    assert messages(rules.kubernetes_ran(stages(Deploy_AKS="failed"), LAB)) == [
        ("stage Deploy to AKS", "skipped", "failed")
    ]
    going = tuple(replace(stage, result=None, state="inProgress") for stage in stages())
    assert messages(rules.kubernetes_ran(going, LAB)) == [
        ("stage Deploy to AKS", "skipped", "inProgress")
    ]


def test_the_run_that_cd_took_the_model_from_is_shown() -> None:
    older = replace(CI_RUN, number="20261119.1")
    expected = "a succeeded run of Model-Train-Register-CI (20261119.1, 20261120.1)"
    other, another = UpstreamRun("x", 9, "8"), UpstreamRun("y", 7, "6")
    for upstream, actual in (
        ([other, another], "run 8 of pipeline 9, run 6 of pipeline 7"),
        ([], "none"),
    ):
        assert messages(rules.wrong_upstream(upstream, CI, [CI_RUN, older])) == [
            ("run it took the model from", expected, actual)
        ]


def test_a_run_that_began_too_early_is_shown_with_its_time() -> None:
    assert messages(rules.wrong_order(CI_RUN, [CI_RUN])) == [
        ("order", "CI finished before CD started", "CD started at 12:00")
    ]
    b, a = (replace(CI_RUN, branch=name) for name in ("b", "a"))
    assert messages(rules.wrong_order(CI_RUN, [b, a, b])) == [("branch", "a, b", "refs/heads/main")]


def test_the_commit_and_branch_that_a_run_built_are_shown() -> None:
    foreign = replace(CI_RUN, commit="dead", branch="refs/heads/mine")
    assert messages(rules.foreign_commit(foreign, repository(default_branch="trunk"), LAB)) == [
        ("commit", "a commit of solliancelabs/mlops_04, branch trunk", "dead"),
        ("branch", "trunk", "mine"),
    ]
    pipeline = replace(CI, default_branch="refs/heads/mine")
    own = replace(foreign, commit=repository().head)
    assert rules.foreign_commit(own, repository(default_branch="trunk"), LAB, pipeline) == []
    unknown = replace(foreign, commit="")
    assert messages(rules.foreign_commit(unknown, repository(default_branch=None), LAB)) == [
        ("commit", "a commit of solliancelabs/mlops_04", "none"),
        ("branch", "main", "mine"),
    ]


def test_how_a_run_was_started_is_shown_without_addresses_of_others() -> None:
    stranger = replace(CI_RUN, reason="schedule", requested_for="other@example.org")
    assert messages(rules.started_by_another(stranger, LEARNER)) == [
        ("reason", "manual", "schedule"),
        ("started by", "user4@example.org", "another account"),
    ]
    anonymous = Learner(id="user4", number=4)
    assert messages(rules.started_by_another(stranger, anonymous)) == [
        ("reason", "manual", "schedule")
    ]


# --- what CI leaves in the workspace --------------------------------------------------------------


def test_versions_of_published_pipelines_are_shown() -> None:
    published = [PublishedPipeline(version, "p", version, is_active=True) for version in ("7", "8")]
    expected = "one published pipeline with version 101 or 102 (the id of the CI run)"
    assert messages(rules.wrongly_published(published, [CI_RUN, replace(CI_RUN, id=102)])) == [
        ("version", expected, "7, 8")
    ]


def test_the_origin_of_models_is_shown() -> None:
    by_hand = replace(MODEL, tags={})
    ours = [CI_RUN, replace(CI_RUN, id=102)]
    assert messages(rules.unlinked_models([by_hand], ours, LAB)) == [
        (
            "diabetes_regression_model.pkl",
            "tags of CI run 101 or 102 of project AE MLOps 04",
            "version 1: no BuildId tag (registered by hand?)",
        )
    ]
    wrong = replace(MODEL, version="2", tags={"mse": "12"})
    assert messages(rules.unexpected_error([by_hand, wrong], LAB)) == [
        ("mse", "about 3295.7", "nothing, 12")
    ]


# --- task 7 ---------------------------------------------------------------------------------------


def test_the_state_of_the_endpoint_is_shown() -> None:
    assert rules.unhealthy(ENDPOINT) == []
    assert rules.asks_for_key(ENDPOINT) == []
    assert rules.no_description(True) == []
    for error, actual in (("it crashed", "Failed it crashed"), ("", "Failed")):
        failed = replace(ENDPOINT, state="Failed", error=error)
        assert messages(rules.unhealthy(failed)) == [("state", "Healthy", actual)]
    keyed = replace(ENDPOINT, auth_enabled=True)
    assert messages(rules.asks_for_key(keyed)) == [("authentication", "none", "a key")]
    assert messages(rules.no_description(False)) == [
        ("/swagger.json", "HTTP 200", "no description")
    ]
    big = replace(ENDPOINT, compute_type="AKS", cpu=0.5, memory_gb=None)
    assert messages(rules.wrong_size(big, LAB)) == [
        ("compute type", "ACI", "AKS"),
        ("CPU cores", "1", "0.5"),
        ("memory in GB", "4", "None"),
    ]


def test_the_models_that_the_endpoint_serves_are_shown() -> None:
    models = [MODEL, replace(MODEL, version="2")]
    expected = "diabetes_regression_model.pkl:1 or diabetes_regression_model.pkl:2"
    for ids, actual in ((("a:1", "b:2"), "a:1, b:2"), ((), "no model")):
        other = replace(ENDPOINT, model_ids=ids)
        assert messages(rules.serves_other_model(other, models)) == [("model", expected, actual)]


def test_when_and_where_the_endpoint_was_made_is_shown() -> None:
    cd_run = replace(CI_RUN, started_at=NOON + timedelta(hours=2))
    away = replace(ENDPOINT, location="West US")
    assert messages(rules.not_by_the_cd_run(away, [cd_run], WORKSPACE)) == [
        ("region", "centralus", "WestUS"),
        (
            "deployed",
            "after the CD run began (2026-11-20 14:00 UTC)",
            "2026-11-20 13:00 UTC",
        ),
    ]
    ended = replace(CI_RUN, started_at=NOON)
    assert messages(rules.not_by_the_cd_run(away, [ended], WORKSPACE, [ended])) == [
        ("region", "centralus", "WestUS"),
        (
            "deployed",
            "by a CD run (the last one ended 2026-11-20 12:20 UTC)",
            "2026-11-20 13:00 UTC",
        ),
    ]


@pytest.mark.parametrize(
    ("answer", "actual"),
    [
        (Answer(502, None, "bad gateway"), "HTTP 502: bad gateway"),
        (Answer(200, None), "HTTP 200"),
        (Answer(200, None, "XML"), "HTTP 200: XML"),
        (Answer(200, None, "LaTeX"), "HTTP 200: LaTeX"),
        (Answer(400, (1.0, 2.0)), "HTTP 400"),
        (Answer(200, (1.0,)), "result [1.0]"),
        (Answer(200, (1.0, 2.0, 3.0)), "result [1.0, 2.0, 3.0]"),
        (Answer(200, (float("nan"), 2.0)), "result [nan, 2.0]"),
    ],
)
def test_the_answer_of_the_endpoint_is_shown(answer: Answer, actual: str) -> None:
    expected = "HTTP 200 with a result of 2 numbers"
    assert messages(rules.bad_answer(answer, LAB)) == [("answer", expected, actual)]


def test_other_predictions_are_shown_to_a_tenth() -> None:
    assert messages(rules.other_predictions((1.04, 2.06), LAB)) == [
        ("prediction", "5215.2, 3727.0", "1.0, 2.1")
    ]


def test_the_name_of_another_project_is_not_shown() -> None:
    """It may be another learner's, and only the instructor is to read whose."""
    home = "https://dev.azure.com/solliancelabs/AE MLOps 04/_build/results?buildId=7"
    versions = {
        "1": {"BuildId": "7", "BuildUri": home.replace("04", "05")},
        "2": {"BuildId": "7", "BuildUri": home},
        "3": {"BuildId": "7"},
        "4": {"BuildUri": home},
        "5": {},
    }
    models = [replace(MODEL, version=version, tags=tags) for version, tags in versions.items()]
    ((_, _, actual),) = messages(rules.unlinked_models(models, [CI_RUN], LAB))
    assert actual.split("; ") == [
        "version 1: BuildId 7 of another project",
        f"version 2: BuildId 7, BuildUri {home}",
        "version 3: BuildId 7, no BuildUri",
        f"version 4: no BuildId, BuildUri {home}",
        "version 5: no BuildId tag (registered by hand?)",
    ]


@pytest.mark.parametrize(
    ("address", "project"),
    [
        ("https://dev.azure.com/Acme/AE MLOps 04/_build/results?buildId=7", "acme/ae mlops 04"),
        ("https://dev.azure.com/acme/AE%20MLOps%2004/_build", "acme/ae mlops 04"),
        ("https://ACME.visualstudio.com/AE MLOps 04/_build", "acme/ae mlops 04"),
        ("https://acme.visualstudio.com/DefaultCollection/Lab/_build", "acme/lab"),
        ("no address", "no address"),
        ("", ""),
    ],
)
def test_the_project_of_a_build_is_read_from_either_address(address: str, project: str) -> None:
    assert rules.project_in(address) == project

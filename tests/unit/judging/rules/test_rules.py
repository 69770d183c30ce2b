"""The rules where the lab sheet can be read in more than one way: what passes, what does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from graders.evidence import (
    Access,
    Answer,
    Endpoint,
    Model,
    PublishedPipeline,
    Repository,
    UpstreamRun,
    Variable,
)
from graders.judging import rules
from graders.lab import Leniency
from graders.run_results import counts_as_succeeded
from tests.support.correct_evidence import (
    CD,
    CI,
    CI_RUN,
    ENDPOINT,
    LAB,
    LEARNER,
    MODEL,
    NOON,
    PATCHED_CI,
    SHARED,
    WORKSPACE,
    ci_stages,
    connection,
    repository,
    stages,
    texts,
)

# --- task 2 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["user4-project", "USER4", "user4project", "myuser04"])
def test_a_base_name_with_the_learners_own_number_is_right(value: str) -> None:
    assert rules.base_name_problems(value, LAB) == []


@pytest.mark.parametrize(
    "value", ["user40-project", "user5-project", "project", "u4", "user4-project-123", "user4_x"]
)
def test_a_base_name_of_another_learner_or_shape_is_wrong(value: str) -> None:
    (mismatch,) = rules.base_name_problems(value, LAB)
    assert "user4" in mismatch.expected


def test_a_missing_variable_is_shown_with_the_variables_there_are() -> None:
    variables = {"RESOURCEGROUP": Variable("User4AML"), "LOCATION": Variable("centralus")}
    (mismatch,) = rules.missing_variables(variables, ("LOCATION", "RESOURCE_GROUP"))
    assert mismatch.what == "RESOURCE_GROUP"
    assert "RESOURCEGROUP" in mismatch.found


def test_secret_values_and_key_vault_groups_cannot_be_read_by_the_pipelines() -> None:
    secret = {"LOCATION": Variable(None, is_secret=True), "BASE_NAME": Variable("user4")}
    wanted = ("LOCATION", "BASE_NAME")
    assert [mismatch.what for mismatch in rules.unreadable_variables("Vsts", secret, wanted)] == [
        "LOCATION"
    ]
    assert rules.unreadable_variables("AzureKeyVault", {}, wanted)
    assert rules.unreadable_variables("Vsts", {"OTHER": Variable(None, True)}, wanted) == []


def test_only_padded_values_are_named() -> None:
    variables = {"A": Variable("x "), "B": Variable("x y"), "C": Variable(None, True)}
    assert [mismatch.what for mismatch in rules.padded_values(variables)] == ["A"]


def test_open_to_both_of_the_labs_pipelines_is_open_enough() -> None:
    cd = replace(CI, id=12, name=LAB.cd_pipeline)
    one_by_one = Access(all_pipelines=False, pipeline_ids=(11, 12))
    strict = replace(LAB, leniency=Leniency(per_pipeline_access=False))
    assert rules.closed_to_pipelines(Access(True), [CI, cd], LAB) == []
    assert rules.closed_to_pipelines(one_by_one, [CI, cd], LAB) == []
    assert rules.closed_to_pipelines(one_by_one, [CI, cd], strict)
    assert rules.closed_to_pipelines(Access(False, (11,)), [CI, cd], LAB)


# --- task 3 ---------------------------------------------------------------------------------------


def test_azure_names_are_equal_whatever_their_case() -> None:
    assert rules.wrong_target(connection(), WORKSPACE) == []
    (mismatch,) = rules.wrong_target(connection(workspace="user5aml"), WORKSPACE)
    assert mismatch.found == "user5aml"


def test_federation_and_manual_principals_pass_unless_the_lab_file_is_strict() -> None:
    strict = replace(LAB, leniency=Leniency(federated_connection=False, manual_connection=False))
    for other in ({"scheme": "WorkloadIdentityFederation"}, {"creation_mode": "Manual"}):
        assert rules.wrong_scheme(connection(**other), LAB) == []
        assert rules.wrong_scheme(connection(**other), strict)
        assert rules.other_than_shown(connection(**other))
    assert rules.wrong_scheme(connection(scheme="ManagedServiceIdentity"), LAB)
    assert rules.other_than_shown(connection()) == []


def test_a_name_that_refers_to_nothing_is_dangling() -> None:
    other = {"aml-connection": connection()}
    assert rules.dangling_reference(LAB.service_connection, other, LAB)
    assert rules.dangling_reference("aml-connection", other, LAB) == []
    both = {LAB.service_connection: connection()}
    assert rules.dangling_reference("mistyped", both, LAB) == []  # costs once, in task 2


# --- task 4 ---------------------------------------------------------------------------------------


def test_only_the_labs_templates_count_in_any_case() -> None:
    assert rules.wrong_origin(repository(), "SollianceNet/labs-ae-mlops-starter", LAB) == []
    assert rules.wrong_origin(repository(), LAB.templates[1], LAB) == []
    assert rules.wrong_origin(repository(), "microsoft/MLOpsPython", LAB)
    assert rules.wrong_origin(repository(), None, LAB)
    assert rules.wrong_origin(repository(is_fork=True), LAB.templates[0], LAB)


def test_yaml_may_be_changed_as_long_as_it_names_what_the_lab_needs() -> None:
    assert rules.altered_pipelines(texts(), LAB) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (texts(ci=PATCHED_CI.replace("devopsforai", "mine")), "variable group of the CI pipeline"),
        (
            texts(cd=CD.replace("Register-CI", "CI")),
            "pipeline the CD pipeline takes the model from",
        ),
        (texts(cd=CD.replace("Deploy_ACI", "Deploy")), "first stage of the CD pipeline"),
        (texts(shared=SHARED.replace(".pkl", ".onnx")), "MODEL_NAME"),
    ],
)
def test_a_harmful_change_of_the_yaml_is_named(changed: Repository, expected: str) -> None:
    assert [mismatch.what for mismatch in rules.altered_pipelines(changed, LAB)] == [expected]


GROUP = "- group: devopsforai-aml-vg\n"


@pytest.mark.parametrize(
    ("own", "missing"),
    [
        (PATCHED_CI.replace("- group:", "- group:\t").replace("-vg\n", "-vg\t# mine\n\t\n"), 0),
        (PATCHED_CI.replace(GROUP, f"- ${{{{ if true }}}}:\n  {GROUP}"), 0),
        (PATCHED_CI.replace(GROUP, "").replace("'\n", f"'\n  variables:\n  {GROUP}"), 0),
        (PATCHED_CI.replace(GROUP, "").replace("CI'\n", f"CI'\n  variables:\n  {GROUP}"), 1),
    ],
    ids=["tabs", "under an expression", "of each stage", "of one stage"],
)
def test_the_group_may_stand_in_other_places(own: str, missing: int) -> None:
    wrong = [mismatch.what for mismatch in rules.altered_pipelines(texts(ci=own), LAB)]
    assert wrong == ["variable group of the CI pipeline"] * missing


def test_yaml_that_cannot_be_read_is_one_mismatch() -> None:
    (mismatch,) = rules.altered_pipelines(texts(ci=": : :\n\t- ["), LAB)
    assert (mismatch.what, mismatch.found) == (f"file {LAB.ci_yaml}", "not valid YAML at line 1")


# --- tasks 5 and 6 --------------------------------------------------------------------------------


def test_the_pipeline_builds_the_learners_own_github_repository() -> None:
    copy = replace(CI, repository_type="TfsGit", repository_name="mlops_04")
    lenient = replace(LAB, leniency=Leniency(azure_repos=True))
    assert rules.wrong_repository(replace(CI, repository_name="SOLLIANCELABS/mlops_04"), LAB) == []
    assert rules.wrong_repository(replace(CI, repository_name="solliancelabs/mlops_05"), LAB)
    assert rules.wrong_repository(copy, LAB)
    assert rules.wrong_repository(copy, lenient) == []


def test_a_run_spoilt_by_kubernetes_alone_counts() -> None:
    failed = replace(CI_RUN, result="failed")
    assert counts_as_succeeded(CI_RUN, LAB.sheet.cd)
    assert counts_as_succeeded(replace(failed, stages=stages(Deploy_AKS="failed")), LAB.sheet.cd)
    assert not counts_as_succeeded(
        replace(failed, stages=stages(Deploy_ACI="failed")), LAB.sheet.cd
    )
    assert not counts_as_succeeded(replace(failed, stages=()), LAB.sheet.cd)
    assert not counts_as_succeeded(failed, LAB.sheet.cd)


def test_any_run_that_succeeded_counts_not_the_latest() -> None:
    later = replace(CI_RUN, id=103, number="20261120.2", result="failed")
    assert rules.none_succeeded([later, CI_RUN], LAB) == []
    (mismatch,) = rules.none_succeeded([later], LAB)
    assert "20261120.2 failed" in mismatch.found


def test_the_skipped_kubernetes_stage_is_right_and_a_skipped_deployment_is_not() -> None:
    assert rules.incomplete_deployment(stages(), LAB) == []
    assert rules.kubernetes_ran(stages(), LAB) == []
    assert rules.kubernetes_ran(stages(Deploy_AKS="succeeded"), LAB)
    assert rules.incomplete_deployment(stages(Deploy_ACI="skipped"), LAB)
    (mismatch,) = rules.incomplete_deployment(stages(smoke="failed"), LAB)
    assert mismatch.what == "task Smoke test"
    assert rules.incomplete_deployment((), LAB)


def test_cd_takes_the_model_from_a_succeeded_run_of_the_learners_own_ci() -> None:
    own = UpstreamRun("model-train-ci", 11, "20261120.1")
    assert rules.wrong_upstream([own], CI, [CI_RUN]) == []
    assert rules.wrong_upstream([replace(own, pipeline_id=99)], CI, [CI_RUN])
    assert rules.wrong_upstream([replace(own, run_number="20261120.9")], CI, [CI_RUN])
    assert rules.wrong_upstream([], CI, [CI_RUN])


def test_cd_comes_after_ci_on_the_same_branch() -> None:
    after = replace(CI_RUN, started_at=NOON + timedelta(minutes=21))
    assert rules.wrong_order(after, [CI_RUN]) == []
    assert rules.wrong_order(replace(after, started_at=NOON + timedelta(minutes=19)), [CI_RUN])
    assert rules.wrong_order(replace(after, branch="refs/heads/mine"), [CI_RUN])


def test_the_run_built_a_commit_of_this_repository() -> None:
    assert rules.foreign_commit(CI_RUN, repository(), LAB) == []
    assert rules.foreign_commit(CI_RUN, repository(commits=frozenset({"dead"})), LAB)
    assert rules.foreign_commit(replace(CI_RUN, branch="refs/heads/mine"), repository(), LAB)
    assert (
        rules.foreign_commit(replace(CI_RUN, branch="refs/heads/master"), repository(), LAB) == []
    )


def test_who_started_it_is_only_asked_where_the_cohort_says_who() -> None:
    stranger = replace(CI_RUN, requested_for="other@example.org")
    assert rules.started_by_another(CI_RUN, LEARNER) == []
    assert rules.started_by_another(stranger, LEARNER)
    assert rules.started_by_another(stranger, replace(LEARNER, email="")) == []
    assert rules.started_by_another(replace(CI_RUN, reason="schedule"), LEARNER)


# --- Azure ML -------------------------------------------------------------------------------------


def test_one_published_pipeline_bears_the_run_id() -> None:
    published = PublishedPipeline("a", LAB.training_pipeline, "101", is_active=True)
    older = replace(published, id="b", version="77")
    assert rules.wrongly_published([older, published], [CI_RUN]) == []
    assert rules.wrongly_published([older], [CI_RUN])
    assert rules.wrongly_published([published, replace(published, id="c")], [CI_RUN])


@pytest.mark.parametrize(
    "tags",
    [
        {"BuildId": "102"},
        {"BuildUri": "https://dev.azure.com/other/AE MLOps 04/_build/results?buildId=101"},
        {"BuildUri": "https://dev.azure.com/solliancelabs/AE MLOps 04/_build/results?buildId=1"},
        {"experiment_name": "mine"},
    ],
)
def test_a_model_that_leads_elsewhere_is_not_the_runs(tags: dict[str, str]) -> None:
    other = replace(MODEL, tags={**MODEL.tags, **tags})
    assert rules.unlinked_models([other], [CI_RUN], LAB)
    assert rules.unlinked_models([other, MODEL], [CI_RUN], LAB) == []


def test_a_model_without_tags_was_registered_by_hand() -> None:
    (mismatch,) = rules.unlinked_models([replace(MODEL, tags={})], [CI_RUN], LAB)
    assert "by hand" in mismatch.found


def test_the_address_of_the_run_may_be_quoted_or_not() -> None:
    quoted = MODEL.tags["BuildUri"].replace(" ", "%20")
    assert rules.registered_by(
        [replace(MODEL, tags={**MODEL.tags, "BuildUri": quoted})], [CI_RUN], LAB
    )


@pytest.mark.parametrize(
    ("mse", "is_expected"), [("3295.7149", True), ("3000", False), ("", False)]
)
def test_the_models_error_is_compared_with_a_tolerance(mse: str, is_expected: bool) -> None:
    model = replace(MODEL, tags={"mse": mse})
    assert (rules.unexpected_error([model], LAB) == []) is is_expected


# --- task 7 ---------------------------------------------------------------------------------------


def test_the_size_is_that_of_the_templates_deployment_file() -> None:
    assert rules.wrong_size(ENDPOINT, LAB) == []
    assert len(rules.wrong_size(replace(ENDPOINT, compute_type="AKS", cpu=2), LAB)) == 2
    assert rules.wrong_size(replace(ENDPOINT, cpu=None), LAB)
    assert rules.wrong_size(replace(ENDPOINT, generation=2, cpu=None, memory_gb=None), LAB) == []


def test_the_endpoint_serves_a_version_the_run_registered() -> None:
    assert rules.serves_other_model(ENDPOINT, [MODEL]) == []
    assert rules.serves_other_model(ENDPOINT, [replace(MODEL, version="2")])
    assert rules.serves_other_model(replace(ENDPOINT, model_ids=()), [MODEL])


def test_the_endpoint_is_no_older_than_the_cd_run_and_in_its_region() -> None:
    cd_run = replace(CI_RUN, started_at=NOON + timedelta(minutes=50))
    early = replace(ENDPOINT, created_at=NOON)
    renewed = replace(early, updated_at=NOON + timedelta(hours=1))
    assert rules.not_by_the_cd_run(ENDPOINT, [cd_run], WORKSPACE) == []
    assert rules.not_by_the_cd_run(renewed, [cd_run], WORKSPACE) == []
    assert rules.not_by_the_cd_run(early, [cd_run], WORKSPACE)
    assert rules.not_by_the_cd_run(replace(ENDPOINT, location="westus"), [cd_run], WORKSPACE)
    spelled_out = replace(ENDPOINT, location="Central US")
    assert rules.not_by_the_cd_run(spelled_out, [cd_run], WORKSPACE) == []


def test_a_run_that_failed_may_have_made_an_endpoint_whose_change_has_no_time() -> None:
    cd_run = replace(CI_RUN, started_at=NOON + timedelta(minutes=50))
    failed = replace(cd_run, started_at=NOON - timedelta(minutes=1), result="failed")
    early = replace(ENDPOINT, created_at=NOON, updated_at=None)
    assert rules.not_by_the_cd_run(early, [cd_run], WORKSPACE, [cd_run, failed]) == []
    assert rules.not_by_the_cd_run(early, [cd_run], WORKSPACE, [cd_run])
    dated = replace(early, updated_at=NOON)
    assert rules.not_by_the_cd_run(dated, [cd_run], WORKSPACE, [cd_run, failed])


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, None, "words"),
        Answer(200, (1.0,)),
        Answer(200, (1.0, float("nan"))),
        Answer(400, None, "bad"),
    ],
)
def test_an_answer_is_two_finite_numbers(answer: Answer) -> None:
    assert rules.bad_answer(answer, LAB)
    assert rules.bad_answer(Answer(200, (1.0, 2.0)), LAB) == []


def test_the_documented_sample_output_is_not_the_labs_model() -> None:
    assert rules.other_predictions(LAB.sheet.scoring.predictions, LAB) == []
    assert rules.other_predictions((5215.18, 3727.03), LAB) == []
    assert rules.other_predictions((5021.509689995557, 3693.645386402646), LAB)


# --- boundaries, and every item of a list --------------------------------------------------------


@pytest.mark.parametrize(
    "part",
    [
        "Model_CI",
        "Trigger_AML_Pipeline",
        "Model CI Pipeline",
        "Get Pipeline ID for execution",
        "Trigger ML Training Pipeline",
        "Publish artifact if new model was registered",
        "Publish Azure Machine Learning Pipeline",
        "Invoke ML pipeline",
    ],
)
def test_no_part_of_ci_may_be_left_out(part: str) -> None:
    assert rules.incomplete_ci(ci_stages(), LAB) == []
    assert part in " ".join(
        mismatch.what for mismatch in rules.incomplete_ci(ci_stages(without=part), LAB)
    )
    assert rules.incomplete_ci(ci_stages(**{part: "failed"}), LAB)
    assert rules.incomplete_ci(ci_stages(**{part: "succeededWithIssues"}), LAB) == []


@pytest.mark.parametrize("task", ["Run lint tests", "Run unit tests", "Publish test results"])
def test_no_test_of_ci_may_be_left_out(task: str) -> None:
    assert rules.task_results(ci_stages(), LAB.sheet.ci.build.tests) == []
    assert rules.task_results(ci_stages(without=task), LAB.sheet.ci.build.tests)


def test_only_kubernetes_may_spoil_a_run_and_only_after_the_deployment() -> None:
    canceled = replace(CI_RUN, result="canceled")
    assert counts_as_succeeded(
        replace(canceled, stages=stages(Deploy_AKS="canceled")), LAB.sheet.cd
    )
    warned = stages(Deploy_ACI="succeededWithIssues", Deploy_AKS="failed")
    assert counts_as_succeeded(replace(canceled, stages=warned), LAB.sheet.cd)
    assert counts_as_succeeded(replace(CI_RUN, result="partiallySucceeded"), LAB.sheet.cd)
    for spoilt in (
        replace(canceled, stages=stages(Deploy_ACI="skipped", Deploy_AKS="failed")),
        replace(canceled, stages=stages(Deploy_ACI="canceled", Deploy_AKS="failed")),
        replace(canceled, stages=stages()),
        replace(canceled, stages=stages(Deploy_AKS="failed")[1:]),
        replace(canceled, stages=(*ci_stages(), *stages(Deploy_AKS="failed")[1:])),
        replace(canceled, status="cancelling", stages=stages(Deploy_AKS="failed")),
    ):
        assert not counts_as_succeeded(spoilt, LAB.sheet.cd)


def test_a_failed_run_is_shown_with_its_cause() -> None:
    failed = replace(CI_RUN, result="failed", problems=("no such group",))
    parts = ci_stages(**{"Run unit tests": "failed", "Invoke ML pipeline": "canceled"})
    (mismatch,) = rules.none_succeeded([replace(failed, stages=parts), failed], LAB)
    assert mismatch.found == (
        "run 20261120.1 failed: no such group; Model_CI › Run unit tests failed; "
        "Trigger_AML_Pipeline › Invoke ML pipeline canceled (and 1 other runs that did not succeed)"
    )
    (mismatch,) = rules.none_succeeded([replace(failed, problems=())], LAB)
    assert mismatch.found == "run 20261120.1 failed"
    (mismatch,) = rules.none_succeeded([], LAB)
    assert mismatch.found == "the pipeline never ran"


def test_both_tasks_of_the_deployment_count() -> None:
    (aci, aks) = stages()
    (job,) = aci.jobs
    for task in job.tasks:
        left = tuple(candidate for candidate in job.tasks if candidate is not task)
        mismatches = rules.incomplete_deployment(
            (replace(aci, jobs=(replace(job, tasks=left),)), aks), LAB
        )
        assert [other.what for other in mismatches] == [f"task {task.name}"]
    skipped = replace(stages(Deploy_ACI="skipped")[0], jobs=())
    (mismatch,) = rules.incomplete_deployment((skipped, aks), LAB)
    assert (mismatch.what, mismatch.found) == ("stage Deploy to ACI", "skipped")
    elsewhere = (replace(aci, jobs=()), replace(aks, jobs=aci.jobs))
    assert len(rules.incomplete_deployment(elsewhere, LAB)) == 2


def test_the_newest_run_with_known_stages_decides_about_the_smoke_test() -> None:
    passed = replace(CI_RUN, stages=stages())
    failed = replace(CI_RUN, stages=stages(smoke="failed"))
    other = replace(CI_RUN, stages=ci_stages(**{"Run unit tests": "failed"}))
    assert rules.smoke_test_failed([CI_RUN, failed, passed], LAB)
    assert not rules.smoke_test_failed([passed, failed], LAB)
    assert not rules.smoke_test_failed([other], LAB)
    assert not rules.smoke_test_failed([CI_RUN], LAB)


def test_one_of_several_ci_runs_is_enough() -> None:
    later = replace(CI_RUN, id=103, number="20261121.1", finished_at=NOON + timedelta(days=1))
    cd_run = replace(CI_RUN, id=102, started_at=NOON + timedelta(minutes=20))  # the very minute
    published = PublishedPipeline("a", LAB.training_pipeline, "101", is_active=True)
    upstream = UpstreamRun("model-train-ci", 11, "20261120.1")
    strange = replace(upstream, pipeline_id=99)
    assert rules.wrong_order(cd_run, [later, CI_RUN]) == []
    assert rules.wrong_order(cd_run, [later, replace(CI_RUN, branch="refs/heads/mine")])
    assert rules.wrong_order(cd_run, [replace(later, finished_at=None)]) == []
    assert rules.wrong_order(replace(cd_run, started_at=None), [later]) == []
    assert rules.wrong_upstream([strange, upstream], CI, [later, CI_RUN]) == []
    assert rules.wrongly_published([published], [later, CI_RUN]) == []
    assert rules.registered_by([MODEL], [later, CI_RUN], LAB) == [MODEL]
    other = replace(MODEL, tags={**MODEL.tags, "mse": "3000"})
    assert rules.unexpected_error([other, MODEL], LAB) == []


def test_a_run_on_another_branch_is_shown_with_both_branches() -> None:
    mine = replace(CI_RUN, branch="refs/heads/mine")
    (mismatch,) = rules.wrong_order(mine, [CI_RUN])
    assert (mismatch.expected, mismatch.found) == ("refs/heads/main", "refs/heads/mine")


@pytest.mark.parametrize("branch", ["trunk", "main", "master"])
def test_a_run_of_the_default_branch_or_a_usual_one_is_right(branch: str) -> None:
    run = replace(CI_RUN, branch=f"refs/heads/{branch}")
    assert rules.foreign_commit(run, repository(default_branch="trunk"), LAB) == []


def test_the_account_is_compared_whatever_its_case() -> None:
    run = replace(CI_RUN, requested_for="USER4@example.org")
    assert rules.started_by_another(run, LEARNER) == []
    assert rules.started_by_another(CI_RUN, replace(LEARNER, email="User4@Example.org")) == []


def test_a_copy_elsewhere_is_no_github_repository() -> None:
    elsewhere = replace(CI, repository_type="Bitbucket")
    copy = replace(CI, repository_type="TfsGit", repository_name="MLOPS_04")
    lenient = replace(LAB, leniency=Leniency(azure_repos=True), repositories=("Mlops_04",))
    capitals = replace(LAB, github_owner="SollianceLabs")
    (mismatch,) = rules.wrong_repository(elsewhere, LAB)
    assert mismatch.found == "Bitbucket solliancelabs/mlops_04"
    (mismatch,) = rules.wrong_repository(copy, LAB)
    assert mismatch.found.startswith("Azure Repos MLOPS_04 (the sheet's step 5.2")
    assert rules.wrong_repository(copy, lenient) == []
    assert rules.wrong_repository(replace(copy, repository_name="mlops_05"), lenient)
    assert rules.wrong_repository(replace(elsewhere, repository_name="mlops_04"), lenient)
    assert rules.wrong_repository(CI, capitals) == []


def test_the_address_of_the_run_may_be_the_organisations_old_one() -> None:
    lab = replace(LAB, organization="SollianceLabs")

    def by(address: str) -> list[Model]:
        uri = f"https://{address}/_build/results?buildId=101"
        tags = {**MODEL.tags, "BuildUri": uri}
        return rules.registered_by([replace(MODEL, tags=tags)], [CI_RUN], lab)

    assert by("SollianceLabs.visualstudio.com/AE MLOps 04")
    assert by("solliancelabs.visualstudio.com/DefaultCollection/AE%20MLOps%2004")
    assert not by("neighbours.visualstudio.com/AE MLOps 04")
    assert not by("other.visualstudio.com/AE MLOps 04")


def test_the_organisation_and_the_id_are_enough_to_name_a_run() -> None:
    tags = {**MODEL.tags, "BuildUri": "https://dev.azure.com/solliancelabs?buildId=101"}
    assert rules.registered_by([replace(MODEL, tags=tags)], [CI_RUN], LAB)


def test_a_model_is_shown_with_its_lineage() -> None:
    tags = {"BuildId": "7", "BuildUri": "u"}
    strange = [replace(MODEL, tags=tags), replace(MODEL, version="2", tags={})]
    (mismatch,) = rules.unlinked_models(strange, [CI_RUN], LAB)
    assert mismatch.found == (
        "version 1: BuildId 7 of another project; version 2: no BuildId tag (registered by hand?)"
    )
    assert not rules.registered_by([replace(MODEL, tags={"BuildId": "101"})], [CI_RUN], LAB)
    untagged = {**MODEL.tags, "BuildUri": MODEL.tags["BuildUri"].replace("101", "102")}
    assert not rules.registered_by([replace(MODEL, tags=untagged | {"BuildId": "102"})], [], LAB)
    other = replace(MODEL, tags=untagged | {"BuildId": "102"})
    assert not rules.registered_by([other], [CI_RUN], LAB)


def test_every_file_the_pipelines_need_is_on_the_list() -> None:
    assert len(LAB.sheet.essential_files) == 15
    bare = repository(files={})
    assert [mismatch.what for mismatch in rules.missing_files(bare, LAB)] == ["file"] * 15


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (texts(cd=CD.replace("devopsforai", "mine")), "variable group of the CD pipeline"),
        (texts(ci=PATCHED_CI.replace("Model_CI", "CI")), "first stage of the CI pipeline"),
        (texts(ci=PATCHED_CI.replace("Trigger_", "")), "second stage of the CI pipeline"),
        (texts(cd=CD.replace("Deploy_AKS", "AKS")), "second stage of the CD pipeline"),
        (texts(shared=SHARED.replace("MODEL_NAME", "NAME")), "MODEL_NAME"),
        (
            texts(cd=CD.replace("resources", "mine")),
            "pipeline the CD pipeline takes the model from",
        ),
    ],
)
def test_each_name_in_the_yaml_is_required(changed: Repository, expected: str) -> None:
    assert [mismatch.what for mismatch in rules.altered_pipelines(changed, LAB)] == [expected]


def test_yaml_may_have_other_shapes_of_the_same() -> None:
    as_mapping = f"variables:\n  OTHER: x\n  MODEL_NAME: {LAB.model}\n"
    templated = PATCHED_CI + "- template: more-stages.yml\n- ${{ if true }}\n"
    aliased = CD.replace("  pipelines:\n", "  pipelines:\n  - pipeline: other\n  - mine\n")
    assert rules.altered_pipelines(texts(templated, aliased, as_mapping), LAB) == []
    in_a_folder = CD.replace("Model-Train", "\\lab\\Model-Train")
    assert rules.altered_pipelines(texts(cd=in_a_folder), LAB) == []
    assert len(rules.altered_pipelines(repository(), LAB)) == 8


@pytest.mark.parametrize(
    "odd",
    [
        "variables: 3\nstages: true\nresources: [mine]\n",
        "variables: text\nstages:\nresources: {pipelines: 2026-11-20}\n",
        "variables: [3]\nstages: [3, null]\nresources: {pipelines: [3]}\n",
        "stages: 2026-13-45\n",
        "",
    ],
)
def test_odd_yaml_is_the_learners_not_our_own_mistake(odd: str) -> None:
    assert len(rules.altered_pipelines(texts(cd=odd), LAB)) == 4


def test_accepted_templates_may_be_spelled_in_any_case() -> None:
    template = replace(LAB.sheet.template, accepted=("SollianceNet/Labs",))
    capitals = replace(LAB, sheet=replace(LAB.sheet, template=template))
    assert rules.wrong_origin(repository(), "solliancenet/labs", capitals) == []


def test_what_is_wrong_with_an_inactive_repository_is_shown() -> None:
    bad = repository(is_archived=True, is_disabled=True, default_branch="trunk")
    states = [mismatch.found for mismatch in rules.inactive_repository(bad, LAB)]
    assert states == ["archived", "disabled", "default branch trunk"]
    assert rules.inactive_repository(repository(default_branch="master"), LAB) == []


def test_similar_repositories_are_shown() -> None:
    (mismatch,) = rules.missing_repository((), ("a/b", "a/c"), LAB)
    assert (mismatch.found, mismatch.near_miss) == ("similar names: a/b, a/c", "a/b")
    (mismatch,) = rules.missing_repository((), (), LAB)
    assert (mismatch.found, mismatch.near_miss) == ("no such repository", "")
    assert rules.missing_repository([repository()], (), LAB) == []


def test_files_show_the_origin_where_github_does_not() -> None:
    own = frozenset({"c0ffee"})
    assert rules.looks_generated(repository(commits=own), LAB)
    assert not rules.looks_generated(repository(commits=own, tree="other"), LAB)
    assert not rules.looks_generated(repository(commits=own, is_fork=True), LAB)
    assert not rules.looks_generated(repository(commits=own | {"855049a" + "0" * 33}), LAB)


def test_group_and_workspace_of_the_connection_both_count() -> None:
    for field in ("workspace", "resource_group"):
        (mismatch,) = rules.wrong_target(connection(**{field: "other"}), WORKSPACE)
        assert mismatch.found == "other"


def test_a_strict_lab_file_still_takes_what_the_lab_shows() -> None:
    strict = replace(LAB, leniency=Leniency(federated_connection=False, manual_connection=False))
    assert rules.wrong_scheme(connection(), strict) == []
    lenient = replace(LAB, leniency=Leniency(manual_connection=True))
    assert rules.wrong_scheme(connection(creation_mode="Manual"), lenient) == []


def test_a_connection_that_is_not_ready_says_why() -> None:
    broken = connection(is_ready=False, state="", status_message="")
    assert [mismatch.found for mismatch in rules.not_ready(broken)] == ["not ready"]


def test_a_reference_dangles_only_when_its_own_name_does() -> None:
    other = {"mine": connection()}
    assert rules.dangling_reference("mistyped", other, LAB)
    assert rules.dangling_reference(LAB.service_connection, {LAB.service_connection}, LAB) == []
    assert rules.dangling_reference(LAB.service_connection, other, LAB)


@pytest.mark.parametrize(
    "name",
    ["AKS_X", "WEBAPP_NAME", "MODEL_NAME", "EXPERIMENT_NAME", "TRAINING_PIPELINE_NAME", "aks_x"],
)
def test_each_override_is_known(name: str) -> None:
    assert rules.overriding_variables([name, "LOCATION"], LAB) == [name]


def test_other_variables_are_shown_and_the_labs_own_are_not() -> None:
    variables = {"LOCATION": Variable("x"), "MINE": Variable("y")}
    (mismatch,) = rules.missing_variables(variables, ("LOCATION", "BASE_NAME"))
    assert mismatch.found == "not there; other variables: MINE"
    (mismatch,) = rules.missing_variables({}, ("LOCATION",))
    assert mismatch.found == "not there"


def test_permission_is_asked_of_the_pipelines_there_are() -> None:
    """One cause costs once: a misnamed or missing pipeline costs in its own task."""
    cd = replace(CI, id=12, name=LAB.cd_pipeline, yaml_path=LAB.cd_yaml)
    misnamed, leftover = replace(CI, name="mlops_04"), replace(CI, id=13, name="first try")
    both, ci_only = Access(False, (11, 12)), Access(False, (11,))
    assert rules.closed_to_pipelines(both, [misnamed, cd], LAB) == []
    assert rules.closed_to_pipelines(both, [leftover, CI, cd], LAB) == []
    assert rules.closed_to_pipelines(ci_only, [CI], LAB) == []
    assert rules.closed_to_pipelines(Access(False, (13, 12)), [leftover, CI, cd], LAB)
    unrelated = replace(CI, id=14, name="nightly", yaml_path="nightly.yml")
    for ids in ((12,), (12, 14)):
        assert rules.closed_to_pipelines(Access(False, ids), [misnamed, cd, unrelated], LAB)
    (mismatch,) = rules.closed_to_pipelines(ci_only, [CI, cd], LAB)
    assert mismatch.found == f"open to {LAB.ci_pipeline} only"
    for closed in (Access(False, (12,)), Access(False)):
        assert rules.closed_to_pipelines(closed, [CI, cd], LAB)
    (mismatch,) = rules.closed_to_pipelines(Access(False, (99,)), [], LAB)
    assert mismatch.found == "open to no pipeline"


def test_an_endpoint_may_lead_the_first_cd_run_by_the_clock_skew() -> None:
    cd_run = replace(CI_RUN, started_at=NOON)
    later = replace(cd_run, started_at=NOON + timedelta(hours=5))
    unstarted = replace(cd_run, started_at=None)

    def made(minutes: int) -> Endpoint:
        return replace(ENDPOINT, created_at=NOON + timedelta(minutes=minutes))

    for runs in ([cd_run], [later, cd_run], [unstarted, cd_run]):
        assert rules.not_by_the_cd_run(made(-5), runs, WORKSPACE) == []
        (mismatch,) = rules.not_by_the_cd_run(made(-6), runs, WORKSPACE)
        assert mismatch.what == "deployed"
    timeless = replace(ENDPOINT, created_at=None)
    assert rules.not_by_the_cd_run(timeless, [cd_run], WORKSPACE) == []
    assert rules.not_by_the_cd_run(ENDPOINT, [unstarted], WORKSPACE) == []
    assert rules.not_by_the_cd_run(replace(ENDPOINT, location=""), [cd_run], WORKSPACE) == []


def test_each_size_counts() -> None:
    for change in ({"compute_type": "AKS"}, {"cpu": 2}, {"memory_gb": 8}):
        assert len(rules.wrong_size(replace(ENDPOINT, **change), LAB)) == 1


def test_each_number_of_the_answer_counts() -> None:
    first, second = LAB.sheet.scoring.predictions
    assert rules.other_predictions((first, 1.0), LAB)
    (mismatch,) = rules.other_predictions((1.0, second), LAB)
    assert mismatch.found == "1.0, 3727.0"
    assert rules.bad_answer(Answer(400, (1.0, 2.0)), LAB)

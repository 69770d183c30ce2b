"""Blocked, pending or not assessed: what a check makes of evidence that lacks something.

Each case is a learner whose stored evidence of a model answer is changed by hand, because no
simulated learner can have it so: parts that could not be seen, runs that tell less than others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from graders.evidence import Answer, Evidence, Model, Run, ServiceName, Stage, Unavailable
from graders.judging.prerequisites.requirements import chosen_repository
from graders.verdicts import Outcome, Verdict
from tests.selftest import judged, runs

Case = Callable[[Evidence], Evidence]
Outcomes = Mapping[str, str]
CASES: dict[str, tuple[Case, Outcomes]] = {}
UNSEEN = Unavailable(ServiceName.AZURE_ML, "this", "it answered 503", "Run again.")

CD_PIPELINE = (
    "cd-pipeline-runs-the-cd-yaml",
    "cd-pipeline-builds-the-learners-repository",
    "cd-pipeline-is-enabled",
)
ALL_OF_A_CD_RUN = (
    "cd-run-deployed-to-container-instances",
    "cd-run-used-the-ci-run",
    "cd-run-followed-the-ci-run",
    "cd-run-left-kubernetes-alone",
)
ALL_OF_AN_ENDPOINT = (
    "endpoint-is-healthy",
    "endpoint-has-the-labs-size",
    "endpoint-serves-the-registered-model",
    "endpoint-was-deployed-by-the-cd-run",
    "endpoint-answers-the-query",
    "endpoint-needs-no-key",
    "endpoint-predicts-like-the-labs-model",
    "endpoint-describes-itself",
)
OF_AN_ANSWER = (
    "endpoint-answers-the-query",
    "endpoint-predicts-like-the-labs-model",
    "endpoint-describes-itself",
)


def case(**outcomes: tuple[str, ...]) -> Callable[[Case], Case]:
    """The checks that do not pass, by outcome; all the others do."""

    def mark(change: Case) -> Case:
        stated = {one: said.replace("_", " ") for said, ids in outcomes.items() for one in ids}
        CASES[change.__name__] = (change, stated)
        return change

    return mark


def tuple_of(part: Any) -> tuple[Any, ...]:
    assert isinstance(part, tuple)
    return part


def runs_of(evidence: Evidence) -> tuple[Run, Run]:
    """CI, CD."""
    cd, ci = tuple_of(evidence.runs)
    return (ci, cd) if ci.id < cd.id else (cd, ci)


def with_runs(evidence: Evidence, *newest_first: Run) -> Evidence:
    return replace(evidence, runs=newest_first)


def endpoint_of(evidence: Evidence, **changes: Any) -> Evidence:
    (one,) = tuple_of(evidence.endpoints)
    return replace(evidence, endpoints=(replace(one, **changes),))


def with_result(stages: Any, identifier: str, result: str) -> tuple[Stage, ...]:
    return tuple(
        replace(one, result=result, jobs=()) if one.identifier == identifier else one
        for one in stages
    )


def flawed(ci: Run) -> Run:
    return replace(ci, stages=with_result(ci.stages, "Trigger_AML_Pipeline", "skipped"))


OF_A_MODEL = (
    "model-is-registered-by-the-ci-run",
    "model-has-the-expected-error",
    "model-artifact-is-the-registered-version",
    "training-run-has-every-step",
    "cd-run-deployed-the-registered-model",
    "endpoint-serves-the-registered-model",
    "work-is-one-chain",
)
AFTER_A_GOOD_CI_RUN = (
    *OF_A_MODEL,
    "ci-run-has-every-stage-and-job",
    "ci-run-published-the-model-artifact",
    "ci-run-built-a-commit-of-the-repository",
    "ci-run-passed-its-tests",
    "ci-run-published-the-coverage-report",
    "ci-run-was-started-by-the-learner",
    "training-pipeline-is-published-by-the-ci-run",
    "model-artifact-names-the-model",
    "training-run-completed",
    "cd-run-used-the-ci-run",
    "cd-run-followed-the-ci-run",
)

# --- which of several CI runs ---------------------------------------------------------------------


@case()
def older_ci_run_is_better(found: Evidence) -> Evidence:
    ci, cd = runs_of(found)
    newer = replace(ci, id=ci.id + 50)
    return with_runs(found, flawed(newer), replace(newer, artifacts=()), cd, ci)


@case()
def older_ci_run_was_seen(found: Evidence) -> Evidence:
    ci, cd = runs_of(found)
    newer = replace(ci, id=ci.id + 50)
    unseen = replace(newer, stages=UNSEEN), replace(newer, artifacts=UNSEEN)
    return with_runs(found, *unseen, replace(newer, stages=None, artifacts=None), cd, ci)


@case(
    not_assessed=(
        "ci-run-has-every-stage-and-job",
        "ci-run-passed-its-tests",
        "ci-run-published-the-model-artifact",
        "ci-run-published-the-coverage-report",
        "model-artifact-is-the-registered-version",
        "model-artifact-names-the-model",
        "work-is-one-chain",
    )
)
def only_flawed_ci_runs_were_looked_into(found: Evidence) -> Evidence:
    ci, cd = runs_of(found)
    newer = replace(ci, id=ci.id + 50)
    unknown = replace(ci, stages=None, artifacts=None)
    return with_runs(found, flawed(newer), replace(newer, artifacts=()), cd, unknown)


@case()
def newest_ci_run_has_no_commit_here(found: Evidence) -> Evidence:
    ci, cd = runs_of(found)
    return with_runs(found, replace(ci, commit="f" * 40), cd, ci)


# --- which of several CD runs ---------------------------------------------------------------------


@case()
def older_cd_run_is_better(found: Evidence) -> Evidence:
    ci, cd = runs_of(found)
    skipped = replace(cd, stages=with_result(cd.stages, "Deploy_ACI", "skipped"))
    return with_runs(found, skipped, replace(cd, stages=()), cd, ci)


@case()
def older_cd_run_was_seen(found: Evidence) -> Evidence:
    ci, cd = runs_of(found)
    return with_runs(found, replace(cd, stages=UNSEEN), replace(cd, upstream=UNSEEN), cd, ci)


@case(not_assessed=("cd-run-used-the-ci-run", "work-is-one-chain"))
def upstream_of_the_cd_run_is_unseen(found: Evidence) -> Evidence:
    ci, cd = runs_of(found)
    skipped = replace(cd, stages=with_result(cd.stages, "Deploy_ACI", "skipped"))
    return with_runs(found, skipped, replace(cd, upstream=UNSEEN), ci)


@case(failed=("cd-run-followed-the-ci-run",))
def cd_run_took_the_right_run_too_early(found: Evidence) -> Evidence:
    """What it took the model from weighs more than when it began."""
    ci, cd = runs_of(found)
    early = replace(cd, started_at=cd.started_at - timedelta(hours=3) if cd.started_at else None)
    return with_runs(found, replace(cd, upstream=()), early, ci)


@case(
    failed=("cd-run-deployed-to-container-instances",),
    blocked=(
        "cd-run-deployed-the-registered-model",
        "work-is-one-chain",
    ),
)
def deployment_left_out_though_the_group_names_it(found: Evidence) -> Evidence:
    ci, cd = runs_of(found)
    return with_runs(found, replace(cd, stages=with_result(cd.stages, "Deploy_ACI", "skipped")), ci)


@case(
    failed=("variable-group-has-every-variable", "cd-run-deployed-to-container-instances"),
    blocked=(
        "variable-group-names-the-endpoint",
        "cd-run-deployed-the-registered-model",
        "work-is-one-chain",
    ),
)
def deployment_failed_and_the_variable_is_gone(found: Evidence) -> Evidence:
    """The stage ran: that it is not whole has nothing to do with the variable."""
    ci, cd = runs_of(found)
    stages = tuple(replace(one, jobs=()) for one in tuple_of(cd.stages))
    groups = [
        replace(one, variables={k: v for k, v in one.variables.items() if k[:3] != "ACI"})
        for one in tuple_of(found.variable_groups)
    ]
    return replace(with_runs(found, replace(cd, stages=stages), ci), variable_groups=tuple(groups))


# --- the chain, where a part of it was not seen ---------------------------------------------------


def _older_chain(found: Evidence, **changes: Any) -> Evidence:
    """CD took the older of two CI runs; the newer one registered a version of its own."""
    ci, cd = runs_of(found)
    own = next(one for one in tuple_of(found.models) if one.tags)
    (training,) = tuple_of(found.training_runs)
    (published,) = tuple_of(found.published_pipelines)
    later = {"BuildId": str(ci.id + 50)}
    uri = own.tags["BuildUri"].rpartition("=")[0] + f"={ci.id + 50}"
    tags = {**own.tags, **later, "BuildUri": uri, "run_id": "later"}
    file = replace(ci.model_file, version="2", id=f"{own.name}:2")  # type: ignore[type-var]
    published_too = (f"Code Coverage Report_{ci.id + 50}", "model")
    newer = replace(ci, id=ci.id + 50, number="20261120.2", model_file=file)
    newer = replace(newer, artifacts=published_too)
    return replace(
        with_runs(found, newer, cd, replace(ci, **changes)),
        models=(own, replace(own, version="2", tags=tags)),
        training_runs=(training, replace(training, id="later", tags={**training.tags, **later})),
        published_pipelines=(published, replace(published, id="later", version=str(newer.id))),
    )


@case()
def chain_leads_through_the_older_run(found: Evidence) -> Evidence:
    return _older_chain(found)


@case(not_assessed=("work-is-one-chain",))
def chain_leads_through_an_artifact_that_is_unseen(found: Evidence) -> Evidence:
    return _older_chain(found, model_file=UNSEEN)


@case(not_assessed=("work-is-one-chain",))
def chain_leads_through_a_run_that_was_not_looked_into(found: Evidence) -> Evidence:
    return _older_chain(found, stages=None, artifacts=None, model_file=None)


@case(not_assessed=("work-is-one-chain",))
def chain_leads_through_a_log_that_is_unseen(found: Evidence) -> Evidence:
    """The CD run that speaks best deployed another version than the endpoint serves."""
    found = _older_chain(found)
    cd = next(one for one in tuple_of(found.runs) if one.deployment)
    newer, older = (one for one in tuple_of(found.runs) if one is not cd)
    other = replace(cd, deployment=replace(cd.deployment, version="2"))  # type: ignore[type-var]
    unseen = replace(cd, id=cd.id - 1, deployment=UNSEEN)
    return with_runs(found, newer, other, unseen, older)


@case()
def chain_of_a_run_that_registered_twice(found: Evidence) -> Evidence:
    """The artifact tells which of the two versions counts."""
    own = next(one for one in tuple_of(found.models) if one.tags)
    return replace(found, models=(replace(own, version="9"), own))


# --- training -------------------------------------------------------------------------------------

AWAITED = ("training-run-completed", "training-run-has-every-step", "work-is-one-chain")


def _trained(found: Evidence, *statuses: str) -> Evidence:
    """A training run for each status, all of the one CI run."""
    (one,) = tuple_of(found.training_runs)
    return replace(found, training_runs=tuple(replace(one, status=status) for status in statuses))


@case(pending=AWAITED)
def training_in_a_state_of_its_own(found: Evidence) -> Evidence:
    """Whatever is no end is on its way: the service has many words for it."""
    return _trained(found, "CancelRequested")


@case(pending=AWAITED)
def training_failed_and_is_tried_again(found: Evidence) -> Evidence:
    return _trained(found, "Failed", "Provisioning")


@case()
def training_is_tried_again_after_it_completed(found: Evidence) -> Evidence:
    return _trained(found, "Running", "Finished")


@case(
    failed=("training-run-completed",),
    blocked=("training-run-has-every-step", "work-is-one-chain"),
)
def training_was_cancelled(found: Evidence) -> Evidence:
    return _trained(found, "Canceled")


# --- runs that tell nothing -----------------------------------------------------------------------


@case(
    not_assessed=(
        "cd-run-succeeded",
        *ALL_OF_A_CD_RUN,
        "endpoint-was-deployed-by-the-cd-run",
        "cd-run-deployed-the-registered-model",
        "work-is-one-chain",
    )
)
def failed_cd_run_is_unseen(found: Evidence) -> Evidence:
    """It may have failed after it deployed."""
    ci, cd = runs_of(found)
    return with_runs(found, replace(cd, result="failed", stages=UNSEEN), ci)


@case()
def later_cd_run_is_unseen_or_going(found: Evidence) -> Evidence:
    ci, cd = runs_of(found)
    failed = replace(cd, result="failed", stages=UNSEEN)
    going = replace(cd, status="inProgress", result=None, stages=None)
    return with_runs(found, going, failed, cd, replace(ci, id=ci.id + 50, status="inProgress"), ci)


@case(
    failed=("ci-has-a-completed-run",),
    blocked=(*AFTER_A_GOOD_CI_RUN, "ci-run-succeeded"),
)
def runs_of_ci_are_gone(found: Evidence) -> Evidence:
    """The runs of CD are no runs of CI."""
    _, cd = runs_of(found)
    return with_runs(found, cd)


# --- names ----------------------------------------------------------------------------------------


@case(
    failed=("model-is-registered",),
    blocked=(*OF_A_MODEL,),
)
def model_of_another_name(found: Evidence) -> Evidence:
    models = tuple(replace(one, name="diabetes.pkl") for one in tuple_of(found.models))
    return replace(found, models=models)


@case(failed=("endpoint-serves-the-registered-model",), blocked=("work-is-one-chain",))
def version_of_another_model(found: Evidence) -> Evidence:
    """Models of other names do not count, whatever their tags say."""
    own: Model = next(one for one in tuple_of(found.models) if one.tags)
    other = replace(own, name="other.pkl")
    changed = replace(found, models=(own, other))
    return endpoint_of(changed, model_ids=(f"other.pkl:{own.version}",))


@case()
def published_twice_and_disabled_once(found: Evidence) -> Evidence:
    (one,) = tuple_of(found.published_pipelines)
    return replace(
        found, published_pipelines=(one, replace(one, is_active=False), replace(one, name="mine"))
    )


@case(
    failed=("ci-pipeline-runs-the-ci-yaml", "model-is-registered"),
    blocked=(*OF_A_MODEL,),
)
def ci_of_the_right_name_alone(found: Evidence) -> Evidence:
    """A pipeline in the role of CI is known by its name, whatever file it runs."""
    pipelines = [
        replace(one, yaml_path="mine.yml") if one.yaml_path.endswith("-ci.yml") else one
        for one in tuple_of(found.pipelines)
    ]
    return replace(found, pipelines=tuple(pipelines), models=())


@case(
    failed=("ci-pipeline-exists", "model-is-registered"),
    blocked=(
        *AFTER_A_GOOD_CI_RUN,
        "ci-pipeline-runs-the-ci-yaml",
        "ci-pipeline-builds-the-learners-repository",
        "ci-pipeline-is-enabled",
        "ci-has-a-completed-run",
        "ci-run-succeeded",
    ),
)
def ci_of_the_right_file_alone(found: Evidence) -> Evidence:
    """And by the file it runs, whatever its name: it has succeeded, and the model is gone."""
    pipelines = [
        replace(one, name="mine") if one.yaml_path.endswith("-ci.yml") else one
        for one in tuple_of(found.pipelines)
    ]
    return replace(found, pipelines=tuple(pipelines), models=())


@case(
    failed=("ci-run-succeeded",),
    blocked=(*AFTER_A_GOOD_CI_RUN,),
)
def model_among_others_and_ci_failed(found: Evidence) -> Evidence:
    """What is there counts, whoever registered it."""
    ci, cd = runs_of(found)
    (model,) = [one for one in tuple_of(found.models) if one.tags]
    other = replace(model, name="other.pkl", version="", tags={})
    failed = with_runs(found, cd, replace(ci, result="failed"))
    return replace(failed, models=(other, model))


@case(
    failed=("cd-pipeline-exists",),
    blocked=(
        *CD_PIPELINE,
        "cd-run-succeeded",
        *ALL_OF_A_CD_RUN,
        "cd-run-deployed-the-registered-model",
        "work-is-one-chain",
    ),
    pending=("endpoint-exists", *ALL_OF_AN_ENDPOINT),
)
def endpoint_of_a_misnamed_pipeline_that_is_going(found: Evidence) -> Evidence:
    return _going(found, name="mine")


@case(
    failed=("cd-pipeline-runs-the-cd-yaml",),
    pending=(
        "cd-run-succeeded",
        *ALL_OF_A_CD_RUN,
        "endpoint-exists",
        *ALL_OF_AN_ENDPOINT,
        "cd-run-deployed-the-registered-model",
        "work-is-one-chain",
    ),
)
def endpoint_of_another_file_that_is_going(found: Evidence) -> Evidence:
    return _going(found, yaml_path="mine.yml")


def _going(found: Evidence, **changes: Any) -> Evidence:
    """CD is different from the lab's in this way, and its run has not ended."""
    ci, cd = runs_of(found)
    pipelines = [
        replace(one, **changes) if one.yaml_path.endswith("-cd.yml") else one
        for one in tuple_of(found.pipelines)
    ]
    going = with_runs(found, replace(cd, status="inProgress", result=None, stages=None), ci)
    return replace(going, pipelines=tuple(pipelines), endpoints=(), answer=None)


@case(failed=("endpoint-exists",), blocked=(*ALL_OF_AN_ENDPOINT, "work-is-one-chain"))
def endpoint_gone_after_a_deployment_with_warnings(found: Evidence) -> Evidence:
    ci, cd = runs_of(found)
    stages = tuple(
        replace(one, result="succeededWithIssues") if one.identifier == "Deploy_ACI" else one
        for one in tuple_of(cd.stages)
    )
    warned = with_runs(found, replace(cd, result="partiallySucceeded", stages=stages), ci)
    return replace(warned, endpoints=(), answer=None)


@case(failed=("endpoint-exists",), blocked=(*ALL_OF_AN_ENDPOINT, "work-is-one-chain"))
def endpoint_of_another_generation(found: Evidence) -> Evidence:
    return endpoint_of(found, generation=2)


@case(failed=("endpoint-exists",), blocked=(*ALL_OF_AN_ENDPOINT, "work-is-one-chain"))
def endpoint_of_another_name(found: Evidence) -> Evidence:
    return endpoint_of(found, name="mine")


@case(
    failed=("cd-pipeline-exists", "endpoint-exists"),
    blocked=(
        *CD_PIPELINE,
        "cd-run-succeeded",
        *ALL_OF_A_CD_RUN,
        *ALL_OF_AN_ENDPOINT,
        "cd-run-deployed-the-registered-model",
        "work-is-one-chain",
    ),
)
def endpoint_gone_and_cd_misnamed(found: Evidence) -> Evidence:
    """The misnamed pipeline deployed: its endpoint is gone, not missing for want of a run."""
    pipelines = [
        replace(one, name="mine") if one.yaml_path.endswith("-cd.yml") else one
        for one in tuple_of(found.pipelines)
    ]
    return replace(found, pipelines=tuple(pipelines), endpoints=(), answer=None)


# --- the endpoint's states and answers ------------------------------------------------------------


@case(pending=("endpoint-is-healthy", *OF_AN_ANSWER, "work-is-one-chain"))
def endpoint_is_being_created(found: Evidence) -> Evidence:
    return endpoint_of(found, state="Creating")


@case(pending=("endpoint-is-healthy", *OF_AN_ANSWER, "work-is-one-chain"))
def endpoint_is_being_updated(found: Evidence) -> Evidence:
    return endpoint_of(found, state="Updating")


@case(not_assessed=(*OF_AN_ANSWER, "work-is-one-chain"))
def silent_endpoint_and_nothing_else_known(found: Evidence) -> Evidence:
    """One silent answer may be the network's fault: a smoke test of other runs proves nothing."""
    ci, cd = runs_of(found)
    failed = [
        replace(
            stage,
            jobs=tuple(
                replace(job, tasks=tuple(replace(t, result="failed") for t in job.tasks))
                for job in stage.jobs
            ),
        )
        for stage in tuple_of(cd.stages)
    ]
    strange = replace(cd, pipeline_id=9999, stages=tuple(failed))
    pipelines = tuple_of(found.pipelines)
    known = (*pipelines, replace(pipelines[0], id=9999, name="mine", yaml_path="mine.yml"))
    return replace(with_runs(found, strange, cd, ci), answer=UNSEEN, pipelines=known)


@case(
    failed=("endpoint-answers-the-query",),
    blocked=("endpoint-predicts-like-the-labs-model", "work-is-one-chain"),
)
def endpoint_refuses_the_query(found: Evidence) -> Evidence:
    return replace(found, answer=Answer(400, (1.0, 2.0), "bad", swagger=True))


@case(not_assessed=(*OF_AN_ANSWER, "work-is-one-chain"))
def endpoint_gives_no_address(found: Evidence) -> Evidence:
    return replace(endpoint_of(found, scoring_uri=""), answer=None)


@case(not_assessed=("endpoint-describes-itself",))
def description_is_unseen(found: Evidence) -> Evidence:
    assert isinstance(found.answer, Answer)
    return replace(found, answer=replace(found.answer, swagger=UNSEEN))


# --- the repository -------------------------------------------------------------------------------


def repository_of(evidence: Evidence, **changes: Any) -> Evidence:
    (one,) = tuple_of(evidence.repositories)
    return replace(evidence, repositories=(replace(one, **changes),))


@case()
def template_is_hidden(found: Evidence) -> Evidence:
    """A10: the template's own files in a history of their own are proof enough."""
    return repository_of(found, template=UNSEEN)


@case(not_assessed=("repository-is-made-from-the-template",), noted=("repository-is-unmodified",))
def template_is_hidden_and_the_files_are_changed(found: Evidence) -> Evidence:
    return repository_of(found, template=UNSEEN, tree="0" * 40)


@case(
    not_assessed=(
        "repository-exists",
        "repository-is-made-from-the-template",
        "repository-has-the-essential-files",
        "pipelines-yaml-is-still-the-labs",
        "repository-is-unmodified",
        "repository-is-active",
        "ci-run-built-a-commit-of-the-repository",
        "work-is-one-chain",
    )
)
def repositories_are_unseen(found: Evidence) -> Evidence:
    return replace(found, repositories=UNSEEN)


@case(blocked=("pipelines-yaml-is-still-the-labs",))
def ci_file_is_unread(found: Evidence) -> Evidence:
    return _without_text(found, "-ci.yml")


@case(blocked=("pipelines-yaml-is-still-the-labs",))
def cd_file_is_unread(found: Evidence) -> Evidence:
    return _without_text(found, "-cd.yml")


@case(blocked=("pipelines-yaml-is-still-the-labs",))
def variables_file_is_unread(found: Evidence) -> Evidence:
    return _without_text(found, "-variables-template.yml")


def _without_text(evidence: Evidence, end: str) -> Evidence:
    (one,) = tuple_of(evidence.repositories)
    kept = {path: text for path, text in one.texts.items() if not path.endswith(end)}
    return repository_of(evidence, texts=kept)


@case(
    not_assessed=(
        *OF_A_MODEL,
        *ALL_OF_A_CD_RUN,
        *OF_AN_ANSWER,
        "ci-pipeline-exists",
        "ci-pipeline-runs-the-ci-yaml",
        "ci-pipeline-builds-the-learners-repository",
        "ci-pipeline-is-enabled",
        "ci-has-a-completed-run",
        "ci-run-succeeded",
        "ci-run-has-every-stage-and-job",
        "ci-run-published-the-model-artifact",
        "ci-run-built-a-commit-of-the-repository",
        "ci-run-passed-its-tests",
        "ci-run-published-the-coverage-report",
        "ci-run-was-started-by-the-learner",
        "training-pipeline-is-published-by-the-ci-run",
        "variable-group-is-open-to-the-pipelines",
        "service-connection-is-open-to-the-pipelines",
        "cd-pipeline-exists",
        "cd-pipeline-runs-the-cd-yaml",
        "cd-pipeline-builds-the-learners-repository",
        "cd-pipeline-is-enabled",
        "cd-run-succeeded",
        "endpoint-was-deployed-by-the-cd-run",
        "model-artifact-names-the-model",
        "training-run-completed",
    )
)
def pipelines_are_unseen(found: Evidence) -> Evidence:
    """Whose runs they are cannot be told, nor whose smoke test failed."""
    return replace(found, pipelines=UNSEEN, answer=UNSEEN)


@case(failed=("location-is-the-workspace-region",))
def empty_value_is_no_secret(found: Evidence) -> Evidence:
    """Azure DevOps stores an empty value as null."""
    groups = [
        replace(
            one,
            variables={
                name: replace(value, value=None) if name == "LOCATION" else value
                for name, value in one.variables.items()
            },
        )
        for one in tuple_of(found.variable_groups)
    ]
    return replace(found, variable_groups=tuple(groups))


@pytest.mark.parametrize(
    ("built_by", "chosen"),
    [
        ({}, "mlops_12"),
        ({"mine": "OWNER/mlops_012"}, "mlops_012"),
        ({"mine": "owner/mlops_12", "Model-Deploy-CD": "owner/mlops_012"}, "mlops_012"),
        ({"mine": "owner/mlops_12", "Model-Train-Register-CI": "owner/MLOPS_012"}, "mlops_012"),
        ({"mine": "owner/mlops_012", "Model-Train-Register-CI": "owner/MLOPS_12"}, "mlops_12"),
        ({"mine": "owner/strange"}, "mlops_12"),
    ],
)
def test_of_two_repositories_the_one_the_labs_own_pipelines_build_is_meant(
    built_by: Mapping[str, str], chosen: str
) -> None:
    pipelines = tuple(
        SimpleNamespace(name=name, repository_name=built) for name, built in built_by.items()
    )
    both = [SimpleNamespace(full_name=f"Owner/{name}") for name in ("mlops_12", "mlops_012")]
    lab = SimpleNamespace(ci_pipeline="Model-Train-Register-CI", cd_pipeline="Model-Deploy-CD")
    for known in (pipelines, ()):
        found = chosen_repository(both, known, lab)  # type: ignore[arg-type]
        assert found.full_name == f"Owner/{chosen if known else 'mlops_12'}"


# --- and how they are judged ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> list[Verdict]:
    """Every verdict on every case: collected once as model answers, changed, and judged."""
    folder = tmp_path_factory.mktemp("cases")
    cohort = runs.write_cohort(folder / "cases.csv", len(CASES))
    evidence = folder / "evidence"
    labs = judged.collect(cohort, evidence)
    for learner, (change, _) in zip(_learners(), CASES.values(), strict=True):
        judged.change(evidence, learner, change)
    judge = judged.judge(labs, evidence)
    return [verdict for learner in labs for verdict in judge.verdicts(learner)]


def _learners() -> list[str]:
    return [f"learner{number:03d}" for number, _ in enumerate(CASES, 1)]


@pytest.mark.parametrize(("learner", "name"), list(zip(_learners(), CASES, strict=True)))
def test_each_check_says_whose_turn_it_is(learner: str, name: str, verdicts: list[Verdict]) -> None:
    own = [one for one in verdicts if one.learner == learner]
    others = {one.check: str(one.outcome) for one in own if one.outcome is not Outcome.PASSED}
    assert others == CASES[name][1]


def test_nothing_is_taken_for_a_mistake_of_ours(verdicts: list[Verdict]) -> None:
    reasons = {one.reason for one in verdicts if one.outcome is Outcome.NOT_ASSESSED}
    assert reasons == {str(UNSEEN), _NOT_LOOKED_AT, _NO_ADDRESS}


_NO_ADDRESS = "the endpoint gives no address at which it could be asked"
_NOT_LOOKED_AT = "it was not looked at: only the newest three runs that succeeded are"

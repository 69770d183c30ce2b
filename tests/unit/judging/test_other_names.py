"""Jobs and tasks of other names, stars in a log, and overriding variables: what proves the work."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from graders.evidence import (
    NOT_COLLECTED,
    Deployment,
    Job,
    ModelFile,
    PublishedPipeline,
    Run,
    ServiceName,
    Stage,
    Task,
    TrainingRun,
    Unavailable,
    UpstreamRun,
    Variable,
    VariableGroup,
)
from graders.judging import rules
from graders.judging.outcomes import NotAssessed
from graders.judging.prerequisites.lineage import deployment
from graders.judging.prerequisites.overrides import (
    is_overridden,
    lab_pipelines,
    overridden,
    overrides,
    with_the_labs_experiment,
    with_the_labs_model,
)
from graders.judging.prerequisites.proven_runs import runs
from graders.judging.prerequisites.runs import deploying_cd_stages, every_cd_run
from graders.reasons import Mismatch
from graders.run_results import lacks_only_the_name, may_test_under_another_name
from tests.support.correct_evidence import (
    CI,
    CI_RUN,
    ENDPOINT,
    LAB,
    MODEL,
    NOON,
    WORKSPACE,
    ci_stages,
    stages,
)
from tests.support.three_learners import with_texts

PUBLISHED = (PublishedPipeline("p", LAB.training_pipeline, "101", is_active=True),)
TRAINED = (TrainingRun("t", "Completed", {"BuildId": "101"}, pipeline_id="p"),)
CD = replace(CI, id=12, name=LAB.cd_pipeline, yaml_path=LAB.cd_yaml)
CD_RUN = replace(
    CI_RUN,
    id=202,
    pipeline_id=CD.id,
    started_at=NOON + timedelta(minutes=50),
    finished_at=NOON + timedelta(minutes=70),
)
DEPLOY, SMOKE = "Deploy to ACI (CLI)", "Smoke test"
PUBLISH, INVOKE = "Publish Azure Machine Learning Pipeline", "Invoke ML pipeline"


def proven(run: Run, **evidence: Any) -> Run:
    given = {
        "own_published_pipelines": PUBLISHED,
        "own_training_runs": TRAINED,
        "own_endpoints": (ENDPOINT,),
    } | evidence
    result = runs((run,), LAB, **given)
    assert isinstance(result, tuple)
    return result[0]


def without(*names: str, last: str = "") -> tuple[Any, ...]:
    """The stages of CD without some tasks, and maybe with another one at the end."""
    (stage, *others) = stages()
    (job,) = stage.jobs
    kept = [task for task in job.tasks if task.name not in names]
    kept += [Task(last, "completed", "succeeded")] if last else []
    agents = (Task("Finalize Job", "completed", "succeeded"),)
    return (replace(stage, jobs=(replace(job, tasks=(*kept, *agents)),)), *others)


# --- continueOnError ------------------------------------------------------------------------------

UNSEEN = Unavailable(ServiceName.AZURE_ML, "it", "no answer in time", "Grade again.")


def tolerated(run: Run, task: str, *errors: str) -> Run:
    """The run, as it is where ``continueOnError`` made a success of this task's failure."""
    of_task = {"result": "succeededWithIssues", "errors": errors}
    marked = tuple(
        replace(
            stage,
            jobs=tuple(
                replace(
                    job,
                    tasks=tuple(
                        replace(own, **of_task) if own.name == task else own for own in job.tasks
                    ),
                )
                for job in stage.jobs
            ),
        )
        for stage in run.stages  # type: ignore[union-attr]
    )
    return replace(run, stages=marked, result="partiallySucceeded")


CI_DONE = replace(CI_RUN, stages=ci_stages())


@pytest.mark.parametrize(
    ("run", "task", "part", "nothing"),
    [
        (CI_DONE, PUBLISH, "own_published_pipelines", ()),
        (CI_DONE, INVOKE, "own_training_runs", ()),
        (CI_DONE, INVOKE, "own_training_runs", None),
        (CI_DONE, INVOKE, "own_training_runs", (replace(TRAINED[0], status="Failed"),)),
        (replace(CD_RUN, stages=stages()), DEPLOY, "own_endpoints", ()),
    ],
)
def test_a_failure_that_was_tolerated_counts_where_its_work_is_not_there(
    run: Run, task: str, part: str, nothing: object
) -> None:
    went_on = tolerated(run, task, "Script failed with exit code: 1")
    assert proven(went_on).succeeded, "its work is there"
    assert proven(went_on, **{part: UNSEEN}).succeeded, "its work could not be read"
    assert proven(tolerated(run, task), **{part: nothing}).succeeded, "it only warned"
    failed = proven(went_on, **{part: nothing})
    assert not failed.succeeded
    (mismatch,) = rules.none_succeeded([failed], LAB)
    assert f"{task} failed, and the run went on" in mismatch.found


def test_a_smoke_test_makes_nothing_that_could_show_it() -> None:
    went_on = tolerated(replace(CD_RUN, stages=stages()), SMOKE, "exit code: 1")
    assert not proven(went_on).succeeded
    assert not proven(went_on, own_endpoints=UNSEEN).succeeded


# --- CI -------------------------------------------------------------------------------------------

REPORT = "Publish artifact if new model was registered"
JOBS = (
    *("Model CI Pipeline", "Get Pipeline ID for execution", "Trigger ML Training Pipeline"),
    REPORT,
)


def renamed(part: str) -> tuple[Stage, ...]:
    """The stages of CI with another name for this job or task."""
    return with_texts(ci_stages(), lambda text: "Mine" if text == part else text)  # type: ignore[no-any-return]


def done(name: str) -> Job:
    """A job or task that was found to be done: a task comes in a job without a name."""
    task = Task(name, "completed", "succeeded")
    named, tasks = (name, ()) if name in JOBS else ("", (task,))
    return Job(named, "completed", "succeeded", tasks)


def added(run: Run) -> list[Job]:
    """The jobs that a run has more where its work is there."""
    former, now = ([job for s in r.stages for job in s.jobs] for r in (run, proven(run)))  # type: ignore[union-attr]
    return [job for job in now if job not in former]


@pytest.mark.parametrize("part", [*JOBS, PUBLISH, INVOKE])
def test_a_part_of_ci_under_another_name_counts_where_its_work_is_there(part: str) -> None:
    run = replace(CI_RUN, stages=renamed(part), artifacts=("model",))
    assert rules.incomplete_ci(run.stages, LAB)
    assert rules.incomplete_ci(proven(run).stages, LAB) == []
    assert added(run) == [done(part)]


@pytest.mark.parametrize(
    ("part", "lacks"),
    [
        (JOBS[0], {"own_published_pipelines": ()}),
        (PUBLISH, {"own_published_pipelines": ()}),
        (PUBLISH, {"own_published_pipelines": NOT_COLLECTED}),
        (INVOKE, {"own_training_runs": None}),
        (INVOKE, {"own_training_runs": (replace(TRAINED[0], tags={}),)}),
        (INVOKE, {"own_training_runs": (replace(TRAINED[0], pipeline_id=""),)}),
        (REPORT, {}),
    ],
)
def test_a_part_of_ci_whose_work_is_not_there_was_left_out(part: str, lacks: Any) -> None:
    run = replace(CI_RUN, stages=renamed(part), artifacts=())
    assert proven(run, **lacks) == run


def test_what_is_whole_failed_or_was_left_out_as_a_whole_is_as_it_was() -> None:
    for run in (
        replace(CI_RUN, stages=ci_stages(), artifacts=("model",)),
        replace(CD_RUN, stages=stages()),
        replace(CI_RUN, stages=ci_stages(**{INVOKE: "failed"})),
        replace(CI_RUN, stages=ci_stages("Trigger_AML_Pipeline")),
        replace(CI_RUN, stages=renamed(PUBLISH), result="failed"),
        replace(CI_RUN, stages=None),
    ):
        assert proven(run) == run
    fault = Unavailable("Azure DevOps", "the runs", "HTTP 503", "Run again.")  # type: ignore[arg-type]
    assert runs(fault, LAB) == fault


# --- CD -------------------------------------------------------------------------------------------


def test_a_deployment_under_another_name_counts_where_the_endpoint_is_of_that_run() -> None:
    run = replace(CD_RUN, stages=without(DEPLOY))
    assert lacks_only_the_name(run.stages, LAB.sheet.cd)
    for complete_or_none in (stages(), stages(Deploy_ACI="skipped"), ()):
        assert not lacks_only_the_name(complete_or_none, LAB.sheet.cd)
    assert rules.incomplete_deployment(proven(run).stages, LAB) == []
    assert added(run) == [done(DEPLOY)]
    for other in (
        replace(ENDPOINT, name="mine"),
        replace(ENDPOINT, created_at=NOON),
        replace(ENDPOINT, created_at=NOON + timedelta(hours=2)),
        replace(ENDPOINT, created_at=None),
    ):
        assert rules.incomplete_deployment(proven(run, own_endpoints=(other,)).stages, LAB)


@pytest.mark.parametrize(
    ("created", "is_during"), [(44, False), (45, True), (75, True), (76, False)]
)
def test_an_endpoint_of_a_run_is_made_while_it_goes_on(created: int, is_during: bool) -> None:
    endpoint = replace(ENDPOINT, created_at=NOON + timedelta(minutes=created))
    assert rules.deployed_during(CD_RUN, endpoint) is is_during
    for unknown in (replace(CD_RUN, started_at=None), replace(CD_RUN, finished_at=None)):
        assert not rules.deployed_during(unknown, endpoint)


def test_an_endpoint_was_changed_after_a_run_that_had_ended_before_or_has_no_end() -> None:
    for minutes, is_after in ((70, False), (71, True)):
        endpoint = replace(ENDPOINT, updated_at=NOON + timedelta(minutes=minutes))
        assert rules.changed_after(CD_RUN, endpoint) is is_after
    assert rules.changed_after(replace(CD_RUN, finished_at=None), ENDPOINT)


@pytest.mark.parametrize(
    ("removed", "last", "may"),
    [
        ((SMOKE,), "Try it", True),
        ((SMOKE,), "", False),
        ((), "Try it", False),
        ((SMOKE, DEPLOY), "Try it", False),
    ],
)
def test_the_last_task_of_the_file_may_be_the_smoke_test(
    removed: tuple[str, ...], last: str, may: bool
) -> None:
    assert may_test_under_another_name(without(*removed, last=last), LAB.sheet.cd) is may
    assert not lacks_only_the_name(without(SMOKE), LAB.sheet.cd)
    for none in (stages(Deploy_ACI="skipped"), ()):
        assert not may_test_under_another_name(none, LAB.sheet.cd)


def test_what_may_have_been_done_under_another_name_is_not_assessed() -> None:
    def asked(own_stages: Any, endpoint: Any = ENDPOINT) -> Any:
        return deploying_cd_stages(CD_RUN, own_stages, (), LAB, (endpoint,))

    later = replace(ENDPOINT, created_at=NOON + timedelta(minutes=71))
    with pytest.raises(NotAssessed, match=r"no task of run 20261120\.1 is called Smoke test"):
        asked(without(SMOKE, last="Try it"))
    with pytest.raises(NotAssessed, match="is called Deploy to ACI"):
        asked(without(DEPLOY), later)
    assert asked(without(DEPLOY)) == without(DEPLOY)
    assert asked(without(DEPLOY), replace(later, name="mine"))
    with pytest.raises(NotAssessed, match="was not collected"):
        deploying_cd_stages(CD_RUN, without(DEPLOY), (), LAB)


# --- by hand --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "by_hand"), [(75, False), (76, True)])
def test_what_was_made_after_every_cd_run_was_made_by_hand(minutes: int, by_hand: bool) -> None:
    endpoint = replace(ENDPOINT, created_at=NOON + timedelta(minutes=minutes))
    every = (replace(CD_RUN, finished_at=NOON), CD_RUN)
    found = rules.not_by_the_cd_run(endpoint, [CD_RUN], WORKSPACE, every)
    assert bool(found) is by_hand
    if by_hand:
        assert (found[0].expected, found[0].found) == (
            "by a CD run (the last one ended 2026-11-20 13:10 UTC)",
            "2026-11-20 13:16 UTC",
        )
    going = (*every, replace(CD_RUN, finished_at=None))
    assert rules.not_by_the_cd_run(endpoint, [CD_RUN], WORKSPACE, going) == []
    changed = replace(ENDPOINT, updated_at=NOON + timedelta(days=1))
    assert rules.not_by_the_cd_run(changed, [CD_RUN], WORKSPACE, every) == []
    moving = replace(endpoint, state="Transitioning")
    assert rules.not_by_the_cd_run(moving, [CD_RUN], WORKSPACE, every) == []


def test_every_cd_run_counts_unless_all_came_before_ci() -> None:
    deleted, misnamed = replace(CD_RUN, id=201), replace(CD, id=13, name="mine")
    others = replace(CD_RUN, id=203, pipeline_id=13)
    own = every_cd_run((CI, CD, misnamed), (CI_RUN, CD_RUN, others), (deleted,), LAB)
    assert own == (CD_RUN, others, deleted)
    late = replace(CI_RUN, finished_at=NOON + timedelta(hours=3))
    assert every_cd_run((CI, CD), (late, CD_RUN), (), LAB) == ()
    assert every_cd_run((CI, CD), (late, CI_RUN, CD_RUN), (), LAB) == (CD_RUN,)


# --- the run that CD took -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("upstream", "is_right"),
    [
        (UpstreamRun("ci", CI.id, CI_RUN.number), True),
        (UpstreamRun("ci", CI.id, "other"), False),
        (UpstreamRun("ci", 99, CI_RUN.number), False),
        (UpstreamRun("ci", CI.id, "other", run_id=CI_RUN.id), True),
        (UpstreamRun("ci", CI.id, CI_RUN.number, run_id=77), False),
    ],
)
def test_an_id_decides_over_a_number(upstream: UpstreamRun, is_right: bool) -> None:
    assert (rules.wrong_upstream([upstream], CI, [CI_RUN]) == []) is is_right
    assert rules.consumed([upstream], [CI_RUN]) == ([CI_RUN] if is_right else [])


# --- stars ----------------------------------------------------------------------------------------


def deployed(model: str, version: str, **evidence: Any) -> Deployment:
    given: dict[str, Any] = {
        "logged_deployment": Deployment(model, version, smoke_test_passed=True),
        "cd_run": CD_RUN,
        "ci_models": (MODEL,),
        "succeeded_ci_runs": (CI_RUN,),
        "lab": LAB,
        "own_endpoints": (),
    }
    return deployment(**given | evidence)


TAKEN = {
    "cd_run": replace(CD_RUN, upstream=(UpstreamRun("ci", CI.id, CI_RUN.number),)),
    "succeeded_ci_runs": (replace(CI_RUN, model_file=ModelFile(LAB.model, "1", f"{LAB.model}:1")),),
}


@pytest.mark.parametrize("shown", [{"own_endpoints": (ENDPOINT,)}, TAKEN])
@pytest.mark.parametrize(("model", "version"), [("***", "***"), (LAB.model, "***"), ("d***", "1")])
def test_the_endpoint_or_the_artifact_shows_what_stars_hide(
    model: str, version: str, shown: Any
) -> None:
    found = deployed(model, version, **shown)
    assert (found.model, found.version) == (LAB.model, "1")
    assert found.smoke_test_passed


@pytest.mark.parametrize(
    "shown", [{}, {"own_endpoints": (replace(ENDPOINT, name="mine"),)}, {"cd_run": TAKEN["cd_run"]}]
)
def test_where_nothing_else_shows_it_stars_prove_nothing(shown: Any) -> None:
    with pytest.raises(NotAssessed, match=r"the log of CD run 20261120\.1 hides which model"):
        deployed("***", "***", **shown)


def test_what_stars_leave_visible_still_counts() -> None:
    for model, version in ((LAB.model, "1"), (LAB.model, "7"), ("other***", "1"), ("***", "2")):
        assert (deployed(model, version).model, deployed(model, version).version) == (
            model,
            version,
        )
    assert rules.deployed_otherwise(deployed("other***", "1"), [MODEL], LAB)


# --- overriding variables -------------------------------------------------------------------------


def group(*names: str, name: str = LAB.variable_group) -> VariableGroup:
    return VariableGroup(1, name, "Vsts", {variable: Variable(None) for variable in names})


def test_only_the_labs_group_overrides() -> None:
    groups = (group("LOCATION", "experiment_name"), group("MODEL_NAME", name="other"))
    assert overrides(LAB, groups) == ("experiment_name",)
    assert overrides(LAB) == ()
    assert is_overridden("EXPERIMENT_NAME", ["experiment_name"])
    assert not is_overridden("EXPERIMENT_NAME", ["EXPERIMENT"])


def test_a_model_of_an_overridden_experiment_is_the_runs() -> None:
    model = replace(MODEL, tags={**MODEL.tags, "experiment_name": "mine"})
    named = with_the_labs_experiment(model, ["EXPERIMENT_NAME"], LAB)
    assert rules.registered_by([named], [CI_RUN], LAB) == [named]
    assert with_the_labs_experiment(model, ["MODEL_NAME"], LAB) == model
    untagged = replace(MODEL, tags={})
    assert with_the_labs_experiment(untagged, ["EXPERIMENT_NAME"], LAB) == untagged


def test_a_file_of_an_overridden_model_is_the_labs() -> None:
    models = (replace(MODEL, name="mine.pkl"),)
    file = ModelFile("mine.pkl", "1", "mine.pkl:1")
    whole = ModelFile(LAB.model, "1", f"{LAB.model}:1")
    assert with_the_labs_model(file, models, ["model_name"], LAB) == whole
    assert with_the_labs_model(file, models, [], LAB) == file
    assert with_the_labs_model(file, (), ["MODEL_NAME"], LAB) == file
    unread = (replace(models[0], version=""),)
    assert with_the_labs_model(file, unread, ["MODEL_NAME"], LAB) == file
    odd = replace(file, id="mine.pkl:2")
    assert with_the_labs_model(odd, models, ["MODEL_NAME"], LAB) == odd
    other = ModelFile("other.pkl", "1", "other.pkl:1")
    assert with_the_labs_model(other, models, ["MODEL_NAME"], LAB) == other


@pytest.mark.parametrize(
    ("check", "variable"),
    [
        ("training-run-completed", "EXPERIMENT_NAME"),
        ("training-run-completed", "TRAINING_PIPELINE_NAME"),
        ("model-is-registered-by-the-ci-run", "EXPERIMENT_NAME"),
        ("training-pipeline-is-published", "TRAINING_PIPELINE_NAME"),
        ("training-pipeline-is-published-by-the-ci-run", "TRAINING_PIPELINE_NAME"),
        ("model-artifact-names-the-model", "MODEL_NAME"),
        ("model-is-registered", "MODEL_NAME"),
        ("cd-run-deployed-the-registered-model", "MODEL_NAME"),
        ("cd-run-succeeded", "AML_COMPUTE_CLUSTER_NAME"),
        ("ci-run-has-every-stage-and-job", "DATASET_NAME"),
    ],
)
def test_what_fails_names_the_override(check: str, variable: str) -> None:
    expected = "no variable that overrides the pipelines' own values"
    assert overridden(check, [variable], LAB) == (Mismatch("variable group", expected, variable),)
    assert overridden(check, [], LAB) == ()
    assert overridden("endpoint-is-healthy", [variable], LAB) == ()


@pytest.mark.parametrize(
    ("check", "names", "blamed"),
    [
        ("model-is-registered", ("MODEL_NAME", "IMAGE_NAME"), ["MODEL_NAME"]),
        ("ci-run-succeeded", ("AML_X", "DATASET_NAME"), ["AML_X, DATASET_NAME"]),
        ("model-is-registered", ("EXPERIMENT_NAME",), []),
    ],
)
def test_only_an_override_that_may_be_the_cause_is_named(
    check: str, names: tuple[str, ...], blamed: list[str]
) -> None:
    assert [mismatch.found for mismatch in overridden(check, names, LAB)] == blamed


def test_pipelines_of_an_overridden_name_are_the_labs() -> None:
    mine = (replace(PUBLISHED[0], name="mine"),)
    assert lab_pipelines((*mine, *PUBLISHED), (), LAB) == PUBLISHED
    both = (*mine, *PUBLISHED)
    assert lab_pipelines(both, ("TRAINING_PIPELINE_NAME",), LAB) == both
    assert lab_pipelines(mine, (), LAB) == ()
    assert lab_pipelines(mine, ("training_pipeline_name",), LAB) == mine

"""Evidence that lacks something: what a learner's may be, and no simulated learner can have.

Each case changes the stored evidence of a model answer by hand: parts that could not be seen, runs
that tell less than others. It states the checks that fail by it, and whether others stay undecided;
what every check makes of it is frozen in ``golden/asking.txt``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from graders import snapshot
from graders.evidence import (
    Answer,
    Evidence,
    Model,
    Run,
    SecondAnswer,
    ServiceName,
    Stage,
    Unavailable,
)
from graders.judging.registry import PARTS
from graders.verdicts import Outcome, Verdict
from tests.support import golden_lines, grading_process, judged_classes

Change = Callable[[Evidence], Evidence]
NOT_ASSESSED, PENDING = Outcome.NOT_ASSESSED, Outcome.PENDING
UNSEEN = Unavailable(ServiceName.AZURE_ML, "this", "it answered 503", "Run again.")


@dataclass(frozen=True)
class Case:
    """A change, and what the checks say of it."""

    change: Change
    causes: frozenset[str]
    """The checks that fail, or note something; what else is blocked waits for them."""
    undecided: Outcome | None
    """What the others are that neither pass nor are blocked."""


CASES: dict[str, Case] = {}
FROZEN = golden_lines.GOLDEN / "asking.txt"


def case(*causes: str, undecided: Outcome | None = None) -> Callable[[Change], Change]:
    def mark(change: Change) -> Change:
        CASES[change.__name__] = Case(change, frozenset(causes), undecided)
        return change

    return mark


@dataclass(frozen=True)
class Asked:
    """What every check says of one case."""

    verdicts: tuple[Verdict, ...]
    changed: frozenset[str]
    """The parts of the evidence that are not the model answer's."""

    @cached_property
    def outcomes(self) -> Mapping[str, Outcome]:
        return {verdict.check: verdict.outcome for verdict in self.verdicts}


def asked(folder: Path) -> dict[str, Asked]:
    """Every case, collected at once as a model answer, changed, and judged."""
    evidence = folder / "evidence"
    labs = judged_classes.collect(
        grading_process.write_cohort(folder / "cases.csv", len(CASES)), evidence
    )
    changed = {
        learner: _changed(evidence, learner, case.change)
        for learner, case in zip(labs, CASES.values(), strict=True)
    }
    judge = judged_classes.judge(labs, evidence)
    judged = (Asked(tuple(judge.verdicts(learner)), parts) for learner, parts in changed.items())
    return dict(zip(CASES, judged, strict=True))


def _changed(evidence: Path, learner: str, change: Change) -> frozenset[str]:
    before = snapshot.read(evidence, learner)
    judged_classes.change(evidence, learner, change)
    after = snapshot.read(evidence, learner)
    parts = PARTS.values()
    return frozenset(part for part in parts if getattr(before, part) != getattr(after, part))


# --- changing evidence ----------------------------------------------------------------------------


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
    (endpoint,) = tuple_of(evidence.endpoints)
    return replace(evidence, endpoints=(replace(endpoint, **changes),))


def answer_of(evidence: Evidence, **changes: Any) -> Evidence:
    assert isinstance(evidence.answer, Answer)
    return replace(evidence, answer=replace(evidence.answer, **changes))


def with_result(stages: Any, identifier: str, result: str) -> tuple[Stage, ...]:
    return tuple(
        replace(stage, result=result, jobs=()) if stage.identifier == identifier else stage
        for stage in stages
    )


def flawed(ci: Run) -> Run:
    return replace(ci, stages=with_result(ci.stages, "Trigger_AML_Pipeline", "skipped"))


# --- which of several CI runs ---------------------------------------------------------------------


@case()
def older_ci_run_is_better(evidence: Evidence) -> Evidence:
    ci, cd = runs_of(evidence)
    newer = replace(ci, id=ci.id + 50)
    return with_runs(evidence, flawed(newer), replace(newer, artifacts=()), cd, ci)


@case()
def older_ci_run_was_seen(evidence: Evidence) -> Evidence:
    ci, cd = runs_of(evidence)
    newer = replace(ci, id=ci.id + 50)
    unseen = replace(newer, stages=UNSEEN), replace(newer, artifacts=UNSEEN)
    return with_runs(evidence, *unseen, replace(newer, stages=None, artifacts=None), cd, ci)


@case(undecided=NOT_ASSESSED)
def only_flawed_ci_runs_were_looked_into(evidence: Evidence) -> Evidence:
    ci, cd = runs_of(evidence)
    newer = replace(ci, id=ci.id + 50)
    unknown = replace(ci, stages=None, artifacts=None)
    return with_runs(evidence, flawed(newer), replace(newer, artifacts=()), cd, unknown)


@case()
def newest_ci_run_has_no_commit_here(evidence: Evidence) -> Evidence:
    ci, cd = runs_of(evidence)
    return with_runs(evidence, replace(ci, commit="f" * 40), cd, ci)


# --- which of several CD runs ---------------------------------------------------------------------


@case()
def older_cd_run_is_better(evidence: Evidence) -> Evidence:
    ci, cd = runs_of(evidence)
    skipped = replace(cd, stages=with_result(cd.stages, "Deploy_ACI", "skipped"))
    return with_runs(evidence, skipped, replace(cd, stages=()), cd, ci)


@case()
def older_cd_run_was_seen(evidence: Evidence) -> Evidence:
    ci, cd = runs_of(evidence)
    return with_runs(evidence, replace(cd, stages=UNSEEN), replace(cd, upstream=UNSEEN), cd, ci)


@case(undecided=NOT_ASSESSED)
def upstream_of_the_cd_run_is_unseen(evidence: Evidence) -> Evidence:
    ci, cd = runs_of(evidence)
    skipped = replace(cd, stages=with_result(cd.stages, "Deploy_ACI", "skipped"))
    return with_runs(evidence, skipped, replace(cd, upstream=UNSEEN), ci)


@case("cd-run-followed-the-ci-run")
def cd_run_took_the_right_run_too_early(evidence: Evidence) -> Evidence:
    """What it took the model from weighs more than when it began."""
    ci, cd = runs_of(evidence)
    early = replace(cd, started_at=cd.started_at - timedelta(hours=3) if cd.started_at else None)
    return with_runs(evidence, replace(cd, upstream=()), early, ci)


@case("cd-run-deployed-to-container-instances")
def deployment_left_out_though_the_group_names_it(evidence: Evidence) -> Evidence:
    ci, cd = runs_of(evidence)
    return with_runs(
        evidence, replace(cd, stages=with_result(cd.stages, "Deploy_ACI", "skipped")), ci
    )


@case("variable-group-has-every-variable", "cd-run-deployed-to-container-instances")
def deployment_failed_and_the_variable_is_gone(evidence: Evidence) -> Evidence:
    """The stage ran: that it is not whole has nothing to do with the variable."""
    ci, cd = runs_of(evidence)
    stages = tuple(replace(stage, jobs=()) for stage in tuple_of(cd.stages))
    groups = [
        replace(group, variables={k: v for k, v in group.variables.items() if k[:3] != "ACI"})
        for group in tuple_of(evidence.variable_groups)
    ]
    return replace(
        with_runs(evidence, replace(cd, stages=stages), ci), variable_groups=tuple(groups)
    )


# --- the chain, where a part of it was not seen ---------------------------------------------------


def _older_chain(evidence: Evidence, **changes: Any) -> Evidence:
    """CD took the older of two CI runs; the newer one registered a version of its own."""
    ci, cd = runs_of(evidence)
    own = next(model for model in tuple_of(evidence.models) if model.tags)
    (training,) = tuple_of(evidence.training_runs)
    (published,) = tuple_of(evidence.published_pipelines)
    later = {"BuildId": str(ci.id + 50)}
    uri = own.tags["BuildUri"].rpartition("=")[0] + f"={ci.id + 50}"
    tags = {**own.tags, **later, "BuildUri": uri, "run_id": "later"}
    file = replace(ci.model_file, version="2", id=f"{own.name}:2")  # type: ignore[type-var]
    published_too = (f"Code Coverage Report_{ci.id + 50}", "model")
    newer = replace(ci, id=ci.id + 50, number="20261120.2", model_file=file)
    newer = replace(newer, artifacts=published_too)
    return replace(
        with_runs(evidence, newer, cd, replace(ci, **changes)),
        models=(own, replace(own, version="2", tags=tags)),
        training_runs=(training, replace(training, id="later", tags={**training.tags, **later})),
        published_pipelines=(published, replace(published, id="later", version=str(newer.id))),
    )


@case()
def chain_leads_through_the_older_run(evidence: Evidence) -> Evidence:
    return _older_chain(evidence)


@case(undecided=NOT_ASSESSED)
def chain_leads_through_an_artifact_that_is_unseen(evidence: Evidence) -> Evidence:
    return _older_chain(evidence, model_file=UNSEEN)


@case(undecided=NOT_ASSESSED)
def chain_leads_through_a_run_that_was_not_looked_into(evidence: Evidence) -> Evidence:
    return _older_chain(evidence, stages=None, artifacts=None, model_file=None)


@case(undecided=NOT_ASSESSED)
def chain_leads_through_a_log_that_is_unseen(evidence: Evidence) -> Evidence:
    """The CD run that speaks best deployed another version than the endpoint serves."""
    evidence = _older_chain(evidence)
    cd = next(run for run in tuple_of(evidence.runs) if run.deployment)
    newer, older = (run for run in tuple_of(evidence.runs) if run is not cd)
    other = replace(cd, deployment=replace(cd.deployment, version="2"))  # type: ignore[type-var]
    unseen = replace(cd, id=cd.id - 1, deployment=UNSEEN)
    return with_runs(evidence, newer, other, unseen, older)


@case()
def chain_of_a_run_that_registered_twice(evidence: Evidence) -> Evidence:
    """The artifact tells which of the two versions counts."""
    own = next(model for model in tuple_of(evidence.models) if model.tags)
    return replace(evidence, models=(replace(own, version="9"), own))


# --- training -------------------------------------------------------------------------------------


def _trained(evidence: Evidence, *statuses: str) -> Evidence:
    """A training run for each status, all of the one CI run."""
    (training,) = tuple_of(evidence.training_runs)
    return replace(
        evidence, training_runs=tuple(replace(training, status=status) for status in statuses)
    )


@case(undecided=PENDING)
def training_in_a_state_of_its_own(evidence: Evidence) -> Evidence:
    """Whatever is no end is on its way: the service has many words for it."""
    return _trained(evidence, "CancelRequested")


@case(undecided=PENDING)
def training_failed_and_is_tried_again(evidence: Evidence) -> Evidence:
    return _trained(evidence, "Failed", "Provisioning")


@case()
def training_is_tried_again_after_it_completed(evidence: Evidence) -> Evidence:
    return _trained(evidence, "Running", "Finished")


@case("training-run-completed")
def training_was_cancelled(evidence: Evidence) -> Evidence:
    return _trained(evidence, "Canceled")


# --- runs that tell nothing -----------------------------------------------------------------------


@case(undecided=NOT_ASSESSED)
def failed_cd_run_is_unseen(evidence: Evidence) -> Evidence:
    """It may have failed after it deployed."""
    ci, cd = runs_of(evidence)
    return with_runs(evidence, replace(cd, result="failed", stages=UNSEEN), ci)


@case()
def later_cd_run_is_unseen_or_going(evidence: Evidence) -> Evidence:
    ci, cd = runs_of(evidence)
    failed = replace(cd, result="failed", stages=UNSEEN)
    going = replace(cd, status="inProgress", result=None, stages=None)
    return with_runs(
        evidence, going, failed, cd, replace(ci, id=ci.id + 50, status="inProgress"), ci
    )


@case(undecided=Outcome.NOT_ASSESSED)
def runs_of_ci_are_gone(evidence: Evidence) -> Evidence:
    """The runs of CD are no runs of CI; what CI made says that there was one."""
    _, cd = runs_of(evidence)
    return with_runs(evidence, cd)


# --- names ----------------------------------------------------------------------------------------


@case("model-is-registered")
def model_of_another_name(evidence: Evidence) -> Evidence:
    models = tuple(replace(model, name="diabetes.pkl") for model in tuple_of(evidence.models))
    return replace(evidence, models=models)


@case("endpoint-serves-the-registered-model")
def version_of_another_model(evidence: Evidence) -> Evidence:
    """Models of other names do not count, whatever their tags say."""
    own: Model = next(model for model in tuple_of(evidence.models) if model.tags)
    other = replace(own, name="other.pkl")
    changed = replace(evidence, models=(own, other))
    return endpoint_of(changed, model_ids=(f"other.pkl:{own.version}",))


@case()
def published_twice_and_disabled_once(evidence: Evidence) -> Evidence:
    (published,) = tuple_of(evidence.published_pipelines)
    return replace(
        evidence,
        published_pipelines=(
            published,
            replace(published, is_active=False),
            replace(published, name="mine"),
        ),
    )


@case("ci-pipeline-runs-the-ci-yaml", "model-is-registered")
def ci_of_the_right_name_alone(evidence: Evidence) -> Evidence:
    """A pipeline in the role of CI is known by its name, whatever file it runs."""
    pipelines = [
        replace(pipeline, yaml_path="mine.yml")
        if pipeline.yaml_path.endswith("-ci.yml")
        else pipeline
        for pipeline in tuple_of(evidence.pipelines)
    ]
    return replace(evidence, pipelines=tuple(pipelines), models=())


@case("ci-pipeline-exists", "model-is-registered")
def ci_of_the_right_file_alone(evidence: Evidence) -> Evidence:
    """And by the file it runs, whatever its name: it has succeeded, and the model is gone."""
    pipelines = [
        replace(pipeline, name="mine") if pipeline.yaml_path.endswith("-ci.yml") else pipeline
        for pipeline in tuple_of(evidence.pipelines)
    ]
    return replace(evidence, pipelines=tuple(pipelines), models=())


@case("ci-run-succeeded")
def model_among_others_and_ci_failed(evidence: Evidence) -> Evidence:
    """What is there counts, whoever registered it."""
    ci, cd = runs_of(evidence)
    (model,) = [tagged for tagged in tuple_of(evidence.models) if tagged.tags]
    other = replace(model, name="other.pkl", version="", tags={})
    failed = with_runs(evidence, cd, replace(ci, result="failed"))
    return replace(failed, models=(other, model))


@case("cd-pipeline-exists", undecided=PENDING)
def endpoint_of_a_misnamed_pipeline_that_is_going(evidence: Evidence) -> Evidence:
    return _going(evidence, name="mine")


@case("cd-pipeline-runs-the-cd-yaml", undecided=PENDING)
def endpoint_of_another_file_that_is_going(evidence: Evidence) -> Evidence:
    return _going(evidence, yaml_path="mine.yml")


def _going(evidence: Evidence, **changes: Any) -> Evidence:
    """CD is different from the lab's in this way, and its run has not ended."""
    ci, cd = runs_of(evidence)
    pipelines = [
        replace(pipeline, **changes) if pipeline.yaml_path.endswith("-cd.yml") else pipeline
        for pipeline in tuple_of(evidence.pipelines)
    ]
    going = with_runs(evidence, replace(cd, status="inProgress", result=None, stages=None), ci)
    return replace(going, pipelines=tuple(pipelines), endpoints=(), answer=None)


@case("endpoint-exists")
def endpoint_gone_after_a_deployment_with_warnings(evidence: Evidence) -> Evidence:
    ci, cd = runs_of(evidence)
    stages = tuple(
        replace(stage, result="succeededWithIssues") if stage.identifier == "Deploy_ACI" else stage
        for stage in tuple_of(cd.stages)
    )
    warned = with_runs(evidence, replace(cd, result="partiallySucceeded", stages=stages), ci)
    return replace(warned, endpoints=(), answer=None)


@case("endpoint-exists")
def endpoint_of_another_generation(evidence: Evidence) -> Evidence:
    return endpoint_of(evidence, generation=2)


@case("endpoint-exists")
def endpoint_of_another_name(evidence: Evidence) -> Evidence:
    return endpoint_of(evidence, name="mine")


@case("cd-pipeline-exists", "endpoint-exists")
def endpoint_gone_and_cd_misnamed(evidence: Evidence) -> Evidence:
    """The misnamed pipeline deployed: its endpoint is gone, not missing for want of a run."""
    pipelines = [
        replace(pipeline, name="mine") if pipeline.yaml_path.endswith("-cd.yml") else pipeline
        for pipeline in tuple_of(evidence.pipelines)
    ]
    return replace(evidence, pipelines=tuple(pipelines), endpoints=(), answer=None)


# --- the endpoint's states and answers ------------------------------------------------------------


@case(undecided=PENDING)
def endpoint_is_being_created(evidence: Evidence) -> Evidence:
    return endpoint_of(evidence, state="Creating")


@case(undecided=PENDING)
def endpoint_is_being_updated(evidence: Evidence) -> Evidence:
    return endpoint_of(evidence, state="Updating")


@case(undecided=NOT_ASSESSED)
def silent_endpoint_and_nothing_else_known(evidence: Evidence) -> Evidence:
    """One silent answer may be the network's fault: a smoke test of other runs proves nothing."""
    ci, cd = runs_of(evidence)
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
    pipelines = tuple_of(evidence.pipelines)
    known = (*pipelines, replace(pipelines[0], id=9999, name="mine", yaml_path="mine.yml"))
    return replace(with_runs(evidence, strange, cd, ci), answer=UNSEEN, pipelines=known)


@case("endpoint-answers-the-query")
def endpoint_refuses_the_query(evidence: Evidence) -> Evidence:
    return replace(evidence, answer=Answer(400, (1.0, 2.0), "bad", swagger=True))


@case(undecided=NOT_ASSESSED)
def endpoint_gives_no_address(evidence: Evidence) -> Evidence:
    return replace(endpoint_of(evidence, scoring_uri=""), answer=None)


@case("endpoint-answers-the-query")
def endpoint_refused_the_only_question(evidence: Evidence) -> Evidence:
    """Before there was a second question: that one's point goes with the first."""
    return replace(evidence, answer=Answer(400, None, "bad", swagger=True, asked_once=True))


@case()
def endpoint_was_asked_once(evidence: Evidence) -> Evidence:
    return answer_of(evidence, second=None, asked_once=True)


@case(undecided=NOT_ASSESSED)
def second_answer_is_unseen(evidence: Evidence) -> Evidence:
    return answer_of(evidence, second=UNSEEN)


@case(undecided=NOT_ASSESSED)
def second_question_was_not_asked(evidence: Evidence) -> Evidence:
    """That it was is no matter of luck: without a word of it, nothing is given away."""
    return answer_of(evidence, second=None)


@case("endpoint-computes-its-answer")
def second_answer_is_the_first(evidence: Evidence) -> Evidence:
    assert isinstance(evidence.answer, Answer)
    assert isinstance(evidence.answer.second, SecondAnswer)
    again = replace(evidence.answer.second, result=evidence.answer.result)
    return answer_of(evidence, second=again)


@case(undecided=PENDING)
def endpoint_in_transition_when_nobody_told_the_time(evidence: Evidence) -> Evidence:
    return replace(endpoint_in_transition_for_a_day(evidence), endpoints_read_at=None)


@case("endpoint-is-healthy")
def endpoint_in_transition_for_a_day(evidence: Evidence) -> Evidence:
    read_at = evidence.endpoints_read_at
    assert read_at is not None
    yesterday = read_at - timedelta(days=1)
    return endpoint_of(evidence, state="Updating", created_at=yesterday, updated_at=yesterday)


@case(undecided=NOT_ASSESSED)
def description_is_unseen(evidence: Evidence) -> Evidence:
    return answer_of(evidence, swagger=UNSEEN)


# --- the repository -------------------------------------------------------------------------------


def repository_of(evidence: Evidence, **changes: Any) -> Evidence:
    (repository,) = tuple_of(evidence.repositories)
    return replace(evidence, repositories=(replace(repository, **changes),))


@case()
def template_is_hidden(evidence: Evidence) -> Evidence:
    """A10: the template's own files in a history of their own are proof enough."""
    return repository_of(evidence, template=UNSEEN)


@case("repository-is-unmodified", undecided=NOT_ASSESSED)
def template_is_hidden_and_the_files_are_changed(evidence: Evidence) -> Evidence:
    return repository_of(evidence, template=UNSEEN, tree="0" * 40)


@case(undecided=NOT_ASSESSED)
def repositories_are_unseen(evidence: Evidence) -> Evidence:
    return replace(evidence, repositories=UNSEEN)


ESSENTIAL = "repository-has-the-essential-files"


@case(ESSENTIAL)
def ci_file_is_gone(evidence: Evidence) -> Evidence:
    return _without_file(evidence, "-ci.yml")


@case(ESSENTIAL)
def cd_file_is_gone(evidence: Evidence) -> Evidence:
    return _without_file(evidence, "-cd.yml")


@case(ESSENTIAL)
def variables_file_is_gone(evidence: Evidence) -> Evidence:
    return _without_file(evidence, "-variables-template.yml")


def _without_file(evidence: Evidence, end: str) -> Evidence:
    (repository,) = tuple_of(evidence.repositories)
    files, texts = (
        {path: value for path, value in contents.items() if not path.endswith(end)}
        for contents in (repository.files, repository.texts)
    )
    return repository_of(evidence, files=files, texts=texts)


@case(undecided=NOT_ASSESSED)
def pipelines_are_unseen(evidence: Evidence) -> Evidence:
    """Whose runs they are cannot be known, nor whose smoke test failed."""
    return replace(evidence, pipelines=UNSEEN, answer=UNSEEN)


@case("location-is-the-workspace-region")
def empty_value_is_no_secret(evidence: Evidence) -> Evidence:
    """Azure DevOps stores an empty value as null."""
    groups = [
        replace(
            group,
            variables={
                name: replace(value, value=None) if name == "LOCATION" else value
                for name, value in group.variables.items()
            },
        )
        for group in tuple_of(evidence.variable_groups)
    ]
    return replace(evidence, variable_groups=tuple(groups))

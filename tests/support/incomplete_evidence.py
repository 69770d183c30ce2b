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
from graders.evidence import Answer, Evidence, Model, Run, ServiceName, Stage, Unavailable
from graders.judging.registry import PARTS
from graders.verdicts import Outcome, Verdict
from tests.support import golden_lines, grading_process, judged_classes

Change = Callable[[Evidence], Evidence]
NOT_ASSESSED, PENDING = Outcome.NOT_ASSESSED, Outcome.PENDING
UNSEEN = Unavailable(ServiceName.AZURE_ML, "this", "it answered 503", "Run again.")


@dataclass(frozen=True)
class Case:
    """A change, and what a learner is told of it."""

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
        return {one.check: one.outcome for one in self.verdicts}


def asked(folder: Path) -> dict[str, Asked]:
    """Every case, collected at once as a model answer, changed, and judged."""
    evidence = folder / "evidence"
    labs = judged_classes.collect(
        grading_process.write_cohort(folder / "cases.csv", len(CASES)), evidence
    )
    changed = {
        learner: _changed(evidence, learner, one.change)
        for learner, one in zip(labs, CASES.values(), strict=True)
    }
    judge = judged_classes.judge(labs, evidence)
    found = (Asked(tuple(judge.verdicts(one)), parts) for one, parts in changed.items())
    return dict(zip(CASES, found, strict=True))


def _changed(evidence: Path, learner: str, change: Change) -> frozenset[str]:
    before = snapshot.read(evidence, learner)
    judged_classes.change(evidence, learner, change)
    after = snapshot.read(evidence, learner)
    parts = PARTS.values()
    return frozenset(one for one in parts if getattr(before, one) != getattr(after, one))


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
    (one,) = tuple_of(evidence.endpoints)
    return replace(evidence, endpoints=(replace(one, **changes),))


def with_result(stages: Any, identifier: str, result: str) -> tuple[Stage, ...]:
    return tuple(
        replace(one, result=result, jobs=()) if one.identifier == identifier else one
        for one in stages
    )


def flawed(ci: Run) -> Run:
    return replace(ci, stages=with_result(ci.stages, "Trigger_AML_Pipeline", "skipped"))


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


@case(undecided=NOT_ASSESSED)
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


@case(undecided=NOT_ASSESSED)
def upstream_of_the_cd_run_is_unseen(found: Evidence) -> Evidence:
    ci, cd = runs_of(found)
    skipped = replace(cd, stages=with_result(cd.stages, "Deploy_ACI", "skipped"))
    return with_runs(found, skipped, replace(cd, upstream=UNSEEN), ci)


@case("cd-run-followed-the-ci-run")
def cd_run_took_the_right_run_too_early(found: Evidence) -> Evidence:
    """What it took the model from weighs more than when it began."""
    ci, cd = runs_of(found)
    early = replace(cd, started_at=cd.started_at - timedelta(hours=3) if cd.started_at else None)
    return with_runs(found, replace(cd, upstream=()), early, ci)


@case("cd-run-deployed-to-container-instances")
def deployment_left_out_though_the_group_names_it(found: Evidence) -> Evidence:
    ci, cd = runs_of(found)
    return with_runs(found, replace(cd, stages=with_result(cd.stages, "Deploy_ACI", "skipped")), ci)


@case("variable-group-has-every-variable", "cd-run-deployed-to-container-instances")
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


@case(undecided=NOT_ASSESSED)
def chain_leads_through_an_artifact_that_is_unseen(found: Evidence) -> Evidence:
    return _older_chain(found, model_file=UNSEEN)


@case(undecided=NOT_ASSESSED)
def chain_leads_through_a_run_that_was_not_looked_into(found: Evidence) -> Evidence:
    return _older_chain(found, stages=None, artifacts=None, model_file=None)


@case(undecided=NOT_ASSESSED)
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


def _trained(found: Evidence, *statuses: str) -> Evidence:
    """A training run for each status, all of the one CI run."""
    (one,) = tuple_of(found.training_runs)
    return replace(found, training_runs=tuple(replace(one, status=status) for status in statuses))


@case(undecided=PENDING)
def training_in_a_state_of_its_own(found: Evidence) -> Evidence:
    """Whatever is no end is on its way: the service has many words for it."""
    return _trained(found, "CancelRequested")


@case(undecided=PENDING)
def training_failed_and_is_tried_again(found: Evidence) -> Evidence:
    return _trained(found, "Failed", "Provisioning")


@case()
def training_is_tried_again_after_it_completed(found: Evidence) -> Evidence:
    return _trained(found, "Running", "Finished")


@case("training-run-completed")
def training_was_cancelled(found: Evidence) -> Evidence:
    return _trained(found, "Canceled")


# --- runs that tell nothing -----------------------------------------------------------------------


@case(undecided=NOT_ASSESSED)
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


@case("ci-has-a-completed-run")
def runs_of_ci_are_gone(found: Evidence) -> Evidence:
    """The runs of CD are no runs of CI."""
    _, cd = runs_of(found)
    return with_runs(found, cd)


# --- names ----------------------------------------------------------------------------------------


@case("model-is-registered")
def model_of_another_name(found: Evidence) -> Evidence:
    models = tuple(replace(one, name="diabetes.pkl") for one in tuple_of(found.models))
    return replace(found, models=models)


@case("endpoint-serves-the-registered-model")
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


@case("ci-pipeline-runs-the-ci-yaml", "model-is-registered")
def ci_of_the_right_name_alone(found: Evidence) -> Evidence:
    """A pipeline in the role of CI is known by its name, whatever file it runs."""
    pipelines = [
        replace(one, yaml_path="mine.yml") if one.yaml_path.endswith("-ci.yml") else one
        for one in tuple_of(found.pipelines)
    ]
    return replace(found, pipelines=tuple(pipelines), models=())


@case("ci-pipeline-exists", "model-is-registered")
def ci_of_the_right_file_alone(found: Evidence) -> Evidence:
    """And by the file it runs, whatever its name: it has succeeded, and the model is gone."""
    pipelines = [
        replace(one, name="mine") if one.yaml_path.endswith("-ci.yml") else one
        for one in tuple_of(found.pipelines)
    ]
    return replace(found, pipelines=tuple(pipelines), models=())


@case("ci-run-succeeded")
def model_among_others_and_ci_failed(found: Evidence) -> Evidence:
    """What is there counts, whoever registered it."""
    ci, cd = runs_of(found)
    (model,) = [one for one in tuple_of(found.models) if one.tags]
    other = replace(model, name="other.pkl", version="", tags={})
    failed = with_runs(found, cd, replace(ci, result="failed"))
    return replace(failed, models=(other, model))


@case("cd-pipeline-exists", undecided=PENDING)
def endpoint_of_a_misnamed_pipeline_that_is_going(found: Evidence) -> Evidence:
    return _going(found, name="mine")


@case("cd-pipeline-runs-the-cd-yaml", undecided=PENDING)
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


@case("endpoint-exists")
def endpoint_gone_after_a_deployment_with_warnings(found: Evidence) -> Evidence:
    ci, cd = runs_of(found)
    stages = tuple(
        replace(one, result="succeededWithIssues") if one.identifier == "Deploy_ACI" else one
        for one in tuple_of(cd.stages)
    )
    warned = with_runs(found, replace(cd, result="partiallySucceeded", stages=stages), ci)
    return replace(warned, endpoints=(), answer=None)


@case("endpoint-exists")
def endpoint_of_another_generation(found: Evidence) -> Evidence:
    return endpoint_of(found, generation=2)


@case("endpoint-exists")
def endpoint_of_another_name(found: Evidence) -> Evidence:
    return endpoint_of(found, name="mine")


@case("cd-pipeline-exists", "endpoint-exists")
def endpoint_gone_and_cd_misnamed(found: Evidence) -> Evidence:
    """The misnamed pipeline deployed: its endpoint is gone, not missing for want of a run."""
    pipelines = [
        replace(one, name="mine") if one.yaml_path.endswith("-cd.yml") else one
        for one in tuple_of(found.pipelines)
    ]
    return replace(found, pipelines=tuple(pipelines), endpoints=(), answer=None)


# --- the endpoint's states and answers ------------------------------------------------------------


@case(undecided=PENDING)
def endpoint_is_being_created(found: Evidence) -> Evidence:
    return endpoint_of(found, state="Creating")


@case(undecided=PENDING)
def endpoint_is_being_updated(found: Evidence) -> Evidence:
    return endpoint_of(found, state="Updating")


@case(undecided=NOT_ASSESSED)
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


@case("endpoint-answers-the-query")
def endpoint_refuses_the_query(found: Evidence) -> Evidence:
    return replace(found, answer=Answer(400, (1.0, 2.0), "bad", swagger=True))


@case(undecided=NOT_ASSESSED)
def endpoint_gives_no_address(found: Evidence) -> Evidence:
    return replace(endpoint_of(found, scoring_uri=""), answer=None)


@case(undecided=NOT_ASSESSED)
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


@case("repository-is-unmodified", undecided=NOT_ASSESSED)
def template_is_hidden_and_the_files_are_changed(found: Evidence) -> Evidence:
    return repository_of(found, template=UNSEEN, tree="0" * 40)


@case(undecided=NOT_ASSESSED)
def repositories_are_unseen(found: Evidence) -> Evidence:
    return replace(found, repositories=UNSEEN)


ESSENTIAL = "repository-has-the-essential-files"


@case(ESSENTIAL)
def ci_file_is_gone(found: Evidence) -> Evidence:
    return _without_file(found, "-ci.yml")


@case(ESSENTIAL)
def cd_file_is_gone(found: Evidence) -> Evidence:
    return _without_file(found, "-cd.yml")


@case(ESSENTIAL)
def variables_file_is_gone(found: Evidence) -> Evidence:
    return _without_file(found, "-variables-template.yml")


def _without_file(evidence: Evidence, end: str) -> Evidence:
    (one,) = tuple_of(evidence.repositories)
    files, texts = (
        {path: what for path, what in found.items() if not path.endswith(end)}
        for found in (one.files, one.texts)
    )
    return repository_of(evidence, files=files, texts=texts)


@case(undecided=NOT_ASSESSED)
def pipelines_are_unseen(found: Evidence) -> Evidence:
    """Whose runs they are cannot be told, nor whose smoke test failed."""
    return replace(found, pipelines=UNSEEN, answer=UNSEEN)


@case("location-is-the-workspace-region")
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

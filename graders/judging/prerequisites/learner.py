"""What of a lab is the learner's own, and when it was made."""

from __future__ import annotations

from graders.evidence import (
    Endpoint,
    Model,
    Pipeline,
    PublishedPipeline,
    Run,
    TrainingRun,
    Unavailable,
)
from graders.judging import rules
from graders.judging.outcomes import Blocked, NotAssessed
from graders.judging.ownership import Ownership, own_of
from graders.judging.prerequisites.overrides import is_overridden
from graders.judging.prerequisites.requirements import require_visible
from graders.judging.registry import prerequisite
from graders.lab import Lab, Session


@prerequisite
def own_training_runs(
    collected_training_runs: tuple[TrainingRun, ...] | Unavailable | None,
    collected_published_pipelines: tuple[PublishedPipeline, ...] | Unavailable,
    ownership: Ownership,
    overrides: tuple[str, ...],
    lab: Lab,
) -> tuple[TrainingRun, ...] | Unavailable | None:
    """Without those that are another learner's, and those of another pipeline.

    Tags can be written by hand. The pipeline that it ran is the service's own word.
    """
    own = own_of(collected_training_runs, ownership, lab.sheet.tags)
    pipelines = collected_published_pipelines
    if not isinstance(own, tuple) or not isinstance(pipelines, tuple):
        return own
    is_renamed = is_overridden(lab.sheet.training.pipeline_variable, overrides)
    published = {
        pipeline.id.casefold()
        for pipeline in pipelines
        if is_renamed or pipeline.name == lab.training_pipeline
    }
    return tuple(run for run in own if _is_of(run, published))


def _is_of(run: TrainingRun, published: set[str]) -> bool:
    """Whether it ran a training pipeline; of one that is not listed any more nothing is known."""
    if run.pipeline_id is None or not published:
        return run.pipeline_id != ""
    return run.pipeline_id.casefold() in published


@prerequisite
def own_models(
    collected_models: tuple[Model, ...] | Unavailable, ownership: Ownership, lab: Lab
) -> tuple[Model, ...] | Unavailable:
    return own_of(collected_models, ownership, lab.sheet.tags)


@prerequisite
def own_published_pipelines(
    collected_published_pipelines: tuple[PublishedPipeline, ...] | Unavailable,
    ownership: Ownership,
    lab: Lab,
) -> tuple[PublishedPipeline, ...] | Unavailable:
    return own_of(collected_published_pipelines, ownership, lab.sheet.tags)


@prerequisite
def own_endpoints(
    collected_endpoints: tuple[Endpoint, ...] | Unavailable, ownership: Ownership, lab: Lab
) -> tuple[Endpoint, ...] | Unavailable:
    return own_of(collected_endpoints, ownership, lab.sheet.tags)


@prerequisite
def work(
    collected_pipelines: tuple[Pipeline, ...] | Unavailable,
    collected_runs: tuple[Run, ...] | Unavailable,
    own_published_pipelines: tuple[PublishedPipeline, ...] | Unavailable,
    own_training_runs: tuple[TrainingRun, ...] | Unavailable | None,
    own_models: tuple[Model, ...] | Unavailable,
    own_endpoints: tuple[Endpoint, ...] | Unavailable,
) -> rules.Work:
    """All that pipelines made, as far as it could be read."""
    return rules.Work(
        pipelines=collected_pipelines,
        runs=collected_runs,
        published_pipelines=own_published_pipelines,
        training_runs=own_training_runs,
        models=own_models,
        endpoints=own_endpoints,
    )


@prerequisite
def session(lab: Lab) -> Session:
    """When the class met."""
    return lab.session


@prerequisite
def dated_work(work: rules.Work, lab: Lab, session: Session) -> list[rules.Dated]:
    """All that has a time; what could not be read may have been done at any."""
    entries = rules.dated(work, lab)
    if rules.outside(entries, session):
        return entries
    _require_work(work, lab)
    if unknown := [entry.what for entry in entries if None in entry.times]:
        raise NotAssessed(f"the {unknown[0]} has no date")
    return entries


@prerequisite
def own_work(work: rules.Work, ownership: Ownership, lab: Lab) -> Ownership:
    """The ownership, once everything that could be another's was read, and there is something."""
    if ownership.fault:
        raise NotAssessed(ownership.fault)
    if ownership.borrowed:
        return ownership
    if ownership.unclear:
        kinds = " and ".join(ownership.unclear)
        raise NotAssessed(f"the {kinds} is in another lab too; the instructor decides whose it is")
    _require_work(work, lab)
    return ownership


def _require_work(work: rules.Work, lab: Lab) -> None:
    """End the check unless all that pipelines make was collected, and they made something."""
    for part in (work.runs, work.published_pipelines, work.models, work.endpoints):
        require_visible(part)
    if work.training_runs is not None:  # not collected without a training pipeline
        require_visible(work.training_runs)
    if not rules.dated(work, lab):
        raise Blocked("ci-has-a-completed-run", "nothing has run yet")

"""Whose lab it is: what of it is the learner's own, and when it was made."""

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
from graders.judging.prerequisites.requirements import require_visible
from graders.judging.registry import prerequisite
from graders.lab import Lab, Session


@prerequisite
def own_training_runs(
    collected_training_runs: tuple[TrainingRun, ...] | Unavailable | None,
    ownership: Ownership,
    lab: Lab,
) -> tuple[TrainingRun, ...] | Unavailable | None:
    """Without those that are another learner's; so the next three."""
    return own_of(collected_training_runs, ownership, lab.sheet.tags)


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
    """All that pipelines make, as far as it could be seen."""
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
    """All that bears a time; what nobody saw may have been done at any."""
    found = rules.dated(work, lab)
    if rules.outside(found, session):
        return found
    _require_work(work, lab)
    if unknown := [one.what for one in found if None in one.times]:
        raise NotAssessed(f"the {unknown[0]} has no date")
    return found


@prerequisite
def own_work(work: rules.Work, ownership: Ownership, lab: Lab) -> Ownership:
    """The same, once everything that could be another's was seen, and there is something."""
    if ownership.fault:
        raise NotAssessed(ownership.fault)
    if ownership.borrowed:
        return ownership
    if ownership.unclear:
        what = " and ".join(ownership.unclear)
        raise NotAssessed(f"the {what} is in another lab too; the instructor decides whose it is")
    _require_work(work, lab)
    return ownership


def _require_work(work: rules.Work, lab: Lab) -> None:
    """End the check unless all that pipelines make was looked at, and they made something."""
    for part in (work.runs, work.published_pipelines, work.models, work.endpoints):
        require_visible(part)
    if work.training_runs is not None:  # nobody asks for them without a training pipeline
        require_visible(work.training_runs)
    if not rules.dated(work, lab):
        raise Blocked("ci-has-a-completed-run", "nothing has run yet")

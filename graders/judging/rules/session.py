"""The whole lab: when the work was done."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from graders.evidence import (
    Endpoint,
    Model,
    Pipeline,
    PublishedPipeline,
    Run,
    TrainingRun,
    Unavailable,
)
from graders.lab import Lab, Session
from graders.reasons import Mismatch


@dataclass(frozen=True)
class Work:
    """What pipelines make, and the pipelines themselves."""

    pipelines: tuple[Pipeline, ...] | Unavailable
    runs: tuple[Run, ...] | Unavailable
    published_pipelines: tuple[PublishedPipeline, ...] | Unavailable
    training_runs: tuple[TrainingRun, ...] | Unavailable | None
    models: tuple[Model, ...] | Unavailable
    endpoints: tuple[Endpoint, ...] | Unavailable


@dataclass(frozen=True)
class Dated:
    """A resource of the lab, and its times; None: it should have one and does not."""

    what: str
    times: tuple[datetime | None, ...]


def dated(work: Work, lab: Lab) -> list[Dated]:
    """What the lab asks for and could be read, with its own clocks."""
    return [*_runs(work, lab), *_made(work, lab)]


def outside(work: Iterable[Dated], session: Session) -> list[Mismatch]:
    """What was not done between the session's beginning and its end, both of them included."""
    return [wrong for entry in work for wrong in _outside(entry, session)[:1]]


def _outside(entry: Dated, session: Session) -> list[Mismatch]:
    zone = (session.begins or session.ends or datetime.min).tzinfo
    wrong = []
    for time in entry.times:
        at = time.replace(microsecond=0) if time else None
        if at and session.begins and at < session.begins:
            wrong.append(Mismatch(entry.what, f"{session.begins} or later", _in_zone(at, zone)))
        if at and session.ends and at > session.ends:
            wrong.append(Mismatch(entry.what, f"{session.ends} or earlier", _in_zone(at, zone)))
    return wrong


def _in_zone(time: datetime, zone: tzinfo | None) -> str:
    with contextlib.suppress(OverflowError):  # the first or the last day that there is
        time = time.astimezone(zone)
    return str(time)


def _runs(work: Work, lab: Lab) -> Iterator[Dated]:
    """The lab's runs; a misnamed pipeline counts too."""
    own = {lab.ci_pipeline, lab.cd_pipeline, lab.ci_yaml, lab.cd_yaml}
    pipelines = work.pipelines if isinstance(work.pipelines, tuple) else ()
    names = {
        pipeline.id: pipeline.name
        for pipeline in pipelines
        if {pipeline.name, pipeline.yaml_path} & own
    }
    for run in work.runs if isinstance(work.runs, tuple) else ():
        if run.pipeline_id in names:
            times = (run.started_at, run.finished_at) if run.is_completed else (run.queued_at,)
            yield Dated(f"run {run.number} of {names[run.pipeline_id]}", times)


def _made(work: Work, lab: Lab) -> Iterator[Dated]:
    published = work.published_pipelines
    for pipeline in published if isinstance(published, tuple) else ():
        if pipeline.name == lab.training_pipeline:
            yield Dated(f"published pipeline {pipeline.version}", (pipeline.created_at,))
    for run in work.training_runs if isinstance(work.training_runs, tuple) else ():
        if run.is_over:
            yield Dated(f"training run {run.id[:8]}", (run.ended_at,))
    for model in work.models if isinstance(work.models, tuple) else ():
        if model.name == lab.model:
            yield Dated(f"model version {model.version}", (model.created_at,))
    for endpoint in work.endpoints if isinstance(work.endpoints, tuple) else ():
        if lab.is_own_endpoint(endpoint) and not endpoint.is_in_transition:
            changed = (endpoint.updated_at,) if endpoint.updated_at else ()
            yield Dated(f"endpoint {endpoint.name}", (endpoint.created_at, *changed))

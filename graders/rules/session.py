"""The whole lab: when the work was done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from graders.evidence import Evidence
from graders.lab import Lab, Session
from graders.rules.mismatch import Mismatch


@dataclass(frozen=True)
class Dated:
    """Something of the lab, and the times it bears; None: it should bear one and does not."""

    what: str
    times: tuple[datetime | None, ...]


def dated(evidence: Evidence, lab: Lab) -> list[Dated]:
    """What the lab asks for and could be seen, with its own clocks."""
    return [*_runs(evidence, lab), *_made(evidence, lab)]


def outside(work: Iterable[Dated], session: Session) -> list[Mismatch]:
    """What was not done between the session's beginning and its end, both of them included."""
    return [wrong for one in work for wrong in _outside(one, session)[:1]]


def _outside(one: Dated, session: Session) -> list[Mismatch]:
    zone = (session.begins or session.ends or datetime.min).tzinfo
    wrong = []
    for time in one.times:
        at = time.replace(microsecond=0).astimezone(zone) if time else None
        if at and session.begins and at < session.begins:
            wrong.append(Mismatch(one.what, f"{session.begins} or later", str(at)))
        if at and session.ends and at > session.ends:
            wrong.append(Mismatch(one.what, f"{session.ends} or earlier", str(at)))
    return wrong


def _runs(evidence: Evidence, lab: Lab) -> Iterator[Dated]:
    """A misnamed pipeline ran all the same."""
    own = {lab.ci_pipeline, lab.cd_pipeline, lab.ci_yaml, lab.cd_yaml}
    pipelines = evidence.pipelines if isinstance(evidence.pipelines, tuple) else ()
    names = {one.id: one.name for one in pipelines if {one.name, one.yaml_path} & own}
    for run in evidence.runs if isinstance(evidence.runs, tuple) else ():
        if run.pipeline_id in names:
            times = (run.started_at, run.finished_at) if run.is_completed else (run.queued_at,)
            yield Dated(f"run {run.number} of {names[run.pipeline_id]}", times)


def _made(evidence: Evidence, lab: Lab) -> Iterator[Dated]:
    published = evidence.published_pipelines
    for pipeline in published if isinstance(published, tuple) else ():
        if pipeline.name == lab.training_pipeline:
            yield Dated(f"published pipeline {pipeline.version}", (pipeline.created_at,))
    for run in evidence.training_runs if isinstance(evidence.training_runs, tuple) else ():
        if run.is_over:
            yield Dated(f"training run {run.id[:8]}", (run.ended_at,))
    for model in evidence.models if isinstance(evidence.models, tuple) else ():
        if model.name == lab.model:
            yield Dated(f"model version {model.version}", (model.created_at,))
    for endpoint in evidence.endpoints if isinstance(evidence.endpoints, tuple) else ():
        if endpoint.name == lab.endpoint:
            changed = (endpoint.updated_at,) if endpoint.updated_at else ()
            yield Dated(f"endpoint {endpoint.name}", (endpoint.created_at, *changed))

"""The evidence as it was at a certain time, by the resources' own clocks.

Runs count once they have finished, models and published pipelines once they were created, the
endpoint while it has not been changed since. What has no clock (the variable group, the
connection, the pipelines, the repository's files) stays as it was collected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from graders.evidence import Endpoint, Evidence, Model, Run, ServiceName, TrainingRun, Unavailable

T = TypeVar("T")
_Clock = Callable[[T], datetime | None]
_REMEDY = "Grade without --as-of, or decide this one by hand."


def moment(text: str) -> datetime:
    """A point in time: ``2026-11-20T17:00:00-06:00``, ``…Z`` or ``2026-11-20 17:00 Europe/Berlin``.

    Raises ValueError, with a sentence, for anything else and for a time without a zone.
    """
    stamp, _, zone = text.strip().rpartition(" ")
    if stamp and any(letter.isalpha() for letter in zone):
        time = _iso(stamp)
        if time.tzinfo is not None:
            raise ValueError("it names two time zones")
        try:
            return _only_time(time.replace(tzinfo=ZoneInfo(zone)))
        except (KeyError, OSError):
            raise ValueError(f"there is no time zone {zone}") from None
    time = _iso(text.strip())
    if time.tzinfo is None:
        raise ValueError("it has no time zone")
    return time


def not_a_time(error: ValueError) -> str:
    """What to say of a text of which :func:`moment` said that error."""
    return (
        f"not a valid time ({error}); write it like 2026-11-20T17:00:00-06:00 or"
        " '2026-11-20 17:00 America/Chicago'."
    )


def _iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("it is not written as ISO 8601 asks") from None


def _only_time(time: datetime) -> datetime:
    """The time, unless the clocks of its zone show it twice or never, when they are changed."""
    first, second = time.replace(fold=0), time.replace(fold=1)
    before, after = (either.utcoffset() or timedelta() for either in (first, second))
    if before > after:
        both = " and ".join(either.isoformat()[-6:] for either in (first, second))
        raise ValueError(f"it comes twice in {time.tzinfo}: choose between {both}")
    if before < after:
        raise ValueError(f"the clocks of {time.tzinfo} skip it")
    return time


def as_of(evidence: Evidence, time: datetime) -> Evidence:
    """The evidence as it would have been; what happened at ``time`` itself is in time.

    A run that had not finished by then does not count. Where a resource lacks a time that it
    should have, its list becomes ``Unavailable`` rather than a guess.
    """
    endpoints = _endpoints(evidence.endpoints, time)
    asked = isinstance(endpoints, tuple) and endpoints == evidence.endpoints
    return replace(
        evidence,
        runs=_runs(evidence.runs, time),
        published_pipelines=_by(
            evidence.published_pipelines, _created, time, "a published pipeline"
        ),
        training_runs=_by(evidence.training_runs, _ended, time, "a training run"),
        models=_models(evidence.models, time),
        endpoints=endpoints,
        answer=evidence.answer if asked else _unasked(endpoints),
    )


def _runs(runs: tuple[Run, ...] | Unavailable, time: datetime) -> tuple[Run, ...] | Unavailable:
    """The runs in time; a stage that was attempted again moves a run's end, so it hides when."""
    for run in runs if isinstance(runs, tuple) else ():
        if _may_have_ended_before(run, time):
            ended = f"{run.finished_at:%Y-%m-%d %H:%M:%S} UTC"
            cause = f"it began before, ended at {ended} and may have been attempted again"
            return _unavailable(f"run {run.number}", cause)
    return _by(runs, _finished, time, "a run")


def _may_have_ended_before(run: Run, time: datetime) -> bool:
    began, ended = run.started_at, run.finished_at
    if not run.is_completed or began is None or ended is None or not began <= time < ended:
        return False
    stages = run.stages if isinstance(run.stages, tuple) else None
    return stages is None or any(stage.attempt > 1 for stage in stages)


def _by(listed: T, clock: _Clock[object], time: datetime, kind: str) -> T:
    """The entries of a list that were in time; ``listed`` itself where it is no list."""
    if not isinstance(listed, tuple):
        return listed
    try:
        kept = tuple(resource for resource in listed if _in_time(clock(resource), time))
    except _NoClock:
        return _unknown(kind)  # type: ignore[return-value]
    return kept  # type: ignore[return-value]


class _NoClock(Exception):
    """A resource has no time, though it should."""


def _in_time(clock: datetime | None, time: datetime) -> bool:
    if clock is None:
        raise _NoClock
    return clock.replace(microsecond=0) <= time


def _created(resource: object) -> datetime | None:
    return getattr(resource, "created_at", None)


def _finished(run: object) -> datetime | None:
    """When a run ended; one that has not ended counts as ending later than any time."""
    if isinstance(run, Run) and not run.is_completed:
        return datetime.max.replace(tzinfo=UTC)
    return run.finished_at if isinstance(run, Run) else None


def _ended(run: object) -> datetime | None:
    if not isinstance(run, TrainingRun):
        return None
    return run.ended_at if run.is_over else datetime.max.replace(tzinfo=UTC)


def _models(
    models: tuple[Model, ...] | Unavailable, time: datetime
) -> tuple[Model, ...] | Unavailable:
    """The models in time; others' names come without versions and times, as near misses only."""
    if isinstance(models, Unavailable):
        return models
    others = tuple(model for model in models if not model.version)
    versions = tuple(model for model in models if model.version)
    kept = _by(versions, _created, time, "a model")
    return kept if isinstance(kept, Unavailable) else (*others, *kept)


def _endpoints(
    endpoints: tuple[Endpoint, ...] | Unavailable, time: datetime
) -> tuple[Endpoint, ...] | Unavailable:
    """The endpoints in time; what an endpoint was before it was changed is unknown."""
    kept = _by(endpoints, _created, time, "an endpoint")
    for endpoint in kept if isinstance(kept, tuple) else ():
        if endpoint.updated_at and endpoint.updated_at.replace(microsecond=0) > time:
            changed = (
                f"{endpoint.updated_at:%Y-%m-%d %H:%M:%S} UTC, after the time that was asked for"
            )
            return _unavailable(f"the endpoint {endpoint.name}", f"it was changed at {changed}")
    return kept


def _unasked(endpoints: tuple[Endpoint, ...] | Unavailable) -> Unavailable | None:
    return endpoints if isinstance(endpoints, Unavailable) else None


def _unknown(what: str) -> Unavailable:
    return _unavailable(what, "it has no timestamp")


def _unavailable(subject: str, cause: str) -> Unavailable:
    return Unavailable(ServiceName.GRADER, f"{subject} as of then", cause, _REMEDY)

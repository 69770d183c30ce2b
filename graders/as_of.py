"""What had come about by a certain time, by the resources' own clocks.

Runs count once they have finished, models and published pipelines once they were created, the
endpoint while it has not been changed since. Whatever has no clock (the variable group, the
connection, the pipelines, the repository's files) is left as it was found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
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
        time = datetime.fromisoformat(stamp)
        if time.tzinfo is not None:
            raise ValueError("it names two time zones")
        try:
            return time.replace(tzinfo=ZoneInfo(zone))
        except (KeyError, OSError):
            raise ValueError(f"there is no time zone {zone}") from None
    time = datetime.fromisoformat(text.strip())
    if time.tzinfo is None:
        raise ValueError("it has no time zone")
    return time


def as_of(evidence: Evidence, time: datetime) -> Evidence:
    """The evidence as it would have been; what happened at ``time`` itself is in time.

    A run that was still going then had not finished, and does not count. What bears no time where
    it should is unseen rather than guessed.
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


def _runs(found: tuple[Run, ...] | Unavailable, time: datetime) -> tuple[Run, ...] | Unavailable:
    """A stage that was attempted again moves a run's end: what it was before cannot be told."""
    for run in found if isinstance(found, tuple) else ():
        if _may_have_ended_before(run, time):
            ended = f"{run.finished_at:%Y-%m-%d %H:%M:%S} UTC"
            cause = f"it began before, ended at {ended} and may have been attempted again"
            return _unavailable(f"run {run.number}", cause)
    return _by(found, _finished, time, "a run")


def _may_have_ended_before(run: Run, time: datetime) -> bool:
    began, ended = run.started_at, run.finished_at
    if not run.is_completed or began is None or ended is None or not began <= time < ended:
        return False
    stages = run.stages if isinstance(run.stages, tuple) else None
    return stages is None or any(stage.attempt > 1 for stage in stages)


def _by(found: T, clock: _Clock[object], time: datetime, what: str) -> T:
    """Those of a list that came in time; ``found`` itself where it is no list."""
    if not isinstance(found, tuple):
        return found
    try:
        kept = tuple(one for one in found if _in_time(clock(one), time))
    except _NoClock:
        return _unknown(what)  # type: ignore[return-value]
    return kept  # type: ignore[return-value]


class _NoClock(Exception):
    """A thing bears no time, though it should."""


def _in_time(clock: datetime | None, time: datetime) -> bool:
    if clock is None:
        raise _NoClock
    return clock.replace(microsecond=0) <= time


def _created(thing: object) -> datetime | None:
    return getattr(thing, "created_at", None)


def _finished(run: object) -> datetime | None:
    """One that has not ended is as good as one that ends later than any time."""
    if isinstance(run, Run) and not run.is_completed:
        return datetime.max.replace(tzinfo=UTC)
    return run.finished_at if isinstance(run, Run) else None


def _ended(run: object) -> datetime | None:
    if not isinstance(run, TrainingRun):
        return None
    return run.ended_at if run.is_over else datetime.max.replace(tzinfo=UTC)


def _models(
    found: tuple[Model, ...] | Unavailable, time: datetime
) -> tuple[Model, ...] | Unavailable:
    """Models of other names are listed without versions and times: they are near misses only."""
    if isinstance(found, Unavailable):
        return found
    others = tuple(one for one in found if not one.version)
    versions = tuple(one for one in found if one.version)
    kept = _by(versions, _created, time, "a model")
    return kept if isinstance(kept, Unavailable) else (*others, *kept)


def _endpoints(
    found: tuple[Endpoint, ...] | Unavailable, time: datetime
) -> tuple[Endpoint, ...] | Unavailable:
    """What an endpoint was before it was changed cannot be told."""
    kept = _by(found, _created, time, "an endpoint")
    for one in kept if isinstance(kept, tuple) else ():
        if one.updated_at and one.updated_at.replace(microsecond=0) > time:
            changed = f"{one.updated_at:%Y-%m-%d %H:%M:%S} UTC, after the time that was asked for"
            return _unavailable(f"the endpoint {one.name}", f"it was changed at {changed}")
    return kept


def _unasked(endpoints: tuple[Endpoint, ...] | Unavailable) -> Unavailable | None:
    return endpoints if isinstance(endpoints, Unavailable) else None


def _unknown(what: str) -> Unavailable:
    return _unavailable(what, "it has no timestamp")


def _unavailable(what: str, cause: str) -> Unavailable:
    return Unavailable(ServiceName.GRADER, f"{what} as of then", cause, _REMEDY)

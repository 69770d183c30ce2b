"""What an earlier collection of the same lab read, as far as it cannot have changed since.

It is kept only while all that the services still say of it is equal, and while the same code reads
it by the same lab sheet. What could not be read then is asked for again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from graders import masks, run_results
from graders.evidence import Endpoint, Evidence, Kept, Run, Stage, TrainingRun, Unavailable
from graders.lab import Lab

EarlierEvidence = Callable[[Lab], Evidence | None]
"""The last good evidence of a lab; None where there is none. Called in threads."""
_LONGEST = timedelta(days=7)
"""Then everything is asked for again."""
_SETTLED = timedelta(hours=1)
"""For so long after its end, metrics of a training run may still arrive."""


@dataclass(frozen=True)
class Earlier:
    """The earlier evidence of one lab; threads may share it."""

    evidence: Evidence | None = None
    read_at: datetime | None = None
    used: list[Kept] = field(default_factory=list)

    @classmethod
    def of(cls, evidence: Evidence | None, lab: Lab) -> Earlier:
        """Nothing, where it is of another place, or was read in another way."""
        if evidence is None or not evidence.sightings:
            return cls()
        if (evidence.place, evidence.reading) != (lab.place, reading_of(lab)):
            return cls()
        read_at = min(sighting.at for sighting in evidence.sightings)
        oldest = min((read_at, *(entry.read_at for entry in evidence.kept)))
        return cls(evidence, read_at) if datetime.now(UTC) - oldest < _LONGEST else cls()

    def kept(self) -> tuple[Kept, ...]:
        """What was kept of it so far, in a fixed order."""
        return tuple(sorted(set(self.used), key=lambda entry: (entry.part, entry.of)))

    def details_of(self, listed: Run) -> Run | None:
        """A completed run with its details, where nothing of it has changed since.

        A stage that is run again changes the run's state, its times and its last change.
        """
        if not listed.is_completed or listed.changed_at is None:
            return None
        for run in self.all_of("runs"):
            if run.id == listed.id and as_listed(run) == listed and _is_over(run.stages):
                self.note("runs", str(run.id))
                return run  # type: ignore[no-any-return]
        return None

    def listed_runs(self, latest: Mapping[int, Run | None]) -> tuple[Run, ...] | None:
        """All runs as listed then, where each pipeline has one, which is its latest, unchanged.

        ``latest``: id -> the run that the list of pipelines shows. Of several runs, an older one
        may have changed: then, and where runs were deleted, None.
        """
        runs = tuple(as_listed(run) for run in self.all_of("runs"))
        before: dict[int, Run | None] = {run.pipeline_id: run for run in runs}
        is_one_each = len(runs) == len(latest) and before == latest
        is_dated = all(run.changed_at is not None for run in runs)
        if not (runs and is_one_each and is_dated) or self.all_of("deleted_runs"):
            return None
        self.note("runs", "list")
        return runs

    def trained(
        self, lab: Lab, pipelines: object, models: object
    ) -> tuple[TrainingRun, ...] | None:
        """All training runs, where none can be new: a build trains, then it registers.

        That is so while the published pipelines and models are those of then, and each build that
        they name has its completed run.
        """
        runs, evidence = self.all_of("training_runs"), self.evidence
        if evidence is None or not all(run.is_completed and self._is_settled(run) for run in runs):
            return None
        if (pipelines, models) != (evidence.published_pipelines, evidence.models):
            return None
        build = lab.sheet.tags.build
        published = (p.version for p in self.all_of("published_pipelines"))
        registered = (m.tags.get(build) for m in self.all_of("models") if m.name == lab.model)
        if not runs or {run.tags.get(build) for run in runs} != {*published, *registered}:
            return None
        for run in runs:
            self.note("training_runs", run.id)
        return runs

    def with_metrics(self, listed: Sequence[TrainingRun]) -> tuple[TrainingRun, ...] | None:
        """The training runs with their metrics; None unless all ended long before those were read.

        They are compared in all else that run history lists of them.
        """
        before = {run.id: run for run in self.all_of("training_runs") if self._is_settled(run)}
        kept = tuple(before[run.id] for run in listed if run.id in before)
        if [replace(run, metrics={}) for run in kept] != [replace(r, metrics={}) for r in listed]:
            return None
        for run in kept:
            self.note("training_runs", run.id)
        return kept

    def description_of(self, endpoint: Endpoint) -> bool | None:
        """Whether an endpoint that was not deployed again describes itself."""
        answer = getattr(self.evidence, "answer", None)
        description = getattr(answer, "swagger", None)
        if not isinstance(description, bool) or endpoint not in self.all_of("endpoints"):
            return None
        self.note("answer", endpoint.name)
        return description

    def all_of(self, part: str) -> tuple[Any, ...]:
        """What the earlier evidence lists; nothing, where it could not be read."""
        listed = getattr(self.evidence, part, None)
        return listed if isinstance(listed, tuple) else ()

    def note(self, part: str, of: str) -> None:
        """Note that facts are kept; those that were kept before are as old as they were then."""
        before = self.evidence.kept if self.evidence else ()
        read = [entry.read_at for entry in before if (entry.part, entry.of) == (part, of)]
        if moment := (*read, self.read_at)[0]:
            self.used.append(Kept(part, of, moment))

    def _is_settled(self, run: TrainingRun) -> bool:
        read_at = self.evidence.endpoints_read_at if self.evidence else None
        if not run.is_over or run.ended_at is None or read_at is None:
            return False
        return isinstance(run.metrics, Mapping) and read_at - run.ended_at >= _SETTLED


NOTHING = Earlier()
"""Everything is asked for."""


def as_listed(run: Run) -> Run:
    """The run without what a list of runs does not show."""
    return replace(
        run, stages=None, artifacts=None, upstream=None, model_file=None, deployment=None
    )


def seen(fact: Any, ask: Callable[[], Any]) -> Any:
    """A fact that was read before, else the answer to asking for it."""
    return ask() if fact is None or isinstance(fact, Unavailable) else fact


def _is_over(stages: object) -> bool:
    """Whether every stage, job and task has ended: a timeline may lag behind its run."""
    if not isinstance(stages, tuple):
        return False
    return all(state == "completed" for state in _states(stages))


def _states(stages: Iterable[Stage]) -> Iterable[str]:
    for stage in stages:
        yield stage.state
        for job in stage.jobs:
            yield job.state
            yield from (task.state for task in job.tasks)


def reading_of(lab: Lab) -> str:
    """Changes with the code that reads evidence, and with what the lab sheet dictates."""
    sheet = hashlib.sha256(repr(lab.sheet).encode()).hexdigest()
    return f"{_code()}-{sheet[:12]}"


@cache
def _code() -> str:
    others = [Path(str(module.__file__)) for module in (masks, run_results)]
    files = [*sorted(Path(__file__).parent.rglob("*.py")), *others]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:12]

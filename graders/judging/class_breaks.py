"""Where the lab or the tenant breaks for the whole class: the one rule, and its one threshold.

A *record* is a service's own: a task of a run, a step of a training run, a deployment. The lab
breaks at a record if, of at least four learners who reached it, at least half fail there in the
same words, and nobody succeeded there since. Learners with a wrong or missing setting never count
as failing: their settings may be the cause.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from graders.evidence import Evidence, Run
from graders.lab import Lab
from graders.lab.breaks import code_of
from graders.reasons import LabBreak
from graders.run_results import has_role, is_good

FEWEST = 4
"""Learners who must have reached a record: from fewer nothing is concluded."""
SHARE = 0.5
_WORDS = 200
_OWN = re.compile(
    r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|\b(?=[a-f]*\d)[0-9a-f]{7,40}\b|https?://\S+|\d+"
)
"""What differs between learners in the same message: ids, commits, addresses, numbers, times."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class RecordKind(StrEnum):
    """What kind of record it is, and so which checks wait."""

    CI = "CI"
    CD = "CD"
    TRAINING = "training"
    DEPLOYMENT = "deployment"


TASK_OF = {RecordKind.CI: 5, RecordKind.TRAINING: 5, RecordKind.CD: 6, RecordKind.DEPLOYMENT: 6}
"""The last task whose settings a record depends on."""
Breaks = Mapping[RecordKind, LabBreak]
"""Where the lab breaks for one learner."""


@dataclass(frozen=True)
class Record:
    """How one record ended for one learner. ``key`` is equal for the same record of others."""

    place: RecordKind
    key: tuple[str, ...]
    failed: bool
    words: str = ""
    """The service's words without what is the learner's own: equal for equal failures."""
    said: str = ""
    at: datetime = _LONG_AGO

    @property
    def name(self) -> str:
        return " › ".join(filter(None, (str(self.place), *self.key)))


def records_of(evidence: Evidence, lab: Lab) -> tuple[Record, ...]:
    """All records of a learner that ended; none of what could not be read."""
    return (*_of_runs(evidence, lab), *_of_training(evidence), *_of_deployment(evidence, lab))


@dataclass
class _Record:
    """How one record ended for the class: of learners who succeeded only their number is kept."""

    learners: int = 0
    succeeded: datetime | None = None
    """When it last did, for anybody."""
    failing: dict[str, Record] = field(default_factory=dict)
    """The latest of each learner for whom it never succeeded."""

    def add(self, learner: str, own: Sequence[Record]) -> None:
        self.learners += 1
        good = [record.at for record in own if not record.failed]
        if good:
            self.succeeded = max(*good, self.succeeded or _LONG_AGO)
        else:
            self.failing[learner] = max(own, key=lambda record: record.at)


class Reached:
    """The records of a class, added learner by learner."""

    def __init__(self) -> None:
        self._by_key: defaultdict[tuple[RecordKind, tuple[str, ...]], _Record]
        self._by_key = defaultdict(_Record)

    def add(self, learner: str, records: Iterable[Record]) -> None:
        own: defaultdict[tuple[RecordKind, tuple[str, ...]], list[Record]] = defaultdict(list)
        for record in records:
            own[record.place, record.key].append(record)
        for key, alike in own.items():
            self._by_key[key].add(learner, alike)

    def breaks(self, is_right: Callable[[str, int], bool]) -> Mapping[str, Breaks]:
        """Learner -> where the lab breaks for that learner.

        ``is_right(learner, task)`` says whether all settings up to a task are as the lab asks. It
        is asked often, and may keep its answers.
        """
        broken_for: defaultdict[str, dict[RecordKind, LabBreak]] = defaultdict(dict)
        for record in self._by_key.values():
            for learner, broken in _broken(record, is_right):
                broken_for[learner].setdefault(*broken)
        return broken_for


def _broken(
    record: _Record, is_right: Callable[[str, int], bool]
) -> Iterator[tuple[str, tuple[RecordKind, LabBreak]]]:
    """The learners for whom the lab breaks at one record, if it does."""
    if record.learners < FEWEST:
        return
    alike: defaultdict[str, dict[str, Record]] = defaultdict(dict)
    for learner, latest in record.failing.items():
        if record.succeeded is None or latest.at > record.succeeded:
            alike[latest.words][learner] = latest
    for failing in alike.values():
        enough = SHARE * record.learners
        if len(failing) < enough:
            continue
        right = {
            learner: latest
            for learner, latest in failing.items()
            if is_right(learner, TASK_OF[latest.place])
        }
        if len(right) >= enough:
            yield from _told(right, record.learners)


def _told(
    failing: Mapping[str, Record], reached: int
) -> Iterator[tuple[str, tuple[RecordKind, LabBreak]]]:
    known = [record.at for record in failing.values() if record.at > _LONG_AGO]
    since = min(known, default=None)
    for learner, record in failing.items():
        fact = LabBreak(
            record=record.name,
            said=record.said,
            code=code_of(record.said),
            failed=len(failing),
            reached=reached,
            since=since,
        )
        yield learner, (record.place, fact)


# --- records --------------------------------------------------------------------------------------


def _of_runs(evidence: Evidence, lab: Lab) -> Iterator[Record]:
    runs = evidence.runs if isinstance(evidence.runs, tuple) else ()
    pipelines = evidence.pipelines if isinstance(evidence.pipelines, tuple) else ()
    for place, dictated in ((RecordKind.CI, lab.sheet.ci), (RecordKind.CD, lab.sheet.cd)):
        own = {pipeline.id for pipeline in pipelines if has_role(pipeline, dictated)}
        for run in runs:
            if run.pipeline_id in own and run.is_completed:
                yield from _of_run(run, place, lab)


def _of_run(run: Run, place: RecordKind, lab: Lab) -> Iterator[Record]:
    """Its tasks up to the first that failed: what fails after that only follows from it."""
    at = run.finished_at or _LONG_AGO
    for problem in run.problems[:1]:
        yield Record(place, ("queue",), True, normalised(problem, lab), problem, at)
        return
    for stage in run.stages if isinstance(run.stages, tuple) else ():
        for job in stage.jobs:
            for task in job.tasks:
                key = (stage.identifier or stage.name, job.name, task.name)
                if is_good(task.result):
                    yield Record(place, key, False, at=at)
                elif task.result == "failed":
                    yield _failed(place, key, (*task.errors, *job.errors, *stage.errors), lab, at)
                    return
            if job.result == "failed":
                of_job = (stage.identifier or stage.name, job.name)
                yield _failed(place, of_job, (*job.errors, *stage.errors), lab, at)
                return


def _failed(
    place: RecordKind, key: tuple[str, ...], errors: Iterable[str], lab: Lab, at: datetime
) -> Record:
    said = next(filter(None, errors), "")
    return Record(place, key, True, normalised(said, lab), said, at)


def _of_training(evidence: Evidence) -> Iterator[Record]:
    runs = evidence.training_runs if isinstance(evidence.training_runs, tuple) else ()
    for run in runs:
        at = run.ended_at or run.created_at or _LONG_AGO
        for step in run.steps:
            if step.status in ("Completed", "Finished", "Failed"):
                yield Record(RecordKind.TRAINING, (step.name,), step.status == "Failed", at=at)


def _of_deployment(evidence: Evidence, lab: Lab) -> Iterator[Record]:
    endpoints = evidence.endpoints if isinstance(evidence.endpoints, tuple) else ()
    for endpoint in endpoints:
        if endpoint.name == lab.endpoint and endpoint.state in _ENDED:
            failed = endpoint.state != "Healthy"
            at = endpoint.updated_at or endpoint.created_at or _LONG_AGO
            said = (endpoint.error or endpoint.state) if failed else ""
            words = normalised(said, lab)
            yield Record(RecordKind.DEPLOYMENT, (endpoint.compute_type,), failed, words, said, at)


_ENDED = ("Healthy", "Unhealthy", "Failed", "Unschedulable")


def normalised(words: str, lab: Lab) -> str:
    """A service's words without ids, times, numbers and names that are the learner's own."""
    text = words.casefold()
    for name in sorted(_names(lab), key=len, reverse=True):
        text = text.replace(name, "#")
    return " ".join(_OWN.sub("#", text).split())[:_WORDS]


def _names(lab: Lab) -> Iterator[str]:
    names = (
        *(lab.learner.id, lab.learner.email, lab.project, lab.resource_group, lab.workspace),
        *(lab.organization, lab.github_owner, lab.subscription_id, *lab.repositories),
    )
    yield from (name.casefold() for name in names if len(name) > 2)

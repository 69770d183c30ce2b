"""Where the lab or the tenant breaks for the whole class: the one rule, and its one threshold.

A *record* is a service's own: a task of a run, a step of a training run, a deployment. The lab
breaks at a record if, of at least four learners who reached it, at least half fail there in the
same words, and nobody succeeded there since. Learners with a wrong or missing setting never count
as failing: their settings may be the cause. A success counts where the same files ran as for those
who fail: anybody can give a task that only prints something the same name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from graders.evidence import Evidence, Run
from graders.judging.rules import deployed_during
from graders.lab import Lab
from graders.lab.breaks import code_of
from graders.lab.roles import Pipeline
from graders.reasons import LabBreak
from graders.run_results import deployed_whole, has_role, is_good, went_on

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
    files: str = ""
    """The root tree of what the run ran; empty where that is not known."""

    @property
    def name(self) -> str:
        return " › ".join(filter(None, (str(self.place), *self.key)))


def records_of(evidence: Evidence, lab: Lab) -> tuple[Record, ...]:
    """All records of a learner that ended; none of what could not be read."""
    trees = _trees(evidence)
    return (
        *_of_runs(evidence, lab, trees),
        *_of_training(evidence, lab, trees),
        *_of_deployment(evidence, lab, trees),
    )


@dataclass
class _Record:
    """How one record ended for the class: of learners who succeeded only their number is kept."""

    learners: int = 0
    good: dict[str, datetime] = field(default_factory=dict)
    """Root tree of what ran -> when it last succeeded, for anybody."""
    bad: set[str] = field(default_factory=set)
    """Root trees with which it failed."""
    failing: dict[str, Record] = field(default_factory=dict)
    """The latest of each learner for whom it never succeeded."""

    def add(self, learner: str, own: Sequence[Record]) -> None:
        self.learners += 1
        for record in own:
            if record.failed:
                self.bad |= {record.files} - {""}
            else:
                self.good[record.files] = max(record.at, self.good.get(record.files, _LONG_AGO))
        if all(record.failed for record in own):
            self.failing[learner] = max(own, key=lambda record: record.at)

    @property
    def succeeded(self) -> datetime | None:
        """When it last did with files with which it fails: others prove nothing.

        Anybody can give a task that prints something the lab's name.
        """
        return max(
            (at for files, at in self.good.items() if not self.bad or files in self.bad),
            default=None,
        )


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
    succeeded = record.succeeded
    alike: defaultdict[str, dict[str, Record]] = defaultdict(dict)
    for learner, latest in record.failing.items():
        if succeeded is None or latest.at > succeeded:
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


def _trees(evidence: Evidence) -> Mapping[str, str]:
    """Commit -> its root tree, for the tips of the learner's repositories."""
    repositories = evidence.repositories if isinstance(evidence.repositories, tuple) else ()
    return {item.head: item.tree for item in repositories if item.head and item.tree}


def _of_runs(evidence: Evidence, lab: Lab, trees: Mapping[str, str]) -> Iterator[Record]:
    for place, dictated in ((RecordKind.CI, lab.sheet.ci), (RecordKind.CD, lab.sheet.cd)):
        for run in _runs_of(evidence, dictated):
            if run.is_completed:
                files = trees.get(run.commit, "")
                yield from (replace(record, files=files) for record in _of_run(run, place, lab))


def _runs_of(evidence: Evidence, dictated: Pipeline) -> list[Run]:
    runs = evidence.runs if isinstance(evidence.runs, tuple) else ()
    pipelines = evidence.pipelines if isinstance(evidence.pipelines, tuple) else ()
    own = {pipeline.id for pipeline in pipelines if has_role(pipeline, dictated)}
    return [run for run in runs if run.pipeline_id in own]


def _of_run(run: Run, place: RecordKind, lab: Lab) -> Iterator[Record]:
    """Its tasks up to the first that failed: what fails after that only follows from it.

    A job fails by itself where none of its tasks did; where one of them ended, it got its agent.
    """
    at = run.finished_at or _LONG_AGO
    if run.problems:
        yield _failed(place, ("queue",), run.problems, lab, at)
        return
    stages = run.stages if isinstance(run.stages, tuple) else ()
    if stages:
        yield Record(place, ("queue",), False, at=at)
    for stage in stages:
        for job in stage.jobs:
            of_job = (stage.identifier or stage.name, job.name)
            for task in job.tasks:
                key = (*of_job, task.name)
                if went_on(task):
                    continue  # that it failed is not certain
                if is_good(task.result):
                    yield Record(place, key, False, at=at)
                elif task.result == "failed":
                    yield Record(place, of_job, False, at=at)
                    yield _failed(place, key, (*task.errors, *job.errors, *stage.errors), lab, at)
                    return
            if job.result == "failed":
                yield _failed(place, of_job, (*job.errors, *stage.errors), lab, at)
                return
            if is_good(job.result):
                yield Record(place, of_job, False, at=at)


def _failed(
    place: RecordKind, key: tuple[str, ...], errors: Iterable[str], lab: Lab, at: datetime
) -> Record:
    said = next(filter(None, errors), "")
    return Record(place, key, True, normalised(said, lab), said, at)


def _of_training(evidence: Evidence, lab: Lab, trees: Mapping[str, str]) -> Iterator[Record]:
    runs = evidence.training_runs if isinstance(evidence.training_runs, tuple) else ()
    built = evidence.runs if isinstance(evidence.runs, tuple) else ()
    files_of: Mapping[str | None, str]
    files_of = {str(run.id): trees.get(run.commit, "") for run in built}
    for run in runs:
        files = files_of.get(run.tags.get(lab.sheet.tags.build), "")
        at = run.ended_at or run.created_at or _LONG_AGO
        for step in run.steps:
            if step.status in ("Completed", "Finished", "Failed"):
                failed = step.status == "Failed"
                yield Record(RecordKind.TRAINING, (step.name,), failed, at=at, files=files)


def _of_deployment(evidence: Evidence, lab: Lab, trees: Mapping[str, str]) -> Iterator[Record]:
    endpoints = evidence.endpoints if isinstance(evidence.endpoints, tuple) else ()
    cd_runs = _runs_of(evidence, lab.sheet.cd)
    for endpoint in endpoints:
        if endpoint.name == lab.endpoint and endpoint.state in _ENDED:
            failed = endpoint.state != "Healthy"
            at = endpoint.updated_at or endpoint.created_at or _LONG_AGO
            said = (endpoint.error or endpoint.state) if failed else ""
            words, key = normalised(said, lab), (endpoint.compute_type,)
            during = (
                run.commit
                for run in cd_runs
                if deployed_during(run, endpoint) and (failed or _deployed(run, lab))
            )
            files = next((trees[commit] for commit in during if commit in trees), "")
            yield Record(RecordKind.DEPLOYMENT, key, failed, words, said, at, files)


def _deployed(run: Run, lab: Lab) -> bool:
    """Whether the run itself deployed: an endpoint made by hand beside it shows nothing of it."""
    return isinstance(run.stages, tuple) and deployed_whole(run.stages, lab.sheet.cd)


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

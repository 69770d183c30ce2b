"""Collects the whole cohort into a snapshot: concurrent, resumable, each learner on their own."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from graders import snapshot
from graders.evidence import Evidence, ServiceName, Unavailable
from graders.lab import Lab
from graders.parts import ALL_PARTS, unseen

LookAt = Callable[[Lab], Evidence]
_POLL = 0.2  # seconds; on Windows an endless wait would not hear Ctrl-C


class Progress(Protocol):
    """Receives how far the collection is; always called from the thread that collects."""

    def started(self, total: int) -> None: ...

    def finished(self, learner: str, evidence: Evidence) -> None: ...

    def stopped(self) -> None: ...


class Silent:
    """Progress that is shown to no one."""

    def started(self, total: int) -> None: ...

    def finished(self, learner: str, evidence: Evidence) -> None: ...

    def stopped(self) -> None: ...


@dataclass(frozen=True)
class Collected:
    """What a collection did: who was collected, who was kept, what could not be read."""

    folder: Path
    looked_at: tuple[str, ...]
    kept: tuple[str, ...]
    """Whose evidence of an earlier collection is kept (``resume``)."""
    faults: Mapping[str, tuple[Unavailable, ...]] = field(default_factory=dict)
    """Learner -> what could not be read; only learners with something."""


@dataclass(frozen=True)
class _Job:
    """What the threads share; both queues are safe to use from all of them."""

    look_at: LookAt
    folder: Path
    tenant: str
    waiting: queue.SimpleQueue[Lab] = field(default_factory=queue.SimpleQueue)
    done: queue.SimpleQueue[Evidence] = field(default_factory=queue.SimpleQueue)
    admitted: threading.Event = field(default_factory=threading.Event)
    """Whether evidence may be written."""
    stop: threading.Event = field(default_factory=threading.Event)


def collect(
    labs: Sequence[Lab],
    look_at: LookAt,
    folder: Path,
    *,
    tenant: str = "",
    workers: int = 12,
    resume: bool = False,
    progress: Progress | None = None,
    admit: Callable[[], None] = lambda: None,
) -> Collected:
    """Collect every lab, ``workers`` at a time, and write each learner's evidence when complete.

    ``look_at`` is called in threads. Whatever it raises makes that learner not assessed and stops
    no other. With ``resume`` only the learners that :func:`wanting` returns are collected; without
    it the learners' earlier evidence is removed first, so that a collection cut short leaves
    nothing behind that could be taken for its own. Ctrl-C ends it at once: what is written stays,
    collections under way are abandoned.

    ``admit`` is called while the first learners' work is read. Nothing is removed or written before
    it returns, and what it raises ends the collection.
    """
    todo = wanting(labs, folder) if resume else labs

    def begin() -> None:
        admit()
        if not resume:
            for lab in todo:
                snapshot.remove(folder, lab.learner.id)

    job = _Job(look_at, folder, tenant)
    faults = _collect_all(job, todo, workers, progress or Silent(), begin)
    asked = {lab.learner.id for lab in todo}
    return Collected(
        folder=folder,
        looked_at=tuple(lab.learner.id for lab in todo),
        kept=tuple(lab.learner.id for lab in labs if lab.learner.id not in asked),
        faults={lab.learner.id: faults[lab.learner.id] for lab in todo if lab.learner.id in faults},
    )


def wanting(labs: Iterable[Lab], folder: Path, parts: Collection[str] = ALL_PARTS) -> list[Lab]:
    """Those labs whose evidence is missing, unreadable, of another place, or has faults.

    So is evidence that lacks some of these parts, because its run did not collect them.
    """
    return [lab for lab in labs if _is_wanting(folder, lab, parts)]


def _is_wanting(folder: Path, lab: Lab, parts: Collection[str]) -> bool:
    try:
        evidence = snapshot.read(folder, lab.learner.id)
    except snapshot.SnapshotError:
        return True
    if evidence is None or evidence.place != lab.place:
        return True
    return bool(evidence.faults()) or not {*evidence.not_collected}.isdisjoint(parts)


def _collect_all(
    job: _Job,
    labs: Sequence[Lab],
    workers: int,
    progress: Progress,
    begin: Callable[[], None],
) -> dict[str, tuple[Unavailable, ...]]:
    """What could not be read, by learner; the evidence itself of a class would fill the memory."""
    for lab in labs:
        job.waiting.put(lab)
    faults: dict[str, tuple[Unavailable, ...]] = {}
    try:
        _start_threads(job, min(workers, len(labs)))
        begin()
        progress.started(len(labs))
        job.admitted.set()
        for _ in labs:
            evidence = _next(job.done)
            if unread := evidence.faults():
                faults[evidence.learner] = unread
            progress.finished(evidence.learner, evidence)
    finally:
        job.stop.set()
        if job.admitted.is_set():
            progress.stopped()
        job.admitted.set()  # who waits for it sees the stop
    return faults


def _next(done: queue.SimpleQueue[Evidence]) -> Evidence:
    while True:
        with contextlib.suppress(queue.Empty):
            return done.get(timeout=_POLL)


def _start_threads(job: _Job, workers: int) -> None:
    for number in range(max(1, workers)):
        # daemons: a thread that hangs must keep neither Ctrl-C nor the end of the run waiting
        threading.Thread(target=_work, args=(job,), name=f"look-{number}", daemon=True).start()


def _work(job: _Job) -> None:
    while not job.stop.is_set():
        try:
            lab = job.waiting.get_nowait()
        except queue.Empty:
            return
        evidence = replace(_collect(job.look_at, lab), tenant=job.tenant, place=lab.place)
        job.admitted.wait()
        if not job.stop.is_set():  # a collection cut short by the end of the run proves nothing
            job.done.put(_written(job.folder, evidence))


def _collect(look_at: LookAt, lab: Lab) -> Evidence:
    learner = lab.learner.id
    try:
        evidence = look_at(lab)
    except BaseException as error:  # in a thread: no one else would report it
        return unseen(learner, _own_fault(f"a bug in the grader ({type(error).__name__})"))
    if not isinstance(evidence, Evidence) or evidence.learner != learner:
        return unseen(learner, _own_fault("a bug in the grader (evidence of something else)"))
    return evidence


def _written(folder: Path, evidence: Evidence) -> Evidence:
    try:
        snapshot.write(folder, evidence)
    except Exception as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        return unseen(evidence.learner, _own_fault(f"the snapshot was not written ({reason})"))
    return evidence


def _own_fault(cause: str) -> Unavailable:
    return Unavailable(
        service=ServiceName.GRADER,
        what="the lab",
        cause=cause,
        remedy="Run again with --resume; if it stays, report it",
    )

"""Collecting a cohort: each learner apart from the others, nothing lost, nothing done twice."""

import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from fixtures.plugin.progress import CollectionProgress, progress_for
from graders import snapshot
from graders.collector import Silent, collect, wanting
from graders.evidence import Evidence, Project, Unavailable, Workspace
from graders.inputs.lab_file import LabFile
from graders.lab import Lab, Learner
from tests.support.paths import PROJECT

FAULT = Unavailable("GitHub", "the repositories", "HTTP 503", "Run again", 503)
LABS = [LabFile().for_learner(Learner(f"l{number}", number)) for number in range(1, 8)]
IDS = [lab.learner.id for lab in LABS]


def evidence_of(lab: Lab) -> Evidence:
    return Evidence(
        learner=lab.learner.id,
        project=Project("p", lab.project, "wellFormed"),
        workspace=Workspace("w", lab.workspace, lab.resource_group, "s", "centralus"),
        variable_groups=(),
        service_connections=(),
        pipelines=(),
        runs=(),
        repositories=(),
        similar_repositories=(),
        training_runs=(),
        published_pipelines=(),
        models=(),
        endpoints=(),
        answer=None,
        place=lab.place,
    )


class FakeCloud:
    """Returns the evidence given for a lab, and remembers whose was asked for."""

    def __init__(self, **answers: Evidence | BaseException) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, lab: Lab) -> Evidence:
        self.asked.append(lab.learner.id)
        answer = self.answers.get(lab.learner.id) or evidence_of(lab)
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Recorded(Silent):
    """Remembers each report of progress, and in which thread."""

    def __init__(self) -> None:
        self.reports: list[object] = []
        self.threads: set[threading.Thread] = set()

    def started(self, total: int) -> None:
        self.reports.append(total)

    def finished(self, learner: str, evidence: Evidence) -> None:
        self.reports.append((learner, evidence.learner))
        self.threads.add(threading.current_thread())

    def stopped(self) -> None:
        self.reports.append("stopped")


def test_everybody_is_collected_once_and_written(tmp_path: Path) -> None:
    cloud, progress = FakeCloud(), Recorded()
    collected = collect(LABS, cloud, tmp_path, workers=3, progress=progress)
    assert sorted(cloud.asked) == IDS
    assert [snapshot.read(tmp_path, learner) for learner in IDS] == [
        evidence_of(lab) for lab in LABS
    ]
    assert (collected.looked_at, collected.kept, collected.faults) == (tuple(IDS), (), {})
    assert (progress.reports[0], progress.reports[-1]) == (len(LABS), "stopped")
    assert sorted(progress.reports[1:-1]) == [(learner, learner) for learner in IDS]
    assert progress.threads == {threading.current_thread()}


def test_learners_are_collected_side_by_side(tmp_path: Path) -> None:
    together = threading.Barrier(4)  # breaks unless four are collected at once

    def collect_lab(lab: Lab) -> Evidence:
        together.wait(timeout=30)
        return evidence_of(lab)

    assert collect(LABS[:4], collect_lab, tmp_path, workers=4).faults == {}


def test_no_more_learners_than_workers_are_collected_at_once(tmp_path: Path) -> None:
    free = threading.Semaphore(2)

    def collect_lab(lab: Lab) -> Evidence:
        if not free.acquire(blocking=False):
            raise RuntimeError("a third one at once")
        time.sleep(0.001)
        free.release()
        return evidence_of(lab)

    assert collect(LABS, collect_lab, tmp_path, workers=2).faults == {}


def test_an_empty_class_needs_no_collecting(tmp_path: Path) -> None:
    assert collect([], FakeCloud(), tmp_path).looked_at == ()


# --- faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [KeyError("s3cret"), SystemExit("s3cret"), KeyboardInterrupt("s3cret"), MemoryError("s3cret")],
)
def test_our_own_error_is_that_learners_fault_alone(tmp_path: Path, error: BaseException) -> None:
    collected = collect(LABS, FakeCloud(l3=error), tmp_path, workers=2)
    (fault,) = collected.faults["l3"]
    assert type(error).__name__ in fault.cause
    assert "s3cret" not in snapshot.path_of(tmp_path, "l3").read_text(encoding="utf-8")
    stored = [snapshot.read(tmp_path, learner) for learner in IDS]
    assert [bool(evidence and evidence.faults()) for evidence in stored] == [
        learner == "l3" for learner in IDS
    ]


def test_evidence_of_another_learner_is_refused(tmp_path: Path) -> None:
    collected = collect(LABS, FakeCloud(l3=evidence_of(LABS[0])), tmp_path)
    assert list(collected.faults) == ["l3"]
    assert snapshot.read(tmp_path, "l1") == evidence_of(LABS[0])


def test_a_file_that_cannot_be_written_stops_no_other_learner(tmp_path: Path) -> None:
    blocked = snapshot.path_of(tmp_path, "l2")
    (blocked / "x").mkdir(parents=True)
    collected = collect(LABS, FakeCloud(), tmp_path, resume=True)
    assert list(collected.faults) == ["l2"]
    assert "not written" in collected.faults["l2"][0].cause
    assert snapshot.read(tmp_path, "l7") == evidence_of(LABS[6])


# --- again ----------------------------------------------------------------------------------------


def test_evidence_of_another_place_is_wanting(tmp_path: Path) -> None:
    collect(LABS[:2], FakeCloud(), tmp_path, tenant="simulated")
    kept = snapshot.read(tmp_path, "l1")
    assert kept is not None
    assert (kept.tenant, kept.place) == ("simulated", LABS[0].place)
    moved = replace(LABS[1], project="AE MLOps 22")
    renamed = replace(LABS[0], resource_group=LABS[0].resource_group.upper())
    assert wanting([renamed, moved], tmp_path) == [moved]


def test_resume_collects_only_what_is_missing_or_could_not_be_read(tmp_path: Path) -> None:
    half_seen = replace(evidence_of(LABS[1]), repositories=FAULT)
    collect(LABS[:5], FakeCloud(l2=half_seen), tmp_path)
    snapshot.path_of(tmp_path, "l4").write_text("{", encoding="utf-8")
    cloud, progress = FakeCloud(), Recorded()
    assert [lab.learner.id for lab in wanting(LABS, tmp_path)] == ["l2", "l4", "l6", "l7"]
    collected = collect(LABS, cloud, tmp_path, resume=True, progress=progress)
    assert sorted(cloud.asked) == ["l2", "l4", "l6", "l7"]
    assert (collected.kept, collected.faults) == (("l1", "l3", "l5"), {})
    assert progress.reports[0] == 4


def test_without_resume_nothing_earlier_can_be_taken_for_this_collection(tmp_path: Path) -> None:
    collect(LABS, FakeCloud(), tmp_path)

    class Interrupting(Silent):
        def started(self, total: int) -> None:
            raise KeyboardInterrupt(total)

    with pytest.raises(KeyboardInterrupt):
        collect(LABS[:5], FakeCloud(), tmp_path, progress=Interrupting())
    assert [snapshot.read(tmp_path, learner) is None for learner in IDS] == [True] * 5 + [False] * 2


# --- admitted -------------------------------------------------------------------------------------


def test_the_first_learners_are_looked_at_while_it_is_decided_whether_anything_counts(
    tmp_path: Path,
) -> None:
    collect(LABS, FakeCloud(), tmp_path, tenant="earlier")
    cloud, looking, files = FakeCloud(), threading.Event(), []

    def collect_lab(lab: Lab) -> Evidence:
        looking.set()
        return cloud(lab)

    def admit() -> None:
        assert looking.wait(timeout=30)
        files.extend(snapshot.read(tmp_path, learner) for learner in IDS)

    collect(LABS, collect_lab, tmp_path, workers=2, tenant="now", admit=admit)
    assert {evidence.tenant for evidence in files if evidence} == {"earlier"}
    assert sorted(cloud.asked) == IDS
    stored = [snapshot.read(tmp_path, learner) for learner in IDS]
    assert {evidence.tenant for evidence in stored if evidence} == {"now"}


def test_who_is_not_admitted_leaves_all_as_it_was(tmp_path: Path) -> None:
    collect(LABS, FakeCloud(), tmp_path, tenant="earlier")
    cloud, progress = FakeCloud(), Recorded()

    def refuse() -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        collect(LABS, cloud, tmp_path, workers=2, tenant="now", progress=progress, admit=refuse)
    for thread in threading.enumerate():
        if thread.name.startswith("look-"):
            thread.join(timeout=30)
    assert len(cloud.asked) <= 2
    assert progress.reports == []
    stored = [snapshot.read(tmp_path, learner) for learner in IDS]
    assert [evidence.tenant for evidence in stored if evidence] == ["earlier"] * len(IDS)


# --- cut short ------------------------------------------------------------------------------------


def test_ctrl_c_waits_for_no_learner_and_keeps_what_is_written(tmp_path: Path) -> None:
    never = threading.Event()

    class AfterThree(Recorded):
        def finished(self, learner: str, evidence: Evidence) -> None:
            super().finished(learner, evidence)
            if len(self.reports) == 1 + 3:
                raise KeyboardInterrupt

    def collect_lab(lab: Lab) -> Evidence:
        if lab.learner.number > 3:
            never.wait(timeout=60)
        return evidence_of(lab)

    progress = AfterThree()
    with pytest.raises(KeyboardInterrupt):
        collect(LABS, collect_lab, tmp_path, workers=3, progress=progress)
    assert progress.reports[-1] == "stopped"
    hung = [thread for thread in threading.enumerate() if thread.name.startswith("look-")]
    never.set()
    for thread in hung:
        thread.join(timeout=30)
    assert hung  # they were not waited for, and afterwards neither wrote nor took on more
    assert sorted(path.name for path in tmp_path.iterdir()) == ["l1.json", "l2.json", "l3.json"]


CHILD = """
import signal, sys, threading
from pathlib import Path
from graders.lab import Learner
from graders.collector import collect
from graders.inputs.lab_file import LabFile
from test_collector import LABS, evidence_of

# a process in the background ignores it, and its children inherit that
signal.signal(signal.SIGINT, signal.default_int_handler)

def collect_lab(lab):
    if lab.learner.number > 3:
        threading.Event().wait()
    return evidence_of(lab)

collect(LABS, collect_lab, Path(sys.argv[1]), workers=3)
"""


@contextmanager
def collecting(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has collected three learners and hangs at the next three."""
    here = os.pathsep.join([str(PROJECT), str(Path(__file__).parent)])
    command = [sys.executable, "-c", CHILD, str(folder)]
    with subprocess.Popen(
        command, env=os.environ | {"PYTHONPATH": here}, stderr=subprocess.DEVNULL
    ) as child:
        try:
            retry_policy = time.monotonic() + 60
            while len(list(folder.glob("*.json"))) < 3 and time.monotonic() < retry_policy:
                time.sleep(0.02)
            yield child
        finally:
            child.kill()


def test_a_kill_loses_nothing_that_is_written(tmp_path: Path) -> None:
    with collecting(tmp_path) as child:
        child.kill()
        child.wait(timeout=30)
    cloud = FakeCloud()
    collected = collect(LABS, cloud, tmp_path, resume=True)
    assert sorted(cloud.asked) == ["l4", "l5", "l6", "l7"]
    assert collected.kept == ("l1", "l2", "l3")
    assert [snapshot.read(tmp_path, learner) for learner in IDS] == [
        evidence_of(lab) for lab in LABS
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="no signal can be sent to one process there")
def test_ctrl_c_ends_the_process_although_collecting_hangs(tmp_path: Path) -> None:
    with collecting(tmp_path) as child:
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=30) == -signal.SIGINT
    assert [lab.learner.id for lab in wanting(LABS, tmp_path)] == ["l4", "l5", "l6", "l7"]


# --- drawn ----------------------------------------------------------------------------------------


def test_progress_is_a_few_plain_lines_outside_a_terminal(tmp_path: Path) -> None:
    log = io.StringIO()
    labs = [LabFile().for_learner(Learner(f"m{number}", number)) for number in range(1, 41)]
    cloud = FakeCloud(m3=replace(evidence_of(labs[2]), repositories=FAULT))
    drawn = CollectionProgress(Console(file=log, width=40), lambda: 640)
    collect(labs, cloud, tmp_path, progress=drawn)
    lines = log.getvalue().splitlines()
    assert lines[0] == "collecting 40 learners"
    assert lines[-1] == "collected 40 of 40 learners, 1 with faults, 640 calls"
    assert len(lines) == 11
    assert re.fullmatch(r"collected 4 of 40, latest m\d+, \d with .* left", lines[1])
    assert log.getvalue().isascii()


def test_progress_is_a_bar_in_a_terminal(tmp_path: Path) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=80, _environ={"TERM": "xterm"})
    collect(LABS, FakeCloud(), tmp_path, progress=CollectionProgress(terminal, lambda: 112))
    assert "7/7" in screen.getvalue()
    assert "0 with faults, 112 calls" in screen.getvalue()


def test_progress_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), progress_for(lambda: 3) as progress:  # noqa: PT012
        progress.started(4)
        progress.finished("l1", evidence_of(LABS[0]))
        raise KeyboardInterrupt
    assert capsys.readouterr().out.splitlines()[-1] == (
        "stopped after 1 of 4 learners; --resume goes on"
    )

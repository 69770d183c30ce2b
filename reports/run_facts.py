"""What every report of a run needs to know: who was graded, on what, where the results go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

import pytest

from graders.cohort import Learner
from graders.evidence import Unavailable
from graders.lab import Lab
from graders.marks import MarksTable
from graders.rubric import Check
from graders.verdicts import Grade, Outcome, Verdict
from reports.pipeline import Pipeline
from reports.submission import Submission

LAB_NAME = "MLOps lab"
_GRADED_TEST = re.compile(r"::test_(?P<test>\w+)\[(?P<learner>.+)\]$")


@dataclass(frozen=True)
class Change:
    """One mark that is not what it was after the run before: outcomes, and why."""

    learner: str
    check: str
    before: Outcome
    after: Outcome
    why: str


@dataclass(frozen=True)
class Run:
    """The facts of one run that all reports share.

    ``learners`` are those graded, in cohort order; ``left_out`` counts the learners of the cohort
    file that ``--learner`` left out. ``rubric`` has the lab file's points. ``started_at`` is
    time-zone aware and stands as ``graded_at`` in everything written.
    """

    learners: tuple[Learner, ...]
    rubric: tuple[Check, ...]
    tenant: str
    """``simulated`` or ``live``."""
    snapshot: Path
    snapshot_digest: str
    reports: Path
    started_at: datetime
    faults: Mapping[str, tuple[Unavailable, ...]] = field(default_factory=dict)
    """Learner id -> what could not be seen of that learner's lab."""
    links: Mapping[str, Lab] = field(default_factory=dict)
    """Learner id -> the lab filled in, from which links follow."""
    left_out: int = 0
    evidence_files: Mapping[str, Path] = field(default_factory=dict)
    """Learner id -> the snapshot file to show as evidence; may be missing."""
    class_name: str = ""
    """What the class is called: the cohort file's name without its ending."""
    as_of: datetime | None = None
    """The time whose state was judged; None: what there was when it was collected."""
    pipeline: Pipeline | None = None
    """The CI pipeline that the run is a step of; None on anybody's own machine."""
    submission: Submission = field(default_factory=Submission)
    """The submission to Classroom 50 that its runner has graded; empty anywhere else."""
    history: Path | None = None
    """The folder of what is kept from run to run; None: it is beside the reports folder."""
    policy: str = ""
    """Which of all runs makes the mark, in words; empty: this one alone."""
    exports: tuple[str, ...] = ()
    """The systems to write marks for, of :data:`reports.exports.EXPORTS`."""
    marks: MarksTable = field(default_factory=MarksTable)
    """What the mark is called in them."""
    changes: tuple[Change, ...] | None = None
    """What is otherwise than in the run before; None where past runs do not count."""
    tonight: tuple[Grade, ...] | None = None
    """What this run found, whatever stands because of past runs; None: the grades say it."""
    wants_report: bool = False
    """Whether the Allure report is to be built when everything else is written."""

    @property
    def is_simulated(self) -> bool:
        return self.tenant == "simulated"

    @cached_property
    def checks(self) -> Mapping[str, Check]:
        return {check.id: check for check in self.rubric}

    @cached_property
    def _learners_by_parameter(self) -> Mapping[str, Learner]:
        raw = {learner.id: learner for learner in self.learners}
        return {_as_pytest_spells_it(identity): one for identity, one in raw.items()} | raw

    def graded(self, nodeid: str) -> tuple[Learner, Check] | None:
        """Whose check a test id stands for; None when it is not a graded one.

        The id is all that the controller of several xdist workers knows of a test.
        """
        found = _GRADED_TEST.search(nodeid)
        if not found:
            return None
        learner = self._learners_by_parameter.get(found["learner"])
        check = self.checks.get(found["test"].replace("_", "-"))
        return (learner, check) if learner and check else None


def _as_pytest_spells_it(parameter: str) -> str:
    """A text parameter inside a test id: pytest escapes what is not printable ASCII."""
    return parameter.encode("unicode_escape").decode("ascii")


RUN = pytest.StashKey[Run]()
"""Filled before judging starts, in every process that judges."""

VERDICTS = pytest.StashKey[dict[tuple[str, str], Verdict]]()
"""(learner id, check id) -> verdict; grows while judging, complete from ``pytest_sessionfinish``
on. Only where the user's pytest runs, never in an xdist worker."""

GRADES = pytest.StashKey[tuple[Grade, ...]]()
"""One grade a learner in cohort order; set in ``pytest_sessionfinish``, before reports are written.
Absent when nothing was graded."""

ALLURE_RESULTS = "Allure results"
"""What the folder of Allure results is called there."""

WRITTEN = pytest.StashKey[list[tuple[str, Path]]]()
"""(what, where) of every file or folder a report wrote, for the terminal summary."""


CHANGES = pytest.StashKey[tuple[Change, ...]]()
"""What this run changed of the marks that stood; absent where past runs do not count."""

TROUBLE = pytest.StashKey[list[str]]()
"""What could not be written, one sentence each, for the end of the terminal summary."""

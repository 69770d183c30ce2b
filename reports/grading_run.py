"""One grading run: who is graded, by what, on which evidence, and where the results go."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from graders import snapshot
from graders.decisions import Decision, IdleDecision
from graders.evidence import Unavailable
from graders.inputs.marks import MarksTable
from graders.inputs.nightly import Nightly, Policy
from graders.judging.checks import GRADED, load_checks
from graders.judging.judge import Judge, Subject, shown_faults
from graders.judging.outcomes import NotAssessed
from graders.judging.stored import StoredEvidence
from graders.lab import Lab, Learner
from graders.late import LateRule
from graders.parts import ALL_PARTS
from graders.rubric import Check
from graders.verdicts import Grade, Outcome
from reports.pipeline import Pipeline
from reports.submission import Submission

LAB_NAME = "MLOps lab"
_GRADED_TEST = re.compile(r"::test_(?P<test>\w+)\[(?P<learner>.+)\]$")


@dataclass(frozen=True)
class Change:
    """One mark that differs from the one after the run before: outcomes, and why."""

    learner: str
    check: str
    before: Outcome
    after: Outcome
    why: str


@dataclass(frozen=True)
class GradingRun:
    """One run, the same in every process that judges; reports get it when it has ended.

    ``labs`` are the chosen learners' in cohort order, ``everyone`` those of the whole cohort file,
    ``rubric`` the checks by id with this lab file's points.
    """

    labs: Mapping[str, Lab]
    everyone: Mapping[str, Lab]
    rubric: Mapping[str, Check]
    cohort_file: Path
    tenant: str
    """``simulated`` or ``live``; of stored evidence, the tenant it was collected from."""
    evidence_folder: Path
    reports: Path
    history: Path
    """The folder of what is kept from run to run."""
    started_at: datetime
    """When collecting began; it is ``graded_at`` in everything written."""
    lab_file: Path | None = None
    sign_in: str = ""
    """The way to sign in to Azure; empty: what the environment suggests."""
    pat_ends: date | None = None
    """When the personal access token for Azure DevOps ends, as far as the lab file says it."""
    is_stored: bool = False
    """True: ``--evidence`` names the folder, nothing is collected."""
    as_of: datetime | None = None
    """Judge the state at this time; None: the state when it was collected."""
    nightly: Nightly | None = None
    """How past runs count; None: this run makes the mark alone."""
    exports: tuple[str, ...] = ()
    """The systems to write marks for, from :data:`reports.exports.EXPORTS`."""
    marks: MarksTable = field(default_factory=MarksTable)
    """What the mark is called in them."""
    decisions_file: Path | None = None
    decisions: tuple[Decision, ...] = ()
    """What the instructor decided, for all learners of the cohort file."""
    late_rule: LateRule = field(default_factory=LateRule)
    """What late work costs, by the class's deadline or the learner's own."""
    wants_pseudonyms: bool = False
    """Also write results that may be shared."""
    wants_report: bool = False
    """Build the Allure report when everything else is written."""
    odd_rows: tuple[str, ...] = ()
    """Rows of the roster that are no learner who can be graded, a sentence each."""
    pipeline: Pipeline | None = None
    """The CI pipeline that the run is a step of; None on a developer's machine."""
    submission: Submission = field(default_factory=Submission)
    """The submission to Classroom 50 that its runner grades; empty anywhere else."""
    parts: frozenset[str] = ALL_PARTS
    """The parts of the evidence that the chosen checks need: no others are collected."""

    # known once everything is collected
    snapshot_digest: str = ""
    faults: Mapping[str, tuple[Unavailable, ...]] = field(default_factory=dict)
    """Learner id -> what could not be read of that learner's lab."""

    # known once everything is judged
    changes: tuple[Change, ...] | None = None
    """What differs from the run before; None where past runs do not count."""
    tonight: tuple[Grade, ...] | None = None
    """What this run alone found, whatever past runs count; None: the grades are just that."""
    idle_decisions: tuple[IdleDecision, ...] = ()
    """Decisions about these learners without effect on the grades."""

    @cached_property
    def learners(self) -> tuple[Learner, ...]:
        return tuple(lab.learner for lab in self.labs.values())

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        return tuple(self.rubric.values())

    @property
    def left_out(self) -> int:
        """How many learners of the cohort file ``--learner`` left out."""
        return len(self.everyone) - len(self.labs)

    @property
    def is_own(self) -> bool:
        """Whether somebody checks one lab by hand, as learners check their own."""
        return len(self.labs) == 1 and self.pipeline is None and not self.submission.tag

    @property
    def class_name(self) -> str:
        """The class's name: the cohort file's name without its ending."""
        return self.cohort_file.stem

    @property
    def is_simulated(self) -> bool:
        return self.tenant == "simulated"

    @property
    def policy(self) -> str:
        """Which of all runs makes the mark, in words; empty where this one does alone."""
        if self.nightly is None:
            return ""
        if self.nightly.policy is Policy.DEADLINE and self.nightly.deadline:
            return f"frozen at the deadline, {self.nightly.deadline.isoformat(timespec='minutes')}"
        words = {Policy.LATEST: "the latest run", Policy.BEST: "the best run so far"}
        return words[self.nightly.policy]

    def due(self, learner: str) -> datetime | None:
        """The deadline of a learner's work; None where there is none."""
        own = self.labs[learner].learner
        return own.extension or own.deadline or self.late_rule.deadline

    def evidence_file(self, learner: str) -> Path:
        """The snapshot file to show as evidence; may be missing."""
        return snapshot.path_of(self.evidence_folder, learner)

    @cached_property
    def evidence(self) -> StoredEvidence:
        """Learner id -> evidence; raises NotAssessed where there is no sound snapshot."""
        return StoredEvidence(self.evidence_folder, self.tenant, self.everyone, self.as_of)

    @cached_property
    def judge(self) -> Judge:
        """The judge of this run's learners, on this process's own copy of the checks."""
        subject = Subject(self.everyone, self.evidence, names_owners=not self.left_out)
        return Judge(subject, load_checks(GRADED), self.rubric)

    def find_faults(self) -> Mapping[str, tuple[Unavailable, ...]]:
        """Learner -> what could not be read of that learner's lab; only those with something."""
        if not self.left_out:
            return self.judge.subject.faults
        by_learner: dict[str, tuple[Unavailable, ...]] = {}
        for learner in self.labs:
            with contextlib.suppress(NotAssessed):
                by_learner[learner] = shown_faults(self.evidence(learner))
        return {learner: faults for learner, faults in by_learner.items() if faults}

    def with_facts(self, **facts: Any) -> GradingRun:
        """The run with what is known later, and the same judge, who has read the class by now."""
        run = replace(self, **facts)
        vars(run)["judge"] = self.judge
        return run

    def digest(self) -> str:
        """The digest of the snapshot as it is now."""
        return snapshot.digest(self.evidence_folder, self.labs)

    @cached_property
    def _learners_by_parameter(self) -> Mapping[str, Learner]:
        raw = {learner.id: learner for learner in self.learners}
        return {_as_pytest_spells_it(identity): learner for identity, learner in raw.items()} | raw

    def graded(self, nodeid: str) -> tuple[Learner, Check] | None:
        """The learner and check of a test id; None when it is not a graded one.

        The id is all that the controller of several xdist workers knows of a test.
        """
        match = _GRADED_TEST.search(nodeid)
        if not match:
            return None
        learner = self._learners_by_parameter.get(match["learner"])
        check = self.rubric.get(match["test"].replace("_", "-"))
        return (learner, check) if learner and check else None


def _as_pytest_spells_it(parameter: str) -> str:
    """A text parameter inside a test id: pytest escapes what is not printable ASCII."""
    return parameter.encode("unicode_escape").decode("ascii")

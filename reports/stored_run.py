"""A run on evidence that was collected before: judged here and now, without pytest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from graders import snapshot
from graders.inputs.choice import ids_as_typed
from graders.inputs.decisions_file import find_decisions, read_decisions
from graders.inputs.lab_file import LabFile, missing_for, read_class
from graders.inputs.problems import InputProblems, Problem
from graders.judging.checks import GRADED, load_checks
from graders.names import you_have
from graders.rubric import Check, with_points
from graders.verdicts import Grade, Verdict
from reports.files import history_of
from reports.final_grades import final
from reports.gradebook import grades_of
from reports.grading_run import GradingRun


@dataclass(frozen=True)
class Inputs:
    """What is judged, by which files; ``chosen`` are the learners' ids, all where it is empty."""

    cohort_file: Path
    lab_file: Path | None
    evidence: Path
    reports: Path
    chosen: Sequence[str] = ()
    as_of: datetime | None = None
    decisions: Path | None = None
    """None: ``decisions.csv`` beside the cohort file, if it is there."""


def stored_run(given: Inputs) -> GradingRun:
    """The run, started now. Raises InputProblems, or SnapshotError without a snapshot."""
    learners, lab = read_class(given.cohort_file, given.lab_file)
    everyone = {learner.id: lab.for_learner(learner) for learner in learners}
    given = replace(given, chosen=ids_as_typed(given.chosen, everyone))
    _check_chosen(given, everyone)
    labs = {
        learner: own
        for learner, own in everyone.items()
        if not given.chosen or learner in given.chosen
    }
    if missing := missing_for(*labs.values(), file=(given.lab_file or Path("lab.toml")).name):
        raise InputProblems(missing)
    decisions = find_decisions(given.cohort_file, given.decisions)
    rubric, checks = _rubric(lab)
    run = GradingRun(
        labs=labs,
        everyone=everyone,
        rubric=rubric,
        cohort_file=given.cohort_file,
        lab_file=given.lab_file,
        tenant=snapshot.tenant_of(given.evidence),
        evidence_folder=given.evidence,
        is_stored=True,
        reports=given.reports,
        history=history_of(given.reports),
        as_of=given.as_of,
        marks=lab.marks,
        late_rule=lab.late_rule,
        decisions_file=decisions,
        decisions=read_decisions(decisions, everyone, checks),
        started_at=datetime.now(UTC),
    )
    return run.with_facts(snapshot_digest=run.digest(), faults=run.find_faults())


def grades_of_run(run: GradingRun) -> tuple[GradingRun, tuple[Grade, ...]]:
    """The run and its final grades: judged here and now, with the instructor's decisions."""
    return final(run, grades_of(run, verdicts_of(run)))


def verdicts_of(run: GradingRun) -> list[Verdict]:
    """The judge's verdicts on every learner of the run, one after the other."""
    return [verdict for learner in run.labs for verdict in run.judge.verdicts(learner)]


def _check_chosen(given: Inputs, known: Collection[str]) -> None:
    problems = []
    for learner in given.chosen:
        if learner not in known:
            remedy = you_have(learner, known) or "choose one from the cohort file"
            problems.append(
                Problem(given.cohort_file.name, "there is no such learner", remedy, value=learner)
            )
    if problems:
        raise InputProblems(problems)


def _rubric(lab: LabFile) -> tuple[Mapping[str, Check], tuple[Check, ...]]:
    """The checks that this class's lab file asks for, and all, with its points."""
    checks = [graded.check for graded in load_checks(GRADED)]
    lab.check_points(checks)
    valued = with_points(checks, lab.points)
    return {check.id: check for check in valued if lab.asks_for(check)}, valued

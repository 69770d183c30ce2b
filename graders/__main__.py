"""Judging without pytest: ``python -m graders judge``, for classes that pytest is too heavy for.

``python -m graders judge --learners cohort.csv --evidence DIR --reports DIR`` judges what a run has
collected, learner by learner, and writes what ``pytest --evidence DIR`` writes, but for Allure's
results. Exit status: 0, or 1 where a check failed or was not assessed (``--fail-on`` as in pytest),
3 where a result could not be written, 4 where an input is wrong.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from graders import snapshot
from graders.as_of import moment
from graders.cohort import Learner
from graders.evidence import Unavailable
from graders.judging.checks import load_checks
from graders.judging.judge import Judge, Subject
from graders.judging.outcomes import NotAssessed
from graders.judging.stored import StoredEvidence
from graders.lab import Lab
from graders.lab_file import LabFile, find_lab_file, missing_for, read_class
from graders.names import you_have
from graders.problems import InputProblems
from graders.rubric import Check, with_points
from graders.verdicts import Grade, Outcome, Verdict
from reports import exports, outputs, terminal
from reports.ci.log import harmless
from reports.files import NotWritten, could_not_write, keep_private
from reports.gradebook import grades_of
from reports.pipeline import pipeline_of
from reports.run_facts import Run
from reports.submission import submission_of

CHECKS = Path(__file__).resolve().parents[1] / "tests" / "lab"
_BAD_INPUT, _NOT_WRITTEN = 4, 3


class BadInput(Exception):
    """What is wrong with the command line, in one sentence."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    given = _parser().parse_args(arguments)
    undo = keep_private()
    try:
        return _judge(given)
    except (InputProblems, BadInput, snapshot.SnapshotError) as problem:
        print(harmless(f"ERROR: {problem}"), file=sys.stderr)
        return _BAD_INPUT
    finally:
        undo()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m graders",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="judge")
    command = commands.add_parser("judge", help="judge stored evidence, without pytest")
    add = command.add_argument
    add("--learners", type=Path, required=True, metavar="FILE", help="the cohort file")
    add("--evidence", type=Path, required=True, metavar="DIR", help="what a run has collected")
    add("--reports", type=Path, required=True, metavar="DIR", help="where results go")
    add("--lab", type=Path, metavar="FILE", help="default: lab.toml beside the cohort file")
    add("--learner", action="append", default=[], metavar="ID", help="only this one (repeat)")
    add("--as-of", metavar="TIME", help="judge what there was by then")
    add("--export", metavar="LIST", help=f"marks for {', '.join(exports.EXPORTS)}; or all")
    add("--fail-on", choices=("learner", "fault", "never"), default="learner")
    return parser


@dataclass(frozen=True)
class _Class:
    """The class that is judged, by its files."""

    learners: tuple[Learner, ...]
    chosen: tuple[Learner, ...]
    lab: LabFile
    evidence: Path
    as_of: datetime | None

    @cached_property
    def labs(self) -> Mapping[str, Lab]:
        return {one.id: self.lab.for_learner(one) for one in self.learners}

    @cached_property
    def tenant(self) -> str:
        return snapshot.tenant_of(self.evidence)

    @cached_property
    def stored(self) -> StoredEvidence:
        return StoredEvidence(self.evidence, self.tenant, self.labs, self.as_of)

    @cached_property
    def rubric(self) -> Mapping[str, Check]:
        """The checks that this class's lab file asks for, with its points."""
        checks = [one.check for one in load_checks(CHECKS)]
        self.lab.check_points(checks)
        asked_for = [check for check in checks if self.lab.asks_for(check)]
        return {check.id: check for check in with_points(asked_for, self.lab.points)}

    @property
    def judge(self) -> Judge:
        everyone = len(self.chosen) == len(self.learners)
        subject = Subject(self.labs, self.stored, names_owners=everyone)
        return Judge(subject, load_checks(CHECKS), self.rubric)

    def faults(self) -> Iterator[tuple[str, tuple[Unavailable, ...]]]:
        for one in self.chosen:
            try:
                found = self.stored(one.id).faults()
            except NotAssessed:
                continue
            if found:
                yield one.id, found


def _judge(given: argparse.Namespace) -> int:
    started = datetime.now(UTC)
    whole = _class_of(given)
    run = _run_of(given, whole, started)
    judge = whole.judge
    verdicts = [verdict for one in whole.chosen for verdict in judge.verdicts(one.id)]
    grades = grades_of(run, verdicts)
    written, trouble = _write(run, grades)
    page = terminal.Page(shutil.get_terminal_size().columns)
    for line in (*terminal.summary(run, grades, written, page), *trouble):
        print(harmless(line))
    return _NOT_WRITTEN if trouble else _status(given.fail_on, verdicts)


def _class_of(given: argparse.Namespace) -> _Class:
    lab_file = find_lab_file(given.learners, given.lab)
    learners, lab = read_class(given.learners, lab_file)
    known = {one.id: one for one in learners}
    for one in given.learner:
        if one not in known:
            said = [f"it is not in {given.learners.name}", you_have(one, known)]
            raise BadInput(f"--learner {one}: {'; '.join(filter(None, said))}.")
    chosen = tuple(one for one in learners if not given.learner or one.id in given.learner)
    labs = [lab.for_learner(one) for one in chosen]
    if missing := missing_for(*labs, file=(lab_file or Path("lab.toml")).name):
        raise InputProblems(missing)
    return _Class(tuple(learners), chosen, lab, given.evidence, _moment(given.as_of))


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else moment(text)
    except ValueError as error:
        raise BadInput(f"--as-of {text}: this is not a point in time ({error}).") from None


def _exports(text: str | None) -> tuple[str, ...]:
    try:
        return exports.chosen(text)
    except ValueError as error:
        raise BadInput(f"--export {text}: {error}.") from None


def _run_of(given: argparse.Namespace, whole: _Class, started: datetime) -> Run:
    ids = [one.id for one in whole.chosen]
    return Run(
        learners=whole.chosen,
        rubric=tuple(whole.rubric.values()),
        tenant=whole.tenant,
        snapshot=given.evidence,
        snapshot_digest=snapshot.digest(given.evidence, ids),
        reports=given.reports,
        started_at=started,
        faults=dict(whole.faults()),
        links={one: whole.labs[one] for one in ids},
        left_out=len(whole.learners) - len(ids),
        evidence_files={one: snapshot.path_of(given.evidence, one) for one in ids},
        class_name=given.learners.stem,
        as_of=whole.as_of,
        exports=_exports(given.export),
        marks=whole.lab.marks,
        pipeline=pipeline_of(os.environ),
        submission=submission_of(os.environ),
    )


def _write(run: Run, grades: tuple[Grade, ...]) -> tuple[list[tuple[str, Path]], list[str]]:
    """What was written, and one sentence for each output that was not."""
    written: list[tuple[str, Path]] = []
    trouble: list[str] = []
    for what, output in outputs.OUTPUTS:
        try:
            written += output(run, grades)
        except NotWritten as why:
            trouble.append(str(why))
        except OSError as error:
            trouble.append(could_not_write(what, error))
    return written, trouble


def _status(fail_on: str, verdicts: Iterable[Verdict]) -> int:
    costly = {
        "learner": {Outcome.FAILED, Outcome.NOT_ASSESSED},
        "fault": {Outcome.NOT_ASSESSED},
        "never": set(),
    }[fail_on]
    return int(any(one.outcome in costly for one in verdicts))


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(main())

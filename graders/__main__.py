"""Grade stored evidence without pytest, which is faster for large classes; check before a run.

    python -m graders judge --learners cohort.csv --evidence DIR --reports DIR
    python -m graders doctor --learners cohort.csv
    python -m graders plan --learners cohort.csv

``judge`` judges the evidence that a run collected, and writes the same files as ``pytest --evidence
DIR``, except Allure's results. Exit status: 0, or 1 if a check failed or was not assessed
(``--fail-on`` as in pytest), 3 if a result could not be written, 4 if an input is wrong.

``doctor`` says whether a run would work: files, sign-ins, rights, network, clock. Exit status: 0,
or 1 for warnings and missing rights, 4 where a run would stop.

``plan`` says how many calls collecting a class takes, and asks nothing. Exit status: 0 or 4.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime
from importlib import metadata
from pathlib import Path

from graders import snapshot
from graders.as_of import moment, not_a_time
from graders.commands import doctor, plan
from graders.inputs.lab_file import find_lab_file
from graders.inputs.problems import InputProblems
from graders.judging.scope import UnknownMarker
from graders.texts import escape_log_commands
from reports import exports
from reports.claim import NotOurs
from reports.earlier import more_than
from reports.files import keep_private
from reports.grading_run import GradingRun
from reports.pipeline import pipeline_of
from reports.publish import FAIL_ON, publish
from reports.stored_run import Inputs, stored_run
from reports.submission import submission_of

_NAME = "mlops-lab-grader"
_BAD_INPUT = 4


class BadInput(Exception):
    """What is wrong with the command line, in one sentence."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    given = _parser().parse_args(arguments)
    undo = keep_private()
    try:
        return int(given.command(given))
    except (InputProblems, BadInput, UnknownMarker, snapshot.SnapshotError) as problem:
        print(escape_log_commands(f"ERROR: {problem}"), file=sys.stderr)
        return _BAD_INPUT
    finally:
        undo()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m graders",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    doctor.add_to(commands)
    plan.add_to(commands)
    command = commands.add_parser("judge", help="grade stored evidence without pytest")
    command.set_defaults(command=_judge)
    add = command.add_argument
    add("--learners", type=Path, required=True, metavar="FILE", help="cohort file (CSV)")
    add(
        "--evidence",
        type=Path,
        required=True,
        metavar="DIR",
        help="evidence folder of an earlier run",
    )
    add("--reports", type=Path, required=True, metavar="DIR", help="folder for results")
    add(
        "--lab",
        type=Path,
        metavar="FILE",
        help="lab file; default: lab.toml next to the cohort file",
    )
    add(
        "--learner",
        action="append",
        default=[],
        metavar="ID",
        help="grade only this learner; may be repeated",
    )
    add(
        "--as-of",
        metavar="TIME",
        help="grade the state at this time, such as 2026-11-20T17:00:00-06:00",
    )
    add(
        "--decisions",
        type=Path,
        metavar="FILE",
        help="what you decided; default: decisions.csv next to the cohort file",
    )
    add("--export", metavar="LIST", help=f"write marks for: {', '.join(exports.EXPORTS)}; or all")
    add(
        "--pseudonyms",
        action="store_true",
        help="also write results that may be shared: pseudonyms, outcomes and points only",
    )
    add(
        "--fail-on",
        choices=FAIL_ON,
        default="learner",
        help="what makes the exit status 1; default: learner (any failure)",
    )
    return parser


def _version() -> str:
    try:
        return f"{_NAME} {metadata.version(_NAME)}"
    except metadata.PackageNotFoundError:  # a checkout that is not installed
        return f"{_NAME}, not installed"


def _judge(given: argparse.Namespace) -> int:
    run = _run_of(given)
    _refuse_to_replace(run)
    try:
        return publish(run, given.fail_on)
    except NotOurs as why:
        raise BadInput(str(why)) from None


def _run_of(given: argparse.Namespace) -> GradingRun:
    run = stored_run(
        Inputs(
            cohort_file=given.learners,
            lab_file=find_lab_file(given.learners, given.lab),
            evidence=given.evidence,
            reports=given.reports,
            chosen=given.learner,
            as_of=_moment(given.as_of),
            decisions=given.decisions,
        )
    )
    return run.with_facts(
        exports=_exports(given.export),
        wants_pseudonyms=given.pseudonyms,
        pipeline=pipeline_of(os.environ),
        submission=submission_of(os.environ),
    )


def _refuse_to_replace(run: GradingRun) -> None:
    """A part of a class never replaces the whole class's results."""
    if run.left_out and (more := more_than(run.reports, run.labs, run.rubric)):
        raise BadInput(
            f"--reports {run.reports}: it has the results of {more}, more than this part of the"
            " class would have: choose another folder."
        )


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else moment(text)
    except ValueError as error:
        raise BadInput(f"--as-of {text}: {not_a_time(error)}") from None


def _exports(text: str | None) -> tuple[str, ...]:
    try:
        return exports.chosen(text)
    except ValueError as error:
        raise BadInput(f"--export {text}: {error}.") from None


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(main())

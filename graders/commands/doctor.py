"""``python -m graders doctor``: whether a run would work, asked before anything is collected."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from graders import snapshot
from graders.commands import add_class_options, chosen_labs
from graders.inputs.lab_file import LabFile, find_lab_file, missing_for, read_class_files
from graders.inputs.lab_tables import SIGN_INS
from graders.inputs.problems import InputProblems
from graders.judging.checks import GRADED, load_checks
from graders.judging.judge import Judge, Subject
from graders.judging.scope import UnknownMarker, needed_parts
from graders.judging.stored import StoredEvidence
from graders.lab import Lab
from graders.reasons import LabBreak
from graders.services.doctor.finding import Finding, status
from graders.texts import escape_log_commands
from graders.wording import to_repair, where_it_breaks


def add_to(commands: Any) -> None:
    """Add the command to those of ``python -m graders``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "doctor", help="check files, sign-ins, rights, network and clock before a run"
    )
    parser.set_defaults(command=run)
    add_class_options(parser)
    add = parser.add_argument
    add("--sign-in", choices=SIGN_INS, help="how to sign in to Azure; default: as in pytest")
    add("--reports", type=Path, metavar="DIR", default=Path("reports/out"), help=_FOLDER)


_FOLDER = "folder for results, whose disk is checked; default: reports/out"


def run(given: argparse.Namespace) -> int:
    """Examine, and print what was found; returns the exit status."""
    found = _examined(given)
    if given.json:
        print(json.dumps(_document(found), indent=1))
    else:
        from graders.services.doctor.table import lines

        print(escape_log_commands("\n".join(lines(found))))
    return status(found)


def _examined(given: argparse.Namespace) -> Sequence[Finding]:
    """Files first: without them it is not known what to ask."""
    cohort_file = given.learners
    try:
        labs, lab, findings = _labs(cohort_file, given)
        parts = needed_parts(given.marker)
    except InputProblems as problems:
        return [Finding("file_wrong", {"what": str(problem)}) for problem in problems.problems]
    except UnknownMarker as problem:
        return [Finding("file_wrong", {"what": str(problem)})]
    from graders.services.doctor.examination import examine  # imports SDKs
    from graders.services.doctor.needs import Needs

    needs = Needs(
        labs,
        parts,
        given.reports.absolute(),
        pat_ends=lab.sign_in.azure_devops_pat_ends,
        sign_in=given.sign_in or lab.sign_in.method,
    )
    return [*findings, *examine(needs, os.environ), *_where_the_lab_breaks(given, labs)]


def _where_the_lab_breaks(given: argparse.Namespace, labs: Sequence[Lab]) -> Iterator[Finding]:
    """What an earlier run's evidence says of the lab; nothing where there is none."""
    folder = given.reports / "evidence"
    by_learner = {lab.learner.id: lab for lab in labs}
    try:
        stored = StoredEvidence(folder, snapshot.tenant_of(folder), by_learner)
    except snapshot.SnapshotError:
        return
    checks = load_checks(GRADED)
    rubric = {graded.check.id: graded.check for graded in checks}
    broken = Judge(Subject(by_learner, stored), checks, rubric).lab_breaks
    learners: dict[str, list[str]] = {}
    facts: dict[str, LabBreak] = {}
    for learner, own in broken.items():
        for fact in own.values():
            facts.setdefault(fact.record, fact)
            learners.setdefault(fact.record, []).append(learner)
    for record, fact in facts.items():
        told = {"what": where_it_breaks(fact), "remedy": to_repair(fact)}
        yield Finding("lab_breaks", told, tuple(learners[record]))


def _labs(cohort_file: Path, given: argparse.Namespace) -> tuple[list[Lab], LabFile, list[Finding]]:
    """The labs of the learners chosen, and what the files say."""
    lab_file = find_lab_file(cohort_file, given.lab)
    cohort, lab = read_class_files(cohort_file, lab_file)
    lab.check_points(graded.check for graded in load_checks(GRADED))
    everyone = {learner.id: lab.for_learner(learner) for learner in cohort.learners}
    labs = chosen_labs(cohort_file, given.learner, everyone)
    if missing := missing_for(*labs, file=(lab_file or Path("lab.toml")).name):
        raise InputProblems(missing)
    count = f"{len(labs)} learner{'s' * (len(labs) != 1)}"
    return (
        labs,
        lab,
        [
            Finding("learners", {"count": count, "file": cohort_file.name}),
            *(Finding("row_left_out", {"what": str(problem)}) for problem in cohort.left_out),
        ],
    )


def _document(findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "status": status(findings),
        "findings": [
            {
                "code": finding.code,
                "area": finding.entry.area,
                "level": str(finding.level),
                "says": finding.says,
                "fix": finding.fix,
                "run": finding.run,
                "learners": list(finding.learners),
                "facts": dict(finding.facts),
            }
            for finding in findings
        ],
    }

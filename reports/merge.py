"""Parts of a class, collected by several machines, as one snapshot that is judged once.

    python -m reports merge DIR … --reports OUT

Each DIR is what a run with ``--shard`` wrote. A learner whose part is missing, or who was not
collected there, is not assessed. Parts that do not belong together are refused.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from graders import snapshot
from graders.evidence import ServiceName, Unavailable
from graders.inputs.lab_file import read_class
from graders.inputs.problems import InputProblems, Problem
from graders.inputs.shards import Shard
from graders.lab import Lab
from graders.parts import unseen
from graders.texts import escape_log_commands
from reports import exports
from reports.claim import claim
from reports.files import history_of, write_whole
from reports.grading_run import GradingRun
from reports.parts import AUDIT, CLASS, Part, read_notes
from reports.pipeline import pipeline_of
from reports.publish import FAIL_ON, publish
from reports.stored_run import Inputs, stored_run
from reports.submission import submission_of
from reports.versions import code

_Parts = Mapping[Path, Part]


def add(commands: Any) -> None:
    """Register the subcommand."""
    command = commands.add_parser("merge", help="grade a class whose parts --shard collected")
    command.add_argument("folders", type=Path, nargs="+", metavar="DIR", help="a part's folder")
    command.add_argument("--reports", type=Path, required=True, metavar="OUT", help="for results")
    command.add_argument(
        "--decisions", type=Path, metavar="FILE", help="what you decided; default: as for the parts"
    )
    command.add_argument("--export", metavar="LIST", help="write marks for other systems")
    command.add_argument(
        "--fail-on", choices=FAIL_ON, default="learner", help="what makes the exit status 1"
    )
    command.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Merge, judge and write; returns the exit status. Raises InputProblems and OSError."""
    chosen = _exports(given.export)
    parts = read_notes(given.folders)
    misfits = [*_misfits(parts), *(() if given.decisions else _other_decisions(parts))]
    _refuse([*misfits, *_problems_of_out(given.reports, parts)])
    for line in _absent(parts):
        print(escape_log_commands(line))
    merged = merge(parts, given.reports, given.decisions)
    return publish(replace(merged, exports=chosen), given.fail_on)


def _exports(text: str | None) -> tuple[str, ...]:
    try:
        return exports.chosen(text)
    except ValueError as error:
        raise InputProblems([Problem("--export", str(error), "write one of these")]) from None


def merge(parts: _Parts, out: Path, decisions: Path | None = None) -> GradingRun:
    """Put the parts' evidence together below ``out``; returns the run that judges it.

    Raises InputProblems, NotOurs, SnapshotError and OSError.
    """
    claim(out, history_of(out))
    some = next(iter(parts.values()))
    try:
        cohort = some.cohort.copy_to(out / CLASS)
        lab = some.lab.copy_to(out / CLASS) if some.lab else None
        if decisions is None and some.decisions:
            decisions = some.decisions.copy_to(out / CLASS)
    except ValueError:
        raise InputProblems([_problem(next(iter(parts)), "its note has no sound file")]) from None
    learners, lab_file = read_class(cohort, lab)
    labs = [lab_file.for_learner(learner) for learner in learners]
    _refuse(_wrong_learners(parts, [lab.learner.id for lab in labs]))
    _put_together(parts, labs, out / "evidence")
    _join_audits(list(parts), out / AUDIT)
    merged = stored_run(Inputs(cohort, lab, out / "evidence", out, decisions=decisions))
    return replace(
        merged,
        started_at=min(part.started_at for part in parts.values()),
        pipeline=pipeline_of(os.environ),
        submission=submission_of(os.environ),
    )


# --- what belongs together ------------------------------------------------------------------------


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise InputProblems(problems)


def _misfits(parts: _Parts) -> Iterator[Problem]:
    """What keeps the parts from being parts of one class, a sentence for each folder."""
    for what, fact in _AGREEING.items():
        for folder in _differing(parts, fact):
            yield _problem(folder, f"{what} differs from the other parts'")
    if any(part.code != code() for part in parts.values()) and len(_codes(parts)) == 1:
        yield _problem(next(iter(parts)), "another version of the grader collected the parts")
    first: dict[int, Path] = {}
    for folder, part in parts.items():
        if part.number in first:
            yield Problem(
                str(folder),
                f"part {part.shard} is there twice, also in {first[part.number]}",
                "name one of them",
            )
        first.setdefault(part.number, folder)


def _other_decisions(parts: _Parts) -> Iterator[Problem]:
    """Parts of another day may have other decisions: which of them count is to be said."""
    for folder in _differing(parts, lambda part: part.decisions):
        what = "what was decided differs from the other parts'"
        yield Problem(str(folder), what, "name the file that counts with --decisions")


def _differing(parts: _Parts, fact: Callable[[Part], Hashable]) -> list[Path]:
    values = {folder: fact(part) for folder, part in parts.items()}
    usual, _ = Counter(values.values()).most_common(1)[0]
    return [folder for folder, value in values.items() if value != usual]


_AGREEING: Mapping[str, Callable[[Part], Hashable]] = {
    "the cohort file": lambda part: part.cohort,
    "the lab file": lambda part: part.lab,
    "the tenant": lambda part: part.tenant,
    "the number of parts": lambda part: part.total,
    "the version of the grader": lambda part: part.code,
}


def _codes(parts: _Parts) -> set[str]:
    return {part.code for part in parts.values()}


def _wrong_learners(parts: _Parts, everyone: Sequence[str]) -> list[Problem]:
    return [
        _problem(folder, f"its learners are not those of part {part.shard}")
        for folder, part in parts.items()
        if part.learners != tuple(part.shard.part_of(everyone))
    ]


def _problems_of_out(out: Path, parts: _Parts) -> list[Problem]:
    if out.resolve() not in {folder.resolve() for folder in parts}:
        return []
    return [Problem(str(out), "this is one of the parts", "choose another folder with --reports")]


def _problem(folder: Path, what: str) -> Problem:
    return Problem(str(folder), what, "collect that part again, by the same files and program")


# --- one snapshot ---------------------------------------------------------------------------------


def _absent(parts: _Parts) -> list[str]:
    """A sentence for each part that is not there."""
    total = max(part.total for part in parts.values())
    there = {part.number for part in parts.values()}
    return [
        f"Part {number}/{total} is missing: its learners are not assessed. {_again(number, total)}"
        for number in range(1, total + 1)
        if number not in there
    ]


def _again(number: int, total: int) -> str:
    return f"Run it with --shard {Shard(number, total)}, and merge again."


def _put_together(parts: _Parts, labs: Sequence[Lab], evidence: Path) -> None:
    """Everybody's evidence: a part's own file, or that nothing could be seen, and why."""
    some = next(iter(parts.values()))
    write_whole(evidence / snapshot.TENANT_NOTE, f"{some.tenant}\n")
    folders = {part.number: folder for folder, part in parts.items()}
    for number in range(1, some.total + 1):
        for lab in Shard(number, some.total).part_of(labs):
            _put(folders.get(number), lab, evidence, Shard(number, some.total), some.tenant)


def _put(folder: Path | None, lab: Lab, evidence: Path, part: Shard, tenant: str) -> None:
    learner = lab.learner.id
    target = snapshot.path_of(evidence, learner)
    source = snapshot.path_of(folder / "evidence", learner) if folder else None
    if source and source.is_file() and not source.is_symlink():
        shutil.copyfile(source, target)
        return
    cause = f"part {part} did not collect this learner" if source else f"part {part} is missing"
    remedy = _again(part.number, part.total).removesuffix(".")
    nothing = unseen(learner, Unavailable(ServiceName.GRADER, "the lab", cause, remedy))
    snapshot.write(evidence, replace(nothing, tenant=tenant, place=lab.place))


def _join_audits(folders: Sequence[Path], target: Path) -> None:
    """The lines of all parts, in the order of their times; nothing where no part has any."""
    files = [folder / AUDIT for folder in folders if (folder / AUDIT).is_file()]
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    if lines:
        write_whole(target, "\n".join(sorted(lines)) + "\n")  # each begins with its time

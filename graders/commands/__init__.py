"""The subcommands of ``python -m graders``, a module each: ``add_to`` adds its options."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from graders.inputs.choice import ids_as_typed
from graders.inputs.problems import InputProblems, Problem
from graders.lab import Lab
from graders.names import you_have

_CHOOSE = "choose one from the cohort file"


def add_class_options(parser: argparse.ArgumentParser) -> None:
    """Options that say which class, which of its learners and which tasks; and ``--json``."""
    add, cohort = parser.add_argument, Path("cohort.csv")
    add(
        "--learners",
        type=Path,
        default=cohort,
        metavar="FILE",
        help=f"cohort file; default: {cohort}",
    )
    add("--lab", type=Path, metavar="FILE", help="lab file; default: lab.toml next to the cohort")
    add("--learner", action="append", default=[], metavar="ID", help="only these, as in pytest")
    add("-m", dest="marker", metavar="TASKS", help="only what these tasks need, as in pytest")
    add("--json", action="store_true", help="write JSON, for programs")


def chosen_labs(cohort_file: Path, typed: Sequence[str], labs: Mapping[str, Lab]) -> list[Lab]:
    """The labs of the learners that ``--learner`` names, as in pytest; of all where it names none.

    Raises InputProblems with every id that is not in the cohort file.
    """
    chosen = ids_as_typed(typed, labs) or list(labs)
    if unknown := [learner for learner in chosen if learner not in labs]:
        name = cohort_file.name
        raise InputProblems(
            Problem(name, "there is no such learner", you_have(text, labs) or _CHOOSE, value=text)
            for text in unknown
        )
    return [labs[learner] for learner in dict.fromkeys(chosen)]

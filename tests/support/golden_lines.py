"""Outcomes frozen as text, a line for each case: golden files whose diffs can be read.

A line reads ``name: failed a; blocked task7 b``. What it does not name passed; ``task7`` is all
the others of a task.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

from fixtures.plugin.grading import whole_rubric
from fixtures.simulator.mistakes import worst
from graders.rubric import Check
from graders.verdicts import Outcome
from tests.support.paths import GOLDEN

ENTRIES = GOLDEN / "catalogue.txt"
PAIRS = GOLDEN / "pairs.txt"
"""Of two mistakes of one learner, what is not simply the worse of both."""

Outcomes = Mapping[str, Outcome]


def line(outcomes: Outcomes, rubric: Iterable[Check]) -> str:
    """``failed a; blocked task7 b``; empty where all passed."""
    whole: dict[str, Outcome] = {}
    rest: dict[str, Outcome] = {}
    for task, ids in _tasks(rubric).items():
        own = {one: outcomes.get(one, Outcome.PASSED) for one in ids}
        (most, count), *_ = Counter(own.values()).most_common()
        usual = most if 2 * count > len(own) else Outcome.PASSED
        whole |= {task: usual} if usual is not Outcome.PASSED else {}
        rest |= {one: said for one, said in own.items() if said is not usual}
    named = whole | rest
    order = (*(one for one in Outcome if one is not Outcome.PASSED), Outcome.PASSED)
    said = {one: [name for name in named if named[name] is one] for one in order}
    return "; ".join(" ".join([one, *names]) for one, names in said.items() if names)


def text(cases: Mapping[str, Outcomes], rubric: Iterable[Check]) -> str:
    checks = tuple(rubric)
    return "".join(f"{f'{name}: {line(found, checks)}'.strip()}\n" for name, found in cases.items())


def read(frozen: str, rubric: Iterable[Check]) -> dict[str, dict[str, Outcome]]:
    """Case -> check -> outcome, of every check of the rubric."""
    checks = tuple(rubric)
    lines = (one.partition(":") for one in frozen.splitlines())
    return {name: _outcomes(said, checks) for name, _, said in lines}


def _outcomes(said: str, checks: Iterable[Check]) -> dict[str, Outcome]:
    named: dict[str, Outcome] = {}
    for part in filter(None, said.split("; ")):
        outcome = next(one for one in Outcome if part.strip().startswith(f"{one} "))
        named |= dict.fromkeys(part.strip().removeprefix(outcome).split(), outcome)
    return {
        one.id: named.get(one.id, named.get(f"task{one.task}", Outcome.PASSED)) for one in checks
    }


def _tasks(rubric: Iterable[Check]) -> dict[str, list[str]]:
    tasks: dict[str, list[str]] = {}
    for check in rubric:
        tasks.setdefault(f"task{check.task}", []).append(check.id)
    return tasks


@cache
def of_entries() -> Mapping[str, Outcomes]:
    """Entry of the catalogue -> what every check says of a learner who is like it."""
    return read(ENTRIES.read_text(encoding="utf-8"), whole_rubric())


def expected(names: Iterable[str]) -> dict[str, Outcome]:
    """What every check says of a learner with these mistakes, where none changes another one's."""
    alone = [of_entries()[name] for name in names]
    return {check.id: worst(check, alone) for check in whole_rubric()}


def explained(found: Outcomes, names: Iterable[str]) -> str:
    """What is not simply the worse of what the entries say alone, each check by its id."""
    alone = expected(names)
    other = {one: said for one, said in found.items() if said is not alone[one]}
    return "; ".join(f"{one} {said}" for one, said in other.items())


@cache
def of_pairs() -> Mapping[str, str]:
    """Pair, as ``one+other`` -> what is explained; pairs of which nothing is are left out."""
    lines = PAIRS.read_text(encoding="utf-8").splitlines()
    return {name: said for name, _, said in (one.partition(": ") for one in lines)}

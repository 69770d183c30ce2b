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
        own = {check: outcomes.get(check, Outcome.PASSED) for check in ids}
        (most, count), *_ = Counter(own.values()).most_common()
        usual = most if 2 * count > len(own) else Outcome.PASSED
        whole |= {task: usual} if usual is not Outcome.PASSED else {}
        rest |= {check: outcome for check, outcome in own.items() if outcome is not usual}
    named = whole | rest
    order = (*(outcome for outcome in Outcome if outcome is not Outcome.PASSED), Outcome.PASSED)
    by_outcome = {outcome: [name for name in named if named[name] is outcome] for outcome in order}
    return "; ".join(" ".join([outcome, *names]) for outcome, names in by_outcome.items() if names)


def text(cases: Mapping[str, Outcomes], rubric: Iterable[Check]) -> str:
    checks = tuple(rubric)
    return "".join(
        f"{f'{name}: {line(outcomes, checks)}'.strip()}\n" for name, outcomes in cases.items()
    )


def read(frozen: str, rubric: Iterable[Check]) -> dict[str, dict[str, Outcome]]:
    """Case -> check -> outcome, of every check of the rubric."""
    checks = tuple(rubric)
    lines = (row.partition(":") for row in frozen.splitlines())
    return {name: _outcomes(listed, checks) for name, _, listed in lines}


def _outcomes(listed: str, checks: Iterable[Check]) -> dict[str, Outcome]:
    named: dict[str, Outcome] = {}
    for part in filter(None, listed.split("; ")):
        outcome = next(
            candidate for candidate in Outcome if part.strip().startswith(f"{candidate} ")
        )
        named |= dict.fromkeys(part.strip().removeprefix(outcome).split(), outcome)
    return {
        check.id: named.get(check.id, named.get(f"task{check.task}", Outcome.PASSED))
        for check in checks
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


def explained(outcomes: Outcomes, names: Iterable[str]) -> str:
    """What is not simply the worse of what the entries say alone, each check by its id."""
    alone = expected(names)
    other = {check: outcome for check, outcome in outcomes.items() if outcome is not alone[check]}
    return "; ".join(f"{check} {outcome}" for check, outcome in other.items())


@cache
def of_pairs() -> Mapping[str, str]:
    """Pair, as ``one+other`` -> what is explained; pairs of which nothing is are left out."""
    lines = PAIRS.read_text(encoding="utf-8").splitlines()
    return {name: explanation for name, _, explanation in (row.partition(": ") for row in lines)}

"""Thirty nights of a class: do marks go down only where something is really gone, and how soon?

``python benchmarks/nightly.py``: 200 simulated learners work through the lab; some then delete
something; every check of a learner's lab meets a transient fault with 2 %: half of them leave
something unread, half lie (a list without one of its resources). What learners made, deleted, and
what a lie hides comes from the catalogue of mistakes; the store, the choice of learners to recheck
and the marks are the product's own. With ``--lasting`` a fault lasts all night: every recheck meets
the same one.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fixtures.plugin.grading import whole_rubric
from graders.history.effective_result import (
    EffectiveResults,
    Found,
    Key,
    PastRun,
    agreed,
    counts_as_passed,
    in_doubt,
    marks,
)
from graders.history.store import PastRuns, Whose
from graders.inputs.nightly import Nightly
from graders.reasons import UNSAID, Reason
from graders.verdicts import Outcome
from tests.support import golden_lines

FIRST = datetime(2026, 10, 1, 2, tzinfo=UTC)
STAGES = tuple(f"stopped_after_task_{task}" for task in range(2, 7))
GONE = (
    "no_variable_group",
    "connection_deleted",
    "repository_deleted",
    "model_artifact_deleted",
    "model_deleted",
    "endpoint_deleted",
)
"""What learners delete, and what a list may leave out."""
SOON = 2
"""The night, counted from the deletion, by which it should be found."""
MOST_CHECKS = 3  # as fixtures/nightly/plugin.py
RUBRIC = whole_rubric()
POINTS = {check.id: check.points for check in RUBRIC if check.points}


@cache
def outcomes(*mistakes: str) -> Mapping[str, Outcome]:
    return golden_lines.expected(mistakes)


@dataclass
class Learner:
    """A learner: how far they are, and what they have deleted since."""

    id: str
    stage: int = 0
    deleted: str = ""
    since: int = -1

    @property
    def truth(self) -> Mapping[str, Outcome]:
        if self.deleted:
            return outcomes(self.deleted)
        return outcomes(*STAGES[self.stage : self.stage + 1])


@dataclass
class World:
    """The class, and what its nights are like."""

    given: argparse.Namespace
    dice: random.Random
    learners: list[Learner] = field(default_factory=list)

    def advance(self, night: int) -> None:
        for learner in self.learners:
            if learner.stage < len(STAGES) and self.dice.random() < 0.3:
                learner.stage += 1
            is_done = learner.stage == len(STAGES) and not learner.deleted
            if is_done and self.dice.random() < self.given.deletions:
                learner.deleted, learner.since = self.dice.choice(GONE), night

    def fault(self) -> str:
        """The fault of a collection: an omitted kind of resource, an unread task, or none."""
        if self.dice.random() >= self.given.faults:
            return ""
        unseen = f"task{self.dice.randint(2, 7)}"
        return self.dice.choice((unseen, self.dice.choice(GONE)))


def findings_of(learner: Learner, fault: str) -> dict[Key, Found]:
    """The findings on one learner's lab, collected through a fault."""
    results = dict(learner.truth)
    if fault.startswith("task"):
        task = int(fault.removeprefix("task"))
        results |= {check.id: Outcome.NOT_ASSESSED for check in RUBRIC if check.task == task}
    elif fault:
        lies = outcomes(fault)
        results |= {
            check: outcome for check, outcome in lies.items() if outcome is not Outcome.PASSED
        }
    return {
        (learner.id, check): Found(
            outcome, UNSAID if outcome is Outcome.PASSED else Reason(note="as found")
        )
        for check, outcome in results.items()
    }


def checked(world: World, before: EffectiveResults) -> tuple[dict[Key, list[Found]], int]:
    """All findings of one night, rechecks included; and how many learners were rechecked."""
    lasting = {member.id: world.fault() for member in world.learners}
    by_id = {member.id: member for member in world.learners}
    findings = {
        key: [first]
        for member in world.learners
        for key, first in findings_of(member, lasting[member.id]).items()
    }
    again = 0
    for _ in range(MOST_CHECKS - 1):
        open_ = {
            key: own[-1]
            for key, own in findings.items()
            if not (agreed(own).agreed or agreed(own).outcome is Outcome.PASSED)
        }
        doubtful = in_doubt(before, open_, RUBRIC)
        again += len(doubtful)
        for learner in doubtful:
            fault = lasting[learner] if world.given.lasting else world.fault()
            for key, finding in findings_of(by_id[learner], fault).items():
                findings[key].append(finding)
    return findings, again


@dataclass
class Tally:
    """The results of thirty nights."""

    wrongful: int = 0
    naive: int = 0
    again: int = 0
    found: Counter[int] = field(default_factory=Counter)
    missed: int = 0
    """Not found by the last night, though there was time."""
    open_: set[str] = field(default_factory=set)

    @property
    def late(self) -> int:
        return self.missed + sum(count for night, count in self.found.items() if night > SOON)

    def count(
        self, world: World, night: int, before: EffectiveResults, now: EffectiveResults
    ) -> None:
        for learner in world.learners:
            truth = learner.truth
            passing = [
                check
                for check in POINTS
                if truth[check] is Outcome.PASSED and counts_as_passed(before, learner.id, check)
            ]
            self.wrongful += any(not counts_as_passed(now, learner.id, check) for check in passing)
            if learner.deleted and learner.id in self.open_:
                self._deletion(learner, night, now)

    def _deletion(self, learner: Learner, night: int, now: EffectiveResults) -> None:
        lost = [check for check in POINTS if learner.truth[check] is not Outcome.PASSED]
        if not any(counts_as_passed(now, learner.id, check) for check in lost):
            self.found[night - learner.since + 1] += 1
            self.open_.discard(learner.id)


def run(given: argparse.Namespace, folder: Path) -> Tally:
    world = World(given, random.Random(given.seed))  # noqa: S311 - dice, no secret
    world.learners = [Learner(f"learner{number:03d}") for number in range(given.learners)]
    scope = Whose("simulated", {learner.id: f"place/{learner.id}" for learner in world.learners})
    store, tally = PastRuns(folder), Tally()
    for night in range(given.nights):
        world.advance(night)
        past = store.runs(scope)
        before = marks(Nightly(), past, RUBRIC)
        tally.open_ |= {learner.id for learner in world.learners if learner.since == night}
        findings, again = checked(world, before)
        results = {key: agreed(own) for key, own in findings.items()}
        tonight = PastRun(FIRST + timedelta(days=night), results)
        tally.count(world, night, before, marks(Nightly(), [*past, tonight], RUBRIC))
        tally.naive += _naive(world, before, findings)
        tally.again += again
        store.add(tonight, scope, "")
    tally.missed = sum(
        given.nights - learner.since >= SOON
        for learner in world.learners
        if learner.id in tally.open_
    )
    return tally


def _naive(world: World, before: EffectiveResults, findings: Mapping[Key, list[Found]]) -> int:
    """Learners who would have lost something tonight if the first findings made the mark."""
    return sum(
        any(
            learner.truth[check] is Outcome.PASSED
            and counts_as_passed(before, learner.id, check)
            and findings[learner.id, check][0].is_missed
            for check in POINTS
        )
        for learner in world.learners
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=200)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--faults", type=float, default=0.02, help="share of collections that fail")
    parser.add_argument(
        "--deletions",
        type=float,
        default=0.01,
        help="share of finished learners who delete something, per night",
    )
    parser.add_argument("--lasting", action="store_true", help="a fault lasts all night")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        tally = run(given, Path(folder))
        size = (Path(folder) / "runs.sqlite").stat().st_size / 1e6
    nights = ", ".join(f"{count} on night {night}" for night, count in sorted(tally.found.items()))
    print(f"learners x nights                     {given.learners} x {given.nights}")
    print(f"looked at again                       {tally.again}")
    print(f"wrongful downgrades                   {tally.wrongful}")
    print(f"  had one look made the mark          {tally.naive}")
    print(f"deletions found                       {nights or 'none'}")
    print(f"found later, or not at all            {tally.late}")
    print(f"store, MB                             {size:.1f}")
    print(f"taken, s                              {time.perf_counter() - began:.1f}")


if __name__ == "__main__":
    main()

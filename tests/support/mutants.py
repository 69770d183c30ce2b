"""Break the grader and see which tests notice: ``python -m tests.support.mutants``.

Every assertion of ``tests/lab`` is deleted, one at a time, and pairs of learners get each other's
evidence. A mutant is killed when the verdicts on the catalogue are not the expected ones any more.
The catalogue is collected once, and every mutant is judged on it. In a copy of the project the
rules are mutated (:mod:`tests.support.rule_mutants`).
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from fixtures.plugin.grading import GRADED
from fixtures.simulator.mistakes import read_catalogue
from graders import snapshot
from graders.judging.checks import GradedCheck, load_checks
from graders.lab import Lab
from graders.verdicts import Outcome
from tests.support import golden_lines, grading_process, judged_classes, rule_mutants

CATALOGUE = read_catalogue()
SWAPS = 20
OWNER, BORROWER = (f"learner{len(CATALOGUE.mistakes) + more:03d}" for more in (1, 2))
HOUR = timedelta(hours=1)

Outcomes = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Ground:
    """What was collected of the catalogue's learners."""

    labs: Mapping[str, Lab]
    evidence: Path

    def judged(
        self, learners: Iterable[str] = (), checks: Sequence[GradedCheck] | None = None
    ) -> Outcomes:
        """Learner -> check -> outcome; of all learners and checks, if none are named."""
        judge = judged_classes.judge(self.labs, self.evidence, checks)
        return {
            learner: {verdict.check: str(verdict.outcome) for verdict in judge.verdicts(learner)}
            for learner in learners or self.labs
        }


def main(groups: Sequence[str]) -> int:
    """Print the scores and the survivors; 1 when there are too many, or any of the checks.

    With names of groups of modules, only theirs.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = grading_process.copied_project(Path(folder) / "mutated")
        of_rules = rule_mutants.score(copy, groups)
        of_checks = 0 if groups else _score_of_checks(Path(folder))
    return of_rules or of_checks


def _score_of_checks(folder: Path) -> int:
    ground = _prepared(folder)
    expected = _expected()
    if ground.judged() != expected:
        print("Without a mutant the verdicts are not the expected ones: fix that first.")
        return 1
    survivors, count = [], 0
    for name, survived in (*_deletions(ground, expected), *_swaps(ground, expected)):
        count += 1
        survivors += [name] if survived else []
        print(f"{'SURVIVED' if survived else 'killed  '} {name}", flush=True)
    print(f"{count - len(survivors)} of {count} mutants of the checks and the evidence killed")
    return 1 if survivors else 0


def _prepared(folder: Path) -> Ground:
    entries = dict(enumerate(CATALOGUE.mistakes, start=1))
    cohort = grading_process.write_cohort(folder / "catalogue.csv", len(entries) + 2, entries)
    evidence = folder / "evidence"
    labs = judged_classes.collect(cohort, evidence)
    _borrow_the_endpoint(evidence, OWNER, BORROWER)
    return Ground(labs, evidence)


def _borrow_the_endpoint(folder: Path, owner: str, borrower: str) -> None:
    """No entry of the catalogue can do that: it would have to know another learner's world."""
    theirs, evidence = (snapshot.read(folder, learner) for learner in (owner, borrower))
    if theirs is None or evidence is None:
        raise SystemExit("the catalogue's class was not collected")
    ((endpoint,), (other,)) = evidence.endpoints, theirs.endpoints  # type: ignore[misc]
    late = replace(endpoint, scoring_uri=other.scoring_uri, created_at=other.created_at + HOUR)
    snapshot.write(folder, replace(evidence, endpoints=(late,)))


def _expected() -> Outcomes:
    deleted = golden_lines.expected(["endpoint_deleted"]) | {
        "work-is-the-learners-own": Outcome.NOTED
    }
    made = enumerate(CATALOGUE.mistakes, start=1)
    outcomes = {f"learner{number:03d}": golden_lines.expected([name]) for number, name in made}
    return outcomes | {OWNER: golden_lines.expected([]), BORROWER: deleted}


def _deletions(ground: Ground, expected: Outcomes) -> Iterator[tuple[str, bool]]:
    """Each check without its assertion: whatever it is given, it passes."""
    for graded_check in load_checks(GRADED):
        outcomes = ground.judged(checks=[replace(graded_check, function=lambda **_: None)])
        yield (
            f"no assertion in {graded_check.check.id}",
            _same(outcomes, expected, graded_check.check.id),
        )


def _same(outcomes: Outcomes, expected: Outcomes, check: str) -> bool:
    return all(own[check] == expected[learner][check] for learner, own in outcomes.items())


def _swaps(ground: Ground, expected: Outcomes) -> Iterator[tuple[str, bool]]:
    """Two learners with each other's evidence, under their own names and with a sound digest."""
    learners = [learner for learner in expected if _has_a_failure(expected[learner])]
    chosen = random.Random(7)  # noqa: S311 (which pairs is of no consequence, the same ones is)
    for _ in range(SWAPS):
        pair = chosen.sample(learners, 2)
        while expected[pair[0]] == expected[pair[1]]:  # two ways to the same verdicts
            pair = chosen.sample(learners, 2)
        files = [snapshot.path_of(ground.evidence, learner).read_bytes() for learner in pair]
        _swap(ground.evidence, pair)
        outcomes = ground.judged(pair)
        for learner, content in zip(pair, files, strict=True):
            snapshot.path_of(ground.evidence, learner).write_bytes(content)
        yield (
            f"evidence of {' and '.join(pair)} swapped",
            outcomes == {p: expected[p] for p in pair},
        )


def _has_a_failure(outcomes: Mapping[str, str]) -> bool:
    return str(Outcome.FAILED) in outcomes.values()


def _swap(folder: Path, pair: Sequence[str]) -> None:
    first, second = (snapshot.read(folder, learner) for learner in pair)
    if first is None or second is None:
        raise FileNotFoundError(f"no evidence of {pair}")
    snapshot.write(folder, replace(first, learner=pair[1], place=second.place))
    snapshot.write(folder, replace(second, learner=pair[0], place=first.place))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Facts about the class as a whole for the grade book page: pure functions of the grades."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from graders.rubric import Check
from graders.verdicts import Grade, Outcome
from reports.class_summary import Cause, Failure, failures, stopped, undecided
from reports.gradebook import points_text
from reports.grading_run import GradingRun

OUTCOMES: Mapping[Outcome, tuple[str, str, str]] = {
    Outcome.PASSED: ("p", "✓", "nothing to do"),
    Outcome.FAILED: ("f", "✗", "the learner must fix it"),
    Outcome.BLOCKED: ("b", "–", "the learner must fix an earlier step first"),
    Outcome.PENDING: ("w", "◔", "the cloud is still working"),
    Outcome.NOT_ASSESSED: ("u", "?", "could not be checked: the instructor’s turn"),
    Outcome.NOTED: ("n", "i", "advice, no points lost"),
}
"""Outcome -> its letter in the data, its symbol, and whose turn it is."""
_TENTHS = 10


@dataclass(frozen=True)
class Group:
    """Learners that a chart shows as one bar, by their places in the cohort."""

    label: str
    learners: tuple[int, ...]
    phrase: str = ""
    """The label as a whole phrase, for screen readers."""


@dataclass(frozen=True)
class CheckFacts:
    """One check and its outcomes in the class; ``place`` is its place in the rubric."""

    check: Check
    place: int
    counts: Mapping[Outcome, int]
    failure: Failure | None

    @property
    def tried(self) -> int:
        """How many got there and were judged: not those who were blocked or not assessed."""
        return sum(
            self.counts.get(outcome, 0)
            for outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.NOTED)
        )

    @property
    def rate(self) -> int | None:
        """Percent of those who got there; rounded down, so that 100 means everyone."""
        return self.counts.get(Outcome.PASSED, 0) * 100 // self.tried if self.tried else None


@dataclass(frozen=True)
class ClassFacts:
    """A class in numbers: grades that are decided, and those withheld."""

    checks: tuple[CheckFacts, ...]
    """By task, in the order of the rubric."""
    possible: float
    decided: int
    median: float | None
    causes: tuple[tuple[Cause, Group], ...]
    """Every cause of what is not decided, and the learners with it."""
    totals: tuple[Group, ...]
    """By tenths of the maximum, then all points, then withheld."""
    stopped: tuple[Group, ...]
    failures: tuple[CheckFacts, ...]
    """Checks that a learner failed, most learners first."""
    undecided: Mapping[str, int]
    """Outcome -> learners whose grade it withholds."""

    @property
    def all_points(self) -> int:
        return len(self.totals[_TENTHS].learners)

    @property
    def suspects(self) -> tuple[CheckFacts, ...]:
        """What nearly everyone fails: the lab or the tenant may be wrong."""
        return tuple(
            check
            for check in self.failures
            if check.failure and check.failure.is_of_nearly_everyone
        )


def class_facts(run: GradingRun, grades: Sequence[Grade]) -> ClassFacts:
    """All that charts and summary show; ``grades`` in cohort order."""
    totals = [grade.total for grade in grades if grade.total is not None]
    checks = _checks(run, grades)
    ranked = sorted((check for check in checks if check.failure), key=_failed, reverse=True)
    return ClassFacts(
        checks=checks,
        possible=sum(check.points for check in run.checks),
        decided=len(totals),
        median=statistics.median(totals) if totals else None,
        causes=_causes(grades),
        totals=_totals(run, grades),
        stopped=_stopped(grades),
        failures=tuple(ranked),
        undecided=_undecided(grades),
    )


def _failed(check: CheckFacts) -> int:
    return check.counts.get(Outcome.FAILED, 0)


def _checks(run: GradingRun, grades: Sequence[Grade]) -> tuple[CheckFacts, ...]:
    by_check: dict[str, Counter[Outcome]] = {}
    for grade in grades:
        for verdict in grade.verdicts:
            by_check.setdefault(verdict.check, Counter())[verdict.outcome] += 1
    failed = {failure.check.id: failure for failure in failures(run.checks, grades)}
    rubric = sorted(run.checks, key=lambda check: check.task)
    return tuple(
        CheckFacts(check, place, by_check.get(check.id, Counter()), failed.get(check.id))
        for place, check in enumerate(rubric)
    )


def _grouped(keys: Sequence[str]) -> dict[str, list[int]]:
    """Key -> places in the cohort, in the order of first appearance."""
    places: dict[str, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    return places


def _causes(grades: Sequence[Grade]) -> tuple[tuple[Cause, Group], ...]:
    places = {grade.learner: place for place, grade in enumerate(grades)}
    return tuple(
        (cause, Group(cause.words, tuple(places[learner] for learner in cause.learners)))
        for cause in undecided(grades)
    )


def _totals(run: GradingRun, grades: Sequence[Grade]) -> tuple[Group, ...]:
    possible = sum(check.points for check in run.checks)
    tenths = [_tenth(grade.total, possible) for grade in grades]
    bounds = [points_text(possible * tenth / _TENTHS) for tenth in range(_TENTHS + 1)]
    phrases = [f"{low} to under {high} points" for low, high in pairwise(bounds)]
    phrases += [f"all {bounds[-1]} points", "a grade withheld"]
    return tuple(
        Group(label, tuple(at for at, value in enumerate(tenths) if value == tenth), phrases[tenth])
        for tenth, label in enumerate([*bounds, "withheld"])
    )


def _tenth(total: float | None, possible: float) -> int:
    if total is None:
        return _TENTHS + 1
    return _TENTHS if total >= possible else int(total * _TENTHS / possible)


def _stopped(grades: Sequence[Grade]) -> tuple[Group, ...]:
    where = _grouped([next(iter(stopped([grade]))) for grade in grades])
    return tuple(Group(label, tuple(where[label])) for label in stopped(grades))


def _undecided(grades: Sequence[Grade]) -> Mapping[str, int]:
    """Outcome -> learners; a grade that both outcomes withhold is counted where it is our turn."""
    counts: Counter[str] = Counter()
    for grade in grades:
        outcomes = {verdict.outcome for verdict in grade.verdicts if verdict.withholds}
        if Outcome.NOT_ASSESSED in outcomes:
            counts[Outcome.NOT_ASSESSED.value] += 1
        elif Outcome.PENDING in outcomes:
            counts[Outcome.PENDING.value] += 1
        elif grade.is_excused:
            counts["excused"] += 1
        elif grade.is_withheld:
            counts["not run in full"] += 1
    return counts

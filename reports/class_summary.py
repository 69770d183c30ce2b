"""The class as a whole: what failed most and why, where learners stopped, where the lab breaks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graders.lab import SHEET
from graders.reasons import LabBreak
from graders.rubric import Check
from graders.verdicts import Grade, Outcome, Verdict
from graders.wording import to_repair, where_it_breaks

_OWN = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b(?=[a-f]*\d)[0-9a-f]{7,40}\b|\d+", re.IGNORECASE
)
"""What differs between learners in the same message: ids, commits, numbers."""
_TRIED = (Outcome.FAILED, Outcome.PASSED)


@dataclass(frozen=True)
class Failure:
    """One check and the learners who failed it, of those for whom it was decided."""

    check: Check
    learners: tuple[str, ...]
    tried: int
    """How many passed or failed it; a learner who is blocked before it never got there."""
    cause: str
    """The commonest reason, in the words of one learner's verdict."""
    same_cause: int
    """How many have that reason, ignoring ids and numbers (which differ for each learner)."""
    is_example: bool = False
    """Whether the reasons of those differ in ids or numbers."""

    @property
    def cause_words(self) -> str:
        """The commonest reason with how many have it; marked where others read it differently."""
        learners = f"{self.same_cause} learner{'s' * (self.same_cause != 1)}"
        return f"{learners}{', for example' if self.is_example else ''}: {self.cause}"


@dataclass(frozen=True)
class Cause:
    """Why checks are not decided: one reason, and the learners with it in cohort order."""

    outcome: Outcome | None
    """Not assessed or pending; None: not run."""
    reason: str
    """In the words of the first learner's verdict."""
    learners: tuple[str, ...]
    checks: int
    """How many verdicts it explains; with ``None``, how many there are none of."""
    is_example: bool = False
    """Whether others have the same reason with ids or numbers of their own."""

    @property
    def words(self) -> str:
        """The outcome and the reason; marked as an example where not everyone reads just that."""
        if self.outcome is None:
            return "not run"
        return f"{self.outcome}{', for example' if self.is_example else ''}: {self.reason}"


@dataclass(frozen=True)
class Broken:
    """Where the lab or the tenant breaks, as one learner's record has it, and who met it."""

    fact: LabBreak
    learners: tuple[str, ...]

    def __str__(self) -> str:
        """What it is, and what an administrator can do."""
        where = where_it_breaks(self.fact)
        return f"{where}. To do: {to_repair(self.fact)}."


def lab_breaks(grades: Iterable[Grade]) -> list[Broken]:
    """Where the lab breaks for the class, most learners first."""
    facts: dict[str, LabBreak] = {}
    learners: dict[str, dict[str, None]] = {}
    for grade in grades:
        for verdict in grade.verdicts:
            if fact := verdict.why.lab_break:
                facts.setdefault(fact.record, fact)
                learners.setdefault(fact.record, {})[verdict.learner] = None
    found = [Broken(fact, tuple(learners[record])) for record, fact in facts.items()]
    return sorted(found, key=lambda broken: -len(broken.learners))


def failures(rubric: Iterable[Check], grades: Sequence[Grade]) -> list[Failure]:
    """Every check that a learner failed, most learners first, in the order of the rubric."""
    verdicts: dict[str, list[Verdict]] = {}
    for grade in grades:
        for verdict in grade.verdicts:
            verdicts.setdefault(verdict.check, []).append(verdict)
    counted = [_failure(check, verdicts.get(check.id, ())) for check in rubric]
    return sorted(
        (failure for failure in counted if failure.learners),
        key=lambda failure: -len(failure.learners),
    )


def undecided(grades: Iterable[Grade]) -> list[Cause]:
    """Every cause of what is not decided, once: not assessed, pending, then not run.

    Those with most learners come first. Of a grade that a person settled, nothing is open any more:
    the decision stands with what it settles.
    """
    grades = [grade for grade in grades if grade.is_withheld or not _was_withheld(grade)]
    alike: dict[tuple[Outcome, str], list[tuple[str, str, int]]] = {}
    for grade in grades:
        for (outcome, reason), count in grade.undecided.items():
            same = alike.setdefault((outcome, cause_of(reason)), [])
            same.append((grade.learner, reason, count))
    causes = [_cause(outcome, same) for (outcome, _), same in alike.items()]
    causes.sort(key=lambda c: (c.outcome is Outcome.PENDING, -len(c.learners), -c.checks))
    idle = [grade for grade in grades if grade.is_withheld and grade.not_run]
    if idle:
        learners = tuple(grade.learner for grade in idle)
        causes.append(Cause(None, "", learners, sum(grade.not_run for grade in idle)))
    return causes


def _was_withheld(grade: Grade) -> bool:
    return grade.automatic is not None and grade.automatic.is_withheld


def _cause(outcome: Outcome, same: Sequence[tuple[str, str, int]]) -> Cause:
    learners = tuple(dict.fromkeys(learner for learner, _, _ in same))
    reasons = {reason for _, reason, _ in same}
    checks = sum(count for _, _, count in same)
    return Cause(outcome, same[0][1], learners, checks, len(reasons) > 1)


def stopped(grades: Sequence[Grade]) -> dict[str, int]:
    """Where learners stopped -> how many: the last task of which they have half the points."""
    counted = Counter(_last_task(grade) for grade in grades)
    first, last = min(SHEET.tasks), max(SHEET.tasks)
    labels = {None: "not decided yet", 0: f"before task {first}", last: f"task {last} (last)"}
    order = [0, *SHEET.tasks, None]
    return {labels.get(task, f"task {task}"): counted[task] for task in order if counted[task]}


def cause_of(reason: str) -> str:
    """A reason without the parts that are a learner's own; equal for equal causes."""
    return _OWN.sub("#", reason)


def _failure(check: Check, verdicts: Sequence[Verdict]) -> Failure:
    failed = [verdict for verdict in verdicts if verdict.outcome is Outcome.FAILED]
    alike: dict[str, list[Verdict]] = {}
    for failing in failed:
        alike.setdefault(cause_of(failing.reason), []).append(failing)
    commonest = max(alike.values(), key=len, default=[])
    return Failure(
        check=check,
        learners=tuple(verdict.learner for verdict in failed),
        tried=sum(verdict.outcome in _TRIED for verdict in verdicts),
        cause=commonest[0].reason if commonest else "",
        same_cause=len(commonest),
        is_example=len({verdict.reason for verdict in commonest}) > 1,
    )


def _last_task(grade: Grade) -> int | None:
    """0: before the first task; None: a task is not decided, and none after it is done."""
    possible = Counter[int]()
    for verdict in grade.verdicts:
        possible[verdict.task] += verdict.points  # type: ignore[assignment]
    done = [
        task
        for task, points in grade.by_task.items()
        if points is not None and possible[task] and points >= possible[task] / 2
    ]
    open_ = [task for task, points in grade.by_task.items() if points is None]
    last = max(done, default=0)
    return None if any(task > last for task in open_) else last

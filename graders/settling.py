"""The one place where decisions and late work change grades: a pure function of graded learners."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from graders.decisions import ALL, Action, Decision, Idle, IdleDecision
from graders.late import Lateness, LateRule, LateWork
from graders.reasons import Outcome
from graders.rubric import Check
from graders.verdicts import Grade, Verdict, grade


@dataclass(frozen=True)
class Settlement:
    """What counts besides the checks: decisions, and the late rule."""

    decisions: tuple[Decision, ...] = ()
    at: datetime | None = None
    """When the run began: whether a decision has lapsed; None: none has."""
    rule: LateRule = field(default_factory=LateRule)
    late: Mapping[str, LateWork] = field(default_factory=dict)
    """By learner; those in time may be left out."""


def settled(
    grades: Sequence[Grade], rubric: Iterable[Check], settlement: Settlement
) -> tuple[tuple[Grade, ...], tuple[IdleDecision, ...]]:
    """The grades that count, and the decisions without effect on them.

    ``grades`` are automatic ones; a learner of whom there is none is not concerned.
    """
    checks = tuple(rubric)
    by_learner: dict[str, list[Decision]] = {}
    for decision in settlement.decisions:
        by_learner.setdefault(decision.learner, []).append(decision)
    final, idle = [], []
    for own in grades:
        grade_, without = _settled(own, checks, settlement, by_learner.get(own.learner, ()))
        final.append(grade_)
        idle += without
    return tuple(final), tuple(sorted(idle, key=lambda entry: entry.decision.row))


def _settled(
    own: Grade, rubric: Sequence[Check], settlement: Settlement, decisions: Iterable[Decision]
) -> tuple[Grade, list[IdleDecision]]:
    valid, idle = [], []
    for decision in decisions:
        if settlement.at is None or decision.counts_at(settlement.at):
            valid.append(decision)
        else:
            idle.append(IdleDecision(decision, Idle.LAPSED))
    of_checks = [decision for decision in valid if not decision.is_of_the_total]
    verdicts = _decided(own.verdicts, of_checks)
    idle += _without_effect(own.verdicts, verdicts, of_checks)
    total = next((decision for decision in valid if decision.is_of_the_total), None)
    changed = grade(own.learner, verdicts, rubric) if verdicts != own.verdicts else own
    late = _lateness(changed, settlement)
    final = with_total(changed, late, total)
    if total and final.decision is None:
        idle.append(IdleDecision(total, Idle.WITHHELD if final.is_withheld else Idle.NO_CHANGE))
    return (final if final == own else replace(final, automatic=own)), idle


# --- checks ---------------------------------------------------------------------------------------


def _decided(verdicts: tuple[Verdict, ...], decisions: Iterable[Decision]) -> tuple[Verdict, ...]:
    by_check = {decision.check: decision for decision in decisions}
    of_all = by_check.get(ALL)
    return tuple(
        decide(verdict, by_check.get(verdict.check) or (of_all if verdict.points else None))
        for verdict in verdicts
    )


def decide(verdict: Verdict, decision: Decision | None) -> Verdict:
    """The verdict by a decision; unchanged where the automatic result is the same."""
    if decision is None:
        return verdict
    decided = replace(verdict, decision=decision, automatic=verdict.outcome)
    decided = replace(decided, outcome=_outcome(decided, decision))
    is_same = (decided.outcome, decided.earned) == (verdict.outcome, verdict.earned)
    return verdict if is_same else decided


def _outcome(verdict: Verdict, decision: Decision) -> Outcome:
    """Passed with all points of a check, failed (or noted, without points) with fewer."""
    if verdict.points:
        return Outcome.PASSED if verdict.earned >= verdict.points else Outcome.FAILED
    return Outcome.NOTED if decision.action is Action.FAILED else Outcome.PASSED


def _without_effect(
    before: Iterable[Verdict], after: Iterable[Verdict], decisions: Iterable[Decision]
) -> Iterator[IdleDecision]:
    judged = {verdict.check for verdict in before}
    used = {verdict.decision for verdict in after if verdict.decision}
    for decision in decisions:
        if decision.check != ALL and decision.check not in judged:
            yield IdleDecision(decision, Idle.NO_MATCH)
        elif decision not in used:
            yield IdleDecision(decision, Idle.NO_CHANGE)


# --- the total ------------------------------------------------------------------------------------


def with_total(own: Grade, late: Lateness | None, decision: Decision | None) -> Grade:
    """The grade of its checks, changed by late work and then by a decision about the total."""
    if late and not own.is_withheld:
        missing, deduction = replace(own, late=late).late_points
        own = replace(own, late=late, earned=own.earned - missing - deduction)
    if decision is None:
        return own
    if decision.action is Action.EXCUSED:
        return replace(own, is_withheld=False, decision=decision)
    if own.is_withheld and decision.action is not Action.POINTS:
        return own  # there is no total yet
    total = decision.total_of(own.earned)
    if not own.is_withheld and total == own.earned:
        return own
    return replace(own, earned=total, is_withheld=False, decision=decision)


def _lateness(own: Grade, settlement: Settlement) -> Lateness | None:
    """The state that gives the most points, the earliest of equals; None: all is in time."""
    work = settlement.late.get(own.learner)
    if work is None or own.is_withheld or not work.states:
        return None
    decided = {verdict.check for verdict in own.verdicts if verdict.decision}
    candidates = [
        Lateness(settlement.rule, work.due, replace(state, missing=state.missing - decided))
        for state in work.states
    ]
    best = max(candidates, key=lambda candidate: _points_by(own, candidate))
    is_in_time = not best.state.steps and not best.state.missing
    return None if is_in_time else best


def _points_by(own: Grade, late: Lateness) -> float:
    missing, deduction = replace(own, late=late).late_points
    return own.earned - missing - deduction

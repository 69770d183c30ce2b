"""What a learner is told: verdicts sorted by what there is to do, in a learner's words.

Never in here: ``Verdict.for_instructor``, and the reasons of what was *not assessed*: those are for
whoever runs the grader, and may name its folders or another place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from graders.evidence import ServiceName
from graders.judging.first_failure import first_to_read
from graders.lab import SHEET, Learner
from graders.reasons import Mismatch, Reason
from graders.rubric import Check
from graders.verdicts import Grade, Outcome, Verdict
from graders.wording import past_for_the_learner, waits_for
from reports.feedback.page import Feedback, Group, Line, TaskLine, ToMend
from reports.gradebook import points_text
from reports.grading_run import GradingRun
from reports.links import links

_SERVICES = frozenset(ServiceName) - {ServiceName.GRADER}
"""What a learner may be told could not be seen; of everything else only the grader knows."""


def feedback(run: GradingRun, learner: Learner, own: Grade) -> Feedback:
    """What a learner is to read of a grade of a run."""
    by_root = _by_root(own.verdicts)
    failed = [one for one in own.verdicts if one.outcome is Outcome.FAILED]
    begin = first_to_read(failed)
    rest = [one for one in _in_order(failed) if one is not begin]
    return Feedback(
        learner=learner,
        total=points_text(own.total) or None,
        possible=points_text(own.possible),
        withheld=tuple(_why_withheld(run, own)) if own.withheld else (),
        tasks=tuple(_tasks(run.checks, own)),
        first=_to_mend(begin, by_root) if begin else None,
        pending=_grouped(own.verdicts, Outcome.PENDING),
        others=tuple(_to_mend(one, by_root) for one in rest),
        waiting=_groups(by_root.get("", ()), whole=True),
        advice=tuple(_to_mend(one) for one in _in_order(_of(own.verdicts, Outcome.NOTED))),
        unseen=_unseen(own.verdicts),
        standing=_standing(own.verdicts),
        pages=tuple(links(run.labs[learner.id])),
    )


def _why_withheld(run: GradingRun, own: Grade) -> Iterator[str]:
    undecided = [one.outcome for one in own.verdicts if one.withholds]
    if unseen := undecided.count(Outcome.NOT_ASSESSED):
        yield (
            f"{_graded_checks(unseen)} could not be run. This is not your fault, and you lose no"
            " points. You don't have to do anything: your instructor can see the reason and can"
            " grade you again."
        )
    if pending := undecided.count(Outcome.PENDING):
        yield (
            f"{_graded_checks(pending)} cannot be decided yet, because the cloud is still"
            " working. Wait until it has finished, then ask to be graded again."
        )
    if len(own.verdicts) < len(run.checks):
        yield (
            f"Only {len(own.verdicts)} of the {len(run.checks)} checks were run this time,"
            " so there is no grade."
        )


def _graded_checks(count: int) -> str:
    return f"{count} graded check{'s' * (count != 1)}"


# --- in a learner's words -------------------------------------------------------------------------


def _line(verdict: Verdict) -> Line:
    return Line(verdict.step, addressed(verdict.title), in_points(verdict.points))


def in_points(points: float) -> str:
    """``1 point``, ``2.5 points``; empty for none."""
    return f"{points_text(points)} point{'s' * (points != 1)}" if points else ""


def addressed(title: str) -> str:
    """A check's title as it is said to the learner: ``your project`` for ``the learner's``."""
    to_you = re.sub(r"\bthe learner's", "your", re.sub(r"\bThe learner's", "Your", title))
    return re.sub(r"\bthe learner\b", "you", to_you)


def _mismatches(why: Reason) -> tuple[Mismatch, ...]:
    """What was expected and found; of an earlier version's reason all that is known of it."""
    return why.mismatches or tuple(Mismatch("", "", line) for line in why.note.splitlines())


def _to_mend(verdict: Verdict, by_root: Mapping[str, Sequence[Verdict]] | None = None) -> ToMend:
    waiting = (by_root or {}).get(verdict.check, ())
    how_much = [_checks(len(waiting)), in_points(sum(one.points for one in waiting))]
    return ToMend(
        _line(verdict),
        _mismatches(verdict.why),
        verdict.why.more,
        verdict.hint,
        _groups(waiting),
        ", ".join(filter(None, how_much)),
    )


def _checks(count: int) -> str:
    return f"{count} check{'s' * (count != 1)}"


# --- what belongs together ------------------------------------------------------------------------


def _of(verdicts: Iterable[Verdict], outcome: Outcome) -> list[Verdict]:
    return [one for one in verdicts if one.outcome is outcome]


def _in_order(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """In the order of the lab's steps: checks of the whole lab stand last in the rubric."""
    return sorted(verdicts, key=lambda one: [int(part) for part in one.step.split(".")])


def _by_root(verdicts: Sequence[Verdict]) -> Mapping[str, list[Verdict]]:
    """Failed check -> what is blocked by it, be it over others; under "" what is so by none."""
    by_check = {one.check: one for one in verdicts}
    found: dict[str, list[Verdict]] = {}
    for one in _of(verdicts, Outcome.BLOCKED):
        root = _root(one, by_check)
        found.setdefault(root.check if root else "", []).append(one)
    return found


def _root(blocked: Verdict, by_check: Mapping[str, Verdict]) -> Verdict | None:
    """The failed check that blocks this one, be it over others."""
    been: set[str] = set()
    one: Verdict | None = blocked
    while one and one.why.blocked_by and one.check not in been:
        been.add(one.check)
        one = by_check.get(one.why.blocked_by.check)
    return one if one and one.outcome is Outcome.FAILED else None


def _groups(verdicts: Iterable[Verdict], *, whole: bool = False) -> tuple[Group, ...]:
    """By cause. What was found in a thing's place stands where it is to be fixed, if anywhere."""
    causes: dict[str, list[Verdict]] = {}
    for one in verdicts:
        blocked_by = one.why.blocked_by
        cause = one.reason if whole or blocked_by is None else waits_for(blocked_by)
        causes.setdefault(cause, []).append(one)
    return tuple(Group(cause, _lines(own)) for cause, own in causes.items())


def _grouped(verdicts: Iterable[Verdict], outcome: Outcome) -> tuple[Group, ...]:
    return _groups(_of(verdicts, outcome), whole=True)


def _unseen(verdicts: Iterable[Verdict]) -> tuple[Group, ...]:
    """By the service that could not be seen, where it was one; why is not the learner's matter."""
    services: dict[str, list[Verdict]] = {}
    for one in _of(verdicts, Outcome.NOT_ASSESSED):
        service = one.why.unseen.service if one.why.unseen else ""
        services.setdefault(service if service in _SERVICES else "", []).append(one)
    return tuple(Group(service, _lines(own)) for service, own in services.items())


def _standing(verdicts: Iterable[Verdict]) -> tuple[Group, ...]:
    """By what it says; what this run found besides is for whoever runs the grader."""
    said: dict[str, list[Verdict]] = {}
    for one in verdicts:
        if one.past:
            said.setdefault(past_for_the_learner(one.past), []).append(one)
    return tuple(Group(sentence, _lines(own)) for sentence, own in said.items())


def _lines(verdicts: Iterable[Verdict]) -> tuple[Line, ...]:
    return tuple(_line(one) for one in _in_order(verdicts))


def _tasks(rubric: Sequence[Check], own: Grade) -> Iterator[TaskLine]:
    for number, title in SHEET.tasks.items():
        points = own.by_task[number]
        yield TaskLine(
            number,
            title,
            None if points is None else points_text(points),
            points_text(sum(check.points for check in rubric if check.task == number)),
            _lines(v for v in _of(own.verdicts, Outcome.PASSED) if v.task == number),
        )

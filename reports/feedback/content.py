"""A learner's feedback: verdicts sorted by what there is to do, in a learner's words.

Never in here: ``Verdict.for_instructor``, and the reasons of what was *not assessed*: those are for
the person who runs the grader, and may name its folders or another place.
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
from graders.wording import changes_for_the_learner, past_for_the_learner, waits_for
from reports.feedback.page import Feedback, Group, Line, TaskLine, ToFix
from reports.gradebook import points_text
from reports.grading_run import GradingRun
from reports.links import links

_SERVICES = frozenset(ServiceName) - {ServiceName.GRADER}
"""Services that a learner may see named as unreadable; the rest is for the grader only."""


def feedback(run: GradingRun, learner: Learner, own: Grade) -> Feedback:
    """A learner's feedback on one grade of a run."""
    judged = [verdict for verdict in own.verdicts if verdict.decision is None]
    by_root = _by_root(judged)
    failed = _of(judged, Outcome.FAILED)
    begin = first_to_read(failed)
    rest = [verdict for verdict in _in_order(failed) if verdict is not begin]
    return Feedback(
        learner=learner,
        total=points_text(own.total) or None,
        possible=points_text(own.possible),
        withheld=tuple(_why_withheld(run, own)) if own.withheld else (),
        tasks=tuple(_tasks(run.checks, own)),
        first=_to_fix(begin, by_root) if begin else None,
        changes=tuple(map(addressed, changes_for_the_learner(own))),
        pending=_grouped(judged, Outcome.PENDING),
        others=tuple(_to_fix(verdict, by_root) for verdict in rest),
        waiting=_groups(by_root.get("", ()), whole=True),
        advice=tuple(_to_fix(verdict) for verdict in _in_order(_of(judged, Outcome.NOTED))),
        unseen=_unseen(judged),
        past_run_notes=_past_run_notes(own.verdicts),
        pages=tuple(links(run.labs[learner.id])),
    )


def _why_withheld(run: GradingRun, own: Grade) -> Iterator[str]:
    if own.is_excused:
        yield "You are excused from this lab."
        return
    undecided = [verdict.outcome for verdict in own.verdicts if verdict.withholds]
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
    """A check's title as the learner reads it: ``your project`` for ``the learner's``."""
    to_you = re.sub(r"\bthe learner's", "your", re.sub(r"\bThe learner's", "Your", title))
    return re.sub(r"\bthe learner\b", "you", re.sub(r"\bThe learner\b", "You", to_you))


def _mismatches(why: Reason) -> tuple[Mismatch, ...]:
    """What was expected and found; for a reason of an earlier version, its text."""
    return why.mismatches or tuple(Mismatch("", "", line) for line in why.note.splitlines())


def _to_fix(verdict: Verdict, by_root: Mapping[str, Sequence[Verdict]] | None = None) -> ToFix:
    waiting = (by_root or {}).get(verdict.check, ())
    how_much = [_checks(len(waiting)), in_points(sum(blocked.points for blocked in waiting))]
    return ToFix(
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
    return [verdict for verdict in verdicts if verdict.outcome is outcome]


def _in_order(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """In the order of the lab's steps: checks of the whole lab come last in the rubric."""
    return sorted(verdicts, key=lambda verdict: [int(part) for part in verdict.step.split(".")])


def _by_root(verdicts: Sequence[Verdict]) -> Mapping[str, list[Verdict]]:
    """Failed check -> what it blocks, also indirectly; under "" what no failed check blocks."""
    by_check = {verdict.check: verdict for verdict in verdicts}
    waiting: dict[str, list[Verdict]] = {}
    for blocked in _of(verdicts, Outcome.BLOCKED):
        root = _root(blocked, by_check)
        waiting.setdefault(root.check if root else "", []).append(blocked)
    return waiting


def _root(blocked: Verdict, by_check: Mapping[str, Verdict]) -> Verdict | None:
    """The failed check that blocks this one, also indirectly."""
    visited: set[str] = set()
    current: Verdict | None = blocked
    while current and current.why.blocked_by and current.check not in visited:
        visited.add(current.check)
        current = by_check.get(current.why.blocked_by.check)
    return current if current and current.outcome is Outcome.FAILED else None


def _groups(verdicts: Iterable[Verdict], *, whole: bool = False) -> tuple[Group, ...]:
    """By cause. What was found instead is shown at the check to fix, if there is one."""
    causes: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        blocked_by = verdict.why.blocked_by
        cause = verdict.reason if whole or blocked_by is None else waits_for(blocked_by)
        causes.setdefault(cause, []).append(verdict)
    return tuple(Group(cause, _lines(own)) for cause, own in causes.items())


def _grouped(verdicts: Iterable[Verdict], outcome: Outcome) -> tuple[Group, ...]:
    return _groups(_of(verdicts, outcome), whole=True)


def _unseen(verdicts: Iterable[Verdict]) -> tuple[Group, ...]:
    """By the service that could not be read, where it was one; why is not for the learner."""
    services: dict[str, list[Verdict]] = {}
    for verdict in _of(verdicts, Outcome.NOT_ASSESSED):
        service = verdict.why.unseen.service if verdict.why.unseen else ""
        services.setdefault(service if service in _SERVICES else "", []).append(verdict)
    return tuple(Group(service, _lines(own)) for service, own in services.items())


def _past_run_notes(verdicts: Iterable[Verdict]) -> tuple[Group, ...]:
    """By its note; what this run found besides is for the person who runs the grader."""
    by_note: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.past:
            by_note.setdefault(past_for_the_learner(verdict.past), []).append(verdict)
    return tuple(Group(sentence, _lines(own)) for sentence, own in by_note.items())


def _lines(verdicts: Iterable[Verdict]) -> tuple[Line, ...]:
    return tuple(_line(verdict) for verdict in _in_order(verdicts))


def _passed(own: Grade) -> list[Verdict]:
    return [verdict for verdict in _of(own.verdicts, Outcome.PASSED) if not verdict.decision]


def _tasks(rubric: Sequence[Check], own: Grade) -> Iterator[TaskLine]:
    for number, title in SHEET.tasks.items():
        points = own.by_task[number]
        yield TaskLine(
            number,
            title,
            None if points is None else points_text(points),
            points_text(sum(check.points for check in rubric if check.task == number)),
            _lines(v for v in _passed(own) if v.task == number),
        )

"""A learner's feedback: verdicts sorted by what there is to do, in a learner's words.

Never in here: ``Verdict.for_instructor``, and the reasons of what was *not assessed*: those are for
the person who runs the grader, and may name its folders or another place. A learner who runs it
alone is that person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache

from graders.evidence import ServiceName
from graders.judging.root_causes import blocked_by_root
from graders.lab import SHEET, Lab, Learner
from graders.reasons import Mismatch, Reason
from graders.rubric import Check
from graders.verdicts import Grade, Outcome, Verdict
from graders.wording import changes_for_the_learner, checks, past_for_the_learner
from reports.feedback.page import Feedback, Group, Line, TaskLine, ToFix
from reports.fix_first import RootCause, in_points, root_causes
from reports.gradebook import points_text
from reports.grading_run import GradingRun
from reports.links import links

_SERVICES = frozenset(ServiceName) - {ServiceName.GRADER}
"""Services that a learner may see named as unreadable; the rest is for the grader only."""


def feedback(run: GradingRun, learner: Learner, own: Grade) -> Feedback:
    """A learner's feedback on one grade of a run."""
    lab = run.labs[learner.id]
    judged = [verdict for verdict in own.verdicts if verdict.decision is None]
    fixes = [_to_fix(cause, lab) for cause in root_causes(judged, run.rubric)]
    noted = [RootCause(verdict) for verdict in _in_order(_of(judged, Outcome.NOTED))]
    return Feedback(
        learner=learner,
        total=points_text(own.total) or None,
        possible=points_text(own.possible),
        withheld=tuple(_why_withheld(run, own)) if own.total is None else (),
        tasks=tuple(_tasks(run.checks, own)),
        changes=tuple(map(addressed, changes_for_the_learner(own))),
        first=fixes[0] if fixes else None,
        pending=_grouped(judged, Outcome.PENDING),
        others=tuple(sorted(fixes[1:], key=lambda fix: _place_of(fix.line.step))),
        waiting=_groups(blocked_by_root(judged).get("", ())),
        advice=tuple(_to_fix(cause, lab) for cause in noted),
        unseen=_unseen(run, judged),
        past_run_notes=_past_run_notes(own.verdicts),
        pages=tuple(links(lab)),
        again=_again(run),
        is_own=run.is_own,
    )


def _why_withheld(run: GradingRun, own: Grade) -> Iterator[str]:
    if own.is_excused:
        yield "You are excused from this lab."
        return
    outcomes = [verdict.outcome for verdict in own.verdicts]
    if unseen := outcomes.count(Outcome.NOT_ASSESSED):
        yield f"{checks(unseen)} could not be assessed. You lose no points. {_whose_turn(run)}"
    if pending := outcomes.count(Outcome.PENDING):
        yield (
            f"{checks(pending)} cannot be decided yet, because the cloud is still working."
            f" Wait until it has finished, then {_again(run)}."
        )
    if own.not_run:
        yield (
            f"Only {len(own.verdicts)} of the {len(run.checks)} checks were run this time,"
            " so there is no grade."
        )


def _whose_turn(run: GradingRun) -> str:
    if run.is_own:
        return f"See what to do under “What could not be checked”, then {_again(run)}."
    return (
        "This is not your fault, and you don't have to do anything: your instructor can see the"
        " reason and can grade you again."
    )


def _again(run: GradingRun) -> str:
    return "grade yourself again" if run.is_own else "ask to be graded again"


# --- in a learner's words -------------------------------------------------------------------------


def _line(verdict: Verdict) -> Line:
    return Line(verdict.step, addressed(verdict.title), in_points(verdict.points))


@lru_cache(maxsize=4096)  # a class has the same titles
def addressed(title: str) -> str:
    """A check's title as the learner reads it: ``your project`` for ``the learner's``."""
    to_you = re.sub(r"\bthe learner's", "your", re.sub(r"\bThe learner's", "Your", title))
    return re.sub(r"\bthe learner\b", "you", re.sub(r"\bThe learner\b", "You", to_you))


def _mismatches(why: Reason) -> tuple[Mismatch, ...]:
    """What was expected and found; for a reason of an earlier version, its text."""
    return why.mismatches or tuple(Mismatch("", "", line) for line in why.note.splitlines())


def _to_fix(cause: RootCause, lab: Lab) -> ToFix:
    verdict = cause.verdict
    return ToFix(
        line=_line(verdict),
        findings=_mismatches(verdict.why),
        more=verdict.why.more,
        hint=verdict.hint,
        link=cause.link(lab),
        consequences=cause.consequences,
        waits=cause.waits,
        waiting=_lines(cause.blocked),
    )


# --- what belongs together ------------------------------------------------------------------------


def _of(verdicts: Iterable[Verdict], outcome: Outcome) -> list[Verdict]:
    return [verdict for verdict in verdicts if verdict.outcome is outcome]


def _in_order(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """In the order of the lab's steps: checks of the whole lab come last in the rubric."""
    return sorted(verdicts, key=lambda verdict: _place_of(verdict.step))


@cache
def _place_of(step: str) -> tuple[int, ...]:
    return tuple(int(part) for part in step.split("."))


def _groups(verdicts: Iterable[Verdict]) -> tuple[Group, ...]:
    """By cause."""
    causes: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        causes.setdefault(verdict.reason, []).append(verdict)
    return tuple(Group(cause, _lines(own)) for cause, own in causes.items())


def _grouped(verdicts: Iterable[Verdict], outcome: Outcome) -> tuple[Group, ...]:
    return _groups(_of(verdicts, outcome))


def _unseen(run: GradingRun, verdicts: Iterable[Verdict]) -> tuple[Group, ...]:
    """By cause where the reader runs the grader; else by service: why is not for the learner."""
    causes: dict[str, list[Verdict]] = {}
    for verdict in _of(verdicts, Outcome.NOT_ASSESSED):
        cause = verdict.reason.rstrip(".") if run.is_own else _where(verdict)
        causes.setdefault(cause, []).append(verdict)
    return tuple(Group(cause, _lines(own)) for cause, own in causes.items())


def _where(verdict: Verdict) -> str:
    service = verdict.why.unseen.service if verdict.why.unseen else ""
    if service in _SERVICES:
        return f"In {service}"
    return "For a reason that only your instructor can see"


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

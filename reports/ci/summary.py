"""The summary of a CI run in Markdown, as GitHub and Azure Pipelines show it, never too large.

GitHub refuses a step's summary of more than 1,024 KiB as a whole, so lists are told from the top
and what is left out is counted. What others wrote is spelled so that neither Markdown nor HTML
finds anything in it. The summary of a public repository is public: ids only, no names and no e-mail
addresses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import median
from typing import TypeVar

from graders.judging.first_failure import first_to_read
from graders.verdicts import Grade, Outcome, Verdict
from reports.ci.markdown import Section, plain, within
from reports.ci.redact import redact
from reports.class_summary import Cause, Failure, failures, stopped, unseen, withheld
from reports.gradebook import graded_at, points_text
from reports.grading_run import LAB_NAME, Change, GradingRun

LIMIT = 1024 * 1024
"""Bytes of UTF-8 that GitHub takes of one step."""
_FEW = 4
_MOST = {"check": 15, "change": 100, "mark": 100, "reason": 20, "learner": 200}
"""How many of a list are written out, however much room there is."""
_Thing = TypeVar("_Thing")


def text(run: GradingRun, grades: Sequence[Grade], room: int = LIMIT) -> str:
    """The summary in at most ``room`` bytes of UTF-8; empty where not even its head finds room."""
    sections = [
        Section(tuple(_head(run, grades))),
        *_suspect(run, grades),
        *_changed(run),
        *_unconfirmed(run, grades),
        *_unseen(run, run.tonight or grades),
        *_withheld(run, grades),
        *_failed(run, grades),
        *_learners(grades),
    ]
    return within(sections, room)


# --- what it says ---------------------------------------------------------------------------------


def _head(run: GradingRun, grades: Sequence[Grade]) -> Iterator[str]:
    open_ = sum(bool(grade.withheld) for grade in grades)
    yield f"# {LAB_NAME}: {len(grades) - open_} of {len(grades)} graded, {open_} withheld"
    yield ""
    if run.is_simulated:
        yield "**SIMULATED: the tenant was simulated; these are not real grades.**"
        yield ""
    totals = [grade.total for grade in grades if grade.total is not None]
    if totals:
        possible = points_text(max(grade.possible for grade in grades))
        yield f"- Median of the totals: {points_text(median(totals))} of {possible} points"
    counted = Counter(verdict.outcome for grade in grades for verdict in grade.verdicts)
    if counted:
        told = ", ".join(f"{counted[one]} {one.value}" for one in Outcome if counted[one])
        yield f"- Checks: {told}"
        where = ", ".join(f"{where}: {n}" for where, n in stopped(grades).items())
        yield f"- Where learners stopped: {where}"
    if run.left_out:
        yield f"- {run.left_out} learners of the cohort left out by --learner"
    address = run.pipeline.address if run.pipeline else ""
    page = f", [this run and its artifacts]({address})" if address else ""
    yield f"- Graded at {graded_at(run)}{page}"


def _suspect(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Section]:
    found = [one for one in failures(run.checks, grades) if one.is_of_nearly_everyone]
    if found:
        heading = "## The lab or the tenant may be wrong"
        why = "Nearly everyone who got this far fails these:"
        yield _list((heading, "", why, ""), found, "check", partial(_failure, run))


def _list(
    before: tuple[str, ...], things: Sequence[_Thing], kind: str, told: Callable[[_Thing], str]
) -> Section:
    return Section(before, tuple(map(told, things[: _MOST[kind]])), len(things), kind)


def _failure(run: GradingRun, one: Failure) -> str:
    cause = plain(redact(one.cause, run.learners))
    who = f"{len(one.learners)} of {one.tried}"
    alike = "1 learner" if one.same_cause == 1 else f"{one.same_cause} learners, for example"
    return f"- step {one.check.step}, `{one.check.id}`: {who}. {alike}: {cause}"


def _changed(run: GradingRun) -> Iterator[Section]:
    if run.changes is None:
        return
    heading = ("## What changed since last night", "")
    if not run.changes:
        yield Section((*heading, "Nothing."))
        return
    counted = Counter(map(_what, run.changes))
    told = "; ".join(f"{n} × {what}" for what, n in counted.most_common(_FEW))
    before = (*heading, f"Most often: {told}", "")
    yield _list(before, run.changes, "change", partial(_change, run))


def _what(one: Change) -> str:
    return plain(f"{one.check} {one.before.value} → {one.after.value}")


def _change(run: GradingRun, one: Change) -> str:
    why = f". {plain(redact(one.why, run.learners))}" if one.why else ""
    return f"- {plain(one.learner)}: {_what(one)}{why}"


def _unconfirmed(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Section]:
    found = [verdict for grade in grades for verdict in grade.verdicts if verdict.past]
    if found:
        heading = "## Marks kept, although tonight's run could not confirm them"
        yield _list((heading, ""), found, "mark", partial(_standing, run))


def _standing(run: GradingRun, verdict: Verdict) -> str:
    why = plain(redact(verdict.standing, run.learners))
    return f"- {plain(verdict.learner)}: {plain(verdict.check)}: {why}"


def _unseen(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Section]:
    found = unseen(grades)
    if found:
        heading = "## Checks that could not be assessed, and why"
        yield _list(
            (heading, ""), found, "reason", lambda one: f"- {one.times} of {_cause(run, one)}"
        )


def _withheld(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Section]:
    found = withheld(grades)
    if found:
        heading = "## Grades withheld, and why"
        yield _list((heading, ""), found, "reason", lambda one: f"- {_cause(run, one)}")


def _cause(run: GradingRun, cause: Cause) -> str:
    shown = ", ".join(map(plain, cause.learners[:_FEW]))
    more = len(cause.learners) - _FEW
    who = f"{shown} and {more} more" if more > 0 else shown
    return f"{who}: {plain(redact(cause.reason, run.learners))}"


def _failed(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Section]:
    found = failures(run.checks, grades)
    if found:
        yield _list(("## Failed most often", ""), found, "check", partial(_failure, run))


def _learners(grades: Sequence[Grade]) -> Iterator[Section]:
    """Those first for whom there is something to do: withheld, then the lowest totals."""
    if not grades:
        return
    order = sorted(grades, key=lambda one: -1 if one.total is None else one.total)
    heading = "## Learners, withheld and lowest first"
    before = (heading, "", "| learner | total | next step |", "|---|---:|---|")
    yield _list(before, order, "learner", _learner)


def _learner(grade: Grade) -> str:
    first = first_to_read(grade.verdicts)
    begin = f"step {first.step}, `{first.check}`: {first.outcome.value}" if first else ""
    total = "withheld" if grade.withheld else points_text(grade.total)
    return f"| {plain(grade.learner)} | {total} | {begin} |"

"""The summary of a CI run in Markdown, as GitHub and Azure Pipelines show it, never too large.

GitHub refuses a step's summary of more than 1,024 KiB as a whole, so lists are written from the top
and what is left out is counted. Text from outside is escaped so that it has no meaning in Markdown
or HTML. The summary of a public repository is public: ids only, no names and no e-mail addresses.
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
from reports.class_summary import (
    Broken,
    Cause,
    Failure,
    failures,
    lab_breaks,
    stopped,
    unseen,
    withheld,
)
from reports.gradebook import graded_at, points_text
from reports.grading_run import LAB_NAME, Change, GradingRun

LIMIT = 1024 * 1024
"""Bytes of UTF-8 that GitHub accepts for one step."""
_FEW = 4
_MOST = {"check": 15, "change": 100, "mark": 100, "reason": 20, "learner": 200}
"""How many entries of a list are written out, however much room there is."""
_EntryT = TypeVar("_EntryT")


def text(run: GradingRun, grades: Sequence[Grade], room: int = LIMIT) -> str:
    """The summary in at most ``room`` bytes of UTF-8; empty where not even its head fits."""
    sections = [
        Section(tuple(_head(run, grades))),
        *_broken(run, grades),
        *_changed(run),
        *_unconfirmed(run, grades),
        *_unseen(run, run.tonight or grades),
        *_withheld(run, grades),
        *_failed(run, grades),
        *_learners(grades),
    ]
    return within(sections, room)


# --- sections -------------------------------------------------------------------------------------


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
        counts = ", ".join(
            f"{counted[outcome]} {outcome.value}" for outcome in Outcome if counted[outcome]
        )
        yield f"- Checks: {counts}"
        where = ", ".join(f"{where}: {n}" for where, n in stopped(grades).items())
        yield f"- Where learners stopped: {where}"
    if run.left_out:
        yield f"- {run.left_out} learners of the cohort left out by --learner"
    address = run.pipeline.address if run.pipeline else ""
    page = f", [this run and its artifacts]({address})" if address else ""
    yield f"- Graded at {graded_at(run)}{page}"


def _broken(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Section]:
    found = lab_breaks(grades)
    if found:
        heading = "## The lab or the tenant is wrong"
        why = "These checks wait for your decision:"
        yield _list((heading, "", why, ""), found, "check", partial(_break, run))


def _break(run: GradingRun, broken: Broken) -> str:
    learners = f"{len(broken.learners)} learner{'s' * (len(broken.learners) != 1)}"
    return f"- {learners}: {plain(redact(str(broken), run.learners))}"


def _list(
    before: tuple[str, ...],
    entries: Sequence[_EntryT],
    kind: str,
    line_of: Callable[[_EntryT], str],
) -> Section:
    return Section(before, tuple(map(line_of, entries[: _MOST[kind]])), len(entries), kind)


def _failure(run: GradingRun, failure: Failure) -> str:
    cause = plain(redact(failure.cause, run.learners))
    learners = f"{len(failure.learners)} of {failure.tried}"
    alike = (
        "1 learner" if failure.same_cause == 1 else f"{failure.same_cause} learners, for example"
    )
    return f"- step {failure.check.step}, `{failure.check.id}`: {learners}. {alike}: {cause}"


def _changed(run: GradingRun) -> Iterator[Section]:
    if run.changes is None:
        return
    heading = ("## What changed since last night", "")
    if not run.changes:
        yield Section((*heading, "Nothing."))
        return
    counted = Counter(map(_transition, run.changes))
    commonest = "; ".join(f"{n} × {transition}" for transition, n in counted.most_common(_FEW))
    before = (*heading, f"Most often: {commonest}", "")
    yield _list(before, run.changes, "change", partial(_change, run))


def _transition(change: Change) -> str:
    return plain(f"{change.check} {change.before.value} → {change.after.value}")


def _change(run: GradingRun, change: Change) -> str:
    why = f". {plain(redact(change.why, run.learners))}" if change.why else ""
    return f"- {plain(change.learner)}: {_transition(change)}{why}"


def _unconfirmed(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Section]:
    kept = [verdict for grade in grades for verdict in grade.verdicts if verdict.past]
    if kept:
        heading = "## Marks kept, although tonight's run could not confirm them"
        yield _list((heading, ""), kept, "mark", partial(_past_run_note, run))


def _past_run_note(run: GradingRun, verdict: Verdict) -> str:
    why = plain(redact(verdict.past_run_note, run.learners))
    return f"- {plain(verdict.learner)}: {plain(verdict.check)}: {why}"


def _unseen(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Section]:
    causes = unseen(grades)
    if causes:
        heading = "## Checks that could not be assessed, and why"
        yield _list(
            (heading, ""),
            causes,
            "reason",
            lambda cause: f"- {cause.times} of {_cause(run, cause)}",
        )


def _withheld(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Section]:
    causes = withheld(grades)
    if causes:
        heading = "## Grades withheld, and why"
        yield _list((heading, ""), causes, "reason", lambda cause: f"- {_cause(run, cause)}")


def _cause(run: GradingRun, cause: Cause) -> str:
    shown = ", ".join(map(plain, cause.learners[:_FEW]))
    more = len(cause.learners) - _FEW
    learners = f"{shown} and {more} more" if more > 0 else shown
    return f"{learners}: {plain(redact(cause.reason, run.learners))}"


def _failed(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Section]:
    ranked = failures(run.checks, grades)
    if ranked:
        yield _list(("## Failed most often", ""), ranked, "check", partial(_failure, run))


def _learners(grades: Sequence[Grade]) -> Iterator[Section]:
    """Learners with something to do first: withheld, then the lowest totals."""
    if not grades:
        return
    order = sorted(grades, key=lambda grade: -1 if grade.total is None else grade.total)
    heading = "## Learners, withheld and lowest first"
    before = (heading, "", "| learner | total | next step |", "|---|---:|---|")
    yield _list(before, order, "learner", _learner)


def _learner(grade: Grade) -> str:
    first = first_to_read(grade.verdicts)
    begin = f"step {first.step}, `{first.check}`: {first.outcome.value}" if first else ""
    total = "withheld" if grade.withheld else points_text(grade.total)
    return f"| {plain(grade.learner)} | {total} | {begin} |"

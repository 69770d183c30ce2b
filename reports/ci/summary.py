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

from graders.judging.root_causes import first_to_read
from graders.verdicts import Grade, Outcome, Verdict
from graders.wording import changes_of, checks, idle
from reports.ci.markdown import Section, plain, within
from reports.ci.redact import redact
from reports.class_summary import (
    Broken,
    Cause,
    Failure,
    cause_of,
    failures,
    lab_breaks,
    stopped,
    undecided,
)
from reports.gradebook import graded_at, points_text
from reports.grading_run import LAB_NAME, Change, GradingRun

LIMIT = 1024 * 1024
"""Bytes of UTF-8 that GitHub accepts for one step."""
_FEW, _SOME_ROWS = 4, 5
_MOST = {"check": 15, "change": 100, "mark": 100, "reason": 20, "learner": 200}
"""How many entries of a list are written out, however much room there is."""
_EntryT = TypeVar("_EntryT")


def text(run: GradingRun, grades: Sequence[Grade], room: int = LIMIT) -> str:
    """The summary in at most ``room`` bytes of UTF-8; empty where not even its head fits."""
    sections = [
        Section(tuple(_head(run, grades))),
        *_broken(run, grades),
        *_decisions(run, grades),
        *_changed(run),
        *_unconfirmed(run, grades),
        *_undecided(run, grades),
        *_failed(run, grades),
        *_learners(run, grades),
    ]
    return within(sections, room)


# --- sections -------------------------------------------------------------------------------------


def _head(run: GradingRun, grades: Sequence[Grade]) -> Iterator[str]:
    open_ = sum(grade.is_withheld for grade in grades)
    graded = sum(grade.total is not None for grade in grades)
    yield f"# {LAB_NAME}: {graded} of {len(grades)} graded, {open_} withheld"
    yield ""
    if run.is_simulated:
        yield "**SIMULATED: the tenant was simulated; these are not real grades.**"
        yield ""
    totals = [grade.total for grade in grades if grade.total is not None]
    if totals and len(grades) > 1:
        possible = points_text(max(grade.possible for grade in grades))
        yield f"- Median of the totals: {points_text(median(totals))} of {possible} points"
    counted = Counter(verdict.outcome for grade in grades for verdict in grade.verdicts)
    if counted:
        counts = ", ".join(
            f"{counted[outcome]} {outcome.value}" for outcome in Outcome if counted[outcome]
        )
        yield f"- Checks: {counts}"
    if counted and len(grades) > 1:
        where = ", ".join(f"{where}: {n}" for where, n in stopped(grades).items())
        yield f"- Where learners stopped: {where}"
    if run.left_out:
        yield f"- {run.left_out} learners of the cohort left out by --learner"
    for row in run.odd_rows[:_SOME_ROWS]:
        yield f"- Not graded: {plain(redact(row, run.learners))}"
    if len(run.odd_rows) > _SOME_ROWS:
        yield f"- Not graded: {len(run.odd_rows) - _SOME_ROWS} more rows of the roster"
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
    cause = plain(redact(failure.cause_words, run.learners))
    learners = f"{len(failure.learners)} of {failure.tried}"
    return f"- step {failure.check.step}, `{failure.check.id}`: {learners}. {cause}"


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


def _decisions(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Section]:
    lines = [(own.learner, change) for own in grades for change in changes_of(own)]
    if lines:
        yield _list(("## Decisions and late work", ""), lines, "change", partial(_line, run))
    without = [(entry.decision.learner, idle(entry)) for entry in run.idle_decisions]
    if without:
        yield _list(("## Decisions without effect", ""), without, "change", partial(_line, run))


def _line(run: GradingRun, entry: tuple[str, str]) -> str:
    learner, text = entry
    return f"- {plain(learner)}: {plain(redact(text, run.learners))}"


def _unconfirmed(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Section]:
    kept = [verdict for grade in grades for verdict in grade.verdicts if verdict.past]
    if kept:
        heading = "## Marks kept, although tonight's run could not confirm them"
        yield _list((heading, ""), kept, "mark", partial(_past_run_note, run))


def _past_run_note(run: GradingRun, verdict: Verdict) -> str:
    why = plain(redact(verdict.past_run_note, run.learners))
    return f"- {plain(verdict.learner)}: {plain(verdict.check)}: {why}"


def _undecided(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Section]:
    """Every cause once; where past runs count, what this run could not see is listed apart."""
    causes = undecided(grades)
    known = {cause_of(cause.reason) for cause in causes}
    only_tonight = [
        cause
        for cause in undecided(run.tonight or ())
        if cause.outcome is Outcome.NOT_ASSESSED and cause_of(cause.reason) not in known
    ]
    count = sum(grade.is_withheld for grade in grades)
    held = f"## Not decided, and why ({count} of {len(grades)} grades withheld)"
    headings = {held: causes, "## What tonight's run could not assess": only_tonight}
    for heading, listed in headings.items():
        if listed:
            yield _list((heading, ""), listed, "reason", partial(_cause, run))


def _cause(run: GradingRun, cause: Cause) -> str:
    shown = ", ".join(map(plain, cause.learners[:_FEW]))
    more = len(cause.learners) - _FEW
    learners = f"{shown} and {more} more" if more > 0 else shown
    why = plain(redact(cause.words, run.learners))
    return f"- {checks(cause.checks)} of {learners}: {why}"


def _failed(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Section]:
    ranked = failures(run.checks, grades)
    if ranked and len(grades) > 1:
        heading = "## Failed most often, of those who got that far"
        yield _list((heading, ""), ranked, "check", partial(_failure, run))


def _learners(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Section]:
    """Learners with something to do first: withheld, then the lowest totals."""
    if not grades:
        return
    order = sorted(grades, key=lambda grade: -1 if grade.total is None else grade.total)
    heading = "## Learners, withheld and lowest first"
    before = (heading, "", "| learner | total | next step |", "|---|---:|---|")
    yield _list(before, order, "learner", partial(_learner, run))


def _learner(run: GradingRun, grade: Grade) -> str:
    first = first_to_read(grade.verdicts, run.rubric)
    begin = f"step {first.step}, `{first.check}`: {first.outcome.value}" if first else ""
    total = points_text(grade.total) or ("excused" if grade.is_excused else "withheld")
    return f"| {plain(grade.learner)} | {total} | {begin} |"

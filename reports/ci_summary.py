"""The summary of a CI run in Markdown, as GitHub and Azure Pipelines show it, never too large.

GitHub refuses a step's summary of more than 1,024 KiB as a whole, so lists are told from the top
and what is left out is counted. What others wrote is spelled so that neither Markdown nor HTML
finds anything in it. The summary of a public repository is public: ids only, no names and no e-mail
addresses.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import median

from graders.guidance import first_to_read
from graders.verdicts import Grade, Outcome
from reports.changes import Change
from reports.class_view import Failure, failures, stopped, unseen, withheld
from reports.discreet import discreet
from reports.gradebook import graded_at, points_text
from reports.run_facts import LAB_NAME, Run
from reports.terminal import visible

LIMIT = 1024 * 1024
"""Bytes of UTF-8 that GitHub takes of one step."""
_LONGEST = 300
_FEW = 4
# every sign that Markdown, HTML or GitHub's own links may see something in
_SIGNS = re.compile(r"[\"#$&*:<>@\[\\\]_`|~]|(?<=www)\.", re.IGNORECASE)
_JOINED = "&#8288;"
"""An invisible character that keeps ``@somebody`` from becoming a link, and nothing apart."""


@dataclass(frozen=True)
class Section:
    """A part of the summary: ``rows`` may be cut, the lines before them may not."""

    before: tuple[str, ...]
    rows: tuple[str, ...] = ()
    most: int = 0
    """How many rows are shown at most, however much room there is."""
    kind: str = ""
    """What a row is, for counting those left out."""


def text(
    run: Run, grades: Sequence[Grade], changes: Sequence[Change] | None = None, room: int = LIMIT
) -> str:
    """The summary in at most ``room`` bytes of UTF-8; empty where not even its head finds room.

    ``changes`` are those since the last run; None where there is no last run to compare with.
    """
    sections = [
        Section(tuple(_head(run, grades))),
        *_suspect(run, grades),
        *_changed(run, changes),
        *_unseen(run, grades),
        *_withheld(run, grades),
        *_failed(run, grades),
        *_learners(grades),
    ]
    return _within(sections, room)


# --- what it says ---------------------------------------------------------------------------------


def _head(run: Run, grades: Sequence[Grade]) -> Iterator[str]:
    open_ = sum(bool(grade.withheld) for grade in grades)
    yield f"# {LAB_NAME}: {len(grades) - open_} of {len(grades)} graded, {open_} withheld"
    yield ""
    if run.is_simulated:
        yield "**SIMULATED: the tenant was simulated; these are nobody's grades.**"
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
        yield f"- Where they stopped: {where}"
    if run.left_out:
        yield f"- {run.left_out} of the cohort were left out by --learner"
    address = run.pipeline.address if run.pipeline else ""
    page = f", [this run and its artifacts]({address})" if address else ""
    yield f"- Graded at {graded_at(run)}{page}"


def _suspect(run: Run, grades: Sequence[Grade]) -> Iterator[Section]:
    found = [one for one in failures(run.rubric, grades) if one.is_of_nearly_everyone]
    if found:
        heading = "## The lab or the tenant may be wrong"
        why = "Nearly everyone who got there fails these:"
        rows = tuple(f"- {_failure(run, one)}" for one in found)
        yield Section((heading, "", why, ""), rows, 20, "check")


def _failure(run: Run, one: Failure) -> str:
    cause = plain(discreet(one.cause, run.learners))
    who = f"{len(one.learners)} of {one.tried}"
    told = "was told" if one.same_cause == 1 else "were told"
    return f"step {one.check.step}, `{one.check.id}`: {who}. {one.same_cause} {told}: {cause}"


def _changed(run: Run, changes: Sequence[Change] | None) -> Iterator[Section]:
    if changes is None:
        return
    heading = ("## What changed since last night", "")
    if not changes:
        yield Section((*heading, "Nothing."))
        return
    counted = Counter((one.check, one.before, one.after) for one in changes)
    told = [f"{n} × {plain(' '.join(_arrow(*what)))}" for what, n in counted.most_common(5)]
    rows = tuple(f"- {_change(run, one)}" for one in changes)
    yield Section((*heading, f"Most often: {'; '.join(told)}", ""), rows, 100, "change")


def _arrow(check: str, before: str, after: str) -> tuple[str, ...]:
    return check, before, "→", after


def _change(run: Run, one: Change) -> str:
    note = f". {plain(discreet(one.note, run.learners))}" if one.note else ""
    return (
        f"{plain(one.learner)}: {plain(' '.join(_arrow(one.check, one.before, one.after)))}{note}"
    )


def _unseen(run: Run, grades: Sequence[Grade]) -> Iterator[Section]:
    found = unseen(grades)
    if found:
        rows = tuple(
            f"- {one.checks} of {_some(one.learners)}: {plain(discreet(one.reason, run.learners))}"
            for one in found
        )
        yield Section(("## Checks that could not be assessed, and why", ""), rows, 20, "reason")


def _withheld(run: Run, grades: Sequence[Grade]) -> Iterator[Section]:
    found = withheld(grades)
    if found:
        rows = tuple(
            f"- {_some(one.learners)}: {plain(discreet(one.reason, run.learners))}" for one in found
        )
        yield Section(("## Grades withheld, and why", ""), rows, 30, "reason")


def _some(learners: Sequence[str]) -> str:
    shown = ", ".join(map(plain, learners[:_FEW]))
    more = len(learners) - _FEW
    return f"{shown} and {more} more" if more > 0 else shown


def _failed(run: Run, grades: Sequence[Grade]) -> Iterator[Section]:
    found = failures(run.rubric, grades)
    if found:
        rows = tuple(f"- {_failure(run, one)}" for one in found)
        yield Section(("## Failed most often", ""), rows, 15, "check")


def _learners(grades: Sequence[Grade]) -> Iterator[Section]:
    """Those first for whom there is something to do: withheld, then the lowest totals."""
    if not grades:
        return
    order = sorted(grades, key=lambda one: -1 if one.total is None else one.total)
    before = (
        "## Learners, withheld and lowest first",
        "",
        "| learner | total | begin with |",
        "|---|---:|---|",
    )
    yield Section(before, tuple(map(_learner, order)), 200, "learner")


def _learner(grade: Grade) -> str:
    first = first_to_read(grade.verdicts)
    begin = f"step {first.step}, `{first.check}`: {first.outcome.value}" if first else ""
    total = "withheld" if grade.withheld else points_text(grade.total)
    return f"| {plain(grade.learner)} | {total} | {begin} |"


def plain(text: str) -> str:
    """Anybody's text as Markdown and HTML show it: one line, not too long, without a meaning."""
    text = visible(text)
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    return _SIGNS.sub(_entity, text)


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};{_JOINED if found[0] == '@' else ''}"


# --- what fits ------------------------------------------------------------------------------------


def _within(sections: Iterable[Section], room: int) -> str:
    """The sections from the top as far as there is room: whole lines, and a count of the others."""
    sections = list(sections)
    left = room - sum(map(_least, sections))
    if left < 0:
        return ""
    lines: list[str] = []
    for section in sections:
        sizes = accumulate(map(_size, section.rows[: section.most]))
        fitting = [size for size in sizes if size <= left]
        left -= fitting[-1] if fitting else 0
        shown = len(fitting)
        lines += [*section.before, *section.rows[:shown], *_left_out(section, shown), ""]
    return "\n".join(lines)


def _least(section: Section) -> int:
    """Bytes of a section without any of its rows."""
    return sum(map(_size, (*section.before, *_left_out(section, 0), "")))


def _left_out(section: Section, shown: int) -> tuple[str, ...]:
    count = len(section.rows) - shown
    if not count:
        return ()
    things = section.kind if count == 1 else f"{section.kind}s"
    return ("", f"… and {count} more {things}, in the grade book.")


def _size(line: str) -> int:
    return len(line.encode("utf-8", errors="backslashreplace")) + 1

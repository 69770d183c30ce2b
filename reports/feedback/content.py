"""What a learner is told: verdicts sorted by what there is to do, in a learner's words.

Never in here: ``Verdict.for_instructor``, and the reasons of what was *not assessed*: those are for
whoever runs the grader, and may name its folders or another place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from graders.cohort import Learner
from graders.guidance import first_to_read
from graders.rubric import TASKS, Check
from graders.verdicts import Grade, Outcome, Verdict
from reports.feedback.page import Feedback, Finding, Group, Line, TaskLine, ToMend
from reports.gradebook import points_text
from reports.links import links
from reports.run_facts import Run

_EXPECTED_FOUND = re.compile(
    r"(?:(?P<what>[^`]*?): )?expected (?P<expected>.*?); found (?P<found>.*)"
)
_STEP = re.compile(r"\(step (\d\.\d+)\)")
_ALSO_FOUND = "; found: "
_SERVICES = ("Azure DevOps", "GitHub", "Azure Resource Manager", "Azure ML", "the endpoint")
"""What a learner may be told could not be seen; of everything else only the grader knows."""


def feedback(run: Run, learner: Learner, own: Grade) -> Feedback:
    """What a learner is to read of a grade of a run."""
    by_root = _by_root(own.verdicts)
    failed = [one for one in own.verdicts if one.outcome is Outcome.FAILED]
    begin = first_to_read(failed)
    rest = [one for one in _in_order(failed) if one is not begin]
    lab = run.links.get(learner.id)
    return Feedback(
        learner=learner,
        total=points_text(own.total) or None,
        possible=points_text(own.possible),
        withheld=tuple(_why_withheld(run, own)) if own.withheld else (),
        tasks=tuple(_tasks(run.rubric, own)),
        first=_to_mend(begin, by_root) if begin else None,
        pending=_grouped(own.verdicts, Outcome.PENDING),
        others=tuple(_to_mend(one, by_root) for one in rest),
        waiting=_groups(by_root.get("", ()), whole=True),
        advice=tuple(_to_mend(one) for one in _in_order(_of(own.verdicts, Outcome.NOTED))),
        unseen=_unseen(own.verdicts),
        standing=_standing(own.verdicts),
        pages=tuple(links(lab)) if lab else (),
    )


def _why_withheld(run: Run, own: Grade) -> Iterator[str]:
    undecided = [one.outcome for one in own.verdicts if one.withholds]
    if unseen := undecided.count(Outcome.NOT_ASSESSED):
        yield (
            f"{unseen} of the things that count could not be looked at. That is not your fault,"
            " and it costs you nothing. There is nothing you can do about it: whoever grades was"
            " told why, and is to look again."
        )
    if pending := undecided.count(Outcome.PENDING):
        yield (
            f"{pending} of the things that count cannot be judged yet, because the cloud is still"
            " working. Wait until it has finished, and be graded again."
        )
    if len(own.verdicts) < len(run.rubric):
        yield (
            f"Only {len(own.verdicts)} of the {len(run.rubric)} things that the lab is graded by"
            " were looked at this time. A part is no grade."
        )


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


def findings(reason: str) -> tuple[Finding, ...]:
    """What each line of a reason says was expected and found."""
    lines = [line.strip() for line in reason.splitlines()]
    return tuple(_finding(line) for line in lines if line and not line.startswith("expected: "))


def _finding(line: str) -> Finding:
    said = _EXPECTED_FOUND.fullmatch(line)
    if said is None:
        return Finding("", "", line.removeprefix("found "))
    return Finding(said["what"] or "", said["expected"], said["found"])


def _to_mend(verdict: Verdict, by_root: Mapping[str, Sequence[Verdict]] | None = None) -> ToMend:
    waiting = (by_root or {}).get(verdict.check, ())
    how_much = [_things(len(waiting)), in_points(sum(one.points for one in waiting))]
    return ToMend(
        _line(verdict),
        findings(verdict.reason),
        verdict.hint,
        _groups(waiting),
        ", ".join(filter(None, how_much)),
    )


def _things(count: int) -> str:
    return "1 thing" if count == 1 else f"{count} things"


# --- what belongs together ------------------------------------------------------------------------


def _of(verdicts: Iterable[Verdict], outcome: Outcome) -> list[Verdict]:
    return [one for one in verdicts if one.outcome is outcome]


def _in_order(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """In the order of the lab's steps: checks of the whole lab stand last in the rubric."""
    return sorted(verdicts, key=lambda one: [int(part) for part in one.step.split(".")])


def _by_root(verdicts: Sequence[Verdict]) -> Mapping[str, list[Verdict]]:
    """Failed check -> what is blocked by it, be it over others; under "" what is so by none."""
    by_step: dict[str, list[Verdict]] = {}
    for one in verdicts:
        by_step.setdefault(one.step, []).append(one)
    found: dict[str, list[Verdict]] = {}
    for one in _of(verdicts, Outcome.BLOCKED):
        root = _root(one, by_step)
        found.setdefault(root.check if root else "", []).append(one)
    return found


def _root(blocked: Verdict, by_step: Mapping[str, Sequence[Verdict]]) -> Verdict | None:
    """The failed check at the step that a reason names, or at the one that blocks that step."""
    been: set[str] = set()
    while (step := _step_in(blocked.reason)) not in been:
        been.add(step)
        there = by_step.get(step, ())
        if failed := _of(there, Outcome.FAILED):
            return failed[0]
        further = _of(there, Outcome.BLOCKED)
        blocked = further[0] if further else blocked
    return None


def _step_in(reason: str) -> str:
    found = _STEP.search(reason)
    return found[1] if found else ""


def _groups(verdicts: Iterable[Verdict], *, whole: bool = False) -> tuple[Group, ...]:
    """By cause. What was found in a thing's place stands where it is to be mended, if anywhere."""
    causes: dict[str, list[Verdict]] = {}
    for one in verdicts:
        cause = one.reason if whole else one.reason.partition(_ALSO_FOUND)[0]
        causes.setdefault(cause, []).append(one)
    return tuple(Group(cause, _lines(own)) for cause, own in causes.items())


def _grouped(verdicts: Iterable[Verdict], outcome: Outcome) -> tuple[Group, ...]:
    return _groups(_of(verdicts, outcome), whole=True)


def _unseen(verdicts: Iterable[Verdict]) -> tuple[Group, ...]:
    """By the service that could not be seen, where it was one; why is not the learner's matter."""
    services: dict[str, list[Verdict]] = {}
    for one in _of(verdicts, Outcome.NOT_ASSESSED):
        service = one.reason.partition(": could not see ")[0]
        services.setdefault(service if service in _SERVICES else "", []).append(one)
    return tuple(Group(service, _lines(own)) for service, own in services.items())


def _standing(verdicts: Iterable[Verdict]) -> tuple[Group, ...]:
    """By the sentence; what it says in parentheses is for whoever runs the grader."""
    said: dict[str, list[Verdict]] = {}
    for one in verdicts:
        if one.standing:
            said.setdefault(one.standing.partition(" (")[0], []).append(one)
    return tuple(Group(sentence, _lines(own)) for sentence, own in said.items())


def _lines(verdicts: Iterable[Verdict]) -> tuple[Line, ...]:
    return tuple(_line(one) for one in _in_order(verdicts))


def _tasks(rubric: Sequence[Check], own: Grade) -> Iterator[TaskLine]:
    for number, title in TASKS.items():
        points = own.by_task[number]
        yield TaskLine(
            number,
            title,
            None if points is None else points_text(points),
            points_text(sum(check.points for check in rubric if check.task == number)),
            _lines(v for v in _of(own.verdicts, Outcome.PASSED) if v.task == number),
        )

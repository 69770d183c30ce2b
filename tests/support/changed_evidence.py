"""Honest work of three learners with some facts changed, and what the judge makes of it, as text.

A change names a fact by its path: ``runs.0.stages.1.result``; a part of it may be ``*``, every
item of a list. In a list, ``GONE`` takes the item away; a function gets what was there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fixtures.plugin.grading import whole_rubric
from graders.judging.checks import GRADED, load_checks
from graders.judging.judge import Judge, Subject
from graders.verdicts import Outcome, Verdict
from tests.support.paths import GOLDEN
from tests.support.three_learners import LEARNERS, evidence, labs

GOLDEN_FILE = GOLDEN / "changed_evidence.txt"
GONE = object()
Changes = Mapping[str, Any]
"""Path -> value."""
CHECKS = load_checks(GRADED)
RUBRIC = {check.id: check for check in whole_rubric()}


def changed(thing: Any, changes: Changes) -> Any:
    for path, value in changes.items():
        thing = _changed(thing, path.split("."), value)
    return thing


def _changed(thing: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value(thing) if callable(value) else value
    first, rest = path[0], path[1:]
    if isinstance(thing, tuple):
        places = range(len(thing)) if first == "*" else [int(first)]
        items = {
            place: _changed(item, rest, value) if place in places else item
            for place, item in enumerate(thing)
        }
        return tuple(item for item in items.values() if item is not GONE)
    if isinstance(thing, Mapping):
        parts = {**thing, first: _changed(thing.get(first), rest, value)}
        return {name: part for name, part in parts.items() if part is not GONE}
    return replace(thing, **{first: _changed(getattr(thing, first), rest, value)})


def judged(*changes: Changes) -> str:
    """A line for each outcome and reason that is not all points; the changes are one a learner."""
    by_learner = dict(zip(LEARNERS, changes, strict=False))
    facts = {name: changed(facts, by_learner.get(name, {})) for name, facts in evidence().items()}
    judge = Judge(Subject(labs(), facts.__getitem__), CHECKS, RUBRIC)
    return "".join(f"  {line}\n" for name in LEARNERS for line in _lines(judge, name))


def _lines(judge: Judge, learner: str) -> Iterator[str]:
    alike: dict[tuple[Outcome, str, tuple[str, ...]], list[Verdict]] = {}
    for verdict in judge.verdicts(learner):
        if verdict.outcome is not Outcome.PASSED or verdict.for_instructor:
            key = (verdict.outcome, verdict.reason, verdict.for_instructor)
            alike.setdefault(key, []).append(verdict)
    for (outcome, reason, notes), verdicts in alike.items():
        checks = f"{verdicts[0].check} and {len(verdicts) - 1} more".removesuffix(" and 0 more")
        shown = " | ".join(filter(None, (reason.replace("\n", " / "), *notes)))
        yield f"{learner} {outcome}: {checks}: {shown}"


def frozen() -> Mapping[str, str]:
    """Case -> what ``judged`` makes of it, as it was when the golden file was made."""
    cases: dict[str, str] = {}
    for line in GOLDEN_FILE.read_text(encoding="utf-8").splitlines(keepends=True):
        if not line.startswith(" "):
            case = line.rstrip("\n")
            cases[case] = ""
        else:
            cases[case] += line
    return cases


def as_text(cases: Mapping[str, tuple[Changes, ...]]) -> str:
    return "".join(f"{case}\n{judged(*changes)}" for case, changes in cases.items())

"""The judge: the verdict of each check on each learner's evidence."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import graders.judging.prerequisites  # noqa: F401 (its modules register themselves)
from graders.evidence import NOT_COLLECTED, Evidence, Unavailable
from graders.judging.checks import GradedCheck
from graders.judging.class_breaks import Breaks, Reached, records_of
from graders.judging.mismatches import mismatches_of
from graders.judging.outcomes import Blocked, ComparisonFailed, NotAssessed, NotPassed, Pending
from graders.judging.ownership import CohortComparison, Ownership
from graders.judging.places import place_of
from graders.judging.prerequisites.overrides import OVERRIDE, overridden
from graders.judging.registry import PARTS, closure, known, parts_to_collect
from graders.judging.time_limit import SECONDS, OutOfTime, limited
from graders.lab import Lab
from graders.reasons import UNSAID, Blockage, LabBreak, Mismatch, OwnerNote, Reason, bounded, shared
from graders.rubric import Check
from graders.texts import MOST_LINES
from graders.verdicts import Outcome, Verdict
from graders.wording import advice

EvidenceOf = Callable[[str], Evidence]
"""Learner id -> what was collected; raises NotAssessed where there is nothing to judge."""
_OF_CLASS = frozenset({"ownership", "lab_breaks"})  # what needs the evidence of all learners
_KEPT = 4  # learners whose prerequisites are kept: judging goes learner by learner


@dataclass(frozen=True)
class Subject:
    """The learners to judge, and their evidence.

    ``labs`` are those of the whole class: work is compared across it, even when fewer are judged.
    ``names_owners``: whether verdicts say whose the work is. Not where a part of the class is
    judged, for the run may then be a learner's own.
    """

    labs: Mapping[str, Lab]
    evidence_of: EvidenceOf
    names_owners: bool = True

    @cached_property
    def ownership(self) -> Mapping[str, Ownership]:
        """Ownership by learner: each lab compared with all of which there is evidence."""
        return self._of_class[0]

    @property
    def reached(self) -> Reached:
        """The services' records of the class: how tasks, steps and deployments ended."""
        return self._of_class[1]

    @property
    def faults(self) -> Mapping[str, tuple[Unavailable, ...]]:
        """Learner -> what could not be read of that learner's lab; only those with something."""
        return self._of_class[2]

    @cached_property
    def _of_class(
        self,
    ) -> tuple[Mapping[str, Ownership], Reached, Mapping[str, tuple[Unavailable, ...]]]:
        """Each lab's evidence is read once for all that concerns the class, and not kept."""
        comparison, reached = CohortComparison(self.labs.values()), Reached()
        faults: dict[str, tuple[Unavailable, ...]] = {}
        for learner, lab in self.labs.items():
            with contextlib.suppress(Exception):  # its own checks say why there is none
                evidence = self.evidence_of(learner)
                faults[learner] = shown_faults(evidence)
                comparison.add(learner, evidence)
                reached.add(learner, records_of(evidence, lab))
        return comparison.result(), reached, {who: own for who, own in faults.items() if own}


def shown_faults(evidence: Evidence) -> tuple[Unavailable, ...]:
    """What could not be read of a lab, safe to show."""
    return tuple(map(bounded, evidence.faults()[:MOST_LINES]))


class Judge:
    """Judges learners by checks; keeps what was computed for the last few learners."""

    def __init__(
        self, subject: Subject, checks: Iterable[GradedCheck], rubric: Mapping[str, Check]
    ) -> None:
        """``rubric`` has the points of the class's lab file, and the checks that it asks for."""
        self.subject = subject
        self._rubric = rubric
        self._checks = {graded.check.id: graded for graded in checks}
        self._kept: OrderedDict[str, _Prerequisites] = OrderedDict()
        self._spent: defaultdict[str, float] = defaultdict(float)

    @cached_property
    def lab_breaks(self) -> Mapping[str, Breaks]:
        """Learner -> where the lab breaks for that learner, as for others of the class."""
        return self.subject.reached.breaks(cache(self._is_right))

    def verdicts(self, learner: str) -> Iterator[Verdict]:
        """One verdict for every check of the rubric, in its order."""
        for check in self._rubric:
            yield self.verdict(learner, check)

    def verdict(self, learner: str, check_id: str) -> Verdict:
        """The verdict of one check on one learner; whatever goes wrong is *not assessed*."""
        graded, check = self._checks[check_id], self._rubric[check_id]
        prerequisites = self._prerequisites_of(learner)
        if not _OF_CLASS.isdisjoint(closure(graded.needs)):
            _ = self.subject.ownership, self.lab_breaks  # comparing costs no learner's time
        outcome, why = self._in_time(learner, graded, prerequisites)
        advising = check
        if outcome is Outcome.FAILED and (causes := _overridden(check_id, prerequisites)):
            why = replace(why, mismatches=(*causes, *why.mismatches))
            advising = self._checks.get(OVERRIDE, graded).check
        if outcome is Outcome.FAILED and check.is_advisory:
            outcome = Outcome.NOTED
        shown = shared(why.bounded)
        if outcome is Outcome.PASSED:
            return Verdict.on(check, learner, outcome, shown)
        hint = advice(advising, self.subject.labs[learner], outcome, shown)
        verdict = Verdict.on(check, learner, outcome, shown, hint)
        place = None
        if outcome in (Outcome.FAILED, Outcome.NOTED):
            with contextlib.suppress(Exception):  # a verdict without a link is a verdict
                place = place_of(graded.needs, prerequisites.known, why)
        return replace(verdict, place=place and place.bounded, owners=self._owners(learner, graded))

    def _in_time(
        self, learner: str, graded: GradedCheck, prerequisites: _Prerequisites
    ) -> tuple[Outcome, Reason]:
        """Once a learner's time is up, all that is left of them is not assessed."""
        began = time.monotonic()
        try:
            with limited(SECONDS - self._spent[learner]):
                return self._judged(graded, prerequisites)
        except OutOfTime:
            self._spent[learner] = SECONDS
            note = f"judging this learner's lab took more than {SECONDS:g} seconds"
            return Outcome.NOT_ASSESSED, Reason(note=note)
        finally:
            self._spent[learner] += time.monotonic() - began

    def outcomes(self, learner: str, evidence: Evidence) -> Mapping[str, Outcome]:
        """The outcome of each check on other evidence of a learner, such as an earlier state.

        Whose the work is does not depend on it: that is compared as it is now.
        """
        prerequisites = _Prerequisites(self.subject, learner, self._breaks_of(learner), evidence)
        return {
            check: self._in_time(learner, self._checks[check], prerequisites)[0]
            for check in self._rubric
        }

    def _judged(self, graded: GradedCheck, prerequisites: _Prerequisites) -> tuple[Outcome, Reason]:
        try:
            prerequisites.require_collected(graded.needs)
            given = {name: prerequisites.get(name) for name in graded.needs}
        except NotPassed as end:
            return self._ended(end)
        except Exception as error:
            return Outcome.NOT_ASSESSED, Reason(
                note=f"a bug in the grader ({type(error).__name__})"
            )
        try:
            graded.function(**given)
        except NotPassed as end:  # it asked for a name that is in doubt
            return self._ended(end)
        except ComparisonFailed as failed:
            return Outcome.FAILED, Reason(mismatches_of(failed.op, failed.left, failed.right))
        except Exception as error:
            note = f"a bug in the grader in this check ({_place_of(error)})"
            return Outcome.NOT_ASSESSED, Reason(note=note)
        explanations = (getattr(value, "explanation", "") for value in given.values())
        note = "; ".join(filter(None, explanations))
        return Outcome.PASSED, Reason(note=note) if note else UNSAID

    def _ended(self, end: NotPassed) -> tuple[Outcome, Reason]:
        if isinstance(end, Blocked):
            step = self._checks[end.check].check.step
            blockage = Blockage(end.check, step, end.cause, end.found)
            return Outcome.BLOCKED, Reason(blocked_by=blockage)
        if isinstance(end, Pending):
            return Outcome.PENDING, Reason(pending_on=end.what)
        if isinstance(end, NotAssessed) and isinstance(end.why, LabBreak):
            return Outcome.NOT_ASSESSED, Reason(lab_break=end.why)
        if isinstance(end, NotAssessed) and isinstance(end.why, Unavailable):
            return Outcome.NOT_ASSESSED, Reason(unseen=end.why)
        return Outcome.NOT_ASSESSED, Reason(note=str(end))

    def _prerequisites_of(self, learner: str) -> _Prerequisites:
        if learner in self._kept:
            self._kept.move_to_end(learner)
        else:
            self._kept[learner] = self._new_prerequisites(learner)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return self._kept[learner]

    def _new_prerequisites(self, learner: str) -> _Prerequisites:
        return _Prerequisites(self.subject, learner, self._breaks_of(learner))

    def _breaks_of(self, learner: str) -> Callable[[], Breaks]:
        return lambda: self.lab_breaks.get(learner, {})

    def _is_right(self, learner: str, task: int) -> bool:
        """Whether a learner's settings up to a task are as the lab asks, advice apart.

        Settings are what a check asks for that never waits for a lab that breaks.
        """
        prerequisites = self._new_prerequisites(learner)
        return all(
            self._in_time(learner, graded, prerequisites)[0] is Outcome.PASSED
            for graded in self._checks.values()
            if graded.check.task <= task
            and not graded.check.is_advisory
            and "lab_breaks" not in closure(graded.needs)
        )

    def _owners(self, learner: str, graded: GradedCheck) -> tuple[OwnerNote, ...]:
        """The owner notes about the resources that this check asked for."""
        if not self.subject.names_owners:
            return ()
        notes = self.subject.ownership[learner].owners
        if not notes:
            return ()
        own = dict.fromkeys(
            note for about in closure(graded.needs) for note in notes.get(about, ())
        )
        return tuple(islice(own, MOST_LINES))


class _Prerequisites:
    """One learner's prerequisites, each computed once, when it is first asked for."""

    def __init__(
        self,
        subject: Subject,
        learner: str,
        lab_breaks: Callable[[], Breaks],
        evidence: Evidence | None = None,
    ) -> None:
        """``evidence``: None for what was collected."""
        self._subject = subject
        self._lab_breaks = lab_breaks
        self._evidence = evidence
        self._learner = learner
        self._found: dict[str, Any] = {"lab": subject.labs[learner]}
        self._ended: dict[str, Exception] = {}

    def require_collected(self, names: tuple[str, ...]) -> None:
        """Raises NotAssessed where these need a part that their run did not collect."""
        left_out = self.get("evidence").not_collected
        if left_out and not parts_to_collect(names).isdisjoint(left_out):
            raise NotAssessed(NOT_COLLECTED)

    @property
    def known(self) -> Mapping[str, Any]:
        """The values computed so far."""
        return self._found

    def get(self, name: str) -> Any:
        """The value, or what ended asking for it: Blocked, Pending, NotAssessed, our mistake."""
        if name in self._found:
            return self._found[name]
        if name in self._ended:
            raise self._ended[name]
        try:
            self._found[name] = self._made(name)
        except Exception as error:
            # kept without its traceback, whose frames would keep the whole evidence alive
            self._ended[name] = error.with_traceback(None)
            raise
        return self._found[name]

    def _made(self, name: str) -> Any:
        if name == "ownership":
            self.get("evidence")  # without evidence there is no ownership
            return self._subject.ownership[self._learner]
        if name == "lab_breaks":
            return self._lab_breaks()
        if name == "evidence":
            return self._evidence or self._subject.evidence_of(self._learner)
        if name in PARTS:
            return getattr(self.get("evidence"), PARTS[name])
        prerequisite = known()[name]
        return prerequisite.function(**{need: self.get(need) for need in prerequisite.needs})


def _overridden(check: str, prerequisites: _Prerequisites) -> tuple[Mismatch, ...]:
    """What in the variable group made this check fail; nothing where that could not be read."""
    try:
        return overridden(check, prerequisites.get("overrides"), prerequisites.get("lab"))
    except NotPassed:
        return ()


def _place_of(error: Exception) -> str:
    """Kind and line of a mistake of ours; never its text, which may hold evidence."""
    line = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(line.filename).name}, line {line.lineno}"

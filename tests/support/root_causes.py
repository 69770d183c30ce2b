"""Whether verdicts follow from the root causes that entries of the catalogue list."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from fixtures.simulator.catalogue_file import Mistake
from graders.rubric import Check
from graders.verdicts import Outcome, Verdict

BLOCKED, PASSED = Outcome.BLOCKED, Outcome.PASSED


@dataclass(frozen=True)
class Judgement:
    """What was said of one learner, and of a blocked check which one has to pass first."""

    outcomes: Mapping[str, Outcome]
    blocked_by: Mapping[str, str]

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> Judgement:
        every = list(verdicts)
        blocked = {verdict.check: verdict.why.blocked_by for verdict in every}
        return cls(
            {verdict.check: verdict.outcome for verdict in every},
            {check: blocker.check for check, blocker in blocked.items() if blocker},
        )

    def root_of(self, check: str) -> str:
        """The first check on the way back that is not blocked itself; of a circle, any of it."""
        met: set[str] = set()
        while self.outcomes[check] is BLOCKED and check not in met:
            met.add(check)
            check = self.blocked_by[check]
        return check


def listed_by(entry: Mistake, rubric: Iterable[Check]) -> set[str]:
    """Checks of which the entry itself says something, whatever those say that it includes."""
    own = {name for ids in entry.verdicts.values() for name in ids}
    return {check.id for check in rubric if {check.id, f"task{check.task}"} & own}


def astray(
    judgement: Judgement, causes: Mapping[str, Outcome], certain: Collection[str]
) -> Iterator[str]:
    """What is not as the causes say; what they do not mention passes, or is blocked by them.

    A cause may be blocked by another, unless it is ``certain``. Where causes tell what is
    blocked, nothing else may be.
    """
    follows = BLOCKED not in causes.values()
    for check, outcome in judgement.outcomes.items():
        listed = causes.get(check, PASSED)
        if outcome is BLOCKED and follows and check not in certain:
            yield from without_cause(judgement, check, causes)
        elif outcome is not listed:
            yield f"{check}: {outcome}, not {listed}"


def without_cause(judgement: Judgement, check: str, causes: Mapping[str, Outcome]) -> Iterator[str]:
    """A blocked check that leads back to no cause."""
    root = judgement.root_of(check)
    if root not in causes or judgement.outcomes[root] is not causes[root]:
        yield f"{check}: blocked by {root}, which is {judgement.outcomes[root]}"


def astray_together(
    judgement: Judgement, causes: Mapping[str, Outcome], alone: Mapping[str, Outcome]
) -> Iterator[str]:
    """What two entries say together that neither says ``alone``.

    What does not pass may be blocked by the other one's cause: one root cause costs once.
    """
    for check, outcome in judgement.outcomes.items():
        if outcome is BLOCKED and alone[check] is not PASSED:
            yield from without_cause(judgement, check, causes)
        elif outcome is not alone[check]:
            yield f"{check}: {outcome}, not {alone[check]}"

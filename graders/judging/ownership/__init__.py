"""Who did the work: what the labs of more than one learner have, and who had it first.

Only what a lab makes anew for each learner is compared: addresses of endpoints, ids of training
runs and published pipelines, and the builds that models and training runs say they come from. What
the template gives to all (files, trees, variable names, metrics) proves nothing.

A resource belongs to the learner whose lab has the resource itself, and of several to the one
where the service created it first. A tag that names it proves nothing: it can be written at any
time. A learner's tags count only against that learner: what says that another's project made it is
not the learner's own, unless the service itself says otherwise: the id of a run in the learner's
own project (under any name), or the published pipeline that a training run belongs to. Where
nothing proves who made it, no one loses it. Learners who share a workspace by the cohort file work
together, and borrow nothing from each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from graders.evidence import Evidence
from graders.judging.ownership.artifacts import key_of
from graders.judging.ownership.comparison import CohortComparison
from graders.judging.ownership.findings import Ownership
from graders.lab import Lab
from graders.lab.roles import Tags

__all__ = ["CohortComparison", "Ownership", "key_of", "own_of", "ownership"]

_ListedT = TypeVar("_ListedT")


def ownership(labs: Iterable[Lab], evidence: Mapping[str, Evidence]) -> Mapping[str, Ownership]:
    """Ownership by learner, from comparing all labs of a class; ``evidence`` is by learner."""
    comparison = CohortComparison(labs)
    for learner, own in evidence.items():
        comparison.add(learner, own)
    return comparison.result()


def own_of(listed: _ListedT, result: Ownership, tags: Tags) -> _ListedT:
    """A list of the evidence without what is another's; what is no list is returned unchanged."""
    if not isinstance(listed, tuple) or not result.not_own:
        return listed
    return tuple(artifact for artifact in listed if key_of(artifact, tags) not in result.not_own)  # type: ignore[return-value]

"""Whose work it is: what stands in the labs of more than one learner, and whose it was first.

Only what a lab makes anew for each learner is compared: addresses of endpoints, ids of training
runs and published pipelines, and the builds that models and training runs say they come from. What
the template makes common to all (files, trees, variable names, metrics) proves nothing.

A thing belongs to the learner in whose lab the thing itself stands, and of several to the one in
whose lab the service made it first. A tag that names it proves nothing: it can be written at any
time. Only against themselves is a learner's word taken: what says that another's project made it is
not the learner's own. Where nothing proves whose it is, nobody loses it. Who shares a workspace by
the cohort file works together, and borrows nothing from the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from graders.evidence import Evidence
from graders.judging.ownership.artifacts import key_of
from graders.judging.ownership.comparison import Class
from graders.judging.ownership.findings import Ownership
from graders.lab import Lab
from graders.lab.roles import Tags

__all__ = ["Ownership", "compared_part", "key_of", "own_of", "ownership"]

_ListedT = TypeVar("_ListedT")


def ownership(labs: Iterable[Lab], evidence: Mapping[str, Evidence]) -> Mapping[str, Ownership]:
    """Compare all labs of a class; ``evidence`` by learner, of those that were looked at."""
    by_learner = {lab.learner.id: lab for lab in labs}
    try:
        return Class(by_learner, evidence).compared()
    except Exception as error:  # nobody's verdict hangs on comparing the class
        fault = f"a bug in the grader in comparing the class ({type(error).__name__})"
        return {learner: Ownership(fault=fault) for learner in by_learner}


def compared_part(evidence: Evidence) -> Evidence:
    """What of one lab is compared with others: a whole class of it fits into memory."""
    return replace(
        evidence, runs=(), repositories=(), similar_repositories=(), answer=None, sightings=()
    )


def own_of(listed: _ListedT, found: Ownership, tags: Tags) -> _ListedT:
    """A list of the evidence without what is another's; what is no list is left as it is."""
    if not isinstance(listed, tuple) or not found.not_own:
        return listed
    return tuple(one for one in listed if key_of(one, tags) not in found.not_own)  # type: ignore[return-value]

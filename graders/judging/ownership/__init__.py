"""Whose work it is: what the labs of more than one learner have, and who had it first.

Only what a lab makes anew for each learner is compared: addresses of endpoints, ids of training
runs and published pipelines, and the builds that models and training runs say they come from. What
the template gives to all (files, trees, variable names, metrics) proves nothing.

A resource belongs to the learner whose lab has the resource itself, and of several to the one
where the service created it first. A tag that names it proves nothing: it can be written at any
time. A learner's tags count only against that learner: what says that another's project made it
is not the learner's own, unless the service itself says otherwise: the id of a run in the learner's
own project (by whatever name), or the published pipeline that a training run is of. Where nothing
proves whose it is, no one loses it. Learners who share a
workspace by the cohort file work together, and borrow nothing from each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from graders.evidence import Evidence, Run
from graders.judging.ownership.artifacts import key_of
from graders.judging.ownership.comparison import Class
from graders.judging.ownership.findings import Ownership
from graders.judging.ownership.locations import visible
from graders.lab import Lab
from graders.lab.roles import Tags

__all__ = ["Ownership", "compared_part", "key_of", "own_of", "ownership"]

_ListedT = TypeVar("_ListedT")


def ownership(labs: Iterable[Lab], evidence: Mapping[str, Evidence]) -> Mapping[str, Ownership]:
    """Ownership by learner, from comparing all labs of a class; ``evidence`` is by learner."""
    by_learner = {lab.learner.id: lab for lab in labs}
    try:
        return Class(by_learner, evidence).compared()
    except Exception as error:  # no verdict depends on comparing the class
        fault = f"a bug in the grader in comparing the class ({type(error).__name__})"
        return {learner: Ownership(fault=fault) for learner in by_learner}


def compared_part(evidence: Evidence) -> Evidence:
    """The part of one lab's evidence that is compared: a whole class of it fits into memory."""
    runs, deleted = (
        tuple(_bare(run) for run in visible(listed))
        for listed in (evidence.runs, evidence.deleted_runs)
    )
    return replace(
        evidence,
        runs=runs,
        deleted_runs=deleted,
        repositories=(),
        answer=None,
        sightings=(),
    )


def _bare(run: Run) -> Run:
    return replace(
        run,
        stages=None,
        artifacts=None,
        upstream=None,
        model_file=None,
        deployment=None,
        problems=(),
    )


def own_of(listed: _ListedT, result: Ownership, tags: Tags) -> _ListedT:
    """A list of the evidence without what is another's; what is no list is returned unchanged."""
    if not isinstance(listed, tuple) or not result.not_own:
        return listed
    return tuple(artifact for artifact in listed if key_of(artifact, tags) not in result.not_own)  # type: ignore[return-value]

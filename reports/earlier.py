"""The results of an earlier run, where a run of fewer learners or checks would replace them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from graders.inputs.problems import InputProblems
from reports.gradebook import JSON_NAME
from reports.stored import read_book


def more_than(reports: Path, learners: Collection[str], checks: Collection[str]) -> str:
    """What a folder's grade book has, in words, where it is more than these; else empty.

    A grade book that cannot be read says nothing, and holds nothing up.
    """
    if not (reports / JSON_NAME).is_file():
        return ""
    try:
        earlier = read_book(reports).verdicts
    except InputProblems:
        return ""
    if len(earlier) <= len(learners) * len(checks):
        return ""
    counts = (("learner", {key[0] for key in earlier}), ("check", {key[1] for key in earlier}))
    return " and ".join(f"{len(ids)} {kind}{'s' * (len(ids) != 1)}" for kind, ids in counts)

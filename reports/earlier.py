"""The results of an earlier run, where a run of fewer learners or checks would replace them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from graders.inputs.problems import InputProblems
from reports.gradebook import JSON_NAME
from reports.stored import read_book


def replaced_by(reports: Path, learners: Collection[str], checks: Collection[str]) -> str:
    """What of a folder's grade book a run does not have, in words; empty where it has all of it.

    A grade book that cannot be read says nothing, and holds nothing up.
    """
    if not (reports / JSON_NAME).is_file():
        return ""
    try:
        earlier = read_book(reports).verdicts
    except InputProblems:
        return ""
    others = {learner for learner, _ in earlier} - {*learners}
    more = {check for _, check in earlier} - {*checks}
    if others:
        count = len({learner for learner, _ in earlier})
        return f"{count} learner{'s' * (count != 1)}"
    return f"{len(more | {*checks})} checks" if more else ""

"""Both JUnit files, as :mod:`reports.ci.junit` makes them: for every learner, withheld or not.

An undecided check has a word of its own there (skipped, error) and no number.
"""

from __future__ import annotations

from collections.abc import Sequence

from graders.verdicts import Grade
from reports.ci import junit
from reports.exports.shape import Export, file_name
from reports.grading_run import GradingRun


def export(run: GradingRun, grades: Sequence[Grade]) -> Export:
    """``junit/learners.xml`` and ``junit/faults.xml``."""
    made = junit.files(run, grades).items()
    return Export({file_name(run, f"{junit.FOLDER}/{name}"): text for name, text in made}, {})

"""The past-run notes of one grade: sentences, with how many checks each is about."""

from __future__ import annotations

from collections import Counter

from graders.verdicts import Grade
from graders.wording import past_for_the_learner


def notes_of(grade: Grade) -> list[str]:
    """``46 checks: passed on …; tonight's run could not confirm it``; most checks first.

    Why a check could not be confirmed is shown elsewhere; it differs from check to check.
    """
    counted = Counter(
        past_for_the_learner(verdict.past) for verdict in grade.verdicts if verdict.past
    )
    return [
        f"{count} {'check' if count == 1 else 'checks'}: {note}"
        for note, count in counted.most_common()
    ]

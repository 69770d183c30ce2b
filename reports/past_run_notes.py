"""What past runs have a say in, of one grade: sentences, and how many checks each is of."""

from __future__ import annotations

from collections import Counter

from graders.verdicts import Grade
from graders.wording import past_for_the_learner


def what_stands(grade: Grade) -> list[str]:
    """``46 checks: passed on …; tonight's run could not confirm it``; most checks first.

    Why a check could not be confirmed is left to its own place; it differs from check to check.
    """
    counted = Counter(past_for_the_learner(one.past) for one in grade.verdicts if one.past)
    return [
        f"{count} {'check' if count == 1 else 'checks'}: {said}"
        for said, count in counted.most_common()
    ]

"""What the judge makes of honest evidence of which a few facts are changed, in its own words."""

from __future__ import annotations

import pytest

from tests.support.changed_evidence import frozen, judged
from tests.support.evidence_changes import CASES, OF_ONE

EXPECTED = frozen()


def test_every_case_is_frozen() -> None:
    assert list(EXPECTED) == list(CASES)


@pytest.mark.parametrize("case", OF_ONE)
def test_it_is_judged_as_frozen(case: str) -> None:
    """What concerns two learners is in ``test_ownership.py``."""
    assert judged(OF_ONE[case]) == EXPECTED[case]

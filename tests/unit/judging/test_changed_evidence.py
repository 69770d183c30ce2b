"""What the judge makes of honest evidence of which a few facts are changed, in its own words."""

from __future__ import annotations

import pytest

from tests.support.changed_evidence import frozen, judged
from tests.support.evidence_changes import CASES

EXPECTED = frozen()


def test_every_case_is_frozen() -> None:
    assert list(EXPECTED) == list(CASES)


@pytest.mark.parametrize("case", CASES)
def test_it_is_judged_as_frozen(case: str) -> None:
    assert judged(*CASES[case]) == EXPECTED[case]

"""What the judge makes of honest evidence of which a few facts are changed, in its own words."""

from __future__ import annotations

import pytest

from graders.judging.ownership import ownership
from graders.reasons import Relation
from tests.support.changed_evidence import changed, frozen, judged
from tests.support.evidence_changes import ADDRESS, CASES
from tests.support.three_learners import evidence, labs

EXPECTED = frozen()


def test_every_case_is_frozen() -> None:
    assert list(EXPECTED) == list(CASES)


def test_whose_it_is_travels_as_a_fact() -> None:
    theirs = evidence()["user1"].endpoints[0].scoring_uri  # type: ignore[index, union-attr]
    taken = changed(evidence()["user2"], {ADDRESS: theirs})
    compared = ownership(labs().values(), {**evidence(), "user2": taken})
    notes = {own.owners["endpoints"][0].relation for own in compared.values() if own.owners}
    assert notes == {Relation.IS_OF, Relation.LISTED_BY}
    assert [own.others for own in compared.values()] == [2, 2, 2]


@pytest.mark.parametrize("case", CASES)
def test_it_is_judged_as_frozen(case: str) -> None:
    assert judged(*CASES[case]) == EXPECTED[case]

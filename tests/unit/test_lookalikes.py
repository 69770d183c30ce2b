"""What cannot be seen is spelled out where it is the difference, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.judging.mismatches import mismatches_of
from graders.judging.named import NamedResources
from graders.lookalikes import revealed, skeleton
from graders.names import near_misses
from graders.reasons import Blockage, Mismatch, Reason


@dataclass(frozen=True)
class Named:
    name: str


NAME = "devopsforai-aml-vg"
WANTED = f"a variable group `{NAME}`"


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ("devopsforai-\u0430ml-vg", "devopsforai-[cyrillic small letter a]ml-vg"),
        ("devopsf\u03bfrai-aml-vg", "devopsf[greek small letter omicron]rai-aml-vg"),
        ("devopsforai\u2013aml-vg", "devopsforai[en dash]aml-vg"),
        ("devopsforai-aml-vg ", "devopsforai-aml-vg[space]"),
        (" devopsforai-aml-vg", "[space]devopsforai-aml-vg"),
        ("devopsforai-aml-vg\u00a0", "devopsforai-aml-vg[no-break space]"),
        ("devopsforai\u200b-aml-vg", "devopsforai[zero width space]-aml-vg"),
        ("devopsforai-aml-vg\u202e", "devopsforai-aml-vg[right-to-left override]"),
        ("devopsforai-aml-vg\t", "devopsforai-aml-vg[tab]"),
        ("\uff44evopsforai-aml-vg", "[fullwidth latin small letter d]evopsforai-aml-vg"),
        ("devopsforai-am-vg\u00a0", "devopsforai-am-vg[no-break space]"),
        ("devopsforai-aml", "devopsforai-aml"),
        ("проект", "проект"),
        ("Müller's group", "Müller's group"),
    ],
)
def test_the_difference_is_spelled_out(found: str, shown: str) -> None:
    assert revealed(f"`{found}` (1 edit away), `other`", WANTED).startswith(f"`{shown}` (1")
    assert revealed(found, NAME) in (shown, found)


@pytest.mark.parametrize(
    ("found", "expected", "shown"),
    [
        ("User9AML\u00a0", "User9AML", "User9AML[no-break space]"),
        ("'User9AML '", "'User9AML'", "'User9AML[space]'"),
        ("AE  MLOps 04", "AE MLOps 04", "AE[space][space]MLOps 04"),
        ("there is BASE_N\u0410ME only", "a variable BASE_NAME",
         "there is BASE_N[cyrillic capital letter a]ME only"),
        ("run 2 failed", "a successful run", "run 2 failed"),
        ("a\u2013b", "a\u2013b c", "a\u2013b"),
    ],
)  # fmt: skip
def test_values_without_quotes_are_compared_too(found: str, expected: str, shown: str) -> None:
    assert revealed(found, expected) == shown


def test_a_check_says_so_in_what_was_found_what_was_meant_and_what_blocks() -> None:
    groups = NamedResources("variable group", [Named("devopsforai-\u0430ml-vg")])
    (mismatch,) = Reason(mismatches_of("in", NAME, groups)).bounded.mismatches
    spelled = "devopsforai-[cyrillic small letter a]ml-vg"
    assert mismatch == Mismatch("", WANTED, f"`{spelled}` (1 edit away)", spelled)
    blockage = Blockage("group", "2.6", f"there is no `{NAME}`", groups.instead_of(NAME))
    blocked = Reason(blocked_by=blockage).bounded.blocked_by
    assert blocked is not None
    assert f"`{spelled}`" in blocked.found


def test_what_is_expected_is_spelled_out_where_it_is_the_odd_one() -> None:
    (mismatch,) = Reason((Mismatch("", "`a\u2013b`", "`a-b`"),)).bounded.mismatches
    assert (mismatch.expected, mismatch.found) == ("`a[en dash]b`", "`a-b`")


def test_a_name_in_other_letters_is_a_near_miss() -> None:
    other = "\u0441\u0456-\u0440\u0456\u0440\u0435"  # ci-pipe, as far as one can see
    assert skeleton(other) == "ci-pipe"
    assert [name for name, _ in near_misses("ci-pipe", [other])] == [other]


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_raises_and_equal_texts_stay(found: str, expected: str) -> None:
    revealed(found, expected)
    assert revealed(found, found) == found

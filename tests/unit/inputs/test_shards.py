"""Parts of a class: every learner in exactly one, whatever the pipeline counts from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.inputs.shards import Shard, shard


@given(st.integers(0, 60), st.integers(1, 70))
def test_every_learner_is_in_exactly_one_part_and_parts_are_alike(count: int, total: int) -> None:
    learners = [f"user{number}" for number in range(count)]
    parts = [Shard(number, total).part_of(learners) for number in range(1, total + 1)]
    assert [learner for part in parts for learner in part] == learners
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"STRATEGY_JOB_INDEX": "0", "STRATEGY_JOB_TOTAL": "4"}, Shard(1, 4)),
        ({"STRATEGY_JOB_INDEX": "3", "STRATEGY_JOB_TOTAL": "4"}, Shard(4, 4)),
        ({"SYSTEM_JOBPOSITIONINPHASE": "1", "SYSTEM_TOTALJOBSINPHASE": "3"}, Shard(1, 3)),
        ({"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "2"}, Shard(2, 2)),
        ({"CI_NODE_TOTAL": "1"}, Shard(1, 1)),
        ({"JOB_COMPLETION_INDEX": "15", "JOB_COMPLETIONS": "16"}, Shard(16, 16)),
    ],
    ids=["github-first", "github-last", "azure", "gitlab", "gitlab-not-parallel", "kubernetes"],
)
def test_auto_is_what_the_pipeline_says(environment: dict[str, str], expected: Shard) -> None:
    assert shard("auto", environment) == expected


@pytest.mark.parametrize(
    ("text", "environment", "why"),
    [
        ("0/4", {}, "counted from 1: there is no part 0 of 4"),
        ("5/4", {}, "there is no part 5 of 4"),
        ("1/0", {}, "there can be 1 to 1000 parts, not 0"),
        ("2", {}, "write it like 2/5"),
        ("-1/4", {}, "write it like 2/5"),
        ("auto", {}, "no pipeline says which part this is"),
        ("auto", {"JOB_COMPLETION_INDEX": "2"}, "JOB_COMPLETIONS is not set to a number"),
        ("auto", {"CI_NODE_TOTAL": "3"}, "CI_NODE_INDEX is not set to a number"),
        ("auto", {"STRATEGY_JOB_INDEX": "4", "STRATEGY_JOB_TOTAL": "4"}, "no part 5 of 4"),
    ],
)
def test_anything_else_is_refused(text: str, environment: dict[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        shard(text, environment)

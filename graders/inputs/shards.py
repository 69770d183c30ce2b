"""``--shard K/N``: which part of a class one of several machines collects."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
MOST = 1000
_SHARD = re.compile(r"(\d{1,4})/(\d{1,4})")
_CI = (
    ("STRATEGY_JOB_INDEX", "STRATEGY_JOB_TOTAL", 0),
    ("SYSTEM_JOBPOSITIONINPHASE", "SYSTEM_TOTALJOBSINPHASE", 1),
    ("CI_NODE_INDEX", "CI_NODE_TOTAL", 1),
    ("JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", 0),
)
"""Variables with the part and the number of parts, and what the first part is counted as.

GitHub Actions and Kubernetes set only one or none of them: docs/ci sets the others.
"""


@dataclass(frozen=True)
class Shard:
    """Part ``number`` of ``total``, counted from 1."""

    number: int = 1
    total: int = 1

    def __str__(self) -> str:
        return f"{self.number}/{self.total}"

    def part_of(self, learners: Sequence[T]) -> Sequence[T]:
        """This part's learners: neighbours in the cohort file, who often share an organisation.

        Parts differ by one learner at most; with more parts than learners, some are empty.
        """
        first, last = (
            len(learners) * edge // self.total for edge in (self.number - 1, self.number)
        )
        return learners[first:last]


def shard(text: str, environment: Mapping[str, str]) -> Shard:
    """The shard that ``K/N`` or ``auto`` names. Raises ValueError with what to write instead."""
    if text == "auto":
        return _from_ci(environment)
    match = _SHARD.fullmatch(text)
    if not match:
        raise ValueError("write it like 2/5, the second of five parts, or `auto` in a pipeline")
    return _checked(int(match[1]), int(match[2]))


def _from_ci(environment: Mapping[str, str]) -> Shard:
    for index, total, first in _CI:
        part, parts = environment.get(index, ""), environment.get(total, "")
        if parts == "1" and not part:  # GitLab, for a job without `parallel`
            return Shard()
        if not part and not parts:
            continue
        if part.isdecimal() and parts.isdecimal():
            return _checked(int(part) - first + 1, int(parts))
        missing = total if part.isdecimal() else index
        raise ValueError(f"{missing} is not set to a number: set it as docs/ci shows, or write 2/5")
    raise ValueError("no pipeline says which part this is: write it like 2/5")


def _checked(number: int, total: int) -> Shard:
    if not 1 <= total <= MOST:
        raise ValueError(f"there can be 1 to {MOST} parts, not {total}")
    if not 1 <= number <= total:
        raise ValueError(f"parts are counted from 1: there is no part {number} of {total}")
    return Shard(number, total)

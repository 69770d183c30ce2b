"""What the graders cannot judge yet: each entry is expected to fail, and says why.

An entry that is suddenly judged right fails here (``strict``): move it to the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from fixtures.plugin.grading import whole_rubric
from fixtures.simulator.mistakes import Catalogue, own_files, read_catalogue
from graders.verdicts import Outcome
from tests.support import grading_process, judged_classes
from tests.support.open_kinds import FILES, REASONS

FIRST = 12
BAD = (Outcome.FAILED, Outcome.NOTED)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return read_catalogue([*own_files(), *FILES], whole_rubric())


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Outcome]]:
    """Entry -> check -> its outcome, for a learner of each entry."""
    folder = tmp_path_factory.mktemp("open")
    named = dict(enumerate(REASONS, FIRST))
    cohort = grading_process.write_cohort(folder / "open.csv", len(named), named, None, FIRST)
    evidence = folder / "out" / "evidence"
    labs = judged_classes.collect(cohort, evidence, FILES)
    judge = judged_classes.judge(labs, evidence)
    return {
        entry: {verdict.check: verdict.outcome for verdict in judge.verdicts(learner)}
        for entry, learner in zip(REASONS, labs, strict=True)
    }


def test_every_entry_has_a_reason(catalogue: Catalogue) -> None:
    entries = {entry.name for entry in catalogue.entries.values() if "open_kinds_" in entry.file}
    assert entries == set(REASONS)


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(
            entry, marks=pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason)
        )
        for entry, reason in REASONS.items()
    ],
)
def test_an_open_kind_is_judged_right(
    catalogue: Catalogue, found: Mapping[str, Mapping[str, Outcome]], entry: str
) -> None:
    """The stated checks are as stated, or blocked by one another; nothing else speaks ill."""
    right = catalogue.causes([entry], whole_rubric())
    wrong = {
        check: outcome
        for check, outcome in found[entry].items()
        if (outcome in BAD and right.get(check) is not outcome)
        or (check in right and outcome not in (right[check], Outcome.BLOCKED))
    }
    assert wrong == {}

"""Blocked, pending or not assessed: what a check makes of evidence that lacks something."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

import pytest

from fixtures.plugin.grading import GRADED, whole_rubric
from graders.judging.checks import load_checks
from graders.judging.prerequisites.requirements import chosen_repository
from graders.judging.registry import evidence_parts
from graders.verdicts import Outcome
from tests.support import golden_lines
from tests.support.incomplete_evidence import CASES, FROZEN, UNSEEN, Asked, asked
from tests.support.root_causes import Judgement, without_cause

RUBRIC = whole_rubric()
NEEDS = {one.check.id: evidence_parts(one.needs) for one in load_checks(GRADED)}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Asked]:
    return asked(tmp_path_factory.mktemp("cases"))


def test_what_every_check_makes_of_each_case_is_what_was_frozen(found: dict[str, Asked]) -> None:
    """Freeze it anew with ``make golden``, and read what changed."""
    outcomes = {name: one.outcomes for name, one in found.items()}
    assert (
        golden_lines.text(outcomes, RUBRIC).splitlines() == FROZEN.read_text("utf-8").splitlines()
    )


@pytest.mark.parametrize("name", CASES)
def test_the_checks_that_fail_are_the_causes(name: str, found: dict[str, Asked]) -> None:
    wrong = (Outcome.FAILED, Outcome.NOTED)
    outcomes = found[name].outcomes
    assert {one for one, said in outcomes.items() if said in wrong} == CASES[name].causes


@pytest.mark.parametrize("name", CASES)
def test_nothing_stays_undecided_but_what_the_case_says(name: str, found: dict[str, Asked]) -> None:
    undecided = {one for one in found[name].outcomes.values() if not one.is_decided}
    assert undecided == {CASES[name].undecided} - {None}


@pytest.mark.parametrize("name", CASES)
def test_what_is_blocked_waits_for_a_cause(name: str, found: dict[str, Asked]) -> None:
    told = Judgement.of(found[name].verdicts)
    wrong = {one: told.outcomes[one] for one in CASES[name].causes}
    blocked = [one for one, said in told.outcomes.items() if said is Outcome.BLOCKED]
    assert [lost for one in blocked for lost in without_cause(told, one, wrong)] == []


@pytest.mark.parametrize("name", CASES)
def test_a_check_that_needs_nothing_of_what_is_lacking_passes(
    name: str, found: dict[str, Asked]
) -> None:
    told = found[name]
    spared = {one for one, parts in NEEDS.items() if not parts & told.changed}
    assert {told.outcomes[one] for one in spared} == {Outcome.PASSED}


def test_nothing_is_taken_for_a_mistake_of_ours(found: dict[str, Asked]) -> None:
    verdicts = [one for told in found.values() for one in told.verdicts]
    reasons = {one.reason for one in verdicts if one.outcome is Outcome.NOT_ASSESSED}
    assert reasons == {str(UNSEEN), _NOT_LOOKED_AT, _NO_ADDRESS}


_NO_ADDRESS = "the endpoint has no scoring URI"
_NOT_LOOKED_AT = "not collected: only the newest three successful runs are"


@pytest.mark.parametrize(
    ("built_by", "chosen"),
    [
        ({}, "mlops_12"),
        ({"mine": "OWNER/mlops_012"}, "mlops_012"),
        ({"mine": "owner/mlops_12", "Model-Deploy-CD": "owner/mlops_012"}, "mlops_012"),
        ({"mine": "owner/mlops_12", "Model-Train-Register-CI": "owner/MLOPS_012"}, "mlops_012"),
        ({"mine": "owner/mlops_012", "Model-Train-Register-CI": "owner/MLOPS_12"}, "mlops_12"),
        ({"mine": "owner/strange"}, "mlops_12"),
    ],
)
def test_of_two_repositories_the_one_the_labs_own_pipelines_build_is_meant(
    built_by: Mapping[str, str], chosen: str
) -> None:
    pipelines = tuple(
        SimpleNamespace(name=name, repository_name=built) for name, built in built_by.items()
    )
    both = [SimpleNamespace(full_name=f"Owner/{name}") for name in ("mlops_12", "mlops_012")]
    lab = SimpleNamespace(ci_pipeline="Model-Train-Register-CI", cd_pipeline="Model-Deploy-CD")
    for known in (pipelines, ()):
        found = chosen_repository(both, known, lab)  # type: ignore[arg-type]
        assert found.full_name == f"Owner/{chosen if known else 'mlops_12'}"

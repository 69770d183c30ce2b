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
NEEDS = {
    graded_check.check.id: evidence_parts(graded_check.needs)
    for graded_check in load_checks(GRADED)
}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Asked]:
    return asked(tmp_path_factory.mktemp("cases"))


def test_every_case_has_its_frozen_outcomes(cases: dict[str, Asked]) -> None:
    """Freeze it anew with ``make golden``, and read what changed."""
    outcomes = {name: case.outcomes for name, case in cases.items()}
    assert (
        golden_lines.text(outcomes, RUBRIC).splitlines() == FROZEN.read_text("utf-8").splitlines()
    )


@pytest.mark.parametrize("name", CASES)
def test_the_checks_that_fail_are_the_causes(name: str, cases: dict[str, Asked]) -> None:
    wrong = (Outcome.FAILED, Outcome.NOTED)
    outcomes = cases[name].outcomes
    assert {check for check, outcome in outcomes.items() if outcome in wrong} == CASES[name].causes


@pytest.mark.parametrize("name", CASES)
def test_nothing_stays_undecided_but_what_the_case_says(name: str, cases: dict[str, Asked]) -> None:
    undecided = {outcome for outcome in cases[name].outcomes.values() if not outcome.is_decided}
    assert undecided == {CASES[name].undecided} - {None}


@pytest.mark.parametrize("name", CASES)
def test_a_blocked_check_leads_to_a_cause(name: str, cases: dict[str, Asked]) -> None:
    judgement = Judgement.of(cases[name].verdicts)
    wrong = {check: judgement.outcomes[check] for check in CASES[name].causes}
    blocked = [check for check, outcome in judgement.outcomes.items() if outcome is Outcome.BLOCKED]
    assert [lost for check in blocked for lost in without_cause(judgement, check, wrong)] == []


@pytest.mark.parametrize("name", CASES)
def test_a_check_that_needs_nothing_of_what_is_lacking_passes(
    name: str, cases: dict[str, Asked]
) -> None:
    case = cases[name]
    spared = {check for check, parts in NEEDS.items() if not parts & case.changed}
    assert {case.outcomes[check] for check in spared} == {Outcome.PASSED}


def test_no_case_is_taken_for_a_bug_of_ours(cases: dict[str, Asked]) -> None:
    verdicts = [verdict for case in cases.values() for verdict in case.verdicts]
    reasons = {verdict.reason for verdict in verdicts if verdict.outcome is Outcome.NOT_ASSESSED}
    removed = {reason for reason in reasons if "was removed, by someone or by retention" in reason}
    assert len(removed) == 1
    assert reasons - removed == {str(UNSEEN), _NOT_COLLECTED, _NO_ADDRESS, _NOT_ASKED}


_NO_ADDRESS = "the endpoint has no scoring URI"
_NOT_ASKED = "the endpoint was asked no second question"
_NOT_COLLECTED = "not collected: only the newest successful runs are"


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
        repository = chosen_repository(both, known, lab)  # type: ignore[arg-type]
        assert repository.full_name == f"Owner/{chosen if known else 'mlops_12'}"

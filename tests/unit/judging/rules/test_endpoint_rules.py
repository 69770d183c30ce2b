"""The live endpoint: whether it computes what it answers, and how long it may be in transition."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fixtures.simulator.wire.azure_ml.linear_model import LABS, OTHER
from graders.evidence import Endpoint, Model, Run, SecondAnswer, Workspace
from graders.inputs.lab_file import LabFile
from graders.judging import rules
from graders.lab import SHEET, Learner
from graders.reasons import Mismatch
from graders.services.azure_ml.scoring import drawn_rows

LAB = LabFile().for_learner(Learner("ann", 4))
LENIENT = LabFile.model_validate({"leniency": {"v2_endpoint": True}}).for_learner(LAB.learner)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROWS = ((0.05,) * 10, (-0.05,) * 10)
ENDPOINT = Endpoint(
    "mlops-aci", 1, "Transitioning", "ACI", 1.0, 4.0, False, "", "centralus", (), NOON, NOON
)
ONLINE = replace(ENDPOINT, name="mlops-aci-04", generation=2, state="Healthy")


def asked(first: Sequence[float], second: Sequence[float] | None, status: int = 200) -> list[str]:
    """What is found of an endpoint with these two answers."""
    result = None if second is None else tuple(second)
    answers = rules.Answers(tuple(first), SecondAnswer(ROWS, status, result, "words"))
    return [mismatch.found for mismatch in rules.computes_nothing(answers, LAB)]


# --- two answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((5215.2, 3727.0), (152.1, 149.8)),
        ((5215.2, 3727.0), (5215.2, 3000.0)),
        ((5215.2, 3727.0), (3727.0, 5215.2)),
        ((0.0, 0.0), (0.0, 0.5)),
        ((1.0, 2.0), (-1.0, -2.0)),
    ],
)
def test_other_predictions_are_computed(first: Sequence[float], second: Sequence[float]) -> None:
    assert asked(first, second) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((5215.2, 3727.0), (5215.2, 3727.0)),
        ((42.0, 42.0), (42.0, 42.0)),
        ((0.0, 0.0), (0.0, 0.0)),
        ((0.0, 0.0), (1e-10, 0.0)),
        ((5215.198131579873, 3726.99), (5215.198131579874, 3726.9900000001)),
        ((5215.2, 3727.0), (5217.0, 3726.0)),
    ],
)
def test_the_same_but_for_rounding_is_not(first: Sequence[float], second: Sequence[float]) -> None:
    assert asked(first, second) == [", ".join(f"{number:.1f}" for number in second) + " again"]


@pytest.mark.parametrize(
    ("second", "status", "found"),
    [
        (None, 502, "HTTP 502: words"),
        (None, 400, "HTTP 400: words"),
        (None, 200, "HTTP 200: words"),
        ((1.0,), 200, "result [1.0]"),
        ((1.0, 2.0, 3.0), 200, "result [1.0, 2.0, 3.0]"),
    ],
)
def test_an_answer_to_one_query_only_computes_nothing(
    second: Sequence[float] | None, status: int, found: str
) -> None:
    assert asked((5215.2, 3727.0), second, status) == [found]


def test_what_is_said_of_an_answer_to_other_numbers() -> None:
    what, copied = "answer to other numbers", SecondAnswer(ROWS, 200, (1.0, 2.0), "words")
    (found,) = rules.computes_nothing(rules.Answers((1.0, 2.0), copied), LAB)
    assert found == Mismatch(what, "other predictions", "1.0, 2.0 again")
    broken = replace(copied, status=502, result=None)
    (found,) = rules.computes_nothing(rules.Answers((1.0, 2.0), broken), LAB)
    assert (found.what, found.found) == (what, "HTTP 502: words")


def test_of_one_question_nothing_can_be_told() -> None:
    assert rules.computes_nothing(rules.Answers((1.0, 2.0), None), LAB) == []


@pytest.mark.parametrize("model", [LABS, OTHER])
def test_a_linear_model_differs_whatever_is_drawn(model: object) -> None:
    """Also one whose predictions are cut off at the ends of what it was trained on."""
    for seed in range(300):
        rows = drawn_rows(SHEET.scoring, random.Random(seed))  # noqa: S311 - to repeat it
        first, second = (model.predictions(each) for each in (SHEET.scoring.rows, rows))  # type: ignore[attr-defined]
        assert asked(first, second) == []
        bounded = [[min(346.0, max(25.0, number)) for number in each] for each in (first, second)]
        assert asked(*bounded) == []


# --- in transition --------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["Transitioning", "Creating", "Updating"])
def test_a_deployment_may_take_a_day(state: str) -> None:
    endpoint = replace(ENDPOINT, state=state)
    for hours, is_going in ((-5, True), (0, True), (23.9, True), (24, False), (240, False)):
        now = NOON + timedelta(hours=hours)
        assert rules.is_being_deployed(endpoint, now) is is_going
    assert rules.is_being_deployed(endpoint, None)
    undated = replace(endpoint, created_at=None, updated_at=None)
    assert rules.is_being_deployed(undated, NOON + timedelta(days=99))


@pytest.mark.parametrize("state", ["Healthy", "NotResponding", "Failed", "Strange"])
def test_no_other_state_is_waited_for(state: str) -> None:
    assert not rules.is_being_deployed(replace(ENDPOINT, state=state), NOON)


def test_the_last_change_decides() -> None:
    endpoint = replace(ENDPOINT, created_at=NOON - timedelta(days=9))
    assert rules.is_being_deployed(endpoint, NOON)
    (mismatch,) = rules.unhealthy(endpoint)
    assert mismatch.found == "Transitioning since 2026-11-20 12:00 UTC"


def test_what_is_being_changed_has_no_date_yet() -> None:
    run = Run(1, "1", 2, "completed", "succeeded", "manual", "main", "c", "me", NOON, NOON, NOON)
    workspace = Workspace("w", "w", "g", "s", "centralus")
    old = replace(ENDPOINT, created_at=NOON - timedelta(days=9), updated_at=None)
    assert rules.not_by_the_cd_run(old, [run], workspace) == []
    assert rules.not_by_the_cd_run(replace(old, state="Healthy"), [run], workspace)


# --- whose name is whose --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mlops-aci", "mlops-aci-04", "MLOps-ACI-04"])
def test_a_managed_endpoint_has_either_name_in_any_case(name: str) -> None:
    endpoint = replace(ONLINE, name=name)
    assert LENIENT.own_endpoint([endpoint]) is endpoint
    assert LAB.own_endpoint([endpoint]) is None


@pytest.mark.parametrize("name", ["mlops-aci-05", "mlops-aci-4", "mlops-aci-041", "mine"])
def test_another_learners_name_is_not_ones_own(name: str) -> None:
    assert LENIENT.own_endpoint([replace(ONLINE, name=name)]) is None


def test_a_container_instance_has_the_sheets_name_only() -> None:
    assert LENIENT.own_endpoint([replace(ENDPOINT, name="mlops-aci-04")]) is None
    assert LENIENT.own_endpoint([replace(ENDPOINT, name="MLOPS-ACI")]) is None
    assert LAB.own_endpoint([ENDPOINT]) is ENDPOINT


def test_of_two_the_healthy_one_counts() -> None:
    failed = replace(ONLINE, name="mlops-aci", state="Failed")
    assert LENIENT.own_endpoint([failed, ONLINE]) is ONLINE
    assert LENIENT.own_endpoint([failed, replace(ONLINE, state="Failed")]) is failed


def test_who_registered_a_model_is_a_sign() -> None:
    by_hand = Model("m", "1", {}, created_by="ann@lab.example", created_by_type="User")
    by_pipeline = replace(by_hand, version="2", created_by_type="Application")
    unsaid = replace(by_hand, created_by_type="")
    (mismatch,) = rules.registered_by_hand([by_hand])
    wanted, found = "the service connection's identity", "a person's account"
    assert mismatch == Mismatch("registered by", wanted, found)
    assert rules.registered_by_hand([by_hand, by_pipeline]) == []
    assert rules.registered_by_hand([unsaid]) == []

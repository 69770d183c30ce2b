"""When the work was done: what has a time, and what is outside of a session, to the second."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from graders.evidence import Evidence, PublishedPipeline, ServiceName, TrainingRun, Unavailable
from graders.judging import rules
from graders.lab import Session
from graders.parts import unseen
from tests.support.correct_evidence import CI, CI_RUN, ENDPOINT, LAB, MODEL, NOON

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
CD = replace(CI, id=12, name=LAB.cd_pipeline, yaml_path=LAB.cd_yaml)
CD_RUN = replace(CI_RUN, id=102, pipeline_id=12)
PUBLISHED = PublishedPipeline("p", LAB.training_pipeline, "101", True, created_at=NOON + MINUTE)
TRAINED = TrainingRun("0123456789", "Completed", {}, ended_at=NOON + 2 * MINUTE)
REGISTERED = replace(MODEL, created_at=NOON + 3 * MINUTE)
UNREAD = unseen("user4", Unavailable(ServiceName.AZURE_ML, "the lab", "it is down", "Wait"))
WORK = replace(
    UNREAD,
    pipelines=(CI, CD),
    runs=(CD_RUN, CI_RUN),
    published_pipelines=(PUBLISHED,),
    training_runs=(TRAINED,),
    models=(REGISTERED,),
    endpoints=(ENDPOINT,),
)


def dated(work: Evidence) -> dict[str, tuple[datetime | None, ...]]:
    return {item.what: item.times for item in rules.dated(work, LAB)}


def test_every_dated_resource_of_the_lab_has_its_times() -> None:
    ran = (NOON, NOON + 20 * MINUTE)
    assert dated(WORK) == {
        "run 20261120.1 of Model-Deploy-CD": ran,
        "run 20261120.1 of Model-Train-Register-CI": ran,
        "published pipeline 101": (NOON + MINUTE,),
        "training run 01234567": (NOON + 2 * MINUTE,),
        "model version 1": (NOON + 3 * MINUTE,),
        "endpoint mlops-aci": (NOON + 60 * MINUTE,),
    }


def test_an_endpoint_that_was_changed_has_that_time_too() -> None:
    changed = replace(ENDPOINT, updated_at=NOON + 90 * MINUTE)
    times = dated(replace(WORK, endpoints=(changed,)))["endpoint mlops-aci"]
    assert times == (NOON + 60 * MINUTE, NOON + 90 * MINUTE)


@pytest.mark.parametrize(
    "changes",
    [
        {"runs": (replace(CI_RUN, pipeline_id=13),)},
        {"published_pipelines": (replace(PUBLISHED, name="another"),)},
        {"training_runs": (replace(TRAINED, status="Running"),)},
        {"models": (replace(REGISTERED, name="sample-model"),)},
        {"endpoints": (replace(ENDPOINT, name="sample"),)},
        {"training_runs": None},
    ],
)
def test_resources_outside_the_lab_and_unfinished_training_do_not_count(
    changes: dict[str, Any],
) -> None:
    other = replace(CI, id=13, name="Nightly clean-up", yaml_path="clean-up.yml")
    assert rules.dated(replace(UNREAD, pipelines=(CI, CD, other), **changes), LAB) == []


def test_what_could_not_be_read_has_no_times() -> None:
    assert rules.dated(UNREAD, LAB) == []
    assert rules.dated(replace(UNREAD, runs=(CI_RUN,)), LAB) == []


@pytest.mark.parametrize("pipeline", [replace(CI, name="misnamed"), replace(CI, yaml_path="x")])
def test_a_misnamed_pipeline_ran_all_the_same(pipeline: Any) -> None:
    work = replace(UNREAD, pipelines=(pipeline,), runs=(CI_RUN,))
    assert list(dated(work)) == [f"run 20261120.1 of {pipeline.name}"]


def test_a_run_that_is_going_counts_from_when_it_was_queued() -> None:
    going = replace(CI_RUN, status="inProgress", queued_at=NOON - MINUTE, finished_at=None)
    assert next(iter(dated(replace(WORK, runs=(going,))).values())) == (NOON - MINUTE,)


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        (Session(NOON, None), None),
        (Session(None, NOON), None),
        (Session(NOON, NOON), None),
        (Session(), None),
        (Session(NOON + SECOND, None), "2026-11-20 12:00:01+00:00 or later"),
        (Session(None, NOON - SECOND), "2026-11-20 11:59:59+00:00 or earlier"),
    ],
)
def test_the_session_counts_to_the_second_and_holds_both_its_ends(
    session: Session, expected: str | None
) -> None:
    work = [rules.Dated("model version 1", (NOON.replace(microsecond=999_999),))]
    limits = [mismatch.expected for mismatch in rules.outside(work, session)]
    assert limits == ([expected] if expected else [])


@pytest.mark.parametrize("side", ["begins", "ends"])
def test_one_resource_is_reported_once_in_the_sessions_time_zone(side: str) -> None:
    day = 21 if side == "begins" else 19
    border = datetime.fromisoformat(f"2026-11-{day}T09:00:00-06:00")
    work = [rules.Dated("endpoint mlops-aci", (None, NOON, NOON + SECOND)), rules.Dated("x", ())]
    (mismatch,) = rules.outside(work, Session(**{side: border}))
    assert (mismatch.what, mismatch.expected, mismatch.found) == (
        "endpoint mlops-aci",
        f"2026-11-{day} 09:00:00-06:00 or {'later' if side == 'begins' else 'earlier'}",
        "2026-11-20 06:00:00-06:00",
    )


def test_a_time_that_the_sessions_zone_has_not_is_shown_as_it_is() -> None:
    """On the last day that there is, it is already the next one further east."""
    border = datetime(2026, 11, 19, tzinfo=timezone(timedelta(hours=5)))
    work = [rules.Dated("endpoint mlops-aci", (datetime.max.replace(tzinfo=UTC),))]
    (mismatch,) = rules.outside(work, Session(ends=border))
    assert mismatch.found == "9999-12-31 23:59:59+00:00"


def test_each_resource_outside_the_session_is_reported() -> None:
    early = Session(ends=datetime(2026, 11, 19, tzinfo=UTC))
    assert [mismatch.what for mismatch in rules.outside(rules.dated(WORK, LAB), early)] == list(
        dated(WORK)
    )

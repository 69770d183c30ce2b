"""What is kept of earlier evidence, and where a doubt about it costs a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from graders.evidence import (
    NOT_COLLECTED,
    Evidence,
    Model,
    PublishedPipeline,
    Run,
    Sighting,
    Stage,
    TrainingRun,
)
from graders.parts import unseen
from graders.services.earlier import Earlier, reading_of
from tests.support.correct_evidence import CI_RUN, LAB, LEARNER, MODEL, NOON

HOUR = timedelta(hours=1)
DONE = (Stage("Model_CI", "Model CI", "completed", "succeeded"),)
RUN = replace(CI_RUN, changed_at=NOON)
OTHER = replace(RUN, id=102, pipeline_id=12)
TRAINED = TrainingRun("t", "Completed", {"BuildId": "101"}, metrics={"mse": 1.0}, ended_at=NOON)
PUBLISHED = (PublishedPipeline("p", LAB.training_pipeline, "101", is_active=True),)
MODELS = (MODEL,)


def evidence(**parts: object) -> Evidence:
    """Evidence of an hour after noon, by the services' clocks, that was read just now."""
    facts = {
        "runs": (replace(RUN, stages=DONE), OTHER),
        "training_runs": (TRAINED,),
        "published_pipelines": PUBLISHED,
        "models": MODELS,
        "endpoints_read_at": NOON + HOUR,
    }
    return replace(
        unseen(LEARNER.id, NOT_COLLECTED),
        sightings=(Sighting("x", "https://x", datetime.now(UTC)),),
        place=LAB.place,
        reading=reading_of(LAB),
        **{**facts, **parts},  # type: ignore[arg-type]
    )


def earlier(**parts: object) -> Earlier:
    return Earlier.of(evidence(**parts), LAB)


# --- runs -----------------------------------------------------------------------------------------


def test_details_of_a_run_are_kept_while_its_row_is_the_same() -> None:
    kept = earlier()
    run = kept.details_of(RUN)
    assert run is not None
    assert run.stages == DONE
    assert [(entry.part, entry.of) for entry in kept.kept()] == [("runs", "101")]


@pytest.mark.parametrize(
    "listed",
    [
        replace(RUN, changed_at=NOON + HOUR),
        replace(RUN, changed_at=None),
        replace(RUN, result="failed"),
        replace(RUN, status="inProgress"),
        replace(RUN, finished_at=NOON + HOUR),
        replace(RUN, id=103),
    ],
)
def test_a_run_of_another_row_is_read_again(listed: Run) -> None:
    assert earlier().details_of(listed) is None


def test_a_timeline_that_lags_behind_its_run_is_read_again() -> None:
    for state in ("inProgress", "pending"):
        stages = (*DONE, replace(DONE[0], state=state))
        assert earlier(runs=(replace(RUN, stages=stages),)).details_of(RUN) is None


def test_the_list_of_runs_is_kept_where_each_pipeline_shows_its_only_one() -> None:
    kept = earlier()
    assert kept.listed_runs({11: RUN, 12: OTHER}) == (RUN, OTHER)
    assert [(entry.part, entry.of) for entry in kept.kept()] == [("runs", "list")]


@pytest.mark.parametrize(
    "latest",
    [
        {},
        {11: RUN},
        {11: RUN, 12: None},
        {11: RUN, 12: OTHER, 13: None},
        {11: RUN, 12: replace(OTHER, changed_at=NOON + HOUR)},
        {11: RUN, 12: replace(OTHER, id=103)},
    ],
)
def test_another_latest_run_has_the_list_read_again(latest: Mapping[int, Run | None]) -> None:
    assert earlier().listed_runs(latest) is None


@pytest.mark.parametrize(
    "parts",
    [
        {"runs": (RUN, replace(RUN, id=100), OTHER)},
        {"runs": (replace(RUN, changed_at=None), OTHER)},
        {"runs": NOT_COLLECTED},
        {"deleted_runs": (replace(RUN, id=99),)},
    ],
)
def test_where_more_than_the_latest_can_change_the_list_is_read_again(
    parts: Mapping[str, object],
) -> None:
    runs = parts.get("runs")
    first = runs[0] if isinstance(runs, tuple) else RUN
    assert earlier(**parts).listed_runs({11: first, 12: OTHER}) is None


# --- training runs --------------------------------------------------------------------------------


def test_training_runs_are_kept_where_every_build_has_its_own() -> None:
    assert earlier().trained(LAB, PUBLISHED, MODELS) == (TRAINED,)
    assert earlier().with_metrics([replace(TRAINED, metrics={})]) == (TRAINED,)


@pytest.mark.parametrize(
    "parts",
    [
        {"training_runs": (replace(TRAINED, status="Running"),)},
        {"training_runs": (replace(TRAINED, status="Failed"),)},
        {"training_runs": (replace(TRAINED, tags={}),)},
        {"training_runs": (TRAINED, replace(TRAINED, id="u", tags={"BuildId": "999"}))},
        {"training_runs": (replace(TRAINED, metrics=NOT_COLLECTED),)},
        {"training_runs": (replace(TRAINED, ended_at=None),)},
        {"training_runs": ()},
        {"training_runs": NOT_COLLECTED},
        {"published_pipelines": (*PUBLISHED, replace(PUBLISHED[0], id="q", version="102"))},
        {"models": (*MODELS, replace(MODEL, version="2", tags={"BuildId": "102"}))},
        {"endpoints_read_at": NOON + HOUR / 2},
        {"endpoints_read_at": None},
    ],
)
def test_where_a_training_run_may_be_missing_or_unfinished_all_are_read_again(
    parts: Mapping[str, object],
) -> None:
    now = evidence(**parts)
    assert Earlier.of(now, LAB).trained(LAB, now.published_pipelines, now.models) is None


def test_what_was_published_or_tagged_since_has_training_runs_read_again() -> None:
    tagged: tuple[Model, ...] = (replace(MODEL, tags={"BuildId": "7"}),)
    assert earlier().trained(LAB, (*PUBLISHED, PUBLISHED[0]), MODELS) is None
    assert earlier().trained(LAB, PUBLISHED, tagged) is None
    assert earlier().trained(LAB, NOT_COLLECTED, MODELS) is None


def test_metrics_are_read_again_with_any_other_run() -> None:
    listed = replace(TRAINED, metrics={})
    for others in ([listed, replace(listed, id="u")], [replace(listed, tags={})]):
        kept = earlier()
        assert kept.with_metrics(others) is None
        assert kept.kept() == ()

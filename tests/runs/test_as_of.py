"""Judging the work that there was at a certain time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from graders import snapshot
from graders.as_of import as_of, moment
from graders.evidence import Evidence, Model, ServiceName, Unavailable
from tests.support import grading_process

LEARNER = "learner001"
SECOND = timedelta(seconds=1)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model answer, collected."""
    folder = tmp_path_factory.mktemp("as-of")
    cohort = grading_process.write_cohort(folder / "one.csv", 1)
    run = grading_process.grade(
        "--learners", cohort, "--tenant", "simulated", reports=folder / "out"
    )
    assert run.status == 0, run.text
    return folder


@pytest.fixture(scope="module")
def evidence(graded: Path) -> Evidence:
    collected = snapshot.read(graded / "out" / "evidence", LEARNER)
    assert collected is not None
    return collected


def some(part: Any) -> tuple[Any, ...]:
    assert isinstance(part, tuple)
    return part


def of_the_lab(evidence: Evidence) -> list[Model]:
    return [model for model in some(evidence.models) if model.tags]


PARTS: dict[str, tuple[Callable[[Evidence], Any], str]] = {
    "runs": (lambda evidence: some(evidence.runs)[0], "finished_at"),
    "training_runs": (lambda evidence: some(evidence.training_runs)[0], "ended_at"),
    "published_pipelines": (lambda evidence: some(evidence.published_pipelines)[0], "created_at"),
    "models": (lambda evidence: of_the_lab(evidence)[0], "created_at"),
    "endpoints": (lambda evidence: some(evidence.endpoints)[0], "created_at"),
}


@pytest.mark.parametrize("part", PARTS)
def test_work_of_the_very_second_is_in_time_and_a_second_later_is_not(
    evidence: Evidence, part: str
) -> None:
    first, clock = PARTS[part]
    resource = first(evidence)
    if part == "endpoints":
        resource = replace(resource, updated_at=resource.created_at)
    when = getattr(resource, clock).replace(microsecond=0)
    only = replace(evidence, **{part: (resource,)})
    assert getattr(as_of(only, when), part) == (resource,)
    assert getattr(as_of(only, when - SECOND), part) == ()


@pytest.mark.parametrize("part", PARTS)
def test_work_without_a_time_is_not_guessed(evidence: Evidence, part: str) -> None:
    first, clock = PARTS[part]
    without = replace(evidence, **{part: (replace(first(evidence), **{clock: None}),)})
    assert isinstance(getattr(as_of(without, NOON), part), Unavailable)


def test_a_run_that_was_going_then_had_not_finished(evidence: Evidence) -> None:
    run = replace(some(evidence.runs)[0], status="inProgress", result=None, finished_at=None)
    going = replace(some(evidence.training_runs)[0], status="Running", ended_at=None)
    changed = replace(evidence, runs=(run,), training_runs=(going,))
    assert as_of(changed, NOON).runs == as_of(changed, NOON).training_runs == ()


def test_a_run_that_may_have_ended_before_it_was_attempted_again_is_unseen(
    evidence: Evidence,
) -> None:
    run = some(evidence.runs)[0]
    again = tuple(replace(stage, attempt=2) for stage in some(run.stages))
    between = run.finished_at - SECOND
    for unknown in (replace(run, stages=again), replace(run, stages=None)):
        changed = replace(evidence, runs=(unknown,))
        assert isinstance(as_of(changed, between).runs, Unavailable)
        assert as_of(changed, run.finished_at).runs == (unknown,)
        assert as_of(changed, run.started_at - SECOND).runs == ()
    assert as_of(replace(evidence, runs=(run,)), between).runs == ()


def test_an_endpoint_that_was_changed_later_is_unseen_and_so_is_its_answer(
    evidence: Evidence,
) -> None:
    endpoint = some(evidence.endpoints)[0]
    earlier = as_of(evidence, endpoint.updated_at - SECOND)
    assert isinstance(earlier.endpoints, Unavailable)
    assert earlier.answer is earlier.endpoints
    assert "after the time that was asked for" in earlier.endpoints.cause


def test_near_misses_and_resources_without_a_time_stay(evidence: Evidence) -> None:
    near_miss = replace(of_the_lab(evidence)[0], name="mine", version="", created_at=None)
    changed = replace(evidence, models=(near_miss, *some(evidence.models)))
    earlier = as_of(changed, NOON - timedelta(days=9))
    assert earlier.models == (near_miss,)
    assert (earlier.variable_groups, earlier.pipelines) == (
        evidence.variable_groups,
        evidence.pipelines,
    )
    assert earlier.answer is None


def test_what_could_not_be_read_stays_unavailable(evidence: Evidence) -> None:
    fault = Unavailable(ServiceName.AZURE_ML, "this", "it answered 503", "Run again.")
    unseen = replace(evidence, runs=fault, models=fault, endpoints=fault, answer=fault)
    earlier = as_of(unseen, NOON)
    assert earlier.runs == earlier.models == earlier.endpoints == earlier.answer == fault


@pytest.mark.parametrize(
    "text",
    ["2026-11-20T06:00:00-06:00", "2026-11-20T12:00:00Z", "2026-11-20 06:00 America/Chicago"],
)
def test_the_same_time_in_several_zones(text: str) -> None:
    assert moment(text) == NOON


NO_MOMENTS = [
    ("2026-11-20T12:00:00", "it has no time zone"),
    ("2026-11-20 12:00", "it has no time zone"),
    ("2026-11-20 12:00 Mars/Olympus", "no time zone Mars/Olympus"),
    ("2026-11-20T12:00:00Z Europe/Berlin", "two time zones"),
    ("yesterday", "ISO 8601"),
]


@pytest.mark.parametrize(("text", "message"), NO_MOMENTS)
def test_what_is_no_point_in_time_is_no_moment(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        moment(text)


@pytest.mark.parametrize(("text", "message"), NO_MOMENTS)
def test_what_is_no_point_in_time_is_refused_in_a_sentence(
    graded: Path, text: str, message: str
) -> None:
    arguments = ("--learners", graded / "one.csv", "--evidence", graded / "out" / "evidence")
    run = grading_process.grade(*arguments, "--as-of", text, reports=graded / "refused")
    assert run.status == pytest.ExitCode.USAGE_ERROR, run.text
    assert message in run.text
    assert "--as-of" in run.text
    assert "Traceback" not in run.text


def test_a_run_judges_as_of_the_time_and_says_so(graded: Path, evidence: Evidence) -> None:
    def total(when: datetime) -> Any:
        arguments = ("--learners", graded / "one.csv", "--evidence", graded / "out" / "evidence")
        run = grading_process.grade(
            *arguments, "--as-of", when.isoformat(), reports=graded / "again"
        )
        book = run.book()
        assert book["as_of"] == when.isoformat(timespec="seconds")
        assert "are judged as collected" in run.text
        return book["grades"][0]["total"]

    changed = some(evidence.endpoints)[0].updated_at
    ended = max(run.finished_at for run in some(evidence.runs))
    assert total(max(changed, ended)) == 100
    assert total(some(evidence.endpoints)[0].created_at) is None  # it was changed afterwards
    assert 0 < total(NOON - timedelta(days=9)) < 60

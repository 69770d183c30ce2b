"""What a learner should fix first: the root cause with most points behind it."""

from __future__ import annotations

from dataclasses import replace

from graders.judging.root_causes import blocked_by_root, first_to_read, may_follow
from graders.reasons import Blockage, Reason
from graders.rubric import Check
from graders.verdicts import Outcome, Verdict

GROUP = Check("group", "The group is there", "2.6", 3, "Create it.")
VALUE = Check("value", "The value is right", "2.7", 1, "Set it.")
PIPELINE = Check("pipeline", "The pipeline is there", "5.10", 3, "Create it.")
RUN = Check("run", "A run succeeded", "5.12", 3, "Run it.", follows=("group", "value"))
MODEL = Check("model", "The model is there", "5.18", 5, "Train it.")
CHECKS = (GROUP, VALUE, PIPELINE, RUN, MODEL)
RUBRIC = {check.id: check for check in CHECKS}


def judged(**outcomes: str) -> list[Verdict]:
    """All passed but these: ``failed``, or the check that blocks it."""
    return [_judged(check, outcomes.get(check.id, "")) for check in CHECKS]


def _judged(check: Check, how: str) -> Verdict:
    if how in RUBRIC:
        why = Reason(blocked_by=Blockage(how, RUBRIC[how].step, "it is not there"))
        return Verdict.on(check, "ada", Outcome.BLOCKED, why)
    return Verdict.on(check, "ada", Outcome(how) if how else Outcome.PASSED)


def first(**outcomes: str) -> str:
    verdict = first_to_read(judged(**outcomes), RUBRIC)
    return verdict.check if verdict else ""


def test_most_points_behind_it_come_first_not_the_earliest_step() -> None:
    assert first(value="failed", pipeline="failed", run="pipeline", model="run") == "pipeline"


def test_what_it_blocks_counts_for_a_failure() -> None:
    assert first(value="failed", pipeline="failed", model="value") == "value"


def test_of_equal_ones_the_earliest_comes_first() -> None:
    assert first(group="failed", pipeline="failed") == "group"


def test_what_may_only_follow_counts_for_what_it_follows_from() -> None:
    assert first(value="failed", run="failed", model="run") == "value"
    follows = may_follow(judged(value="failed", run="failed", model="run"), RUBRIC)
    assert {check: [v.check for v in own] for check, own in follows.items()} == {
        "value": ["run"],
        "run": [],
    }


def test_a_setting_that_did_not_stop_the_run_is_worth_its_own_points_only() -> None:
    assert first(value="failed", model="failed") == "model"


def test_consequences_reach_through_one_another_and_a_circle_ends() -> None:
    rubric = {
        "group": replace(GROUP, follows=("run",)),
        "run": replace(RUN, follows=("group",)),
        "model": replace(MODEL, follows=("run",)),
    }
    follows = may_follow(judged(group="failed", run="failed", model="failed"), rubric)
    assert [verdict.check for verdict in follows["group"]] == ["run", "model"]


def test_every_consequence_of_a_consequence_is_found() -> None:
    follows = {"pipeline": "group", "run": "pipeline", "value": "group", "model": "value"}
    rubric = {check.id: replace(check, follows=(follows.get(check.id, ""),)) for check in CHECKS}
    own = may_follow(judged(**dict.fromkeys(RUBRIC, "failed")), rubric)
    assert [verdict.check for verdict in own["group"]] == ["value", "pipeline", "run", "model"]


def test_blocked_checks_belong_to_the_failed_one_at_the_end_of_the_way() -> None:
    roots = blocked_by_root(judged(pipeline="failed", run="pipeline", model="run"))
    assert {root: [v.check for v in own] for root, own in roots.items()} == {
        "pipeline": ["run", "model"]
    }
    assert [v.check for v in blocked_by_root(judged(model="run"))[""]] == ["model"]
    circle = blocked_by_root(judged(run="model", model="run"))
    assert [v.check for v in circle[""]] == ["run", "model"]


def test_without_a_failure_it_is_the_earliest_that_is_open_and_then_what_was_noted() -> None:
    assert first(value="noted", pipeline="not assessed", run="pending") == "pipeline"
    assert first(value="noted") == "value"
    assert first() == ""

"""Evidence of a part of a lab: what it says of itself, and what no check makes of the rest."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from graders import collector, snapshot
from graders.evidence import (
    NOT_COLLECTED,
    Evidence,
    Pipeline,
    Project,
    Rights,
    ServiceName,
    Unavailable,
)
from graders.judging import registry
from graders.judging.checks import GRADED, load_checks
from graders.judging.judge import Judge, Subject
from graders.judging.registry import closure, evidence_parts, named, parts_to_collect
from graders.judging.scope import UnknownMarker, needed_parts
from graders.parts import ALL_PARTS, only, services_of, to_collect, unseen
from graders.verdicts import Outcome
from tests.support.correct_evidence import CI, LAB, LEARNER

TASK_2 = to_collect(
    parts_to_collect(
        name for graded in load_checks(GRADED) if graded.check.task == 2 for name in graded.needs
    )
)
FAULT = Unavailable(ServiceName.AZURE_DEVOPS, "the runs", "it answered 503", "Run again.")


def evidence(rights: bool | None = True, *pipelines: Pipeline) -> Evidence:
    """Of a learner without any variable group."""
    whole = replace(
        unseen(LEARNER.id, FAULT),
        project=Project("p", LAB.project, "wellFormed"),
        rights=Rights(rights, rights, rights),
        variable_groups=(),
        pipelines=pipelines,
    )
    return only(whole, TASK_2)


def outcomes(collected: Evidence) -> dict[str, tuple[Outcome, str]]:
    graded = load_checks(GRADED)
    rubric = {check.check.id: check.check for check in graded}
    judge = Judge(Subject({LEARNER.id: LAB}, lambda _: collected), graded, rubric)
    return {
        verdict.check: (verdict.outcome, verdict.reason) for verdict in judge.verdicts(LEARNER.id)
    }


# --- judging --------------------------------------------------------------------------------------


def test_what_was_not_collected_is_not_assessed_and_the_rest_is_judged() -> None:
    judged = outcomes(evidence())
    assert judged["variable-group-exists"][0] is Outcome.FAILED
    needs = {graded.check.id: parts_to_collect(graded.needs) for graded in load_checks(GRADED)}
    others = {check for check, parts in needs.items() if not parts <= TASK_2}
    assert {"repository-exists", "ci-run-succeeded", "endpoint-exists"} < others
    assert {judged[check] for check in others} == {(Outcome.NOT_ASSESSED, str(NOT_COLLECTED))}
    assert "was not collected" in str(NOT_COLLECTED)


def test_an_absence_that_nothing_could_contradict_is_not_assessed() -> None:
    """Where the service does not say what may be seen, and what runs used was not collected."""
    outcome, reason = outcomes(evidence(rights=None))["variable-group-exists"]
    assert (outcome, reason) == (Outcome.NOT_ASSESSED, str(NOT_COLLECTED))
    outcome, reason = outcomes(evidence(rights=False))["variable-group-exists"]
    assert outcome is Outcome.NOT_ASSESSED
    assert "may not see" in reason


def test_of_two_pipelines_of_one_name_runs_would_decide() -> None:
    check = "ci-pipeline-exists"
    graded = {graded.check.id: graded for graded in load_checks(GRADED)}
    assert "runs" not in parts_to_collect(graded[check].needs)
    twins = (CI, replace(CI, id=CI.id + 1, path="\\old"))
    assert outcomes(evidence(True, CI))[check][0] is Outcome.PASSED
    assert outcomes(evidence(True, *twins))[check] == (Outcome.NOT_ASSESSED, str(NOT_COLLECTED))


# --- what to collect ------------------------------------------------------------------------------


def test_a_parameter_with_a_default_is_consulted_and_no_reason_to_collect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "_KNOWN", {**registry.known()})

    @named("opinion_for_this_test")
    def opinion(collected_project: Project, collected_runs: object = NOT_COLLECTED) -> object:
        return collected_project, collected_runs

    names = ("opinion_for_this_test",)
    assert set(closure(names)) >= {"collected_project", "collected_runs"}
    assert evidence_parts(names) == {"project", "runs"}
    assert parts_to_collect(names) == {"project"}


def test_what_is_compared_across_the_class_is_collected_for_all_of_it() -> None:
    assert parts_to_collect(("own_endpoints",)) >= {
        *("endpoints", "training_runs", "models", "published_pipelines"),
        *("variable_groups", "service_connections", "pipelines"),
    }


@pytest.mark.parametrize(
    ("needed", "collected"),
    [
        ({"runs"}, {"runs", "deleted_runs", "pipelines", "project"}),
        ({"answer"}, {"answer", "endpoints", "workspace"}),
        (
            {"training_runs"},
            {"training_runs", "published_pipelines", "models", "workspace"},
        ),
        ({"repositories"}, {"repositories", "similar_repositories"}),
        (ALL_PARTS, ALL_PARTS),
        ((), ()),
    ],
)
def test_a_part_brings_what_it_is_read_with(needed: set[str], collected: set[str]) -> None:
    assert to_collect(needed) == frozenset(collected)


@pytest.mark.parametrize(
    ("marker", "services"),
    [
        ("task2", {ServiceName.AZURE_DEVOPS, ServiceName.RESOURCE_MANAGER}),
        ("task4", {ServiceName.AZURE_DEVOPS, ServiceName.GITHUB}),
        (None, {*map(services_of, [ALL_PARTS])}.pop()),
    ],
)
def test_a_choice_of_tasks_needs_few_services(
    marker: str | None, services: set[ServiceName]
) -> None:
    assert services_of(needed_parts(marker)) == services


def test_a_choice_that_selects_nothing_is_refused() -> None:
    for marker in ("task8", "task2 and task3", "task2 or", "task2[0]", "(" * 300):
        with pytest.raises(UnknownMarker, match="selects no task; write some of task2, task3"):
            needed_parts(marker)


# --- on disk --------------------------------------------------------------------------------------


def test_it_is_no_fault_and_it_survives_the_disk(tmp_path: Path) -> None:
    part = evidence()
    assert part.faults() == (FAULT,)  # of the workspace, which was asked for
    assert set(part.not_collected) == ALL_PARTS - TASK_2
    snapshot.write(tmp_path, part)
    assert snapshot.read(tmp_path, LEARNER.id) == part


def test_evidence_of_earlier_versions_was_collected_whole(tmp_path: Path) -> None:
    whole = unseen(LEARNER.id, FAULT)
    file = snapshot.write(tmp_path, whole)
    content = json.loads(file.read_text("utf-8"))
    del content["evidence"]["not_collected"]
    content["digest"] = snapshot._digest(content["evidence"])
    file.write_text(json.dumps(content), encoding="utf-8")
    assert snapshot.read(tmp_path, LEARNER.id) == whole
    assert whole.not_collected == ()


def test_a_part_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    part = replace(evidence(), workspace=NOT_COLLECTED, place=LAB.place)
    assert part.faults() == ()
    snapshot.write(tmp_path, part)
    assert collector.wanting([LAB], tmp_path, TASK_2) == []
    assert collector.wanting([LAB], tmp_path, {*TASK_2, "runs"}) == [LAB]
    assert collector.wanting([LAB], tmp_path) == [LAB]

"""What a run came to: asked while collecting and while judging."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graders.evidence import Stage, Unavailable
from graders.run_results import (
    deployed_whole,
    deployment_results,
    has_deployed,
    has_role,
    is_good,
    stage_of,
    tasks_of,
)
from tests.support.correct_evidence import CI, CI_RUN, LAB, ci_stages, stages

DICTATED = LAB.sheet.cd
UNSEEN = Unavailable("Azure DevOps", "the timeline", "it was down", "Grade again.")


@pytest.mark.parametrize(
    ("changes", "is_ci"),
    [
        ({}, True),
        ({"name": "mine"}, True),
        ({"yaml_path": "mine.yml"}, True),
        ({"name": LAB.ci_pipeline.upper(), "yaml_path": ""}, True),
        ({"name": "", "yaml_path": LAB.ci_yaml.upper()}, True),
        ({"name": "mine", "yaml_path": "mine.yml"}, False),
        ({"name": LAB.cd_pipeline, "yaml_path": LAB.cd_yaml}, False),
    ],
)
def test_a_pipeline_has_a_role_by_its_name_or_by_its_file(
    changes: dict[str, str], is_ci: bool
) -> None:
    assert has_role(replace(CI, **changes), LAB.sheet.ci) is is_ci


def test_a_run_has_deployed_where_its_stage_is_known_to_have_succeeded() -> None:
    assert has_deployed(replace(CI_RUN, stages=stages()), DICTATED)
    assert has_deployed(replace(CI_RUN, stages=stages(Deploy_ACI="succeededWithIssues")), DICTATED)
    for other_stages in (stages(Deploy_ACI="failed"), stages()[1:], (), None, UNSEEN):
        assert not has_deployed(replace(CI_RUN, stages=other_stages), DICTATED)


def test_a_deployment_is_its_stage_and_two_tasks_unless_it_was_skipped() -> None:
    assert deployment_results(stages(), DICTATED) == [
        ("stage Deploy to ACI", "succeeded"),
        ("task Deploy to ACI (CLI)", "succeeded"),
        ("task Smoke test", "succeeded"),
    ]
    skipped = stages(Deploy_ACI="skipped")
    assert deployment_results(skipped, DICTATED) == [("stage Deploy to ACI", "skipped")]
    assert deployment_results((), DICTATED) == [("stage Deploy to ACI", None)]
    bare = (Stage("Deploy_ACI", "Deploy to ACI", "completed", "succeeded"),)
    assert deployment_results(bare, DICTATED)[1:] == [
        ("task Deploy to ACI (CLI)", None),
        ("task Smoke test", None),
    ]


def test_a_deployment_is_whole_where_all_of_it_succeeded() -> None:
    assert deployed_whole(stages(), DICTATED)
    assert not deployed_whole(stages(smoke="failed"), DICTATED)
    assert not deployed_whole(stages(Deploy_ACI="skipped"), DICTATED)


def test_stages_and_tasks_are_found_wherever_they_are() -> None:
    assert stage_of(stages(), "Deploy_AKS") == stages()[1]
    assert stage_of(stages(), "deploy_aks") is None
    assert [task.name for task in tasks_of(ci_stages())][-1] == "Invoke ML pipeline"
    assert [
        result for result in ("succeeded", "succeededWithIssues", "failed", None) if is_good(result)
    ] == [
        "succeeded",
        "succeededWithIssues",
    ]

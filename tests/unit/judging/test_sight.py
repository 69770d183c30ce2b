"""When an absence is believed: by what the grader may see, and by what else is there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from graders.evidence import (
    ConnectionUse,
    PublishedPipeline,
    Rights,
    ServiceName,
    Unavailable,
    UpstreamRun,
    Variable,
    VariableGroup,
)
from graders.judging.named import NamedResources
from graders.judging.outcomes import NotAssessed
from graders.judging.prerequisites.github import repositories
from graders.judging.prerequisites.sight import (
    Sight,
    doubted_pipelines,
    pipeline_traces,
    sight,
    working_runs,
)
from tests.support.correct_evidence import (
    CI,
    CI_RUN,
    ENDPOINT,
    LAB,
    ci_stages,
    connection,
    repository,
    texts,
)

SIGHT = Sight(Rights(), project="AE MLOps 04")
SEEN_ALL = Rights(True, True, True)
CD = replace(CI, id=12, name=LAB.cd_pipeline, yaml_path=LAB.cd_yaml)
CD_RUN = replace(CI_RUN, id=202, pipeline_id=CD.id)
OTHER = replace(CI, id=10, name="solliancelabs.mlops_04", yaml_path="renamed.yml")
PUBLISHED = (PublishedPipeline("p", LAB.training_pipeline, "101", is_active=True),)
FAULT = Unavailable(ServiceName.AZURE_DEVOPS, "a list", "it answered 503", "Run again.", 503)


@pytest.mark.parametrize("sees_all", [True, None])
def test_a_list_is_believed(sees_all: bool | None) -> None:
    SIGHT.require(sees_all, "variable group `x`", is_contradicted=False)


@pytest.mark.parametrize(
    ("sees_all", "is_contradicted", "cause"),
    [
        (False, False, "may not see all of them"),
        (False, True, "may not see all of them"),
        (None, True, "other evidence shows that it was used"),
        (True, True, "other evidence shows that it was used"),
    ],
)
def test_a_list_proves_no_absence(sees_all: bool | None, is_contradicted: bool, cause: str) -> None:
    with pytest.raises(NotAssessed) as ended:
        SIGHT.require(sees_all, "variable group `x`", is_contradicted)
    assert "the variable group `x` of AE MLOps 04" in str(ended.value.why)
    assert cause in str(ended.value.why)


def test_where_nothing_could_contradict_an_absence_it_is_not_believed() -> None:
    part = replace(SIGHT, is_whole=False)
    part.require(True, "variable group `x`", is_contradicted=False)
    with pytest.raises(NotAssessed, match="was not collected"):
        part.require(None, "variable group `x`", is_contradicted=False)


# --- the group and the connection -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "pipeline", "worked"),
    [
        (CI_RUN, CI, True),
        (CD_RUN, CD, True),
        (CI_RUN, replace(CI, yaml_path=LAB.ci_yaml.upper()), True),
        (CI_RUN, replace(CI, yaml_path="mine.yml"), False),
        (replace(CI_RUN, result="failed"), CI, False),
        (replace(CI_RUN, result="failed", stages=ci_stages()), CI, True),
        (replace(CI_RUN, result="failed", stages=FAULT), CI, False),
    ],
)
def test_a_run_that_did_some_work_needed_the_group(run: Any, pipeline: Any, worked: bool) -> None:
    assert working_runs((run,), (pipeline,), LAB) == ((run,) if worked else ())


def seen(**changes: Any) -> Sight:
    given: dict[str, Any] = {
        "collected_rights": SEEN_ALL,
        "pipeline_traces": (False, False),
        "working_runs": (CI_RUN,),
        "collected_repositories": (),
        "collected_variable_groups": (),
        "collected_runs": (),
        "collected_published_pipelines": (),
        "lab": LAB,
    }
    return sight(**given | changes)


def group(name: str = LAB.variable_group, value: str | None = LAB.service_connection) -> Any:
    variable = {LAB.sheet.variable_group.variables.service_connection: Variable(value)}
    return VariableGroup(1, name, "Vsts", variable)


@pytest.mark.parametrize(
    ("changes", "group_used", "connection_used"),
    [
        ({}, True, True),
        ({"working_runs": ()}, False, False),
        ({"working_runs": (), "pipeline_traces": (True, False)}, True, True),
        ({"working_runs": (), "pipeline_traces": (False, True)}, False, False),
        ({"collected_repositories": (texts(),)}, True, True),
        ({"collected_repositories": (texts(ci="a: 1", cd="b: 2"),)}, False, True),
        ({"collected_variable_groups": (group(),)}, True, True),
        ({"collected_variable_groups": (group(value=None),)}, True, True),
        ({"collected_variable_groups": (group(value="mine"),)}, True, False),
        ({"collected_variable_groups": (group("other", "mine"),)}, True, True),
        ({"collected_variable_groups": FAULT}, True, True),
    ],
)
def test_what_runs_used(changes: Any, group_used: bool, connection_used: bool) -> None:
    sights = seen(**changes)
    assert (sights.group_was_used, sights.connection_was_used) == (group_used, connection_used)


# --- the pipelines --------------------------------------------------------------------------------


def traces(**changes: Any) -> tuple[bool, bool]:
    given: dict[str, Any] = {
        "collected_pipelines": (),
        "collected_runs": (),
        "collected_service_connections": (connection(),),
        "collected_connection_uses": None,
        "own_published_pipelines": (),
        "own_endpoints": (),
        "lab": LAB,
    }
    return pipeline_traces(**given | changes)


def use(pipeline: int, name: str = "") -> tuple[ConnectionUse, ...]:
    return (ConnectionUse(pipeline, name, 101),)


def consumed(pipeline: int) -> dict[str, Any]:
    run = replace(CD_RUN, upstream=(UpstreamRun("model-train-ci", pipeline, "1"),))
    return {"collected_pipelines": (CD, OTHER), "collected_runs": (run,)}


@pytest.mark.parametrize(
    ("changes", "ci", "cd"),
    [
        ({}, False, False),
        ({"own_published_pipelines": PUBLISHED}, True, False),
        ({"own_published_pipelines": FAULT}, False, False),
        ({"own_published_pipelines": PUBLISHED, "collected_pipelines": (CI,)}, False, False),
        ({"collected_connection_uses": use(11, LAB.ci_pipeline)}, True, False),
        ({"collected_connection_uses": use(12, LAB.cd_pipeline)}, False, True),
        (consumed(11), True, False),
        (consumed(OTHER.id), False, False),
        ({"own_endpoints": (ENDPOINT,)}, False, False),
        ({"own_endpoints": (ENDPOINT,), "collected_connection_uses": FAULT}, False, True),
        ({"own_endpoints": (ENDPOINT,), "collected_service_connections": ()}, False, True),
        ({"collected_service_connections": ()}, False, False),
    ],
)
def test_a_pipeline_that_is_not_listed_leaves_traces(changes: Any, ci: bool, cd: bool) -> None:
    assert traces(**changes) == (ci, cd)


@pytest.mark.parametrize(("pipeline", "left"), [(OTHER.id, False), (CD.id, True), (99, True)])
def test_another_pipeline_may_have_published(pipeline: int, left: bool) -> None:
    """A pipeline that runs a renamed YAML file has no role by name, but used the connection."""
    ci, _ = traces(
        collected_pipelines=(OTHER, CD),
        own_published_pipelines=PUBLISHED,
        collected_connection_uses=use(pipeline),
    )
    assert ci is left


def test_only_the_pipeline_that_left_traces_is_in_doubt() -> None:
    sights = replace(SIGHT, rights=SEEN_ALL, ci_left_traces=True)
    assert set(doubted_pipelines((CD,), sights, LAB)) == {LAB.ci_pipeline}
    both = replace(sights, cd_left_traces=True)
    assert set(doubted_pipelines((), both, LAB, ())) == {LAB.ci_pipeline, LAB.cd_pipeline}
    assert doubted_pipelines((replace(CI, name="misnamed"), CD), both, LAB) == {}
    unseen = doubted_pipelines((CI,), both, LAB, FAULT)
    assert unseen[LAB.cd_pipeline].why == FAULT


def test_asking_for_what_is_in_doubt_ends_the_check() -> None:
    doubts = {"ci": NotAssessed("hidden"), "cd": NotAssessed("never asked for")}
    named = NamedResources("pipeline", (replace(CD, name="cd"),), doubts=doubts)
    assert named["cd"].id == CD.id
    assert "other" not in named
    with pytest.raises(NotAssessed, match="hidden"):
        assert "ci" in named


# --- the repository -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pipelines", "is_certain"),
    [
        ((), False),
        ((CI,), True),
        ((replace(CI, repository_name="solliancelabs/mlops-04"),), False),
        ((replace(CI, repository_type="TfsGit"),), False),
    ],
)
def test_a_repository_is_believed_missing(pipelines: Any, is_certain: bool) -> None:
    assert repositories((), is_certain, pipelines, LAB) == ()


def test_a_repository_that_a_pipeline_builds_is_not_believed_missing() -> None:
    with pytest.raises(NotAssessed, match="solliancelabs/mlops_04: a pipeline builds it"):
        repositories((), False, (CI,), LAB)
    assert repositories((repository(),), False, (CI,), LAB) == (repository(),)

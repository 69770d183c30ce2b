"""Changes of honest evidence, each with what it stands for: see ``changed_evidence``.

One or three of them make a case: for the first learner, the second, the third.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from graders.evidence import (
    Access,
    ConnectionUse,
    Deployment,
    ModelFile,
    PublishedPipeline,
    Rights,
    ServiceName,
    Unavailable,
    UpstreamRun,
    Variable,
)
from tests.support.changed_evidence import GONE, Changes
from tests.support.three_learners import evidence

Case = tuple[Changes, ...]
HOUR = timedelta(hours=1)
NIGHT = datetime(2026, 11, 25, tzinfo=UTC)
FAULT = Unavailable(ServiceName.AZURE_DEVOPS, "it", "it answered 503", "Run again.", 503)
NOTHING: Changes = {}
CD, CI = "runs.0.", "runs.1."
DEPLOY, SMOKE = CD + "stages.0.jobs.0.tasks.6.", CD + "stages.0.jobs.0.tasks.7."
INVOKE = CI + "stages.1.jobs.1.tasks.0."
NO_CI_TRACES: Changes = {"published_pipelines": (), "training_runs": None, "models": ()}
NO_CI_RUN: Changes = {"runs.1": GONE}
NO_CD_RUN: Changes = {"runs.0": GONE, "endpoints": (), "answer": None}
NO_RUN: Changes = {**NO_CI_TRACES, "runs": (), "endpoints": (), "answer": None}
ONLY_A_FAILED_CI: Changes = {
    **NO_CI_TRACES,
    **{"runs.0": GONE, "runs.0.result": "failed", "runs.0.stages.0.result": "failed"},
    **{"endpoints": (), "answer": None, "runs.0.stages.1.result": "skipped"},
}
GROUP = "variable_groups.0."
VARIABLES = GROUP + "variables."
NAMES = ("LOCATION", "BASE_NAME", "RESOURCE_GROUP", "WORKSPACE_NAME", "WORKSPACE_SVC_CONNECTION")


def later(hours: float) -> Callable[[datetime], datetime]:
    return lambda time: time + hours * HOUR


def again(*which: int, **changes: Any) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Before the others, copies of those, with these fields changed."""
    return lambda items: (*(replace(items[place], **changes) for place in which), *items)


def _use(pipeline: int, run: int, result: str | None = "succeeded") -> tuple[ConnectionUse, ...]:
    return (ConnectionUse(pipeline, "", run, result),)


def _override(**variables: str) -> Changes:
    return {VARIABLES + name: Variable(value) for name, value in variables.items()}


AZURE_DEVOPS: Mapping[str, Changes] = {
    "project not seen": {"project": FAULT},
    "project being deleted": {"project.state": "deleting"},
    "group missing": {**NO_RUN, "variable_groups": ()},
    "group of another name": {**NO_RUN, GROUP + "name": "vg"},
    "group of another name that worked": {GROUP + "name": "vg"},
    "group missing that was used": {"variable_groups": ()},
    "group missing without the right": {"variable_groups": (), "rights": Rights(False, True, True)},
    "group missing and rights unknown": {**NO_RUN, "variable_groups": (), "rights": Rights()},
    "groups not seen": {"variable_groups": FAULT},
    "group's access not seen": {GROUP + "access": FAULT},
    "group open to one pipeline": {GROUP + "access": Access(False, (12,))},
    "group open to both": {GROUP + "access": Access(False, (12, 13))},
    **{f"{name} missing": {VARIABLES + name: GONE} for name in NAMES},
    **{f"{name} secret": {VARIABLES + name: Variable(None, is_secret=True)} for name in NAMES},
    **{f"{name} empty": {VARIABLES + name: Variable("")} for name in NAMES},
    "endpoint's name missing": {VARIABLES + "ACI_DEPLOYMENT_NAME": GONE},
    "endpoint's name missing and skipped": {
        VARIABLES + "ACI_DEPLOYMENT_NAME": GONE,
        CD + "stages.0.result": "skipped",
    },
    "stage skipped with all variables": {CD + "stages.0.result": "skipped"},
    "stage skipped and group not seen": {
        CD + "stages.0.result": "skipped",
        "variable_groups": FAULT,
    },
    "connection missing": {**NO_RUN, "service_connections.1": GONE},
    "connection of another name": {**NO_RUN, "service_connections.1.name": "ml"},
    "connection missing that was used": {"service_connections.1": GONE},
    "connection missing, the group names another": {
        "service_connections.1": GONE,
        VARIABLES + "WORKSPACE_SVC_CONNECTION": Variable("mine"),
    },
    "connection missing, the group hides which": {
        "service_connections.1": GONE,
        VARIABLES + "WORKSPACE_SVC_CONNECTION": Variable(None, is_secret=True),
    },
    "connection of another type": {"service_connections.1.type": "github"},
    "connection to no workspace": {"service_connections.1.workspace": ""},
    "connection to no subscription": {"service_connections.1.subscription_id": ""},
    "connection being made": {"service_connections.1.state": "InProgress"},
    "connection's access not seen": {"service_connections.1.access": FAULT},
    "connections not seen": {"service_connections": FAULT},
    "pipelines missing": {**NO_RUN, "pipelines": ()},
    "pipelines missing without the right": {"pipelines": (), "rights": Rights(True, True, False)},
    "pipelines missing that left traces": {"pipelines": (), "runs": ()},
    "CI missing that left traces": {"pipelines.1": GONE, "runs.1": GONE},
    "CD missing that left traces": {"pipelines.2": GONE, "runs.0": GONE},
    "CD missing, and the history names it": {
        "pipelines.2": GONE,
        "runs.0": GONE,
        "connection_uses": (ConnectionUse(13, "Model-Deploy-CD", 102, "succeeded"),),
    },
    "CD missing, and the history not seen": {
        **NO_CD_RUN,
        "pipelines.2": GONE,
        "connection_uses": FAULT,
    },
    "CI of another name": {"pipelines.1.name": "mlops_01"},
    "CI of another name and CD failed": {
        "pipelines.1.name": "mlops_01",
        CD + "result": "failed",
        CD + "stages.0.result": "failed",
    },
    "CD of another name": {"pipelines.2.name": "mlops_01 (1)"},
    "CI runs another file": {"pipelines.1.yaml_path": "azure-pipelines.yml"},
    "two of CI's name": {"pipelines": again(1, id=15, path="\\old", queue_status="disabled")},
    "CI builds another repository": {"pipelines.1.repository_name": "solliancelabs/other"},
    "CI builds another, and no commit is known": {
        "pipelines.1.repository_name": "solliancelabs/other",
        CI + "commit": "f" * 40,
    },
    "CD builds Azure Repos": {
        "pipelines.2.repository_type": "TfsGit",
        "pipelines.2.repository_name": "AE MLOps 01",
    },
    "pipelines not seen": {"pipelines": FAULT},
}
REPOSITORY: Mapping[str, Changes] = {
    "repository missing, not certainly": {"repositories": ()},
    "repository missing, certainly": {
        "repositories": (),
        "repository_absence_is_certain": True,
        "similar_repositories": ("mlops-01",),
    },
    "repository missing, nothing builds it": {
        "repositories": (),
        "pipelines.*.repository_name": "solliancelabs/other",
    },
    "repository missing, a copy in Azure Repos is built": {
        "repositories": (),
        "pipelines.*.repository_type": "TfsGit",
    },
    "repositories not seen": {"repositories": FAULT},
    "YAML files gone": {"repositories.0.texts": {}},
    "template not seen": {"repositories.0.template": FAULT},
    "template not seen, files changed": {
        "repositories.0.template": FAULT,
        "repositories.0.tree": "0" * 40,
    },
    "no template": {"repositories.0.template": None},
    "two repositories, the second is built": {
        "repositories": again(0, full_name="solliancelabs/mlops_001", commits=frozenset())
    },
    "commit unknown": {CI + "commit": "f" * 40},
}
RUNS: Mapping[str, Changes] = {
    "runs not seen": {"runs": FAULT},
    "CI never ran": NO_RUN,
    "CI deleted": {"runs.1": GONE, "deleted_runs": (), **NO_CI_TRACES},
    "CI gone with its traces there": NO_CI_RUN,
    "CI gone, only the model names it": {**NO_CI_RUN, "published_pipelines": ()},
    "CI gone, only the pipeline names it": {**NO_CI_RUN, "models": (), "training_runs": ()},
    "CI gone, no decimal id": {
        **NO_CI_RUN,
        "published_pipelines.0.version": "one",
        "training_runs.0.tags.BuildId": "one",
        "models.0.tags.BuildId": "one",
        CD + "upstream": (),
    },
    "CI gone, CD took it": {**NO_CI_RUN, **NO_CI_TRACES},
    "CI gone, CD failed": {**NO_CI_RUN, **NO_CI_TRACES, CD + "result": "failed"},
    "CI gone, the history has it": {**NO_RUN, "connection_uses": _use(12, 101)},
    "CI gone, the history has a failure": {**NO_RUN, "connection_uses": _use(12, 101, "failed")},
    "CI gone, the history has no result": {**NO_RUN, "connection_uses": _use(12, 101, None)},
    "CI gone, the history has another's": {**NO_RUN, "connection_uses": _use(99, 101)},
    "CD gone, the history has it": {**NO_CD_RUN, "connection_uses": _use(13, 102)},
    "CD gone, the history has CI's": {**NO_CD_RUN, "connection_uses": _use(12, 101)},
    "CD never ran": NO_CD_RUN,
    "CI running": {**ONLY_A_FAILED_CI, "runs.0.status": "inProgress", "runs.0.result": None},
    "CD running": {**NO_CD_RUN, "runs": again(0, status="inProgress", result=None)},
    "CD running alone": {CD + "status": "inProgress", CD + "result": None},
    "CD's stages not seen": {CD + "stages": FAULT},
    "CD failed, stages not seen": {CD + "result": "failed", CD + "stages": FAULT},
    "CI's stages not seen": {CI + "stages": FAULT},
    "CI's stages not collected": {CI + "stages": None},
    "CI's artifacts not seen": {CI + "artifacts": FAULT},
    "CI without artifacts": {CI + "artifacts": ()},
    "CI without artifacts or training": {CI + "artifacts": (), CI + "stages.1.result": "skipped"},
    "CI without the model": {CI + "artifacts": ("Code Coverage Report_101",)},
    "CI without training": {CI + "stages.1.result": "skipped"},
    "CI without training or traces": {
        **NO_CI_TRACES,
        CI + "stages.1.result": "skipped",
        "endpoints": (),
    },
    "CI failed": ONLY_A_FAILED_CI,
    "CI failed in a task": {
        **ONLY_A_FAILED_CI,
        "runs.0.stages.0.jobs.0.tasks.4.result": "failed",
    },
    "CI failed in a job": {
        **ONLY_A_FAILED_CI,
        "runs.0.stages.0.jobs.0.result": "failed",
        "runs.0.stages.0.jobs.0.errors": ("It broke.",),
    },
    "CI failed in a stage": {**ONLY_A_FAILED_CI, "runs.0.stages.0.errors": ("It broke.",)},
    "CI cancelled in a stage": {
        **ONLY_A_FAILED_CI,
        "runs.0.stages.0.errors": ("Stopped.",),
        "runs.0.stages.0.result": "canceled",
    },
    "CI lost its agent": {
        **ONLY_A_FAILED_CI,
        "runs.0.stages.0.jobs.0.errors": ("The agent: lost communication with the server.",),
        "runs.0.stages.0.jobs.0.result": "canceled",
    },
    "CI lost its agent, in the run's words": {
        **ONLY_A_FAILED_CI,
        "runs.0.problems": ("No hosted parallelism has been purchased or granted.",),
    },
    "CI warned of an agent": {CI + "stages.0.jobs.0.errors": ("stopped hearing from agent",)},
    "CI has no extension": {
        **ONLY_A_FAILED_CI,
        "runs.0.problems": ("A task is missing: MLPublishedPipelineRestAPITask.",),
    },
    "CI failed, and a better one was deleted": {
        **ONLY_A_FAILED_CI,
        "deleted_runs": (),
        "connection_uses": _use(12, 99),
    },
    "CI again": {"runs": again(1, id=103, number="20261120.2", stages=None, artifacts=None)},
    "CI again, with all but the artifact": {
        "runs": again(1, id=103, number="20261120.2", artifacts=("Code Coverage Report_103",))
    },
    "CI again, of another commit": {"runs": again(1, id=103, number="20261120.2", commit="f" * 40)},
    "CD failed": {
        CD + "result": "failed",
        CD + "stages.0.result": "failed",
        DEPLOY + "result": "failed",
    },
    "CD failed at Kubernetes only": {CD + "result": "failed", CD + "stages.1.result": "failed"},
    "CD failed at Kubernetes, cancelled": {
        CD + "result": "failed",
        CD + "stages.1.result": "canceled",
    },
    "CD's jobs have other names": {DEPLOY + "name": "Deploy", CD + "stages.0.jobs.0.name": "Job"},
    "CD's task has another name, endpoint older": {
        DEPLOY + "name": "Deploy",
        "endpoints.0.created_at": later(-9),
        "endpoints.0.updated_at": later(-9),
    },
    "CD's task has another name, endpoint newer": {
        DEPLOY + "name": "Deploy",
        "endpoints.0.created_at": later(9),
        "endpoints.0.updated_at": later(9),
    },
    "CD's task has another name, no endpoint": {
        DEPLOY + "name": "Deploy",
        "endpoints": (),
        "answer": None,
    },
    "CD's task has another name, endpoints not seen": {
        DEPLOY + "name": "Deploy",
        "endpoints": FAULT,
    },
    "smoke test has another name": {SMOKE + "name": "Try it"},
    "smoke test left out": {CD + "stages.0.jobs.0.tasks.7": GONE},
    "smoke test failed": {SMOKE + "result": "failed", CD + "stages.0.result": "failed"},
    "smoke test failed and no answer": {
        SMOKE + "result": "failed",
        CD + "stages.0.result": "failed",
        CD + "result": "failed",
        "answer": FAULT,
    },
    "smoke test failed in a good run, no answer": {SMOKE + "result": "failed", "answer": FAULT},
    "no answer of the code, and the smoke test failed": {
        SMOKE + "result": "failed",
        "answer.status": 424,
        "answer.result": None,
    },
    "refusal of the code, and the smoke test failed": {
        SMOKE + "result": "failed",
        "answer.status": 400,
        "answer.result": None,
    },
    "CI's jobs have other names": {
        CI + "stages.*.jobs.*.name": "Job",
        INVOKE + "name": "Invoke",
        CI + "stages.0.jobs.0.tasks.7.name": "Publish",
    },
    "CI's jobs have other names, nothing published": {
        CI + "stages.0.jobs.0.name": "Job",
        CI + "stages.0.jobs.0.tasks.7.name": "Publish",
        "published_pipelines.0.version": "99",
    },
    "CI's jobs have other names, another pipeline trained": {
        CI + "stages.1.jobs.1.name": "Job",
        INVOKE + "name": "Invoke",
        "training_runs.0.pipeline_id": "",
    },
    "CI's report has another name, no artifact": {
        CI + "stages.1.jobs.2.name": "Job",
        CI + "artifacts": ("Code Coverage Report_101",),
    },
    "CI's job failed under the lab's name": {CI + "stages.1.jobs.0.result": "failed"},
    "CD's upstream not seen": {CD + "upstream": FAULT},
    "CD took nothing": {CD + "upstream": ()},
    "CD took another pipeline's run": {CD + "upstream": (UpstreamRun("a", 99, "1"),)},
    "CD took a run of another number": {CD + "upstream": (UpstreamRun("a", 12, "20261120.9"),)},
    "CD took a deleted run": {
        CD + "upstream": (UpstreamRun("a", 12, "20261120.9"),),
        "deleted_runs": (),
    },
    "CD ran before CI": {
        CD + "started_at": later(-5),
        CD + "finished_at": later(-5),
        CD + "queued_at": later(-5),
    },
    "CD failed before CI": {
        CD + "started_at": later(-5),
        CD + "finished_at": later(-5),
        CD + "result": "failed",
        "endpoints": (),
    },
    "CD's logs not seen": {CD + "deployment": FAULT},
    "CD's logs not collected": {CD + "deployment": None},
    "CD deployed another version": {CD + "deployment.version": "2"},
    "CD's log hides the version": {CD + "deployment.version": "***"},
    "CD's log hides all": {CD + "deployment": Deployment("***", "***", True)},
    "CD's log hides what nothing shows": {
        CD + "deployment.version": "***",
        CI + "model_file": ModelFile("", "", ""),
        "endpoints.0.model_ids": (),
    },
    "CD's log hides what the endpoint shows": {
        CD + "deployment.version": "***",
        CD + "upstream": (),
    },
    "CD's log hides another model": {CD + "deployment.model": "sample-***"},
    "no sign of the smoke test": {CD + "deployment.smoke_test_passed": False},
    "model file not seen": {CI + "model_file": FAULT},
    "model file of another version": {CI + "model_file": ModelFile("x", "7", "x:7")},
    "model file says nothing": {CI + "model_file": ModelFile("", "", "")},
}
AZURE_ML: Mapping[str, Changes] = {
    "workspace not seen": {"workspace": FAULT},
    "another workspace in the group, nothing made": {
        **NO_CI_TRACES,
        VARIABLES + "WORKSPACE_NAME": Variable("other"),
        "endpoints": (),
    },
    "published pipelines not seen": {"published_pipelines": FAULT},
    "no published pipeline": {"published_pipelines": ()},
    "published under another name": {"published_pipelines.0.name": "mine"},
    "published pipeline disabled": {"published_pipelines.0.is_active": False},
    "published twice": {"published_pipelines": again(0, id="p2")},
    "published by another run": {"published_pipelines.0.version": "99"},
    "training runs not seen": {"training_runs": FAULT},
    "training runs not there": {"training_runs": None},
    "no training run": {"training_runs": ()},
    "training failed": {"training_runs.0.status": "Failed"},
    "training running": {"training_runs.0.status": "Running"},
    "training running again": {"training_runs": again(0, id="t2", status="Running")},
    "training of another CI run": {"training_runs.0.tags.BuildId": "99"},
    "training of no pipeline": {"training_runs.0.pipeline_id": ""},
    "training of an unknown pipeline": {"training_runs.0.pipeline_id": None},
    "training of another pipeline": {"training_runs.0.pipeline_id": "p2"},
    "training of a pipeline that is gone": {
        "training_runs.0.pipeline_id": "p2",
        "published_pipelines": (),
    },
    "training without metrics": {"training_runs.0.metrics": {}},
    "metrics not seen": {"training_runs.0.metrics": FAULT},
    "training without a step": {"training_runs.0.steps.1": GONE},
    "models not seen": {"models": FAULT},
    "no model": {"models": ()},
    "no model, no CI success": {**ONLY_A_FAILED_CI, "pipelines.1.name": "mlops_01"},
    "model under another name": {"models.0.name": "mine.pkl"},
    "model of no run": {"models.0.tags.BuildId": GONE},
    "model of another run": {"models.0.tags.BuildId": "99"},
    "model of another experiment": {"models.0.tags.experiment_name": "mine"},
    "model of another training": {"models.0.tags.run_id": "local"},
    "model by a person": {"models.0.created_by_type": "User"},
    "two models": {"models": again(0, version="2")},
    "endpoints not seen": {"endpoints": FAULT},
    "no endpoint": {"endpoints": (), "answer": None},
    "no endpoint, CD skipped": {"endpoints": (), CD + "stages.0.result": "skipped"},
    "no endpoint, CD failed": {
        "endpoints": (),
        CD + "stages.0.result": "failed",
        CD + "result": "failed",
    },
    "no endpoint, another workspace": {
        "endpoints": (),
        VARIABLES + "WORKSPACE_NAME": Variable("x"),
    },
    "no endpoint, CI running": {
        **ONLY_A_FAILED_CI,
        "runs.0.status": "inProgress",
        "runs.0.result": None,
    },
    "endpoint of another name": {"endpoints.0.name": "mine"},
    "endpoint of the second generation": {"endpoints.0.generation": 2},
    "endpoint unhealthy": {"endpoints.0.state": "Unhealthy", "endpoints.0.error": "It broke."},
    "endpoint in transition": {"endpoints.0.state": "Transitioning"},
    "endpoint in transition for days": {
        "endpoints.0.state": "Transitioning",
        "endpoints_read_at": NIGHT,
    },
    "endpoint in transition since nobody knows": {
        "endpoints.0.state": "Transitioning",
        "endpoints_read_at": None,
    },
    "endpoint serves another model": {"endpoints.0.model_ids": ("other:1",)},
    "endpoint made by hand": {
        "endpoints.0.created_at": NIGHT,
        "endpoints.0.updated_at": NIGHT,
    },
    "endpoint changed since": {"endpoints.0.updated_at": NIGHT},
    "endpoint without an address": {"endpoints.0.scoring_uri": "", "answer": None},
    "no answer": {"answer": FAULT},
    "wrong answer": {"answer.result": None, "answer.body": "no"},
    "answer of a failure": {"answer.status": 502, "answer.result": None},
    "no description": {"answer.swagger": False},
    "description not seen": {"answer.swagger": FAULT},
    "no second answer": {"answer.second": None},
    "second answer not seen": {"answer.second": FAULT},
    "asked once": {"answer.second": None, "answer.asked_once": True},
    "asked once and wrong": {
        "answer.second": None,
        "answer.asked_once": True,
        "answer.result": None,
    },
}
OVERRIDES: Mapping[str, Changes] = {
    "experiment overridden": {
        **_override(experiment_name="mine"),
        "models.0.tags.experiment_name": "mine",
    },
    "experiment overridden, no tag": {
        **_override(EXPERIMENT_NAME="mine"),
        "models.0.tags.experiment_name": GONE,
    },
    "experiment overridden, training failed": {
        **_override(EXPERIMENT_NAME="mine"),
        "training_runs.0.status": "Failed",
    },
    "model overridden": {
        **_override(MODEL_NAME="mine.pkl"),
        "models.0.name": "mine.pkl",
        CI + "model_file": ModelFile("mine.pkl", "1", "mine.pkl:1"),
        CD + "deployment.model": "mine.pkl",
        "endpoints.0.model_ids": ("mine.pkl:1",),
    },
    "model overridden in CD": {**_override(MODEL_NAME="m"), CD + "deployment.model": "mine.pkl"},
    "pipeline overridden": {
        **_override(training_pipeline_name="mine"),
        "published_pipelines.0.name": "mine",
    },
    "pipeline overridden, both there": {
        **_override(TRAINING_PIPELINE_NAME="mine"),
        "published_pipelines": (
            PublishedPipeline("p1", "mine", "101", is_active=True),
            PublishedPipeline("p2", "diabetes-Training-Pipeline", "99", is_active=True),
        ),
    },
    "compute overridden, CI failed": {
        **ONLY_A_FAILED_CI,
        **_override(AML_COMPUTE_CLUSTER_NAME="x"),
    },
    "compute overridden, CD failed": {
        **_override(AML_COMPUTE_CLUSTER_NAME="x"),
        CD + "result": "failed",
    },
    "training switched off": {
        **_override(**{"auto-trigger-training": "false"}),
        CI + "stages.1.jobs.1.result": "skipped",
    },
    "a harmless variable": _override(TZ="x"),
}
OF_ONE: Mapping[str, Changes] = {**AZURE_DEVOPS, **REPOSITORY, **RUNS, **AZURE_ML, **OVERRIDES}


# --- one learner's lab beside another's ----------------------------------------------------------


def _theirs(path: str, learner: int = 0) -> Any:
    thing: Any = list(evidence().values())[learner]
    for part in path.split("."):
        thing = thing[int(part)] if part.isdigit() else getattr(thing, part, None) or thing[part]
    return thing


ADDRESS, RUN = "endpoints.0.scoring_uri", "training_runs.0.id"
BUILD, BUILD_URI = "models.0.tags.BuildId", "models.0.tags.BuildUri"


def _as_theirs(*paths: str, **more: Any) -> Changes:
    return {**{path: _theirs(path) for path in paths}, **more}


_WORKS_THERE: Changes = {
    "service_connections.1.resource_group": "User1AML",
    "service_connections.1.workspace": "user1aml",
}
_LEFT_BY_THE_SECOND: Changes = {
    "models": again(0, version="2", tags={**_theirs("models.0.tags", 1)}),
    "endpoints.0.model_ids": ("diabetes_regression_model.pkl:2",),
}
BESIDE: Mapping[str, Case] = {
    "another's endpoint": (NOTHING, _as_theirs(ADDRESS)),
    "another's endpoint, in other letters": (NOTHING, {ADDRESS: _theirs(ADDRESS).upper()}),
    "another's endpoint, by a path of their own": (
        NOTHING,
        {ADDRESS: _theirs(ADDRESS).removesuffix("score") + "mine/score"},
    ),
    "another's endpoint on a shared host": (
        {ADDRESS: "https://shared.centralus.cloudapp.azure.com/service/a/score"},
        {ADDRESS: "https://SHARED.centralus.cloudapp.azure.com/service/a/score"},
    ),
    "another endpoint on a shared host": (
        {ADDRESS: "https://shared.centralus.cloudapp.azure.com/service/a/score"},
        {ADDRESS: "https://shared.centralus.cloudapp.azure.com/service/b/score"},
    ),
    "no address": ({ADDRESS: ""}, {ADDRESS: ""}),
    "another's endpoint, and the owner's changed since": (
        {"endpoints.0.updated_at": NIGHT},
        _as_theirs(ADDRESS),
    ),
    "another's endpoint since the same second": (
        NOTHING,
        _as_theirs(ADDRESS, "endpoints.0.created_at"),
    ),
    "another's endpoint since an unknown time": (
        NOTHING,
        {**_as_theirs(ADDRESS), "endpoints.0.created_at": None},
    ),
    "another's endpoint, with a final dot": (
        NOTHING,
        {ADDRESS: _theirs(ADDRESS).replace(".io/", ".io./")},
    ),
    "an endpoint of three since the same second": (
        NOTHING,
        _as_theirs(ADDRESS, "endpoints.0.created_at"),
        _as_theirs(ADDRESS, "endpoints.0.created_at"),
    ),
    "an endpoint of three": (NOTHING, _as_theirs(ADDRESS), _as_theirs(ADDRESS)),
    "another's training run": (NOTHING, _as_theirs(RUN)),
    "another's training run, said to be older": (
        NOTHING,
        {**_as_theirs(RUN), "training_runs.0.ended_at": NIGHT - 99 * HOUR},
    ),
    "another's training run, in capitals": (NOTHING, {RUN: _theirs(RUN).upper()}),
    "runs that are called local": (
        {RUN: "local", "models.0.tags.run_id": "local"},
        {RUN: "local", "models.0.tags.run_id": "local"},
    ),
    "a model tagged with another's training run": (NOTHING, {"models.0.tags.run_id": _theirs(RUN)}),
    "an older model tagged so": (
        NOTHING,
        {"models.0.tags.run_id": _theirs(RUN), "models.0.created_at": NIGHT - 999 * HOUR},
    ),
    "a model of another name tagged so": (
        NOTHING,
        {"models": again(0, name="x", tags={"run_id": _theirs(RUN)})},
    ),
    "two models tagged with a run that nobody has": (
        {"models.0.tags.run_id": "0f0f0f0f-0000-4000-8000-00000000000a"},
        {"models.0.tags.run_id": "0F0F0F0F-0000-4000-8000-00000000000A"},
    ),
    "another's model": (NOTHING, {"models.0.tags": _theirs("models.0.tags")}),
    "another's published pipeline": (NOTHING, _as_theirs("published_pipelines.0.id")),
    "a training run that says another's CI made it": (
        NOTHING,
        {"training_runs.0.tags": _theirs("training_runs.0.tags")},
    ),
    "the same, of no published pipeline": (
        NOTHING,
        {
            "training_runs.0.tags": _theirs("training_runs.0.tags"),
            "training_runs.0.pipeline_id": "",
        },
    ),
    "the same, and the other's evidence is not there": (
        {"training_runs": FAULT},
        {
            "training_runs.0.tags": _theirs("training_runs.0.tags"),
            "training_runs.0.pipeline_id": "",
        },
    ),
    "a model that says another's CI made it": (NOTHING, _as_theirs(BUILD_URI)),
    "a model with another's build": (NOTHING, _as_theirs(BUILD, BUILD_URI)),
    "a project that had another's name": (
        NOTHING,
        {BUILD_URI: _theirs(BUILD_URI).replace("=101", "=201")},
    ),
    "a project of another organisation": (
        NOTHING,
        {BUILD_URI: _theirs(BUILD_URI).replace("solliancelabs", "other").replace("=101", "=201")},
    ),
    "a deleted run of the own project": (
        NOTHING,
        {
            BUILD_URI: _theirs(BUILD_URI).replace("=101", "=77"),
            "deleted_runs": (replace(_theirs("runs.1"), id=77),),
        },
    ),
    "another's pipelines worked here": (_LEFT_BY_THE_SECOND, _WORKS_THERE),
    "another's variables lead here": (
        _LEFT_BY_THE_SECOND,
        {
            VARIABLES + "RESOURCE_GROUP": Variable(" user1aml "),
            VARIABLES + "WORKSPACE_NAME": Variable("USER1AML"),
        },
    ),
    "nothing of another's leads here": (_LEFT_BY_THE_SECOND, NOTHING),
    "another's names in the variables": (
        NOTHING,
        _override(BASE_NAME="user1-project", RESOURCE_GROUP="User1AML", WORKSPACE_NAME="user1aml"),
    ),
    "another's repository in the pipelines": (
        NOTHING,
        {"pipelines.*.repository_name": "solliancelabs/MLOPS_01"},
    ),
    "another's workspace in the connection": (NOTHING, _WORKS_THERE),
    "similar repositories": (
        {"repositories": (), "similar_repositories": ("mlops-1", "mlops_02", "mine")},
        {"repositories": (), "similar_repositories": ("mlops-1",)},
        {"pipelines.1.repository_name": "solliancelabs/mine"},
    ),
}
CASES: Mapping[str, Case] = {**{name: (changes,) for name, changes in OF_ONE.items()}, **BESIDE}

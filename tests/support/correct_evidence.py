"""Right work, made by hand for the tests of the rules: each of them changes one detail of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from graders.evidence import (
    Endpoint,
    Job,
    Model,
    Pipeline,
    Repository,
    Run,
    ServiceConnection,
    Stage,
    Task,
    Workspace,
)
from graders.lab import Lab, Learner

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LEARNER = Learner(id="user4", number=4, email="user4@example.org")
LAB = Lab(
    learner=LEARNER,
    organization="solliancelabs",
    project="AE MLOps 04",
    github_owner="solliancelabs",
    repositories=("mlops_04",),
    subscription_id="s",
    resource_group="User4AML",
    workspace="user4aml",
    location="centralus",
    tenant_id=None,
)
CI = Pipeline(
    id=11,
    name=LAB.ci_pipeline,
    path="\\",
    process_type=2,
    yaml_path=LAB.ci_yaml,
    repository_type="GitHub",
    repository_name="solliancelabs/mlops_04",
    default_branch="refs/heads/main",
    queue_status="enabled",
)
CI_RUN = Run(
    id=101,
    number="20261120.1",
    pipeline_id=11,
    status="completed",
    result="succeeded",
    reason="manual",
    branch="refs/heads/main",
    commit="c0ffee",
    requested_for="user4@example.org",
    queued_at=NOON,
    started_at=NOON,
    finished_at=NOON + timedelta(minutes=20),
)
ENDPOINT = Endpoint(
    name="mlops-aci",
    generation=1,
    state="Healthy",
    compute_type="ACI",
    cpu=1,
    memory_gb=4,
    auth_enabled=False,
    scoring_uri="http://guid.centralus.azurecontainer.io/score",
    location="centralus",
    model_ids=("diabetes_regression_model.pkl:1",),
    created_at=NOON + timedelta(hours=1),
    updated_at=None,
)
WORKSPACE = Workspace("id", "user4aml", "User4AML", "s", "centralus")
MODEL = Model(
    name=LAB.model,
    version="1",
    tags={
        "BuildId": "101",
        "BuildUri": "https://dev.azure.com/SollianceLabs/AE MLOps 04/_build/results?buildId=101",
        "experiment_name": "mlopspython",
        "mse": "3295.741064355809",
    },
)


def connection(**changes: object) -> ServiceConnection:
    right = ServiceConnection(
        id="c",
        name="aml-workspace-connection",
        type="azurerm",
        scheme="ServicePrincipal",
        creation_mode="Automatic",
        scope_level="AzureMLWorkspace",
        subscription_id="s",
        resource_group="user4AML",
        workspace="USER4aml",
        is_ready=True,
        state="Ready",
    )
    return replace(right, **changes)  # type: ignore[arg-type]


def repository(**changes: object) -> Repository:
    right = Repository(
        full_name="solliancelabs/mlops_04",
        is_fork=False,
        is_archived=False,
        is_disabled=False,
        template=LAB.templates[0],
        default_branch="main",
        head="c0ffee",
        tree=LAB.sheet.template.tree,
        files=dict.fromkeys(LAB.sheet.essential_files, "blob"),
        texts={},
        commits=frozenset({"c0ffee"}),
    )
    return replace(right, **changes)  # type: ignore[arg-type]


def stages(**results: str) -> tuple[Stage, ...]:
    names = ("Deploy_ACI", "Deploy_AKS")
    deploy = (Task("Deploy to ACI (CLI)", "completed", "succeeded"),)
    smoke = (Task("Smoke test", "completed", results.get("smoke", "succeeded")),)
    jobs = {"Deploy_ACI": (Job("Deploy to ACI", "completed", "succeeded", deploy + smoke),)}
    usual = {"Deploy_ACI": "succeeded", "Deploy_AKS": "skipped"} | results
    return tuple(
        Stage(name, name.replace("_", " to "), "completed", usual[name], 1, jobs.get(name, ()))
        for name in names
    )


def ci_stages(without: str = "", **results: str) -> tuple[Stage, ...]:
    """The lab's CI run, spelled out; ``without`` names a stage, job or task to leave out."""

    def job(name: str, *tasks: str) -> Job:
        made = [Task(task, "completed", results.get(task, "succeeded")) for task in tasks]
        kept = tuple(task for task in made if task.name != without)
        return Job(name, "completed", results.get(name, "succeeded"), kept)

    tests = ("Run lint tests", "Run unit tests", "Publish test results")
    jobs = {
        "Model_CI": [job("Model CI Pipeline", *tests, "Publish Azure Machine Learning Pipeline")],
        "Trigger_AML_Pipeline": [
            job("Get Pipeline ID for execution"),
            job("Trigger ML Training Pipeline", "Invoke ML pipeline"),
            job("Publish artifact if new model was registered"),
        ],
    }
    return tuple(
        Stage(name, name, "completed", results.get(name, "succeeded"), 1, tuple(kept))
        for name, all_ in jobs.items()
        if name != without
        and (kept := [stage_job for stage_job in all_ if stage_job.name != without])
    )


PATCHED_CI = """
variables:
- template: diabetes_regression-variables-template.yml
- group: devopsforai-aml-vg
- name: EXTRA
  value: my own
stages:
- stage: 'Model_CI'
- stage: 'Trigger_AML_Pipeline'
- stage: 'Mine'
"""
CD = """
resources:
  pipelines:
  - pipeline: model-train-ci
    source: Model-Train-Register-CI
variables:
- group: devopsforai-aml-vg
stages:
- stage: 'Deploy_ACI'
- stage: 'Deploy_AKS'
"""
SHARED = "variables:\n- name: MODEL_NAME\n  value: diabetes_regression_model.pkl\n"


def texts(ci: str = PATCHED_CI, cd: str = CD, shared: str = SHARED) -> Repository:
    return repository(texts={LAB.ci_yaml: ci, LAB.cd_yaml: cd, LAB.variables_yaml: shared})

"""The lab filled in for one learner: every dictated name, spelled once.

Source of the names: the lab sheet, tasks 2 to 7, and the template repository's pipelines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graders.cohort import Learner


@dataclass(frozen=True)
class Leniency:
    """How the lab sheet's ambiguities are read; the defaults are the fair reading.

    ``azure_repos``: a pipeline may build an Azure Repos copy (task 5 step 2 says so by mistake).
    ``per_pipeline_access``: permission for the lab's own pipelines is as good as open access.
    ``federated_connection``: workload identity federation is as good as a service principal secret.
    ``manual_connection``: a service connection made by hand is as good as an automatic one.
    ``v2_endpoint``: a managed online endpoint is as good as a container instance for task 7.
    """

    azure_repos: bool = False
    per_pipeline_access: bool = True
    federated_connection: bool = True
    manual_connection: bool = True
    v2_endpoint: bool = False


@dataclass(frozen=True)
class Lab:
    """What one learner was told to build, and where."""

    learner: Learner

    # where: from the cohort row, else the number and the lab file
    organization: str
    project: str
    github_owner: str
    repositories: tuple[str, ...]
    """Accepted repository names, most expected first."""
    subscription_id: str
    resource_group: str
    workspace: str
    location: str | None
    tenant_id: str | None

    # what: dictated to everyone
    variable_group: str = "devopsforai-aml-vg"
    service_connection: str = "aml-workspace-connection"
    ci_pipeline: str = "Model-Train-Register-CI"
    cd_pipeline: str = "Model-Deploy-CD"
    ci_yaml: str = ".pipelines/diabetes_regression-ci.yml"
    cd_yaml: str = ".pipelines/diabetes_regression-cd.yml"
    variables_yaml: str = ".pipelines/diabetes_regression-variables-template.yml"
    training_pipeline: str = "diabetes-Training-Pipeline"
    experiment: str = "mlopspython"
    model: str = "diabetes_regression_model.pkl"
    endpoint: str = "mlops-aci"

    templates: tuple[str, ...] = (
        "solliancenet/labs-ae-mlops-starter",
        "solliancenet/ae-mlops-starter",
    )
    leniency: Leniency = Leniency()
    points: Mapping[str, float] = field(default_factory=dict)
    """Check id -> points, where the lab file changes the rubric."""

    @property
    def repository_urls(self) -> tuple[str, ...]:
        return tuple(f"https://github.com/{self.github_owner}/{name}" for name in self.repositories)

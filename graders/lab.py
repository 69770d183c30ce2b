"""The lab filled in for one learner: every dictated name, spelled once.

Source of the names: the lab sheet, tasks 2 to 7, and the template repository's pipelines. Where a
class differs from them, its lab file says so (:mod:`graders.lab_file`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import StrictBool

from graders.cohort import Learner

VARIABLES = (
    "BASE_NAME",
    "LOCATION",
    "RESOURCE_GROUP",
    "WORKSPACE_NAME",
    "WORKSPACE_SVC_CONNECTION",
    "ACI_DEPLOYMENT_NAME",
)
"""The variables of task 2 step 7."""


@dataclass(frozen=True)
class Leniency:
    """How the lab sheet's ambiguities are read; the defaults are the fair reading.

    ``azure_repos``: a pipeline may build an Azure Repos copy (task 5 step 2 says so by mistake).
    ``per_pipeline_access``: permission for the lab's own pipelines is as good as open access.
    ``federated_connection``: workload identity federation is as good as a service principal secret.
    ``manual_connection``: a service connection made by hand is as good as an automatic one.
    ``v2_endpoint``: a managed online endpoint is as good as a container instance for task 7.
    """

    azure_repos: StrictBool = False
    per_pipeline_access: StrictBool = True
    federated_connection: StrictBool = True
    manual_connection: StrictBool = True
    v2_endpoint: StrictBool = False


@dataclass(frozen=True)
class Session:
    """When the class met, to the second; an end that is None is open."""

    begins: datetime | None = None
    ends: datetime | None = None


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
    session: Session = Session()
    points: Mapping[str, float] = field(default_factory=dict)
    """Check id -> points, where the lab file changes the rubric."""

    @property
    def place(self) -> str:
        """Where this lab is looked for, in one line; equal for the same places in any case."""
        parts = (
            f"{self.organization}/{self.project}",
            *(f"{self.github_owner}/{name}" for name in self.repositories),
            f"{self.subscription_id}/{self.resource_group}/{self.workspace}",
        )
        return " ".join(parts).casefold()

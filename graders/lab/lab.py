"""The lab filled in for one learner: where it is, and what the sheet dictates.

Where a class differs from the sheet, its lab file says so (:mod:`graders.inputs.lab_file`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import StrictBool

from graders.lab.learner import Learner
from graders.lab.sheet import SHEET, Sheet

if TYPE_CHECKING:
    from graders.evidence import Endpoint


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
    """What one learner has to build, and where."""

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

    # what
    sheet: Sheet = SHEET
    """With the names that the class gives to resources."""
    leniency: Leniency = Leniency()
    session: Session = Session()
    points: Mapping[str, float] = field(default_factory=dict)
    """Check id -> points, where the lab file changes the rubric."""

    @cached_property
    def place(self) -> str:
        """Where this lab is collected from, in one line; equal for the same places in any case.

        Resources that the class names otherwise than the sheet are other places too.
        """
        sheets, own = SHEET.filled(self.learner.number).names(), self.sheet.names()
        parts = (
            f"{self.organization}/{self.project}",
            *(f"{self.github_owner}/{name}" for name in self.repositories),
            f"{self.subscription_id}/{self.resource_group}/{self.workspace}",
            *(f"{dictated}={name}" for dictated, name in own.items() if name != sheets[dictated]),
        )
        return " ".join(parts).casefold()

    def accepts_repository(self, full_name: str) -> bool:
        """Whether ``owner/name``, in any case, is one of the accepted repositories."""
        accepted = {f"{self.github_owner}/{name}".casefold() for name in self.repositories}
        return full_name.casefold() in accepted

    # --- the sheet's names, for short -------------------------------------------------------------

    @property
    def variable_group(self) -> str:
        return self.sheet.variable_group.name

    @property
    def service_connection(self) -> str:
        return self.sheet.service_connection.name

    @property
    def ci_pipeline(self) -> str:
        return self.sheet.ci.name

    @property
    def cd_pipeline(self) -> str:
        return self.sheet.cd.name

    @property
    def ci_yaml(self) -> str:
        return self.sheet.ci.yaml

    @property
    def cd_yaml(self) -> str:
        return self.sheet.cd.yaml

    @property
    def variables_yaml(self) -> str:
        return self.sheet.template.variables_yaml

    @property
    def training_pipeline(self) -> str:
        return self.sheet.training.pipeline

    @property
    def experiment(self) -> str:
        return self.sheet.training.experiment

    @property
    def model(self) -> str:
        return self.sheet.model.name

    @property
    def endpoint(self) -> str:
        return self.sheet.endpoint.name

    @property
    def online_endpoint(self) -> str:
        return self.sheet.endpoint.online_name

    def own_endpoint(self, endpoints: Iterable[Endpoint]) -> Endpoint | None:
        """The one that counts as the lab's; None where there is none.

        A managed endpoint counts where the lab file says so, under either name, whose case Azure
        ignores. Of several, one that is healthy.
        """
        own = [endpoint for endpoint in endpoints if self.is_own_endpoint(endpoint)]
        return min(own, key=lambda endpoint: endpoint.state != "Healthy", default=None)

    def is_own_endpoint(self, endpoint: Endpoint) -> bool:
        """Whether an endpoint has a name that counts as the lab's."""
        if endpoint.generation == 1:
            return endpoint.name == self.endpoint
        names = (self.endpoint.casefold(), self.online_endpoint.casefold())
        return self.leniency.v2_endpoint and endpoint.name.casefold() in names

    @property
    def templates(self) -> tuple[str, ...]:
        return self.sheet.template.accepted

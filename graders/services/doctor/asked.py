"""What may have been asked already, by the run that the doctor examines for."""

from __future__ import annotations

from typing import Protocol

from graders.lab import Lab
from graders.services.azure_devops.project import AzureDevOps
from graders.services.azure_ml.workspace import AzureML
from graders.services.sign_in import SignIn


class Asked(Protocol):
    """Gives what keeps answers that learners share; ``graders.services.cloud.Cloud`` is one."""

    def organization(self, name: str, sign_in: SignIn) -> AzureDevOps: ...

    def azure_ml(self, lab: Lab, sign_in: SignIn) -> AzureML: ...


class _Nothing:
    def organization(self, name: str, sign_in: SignIn) -> AzureDevOps:
        return AzureDevOps(name, sign_in)

    def azure_ml(self, lab: Lab, sign_in: SignIn) -> AzureML:  # noqa: ARG002 (one signature)
        return AzureML(sign_in)


NOTHING: Asked = _Nothing()
"""Where no run follows."""

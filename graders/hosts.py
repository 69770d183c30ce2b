"""The hosts of the services: a host that begins with a dot means all that end so."""

from __future__ import annotations

AZURE_DEVOPS = "dev.azure.com"
AZURE_DEVOPS_ARTIFACTS = ".artifacts.visualstudio.com"
GITHUB = "api.github.com"
RESOURCE_MANAGER = "management.azure.com"
GITHUB_ACTIONS = ".actions.githubusercontent.com"
"""Gives a job of GitHub Actions its own token."""
MANAGED_IDENTITY = "169.254.169.254"
"""The metadata service of a machine in Azure, over plain http, which gets no token."""
ENTRA_ID = "login.microsoftonline.com"
AZURE_ML = (".api.azureml.ms", ".azureml.net", ".aether.ms")
"""The regional services, which get the grader's token."""
CONTAINER_INSTANCES = ".azurecontainer.io"
"""Endpoints of the first generation, which a learner owns: over plain http, no token goes there."""
ONLINE_ENDPOINTS = ".inference.ml.azure.com"
"""Managed online endpoints, which run a learner's code."""
ONE_HOST_EACH = (CONTAINER_INSTANCES, ONLINE_ENDPOINTS)
"""Below these every endpoint has a host of its own."""

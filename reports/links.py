"""A learner's own pages in the browser, as links of every report."""

from __future__ import annotations

from urllib.parse import quote

from graders.lab import Lab


def links(lab: Lab) -> list[tuple[str, str]]:
    """(name, address) of the learner's own pages; none for a lab that is nowhere."""
    if not lab.organization:
        return []
    project = f"https://dev.azure.com/{_part(lab.organization)}/{_part(lab.project)}"
    return [
        ("Azure DevOps project", project),
        ("Pipelines", f"{project}/_build"),
        ("GitHub repository", _repository(lab)),
        ("Azure ML workspace", _studio(lab)),
    ]


def _repository(lab: Lab) -> str:
    return f"https://github.com/{_part(lab.github_owner)}/{_part(lab.repositories[0])}"


def _studio(lab: Lab) -> str:
    workspace = (
        f"/subscriptions/{lab.subscription_id}/resourceGroups/{lab.resource_group}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{lab.workspace}"
    )
    address = f"https://ml.azure.com/?wsid={quote(workspace, safe='/')}"
    return f"{address}&tid={_part(lab.tenant_id)}" if lab.tenant_id else address


def _part(name: str) -> str:
    return quote(name, safe="")

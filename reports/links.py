"""A learner's own pages in the browser, as links of every report."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from graders.lab import Lab
from graders.reasons import Place, PlaceKind


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


def place_link(lab: Lab, place: Place) -> tuple[str, str]:
    """(name, address) of where something can be fixed, for one learner."""
    project = f"https://dev.azure.com/{_part(lab.organization)}/{_part(lab.project)}"
    name = f"{place.kind} `{place.name}`" if place.id else f"{place.kind}s"
    own = _part(place.id)
    if place.kind is PlaceKind.REPOSITORY:
        return name, f"https://github.com/{quote(place.id, safe='/')}"
    if place.kind is PlaceKind.WORKSPACE:
        return "Azure ML workspace", _studio(lab)
    if not place.id:
        return name, project + _LISTS[place.kind]
    return name, project + _PAGES[place.kind] + own


_LISTS: Mapping[PlaceKind, str] = {
    PlaceKind.VARIABLE_GROUP: "/_library?itemType=VariableGroups",
    PlaceKind.SERVICE_CONNECTION: "/_settings/adminservices",
    PlaceKind.PIPELINE: "/_build",
    PlaceKind.RUN: "/_build",
}
_PAGES: Mapping[PlaceKind, str] = {
    PlaceKind.VARIABLE_GROUP: "/_library?itemType=VariableGroups&view=VariableGroupView"
    "&variableGroupId=",
    PlaceKind.SERVICE_CONNECTION: "/_settings/adminservices?resourceId=",
    PlaceKind.PIPELINE: "/_build?definitionId=",
    PlaceKind.RUN: "/_build/results?buildId=",
}
"""Kind -> the path below the project, up to the id."""


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

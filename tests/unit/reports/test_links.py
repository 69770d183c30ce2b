"""Links to where a learner fixes something."""

from __future__ import annotations

import pytest

from graders.reasons import Place, PlaceKind
from reports.links import place_link
from tests.support import handmade_run as example

LAB = example.lab(example.learner("ada"))
PROJECT = "https://dev.azure.com/lab%20organisation/AE%20MLOps%2001"


@pytest.mark.parametrize(
    ("place", "name", "address"),
    [
        (Place(PlaceKind.RUN, "20261120.1", "102"), "run `20261120.1`",
         f"{PROJECT}/_build/results?buildId=102"),
        (Place(PlaceKind.PIPELINE, "CI", "7"), "pipeline `CI`", f"{PROJECT}/_build?definitionId=7"),
        (Place(PlaceKind.PIPELINE), "pipelines", f"{PROJECT}/_build"),
        (Place(PlaceKind.SERVICE_CONNECTION, "aml", "1-2"), "service connection `aml`",
         f"{PROJECT}/_settings/adminservices?resourceId=1-2"),
        (Place(PlaceKind.REPOSITORY, "lab-owner/mlops_01", "lab-owner/mlops_01"),
         "repository `lab-owner/mlops_01`", "https://github.com/lab-owner/mlops_01"),
        (Place(PlaceKind.RUN, "x", "1&y=<script>"), "run `x`",
         f"{PROJECT}/_build/results?buildId=1%26y%3D%3Cscript%3E"),
    ],
)  # fmt: skip
def test_it_leads_to_the_resource_or_the_list_it_is_missing_from(
    place: Place, name: str, address: str
) -> None:
    assert place_link(LAB, place) == (name, address)


@pytest.mark.parametrize("kind", PlaceKind)
def test_every_kind_has_a_page_with_and_without_an_id(kind: PlaceKind) -> None:
    for place in (Place(kind), Place(kind, "name", "1")):
        assert place_link(LAB, place)[1].startswith("https://")

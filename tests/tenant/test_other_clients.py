"""What only clients that the graders do not use ask of the tenant (``make clients`` found it)."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from fixtures.simulator.wire.azure_devops import times
from tests.support.bare_azure_devops import settled
from tests.support.served_tenant import SUBSCRIPTION, Served, serving, tenant_of

MANAGER = f"https://management.azure.com/subscriptions/{SUBSCRIPTION}"
WORKSPACES = "Microsoft.MachineLearningServices/workspaces"
GITHUB = "https://api.github.com"
DEVOPS = "https://dev.azure.com/WireTests/AE MLOps 01/_apis/build/builds"


def _hide(world: Any) -> None:
    world.workspace.visible = False


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(tenant_of(35, {2: _hide})) as served:
        yield served


@pytest.fixture
def manager(served: Served) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {served.token('https://management.azure.com')}"
    session.params = {"api-version": "2021-04-01"}
    return session


@pytest.fixture
def github(served: Served) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {served.tenant.ids.github_token}"
    return session


# --- resources of every kind ----------------------------------------------------------------------


def _listed(manager: requests.Session, url: str, **query: str) -> list[dict[str, Any]]:
    body = manager.get(url, params=query, timeout=30).json()
    items = list(body["value"])
    while "nextLink" in body:
        body = manager.get(body["nextLink"], timeout=30).json()
        items += body["value"]
    return items


def test_the_resources_of_a_subscription_are_the_workspaces_one_may_see(
    manager: requests.Session,
) -> None:
    listed = _listed(
        manager, f"{MANAGER}/resources", **{"$filter": f"resourceType eq '{WORKSPACES}'"}
    )
    assert sorted(item["name"] for item in listed) == sorted(
        f"user{number}aml" for number in range(1, 36) if number != 2
    )
    assert "properties" not in listed[0]


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("resourceType eq 'Microsoft.Storage/storageAccounts'", []),
        (f"resourceGroup eq 'user3aml' and resourceType eq '{WORKSPACES}'", ["user3aml"]),
        ("name eq 'user4aml'", ["user4aml"]),
        ("location ne 'centralus'", []),
    ],
)
def test_resources_are_filtered(
    manager: requests.Session, condition: str, names: list[str]
) -> None:
    listed = _listed(manager, f"{MANAGER}/resources", **{"$filter": condition})
    assert [item["name"] for item in listed] == names


@pytest.mark.parametrize("query", [{"$filter": "kind eq 'x'"}, {"$expand": "everything"}])
def test_what_cannot_be_understood_of_resources_is_refused(
    manager: requests.Session, query: dict[str, str]
) -> None:
    assert manager.get(f"{MANAGER}/resources", params=query, timeout=30).status_code == 400


def test_the_resources_of_a_group(manager: requests.Session) -> None:
    group = f"{MANAGER}/resourceGroups/User5AML/resources"
    (only,) = _listed(manager, group, **{"$expand": "provisioningState"})
    assert (only["name"], only["provisioningState"]) == ("user5aml", "Succeeded")
    missing = manager.get(f"{MANAGER}/resourceGroups/nobody/resources", timeout=30)
    assert missing.json()["error"]["code"] == "ResourceGroupNotFound"


def test_an_empty_part_of_an_address_is_none(served: Served, manager: requests.Session) -> None:
    url = f"{MANAGER}/resourceGroups/User1AML/providers/Microsoft.MachineLearningServices"
    found = manager.get(
        f"{url}//workspaces/user1aml", params={"api-version": "2022-10-01"}, timeout=30
    )
    assert found.json()["name"] == "user1aml"
    elsewhere = requests.get(f"{GITHUB}//orgs/WireTests", timeout=30)
    assert elsewhere.status_code == 404
    assert "GET api.github.com//orgs/WireTests" in served.journal.unknown_routes


# --- signing in, and finding one's way in Azure DevOps --------------------------------------------


def test_what_a_client_tells_of_itself_is_no_unknown_parameter(served: Served) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": served.tenant.ids.client_id,
        "client_secret": served.tenant.ids.client_secret,
        "scope": "https://management.azure.com/.default",
        "x-client-SKU": "msal.js.node",
        "x-client-nothing": "1",
    }
    url = f"https://login.microsoftonline.com/{served.tenant.ids.tenant_id}/oauth2/v2.0/token"
    query = {"client-request-id": "1"}
    assert requests.post(url, params=query, data=form, timeout=30).status_code == 200
    lines = [line for line in settled(served).unknown_parameters if "/token" in line]
    assert [line.rpartition(" ")[2] for line in lines] == ["x-client-nothing"]


def _locations(served: Served, area: str) -> requests.Response:
    pat = ("", served.tenant.ids.azure_devops_pat)
    return requests.options(f"https://dev.azure.com/WireTests/_apis{area}", auth=pat, timeout=30)


def test_the_locations_of_an_area_are_those_among_all(served: Served) -> None:
    every = _locations(served, "").json()["value"]
    for area in ("build", "Location"):
        own = [place for place in every if place["area"].casefold() == area.casefold()]
        assert own
        assert _locations(served, f"/{area}").json()["value"] == own


def test_an_area_that_is_not_known_is_not_found(served: Served) -> None:
    assert _locations(served, "/nothing").status_code == 404


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Fri, 20 Nov 2026 13:46:07 GMT", "2026-11-20T13:46:07Z"),
        ("Fri, 20 Nov 2026 13:46:07 CET", None),
        ("Fri, 31 Nov 2026 13:46:07 GMT", None),
    ],
)
def test_a_time_may_be_written_as_javascript_writes_it(text: str, read: str | None) -> None:
    ticks = times.read(text)
    assert (None if ticks is None else times.written(ticks)) == read


# --- artifacts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "accept"),
    [({}, "application/zip;api-version=7.1-preview.5"), ({"$format": "zip"}, "*/*")],
)
def test_an_artifact_comes_as_a_zip_file_where_it_is_asked_for(
    served: Served, query: dict[str, str], accept: str
) -> None:
    run = next(run for run in served.world(1).runs if run.yaml == "ci")
    answer = requests.get(
        f"{DEVOPS}/{run.id}/artifacts",
        params={"artifactName": "model", **query},
        headers={"Accept": accept},
        auth=("", served.tenant.ids.azure_devops_pat),
        timeout=30,
    )
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        model = json.loads(archive.read("model/model.json"))
    assert (model["name"], str(model["version"])) == (
        run.model_file["name"],
        run.model_file["version"],
    )


def test_an_artifact_has_no_other_form(served: Served) -> None:
    run = next(run for run in served.world(1).runs if run.yaml == "ci")
    answer = requests.get(
        f"{DEVOPS}/{run.id}/artifacts?artifactName=model&$format=tar",
        auth=("", served.tenant.ids.azure_devops_pat),
        timeout=30,
    )
    assert (answer.status_code, answer.json()["typeKey"]) == (400, "InvalidArgumentValueException")


# --- GitHub ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["orgs/WireTests", "users/WireTests", "user"])
def test_an_account_shows_what_all_accounts_do(github: requests.Session, path: str) -> None:
    account = github.get(f"{GITHUB}/{path}", timeout=30).json()
    assert account["public_repos"] == 0  # the class's are private
    assert account["created_at"] < "2026"
    assert {account[name] for name in ("public_gists", "followers", "following")} == {0}


def test_an_account_counts_what_it_has_in_public(github: requests.Session) -> None:
    account = github.get(f"{GITHUB}/orgs/solliancenet", timeout=30).json()
    assert account["public_repos"] > 0


@pytest.mark.parametrize(
    ("form", "status"), [("full+json", 200), ("text+json", 200), ("diff", 415)]
)
def test_prose_in_full_means_nothing_to_a_file(
    github: requests.Session, form: str, status: int
) -> None:
    answer = github.get(
        f"{GITHUB}/repos/WireTests/mlops_01/contents/README.md",
        headers={"Accept": f"application/vnd.github.v3.{form}"},
        timeout=30,
    )
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("affiliations", "count"),
    [("[OWNER]", 35), ("[COLLABORATOR, OWNER]", 35), ("[COLLABORATOR]", 0), ("[]", 0)],
)
def test_repositories_are_their_owners(
    github: requests.Session, affiliations: str, count: int
) -> None:
    fields = f"repositories(first: 1, ownerAffiliations: {affiliations}) {{ totalCount }}"
    query = f'{{ organization(login: "WireTests") {{ {fields} }} }}'
    answer = github.post(f"{GITHUB}/graphql", json={"query": query}, timeout=30).json()
    assert answer["data"]["organization"]["repositories"]["totalCount"] == count

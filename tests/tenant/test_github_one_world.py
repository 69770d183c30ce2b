"""GitHub of the simulated tenant is one world: lists, links, REST and GraphQL never disagree."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from fixtures.simulator.world import LearnerWorld
from tests.support.served_tenant import ORGANIZATION, Served, serving, tenant_of

API = "https://api.github.com"
CI_YAML = ".pipelines/diabetes_regression-ci.yml"


def with_history(world: LearnerWorld) -> None:
    world.repositories[0].commits = ["c" * 40, "B" * 40, "a" * 40]
    world.repositories[0].texts[CI_YAML] = "stages: []\n"
    world.repositories[0].removed.append("LICENSE")
    world.repositories[0].branches |= {"try-out": ["d" * 40], "feature/älter": []}


def renamed(world: LearnerWorld) -> None:
    world.repositories[0].name = "Renamed"
    world.repositories[0].former_names = [f"{ORGANIZATION}/mlops_02", f"{ORGANIZATION}/mlops-2"]


def emptied(world: LearnerWorld) -> None:
    world.repositories[0].empty = world.repositories[0].archived = True
    world.repositories[0].template = None


def transferred(world: LearnerWorld) -> None:
    world.repositories[0].owner, world.repositories[0].private = "Learner-4", False
    world.repositories[0].former_names = [f"{ORGANIZATION}/mlops_04"]


def from_another_template(world: LearnerWorld) -> None:
    world.repositories[0].template = "microsoft/MLOpsPython"
    world.repositories[0].fork = True


CHANGES = {1: with_history, 2: renamed, 3: emptied, 4: transferred, 5: from_another_template}
NAMES = {
    1: f"{ORGANIZATION}/mlops_01",
    2: f"{ORGANIZATION}/Renamed",
    3: f"{ORGANIZATION}/mlops_03",
    4: "Learner-4/mlops_04",
    5: f"{ORGANIZATION}/mlops_05",
}
TEMPLATES = ("solliancenet/labs-ae-mlops-starter", "microsoft/MLOpsPython")

NOT_SERVED: Mapping[str, str] = {
    "people do not follow, star or watch each other in a lab": (
        "/users/_/followers /users/_/following /users/_/gists /users/_/starred /users/_/orgs"
        " /users/_/subscriptions /users/_/events /users/_/received_events"
        " stargazers subscribers subscription forks events notifications"
    ),
    "an organisation's own administration is not the lab's": (
        "/orgs/_/events /orgs/_/hooks /orgs/_/issues /orgs/_/members /orgs/_/public_members"
    ),
    "nobody plans, reviews or talks in a lab's repository": (
        "assignees collaborators comments contributors issues issues/comments issues/events"
        " labels milestones pulls teams"
    ),
    "a lab's repository is neither released nor run by GitHub": (
        "deployments downloads hooks keys languages releases statuses tags git/tags"
    ),
    "they are for writing, or need two ends": "merges compare/... archive",
    "an address is for one thing, and none is named": (
        "git/blobs git/commits git/refs git/trees statuses/"
    ),
}
"""Why the tenant does not serve what a body names -> paths below a repository, or whole ones."""


@dataclass
class Crawler:
    """Asks every address of ``api.github.com`` that an answer names, once."""

    served: Served
    session: requests.Session
    answers: dict[str, requests.Response] = field(default_factory=dict)

    def get(self, url: str) -> requests.Response:
        if url not in self.answers:
            answer = self.session.get(url, timeout=30, allow_redirects=False)
            self.answers[url] = answer
        return self.answers[url]

    def crawl(self, *paths: str) -> None:
        waiting = [API + path for path in paths]
        seen = set(waiting)
        while waiting:
            answer = self.get(waiting.pop())
            if answer.status_code == 200:
                named = {*_addresses(answer.json()), *(one["url"] for one in answer.links.values())}
                new = {url for url in named if not _why_not(url)} - seen
                seen |= new
                waiting += sorted(new)

    def query(self, text: str, **variables: object) -> Any:
        asked = {"query": text, "variables": variables}
        answer = self.session.post(f"{API}/graphql", json=asked, timeout=30).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


@pytest.fixture(scope="module")
def crawler() -> Iterator[Crawler]:
    with serving(tenant_of(5, CHANGES)) as served, requests.Session() as session:
        session.headers["Authorization"] = f"token {served.tenant.ids.github_token}"
        crawler = Crawler(served, session)
        crawler.crawl(
            "/user",
            f"/orgs/{ORGANIZATION}",
            f"/orgs/{ORGANIZATION}/repos?per_page=2",
            "/users/learner-4/repos?per_page=1",
            *(f"/repos/{name}" for name in NAMES.values()),
            *(f"/repos/{NAMES[1]}/branches/{name}" for name in ("main", "feature/älter")),
        )
        yield crawler


def _addresses(body: Any) -> Iterator[str]:
    """Every address of the API in a body, without the parts that a caller may add."""
    if isinstance(body, dict):
        for value in body.values():
            yield from _addresses(value)
    elif isinstance(body, list):
        for value in body:
            yield from _addresses(value)
    elif isinstance(body, str) and body.startswith(f"{API}/"):
        yield re.sub(r"\{[^}]*\}", "", body)


def _why_not(url: str) -> str:
    """The reason why an address is not served; empty where it is."""
    path = url.removeprefix(API)
    of_owner = re.sub(r"^/(users|orgs)/[^/]+", r"/\1/_", path)
    of_repository = re.sub(r"^/repos/[^/]+/[^/]+/?", "", path)
    if re.fullmatch(r"/repos/[^/]+/[^/]+/", path):
        of_repository = "archive"  # its form and its branch are for the caller to name
    for reason, paths in NOT_SERVED.items():
        if {of_owner, of_repository} & {*paths.split()}:
            return reason
    return ""


def test_every_address_that_an_answer_names_is_served(crawler: Crawler) -> None:
    no_content = re.compile(r"/mlops_03/(commits|git|contents)")
    refused = {
        url: answer.status_code
        for url, answer in crawler.answers.items()
        if answer.status_code != 200 and not no_content.search(url)
    }
    # a branch that is not protected has no protection to be shown
    assert {url for url in refused if not url.endswith("/protection")} == set()
    assert set(refused.values()) == {404}
    assert len(crawler.answers) > 200
    assert crawler.served.journal.unknown_routes == {}
    assert crawler.served.journal.unknown_parameters == {}
    assert crawler.served.journal.failures == {}


def test_every_reason_not_to_serve_is_needed(crawler: Crawler) -> None:
    bodies = [one.json() for one in crawler.answers.values() if one.status_code == 200]
    reasons = {_why_not(url) for body in bodies for url in _addresses(body)} - {""}
    assert reasons == {*NOT_SERVED}


def test_what_is_said_in_passing_is_said_at_the_address_too(crawler: Crawler) -> None:
    differences = []
    compared = 0
    for url, answer in list(crawler.answers.items()):
        if answer.status_code == 200:
            for thing in _things(answer.json()):
                whole = crawler.get(thing["url"])
                if whole.status_code == 200 and isinstance(whole.json(), dict):
                    compared += 1
                    differences += [f"{url}: {one}" for one in _differences(thing, whole.json())]
    assert differences == []
    assert compared > 500


def _things(body: Any) -> Iterator[dict[str, Any]]:
    if isinstance(body, dict):
        if str(body.get("url", "")).startswith(f"{API}/"):
            yield body
        for value in body.values():
            yield from _things(value)
    elif isinstance(body, list):
        for value in body:
            yield from _things(value)


def _differences(part: Any, whole: Any, where: str = "") -> Iterator[str]:
    """Where two answers about one thing differ, of what both say."""
    if isinstance(part, dict) and isinstance(whole, dict):
        for key in part.keys() & whole.keys():
            yield from _differences(part[key], whole[key], f"{where}.{key}")
    elif part != whole:
        yield f"{where}: {part!r} is not {whole!r}"


@pytest.mark.parametrize("number", NAMES)
def test_a_repository_is_the_same_by_name_and_by_number(crawler: Crawler, number: int) -> None:
    by_name = crawler.get(f"{API}/repos/{NAMES[number]}").json()
    for other in (NAMES[number].upper(), NAMES[number].lower()):
        assert crawler.get(f"{API}/repos/{other}").json() == by_name
    assert crawler.get(f"{API}/repositories/{by_name['id']}").json() == by_name
    listed = [
        one
        for owner in ("orgs/WireTests", "users/WIRETESTS", "users/learner-4")
        for one in crawler.get(f"{API}/{owner}/repos?per_page=100").json()
        if one["id"] == by_name["id"]
    ]
    assert len({one["node_id"] for one in listed}) == 1
    assert all(list(_differences(one, by_name)) == [] for one in listed)
    assert all("template_repository" not in one for one in listed)


# --- REST and GraphQL -----------------------------------------------------------------------------

_FACTS = """query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) {
  id databaseId name nameWithOwner url createdAt updatedAt pushedAt diskUsage isArchived isDisabled
  isEmpty isFork isPrivate isTemplate visibility owner { id login url __typename }
  templateRepository { nameWithOwner databaseId isTemplate } defaultBranchRef { name }
  refs(refPrefix: "refs/heads/", first: 100) { totalCount nodes { name target { oid id
    ... on Commit { message committedDate tree { oid } author { name email }
      history(first: 100) { nodes { oid id message committedDate tree { oid } } } } } } } } }"""


@pytest.mark.parametrize("full_name", [*NAMES.values(), *TEMPLATES])
def test_rest_and_graphql_say_the_same_of_a_repository(crawler: Crawler, full_name: str) -> None:
    owner, _, name = full_name.partition("/")
    rest = crawler.get(f"{API}/repos/{full_name}").json()
    graphql = crawler.query(_FACTS, owner=owner, name=name)["repository"]
    template = rest.get("template_repository")
    assert graphql["templateRepository"] == (
        template
        and {
            "nameWithOwner": template["full_name"],
            "databaseId": template["id"],
            "isTemplate": template["is_template"],
        }
    )
    assert graphql["owner"] == {
        "id": rest["owner"]["node_id"],
        "login": rest["owner"]["login"],
        "url": rest["owner"]["html_url"],
        "__typename": rest["owner"]["type"],
    }
    pairs = {
        "id": "node_id",
        "databaseId": "id",
        "name": "name",
        "nameWithOwner": "full_name",
        "url": "html_url",
        "createdAt": "created_at",
        "updatedAt": "updated_at",
        "pushedAt": "pushed_at",
        "diskUsage": "size",
        "isArchived": "archived",
        "isDisabled": "disabled",
        "isFork": "fork",
        "isPrivate": "private",
        "isTemplate": "is_template",
    }
    assert {one: graphql[one] for one in pairs} == {one: rest[two] for one, two in pairs.items()}
    assert graphql["visibility"].lower() == rest["visibility"]
    if graphql["isEmpty"]:
        assert graphql["defaultBranchRef"] is None
        assert crawler.get(f"{API}/repos/{full_name}/commits").status_code == 409
    else:
        assert graphql["defaultBranchRef"]["name"] == rest["default_branch"]


@pytest.mark.parametrize("full_name", [*NAMES.values(), *TEMPLATES])
def test_rest_and_graphql_have_the_same_branches_and_commits(
    crawler: Crawler, full_name: str
) -> None:
    owner, _, name = full_name.partition("/")
    base = f"{API}/repos/{full_name}"
    refs = crawler.query(_FACTS, owner=owner, name=name)["repository"]["refs"]
    branches = crawler.get(f"{base}/branches?per_page=100").json()
    assert [one["name"] for one in branches] == [one["name"] for one in refs["nodes"]]
    assert refs["totalCount"] == len(branches)
    for branch, ref in zip(branches, refs["nodes"], strict=True):
        assert branch["commit"]["sha"] == ref["target"]["oid"]
        reference = crawler.get(f"{base}/git/ref/heads/{ref['name']}").json()
        assert reference["object"]["sha"] == ref["target"]["oid"]
        listed = crawler.get(f"{base}/commits?sha={ref['name']}&per_page=100").json()
        assert [_as_graphql(one) for one in listed] == ref["target"]["history"]["nodes"]


def _as_graphql(commit: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "oid": commit["sha"],
        "id": commit["node_id"],
        "message": commit["commit"]["message"],
        "committedDate": commit["commit"]["committer"]["date"],
        "tree": {"oid": commit["commit"]["tree"]["sha"]},
    }


_TREE = """query($owner: String!, $name: String!, $at: String!) {
  repository(owner: $owner, name: $name) { object(expression: $at) { __typename oid
    ... on Tree { entries { name path type mode oid size
      object { ... on Blob { text byteSize } } } } } } }"""


@pytest.mark.parametrize("full_name", [NAMES[1], NAMES[2], TEMPLATES[1]])
def test_rest_and_graphql_have_the_same_files(crawler: Crawler, full_name: str) -> None:
    base = f"{API}/repos/{full_name}"
    for commit in crawler.get(f"{base}/commits").json():
        sha = commit["sha"]
        walked = dict(_walk(crawler, full_name, sha, ""))
        deep = crawler.get(f"{base}/git/trees/{sha}?recursive=1").json()
        assert deep["sha"] == commit["commit"]["tree"]["sha"]
        assert {one["path"]: one["sha"] for one in deep["tree"]} == {
            path: entry["oid"] for path, entry in walked.items()
        }
        assert {one["path"]: int(one["mode"], 8) for one in deep["tree"]} == {
            path: entry["mode"] for path, entry in walked.items()
        }
        file = crawler.get(f"{base}/contents/{CI_YAML}?ref={sha}").json()
        assert base64.b64decode(file["content"]).decode() == walked[CI_YAML]["object"]["text"]
        assert file["size"] == walked[CI_YAML]["size"] == walked[CI_YAML]["object"]["byteSize"]


def _walk(
    crawler: Crawler, full_name: str, sha: str, path: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    owner, _, name = full_name.partition("/")
    asked = {"owner": owner, "name": name, "at": f"{sha}:{path}"}
    listed = crawler.get(f"{API}/repos/{full_name}/contents/{path}?ref={sha}").json()
    entries = crawler.query(_TREE, **asked)["repository"]["object"]["entries"]
    assert [(one["path"], one["sha"]) for one in listed] == [
        (one["path"], one["oid"]) for one in entries
    ]
    for entry in entries:
        yield entry["path"], entry
        if entry["type"] == "tree":
            yield from _walk(crawler, full_name, sha, entry["path"])


# --- names that a repository had before -----------------------------------------------------------

_BY_NAME = """query($owner: String!, $name: String!, $follow: Boolean) {
  repository(owner: $owner, name: $name, followRenames: $follow) { nameWithOwner } }"""


@pytest.mark.parametrize(("former", "number"), [("mlops_02", 2), ("MLOPS-2", 2), ("mlops_04", 4)])
def test_a_former_name_leads_to_the_repository(crawler: Crawler, former: str, number: int) -> None:
    now = crawler.get(f"{API}/repos/{NAMES[number]}").json()
    answer = crawler.get(f"{API}/repos/{ORGANIZATION}/{former}")
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"{API}/repositories/{now['id']}" == answer.json()["url"]
    assert crawler.get(answer.headers["Location"]).json() == now
    below = crawler.get(f"{API}/repos/{ORGANIZATION}/{former}/commits?per_page=1")
    assert below.headers["Location"] == f"{API}/repositories/{now['id']}/commits?per_page=1"
    assert crawler.get(below.headers["Location"]).status_code == 200
    asked = {"owner": ORGANIZATION, "name": former}
    followed = crawler.query(_BY_NAME, **asked)["repository"]
    assert followed == {"nameWithOwner": NAMES[number]}
    assert followed == crawler.query(_BY_NAME, **asked, follow=True)["repository"]
    body = {"query": _BY_NAME, "variables": {**asked, "follow": False}}
    refused = crawler.session.post(f"{API}/graphql", json=body, timeout=30).json()
    assert refused["data"] == {"repository": None}
    assert refused["errors"][0]["type"] == "NOT_FOUND"


def test_a_name_that_somebody_else_has_now_leads_to_nobody_before() -> None:
    def takes_it(world: LearnerWorld) -> None:
        world.repositories[0].former_names = [f"{ORGANIZATION}/mlops_01"]

    with serving(tenant_of(2, {2: takes_it})) as served:
        headers = {"Authorization": f"token {served.tenant.ids.github_token}"}
        url = f"{API}/repos/{ORGANIZATION}/mlops_01"
        answer = requests.get(url, headers=headers, timeout=30, allow_redirects=False)
        assert (answer.status_code, answer.json()["name"]) == (200, "mlops_01")

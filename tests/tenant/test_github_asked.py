"""GitHub of the simulated tenant does what it is asked, or says that it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from fixtures.simulator.world import LearnerWorld
from tests.support.served_tenant import ORGANIZATION, Served, serving, tenant_of

API = "https://api.github.com"
REPOSITORY = f"/repos/{ORGANIZATION}/mlops_01"
COMMITS = [f"{number:040x}" for number in range(5, 0, -1)]
README = "README.md"


def with_history(world: LearnerWorld) -> None:
    world.repositories[0].commits = list(COMMITS)
    world.repositories[0].texts[README] = "Written anew\n"
    world.repositories[0].branches["try-out"] = ["b" * 40]


def public(world: LearnerWorld) -> None:
    world.repositories[0].private = False


def archived_fork(world: LearnerWorld) -> None:
    world.repositories[0].fork = world.repositories[0].archived = True


@dataclass(frozen=True)
class Asking:
    """A session with the grader's token."""

    served: Served
    session: requests.Session

    def get(self, path: str, **more: Any) -> requests.Response:
        url = path if path.startswith("https:") else API + path
        return self.session.get(url, **{"timeout": 30, "allow_redirects": False, **more})

    def query(self, text: str, **variables: object) -> dict[str, Any]:
        asked = {"query": text, "variables": variables}
        answer = self.session.post(f"{API}/graphql", json=asked, timeout=30)
        assert answer.status_code == 200
        return dict(answer.json())

    def shas(self, path: str, /, **params: object) -> list[str]:
        answer = self.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return [commit["sha"] for commit in answer.json()]


@pytest.fixture(scope="module")
def asking() -> Iterator[Asking]:
    changes = {1: with_history, 2: public, 3: archived_fork}
    with serving(tenant_of(4, changes)) as served, requests.Session() as session:
        session.headers["Authorization"] = f"token {served.tenant.ids.github_token}"
        yield Asking(served, session)


@pytest.fixture(autouse=True)
def unknown(asking: Asking) -> Iterator[Callable[[], list[str]]]:
    """The parameters that a test has asked and nobody read; the tenant itself never fails."""
    journal = asking.served.journal
    journal.unknown_parameters.clear()

    def told() -> list[str]:
        asking.get("/rate_limit")  # what was asked before has been noted when this is answered
        return sorted(journal.unknown_parameters)

    yield told
    assert journal.failures == {}


# --- parameters -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"per_page": 2}, [0, 1]),
        ({"per_page": 2, "page": 3}, [4]),
        ({"per_page": 2, "page": 4}, []),
        ({"sha": COMMITS[2]}, [2, 3, 4]),
        ({"SHA": "main"}, [0, 1, 2, 3, 4]),
        ({"since": "2026-11-20T12:42:00Z"}, [0, 1, 2]),
        ({"until": "2026-11-20T12:42:00Z"}, [2, 3, 4]),
        ({"until": "2026-11-20T13:42:00+01:00"}, [2, 3, 4]),
        ({"since": "2026-11-21"}, []),
        ({"path": README}, [0, 4]),
        ({"path": "data"}, [4]),
        ({"path": "nothing"}, []),
        ({"author": "learner@example.com"}, [0, 1, 2, 3, 4]),
        ({"author": "somebody"}, []),
        ({"committer": "somebody"}, []),
    ],
)
def test_a_list_of_commits_is_filtered(
    asking: Asking, unknown: Callable[[], list[str]], asked: Any, places: list[int]
) -> None:
    assert asking.shas(f"{REPOSITORY}/commits", **asked) == [COMMITS[place] for place in places]
    assert unknown() == []


def test_a_branch_has_its_own_commits(asking: Asking) -> None:
    assert asking.shas(f"{REPOSITORY}/commits", sha="try-out") == ["b" * 40, COMMITS[-1]]
    assert asking.shas(f"{REPOSITORY}/commits", sha="b" * 7) == ["b" * 40, COMMITS[-1]]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["mlops_01", "mlops_02", "mlops_03", "mlops_04"]),
        ({"type": "public"}, ["mlops_02"]),
        ({"type": "private", "per_page": 1}, ["mlops_01"]),
        ({"type": "forks"}, ["mlops_03"]),
        ({"sort": "full_name", "direction": "desc", "per_page": 2}, ["mlops_04", "mlops_03"]),
        ({"sort": "pushed", "per_page": 1}, ["mlops_01"]),
        ({"sort": "pushed", "direction": "asc", "per_page": 1}, ["mlops_02"]),
    ],
)
def test_a_list_of_repositories_is_filtered_and_sorted(
    asking: Asking, unknown: Callable[[], list[str]], asked: Any, names: list[str]
) -> None:
    answer = asking.get(f"/orgs/{ORGANIZATION}/repos", params=asked)
    assert [one["name"] for one in answer.json()] == names
    assert unknown() == []


def test_branches_can_be_protected_in_principle(asking: Asking) -> None:
    path = f"{REPOSITORY}/branches"
    assert [one["name"] for one in asking.get(path).json()] == ["main", "try-out"]
    assert asking.get(path, params={"protected": "true"}).json() == []
    assert asking.get(f"{path}/try-out").json()["commit"]["sha"] == "b" * 40
    answer = asking.get(f"{path}/main/protection")
    assert (answer.status_code, answer.json()["message"]) == (404, "Branch not protected")


@pytest.mark.parametrize(
    "path",
    [
        f"{REPOSITORY}/commits?per_page=many",
        f"{REPOSITORY}/commits?page=0",
        f"{REPOSITORY}/commits?since=yesterday",
        f"{REPOSITORY}/commits?until=2026-13-01",
        f"{REPOSITORY}/branches?protected=perhaps",
        f"/orgs/{ORGANIZATION}/repos?type=secret",
        f"/orgs/{ORGANIZATION}/repos?sort=size",
        f"/users/{ORGANIZATION}/repos?direction=up",
    ],
)
def test_a_value_that_cannot_be_understood_is_refused(asking: Asking, path: str) -> None:
    answer = asking.get(path)
    assert (answer.status_code, answer.json()["message"]) == (422, "Validation Failed")


@pytest.mark.parametrize(
    "path",
    [
        f"{REPOSITORY}?branch=main",
        f"{REPOSITORY}/commits?branch=main",
        f"{REPOSITORY}/contents?sha=main",
        f"{REPOSITORY}/git/trees/main?per_page=3",
        f"/orgs/{ORGANIZATION}/repos?visibility=public",
        "/rate_limit?resource=core",
    ],
)
def test_a_parameter_that_nobody_reads_is_told(
    asking: Asking, unknown: Callable[[], list[str]], path: str
) -> None:
    assert asking.get(path).status_code == 200
    (told,) = unknown()
    assert told.endswith(path.partition("?")[2].partition("=")[0])


def test_any_value_of_recursive_means_yes(asking: Asking) -> None:
    flat = asking.get(f"{REPOSITORY}/git/trees/main").json()["tree"]
    deep = asking.get(f"{REPOSITORY}/git/trees/main?recursive=false").json()["tree"]
    assert len(deep) > len(flat)
    assert asking.get(f"{REPOSITORY}/git/trees/main:data").json()["tree"] == [
        {**one, "path": one["path"].removeprefix("data/")}
        for one in deep
        if one["path"].startswith("data/")
    ]


# --- forms ----------------------------------------------------------------------------------------


def test_a_file_comes_raw_and_a_folder_as_an_object(asking: Asking) -> None:
    for accept in ("application/vnd.github.raw", "application/vnd.github.v3.raw+json"):
        raw = asking.get(f"{REPOSITORY}/contents/{README}", headers={"Accept": accept})
        assert raw.text == "Written anew\n"
        assert raw.headers["x-github-media-type"] == "github.v3; param=raw"
    blob = asking.get(f"{REPOSITORY}/contents/{README}").json()["git_url"]
    assert asking.get(blob, headers={"Accept": "application/vnd.github.raw"}).text == raw.text
    as_object = {"Accept": "application/vnd.github.object+json"}
    folder = asking.get(f"{REPOSITORY}/contents/data", headers=as_object).json()
    assert folder["type"] == "dir"
    assert folder["entries"] == asking.get(f"{REPOSITORY}/contents/data").json()


def test_a_commit_comes_as_a_diff(asking: Asking) -> None:
    def in_form(form: str) -> str:
        accept = {"Accept": f"application/vnd.github.{form}"}
        return asking.get(f"{REPOSITORY}/commits/main", headers=accept).text

    assert in_form("sha") == COMMITS[0]
    assert "+Written anew\n" in in_form("diff")
    assert in_form("diff") in in_form("patch")
    whole = asking.get(f"{REPOSITORY}/commits/main").json()
    assert [(one["filename"], one["status"]) for one in whole["files"]] == [(README, "modified")]
    assert whole["stats"] == {"total": 2, "additions": 1, "deletions": 1}
    first = asking.get(f"{REPOSITORY}/commits/{COMMITS[-1]}?per_page=3").json()
    assert [one["status"] for one in first["files"]] == ["added"] * 3


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        (REPOSITORY, "text/csv"),
        (REPOSITORY, "application/vnd.github.diff"),
        (f"{REPOSITORY}/contents/{README}", "application/vnd.github.html+json"),
        (f"{REPOSITORY}/commits/main", "application/vnd.github.raw"),
    ],
)
def test_a_form_that_is_not_there_is_refused(asking: Asking, path: str, accept: str) -> None:
    answer = asking.get(path, headers={"Accept": accept})
    assert answer.status_code == 415
    assert accept in answer.json()["message"]


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "text/csv, */*;q=0.1", "application/vnd.github+json"]
)
def test_json_is_accepted_under_many_names(asking: Asking, accept: str) -> None:
    answer = asking.get(REPOSITORY, headers={"Accept": accept})
    assert answer.json()["name"] == "mlops_01"
    assert answer.headers["x-github-media-type"] == "github.v3; format=json"


def test_versions_of_the_api(asking: Asking) -> None:
    def in_version(version: str, path: str = "/rate_limit") -> requests.Response:
        return asking.get(path, headers={"X-GitHub-Api-Version": version})

    assert "rate" in in_version("2022-11-28").json()
    assert "rate" not in in_version("2026-03-10").json()
    assert "has_downloads" not in in_version("2026-03-10", REPOSITORY).json()
    assert in_version("2026-03-10").headers["x-github-api-version-selected"] == "2026-03-10"
    assert in_version("2021-01-01").status_code == 400


# --- conditions, and what they cost ---------------------------------------------------------------


def used(answer: requests.Response) -> int:
    return int(answer.headers["x-ratelimit-used"])


@pytest.mark.parametrize("path", ["", "/commits", f"/contents/{README}", "/branches"])
def test_what_is_known_is_not_sent_again_and_costs_nothing(asking: Asking, path: str) -> None:
    before = asking.get(REPOSITORY + path)
    tag = before.headers["ETag"]
    again = asking.get(REPOSITORY + path, headers={"If-None-Match": f'"x", {tag}'})
    assert tag.startswith('W/"')
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert used(again) == used(before)
    other = asking.get(REPOSITORY + path, headers={"If-None-Match": 'W/"other"'})
    assert (other.status_code, used(other)) == (200, used(before) + 1)


def test_what_has_not_changed_since_is_not_sent_again(asking: Asking) -> None:
    when = asking.get(REPOSITORY).headers["Last-Modified"]
    assert when == "Fri, 20 Nov 2026 12:44:00 GMT"
    since = {"If-Modified-Since": when}
    assert asking.get(REPOSITORY, headers=since).status_code == 304
    before = {"If-Modified-Since": "Fri, 20 Nov 2026 12:43:00 GMT"}
    assert asking.get(REPOSITORY, headers=before).status_code == 200
    # a tag counts more than a date
    assert asking.get(REPOSITORY, headers={**since, "If-None-Match": '"x"'}).status_code == 200


def test_the_allowance_is_one_in_headers_rest_and_graphql(asking: Asking) -> None:
    core = used(asking.get(REPOSITORY))
    rate = asking.get("/rate_limit").json()
    assert rate["resources"]["core"]["used"] == rate["rate"]["used"] == core
    spent = asking.query("{ rateLimit { used remaining limit } }")["data"]["rateLimit"]
    assert asking.get("/rate_limit").json()["resources"]["graphql"]["used"] == spent["used"]
    assert spent["used"] + spent["remaining"] == spent["limit"] == 5000
    assert used(asking.get(REPOSITORY)) == core + 1


def test_a_head_has_the_headers_of_a_get_and_no_body(asking: Asking) -> None:
    head = asking.session.head(API + REPOSITORY, timeout=30)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == asking.get(REPOSITORY).headers["ETag"]


def test_two_slashes_in_a_path_are_as_one(asking: Asking) -> None:
    one = asking.get(f"{REPOSITORY}/contents/data/data_test.py").json()
    assert asking.get(f"{REPOSITORY}/contents//data//data_test.py").json() == one
    assert asking.get(f"{REPOSITORY}/contents/data/").status_code == 302


# --- GraphQL --------------------------------------------------------------------------------------

_HISTORY = """query($path: String, $since: GitTimestamp, $until: GitTimestamp,
  $author: CommitAuthor, $first: Int, $after: String, $last: Int, $before: String) {
  repository(owner: "WireTests", name: "mlops_01") { object(expression: "HEAD") { ... on Commit {
    history(path: $path, since: $since, until: $until, author: $author, first: $first,
      after: $after, last: $last, before: $before) {
      totalCount nodes { oid } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } }
  } } } }"""


def history(asking: Asking, **asked: object) -> dict[str, Any]:
    answer = asking.query(_HISTORY, **asked)
    assert "errors" not in answer
    return dict(answer["data"]["repository"]["object"]["history"])


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        ({"first": 2}, [0, 1]),
        ({"last": 2}, [3, 4]),
        ({"first": 9, "path": README}, [0, 4]),
        ({"first": 9, "since": "2026-11-20T12:42:00Z"}, [0, 1, 2]),
        ({"first": 9, "until": "2026-11-20T12:42:00Z"}, [2, 3, 4]),
        ({"first": 9, "author": {"emails": ["somebody@example.com"]}}, []),
        ({"first": 1, "author": {"emails": ["learner@example.com"]}}, [0]),
        ({"first": 9, "author": {"id": "U_x"}}, []),
    ],
)
def test_a_history_is_filtered_like_a_list(asking: Asking, asked: Any, places: list[int]) -> None:
    nodes = history(asking, **asked)["nodes"]
    assert [one["oid"] for one in nodes] == [COMMITS[place] for place in places]


def test_a_history_is_read_forwards_and_backwards(asking: Asking) -> None:
    first = history(asking, first=2)
    second = history(asking, first=2, after=first["pageInfo"]["endCursor"])
    assert [one["oid"] for one in second["nodes"]] == COMMITS[2:4]
    back = history(asking, last=1, before=second["pageInfo"]["startCursor"])
    assert [one["oid"] for one in back["nodes"]] == COMMITS[1:2]
    assert (back["pageInfo"]["hasNextPage"], back["pageInfo"]["hasPreviousPage"]) == (True, True)
    assert first["totalCount"] == back["totalCount"] == 5


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"first": 0}, "exceeds the `first` limit"),
        ({"last": 101}, "exceeds the `last` limit"),
        ({"first": 1, "last": 1}, "both `first` and `last`"),
        ({}, "You must provide a `first` or `last` value"),
        ({"first": 1, "after": "nonsense"}, "valid cursor"),
        ({"first": 1, "after": "Y3Vyc29yOnYyOi01"}, "valid cursor"),
        ({"first": "many"}, "$first"),
        ({"first": 1, "since": "yesterday"}, "`since`"),
        ({"first": 1, "author": {"login": "x"}}, "$author"),
    ],
)
def test_graphql_says_what_it_does_not_understand(asking: Asking, asked: Any, words: str) -> None:
    answer = asking.query(_HISTORY, **asked)
    assert words in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "Problems parsing JSON"),
        (b"[" * 100_000, 400, "Problems parsing JSON"),
        (b"[1]", 400, "Body should be a JSON object"),
        (b"{}", 200, "A query attribute must be specified"),
        (b'{"query": 7}', 200, "A query attribute must be specified"),
        (b'{"query": "{ viewer {"}', 200, "Parse error"),
        (b'{"query": "{ viewer { login } }", "variables": [1]}', 200, "Variables are invalid"),
        (b'{"query": "query A { viewer { login } }", "operationName": "B"}', 200, "B"),
        (b'{"query": "' + b"{a" * 5000 + b'"}', 200, "nested too deeply"),
    ],
    ids=range(9),
)
def test_a_body_that_is_no_query_is_refused(
    asking: Asking, body: bytes, status: int, words: str
) -> None:
    answer = asking.session.post(f"{API}/graphql", data=body, timeout=30)
    assert answer.status_code == status
    told = answer.json()
    assert words in (told["message"] if status == 400 else told["errors"][0]["message"])
    assert "data" not in told


def test_a_variable_that_the_query_has_no_use_for_is_told(
    asking: Asking, unknown: Callable[[], list[str]]
) -> None:
    text = "query($login: String!) { user(login: $login) { login } }"
    assert asking.query(text, login="lab-grader", logn="x")["data"]["user"] is not None
    (told,) = unknown()
    assert told == "POST api.github.com /graphql logn"


def test_repositories_are_ordered_and_filtered(asking: Asking) -> None:
    text = """query($order: RepositoryOrder, $fork: Boolean, $visibility: RepositoryVisibility) {
      organization(login: "wiretests") { login repositories(first: 2, orderBy: $order,
        isFork: $fork, visibility: $visibility) { nodes { name } } } }"""

    def names(**asked: object) -> list[str]:
        organization = asking.query(text, **asked)["data"]["organization"]
        assert organization["login"] == ORGANIZATION
        return [node["name"] for node in organization["repositories"]["nodes"]]

    assert names(order={"field": "NAME", "direction": "DESC"}) == ["mlops_04", "mlops_03"]
    assert names(order={"field": "PUSHED_AT", "direction": "DESC"})[0] == "mlops_01"
    assert names(fork=True) == ["mlops_03"]
    assert names(visibility="PUBLIC") == ["mlops_02"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{REPOSITORY}/commits/{'~' * 5000}x", 422),
        (f"{REPOSITORY}/commits/main~2", 200),
        (f"{REPOSITORY}/commits/main~99", 422),
        (f"{REPOSITORY}/commits/%00", 422),
        (f"{REPOSITORY}/commits?sha=%F0%9F%A6%86", 404),
        (f"{REPOSITORY}/git/trees/main:nothing", 404),
        (f"{REPOSITORY}/git/blobs/{'a' * 40}", 404),
        (f"{REPOSITORY}/git/commits/main", 404),
        (f"{REPOSITORY}/contents/data?ref=nowhere", 404),
        (f"{REPOSITORY}/branches/nowhere", 404),
        ("/repositories/99999999999999999999999", 404),
        ("/organizations/99999999999999999999999/repos", 404),
        (f"{REPOSITORY}/commits?per_page=99999999999999999999", 422),
        (f"{REPOSITORY}/commits?per_page=%D9%A3", 422),
    ],
    ids=range(14),
)
def test_what_leads_nowhere_is_refused_and_breaks_nothing(
    asking: Asking, path: str, status: int
) -> None:
    answer = asking.get(path)
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["status"] == str(status)

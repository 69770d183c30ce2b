"""GitHub of the simulated tenant, asked by PyGithub and by plain requests through the proxy."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import yaml
from github import Auth, Github, UnknownObjectException

from fixtures.simulator import template
from fixtures.simulator.git_objects import Blob, Tree, content_of
from fixtures.simulator.process import SimulatedTenant
from fixtures.simulator.world import Repository
from graders.lab import SHEET
from tests.support.simulated_class import OWNER, session_with, write_cohort

API = "https://api.github.com"
REPOSITORY = f"{OWNER}/mlops_01"
TEMPLATE = "solliancenet/labs-ae-mlops-starter"
CI_YAML = ".pipelines/diabetes_regression-ci.yml"
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""git's own well-known id of a tree without entries."""


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedTenant]:
    with SimulatedTenant(write_cohort(tmp_path_factory.mktemp("cohort"))) as tenant:
        with session_with(tenant) as session:
            session.get(f"{API}/rate_limit")  # the one that is throttled
        yield tenant


@pytest.fixture
def anonymous(tenant: SimulatedTenant) -> Iterator[requests.Session]:
    with session_with(tenant) as session:
        yield session


@pytest.fixture
def session(tenant: SimulatedTenant) -> Iterator[requests.Session]:
    with session_with(tenant) as session:
        session.headers["Authorization"] = f"token {tenant.credentials['github_token']}"
        yield session


@pytest.fixture
def github(tenant: SimulatedTenant, monkeypatch: pytest.MonkeyPatch) -> Iterator[Github]:
    """PyGithub with nothing but the environment to tell it where GitHub is."""
    for name, value in tenant.environment().items():
        monkeypatch.setenv(name, value)
    auth = Auth.Token(tenant.credentials["github_token"])
    pace = {"seconds_between_requests": None, "seconds_between_writes": None}
    with Github(auth=auth, per_page=2, **pace) as client:  # type: ignore[arg-type]
        yield client


def query(session: requests.Session, text: str, **variables: object) -> dict[str, Any]:
    answer = session.post(f"{API}/graphql", json={"query": text, "variables": variables})
    assert answer.status_code == 200
    return dict(answer.json())


# --- REST -----------------------------------------------------------------------------------------


def test_a_repository_says_where_it_came_from(github: Github) -> None:
    repository = github.get_repo(REPOSITORY.upper())
    assert repository.full_name == REPOSITORY
    assert (repository.private, repository.fork, repository.archived) == (True, False, False)
    assert repository.template_repository.full_name == TEMPLATE
    assert repository.get_branch("main").commit.sha == repository.get_commits()[0].sha


def test_an_unmodified_copy_has_the_templates_tree_and_every_essential_file(
    github: Github,
) -> None:
    tree = github.get_repo(REPOSITORY).get_git_tree("main", recursive=True)
    assert tree.sha == SHEET.template.tree
    assert set(SHEET.essential_files) <= {entry.path for entry in tree.tree if entry.type == "blob"}
    ids = {entry.path: entry.sha for entry in tree.tree}
    assert ids[CI_YAML] == "5a539af01e681c4ccc58d3e0c78d864e560f2b6d"


def test_paths_keep_their_case(github: Github) -> None:
    repository = github.get_repo(REPOSITORY)
    assert repository.get_contents("README.md").name == "README.md"  # type: ignore[union-attr]
    with pytest.raises(UnknownObjectException):
        repository.get_contents("readme.md")


def test_a_file_is_the_same_over_rest_and_graphql(
    github: Github, session: requests.Session
) -> None:
    text = github.get_repo(REPOSITORY).get_contents(CI_YAML).decoded_content  # type: ignore[union-attr]
    asked = 'query($p: String!) {repository(owner: "%s", name: "mlops_01") '
    asked = asked % OWNER + "{object(expression: $p) {... on Blob {text byteSize}}}}"
    blob = query(session, asked, p=f"main:{CI_YAML}")["data"]["repository"]["object"]
    assert blob == {"text": text.decode(), "byteSize": len(text)}


def test_an_organisation_lists_its_repositories_in_pages(github: Github) -> None:
    repositories = list(github.get_organization(OWNER).get_repos())
    assert [repository.name for repository in repositories] == ["mlops_01", "mlops_02", "mlops_12"]
    assert not [
        repository for repository in repositories if "template_repository" in repository._rawData
    ]


def test_links_between_pages_go_by_number(session: requests.Session) -> None:
    first = session.get(f"{API}/orgs/{OWNER}/repos", params={"per_page": 2})
    assert set(first.links) == {"next", "last"}
    assert "/organizations/" in first.links["next"]["url"]
    second = session.get(first.links["next"]["url"])
    assert [repository["name"] for repository in second.json()] == ["mlops_12"]
    assert set(second.links) == {"prev", "first"}


@pytest.mark.parametrize(
    "path",
    [
        f"/repos/{OWNER}/mlops_99",
        "/repos/nobody/mlops_01",
        "/orgs/nobody/repos",
        "/repositories/1",
        f"/repos/{REPOSITORY}/branches/develop",
        f"/repos/{REPOSITORY}/contents/nothing.yml",
    ],
)
def test_what_is_not_there_is_not_found(session: requests.Session, path: str) -> None:
    answer = session.get(API + path)
    assert (answer.status_code, answer.json()["status"]) == (404, "404")


def test_without_a_token_only_public_repositories_exist(anonymous: requests.Session) -> None:
    assert anonymous.get(f"{API}/repos/{REPOSITORY}").status_code == 404
    assert anonymous.get(f"{API}/repos/{TEMPLATE}").json()["is_template"] is True


@pytest.mark.parametrize("path", [f"/repos/{REPOSITORY}", f"/orgs/{OWNER}/repos", "/user"])
def test_a_wrong_token_is_a_bad_credential(anonymous: requests.Session, path: str) -> None:
    answer = anonymous.get(API + path, headers={"Authorization": "Bearer wrong"})
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")


# --- GraphQL --------------------------------------------------------------------------------------

BATCH = """
query Q($there: String!, $gone: String!) {
  rateLimit { cost nodeCount limit remaining used resetAt }
  r0: repository(owner: "lab-owner", name: $there, followRenames: false) { ...R }
  r1: repository(owner: "lab-owner", name: $gone, followRenames: false) { ...R }
}
fragment R on Repository {
  databaseId nameWithOwner createdAt pushedAt isFork isArchived isDisabled isPrivate isEmpty
  templateRepository { nameWithOwner }
  defaultBranchRef { name target { oid ... on Commit {
    committedDate tree { oid } history(first: 1) { totalCount nodes { oid } } } } }
  pipelines: object(expression: "HEAD:.pipelines") {
    __typename ... on Tree { entries { name oid type mode size } } }
  nothing: object(expression: "HEAD:nothing") { __typename }
  root: object(expression: "HEAD:") { __typename oid }
}
"""


def test_a_batch_answers_what_it_can(session: requests.Session) -> None:
    answer = query(session, BATCH, there="MLOPS_01", gone="mlops_99")
    repository = answer["data"]["r0"]
    assert answer["data"]["r1"] is None
    assert [(e["type"], e["path"]) for e in answer["errors"]] == [("NOT_FOUND", ["r1"])]
    assert repository["nameWithOwner"] == REPOSITORY
    assert repository["templateRepository"] == {"nameWithOwner": TEMPLATE}
    assert repository["root"] == {"__typename": "Tree", "oid": SHEET.template.tree}
    assert repository["defaultBranchRef"]["target"]["tree"] == {"oid": SHEET.template.tree}
    assert repository["nothing"] is None
    entries = {entry["name"]: entry for entry in repository["pipelines"]["entries"]}
    assert entries["diabetes_regression-ci.yml"]["mode"] == 0o100644


def test_a_field_github_does_not_have_is_refused(session: requests.Session) -> None:
    answer = query(session, '{ repository(owner: "a", name: "b") { template { name } } }')
    assert "template" in answer["errors"][0]["message"]
    assert "data" not in answer


def test_a_mutation_is_a_violation(tenant: SimulatedTenant, session: requests.Session) -> None:
    text = 'mutation { archiveRepository(input: {repositoryId: "canary"}) { clientMutationId } }'
    assert query(session, text)["errors"][0]["type"] == "FORBIDDEN"
    assert tenant.requests()["violations"] == ["POST api.github.com/graphql"]


def test_graphql_pages_by_cursor_and_insists_on_a_bound(session: requests.Session) -> None:
    text = """query($after: String) { organization(login: "LAB-OWNER") {
      viewerIsAMember viewerCanAdminister
      repositories(first: 2, after: $after, orderBy: {field: NAME, direction: ASC}) {
        totalCount pageInfo { hasNextPage endCursor } nodes { name } } } }"""
    first = query(session, text)["data"]["organization"]["repositories"]
    after = first["pageInfo"]["endCursor"]
    second = query(session, text, after=after)["data"]["organization"]["repositories"]
    names = [node["name"] for part in (first, second) for node in part["nodes"]]
    assert names == ["mlops_01", "mlops_02", "mlops_12"]
    assert [part["pageInfo"]["hasNextPage"] for part in (first, second)] == [True, False]
    unbounded = query(session, text.replace("first: 2, ", ""))
    assert unbounded["errors"][0]["type"] == "MISSING_PAGINATION_BOUNDARIES"


def test_graphql_needs_a_token(anonymous: requests.Session) -> None:
    answer = anonymous.post(f"{API}/graphql", json={"query": "{ viewer { login } }"})
    assert answer.status_code == 401


# --- git ------------------------------------------------------------------------------------------


def tree_of(**changes: Any) -> Tree:
    head = content_of(Repository("o", "r", **changes)).head
    assert head is not None
    return head.tree


def test_ids_are_gits_own() -> None:
    everything = [path.partition("/")[0] for path in template.texts(SHEET)]
    assert template.blob_id("hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert tree_of(removed=everything).oid == EMPTY_TREE
    one_file = tree_of(removed=everything, texts={"a.txt": "hello\n"})
    entry = b"100644 a.txt\0" + bytes.fromhex(template.blob_id("hello\n"))
    expected = hashlib.sha1(b"tree %d\0" % len(entry) + entry, usedforsecurity=False)
    assert one_file.oid == expected.hexdigest()


def test_folders_are_ordered_as_git_orders_them() -> None:
    everything = [path.partition("/")[0] for path in template.texts(SHEET)]
    tree = tree_of(removed=everything, texts={"a/b": "", "a.txt": "", "a0": ""})
    assert list(tree.entries) == ["a.txt", "a", "a0"]
    assert tree.oid == "99e132b2b476988064f1327a26c111cc95316150"  # as `git write-tree` says


def test_a_changed_file_changes_its_folders_and_nothing_else() -> None:
    same, changed = tree_of(), tree_of(texts={CI_YAML: "stages: []\n"})
    assert same.oid == SHEET.template.tree
    assert same.oid != changed.oid
    files = {path: node.oid for path, node in changed.walk() if isinstance(node, Blob)}
    before = {path: node.oid for path, node in same.walk() if isinstance(node, Blob)}
    assert {path for path in files if files[path] != before[path]} == {CI_YAML}
    assert changed.entries["data"].oid == same.entries["data"].oid
    assert changed.entries[".pipelines"].oid != same.entries[".pipelines"].oid


def test_writing_the_same_text_again_changes_nothing() -> None:
    same = tree_of(texts={CI_YAML: template.texts(SHEET)[CI_YAML]})
    assert same.find(CI_YAML) == tree_of().find(CI_YAML)
    assert same.oid == SHEET.template.tree


def test_an_empty_repository_has_no_commits() -> None:
    assert content_of(Repository("o", "r", empty=True)).head is None


def test_the_first_commit_keeps_the_templates_tree() -> None:
    commits = ["a" * 40, "b" * 40]
    content = content_of(Repository("o", "r", commits=commits, removed=["LICENSE"]))
    assert [commit.oid for commit in content.commits] == commits
    assert [commit.tree.oid == SHEET.template.tree for commit in content.commits] == [False, True]
    assert content.commit("b" * 7) is content.commits[1]


def test_the_simulated_pipelines_are_yaml() -> None:
    for text in map(template.texts(SHEET).get, SHEET.yaml_files):
        assert isinstance(yaml.safe_load(text), dict)

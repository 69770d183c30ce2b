"""Who may see what on GitHub of the simulated tenant: kinds of tokens, and graders with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import requests

from fixtures.simulator.github_access import CLASSIC, FINE_GRAINED, INSTALLATION, GitHubAccess
from fixtures.simulator.world import LearnerWorld, Tenant
from graders.evidence import Unavailable
from graders.services.github.repositories import GitHub
from graders.services.http.transport import ReadOnlyTransport
from tests.support.served_tenant import ORGANIZATION, lab, serving, tenant_of
from tests.tenant.test_graders_on_github import signed_in

API = "https://api.github.com"
PRIVATE = f"/repos/{ORGANIZATION}/mlops_01"
PUBLIC = f"/repos/{ORGANIZATION}/mlops_02"
TEMPLATE = "/repos/solliancenet/labs-ae-mlops-starter"
NAMES = """{ organization(login: "WireTests") { viewerIsAMember viewerCanAdminister
  repositories(first: 9) { totalCount nodes { name } } }
  private: repository(owner: "WireTests", name: "mlops_01") { name } }"""


def public(world: LearnerWorld) -> None:
    world.repositories[0].private = False


def not_given(world: LearnerWorld) -> None:
    world.repositories[0].visible = False


def deleted(world: LearnerWorld) -> None:
    world.repositories.clear()


def own_account(world: LearnerWorld) -> None:
    world.repositories[0].owner = "learner-4"


@contextmanager
def asking(access: GitHubAccess, **changes: object) -> Iterator[tuple[Tenant, requests.Session]]:
    usual = {2: public, 4: own_account} | {int(key[1:]): made for key, made in changes.items()}
    plain = tenant_of(4, usual)  # type: ignore[arg-type]
    tenant = Tenant(plain.labs.values(), plain._changes, github=access)
    with serving(tenant), requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {tenant.ids.github_token}"
        yield tenant, session


def statuses(session: requests.Session, *paths: str) -> list[int]:
    return [session.get(API + path, timeout=30).status_code for path in paths]


def listed(session: requests.Session) -> list[str]:
    """Names in the lists of REST and of GraphQL, which agree."""
    rest = session.get(f"{API}/orgs/{ORGANIZATION}/repos", timeout=30).json()
    answer = session.post(f"{API}/graphql", json={"query": NAMES}, timeout=30).json()
    graphql = answer["data"]["organization"]["repositories"]
    names = [one["name"] for one in rest]
    assert names == [one["name"] for one in graphql["nodes"]]
    assert graphql["totalCount"] == len(names)
    assert (answer["data"]["private"] is not None) == ("mlops_01" in names)
    return names


def test_the_usual_token_sees_the_class_and_nothing_private_of_others() -> None:
    with asking(GitHubAccess()) as (tenant, session):
        assert listed(session) == ["mlops_01", "mlops_02", "mlops_03"]
        own = "/repos/learner-4/mlops_04"
        assert statuses(session, PRIVATE, PUBLIC, TEMPLATE, own) == [200, 200, 200, 404]
        headers = session.get(f"{API}{PRIVATE}/commits", timeout=30).headers
        assert "x-oauth-scopes" not in headers
        assert headers["x-accepted-github-permissions"] == "contents=read"
        assert headers["github-authentication-token-expiration"].endswith(" UTC")
        assert session.get(f"{API}/user", timeout=30).json()["login"] == "lab-grader"
        assert statuses(session, "/installation/repositories") == [403]
        assert tenant.ids.github_token.startswith("github_pat_")


def test_a_token_that_waits_for_approval_sees_what_is_public() -> None:
    with asking(GitHubAccess(approved=False)) as (_, session):
        assert listed(session) == ["mlops_02"]
        assert statuses(session, PRIVATE, PUBLIC, TEMPLATE) == [404, 200, 200]


@pytest.mark.parametrize(
    ("scopes", "names"),
    [
        (("repo",), ["mlops_01", "mlops_02", "mlops_03"]),
        (("public_repo", "read:org"), ["mlops_02"]),
    ],
)
def test_a_classic_token_tells_its_scopes(scopes: tuple[str, ...], names: list[str]) -> None:
    with asking(GitHubAccess(CLASSIC, scopes, expires_in=None)) as (tenant, session):
        assert listed(session) == names
        headers = session.get(API + PUBLIC, timeout=30).headers
        assert headers["x-oauth-scopes"] == ", ".join(scopes)
        assert "x-accepted-github-permissions" not in headers
        assert "github-authentication-token-expiration" not in headers
        assert tenant.ids.github_token.startswith("ghp_")


def test_an_installation_has_what_was_selected_and_no_account() -> None:
    selected = [f"{ORGANIZATION}/MLOps_03"]
    with asking(GitHubAccess(INSTALLATION, selected=selected)) as (tenant, session):
        assert listed(session) == ["mlops_02", "mlops_03"]
        installed = session.get(f"{API}/installation/repositories?per_page=1", timeout=30)
        assert installed.json()["repository_selection"] == "selected"
        assert installed.json()["total_count"] == 2
        assert set(installed.links) == {"next", "last"}
        assert statuses(session, "/user") == [403]
        answer = session.post(f"{API}/graphql", json={"query": NAMES}, timeout=30).json()
        assert answer["data"]["organization"]["viewerIsAMember"] is False
        assert tenant.ids.github_token.startswith("ghs_")
    with asking(GitHubAccess(INSTALLATION)) as (_, session):
        every = session.get(f"{API}/installation/repositories", timeout=30).json()
        assert (every["repository_selection"], every["total_count"]) == ("all", 3)


def test_a_repository_that_was_not_given_is_silently_missing() -> None:
    with asking(GitHubAccess(INSTALLATION), _3=not_given) as (_, session):
        assert listed(session) == ["mlops_01", "mlops_02"]
        assert statuses(session, f"/repos/{ORGANIZATION}/mlops_03") == [404]
        installed = session.get(f"{API}/installation/repositories", timeout=30).json()
        assert installed["repository_selection"] == "selected"


@pytest.mark.parametrize("kind", [CLASSIC, FINE_GRAINED])
def test_a_token_that_has_expired_is_a_bad_credential(kind: str) -> None:
    with asking(GitHubAccess(kind, expires_in=timedelta(seconds=-1))) as (_, session):
        assert statuses(session, PUBLIC, "/user", "/rate_limit") == [401, 401, 401]
        assert session.post(f"{API}/graphql", json={"query": NAMES}, timeout=30).status_code == 401


def test_without_a_token_lists_are_of_what_is_public() -> None:
    with asking(GitHubAccess()) as (_, session):
        del session.headers["Authorization"]
        rest = session.get(f"{API}/orgs/{ORGANIZATION}/repos", timeout=30)
        assert [one["name"] for one in rest.json()] == ["mlops_02"]
        assert rest.headers["x-ratelimit-limit"] == "60"
        assert statuses(session, PRIVATE, "/user") == [404, 401]


def test_people_are_no_organisations() -> None:
    with asking(GitHubAccess()) as (_, session):
        assert statuses(session, "/orgs/learner-4", "/users/learner-4") == [404, 200]
        user = session.get(f"{API}/users/learner-4", timeout=30).json()
        assert (user["type"], user["node_id"][0]) == ("User", "U")
        text = """{ user(login: "learner-4") { id login } organization(login: "learner-4") { id }
          repositoryOwner(login: "learner-4") { __typename id } }"""
        answer = session.post(f"{API}/graphql", json={"query": text}, timeout=30).json()
        assert answer["data"]["user"]["id"] == user["node_id"]
        assert answer["data"]["organization"] is None
        assert answer["data"]["repositoryOwner"] == {"__typename": "User", "id": user["node_id"]}


@pytest.mark.parametrize(
    "access",
    [
        GitHubAccess(approved=False),
        GitHubAccess(CLASSIC, ("public_repo",)),
        GitHubAccess(CLASSIC, ("public_repo",), role="owner"),
        GitHubAccess(INSTALLATION, selected=()),
        GitHubAccess(approved=False, role="owner"),
        GitHubAccess(INSTALLATION, selected=[f"{ORGANIZATION}/mlops_03"]),
    ],
    ids=[
        "not approved",
        "public only",
        "public only of an owner",
        "nothing selected",
        "not approved, of an owner",
        "app for some",
    ],
)
def test_what_the_token_may_not_see_is_not_missing_to_the_graders(access: GitHubAccess) -> None:
    with asking(access) as (tenant, _), ReadOnlyTransport():
        token = signed_in(tenant.ids.github_token)
        shown = GitHub(token).look_at([lab(1), lab(3)])  # type: ignore[arg-type]
        assert isinstance(shown["learner-1"][0].repositories, Unavailable)


@pytest.mark.parametrize(
    ("access", "is_certain"),
    [
        (GitHubAccess(CLASSIC, ("repo",), role="owner"), True),
        (GitHubAccess(INSTALLATION), True),
        (GitHubAccess(CLASSIC, ("repo",)), False),
        (GitHubAccess(FINE_GRAINED), False),
        (GitHubAccess(FINE_GRAINED, role="owner"), False),
        (GitHubAccess(FINE_GRAINED, selected=[f"{ORGANIZATION}/mlops_03"]), False),
    ],
    ids=["owner", "app for all", "member", "fine-grained", "fine-grained owner", "token for some"],
)
def test_whether_the_graders_are_certain_that_a_repository_is_missing(
    access: GitHubAccess, is_certain: bool
) -> None:
    """Nobody can ask what a fine-grained token, or a member, was not given."""
    with asking(access, _1=deleted) as (tenant, _), ReadOnlyTransport():
        token = signed_in(tenant.ids.github_token)
        shown = GitHub(token).look_at([lab(1), lab(3)])  # type: ignore[arg-type]
        missing, seen = shown["learner-1"][0], shown["learner-3"][0]
        assert (missing.repositories, missing.repository_absence_is_certain) == ((), is_certain)
        assert seen.repositories


@pytest.mark.parametrize("owner", [ORGANIZATION, "learner-1"])
def test_github_redirects_to_what_has_moved_where_the_token_sees_it(owner: str) -> None:
    def move(world: LearnerWorld) -> None:
        repository = world.repositories[0]
        repository.former_names = [f"{ORGANIZATION}/mlops_01"]
        repository.owner, repository.name = owner, "done"

    with asking(GitHubAccess(), _1=move) as (tenant, _), ReadOnlyTransport():
        github, sightings = GitHub(signed_in(tenant.ids.github_token)), []  # type: ignore[arg-type, var-annotated]
        assert github.has_moved(lab(1), sightings) is (owner == ORGANIZATION)
        assert not github.has_moved(lab(3), sightings)
        assert sightings[-1].what == f"what became of {ORGANIZATION}/mlops_03"

"""github3.py and PyGithub, as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from fixtures.simulator.process import SimulatedTenant
from tests.clients.truth import Truth

THREE, PY = "github3.py", "PyGithub"


@pytest.fixture(scope="module")
def repositories(
    environment: Mapping[str, str], tenant: SimulatedTenant, truth: Truth
) -> Iterator[Mapping[str, Any]]:
    """Client -> how it signs in, its organisation, and its view of the repository."""
    token = tenant.credentials["github_token"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield {"token": token, "owner": truth.lab.github_owner, "name": truth.lab.repositories[0]}


class Three:
    """github3.py."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        github3 = pytest.importorskip("github3", reason="make clients installs it")

        self.signed_in = github3.login(token=given["token"])
        self.organization = self.signed_in.organization(given["owner"])
        self.repository = self.signed_in.repository(given["owner"], given["name"])


class Py:
    """PyGithub."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        import github

        self.signed_in = github.Github(auth=github.Auth.Token(given["token"]), per_page=50)
        self.organization = self.signed_in.get_organization(given["owner"])
        self.repository = self.signed_in.get_repo(f"{given['owner']}/{given['name']}")


@pytest.fixture(scope="module")
def clients(repositories: Mapping[str, Any]) -> Mapping[str, Any]:
    return {THREE: Three(repositories), PY: Py(repositories)}


Ask = Callable[[Any, Truth], object]


def _shown(found: Any) -> list[Any]:
    return [found.full_name, found.private, found.fork, found.default_branch]


def _files(tree: Any) -> list[str]:
    return sorted(entry.path for entry in tree if entry.type == "blob")


CALLS: Mapping[tuple[str, str], tuple[str, Ask]] = MappingProxyType(
    {
        (THREE, "organization.repositories"): (
            "repositories",
            lambda c, _: sorted(r.name for r in c.organization.repositories()),
        ),
        (THREE, "repository"): ("repository", lambda c, _: _shown(c.repository)),
        (THREE, "repository.commits"): (
            "commits",
            lambda c, _: [commit.sha for commit in c.repository.commits()],
        ),
        (THREE, "repository.commit"): (
            "commit",
            lambda c, truth: c.repository.commit(truth.commit).sha,
        ),
        (THREE, "repository.branches"): (
            "branches",
            lambda c, _: [branch.name for branch in c.repository.branches()],
        ),
        (THREE, "repository.branch"): (
            "commit",
            lambda c, _: c.repository.branch("main").commit.sha,
        ),
        (THREE, "repository.file_contents"): (
            "file",
            lambda c, truth: c.repository.file_contents(truth.lab.ci_yaml).decoded.decode(),
        ),
        (THREE, "repository.directory_contents"): (
            "folder",
            lambda c, _: sorted(
                file.path for _, file in c.repository.directory_contents(".pipelines")
            ),
        ),
        (THREE, "repository.tree"): (
            "paths",
            lambda c, _: _files(c.repository.tree("main", recursive=True).tree),
        ),
        (THREE, "repository.ref"): (
            "commit",
            lambda c, _: c.repository.ref("heads/main").object.sha,
        ),
        (THREE, "repository.git_commit"): (
            "commit",
            lambda c, truth: c.repository.git_commit(truth.commit).sha,
        ),
        (PY, "Organization.get_repos"): (
            "repositories",
            lambda c, _: sorted(r.name for r in c.organization.get_repos()),
        ),
        (PY, "Github.get_repo"): ("repository", lambda c, _: _shown(c.repository)),
        (PY, "Repository.template_repository"): (
            "template",
            lambda c, _: c.repository.template_repository.full_name,
        ),
        (PY, "Repository.get_commits"): (
            "commits",
            lambda c, _: [commit.sha for commit in c.repository.get_commits()],
        ),
        (PY, "Repository.get_commit"): (
            "commit",
            lambda c, truth: c.repository.get_commit(truth.commit).sha,
        ),
        (PY, "Repository.get_branches"): (
            "branches",
            lambda c, _: [branch.name for branch in c.repository.get_branches()],
        ),
        (PY, "Repository.get_contents"): (
            "file",
            lambda c, truth: c.repository.get_contents(truth.lab.ci_yaml).decoded_content.decode(),
        ),
        (PY, "Repository.get_contents of a folder"): (
            "folder",
            lambda c, _: sorted(file.path for file in c.repository.get_contents(".pipelines")),
        ),
        (PY, "Repository.get_git_tree"): (
            "paths",
            lambda c, _: _files(c.repository.get_git_tree("main", recursive=True).tree),
        ),
        (PY, "Repository.get_git_ref"): (
            "commit",
            lambda c, _: c.repository.get_git_ref("heads/main").object.sha,
        ),
    }
)
WRITES: Mapping[tuple[str, str], Ask] = MappingProxyType(
    {
        (THREE, "repository.create_file"): lambda c, _: c.repository.create_file(
            "grade.txt", "Grade", b"100"
        ),
        (THREE, "repository.delete"): lambda c, _: c.repository.delete(),
        (PY, "Repository.create_file"): lambda c, _: c.repository.create_file(
            "grade.txt", "Grade", "100"
        ),
        (PY, "Repository.edit"): lambda c, _: c.repository.edit(archived=True),
    }
)


def _each(table: Mapping[tuple[str, str], object]) -> list[Any]:
    return [pytest.param(key, id=key[1], marks=pytest.mark.client(key[0])) for key in table]


@pytest.mark.parametrize("call", _each(CALLS))
def test_reading(call: tuple[str, str], clients: Mapping[str, Any], truth: Truth) -> None:
    topic, ask = CALLS[call]
    assert ask(clients[call[0]], truth) == truth.of(topic)


@pytest.mark.writes(1)
@pytest.mark.parametrize("call", _each(WRITES))
def test_writing_is_refused(
    call: tuple[str, str], clients: Mapping[str, Any], truth: Truth
) -> None:
    with pytest.raises(Exception, match="Resource not accessible by personal access token"):
        WRITES[call](clients[call[0]], truth)

"""GitHub's own command-line client, as it is."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from fixtures.simulator.process import SimulatedTenant
from tests.clients.record import UNPACKED
from tests.clients.truth import Truth

CLIENT = "gh"
GH = shutil.which("gh") or shutil.which("gh", path=str(UNPACKED))
pytestmark = pytest.mark.skipif(GH is None, reason="gh, GitHub's command-line client, is not here")

Run = Callable[..., subprocess.CompletedProcess[str]]
REPOSITORIES = """query ($owner: String!, $endCursor: String) {
  organization(login: $owner) {
    repositories(first: 50, after: $endCursor) {
      nodes { name }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""


@pytest.fixture(scope="module")
def run(environment: Mapping[str, str], tenant: SimulatedTenant) -> Run:
    """Runs gh; the token comes by the environment, as its manual has it."""
    token = {"GH_TOKEN": tenant.credentials["github_token"], "GH_PROMPT_DISABLED": "1"}

    def started(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(GH), *arguments],
            env={**environment, **token},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return started


class Gh:
    """What gh printed."""

    def __init__(self, run: Run, truth: Truth) -> None:
        self._run = run
        self.name = truth.world.repositories[0].full_name
        self.truth = truth

    def text(self, *arguments: str) -> str:
        done = self._run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def json(self, *arguments: str) -> Any:
        return json.loads(self.text(*arguments))

    def api(self, path: str, *more: str) -> Any:
        return self.json("api", f"repos/{self.name}{path}", *more)


@pytest.fixture
def gh(run: Run, truth: Truth) -> Gh:
    return Gh(run, truth)


def _list(gh: Gh) -> object:
    found = gh.json("repo", "list", gh.truth.lab.github_owner, "--json", "name", "--limit", "500")
    return sorted(repository["name"] for repository in found)


def _view(gh: Gh) -> object:
    fields = "nameWithOwner,isPrivate,isFork,defaultBranchRef"
    found = gh.json("repo", "view", gh.name, "--json", fields)
    facts = (found["nameWithOwner"], found["isPrivate"], found["isFork"])
    return [*facts, found["defaultBranchRef"]["name"]]


def _template(gh: Gh) -> object:
    found = gh.json("repo", "view", gh.name, "--json", "templateRepository")["templateRepository"]
    return f"{found['owner']['login']}/{found['name']}"


def _pages(gh: Gh) -> object:
    path = f"orgs/{gh.truth.lab.github_owner}/repos?per_page=50"
    return sorted(gh.text("api", "--paginate", path, "--jq", ".[].name").split())


def _graphql(gh: Gh) -> object:
    owner = f"owner={gh.truth.lab.github_owner}"
    query = ("-f", owner, "-f", f"query={REPOSITORIES}")
    names = ".data.organization.repositories.nodes[].name"
    return sorted(gh.text("api", "graphql", "--paginate", *query, "--jq", names).split())


def _repository(gh: Gh) -> object:
    found = gh.api("")
    return [found["full_name"], found["private"], found["fork"], found["default_branch"]]


def _file(gh: Gh) -> object:
    content = gh.api(f"/contents/{gh.truth.lab.ci_yaml}")["content"]
    return base64.b64decode(content).decode()


def _raw(gh: Gh) -> object:
    path = f"repos/{gh.name}/contents/{gh.truth.lab.ci_yaml}"
    return gh.text("api", path, "-H", "Accept: application/vnd.github.raw") + "\n"


def _tree(gh: Gh) -> object:
    tree = gh.api("/git/trees/main?recursive=1")["tree"]
    return sorted(entry["path"] for entry in tree if entry["type"] == "blob")


CALLS: Mapping[str, tuple[str, Callable[[Gh], object]]] = MappingProxyType(
    {
        "gh repo list": ("repositories", _list),
        "gh repo view": ("repository", _view),
        "gh repo view of the template": ("template", _template),
        "gh api repos": ("repository", _repository),
        "gh api orgs, all pages": ("repositories", _pages),
        "gh api graphql, all pages": ("repositories", _graphql),
        "gh api commits": (
            "commits",
            lambda gh: [commit["sha"] for commit in gh.api("/commits")],
        ),
        "gh api commit": ("commit", lambda gh: gh.api("/commits/main")["sha"]),
        "gh api branches": (
            "branches",
            lambda gh: [branch["name"] for branch in gh.api("/branches")],
        ),
        "gh api contents": ("file", _file),
        "gh api contents as they are": ("file", _raw),
        "gh api git/trees": ("paths", _tree),
    }
)
WRITES: Mapping[str, Callable[[str], tuple[str, ...]]] = MappingProxyType(
    {
        "gh api -X PATCH": lambda name: (
            "api", "-X", "PATCH", f"repos/{name}", "-F", "archived=true",
        ),
        "gh repo delete": lambda name: ("repo", "delete", name, "--confirm"),
    }
)  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_reading(call: str, gh: Gh, truth: Truth) -> None:
    topic, ask = CALLS[call]
    assert ask(gh) == truth.of(topic)


@pytest.mark.writes(1)
@pytest.mark.parametrize("call", WRITES)
def test_writing_is_refused(call: str, run: Run, gh: Gh) -> None:
    done = run(*WRITES[call](gh.name))
    assert done.returncode == 1
    assert "403" in done.stderr
    assert "Resource not accessible by personal access token" in done.stderr + done.stdout

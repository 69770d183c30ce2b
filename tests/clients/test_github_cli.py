"""GitHub's own command-line client, as it is, reads the repository."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from fixtures.simulator import template
from fixtures.simulator.process import SimulatedTenant
from fixtures.simulator.state import LearnerWorld
from graders.lab import SHEET, Lab

CLIENT = "gh"
GH = shutil.which("gh")
pytestmark = pytest.mark.skipif(GH is None, reason="gh, GitHub's command-line client, is not here")


@pytest.fixture(scope="module")
def gh(environment: Mapping[str, str], tenant: SimulatedTenant, lab: Lab) -> Any:
    """Runs gh and returns what it printed; the first call of all is throttled, as ever."""
    token = {"GH_TOKEN": tenant.credentials["github_token"], "GH_PROMPT_DISABLED": "1"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(GH), *arguments],
            env={**environment, **token},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    throttled = run("api", f"repos/{lab.github_owner}/{lab.repositories[0]}")
    assert "secondary rate limit" in throttled.stderr

    def printed(*arguments: str) -> str:
        done = run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return printed


def name_of(lab: Lab) -> str:
    return f"{lab.github_owner}/{lab.repositories[0]}"


def test_the_repository_through_the_rest_api(gh: Any, lab: Lab) -> None:
    assert gh("api", f"repos/{name_of(lab)}", "--jq", ".full_name") == name_of(lab)


def test_the_repository_through_graphql(gh: Any, lab: Lab) -> None:
    fields = "name,owner,isPrivate,isFork,defaultBranchRef,templateRepository"
    repository = json.loads(gh("repo", "view", name_of(lab), "--json", fields))
    owner, name = lab.templates[0].split("/")
    assert (repository["name"], repository["owner"]["login"]) == (
        lab.repositories[0],
        lab.github_owner,
    )
    assert (repository["isPrivate"], repository["isFork"]) == (True, False)
    assert repository["defaultBranchRef"]["name"] == "main"
    assert (
        repository["templateRepository"]["owner"]["login"],
        repository["templateRepository"]["name"],
    ) == (
        owner,
        name,
    )


def test_the_commits(gh: Any, lab: Lab, world: LearnerWorld) -> None:
    output = gh("api", f"repos/{name_of(lab)}/commits", "--jq", ".[].sha")
    assert output.split() == world.repositories[0].commits


def test_a_file(gh: Any, lab: Lab) -> None:
    content = gh("api", f"repos/{name_of(lab)}/contents/{lab.ci_yaml}", "--jq", ".content")
    assert base64.b64decode(content).decode() == template.texts(SHEET)[SHEET.ci.yaml]

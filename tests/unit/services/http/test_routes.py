"""The list of what may be asked: how a path is compared with it."""

from __future__ import annotations

import pytest

from graders.services.http import routes
from graders.services.http.routes import is_listed

DEVOPS, GITHUB, MANAGER, ACTIONS = (
    "Azure DevOps",
    "GitHub",
    "Azure Resource Manager",
    "GitHub Actions",
)


@pytest.fixture(autouse=True)
def _read_anew() -> None:
    """What is kept of an earlier test's call would hide a mutant."""
    routes._form.cache_clear()


@pytest.mark.parametrize(
    ("service", "method", "path", "listed"),
    [
        (DEVOPS, "GET", "/org/_apis/projects", True),
        (DEVOPS, "GET", "/ORG/_APIS/Projects", True),
        (DEVOPS, "POST", "/org/_apis/projects", False),
        (DEVOPS, "get", "/org/_apis/projects", False),
        (DEVOPS, "OPTIONS", "/org/_apis", True),
        (DEVOPS, "GET", "/org/_apis", False),
        (DEVOPS, "GET", "/org/x_apis/projects", False),
        (DEVOPS, "GET", "/org/_apis/projects/", False),
        (DEVOPS, "GET", "//_apis/projects", False),
        (DEVOPS, "GET", "/org/more/_apis/projects", False),
        (DEVOPS, "GET", "/org/p/_apis/build/builds/7/logs/3", True),
        (DEVOPS, "GET", "/org/p/_apis/build/builds/7//logs/3", False),
        (GITHUB, "GET", "/repos/o/n/contents/a/b/c.yml", True),
        (GITHUB, "GET", "/repos/o/n/contents/a", True),
        (GITHUB, "GET", "/repos/o/n/contents/", False),
        (GITHUB, "GET", "/repos/o/n/contents/a//b", False),
        (GITHUB, "GET", "/repos/o/n/commits/a/b", False),
        (GITHUB, "GET", "/graphqlx", False),
        ("Entra ID", "GET", "/t/v2.0/.well-known/openid-configuration", True),
        ("Entra ID", "GET", "/t/v2.0/xwell-known/openid-configuration", False),
        (MANAGER, "GET", "//subscriptions", True),
        (
            MANAGER,
            "GET",
            "/subscriptions/s///resourcegroups//g/providers/microsoft.authorization/permissions",
            True,
        ),
        (ACTIONS, "GET", "/a/b//idtoken", True),
        (ACTIONS, "GET", "/idtoken", False),
        ("another service", "GET", "/", False),
    ],
)
def test_what_is_asked_is_compared_with_the_list(
    service: str, method: str, path: str, listed: bool
) -> None:
    assert is_listed(service, method, path) is listed


@pytest.mark.parametrize("part", ["..", ".", "%2e", "a%2fb", "a%5Cb", "a\\b", "a%00", ".%2E"])
def test_no_part_may_be_taken_for_another_path(part: str) -> None:
    for path in (f"/repos/o/n/contents/{part}/b", f"/repos/o/n/contents/a/{part}"):
        assert not is_listed(GITHUB, "GET", path)
    assert is_listed(GITHUB, "GET", "/repos/o/n/contents/...")

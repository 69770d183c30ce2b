"""Who only grades installs what grading needs, in the versions that the tests ran with."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.support.paths import PROJECT

FACTS = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(lock: str) -> dict[str, str]:
    """Package -> its version, where it is for, and its hashes."""
    text = (PROJECT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)(\S*==(?:.*\\\n)+.*)", text, re.MULTILINE))


def names(requirements: list[str | dict[str, str]]) -> set[str]:
    return {
        re.split(r"[^\w-]", requirement)[0].lower()
        for requirement in requirements
        if isinstance(requirement, str)
    }


def test_what_is_graded_with_is_what_was_tested() -> None:
    assert pins("requirements.lock").items() < pins("requirements-dev.lock").items()


def test_who_only_grades_installs_no_tool_of_ours() -> None:
    tools = names(FACTS["dependency-groups"]["dev"])
    assert {"ruff", "mypy", "hypothesis", "playwright"} <= tools
    assert not tools & set(pins("requirements.lock"))


@pytest.mark.parametrize(
    ("lock", "group"),
    [
        ("requirements.lock", FACTS["project"]["dependencies"]),
        ("requirements.lock", FACTS["dependency-groups"]["build"]),
        ("requirements-dev.lock", FACTS["dependency-groups"]["dev"]),
        ("requirements-az.lock", FACTS["dependency-groups"]["az"]),
    ],
    ids=["dependencies", "build", "dev", "az"],
)
def test_every_requirement_is_pinned_with_hashes(
    lock: str, group: list[str | dict[str, str]]
) -> None:
    pinned = pins(lock)
    assert names(group) <= set(pinned)
    assert all("--hash=sha256:" in pin for pin in pinned.values())

"""The pipeline that runs this, by its environment: GitHub, Azure Pipelines, GitLab, or none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

_ADDRESS = re.compile(r"https://[\w.:~%/?=&-]+")


@dataclass(frozen=True)
class Pipeline:
    """The pipeline that a run is a step of."""

    service: Literal["github", "azure", "gitlab"]
    summary: Path | None = None
    """The file that GitHub shows as the step's summary; it may have earlier content."""
    address: str = ""
    """The page of this run of the pipeline, with its artifacts; empty where it is not known."""


def pipeline_of(environment: Mapping[str, str]) -> Pipeline | None:
    """The pipeline whose variables are set; None on a developer's machine."""
    if environment.get("GITHUB_ACTIONS", "").casefold() == "true":
        file = environment.get("GITHUB_STEP_SUMMARY", "")
        return Pipeline("github", Path(file) if file else None, _on_github(environment))
    if environment.get("TF_BUILD", "").casefold() in ("true", "1"):
        return Pipeline("azure", address=_on_azure(environment))
    if environment.get("GITLAB_CI", "").casefold() == "true":
        page = environment.get("CI_PIPELINE_URL", "")
        return Pipeline("gitlab", address=_whole(page, page))
    return None


def _on_github(environment: Mapping[str, str]) -> str:
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, run = (environment.get(name, "") for name in names)
    return _whole(f"{server}/{quote(repository)}/actions/runs/{quote(run)}", repository, run)


def _on_azure(environment: Mapping[str, str]) -> str:
    names = ("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID")
    collection, project, build = (environment.get(name, "") for name in names)
    page = f"{quote(project)}/_build/results?buildId={quote(build)}"
    return _whole(f"{collection.rstrip('/')}/{page}", project, build)


def _whole(address: str, *parts: str) -> str:
    return address if all(parts) and _ADDRESS.fullmatch(address) else ""

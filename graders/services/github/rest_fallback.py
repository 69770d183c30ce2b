"""One repository over GitHub's REST API: the slow way, for when GraphQL gives up on a query."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from github.Requester import Requester

from graders.evidence import Repository, ServiceName, Sighting, Unavailable
from graders.services.github.parsing import Found, Missing, Seen, cannot_tell, known
from graders.services.github.query import Asked, Places
from graders.services.http.triage import look


@dataclass(frozen=True)
class _Path:
    """A repository's place in the REST API, and where sightings of it go."""

    requester: Requester
    root: str
    sightings: list[Sighting]

    def get(self, rest: str = "") -> Any:
        """The JSON below the repository, or Unavailable."""
        address = f"{self.root}{rest}"
        return look(
            ServiceName.GITHUB,
            "repository",
            lambda: self.requester.requestJsonAndCheck("GET", address)[1],
            self.sightings,
        )


def look_at(requester: Requester, asked: Asked, places: Places, sightings: list[Sighting]) -> Found:
    """Read one repository; a 404 of the repository itself makes it Missing.

    Source: https://docs.github.com/en/rest/repos/repos#get-a-repository
    """
    path = _Path(requester, f"/repos/{quote(asked.owner)}/{quote(asked.name)}", sightings)
    answer = path.get()
    if isinstance(answer, Unavailable):
        return Missing(asked.name) if answer.status == 404 else answer
    subject = f"repository {asked.full_name}"
    try:
        if answer["full_name"].casefold() != asked.full_name.casefold():
            return cannot_tell(subject, "the answer is about another repository")
        contents = _contents(path, answer, places)
        if isinstance(contents, Unavailable):
            return contents
        result = Seen(_repository(answer, contents), bool(answer["private"]))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return cannot_tell(subject, "the answer is not complete")
    if result.repository.template == asked.template:
        return result
    return known(result, asked, replace(path, root=f"/repos/{quote(asked.template)}").get())


def _repository(answer: Mapping[str, Any], contents: Mapping[str, Any]) -> Repository:
    template = answer.get("template_repository")  # the key is absent as often as it is null
    return Repository(
        full_name=answer["full_name"],
        is_fork=bool(answer["fork"]),
        is_archived=bool(answer["archived"]),
        is_disabled=bool(answer["disabled"]),
        template=template["full_name"] if template else None,
        **contents,
    )


def _contents(
    path: _Path, answer: Mapping[str, Any], places: Places
) -> Mapping[str, Any] | Unavailable:
    """The fields of Repository that depend on its default branch."""
    branch = answer["default_branch"]
    commits = path.get(f"/commits?sha={quote(branch, safe='')}&per_page=20")
    if isinstance(commits, Unavailable):
        return _EMPTY if commits.status == 409 else commits  # 409: an empty repository
    tip = commits[0]
    tree = path.get(f"/git/trees/{quote(tip['commit']['tree']['sha'])}?recursive=1")
    if isinstance(tree, Unavailable):
        return tree
    if tree["truncated"]:
        return cannot_tell("repository", "it has too many files to list")
    files = {entry["path"]: entry["sha"] for entry in tree["tree"] if entry["type"] == "blob"}
    texts = _texts(path, [file for file in places.files if file in files])
    if isinstance(texts, Unavailable):
        return texts
    return {
        "default_branch": branch,
        "head": tip["sha"],
        "tree": tree["sha"],
        "files": files,
        "texts": texts,
        "commits": frozenset(commit["sha"] for commit in commits),
    }


def _texts(path: _Path, files: list[str]) -> dict[str, str] | Unavailable:
    texts: dict[str, str] = {}
    for file in files:
        blob = path.get(f"/contents/{quote(file)}")
        if isinstance(blob, Unavailable):
            return blob
        texts[file] = base64.b64decode(blob["content"]).decode("utf-8", "replace")
    return texts


_EMPTY: Mapping[str, Any] = {
    "default_branch": None,
    "head": None,
    "tree": None,
    "files": {},
    "texts": {},
    "commits": frozenset(),
}

"""The query for GitHub's GraphQL API: many learners in one, names only as variables.

Directories are asked for one by one instead of nested in each other: a nested listing makes GitHub
load every entry of every level, this one only loads the directories the lab needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from graders.lab import Lab
from graders.services.http.read_only import own_document

_FACTS = """
fragment Facts on Repository {
  nameWithOwner isFork isArchived isDisabled isPrivate
  templateRepository { nameWithOwner }
  defaultBranchRef {
    name
    target { oid ... on Commit { tree { oid } history(first: 20) { nodes { oid } } } }
  }
"""

LISTING = own_document("""
query Names($owner: String!, $after: String) {
  organization(login: $owner) {
    repositories(first: 100, after: $after, orderBy: {field: NAME, direction: ASC}) {
      nodes { name isPrivate }
      pageInfo { hasNextPage endCursor }
    }
  }
}
""")
"""One page of an organisation's repository names."""


@dataclass(frozen=True)
class Asked:
    """One repository a query asks for, under its alias."""

    alias: str
    learner: str
    owner: str
    name: str
    template: str
    """``owner/name`` of the template that the lab dictates."""

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True)
class Places:
    """What is read of each repository: the listing of directories, the text of files."""

    directories: tuple[str, ...]
    files: tuple[str, ...]

    @classmethod
    def of(cls, labs: Iterable[Lab]) -> Places:
        """Every place that the labs name; a parent always comes before its content."""
        sheets = [lab.sheet for lab in labs]
        files = {path for sheet in sheets for path in sheet.essential_files}
        parents = {_key(parent) for path in files for parent in PurePosixPath(path).parents}
        read = {path for sheet in sheets for path in sheet.yaml_files}
        return cls(tuple(sorted(parents)), tuple(sorted(read)))


@dataclass(frozen=True)
class Batch:
    """One query for several learners.

    ``owners`` is alias -> login, for the grader's role; ``templates`` is alias -> full name, for
    whether the token sees them.
    """

    text: str
    variables: Mapping[str, str]
    asked: tuple[Asked, ...]
    owners: Mapping[str, str]
    templates: Mapping[str, str]
    places: Places


def batch(labs: Sequence[Lab]) -> Batch:
    """Build one query for every accepted repository name of every lab.

    Renames are not followed: a repository that was renamed is not there under its old name.
    Source: https://docs.github.com/en/graphql/reference/repos
    """
    asked = tuple(
        Asked(f"r{row}_{column}", lab.learner.id, lab.github_owner, name, _template(lab))
        for row, lab in enumerate(labs)
        for column, name in enumerate(lab.repositories)
    )
    owners = _aliases("w", (repository.owner for repository in asked))
    templates = _aliases("m", (repository.template for repository in asked))
    places = Places.of(labs)
    variables = {**owners, **_names(asked, templates), **_expressions(places)}
    declared = ", ".join(f"${name}: String!" for name in variables)
    fields = [*_memberships(owners), *_repositories(asked), *_visible(templates)]
    text = "\n".join([f"query Batch({declared}) {{", *fields, "}", _facts(places)])
    return Batch(own_document(text), variables, asked, owners, templates, places)


def _template(lab: Lab) -> str:
    return lab.templates[0] if lab.templates else ""


def _aliases(letter: str, names: Iterable[str]) -> Mapping[str, str]:
    return {f"{letter}{index}": name for index, name in enumerate(dict.fromkeys(names))}


def _names(asked: Iterable[Asked], templates: Mapping[str, str]) -> Mapping[str, str]:
    wanted = {repository.alias: repository.full_name for repository in asked} | dict(templates)
    variables: dict[str, str] = {}
    for alias, full_name in wanted.items():
        owner, _, name = full_name.partition("/")
        variables |= {f"{alias}_owner": owner, f"{alias}_name": name}
    return variables


def _expressions(places: Places) -> Mapping[str, str]:
    folders = {f"d{index}": f"HEAD:{path}" for index, path in enumerate(places.directories)}
    return folders | {f"f{index}": f"HEAD:{path}" for index, path in enumerate(places.files)}


def _memberships(owners: Iterable[str]) -> list[str]:
    return [
        f"  {alias}: organization(login: ${alias}) {{ viewerIsAMember viewerCanAdminister }}"
        for alias in owners
    ]


def _repositories(asked: Iterable[Asked]) -> list[str]:
    return [
        f"  {repository.alias}: repository(owner: ${repository.alias}_owner,"
        f" name: ${repository.alias}_name, followRenames: false) {{ ...Facts }}"
        for repository in asked
    ]


def _visible(templates: Iterable[str]) -> list[str]:
    return [
        f"  {alias}: repository(owner: ${alias}_owner, name: ${alias}_name) {{ nameWithOwner }}"
        for alias in templates
    ]


def _facts(places: Places) -> str:
    listings = [
        f"  d{index}: object(expression: $d{index})"
        " { __typename ... on Tree { entries { name type oid } } }"
        for index in range(len(places.directories))
    ]
    texts = [
        f"  f{index}: object(expression: $f{index}) {{ __typename ... on Blob {{ text }} }}"
        for index in range(len(places.files))
    ]
    return "\n".join([_FACTS.rstrip(), *listings, *texts, "}"])


def _key(directory: PurePosixPath) -> str:
    return "" if str(directory) == "." else str(directory)

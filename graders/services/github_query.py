"""What is asked of GitHub's GraphQL API: many learners in one query, names only as variables.

Directories are asked for one by one instead of nested in each other: a nested listing makes GitHub
load every entry of every level, this one only loads the directories the lab needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from graders.lab import Lab

LAB_DIRECTORIES = (
    "",
    ".pipelines",
    "diabetes_regression",
    "diabetes_regression/training",
    "diabetes_regression/evaluate",
    "diabetes_regression/register",
    "diabetes_regression/scoring",
    "ml_service",
    "ml_service/pipelines",
    "ml_service/util",
)
"""Where the template keeps what the lab's two pipelines run; ``""`` is the root."""

_FACTS = """
fragment Facts on Repository {
  nameWithOwner isFork isArchived isDisabled isPrivate
  templateRepository { nameWithOwner }
  defaultBranchRef {
    name
    target { oid ... on Commit { tree { oid } history(first: 20) { nodes { oid } } } }
  }
"""

LISTING = """
query Names($owner: String!, $after: String) {
  organization(login: $owner) {
    repositories(first: 100, after: $after, orderBy: {field: NAME, direction: ASC}) {
      nodes { name isPrivate }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
"""One page of an organisation's repository names."""


@dataclass(frozen=True)
class Asked:
    """One repository a query asks for, under its alias."""

    alias: str
    learner: str
    owner: str
    name: str

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
        """Every place the labs name; a parent always comes before what is in it."""
        files = {path for lab in labs for path in (lab.ci_yaml, lab.cd_yaml, lab.variables_yaml)}
        parents = {_key(parent) for path in files for parent in PurePosixPath(path).parents}
        directories = dict.fromkeys((*LAB_DIRECTORIES, *sorted(parents)))
        return cls(tuple(directories), tuple(sorted(files)))


@dataclass(frozen=True)
class Batch:
    """One query for several learners; ``owners`` is alias -> login, for the grader's standing."""

    text: str
    variables: Mapping[str, str]
    asked: tuple[Asked, ...]
    owners: Mapping[str, str]
    places: Places


def batch(labs: Sequence[Lab]) -> Batch:
    """Build one query for every accepted repository name of every lab.

    Renames are not followed: a repository that was renamed is not there under its old name.
    Source: https://docs.github.com/en/graphql/reference/repos
    """
    asked = tuple(
        Asked(f"r{row}_{column}", lab.learner.id, lab.github_owner, name)
        for row, lab in enumerate(labs)
        for column, name in enumerate(lab.repositories)
    )
    logins = dict.fromkeys(lab.github_owner for lab in labs)
    owners = {f"w{index}": login for index, login in enumerate(logins)}
    places = Places.of(labs)
    variables = _variables(asked, owners, places)
    return Batch(_text(asked, owners, places, variables), variables, asked, owners, places)


def _variables(
    asked: Iterable[Asked], owners: Mapping[str, str], places: Places
) -> Mapping[str, str]:
    variables = dict(owners)
    for one in asked:
        variables |= {f"{one.alias}_owner": one.owner, f"{one.alias}_name": one.name}
    for index, directory in enumerate(places.directories):
        variables[f"d{index}"] = f"HEAD:{directory}"
    for index, path in enumerate(places.files):
        variables[f"f{index}"] = f"HEAD:{path}"
    return variables


def _text(
    asked: Iterable[Asked],
    owners: Iterable[str],
    places: Places,
    variables: Iterable[str],
) -> str:
    declared = ", ".join(f"${name}: String!" for name in variables)
    lines = [f"query Batch({declared}) {{"]
    lines += [
        f"  {alias}: organization(login: ${alias}) {{ viewerIsAMember viewerCanAdminister }}"
        for alias in owners
    ]
    lines += [
        f"  {one.alias}: repository(owner: ${one.alias}_owner, name: ${one.alias}_name,"
        " followRenames: false) { ...Facts }"
        for one in asked
    ]
    return "\n".join([*lines, "}", _facts(places)])


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

"""What GitHub's GraphQL answers mean: seen, not there as far as this token sees, or unknown.

GraphQL reports its refusals inside an answer with status 200, so they are triaged here. A null is
only ever "not there" beside a NOT_FOUND for that very alias.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from graders.evidence import Repository, ServiceName, Unavailable
from graders.services.github.query import Asked, Batch, Places
from graders.services.http.known_refusals import remedy_for_words
from graders.services.http.refusals import without_secrets

GRAPHQL_URL = "https://api.github.com/graphql"

_ALLOWANCE = (
    "the token's hourly allowance of GitHub calls is used up",
    "Wait up to an hour and run again with --resume",
)
_REMEDIES: Mapping[str, tuple[str, str]] = {
    "FORBIDDEN": (
        "the token may not read it",
        "Give the token read access to the metadata and contents of this owner's repositories",
    ),
    "RATE_LIMIT": _ALLOWANCE,
    "RATE_LIMITED": _ALLOWANCE,
}
_NO_ORGANISATION = (
    "there is no such organisation, or this token may not see it",
    "Check the owner in the cohort or lab file; what a person keeps cannot be said to be missing",
)
_SAML = (
    "the organisation wants the token to be authorised for SAML single sign-on",
    "Open the token's settings on GitHub, choose Configure SSO, authorise the organisation",
)
_TEMPLATE_WANTED = (
    "Let the token read the template, or name the right one under [template] in the lab file"
)
_GAVE_UP = "Something went wrong while executing your query"
_TOO_MUCH = {"RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED"}


@dataclass(frozen=True)
class Seen:
    """A repository that was read; a private one proves that the token sees private ones."""

    repository: Repository
    is_private: bool


@dataclass(frozen=True)
class Missing:
    """GitHub says NOT_FOUND: it does not exist, or this token may not know that it does."""

    name: str


@dataclass(frozen=True)
class Membership:
    """The grader's role with an owner; all False for a person or when it is not known."""

    is_member: bool = False
    administers: bool = False


Found = Seen | Missing | Unavailable


def is_too_much(answer: object) -> bool:
    """Whether GitHub gave up on the query because it asks for too much at once.

    It has a type for that, and since 2024 an error without a type that says only that something
    went wrong: a smaller question is answered.
    """
    errors = _errors(answer)
    return any(
        error.get("type") in _TOO_MUCH
        or (not error.get("type") and str(error.get("message")).startswith(_GAVE_UP))
        for error in errors
    )


def forbids_all(answer: object) -> bool:
    """Whether a refusal does not say what it is about: it may be about one repository."""
    return any(e.get("type") == "FORBIDDEN" and not e.get("path") for e in _errors(answer))


def read_batch(answer: object, batch: Batch) -> Mapping[str, Found]:
    """Alias -> the result for each repository that a batch asked for."""
    data, errors = _data(answer), _errors(answer)
    return {asked.alias: _read(data, errors, asked, batch) for asked in batch.asked}


def read_memberships(answer: object, batch: Batch) -> Mapping[str, Membership]:
    """Owner -> the grader's role with it. A person, or a refusal, gives none."""
    data = _data(answer)
    answers = {login: data.get(alias) for alias, login in batch.owners.items()}
    return {
        login: Membership(
            is_member=organization.get("viewerIsAMember") is True,
            administers=organization.get("viewerCanAdminister") is True,
        )
        for login, organization in answers.items()
        if isinstance(organization, dict)
    }


def read_names(answer: object, owner: str) -> tuple[Mapping[str, bool], str | None] | Unavailable:
    """One page of an organisation's list: name -> is it private; and the next page's cursor."""
    subject, errors = f"the list of repositories of {owner}", _errors(answer)
    if errors:  # even beside names: a list with gaps proves nothing
        return _refusal(errors[0], subject, _NO_ORGANISATION)
    try:
        page = _data(answer)["organization"]["repositories"]
        names = {str(node["name"]): bool(node["isPrivate"]) for node in page["nodes"]}
        more = page["pageInfo"]
        return names, str(more["endCursor"]) if more["hasNextPage"] else None
    except (KeyError, TypeError):
        return cannot_tell(subject, "the answer has no such list")


def cannot_tell(subject: str, cause: str) -> Unavailable:
    """Unavailable: GitHub answered, but not in a way that may be believed."""
    return Unavailable(
        ServiceName.GITHUB, subject, cause, "Run again later with --resume", 200, GRAPHQL_URL
    )


def _read(
    data: Mapping[str, Any], errors: Iterable[Mapping[str, Any]], asked: Asked, batch: Batch
) -> Found:
    subject = f"repository {asked.full_name}"
    concerned = [error for error in errors if _concerns(error, asked.alias)]
    if data.get(asked.alias) is None and any(_is_not_found(e, asked.alias) for e in concerned):
        return Missing(asked.name)
    if concerned:
        return _refusal(concerned[0], subject)
    try:
        result = _repository_in(data[asked.alias], asked, batch.places)
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        cause = str(problem) if type(problem) is ValueError else "the answer is not complete"
        return cannot_tell(subject, cause)
    now = {name: data.get(alias) for alias, name in batch.templates.items()}
    return known(result, asked, now.get(asked.template))


def known(result: Seen, asked: Asked, template: object) -> Seen:
    """The result, with its template by the lab's name. ``template``: what GitHub shows there.

    It leads from the name of a repository that was renamed or transferred to its new one.
    """
    repository = result.repository
    if not isinstance(template, Mapping):
        return replace(result, repository=_doubtful(repository, asked))
    name = str(template.get("nameWithOwner") or template.get("full_name"))
    if str(repository.template).casefold() != name.casefold():
        return result
    return replace(result, repository=replace(repository, template=asked.template))


def _doubtful(repository: Repository, asked: Asked) -> Repository:
    """The repository, as a token shows it that may not see the template.

    GitHub hides the origin of a repository from callers who may not see it; a fork never has one.
    """
    if repository.template is not None or repository.is_fork:
        return repository
    subject = f"the template of {repository.full_name}"
    cause = f"GitHub names none, and the token does not see {asked.template}"
    doubt = Unavailable(ServiceName.GITHUB, subject, cause, _TEMPLATE_WANTED, 200, GRAPHQL_URL)
    return replace(repository, template=doubt)


def _repository_in(node: Mapping[str, Any], asked: Asked, places: Places) -> Seen:
    """The repository in a node; ValueError, KeyError or TypeError for an incomplete answer."""
    if node["nameWithOwner"].casefold() != asked.full_name.casefold():
        raise ValueError("the answer is about another repository")
    branch = node["defaultBranchRef"]
    template = node["templateRepository"]
    tip = branch["target"] if branch else None
    files = _files(node, places) if tip else {}
    repository = Repository(
        full_name=node["nameWithOwner"],
        is_fork=bool(node["isFork"]),
        is_archived=bool(node["isArchived"]),
        is_disabled=bool(node["isDisabled"]),
        template=template["nameWithOwner"] if template else None,
        default_branch=branch["name"] if branch else None,
        head=tip["oid"] if tip else None,
        tree=tip["tree"]["oid"] if tip else None,
        files=files,
        texts=_texts(node, places, files),
        commits=frozenset(commit["oid"] for commit in tip["history"]["nodes"])
        if tip
        else frozenset(),
    )
    return Seen(repository, bool(node["isPrivate"]))


def _files(node: Mapping[str, Any], places: Places) -> dict[str, str]:
    """Path -> blob id. A directory that its parent lists must have been listed itself."""
    files: dict[str, str] = {}
    listed = {""}
    for index, directory in enumerate(places.directories):
        listing = node[f"d{index}"]
        if listing is None and directory in listed:
            raise ValueError(f"the folder {directory or '/'} is there but was not listed")
        for entry in (listing or {}).get("entries") or ():
            path = str(PurePosixPath(directory, entry["name"]))
            if entry["type"] == "tree":
                listed.add(path)
            elif entry["type"] == "blob":
                files[path] = entry["oid"]
    return files


def _texts(node: Mapping[str, Any], places: Places, files: Mapping[str, str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for index, path in enumerate(places.files):
        blob = node[f"f{index}"]
        if path not in files:
            continue
        if blob is None:
            raise ValueError(f"the file {path} is there but was not read")
        texts[path] = blob.get("text") or ""  # null for a binary file
    return texts


def _data(answer: object) -> Mapping[str, Any]:
    data = answer.get("data") if isinstance(answer, dict) else None
    return data if isinstance(data, dict) else {}


def _errors(answer: object) -> list[Mapping[str, Any]]:
    errors = answer.get("errors") if isinstance(answer, dict) else None
    return [error for error in errors or () if isinstance(error, dict)]


def _concerns(error: Mapping[str, Any], alias: str) -> bool:
    """Whether an error is about an alias; one without a path is about everything that was asked."""
    path = error.get("path")
    return bool(path[0] == alias) if isinstance(path, list) and path else True


def _is_not_found(error: Mapping[str, Any], alias: str) -> bool:
    return error.get("type") == "NOT_FOUND" and error.get("path") == [alias]


def _refusal(
    error: Mapping[str, Any], subject: str, not_found: tuple[str, str] | None = None
) -> Unavailable:
    kind = str(error.get("type") or "an error")
    message = without_secrets(str(error.get("message", "")))
    extensions = error.get("extensions")
    if isinstance(extensions, dict) and extensions.get("saml_failure"):
        cause, remedy = _SAML
    elif kind == "FORBIDDEN" and (fitting := remedy_for_words(message)):
        cause, remedy = f"GitHub refused it: {message}", fitting
    elif kind == "NOT_FOUND" and not_found:
        cause, remedy = not_found
    else:
        cause, remedy = _REMEDIES.get(
            kind, (f"GitHub answered {kind}: {message}", "Run again later")
        )
    return Unavailable(ServiceName.GITHUB, subject, cause, remedy, 200, GRAPHQL_URL)

"""GitHub: whose token it is, until when, and whether it sees the class's private repositories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

import requests

from graders import hosts
from graders.evidence import ServiceName, Unavailable
from graders.lab import Lab, spelled
from graders.services.doctor.finding import Finding
from graders.services.doctor.needs import Needs
from graders.services.http import web
from graders.services.http.read_only import own_document
from graders.services.http.triage import look
from graders.services.sign_in import SignIn
from graders.services.sign_in_failures import SignInError

_URL = f"https://{hosts.GITHUB}"
_APP = "ghs_"
_KINDS = {
    "ghp_": "classic token",
    "github_pat_": "fine-grained token",
    "gho_": "token of the gh command",
    "ghu_": "token of a person, made by an app",
    _APP: "token of an app or of GitHub Actions",
}
_OPTIONS: Mapping[str, Any] = {"timeout": web.TIMEOUT, "allow_redirects": False}
_SOON = timedelta(days=2)
_NOT_FOUND = 404
_MEMBER = own_document(
    "query Membership($owner: String!) { organization(login: $owner) { viewerIsAMember } }"
)
_ALL = "Give it all repositories of {owner}, with Contents: read and Metadata: read."
_REMEDIES = {
    "github_pat_": "If it waits for approval, an owner of {owner} approves it (Settings, Personal"
    f" access tokens, Pending requests). {_ALL}",
    "ghp_": "Give it the scope repo; the account must be a member.",
    "gho_": "Run `gh auth refresh --scopes repo,read:org`; the account must be a member.",
    _APP: f"An owner of {{owner}} installs the app. {_ALL}",
}


@dataclass(frozen=True)
class _Token:
    """What GitHub says of the token itself; ``scopes`` is None where its kind has none."""

    prefix: str
    who: str
    scopes: frozenset[str] | None
    until: datetime | None
    only_selected: bool

    @property
    def kind(self) -> str:
        return _KINDS.get(self.prefix, "token of a kind that is not known")


class _Reader:
    """Reads with the token of the run; an answer, or why there is none."""

    def __init__(self, sign_in: SignIn) -> None:
        self._session = web.open_session(2)
        self._headers = {
            "Authorization": f"Bearer {sign_in.token_for_github()}",
            "X-GitHub-Api-Version": "2022-11-28",
        }

    def get(self, path: str) -> requests.Response | Unavailable:
        ask = partial(self._session.get, _URL + path, headers=self._headers, **_OPTIONS)
        return look(ServiceName.GITHUB, path.partition("?")[0], ask, [])

    def is_member(self, owner: str) -> bool | Unavailable:
        """Whether the account is a member of an organisation; Unavailable where it is not told."""
        body = {"query": _MEMBER, "variables": {"owner": owner}}
        url, headers = f"{_URL}/graphql", self._headers
        ask = partial(self._session.post, url, json=body, headers=headers, **_OPTIONS)

        def told() -> bool:
            return bool(web.json_of(ask())["data"]["organization"]["viewerIsAMember"])

        return look(ServiceName.GITHUB, f"the membership of {owner}", told, [])


def findings(needs: Needs, sign_in: SignIn, *, own: bool) -> Iterator[Finding]:
    """What GitHub says of the token, and of each owner; ``own`` where learners check their work."""
    everyone = tuple(lab.learner.id for lab in needs.labs)
    try:
        reader = _Reader(sign_in)
    except SignInError as error:  # an app that gets no token
        yield Finding("sign_in_incomplete", {"what": str(error)}, everyone)
        return
    token = _token(reader, sign_in.token_for_github())
    if isinstance(token, Unavailable):
        facts = {"cause": token.cause, "remedy": token.remedy}
        yield Finding("github_refused", facts, everyone)
        return
    yield from _signed_in(token, sign_in)
    for owner in spelled([lab.github_owner for lab in needs.labs]):
        labs = [lab for lab in needs.labs if lab.github_owner.casefold() == owner.casefold()]
        yield from _owner(_Owner(reader, token, owner, labs), own)
    if token.only_selected:
        yield Finding("selected_repositories", {}, everyone)


def _token(reader: _Reader, token: str) -> _Token | Unavailable:
    limits = reader.get("/rate_limit")
    if isinstance(limits, Unavailable):
        return limits
    prefix = next((prefix for prefix in _KINDS if token.startswith(prefix)), "")
    scopes = limits.headers.get("X-OAuth-Scopes")
    who, only_selected = _whose(reader, prefix)
    return _Token(
        prefix=prefix,
        who=who,
        scopes=None if scopes is None else frozenset(scopes.replace(",", " ").split()),
        until=_end(limits.headers.get("github-authentication-token-expiration", "")),
        only_selected=only_selected,
    )


def _whose(reader: _Reader, prefix: str) -> tuple[str, bool]:
    """The account; of an app, for how many repositories, and whether they were selected."""
    if prefix != _APP:
        user = reader.get("/user")
        return ("" if isinstance(user, Unavailable) else _text(user, "login")) or "somebody", False
    given = reader.get("/installation/repositories?per_page=1")
    if isinstance(given, Unavailable):
        return "an app", False
    selection = _text(given, "repository_selection")
    return f"an app for {_text(given, 'total_count')} repositories", selection == "selected"


def _signed_in(token: _Token, sign_in: SignIn) -> Iterator[Finding]:
    until = f"{token.until:%Y-%m-%d}" if token.until else "no end that it tells"
    facts = {"who": token.who, "kind": token.kind, "until": until}
    yield Finding("github_signed_in", facts | {"method": sign_in.github_method})
    if token.until and token.prefix != _APP and token.until - datetime.now(UTC) < _SOON:
        yield Finding("github_ends_soon", {"date": until})


@dataclass(frozen=True)
class _Owner:
    """An owner of repositories of the class, as the token sees it."""

    reader: _Reader
    token: _Token
    name: str
    labs: Sequence[Lab]

    def finding(self, code: str, **more: str) -> Finding:
        facts = {"owner": self.name, "kind": self.token.kind, **more}
        return Finding(code, facts, tuple(lab.learner.id for lab in self.labs))


def _owner(owner: _Owner, own: bool) -> Iterator[Finding]:
    place = quote(owner.name, safe="")
    listed = owner.reader.get(f"/orgs/{place}/repos?type=private&per_page=1")
    if isinstance(listed, Unavailable):
        yield from _no_organization(owner, listed)
        return
    is_member = owner.token.prefix == _APP or owner.reader.is_member(owner.name)
    private = _entries(listed)
    if not private:
        remedy = _REMEDIES.get(owner.token.prefix, _ALL).format(owner=owner.name)
        yield owner.finding("nothing_private_seen", remedy=remedy)
    elif is_member is False:
        yield owner.finding("not_a_member")
    if not own and (what := _writable(owner, private)):
        yield owner.finding("github_could_write", what=what)


def _no_organization(owner: _Owner, refusal: Unavailable) -> Iterator[Finding]:
    if refusal.status != _NOT_FOUND:
        yield owner.finding("owner_refused", cause=refusal.cause, remedy=refusal.remedy)
    elif isinstance(owner.reader.get(f"/users/{quote(owner.name, safe='')}"), Unavailable):
        yield owner.finding("owner_unknown")
    else:
        yield owner.finding("owner_is_person")


def _writable(owner: _Owner, private: Sequence[Mapping[str, object]]) -> str:
    """What the token could change; a classic one that reads private repositories always can."""
    if owner.token.scopes and "repo" in owner.token.scopes:
        return "every repository of its account (scope repo)"
    for repository in private:
        rights = repository.get("permissions")
        if isinstance(rights, Mapping) and (rights.get("push") or rights.get("admin")):
            return f"repositories of {owner.name}"
    return ""


def _entries(answer: requests.Response) -> Sequence[Mapping[str, object]]:
    try:
        body = answer.json()
    except ValueError:
        return ()
    return [entry for entry in body if isinstance(entry, Mapping)] if isinstance(body, list) else ()


def _text(answer: requests.Response, name: str) -> str:
    try:
        body = answer.json()
    except ValueError:
        return ""
    return str(body.get(name) or "") if isinstance(body, Mapping) else ""


def _end(header: str) -> datetime | None:
    """The end of a token, such as ``2026-12-28 09:00:00 UTC``; None where it has none."""
    try:
        return datetime.strptime(header.removesuffix(" UTC"), "%Y-%m-%d %H:%M:%S").replace(
            tzinfo=UTC
        )
    except ValueError:
        return None

"""GitHub: the learners' repositories, many in one GraphQL query."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import quote

from github import Auth, Github
from github.Requester import Requester

from graders.evidence import GitHubEvidence, Repository, ServiceName, Sighting, Unavailable
from graders.history.missing import ResourceRef
from graders.lab import Lab
from graders.services.calls import Shared, asks
from graders.services.github import parsing, rest_fallback
from graders.services.github.absence import FreeNames, Owner
from graders.services.github.parsing import Found
from graders.services.github.query import LISTING, Batch, batch
from graders.services.http.transport import watching
from graders.services.http.triage import has, look
from graders.services.sign_in import SignIn

_BATCH = Shared(lambda _: "", 50)
"""Learners in one query."""
_MOST_PAGES = 200
_MOST_OF_HISTORY = 20
"""Pages of a hundred commits."""
_FINE_GRAINED = ("github_pat_", "ghu_")
_TOO_SLOW = (408, 502, 504)
logging.getLogger("github").setLevel(logging.CRITICAL + 1)  # it writes to the terminal itself
Shown = tuple[GitHubEvidence, tuple[Sighting, ...]]
"""What GitHub shows of one learner's lab, and where that was read."""


@dataclass(frozen=True)
class _Report:
    """Learner id -> the result for each accepted name, and where it was read."""

    found: Mapping[str, tuple[Found, ...]]
    sightings: Mapping[str, tuple[Sighting, ...]]
    memberships: Mapping[str, parsing.Membership] = field(default_factory=dict)

    def __add__(self, other: _Report) -> _Report:
        return _Report(
            {**self.found, **other.found},
            {**self.sightings, **other.sightings},
            {**self.memberships, **other.memberships},
        )


class GitHub:
    """Reads repositories through PyGithub. May be used by many threads.

    ``everyone`` are the labs of the whole class, also of learners who are not collected: their
    repositories are no one else's near misses.
    """

    def __init__(self, sign_in: SignIn, everyone: Sequence[Lab] = ()) -> None:
        self._sign_in = sign_in
        self._everyone = tuple(everyone)
        self._own = threading.local()

    def look_at(self, labs: Iterable[Lab]) -> Mapping[str, Shown]:
        """Collect the repositories of a whole cohort: learner id -> facts.

        One request per fifty learners, and one per hundred repositories of an organisation in
        which a learner's repository is missing.
        """
        cohort = tuple(labs)
        parts = [
            cohort[start : start + _BATCH.at_once]
            for start in range(0, len(cohort), _BATCH.at_once)
        ]
        with ThreadPoolExecutor(4) as pool:
            report = sum(pool.map(self._ask, parts), _Report({}, {}))
        owners = self._owners(cohort, report)
        everyone = (*cohort, *self._everyone)
        free = {login: owner.free_names(everyone) for login, owner in owners.items()}
        return {lab.learner.id: _facts(lab, report, owners, free) for lab in cohort}

    def with_commits(
        self,
        repositories: tuple[Repository, ...] | Unavailable,
        wanted: Iterable[str],
        lab: Lab,  # noqa: ARG002 -- every service is asked with the learner's lab
        sightings: list[Sighting],
    ) -> tuple[Repository, ...] | Unavailable:
        """The repositories with those wanted commits that they have, beyond their latest ones.

        Sources: https://docs.github.com/en/rest/commits/commits, a list and a single one. GitHub
        finds a single one on any branch, and for a while on none.
        """
        if isinstance(repositories, Unavailable):
            return repositories
        results = [self._with_commits(repository, wanted, sightings) for repository in repositories]
        faults = [result for result in results if isinstance(result, Unavailable)]
        return faults[0] if faults else tuple(r for r in results if isinstance(r, Repository))

    def has_moved(self, lab: Lab, sightings: list[Sighting]) -> bool:
        """Whether GitHub redirects an accepted name to a repository that has another one.

        Source: https://docs.github.com/en/rest/repos/repos#get-a-repository
        """
        for name in lab.repositories:
            path = f"/repos/{quote(lab.github_owner)}/{quote(name)}"
            ask = partial(self._requester.requestJsonAndCheck, "GET", path)
            answer = look(
                ServiceName.GITHUB,
                f"what became of {lab.github_owner}/{name}",
                lambda: str(ask()[1]["full_name"]),  # noqa: B023 -- it is called at once
                sightings,
            )
            if isinstance(answer, str) and not lab.accepts_repository(answer):
                return True
        return False

    def still_has(self, resource: ResourceRef) -> bool | Unavailable:
        """Whether a repository answers over REST, where GraphQL gave none; renamed, it does not."""
        path = f"/repos/{quote(resource.id)}"
        ask = partial(self._requester.requestJsonAndCheck, "GET", path)
        return has(
            ServiceName.GITHUB,
            str(resource),
            lambda: str(ask()[1]["full_name"]).casefold() == resource.id.casefold(),
        )

    def _with_commits(
        self, repository: Repository, wanted: Iterable[str], sightings: list[Sighting]
    ) -> Repository | Unavailable:
        unknown = {commit for commit in wanted if re.fullmatch(r"[0-9a-f]{40}", commit)}
        unknown -= repository.commits
        history = self._in_history(repository, unknown, sightings)
        if isinstance(history, Unavailable):
            return history
        elsewhere = set()
        for commit in sorted(unknown - history):
            path = f"/repos/{quote(repository.full_name)}/commits/{commit}"
            ask = partial(self._get_commit, path)
            answer = look(ServiceName.GITHUB, f"commit {commit[:8]}", ask, sightings)
            if not isinstance(answer, Unavailable):
                elsewhere.add(commit)
            elif answer.status not in (409, 422):
                return answer
            # Such a refusal is believed here only: this run has read the repository itself.
        commits = repository.commits | history
        return replace(repository, commits=commits, elsewhere=frozenset(elsewhere))

    def _in_history(
        self, repository: Repository, wanted: Collection[str], sightings: list[Sighting]
    ) -> frozenset[str] | Unavailable:
        """Those wanted commits that are in the history of the default branch."""
        subject = f"the history of {repository.full_name}"
        path = f"/repos/{quote(repository.full_name)}/commits"
        found: set[str] = set()
        for page in range(1, _MOST_OF_HISTORY + 1):
            if repository.default_branch is None or found.issuperset(wanted):
                return frozenset(found)
            branch = quote(repository.default_branch, safe="")
            ask = partial(self._get_ids, f"{path}?sha={branch}&per_page=100&page={page}")
            answer = look(ServiceName.GITHUB, subject, ask, sightings)
            if isinstance(answer, Unavailable):
                return answer
            found |= {*answer}.intersection(wanted)
            if len(answer) < 100:
                return frozenset(found)
        return parsing.cannot_tell(subject, "it is too long")

    @asks(ServiceName.GITHUB, "repositories", shared=_BATCH)
    def _ask(self, labs: Sequence[Lab]) -> _Report:
        """Ask for some learners at once; for half of them where that was too much, or forbidden.

        One repository that is too large to be listed, or that forbids the whole query, must not
        cost other learners their grades.
        """
        question = batch(labs)
        sightings: list[Sighting] = []
        ask = partial(self._post, question.text, question.variables)
        with watching() as exchanges:
            answer = look(ServiceName.GITHUB, "repository", ask, sightings)
        last = exchanges[-1] if exchanges else None
        too_much = last is not None and (last.status in _TOO_SLOW or last.is_too_much)
        too_much = too_much or parsing.is_too_much(answer)
        if too_much and len(labs) == 1:
            return self._ask_one_by_one(question)
        if len(labs) == 1 or not (too_much or parsing.forbids_all(answer)):
            return _report(question, answer, tuple(sightings))
        half = len(labs) // 2
        return self._ask(labs[:half]) + self._ask(labs[half:])

    def _ask_one_by_one(self, question: Batch) -> _Report:
        """Read one learner's repositories without GraphQL."""
        sightings: list[Sighting] = []
        results = tuple(
            rest_fallback.look_at(self._requester, asked, question.places, sightings)
            for asked in question.asked
        )
        learner = question.asked[0].learner
        return _Report({learner: results}, {learner: tuple(sightings)})

    def _owners(self, cohort: Iterable[Lab], report: _Report) -> Mapping[str, Owner]:
        """What is needed to believe that a repository is missing, where one is."""
        by_owner: dict[str, list[parsing.Seen]] = {}
        lacking: dict[str, None] = {}
        for lab in cohort:
            results = report.found[lab.learner.id]
            mine = [result for result in results if isinstance(result, parsing.Seen)]
            by_owner.setdefault(lab.github_owner, []).extend(mine)
            if not mine and any(isinstance(result, parsing.Missing) for result in results):
                lacking[lab.github_owner] = None
        return {login: self._owner(login, by_owner[login], report) for login in lacking}

    def _owner(self, login: str, repositories: Sequence[parsing.Seen], report: _Report) -> Owner:
        sightings: list[Sighting] = []
        names = self._names(login, sightings)
        token = self._sign_in.token_for_github()
        is_app = token.startswith("ghs_")
        return Owner(
            login=login,
            names=names,
            membership=report.memberships.get(login, parsing.Membership()),
            saw_private=any(repository.is_private for repository in repositories),
            is_app=is_app,
            selection=self._selection(sightings) if is_app else "",
            is_fine_grained=token.startswith(_FINE_GRAINED),
            scopes=self._requester.oauth_scopes,
            sightings=tuple(sightings),
        )

    def _selection(self, sightings: list[Sighting]) -> str:
        """Which repositories an app was given: ``all`` or ``selected``; empty: it was not said.

        Source: https://docs.github.com/en/rest/apps/installations
        """
        ask = partial(
            self._requester.requestJsonAndCheck, "GET", "/installation/repositories?per_page=1"
        )
        answer = look(
            ServiceName.GITHUB,
            "which repositories the grader's app was given",
            lambda: str(ask()[1]["repository_selection"]),
            sightings,
        )
        return answer if isinstance(answer, str) else ""

    def _names(self, login: str, sightings: list[Sighting]) -> Mapping[str, bool] | Unavailable:
        """Every repository name of an organisation that the token sees -> is it private."""
        subject = f"the list of repositories of {login}"
        names: dict[str, bool] = {}
        variables: dict[str, str | None] = {"owner": login, "after": None}
        for _ in range(_MOST_PAGES):
            answer = look(
                ServiceName.GITHUB, subject, partial(self._post, LISTING, variables), sightings
            )
            page = answer if isinstance(answer, Unavailable) else parsing.read_names(answer, login)
            if isinstance(page, Unavailable):
                return page
            names |= page[0]
            if page[1] is None:
                return names
            variables = {"owner": login, "after": page[1]}
        return parsing.cannot_tell(subject, "the list has no end")

    def _get_commit(self, path: str) -> str:
        """Its id, which the answer must name: otherwise any JSON with status 200 would do."""
        commit = self._requester.requestJsonAndCheck("GET", path)[1]
        if not path.endswith(commit["sha"]):
            raise ValueError("the answer is about another commit")
        return str(commit["sha"])

    def _get_ids(self, path: str) -> tuple[str, ...]:
        return tuple(
            str(commit["sha"]) for commit in self._requester.requestJsonAndCheck("GET", path)[1]
        )

    def _post(self, query: str, variables: Mapping[str, str | None]) -> Any:
        asked = {"query": query, "variables": dict(variables)}
        requester = self._requester
        return requester.requestJsonAndCheck("POST", requester.graphql_url, input=asked)[1]

    @property
    def _requester(self) -> Requester:
        """A client per thread: a shared PyGithub gives one thread the answer meant for another."""
        token = self._sign_in.token_for_github()
        if getattr(self._own, "token", "") != token:  # an app's ends after an hour
            self._own.token = token
            self._own.github = Github(
                auth=Auth.Token(token),
                per_page=100,
                timeout=30,
                retry=None,  # the transport retries
                seconds_between_requests=None,
                seconds_between_writes=None,
                api_version="2022-11-28",
            )
        requester: Requester = self._own.github.requester
        return requester


def _report(question: Batch, answer: object, sightings: tuple[Sighting, ...]) -> _Report:
    learners = dict.fromkeys(asked.learner for asked in question.asked)
    where = dict.fromkeys(learners, sightings)
    if isinstance(answer, Unavailable):
        return _Report(dict.fromkeys(learners, (answer,)), where)
    became = parsing.read_batch(answer, question)
    results = {
        learner: tuple(became[asked.alias] for asked in question.asked if asked.learner == learner)
        for learner in learners
    }
    return _Report(results, where, parsing.read_memberships(answer, question))


def _facts(
    lab: Lab, report: _Report, owners: Mapping[str, Owner], free: Mapping[str, FreeNames]
) -> Shown:
    results, sightings = report.found[lab.learner.id], report.sightings[lab.learner.id]
    faults = [result for result in results if isinstance(result, Unavailable)]
    repositories = tuple(
        result.repository for result in results if isinstance(result, parsing.Seen)
    )
    if faults or repositories:
        return GitHubEvidence(repositories=faults[0] if faults else repositories), sightings
    owner = owners[lab.github_owner]
    doubt = owner.doubt_about(lab)
    similar = owner.similar_to(lab, free[lab.github_owner])
    shown = GitHubEvidence(
        repositories=doubt or (),
        similar_repositories=similar,
        repository_absence_is_certain=bool(owner.sees_all),
    )
    return shown, sightings + owner.sightings

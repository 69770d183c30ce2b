"""The whole cloud, composed: every service's look at one learner, as one piece of evidence."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

from graders.evidence import Evidence, Sighting, Unavailable
from graders.lab import Lab
from graders.services.azure_devops import AzureDevOps, DevOpsFacts
from graders.services.azure_devops_look import SERVICE as AZURE_DEVOPS
from graders.services.azure_ml import AzureML, MLFacts
from graders.services.door import Door
from graders.services.github import GitHub, GitHubFacts
from graders.services.sign_in import SignIn
from graders.vanished import Thing

T = TypeVar("T")


class Cloud:
    """Looks at learners; threads may share it. One part's trouble leaves the others alone.

    It opens the door itself for every look; whoever opens the same door for the whole run saves
    a TLS handshake per look. ``everyone`` are the labs of the whole class, looked at or not.
    """

    def __init__(
        self, sign_in: SignIn, door: Door | None = None, everyone: Sequence[Lab] = ()
    ) -> None:
        self.door = door or Door()
        self._sign_in = sign_in
        self._organizations: dict[str, AzureDevOps] = {}
        self._github = GitHub(sign_in, everyone)
        self._azure_ml = AzureML(sign_in)
        self._repositories: Mapping[str, GitHubFacts] = {}

    def prepare(self, labs: Sequence[Lab]) -> None:
        """Do all that learners share, once, before any thread looks at one of them.

        Raises ``SignInError``. Whatever else cannot be seen here is told of each learner later.
        """
        with self.door:
            self._sign_in.check()
            names = {lab.organization.casefold(): lab.organization for lab in labs}.values()
            shared: list[Callable[[], None]] = [
                lambda: self._prepare_repositories(labs),
                lambda: self._azure_ml.prepare(labs),
                *(partial(self._prepare_organization, name) for name in names),
            ]
            # What fails here fails again, and is told, in each learner's look.
            for wait in [_beside(partial(_quietly, one)) for one in shared]:
                wait()

    def look_at(self, lab: Lab) -> Evidence:
        """All of one learner's evidence. Never raises on the cloud's account."""
        with self.door:
            trained: list[Sighting] = []
            built: list[Sighting] = []
            ml_look = _beside(
                lambda: _part("Azure ML", lambda: self._azure_ml.look_at(lab, trained), _no_ml)
            )
            devops = _part(
                AZURE_DEVOPS,
                lambda: self._organization(lab.organization).look_at(lab, built),
                DevOpsFacts.none,
            )
            github = _part("GitHub", lambda: self._look_at_github(lab, devops), _no_github)
            ml = ml_look()
        return Evidence(
            learner=lab.learner.id,
            project=devops.project,
            variable_groups=devops.variable_groups,
            service_connections=devops.service_connections,
            pipelines=devops.pipelines,
            runs=devops.runs,
            repositories=github.repositories,
            similar_repositories=github.similar,
            workspace=ml.workspace,
            published_pipelines=ml.published_pipelines,
            training_runs=ml.training_runs,
            models=ml.models,
            endpoints=ml.endpoints,
            answer=ml.answer,
            sightings=(*built, *github.sightings, *trained),
        )

    def still_there(self, lab: Lab, thing: Thing) -> bool | Unavailable:
        """Whether what a list leaves out answers when it is asked for by its id."""
        with self.door:
            if thing.kind == "repository":
                return self._github.still_has(thing)
            if thing.kind in ("published pipeline", "model", "endpoint"):
                return self._azure_ml.still_has(lab, thing)
            return self._organization(lab.organization).still_has(lab, thing)

    def _organization(self, name: str) -> AzureDevOps:
        return self._organizations.setdefault(name.casefold(), AzureDevOps(name, self._sign_in))

    def _prepare_organization(self, name: str) -> None:
        self._organization(name).projects()

    def _prepare_repositories(self, labs: Sequence[Lab]) -> None:
        self._repositories = self._github.look_at(labs)

    def _look_at_github(self, lab: Lab, devops: DevOpsFacts) -> GitHubFacts:
        """The learner's part of the batch, with the commits that the runs name beside it."""
        facts = self._repositories.get(lab.learner.id)
        if facts is None:
            facts = self._github.look_at([lab])[lab.learner.id]
        wanted = _commits_named(devops) - _commits_known(facts)
        if not wanted:
            return facts
        sightings = list(facts.sightings)
        repositories = self._github.with_commits(facts.repositories, wanted, lab, sightings)
        return GitHubFacts(repositories, facts.similar, tuple(sightings))


def _commits_named(devops: DevOpsFacts) -> set[str]:
    """Of the runs that were looked into and succeeded: no others are linked to the repository."""
    runs = () if isinstance(devops.runs, Unavailable) else devops.runs
    return {run.commit for run in runs if run.commit and run.succeeded and run.stages is not None}


def _commits_known(facts: GitHubFacts) -> set[str]:
    if isinstance(facts.repositories, Unavailable):
        return set()
    return {commit for one in facts.repositories for commit in one.commits}


def _part(service: str, look: Callable[[], T], none: Callable[[Unavailable], T]) -> T:
    """One service's part; a fault of our own there costs this part only."""
    try:
        return look()
    except Exception as error:
        kind = type(error).__name__
        cause = f"the grader itself failed there ({kind})"
        return none(Unavailable(service, "the learner's work", cause, "Report this as a bug."))


def _quietly(prepare: Callable[[], None]) -> None:
    with contextlib.suppress(Exception):
        prepare()


def _beside(call: Callable[[], T]) -> Callable[[], T]:
    """Start a call that does not raise in a thread of its own; what is returned waits for it.

    The thread is a daemon: an interrupted run does not wait for what it no longer wants.
    """
    answer: SimpleQueue[T] = SimpleQueue()
    threading.Thread(target=lambda: answer.put(call()), daemon=True).start()
    return answer.get


def _no_github(fault: Unavailable) -> GitHubFacts:
    return GitHubFacts(fault)


def _no_ml(fault: Unavailable) -> MLFacts:
    return MLFacts.none(fault)

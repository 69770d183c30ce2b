"""The evidence: frozen facts about one learner's work, never a secret.

A fact is in one of three states, which are never mixed up:

* **seen**: its dataclass, or a tuple of them from a list that was read to its end;
* **not there**: it is missing from such a list;
* **could not be read**: :class:`Unavailable`. No one is graded on that.

Absence is believed only from a list that was read to its end, never from a 404: Azure DevOps,
GitHub and Azure Resource Manager all answer 404 for what the caller may not see.
All times are time-zone aware (UTC).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self


@dataclass(frozen=True)
class Sighting:
    """Where and when a fact was read.

    ``url`` has no query values that could be secret; ``request_id`` is the service's own
    (``ActivityId``, ``x-ms-request-id``, ``x-github-request-id``).
    """

    what: str
    url: str
    at: datetime
    status: int | None = None
    request_id: str | None = None


@dataclass(frozen=True)
class Kept:
    """Facts that cannot have changed since they were read, and were not asked for again.

    ``part`` is the field of the evidence that holds them; ``of`` says of what, by its id or name.
    """

    part: str
    of: str
    read_at: datetime


class ServiceName(StrEnum):
    """Where facts come from, by the name people use; the last is this program."""

    AZURE_DEVOPS = "Azure DevOps"
    GITHUB = "GitHub"
    RESOURCE_MANAGER = "Azure Resource Manager"
    AZURE_ML = "Azure ML"
    ENDPOINT = "the endpoint"
    GRADER = "the grader"


@dataclass(frozen=True)
class Unavailable:
    """A fact that could not be read, and what an operator should do about it."""

    service: ServiceName
    what: str
    cause: str
    remedy: str
    status: int | None = None
    url: str = ""

    def __str__(self) -> str:
        return f"{self.service}: could not see {self.what}: {self.cause}. {self.remedy}"


NOT_COLLECTED = Unavailable(
    ServiceName.GRADER,
    "this part of the lab",
    "it was not collected, because no check that was chosen then needs it",
    "Grade again without -m and -k.",
)
"""In place of a part that a run left out on purpose: no fault, and no one is graded on it."""


# --- Azure DevOps ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Project:
    """An Azure DevOps project; ``state`` is ``wellFormed``, ``createPending``, ``deleting``, …"""

    id: str
    name: str
    state: str


@dataclass(frozen=True)
class Rights:
    """Whether the grader may see everything of a kind in the project, as the service says itself.

    With the right, an empty list is believed. None: the service does not tell it.
    """

    library: bool | None = None
    connections: bool | None = None
    pipelines: bool | None = None


@dataclass(frozen=True)
class Access:
    """Which pipelines may use a protected resource."""

    all_pipelines: bool
    pipeline_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Variable:
    """One variable of a group. ``value`` is None when it is secret or not one of the lab's."""

    value: str | None
    is_secret: bool = False


@dataclass(frozen=True)
class VariableGroup:
    """A variable group; ``type`` is ``Vsts`` (plain) or ``AzureKeyVault``."""

    id: int
    name: str
    type: str
    variables: Mapping[str, Variable]
    access: Access | Unavailable | None = None
    """None: not collected, because the group is not the lab's."""


@dataclass(frozen=True)
class ServiceConnection:
    """A service connection ("service endpoint" in the API); lower-cased ``type``."""

    id: str
    name: str
    type: str
    scheme: str
    creation_mode: str
    scope_level: str
    subscription_id: str
    resource_group: str
    workspace: str
    is_ready: bool
    state: str
    """``Ready``, ``InProgress``, ``Failed`` or empty when the service does not say."""
    status_message: str = ""
    access: Access | Unavailable | None = None


@dataclass(frozen=True)
class Pipeline:
    """A pipeline ("build definition" in the API)."""

    id: int
    name: str
    path: str
    process_type: int
    """2 is YAML, 1 the classic designer."""
    yaml_path: str
    """Without a leading slash; empty for the classic designer."""
    repository_type: str
    """``GitHub``, ``TfsGit`` (Azure Repos), …"""
    repository_name: str
    default_branch: str
    queue_status: str
    """``enabled``, ``paused`` or ``disabled``."""

    @property
    def yaml_file(self) -> str:
        """The YAML file that it runs, or that it is a classic pipeline, which runs none."""
        return _CLASSIC if self.process_type == 1 and not self.yaml_path else self.yaml_path


_CLASSIC = "no file: it is a classic pipeline, made in the classic editor"


@dataclass(frozen=True)
class Task:
    """One task of a job, at its latest attempt."""

    name: str
    state: str
    result: str | None
    log: int | None = None
    """Number of its log; None: it wrote none, or the log is gone."""
    errors: tuple[str, ...] = ()
    """What the service or a script noted as errors; likewise of jobs and stages."""


@dataclass(frozen=True)
class Job:
    """One job of a stage, at its latest attempt; a skipped job has no tasks."""

    name: str
    state: str
    result: str | None
    tasks: tuple[Task, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stage:
    """One stage of a run, at its latest attempt.

    ``identifier`` is the YAML name (``Deploy_ACI``), ``result`` is ``succeeded``,
    ``succeededWithIssues``, ``failed``, ``canceled``, ``skipped``, ``abandoned`` or None.
    """

    identifier: str
    name: str
    state: str
    result: str | None
    attempt: int = 1
    jobs: tuple[Job, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConnectionUse:
    """A run that signed in with the service connection, as the service itself remembers it."""

    pipeline_id: int
    pipeline: str
    """Its name; empty where it was deleted."""
    run_id: int
    result: str | None = None
    """How the run ended; None: the service did not say."""


@dataclass(frozen=True)
class UpstreamRun:
    """The run of another pipeline that a run consumed (``resources.pipelines`` of the runs API)."""

    alias: str
    pipeline_id: int
    run_number: str
    """A pipeline can set its runs' numbers, and use one again."""
    run_id: int | None = None
    """Known only where that run started this one."""


@dataclass(frozen=True)
class ModelFile:
    """What ``model.json`` in a CI run's artifact says; empty where it does not say it."""

    name: str
    version: str
    id: str


@dataclass(frozen=True)
class Deployment:
    """What a CD run's own logs say that it deployed; empty where they do not say it."""

    model: str
    version: str
    smoke_test_passed: bool


@dataclass(frozen=True)
class Run:
    """One run ("build") of a pipeline; the last five are None where they were not collected."""

    id: int
    number: str
    pipeline_id: int
    status: str
    """``notStarted``, ``inProgress``, ``cancelling``, ``postponed``, ``completed``."""
    result: str | None
    """``succeeded``, ``partiallySucceeded``, ``failed``, ``canceled``; None until completed."""
    reason: str
    branch: str
    commit: str
    requested_for: str
    queued_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    problems: tuple[str, ...] = ()
    """Why Azure Pipelines refused to queue it (``validationResults``)."""
    stages: tuple[Stage, ...] | Unavailable | None = None
    artifacts: tuple[str, ...] | Unavailable | None = None
    upstream: tuple[UpstreamRun, ...] | Unavailable | None = None
    model_file: ModelFile | Unavailable | None = None
    """Of a CI run that published the artifact ``model``."""
    deployment: Deployment | Unavailable | None = None
    """Of a CD run whose stage Deploy to ACI succeeded."""
    triggered_by: int | None = None
    """Id of the run of another pipeline that started it; None for one that was started by hand."""
    changed_at: datetime | None = None
    """When anything of it last changed, as the list of runs says; None: it did not say."""

    @property
    def is_completed(self) -> bool:
        return self.status == "completed"

    @property
    def succeeded(self) -> bool:
        """Whether it succeeded; ``partiallySucceeded`` is a success with warnings."""
        return self.is_completed and self.result in ("succeeded", "partiallySucceeded")


# --- GitHub ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Repository:
    """A GitHub repository at the tip of its default branch."""

    full_name: str
    is_fork: bool
    is_archived: bool
    is_disabled: bool
    template: str | Unavailable | None
    """``owner/name`` of the template; None only where it is certain that there is none.

    GitHub hides the template from callers who may not see it: where the accepted templates
    themselves cannot be read, its absence proves nothing.
    """
    default_branch: str | None
    """None for an empty repository."""
    head: str | None
    """Commit id of the tip."""
    tree: str | None
    """Id of the root tree: equal trees have equal files."""
    files: Mapping[str, str]
    """Path -> blob id, for the files at the tip in the folders the lab works with."""
    texts: Mapping[str, str]
    """Path -> content, for the few YAML files whose content is graded."""
    commits: frozenset[str]
    """Commit ids known to be in the history of the default branch: the latest, and those of runs.

    Of evidence from before ``elsewhere``: of any branch.
    """
    elsewhere: frozenset[str] = frozenset()
    """Commit ids of runs that GitHub finds in the repository, but not in that history."""


# --- Azure Machine Learning -----------------------------------------------------------------------


@dataclass(frozen=True)
class Workspace:
    """An Azure ML workspace, as Azure Resource Manager spells it."""

    id: str
    name: str
    resource_group: str
    subscription_id: str
    location: str
    """Key form, such as ``centralus``."""


@dataclass(frozen=True)
class PublishedPipeline:
    """A v1 published pipeline; ``version`` is the id of the CI run that published it."""

    id: str
    name: str
    version: str
    is_active: bool
    created_at: datetime | None = None


@dataclass(frozen=True)
class TrainingStep:
    """One step of a training run; its name is without the blanks around it."""

    name: str
    status: str


COMPLETED = ("Completed", "Finished")
"""The successful end of a training run or step: the API's word, and the studio's."""


@dataclass(frozen=True)
class TrainingRun:
    """A run of the published pipeline in the lab's experiment."""

    id: str
    status: str
    tags: Mapping[str, str]
    steps: tuple[TrainingStep, ...] = ()
    metrics: Mapping[str, float] | Unavailable = field(default_factory=dict)
    ended_at: datetime | None = None
    created_at: datetime | None = None
    """By the service's clock; the client that makes a run chooses its id, begin and end."""
    pipeline_id: str | None = None
    """The published pipeline that the service itself ran, in a property that nobody can change;
    empty for a run of none, None in evidence of versions that did not read it."""

    @property
    def is_completed(self) -> bool:
        return self.status in COMPLETED

    @property
    def is_over(self) -> bool:
        """Whether it has ended; with any other status (``Queued``, …) it is still on its way."""
        return self.is_completed or self.status in ("Failed", "Canceled")


@dataclass(frozen=True)
class Model:
    """One version of a registered model."""

    name: str
    version: str
    tags: Mapping[str, str]
    created_at: datetime | None = None
    created_by: str = ""
    created_by_type: str = ""
    """``User``, ``Application``, ``ManagedIdentity``, ``Key``; empty where nobody says it."""


@dataclass(frozen=True)
class Endpoint:
    """A deployed model: a v1 web service (``generation`` 1) or a v2 managed online endpoint (2).

    ``state`` is ``Healthy``, ``Transitioning``, ``Unhealthy``, ``Failed`` or ``Unschedulable``;
    ``cpu`` in cores, ``memory_gb`` in GB; ``model_ids`` are ``name:version``.
    """

    name: str
    generation: int
    state: str
    compute_type: str
    cpu: float | None
    memory_gb: float | None
    auth_enabled: bool
    scoring_uri: str
    location: str
    model_ids: tuple[str, ...]
    created_at: datetime | None = None
    updated_at: datetime | None = None
    error: str = ""
    has_schema: bool = False
    """Whether Azure ML says that its scoring script declares what it takes and gives: its server
    then describes it at ``/swagger.json``. False also where it does not say."""

    @property
    def is_in_transition(self) -> bool:
        """Whether it is being changed; its times are then those of an earlier state."""
        return self.state in ("Transitioning", "Creating", "Updating")

    @property
    def changed_at(self) -> datetime | None:
        """When it was last changed, as far as it says."""
        return max(filter(None, (self.created_at, self.updated_at)), default=None)


@dataclass(frozen=True)
class SecondAnswer:
    """The endpoint's answer to numbers that were drawn for this collection alone.

    ``rows`` are what it was asked; the rest is as in :class:`Answer`.
    """

    rows: tuple[tuple[float, ...], ...]
    status: int
    result: tuple[float, ...] | None
    body: str = ""
    with_first: bool = False
    """Whether one request asked both questions."""


@dataclass(frozen=True)
class Answer:
    """The endpoint's answer to the lab's own smoke-test query.

    ``result`` holds the numbers of a well-formed answer, else None and ``body`` (an excerpt of at
    most 300 characters) shows what came.
    """

    status: int
    result: tuple[float, ...] | None
    body: str = ""
    swagger: bool | Unavailable | None = None
    """Whether the endpoint describes itself at ``/swagger.json``."""
    second: SecondAnswer | Unavailable | None = None
    """None: not asked, because the first question was not answered with numbers."""
    asked_once: bool = False
    """Evidence of a version that asked no second question."""


# --- all of it ------------------------------------------------------------------------------------


class _Part:
    """What one service shows."""

    @classmethod
    def unseen(cls, fault: Unavailable) -> Self:
        """All of it, where none of it could be read for this one reason."""
        needed = (member.name for member in fields(cls) if member.default is MISSING)  # type: ignore[arg-type]
        return cls(**dict.fromkeys(needed, fault))


@dataclass(frozen=True, kw_only=True)
class AzureDevOpsEvidence(_Part):
    """What Azure DevOps shows of one learner's lab."""

    project: Project | Unavailable
    variable_groups: tuple[VariableGroup, ...] | Unavailable
    service_connections: tuple[ServiceConnection, ...] | Unavailable
    pipelines: tuple[Pipeline, ...] | Unavailable
    runs: tuple[Run, ...] | Unavailable
    """Of the pipelines that matter, newest first."""
    deleted_runs: tuple[Run, ...] = ()
    """Those that were deleted, by somebody or by retention, and are still listed as such."""
    rights: Rights = Rights()
    connection_uses: tuple[ConnectionUse, ...] | Unavailable | None = None
    """The latest ones; None: not asked, because both pipelines or no connection are listed."""


@dataclass(frozen=True, kw_only=True)
class GitHubEvidence(_Part):
    """What GitHub shows of it."""

    repositories: tuple[Repository, ...] | Unavailable
    """Those with one of the accepted names."""
    similar_repositories: tuple[str, ...] = ()
    """Near misses by name, never another learner's."""
    repository_absence_is_certain: bool = False
    """Whether a repository that is not here is nowhere: the token sees all that there are, or
    GitHub redirects its name to another one. False also where GitHub does not say."""


@dataclass(frozen=True, kw_only=True)
class AzureMLEvidence(_Part):
    """What Azure Resource Manager, Azure ML and the endpoint itself show of it."""

    workspace: Workspace | Unavailable
    published_pipelines: tuple[PublishedPipeline, ...] | Unavailable
    training_runs: tuple[TrainingRun, ...] | Unavailable | None
    """Of the lab's experiment; None: nothing was ever published or registered."""
    models: tuple[Model, ...] | Unavailable
    """Versions of the lab's model; of other models one entry each, with version ``""``."""
    endpoints: tuple[Endpoint, ...] | Unavailable
    answer: Answer | Unavailable | None
    """None: there was no endpoint to ask."""
    endpoints_read_at: datetime | None = None
    """By the clock of the service that listed them, which dated them too; None: it did not say."""


@dataclass(frozen=True, kw_only=True)
class Evidence(AzureMLEvidence, GitHubEvidence, AzureDevOpsEvidence):
    """Everything that was collected of one learner's lab; fields come in the order of the lab."""

    learner: str
    sightings: tuple[Sighting, ...] = field(default=())
    tenant: str = ""
    """``simulated`` or ``live``: where it was read; filled in when it is collected."""
    place: str = ""
    """``Lab.place`` of what was collected: evidence of one project says nothing of another."""
    not_collected: tuple[str, ...] = ()
    """Names of the fields that were left out, sorted: no check of that run needed them."""
    kept: tuple[Kept, ...] = ()
    """What is as an earlier collection read it."""
    reading: str = ""
    """Which version of the reading code and of the lab sheet read it; empty: not said."""

    def faults(self) -> tuple[Unavailable, ...]:
        """All that could not be read, in the order of the lab; each once."""
        faults: dict[Unavailable, None] = {}
        _add_unavailable(self, faults)
        return tuple(fault for fault in faults if fault != NOT_COLLECTED)


def _add_unavailable(value: object, faults: dict[Unavailable, None]) -> None:
    if isinstance(value, Unavailable):
        faults[value] = None
    elif isinstance(value, tuple):
        for part in value:
            _add_unavailable(part, faults)
    elif type(value) not in _PLAIN and is_dataclass(value):
        for part in vars(value).values():
            _add_unavailable(part, faults)


_PLAIN = frozenset({str, int, float, bool, type(None), datetime, dict, frozenset})

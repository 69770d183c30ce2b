"""The parts of a lab sheet, by the role they play; each is validated when a sheet is read."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

_NUMBER_FORMAT = re.compile(r"0?[1-9]?d?")


def is_pattern(text: str, place: str = "n") -> bool:
    """Whether the only place in a text is ``{n}``, or ``{n:02d}`` for a number of two digits."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return False
    return all(
        name is None
        or (name == place and not conversion and _NUMBER_FORMAT.fullmatch(spec or "") is not None)
        for _, name, spec, conversion in parts
    )


def _pattern(place: str) -> AfterValidator:
    def check(text: str) -> str:
        if not is_pattern(text, place):
            raise ValueError(f"no place but {{{place}}} can stand in it")
        return text

    return AfterValidator(check)


Name = Annotated[str, Field(min_length=1)]
Pattern = Annotated[Name, _pattern("n")]
"""``{n}`` in it is the learner's number, ``{n:02d}`` the same in two digits."""
Number = int | float


class _Role:
    """A part of the sheet; a key that is unknown, missing or empty is an error."""

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Project(_Role):
    name: Pattern


@dataclass(frozen=True)
class Workspace(_Role):
    name: Pattern
    resource_group: Pattern


@dataclass(frozen=True)
class Variables(_Role):
    """The names of the six variables, by what their values are."""

    base_name: Name
    location: Name
    resource_group: Name
    workspace_name: Name
    service_connection: Name
    endpoint: Name

    def __iter__(self) -> Iterator[str]:
        return iter(astuple(self))


@dataclass(frozen=True)
class BaseName(_Role):
    """What the value of the variable ``base_name`` may be; lengths in characters."""

    user: Pattern
    """What has to be in it, in any case."""
    shortest: int
    longest: int

    def numbers(self, value: str) -> list[int]:
        """The numbers of all users that a value names; ``user1`` is not read into ``user10``."""
        before, _, after = map(re.escape, re.sub(r"\{.*?\}", "\0", self.user).partition("\0"))
        matches = re.findall(rf"{before}(\d+)(?!\d){after}", value, re.IGNORECASE)
        return [int(number) for number in matches if len(number) < 20]  # int() refuses thousands


@dataclass(frozen=True)
class VariableGroup(_Role):
    name: Pattern
    variables: Variables
    base_name: BaseName
    overriding: tuple[Name, ...]
    """Prefixes of variables that would override the lab's own values in the pipelines."""


@dataclass(frozen=True)
class ServiceConnection(_Role):
    name: Pattern


@dataclass(frozen=True)
class Repository(_Role):
    names: tuple[Pattern, ...]
    """Accepted ones, most expected first."""
    default_branches: tuple[Name, ...]
    slip: str
    """What the sheet says by mistake about where the repository is."""


@dataclass(frozen=True)
class Template(_Role):
    accepted: tuple[Name, ...]
    """``owner/name``, most expected first."""
    tree: Name
    """Id of its root tree."""
    release: Name
    """How the id of its only commit begins."""
    variables_yaml: Pattern
    needed: tuple[Name, ...]
    """Paths that the pipelines need, besides the three YAML files with a role of their own."""


@dataclass(frozen=True)
class Stage(_Role):
    identifier: Name
    """Its name in the YAML file."""
    name: Name


@dataclass(frozen=True)
class BuildStage(Stage):
    """The CI stage that tests the code and publishes the training pipeline."""

    job: Name
    tests: tuple[Name, ...]
    """The tasks that run tests."""
    publish_task: Name


@dataclass(frozen=True)
class TrainingStage(Stage):
    """The CI stage that trains, in three jobs."""

    find_job: Name
    run_job: Name
    run_task: Name
    run_task_type: Name
    report_job: Name


@dataclass(frozen=True)
class Artifacts(_Role):
    """What a CI run publishes."""

    model: Name
    model_file: Name
    """The file in it that names the model's version."""
    coverage: Annotated[Name, _pattern("run")]
    """``{run}`` in it is the id of the run."""


@dataclass(frozen=True)
class Pipeline(_Role):
    name: Pattern
    yaml: Pattern
    """Path in the repository, without a slash in front."""


@dataclass(frozen=True)
class CI(Pipeline):
    """The pipeline that trains and registers."""

    build: BuildStage
    training: TrainingStage
    artifacts: Artifacts

    @property
    def stages(self) -> tuple[Stage, ...]:
        return (self.build, self.training)

    @property
    def jobs(self) -> tuple[str, ...]:
        training = self.training
        return (self.build.job, training.find_job, training.run_job, training.report_job)

    @property
    def tasks(self) -> tuple[str, ...]:
        """Those without which nothing is trained."""
        return (self.build.publish_task, self.training.run_task)


@dataclass(frozen=True)
class DeploymentStage(Stage):
    """The CD stage that deploys."""

    read_task: Name
    """It reads the artifact, and logs its content."""
    deploy_task: Name
    smoke_test: Name


@dataclass(frozen=True)
class Log(_Role):
    """How the lines begin that say what was deployed, and the one that says that all is well."""

    model_name: Name
    model_version: Name
    smoke_test_passed: Name


@dataclass(frozen=True)
class CD(Pipeline):
    """The pipeline that deploys."""

    deployment: DeploymentStage
    kubernetes: Stage
    log: Log


@dataclass(frozen=True)
class Training(_Role):
    """The published pipeline, and what its runs are."""

    pipeline: Pattern
    experiment: Pattern
    steps: tuple[Name, ...]
    error_metric: Name
    experiment_variable: Name
    """What the template's variables file calls the experiment's name; likewise the pipeline's."""
    pipeline_variable: Name


@dataclass(frozen=True)
class Model(_Role):
    name: Pattern
    variable: Name
    """What the template's variables file calls the name."""
    error: float


@dataclass(frozen=True)
class Tags(_Role):
    """The tags by which training runs and models say where they come from."""

    area: Name
    training_run: Name
    experiment: Name
    error: Name
    build: Name
    build_uri: Name

    def __iter__(self) -> Iterator[str]:
        return iter(astuple(self))


@dataclass(frozen=True)
class Endpoint(_Role):
    name: Pattern
    online_name: Pattern
    """Another name that a managed endpoint may have."""
    compute_type: Name
    cpu: Number
    """Cores."""
    memory_gb: Number


@dataclass(frozen=True)
class Scoring(_Role):
    """The query for the endpoint, and what the lab's own model answers: one number a row."""

    input: Name
    rows: tuple[tuple[Number, ...], ...]
    output: Name
    predictions: tuple[float, ...]
    drawn: tuple[float, float]
    """The least and the most that numbers of a second query are drawn between: what the model was
    trained on, so that models of every kind tell them from the lab's rows."""

    @property
    def query(self) -> dict[str, list[list[Number]]]:
        return self.query_of(self.rows)

    def query_of(self, rows: Iterable[Sequence[Number]]) -> dict[str, list[list[Number]]]:
        """The same query with other rows."""
        return {self.input: [list(row) for row in rows]}

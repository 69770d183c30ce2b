"""The lab filled in for one learner: every dictated name, spelled once.

Source of the names: the lab sheet, tasks 2 to 7, and the template repository's pipelines. Where a
class differs from them, its lab file says so (:class:`LabFile`).
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    StrictBool,
    model_validator,
)
from pydantic_core import PydanticCustomError

from graders.as_of import moment
from graders.cohort import Learner, read_cohort
from graders.fields import flaw
from graders.marks import MarksTable
from graders.names import nearest
from graders.problems import InputProblems, KeyProblem, Problem
from graders.rubric import Check, with_points
from graders.standing import Nightly, Policy
from graders.toml_file import read_toml

VARIABLES = (
    "BASE_NAME",
    "LOCATION",
    "RESOURCE_GROUP",
    "WORKSPACE_NAME",
    "WORKSPACE_SVC_CONNECTION",
    "ACI_DEPLOYMENT_NAME",
)
"""The variables of task 2 step 7."""


@dataclass(frozen=True)
class Leniency:
    """How the lab sheet's ambiguities are read; the defaults are the fair reading.

    ``azure_repos``: a pipeline may build an Azure Repos copy (task 5 step 2 says so by mistake).
    ``per_pipeline_access``: permission for the lab's own pipelines is as good as open access.
    ``federated_connection``: workload identity federation is as good as a service principal secret.
    ``manual_connection``: a service connection made by hand is as good as an automatic one.
    ``v2_endpoint``: a managed online endpoint is as good as a container instance for task 7.
    """

    azure_repos: StrictBool = False
    per_pipeline_access: StrictBool = True
    federated_connection: StrictBool = True
    manual_connection: StrictBool = True
    v2_endpoint: StrictBool = False


@dataclass(frozen=True)
class Session:
    """When the class met, to the second; an end that is None is open."""

    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True)
class Lab:
    """What one learner was told to build, and where."""

    learner: Learner

    # where: from the cohort row, else the number and the lab file
    organization: str
    project: str
    github_owner: str
    repositories: tuple[str, ...]
    """Accepted repository names, most expected first."""
    subscription_id: str
    resource_group: str
    workspace: str
    location: str | None
    tenant_id: str | None

    # what: dictated to everyone
    variable_group: str = "devopsforai-aml-vg"
    service_connection: str = "aml-workspace-connection"
    ci_pipeline: str = "Model-Train-Register-CI"
    cd_pipeline: str = "Model-Deploy-CD"
    ci_yaml: str = ".pipelines/diabetes_regression-ci.yml"
    cd_yaml: str = ".pipelines/diabetes_regression-cd.yml"
    variables_yaml: str = ".pipelines/diabetes_regression-variables-template.yml"
    training_pipeline: str = "diabetes-Training-Pipeline"
    experiment: str = "mlopspython"
    model: str = "diabetes_regression_model.pkl"
    endpoint: str = "mlops-aci"

    templates: tuple[str, ...] = (
        "solliancenet/labs-ae-mlops-starter",
        "solliancenet/ae-mlops-starter",
    )
    leniency: Leniency = Leniency()
    session: Session = Session()
    points: Mapping[str, float] = field(default_factory=dict)
    """Check id -> points, where the lab file changes the rubric."""

    @property
    def place(self) -> str:
        """Where this lab is looked for, in one line; equal for the same places in any case."""
        parts = (
            f"{self.organization}/{self.project}",
            *(f"{self.github_owner}/{name}" for name in self.repositories),
            f"{self.subscription_id}/{self.resource_group}/{self.workspace}",
        )
        return " ".join(parts).casefold()

    @property
    def repository_urls(self) -> tuple[str, ...]:
        return tuple(f"https://github.com/{self.github_owner}/{name}" for name in self.repositories)


# --- the lab file ---------------------------------------------------------------------------------

FILE_NAME = "lab.toml"
_FULL_MARKS = 100
_TOTAL = "total"  # beside the check ids under [points]
_NUMBER_FORMAT = re.compile(r"0?[1-9]?d?")


def _raise(what: str, remedy: str) -> None:
    raise PydanticCustomError("flaw", "{what}", {"what": what, "remedy": remedy})


def _ruled(name: str) -> AfterValidator:
    def check(value: str) -> str:
        found = flaw(name, value)
        if not value:
            _raise("this is empty", "fill it in, or delete the line")
        if found:
            _raise(found.what, found.remedy)
        return value

    return AfterValidator(check)


def _pattern(name: str) -> AfterValidator:
    def check(pattern: str) -> str:
        try:
            parts = list(string.Formatter().parse(pattern))
        except ValueError:
            parts = [("", "", "", "")]
        for _, place, spec, conversion in parts:
            if place is not None and (
                place != "n" or conversion or not _NUMBER_FORMAT.fullmatch(spec or "")
            ):
                _raise("not a naming pattern", "use {n} or {n:02d} for the number, nothing else")
        found = flaw(name, pattern.format(n=1))
        if found:
            _raise(found.what, found.remedy)
        return pattern

    return AfterValidator(check)


def _some(entries: tuple[str, ...]) -> tuple[str, ...]:
    if not entries:
        _raise("the list is empty", "write at least one entry, or delete the line")
    return entries


def _point_in_time(value: object) -> object:
    remedy = 'write it as in 2026-11-20T09:00:00-06:00, or "2026-11-20 09:00 America/Chicago"'
    if isinstance(value, str):
        try:
            return moment(value)
        except ValueError as error:
            _raise(f"this is not a point in time ({error})", remedy)
    if isinstance(value, date | time) and getattr(value, "tzinfo", None) is None:
        _raise("it has no time zone", remedy)
    if not isinstance(value, datetime):
        _raise("this is not a point in time", remedy)
    return value


_Time = Annotated[datetime, BeforeValidator(_point_in_time)]
_Names = Annotated[tuple[Annotated[str, _pattern("repository")], ...], AfterValidator(_some)]
_Templates = Annotated[tuple[Annotated[str, _ruled("template")], ...], AfterValidator(_some)]
_Points = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TenantTable(_Table):
    """What the whole class shares; a learner's own row goes before it."""

    organization: Annotated[str, _ruled("organization")] | None = None
    github_owner: Annotated[str, _ruled("github_owner")] | None = None
    subscription_id: Annotated[str, _ruled("subscription_id")] | None = None
    tenant_id: Annotated[str, _ruled("tenant_id")] | None = None
    location: Annotated[str, _ruled("location")] | None = None


class NamesTable(_Table):
    """Naming patterns; ``{n}`` is the learner's number, ``{n:02d}`` the same in two digits.

    The lab sheet writes ``mlops_0N``: from number 10 on that can be read in two ways, and both
    are accepted.
    """

    project: Annotated[str, _pattern("project")] = "AE MLOps {n:02d}"
    repository: _Names = ("mlops_{n:02d}", "mlops_0{n}")
    resource_group: Annotated[str, _pattern("resource_group")] = "User{n}AML"
    workspace: Annotated[str, _pattern("workspace")] = "user{n}aml"


class TemplateTable(_Table):
    """The template repositories a learner may have started from."""

    accepted: _Templates = Lab.templates


class SessionTable(_Table):
    """When the class met; what was done at another time is noted, or costs what [points] says."""

    begins: _Time | None = None
    ends: _Time | None = None

    @model_validator(mode="after")
    def _in_order(self) -> SessionTable:
        if self.begins and self.ends and self.ends <= self.begins:
            _raise("it ends before it begins", "swap them, or correct one")
        return self


class NightlyTable(_Table):
    """How runs of other nights count: which makes the mark, and from when they are this class's."""

    policy: Policy = Policy.LATEST
    deadline: _Time | None = None
    since: _Time | None = None

    @model_validator(mode="after")
    def _whole(self) -> NightlyTable:
        if (self.policy is Policy.DEADLINE) != (self.deadline is not None):
            _raise(
                '`deadline` and the policy "deadline" belong together',
                'write both, or policy = "latest" or "best" without a deadline',
            )
        if self.deadline and self.since and self.deadline <= self.since:
            _raise("the deadline is before `since`", "correct one of them")
        return self


class LabFile(_Table):
    """What one class shares: where it works, how things are named, how strictly it is graded."""

    tenant: TenantTable = TenantTable()
    names: NamesTable = NamesTable()
    template: TemplateTable = TemplateTable()
    leniency: Leniency = Leniency()
    session: SessionTable = SessionTable()
    nightly: NightlyTable = NightlyTable()
    marks: MarksTable = MarksTable()
    points: dict[str, _Points] = {}
    _file: str = PrivateAttr(FILE_NAME)

    def for_learner(self, learner: Learner) -> Lab:
        """The learner's lab: what the row says, else what this file says of the number.

        What neither says is empty; see :func:`missing_for`.
        """
        shared, own, names = self.tenant, learner, self.names
        return Lab(
            learner=learner,
            organization=own.organization or shared.organization or "",
            project=own.project or names.project.format(n=own.number),
            github_owner=own.github_owner or shared.github_owner or "",
            repositories=self._repositories(learner),
            subscription_id=own.subscription_id or shared.subscription_id or "",
            resource_group=own.resource_group or names.resource_group.format(n=own.number),
            workspace=own.workspace or names.workspace.format(n=own.number),
            location=own.location or shared.location,
            tenant_id=own.tenant_id or shared.tenant_id,
            templates=self.template.accepted,
            leniency=self.leniency,
            session=Session(self.session.begins, self.session.ends),
            points=self._points_of_checks(),
        )

    @property
    def past_runs(self) -> Nightly | None:
        """How past runs count; None where the file says nothing of them."""
        if "nightly" not in self.model_fields_set:
            return None
        return Nightly(self.nightly.policy, self.nightly.deadline, self.nightly.since)

    def asks_for(self, check: Check) -> bool:
        """Whether a check is a part of this class's rubric: what it cannot do without is given."""
        return not check.only_with or bool(getattr(self, check.only_with).model_fields_set)

    def check_points(self, rubric: Iterable[Check]) -> None:
        """See ``[points]`` against the rubric; raises InputProblems with all that is wrong.

        Every key is a check's id. The rubric changed so must still add up to 100, or to what
        ``total`` under ``[points]`` says on purpose.
        """
        checks = tuple(rubric)
        asked_for = [check for check in checks if self.asks_for(check)]
        problems = [
            *self._unknown_checks(checks),
            *self._left_out(checks),
            *self._wrong_sum(asked_for),
        ]
        if problems:
            raise InputProblems(problems)

    def _repositories(self, learner: Learner) -> tuple[str, ...]:
        if learner.repository:
            return (learner.repository,)
        names = (pattern.format(n=learner.number) for pattern in self.names.repository)
        return tuple(dict.fromkeys(names))

    def _points_of_checks(self) -> Mapping[str, float]:
        return {check: points for check, points in self.points.items() if check != _TOTAL}

    def _unknown_checks(self, checks: Iterable[Check]) -> Iterator[Problem]:
        known = [check.id for check in checks]
        for name, points in self.points.items():
            if name not in (*known, _TOTAL):
                meant = nearest(name, known)
                remedy = f"write `{meant}`" if meant else "take the ids from the rubric"
                yield self._problem("there is no such check", remedy, name, points)

    def _left_out(self, checks: Iterable[Check]) -> Iterator[Problem]:
        for check in checks:
            if check.id in self.points and not self.asks_for(check):
                what = f"this check is left out without [{check.only_with}]"
                remedy = f"fill in [{check.only_with}], or delete the line"
                yield self._problem(what, remedy, check.id, self.points[check.id])

    def _wrong_sum(self, checks: Iterable[Check]) -> Iterator[Problem]:
        if not self.points:
            return
        total = sum(check.points for check in with_points(checks, self._points_of_checks()))
        wanted = self.points.get(_TOTAL, _FULL_MARKS)
        if not math.isclose(total, wanted, abs_tol=1e-6):
            what = f"with these points the checks add up to {total:g}, not to {wanted:g}"
            remedy = f"change other points too, or write `{_TOTAL} = {total:g}` if it is meant"
            yield self._problem(what, remedy)

    def _problem(self, what: str, remedy: str, key: str = "", value: Any = None) -> Problem:
        column = f"points.{key}" if key else "points"
        text = None if value is None else f"{value:g}"
        return KeyProblem(self._file, what, remedy, column=column, value=text)


def find_lab_file(cohort: Path | str, explicit: Path | str | None = None) -> Path | None:
    """The lab file named, else ``lab.toml`` beside the cohort file, else None."""
    if explicit is not None:
        return Path(explicit)
    beside = Path(cohort).with_name(FILE_NAME)
    return beside if beside.exists() else None


def read_lab_file(path: Path | str | None) -> LabFile:
    """The lab file, or the lab as the sheet has it when there is none.

    Raises InputProblems with everything that is wrong with the file.
    """
    if path is None:
        return LabFile()
    lab_file = read_toml(Path(path), LabFile)
    lab_file._file = str(path)
    return lab_file


def read_class(
    cohort: Path | str, lab_file: Path | str | None = None
) -> tuple[tuple[Learner, ...], LabFile]:
    """The learners of a cohort file and the class's lab file.

    Raises one InputProblems with all that is wrong with either.
    """
    learners: tuple[Learner, ...] = ()
    lab = LabFile()
    problems: list[Problem] = []
    try:
        learners = read_cohort(cohort)
    except InputProblems as found:
        problems += found.problems
    try:
        lab = read_lab_file(lab_file)
    except InputProblems as found:
        problems += found.problems
    if problems:
        raise InputProblems(problems)
    return learners, lab


def missing_for(*labs: Lab, file: str = FILE_NAME) -> tuple[Problem, ...]:
    """What has to be known before anything can be looked up, and is not: one problem per name."""
    problems = []
    for name in ("organization", "github_owner", "subscription_id"):
        lacking = [lab.learner.id for lab in labs if not getattr(lab, name)]
        if lacking:
            who = ", ".join(lacking[:3]) + (f" and {len(lacking) - 3} more" if lacking[3:] else "")
            remedy = f"put `{name}` under [tenant], or a column `{name}` in the cohort file"
            what = f"nothing says it for {who}"
            problems.append(KeyProblem(file, what, remedy, column=f"tenant.{name}"))
    return tuple(problems)

"""The tables of a lab file, key by key: what each may hold, and the message for a wrong value."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from graders.as_of import moment
from graders.inputs.field_rules import flaw
from graders.inputs.nightly import Policy
from graders.inputs.toml_file import flaw_error
from graders.lab.roles import is_pattern
from graders.lab.sheet import SHEET, DictatedName, Sheet
from graders.late import LateRule, Per, Share


def _ruled(name: str) -> AfterValidator:
    def check(value: str) -> str:
        found_flaw = flaw(name, value)
        if not value:
            raise flaw_error("this is empty", "fill it in, or delete the line")
        if found_flaw:
            raise flaw_error(found_flaw.what, found_flaw.remedy)
        return value

    return AfterValidator(check)


def _pattern(name: str) -> AfterValidator:
    def check(pattern: str) -> str:
        if not is_pattern(pattern):
            raise flaw_error("not a naming pattern", "use only {n} or {n:02d}, for the number")
        if not pattern:
            raise flaw_error("this is empty", "fill it in, or delete the line")
        found_flaw = flaw(name, pattern.format(n=1))
        if found_flaw:
            raise flaw_error(found_flaw.what, found_flaw.remedy)
        return pattern

    return AfterValidator(check)


def _some(entries: tuple[str, ...]) -> tuple[str, ...]:
    if not entries:
        raise flaw_error("the list is empty", "write at least one entry, or delete the line")
    return entries


def _point_in_time(value: object) -> object:
    remedy = 'write it as in 2026-11-20T09:00:00-06:00, or "2026-11-20 09:00 America/Chicago"'
    if isinstance(value, str):
        try:
            return moment(value)
        except ValueError as error:
            raise flaw_error(f"not a valid time ({error})", remedy) from None
    if isinstance(value, date | time) and getattr(value, "tzinfo", None) is None:
        raise flaw_error("it has no time zone", remedy)
    if not isinstance(value, datetime):
        raise flaw_error("not a valid time", remedy)
    return value


_Time = Annotated[datetime, BeforeValidator(_point_in_time)]
_Names = Annotated[tuple[Annotated[str, _pattern("repository")], ...], AfterValidator(_some)]
_Plain = Annotated[str, _pattern("")]
_Path = Annotated[str, _pattern("path")]
_Asset = Annotated[str, _pattern("asset")]
_Templates = Annotated[tuple[Annotated[str, _ruled("template")], ...], AfterValidator(_some)]
Points = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
Amount = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False, strict=True)]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TenantTable(Table):
    """What the whole class shares; a learner's own row overrides it."""

    organization: Annotated[str, _ruled("organization")] | None = None
    github_owner: Annotated[str, _ruled("github_owner")] | None = None
    subscription_id: Annotated[str, _ruled("subscription_id")] | None = None
    tenant_id: Annotated[str, _ruled("tenant_id")] | None = None
    location: Annotated[str, _ruled("location")] | None = None


class NamesTable(Table):
    """Naming patterns; ``{n}`` is the learner's number, ``{n:02d}`` the same in two digits.

    What is left out is as the lab sheet has it.
    """

    project: Annotated[str, _pattern("project")] | None = None
    repository: _Names | None = None
    resource_group: Annotated[str, _pattern("resource_group")] | None = None
    workspace: Annotated[str, _pattern("workspace")] | None = None
    variable_group: _Plain | None = None
    service_connection: _Plain | None = None
    ci_pipeline: _Plain | None = None
    cd_pipeline: _Plain | None = None
    ci_yaml: _Path | None = None
    cd_yaml: _Path | None = None
    variables_yaml: _Path | None = None
    training_pipeline: _Plain | None = None
    experiment: _Asset | None = None
    model: _Asset | None = None
    endpoint: Annotated[str, _pattern("endpoint")] | None = None
    online_endpoint: Annotated[str, _pattern("endpoint")] | None = None

    def applied(self, sheet: Sheet, number: int) -> Sheet:
        """The sheet with this class's names, for one learner."""
        given = {dictated: name for dictated in sheet.names() if (name := getattr(self, dictated))}
        return sheet.renamed(given).filled(number)

    @model_validator(mode="after")
    def _two_pipelines(self) -> NamesTable:
        names = self.applied(SHEET, 1).names()
        pairs: tuple[tuple[DictatedName, DictatedName], ...] = (
            ("ci_pipeline", "cd_pipeline"),
            ("ci_yaml", "cd_yaml"),
        )
        for ci, cd in pairs:
            if names[ci].casefold() == names[cd].casefold():
                raise flaw_error(
                    f"`{ci}` and `{cd}` are the same", "give each pipeline its own name"
                )
        return self


class TemplateTable(Table):
    """The template repositories a learner may have started from."""

    accepted: _Templates | None = None

    def applied(self, sheet: Sheet) -> Sheet:
        if not self.accepted:
            return sheet
        return replace(sheet, template=replace(sheet.template, accepted=self.accepted))


class SessionTable(Table):
    """When the class met; what was done at another time is noted, or costs what [points] says."""

    begins: _Time | None = None
    ends: _Time | None = None

    @model_validator(mode="after")
    def _in_order(self) -> SessionTable:
        if self.begins and self.ends and self.ends <= self.begins:
            raise flaw_error("it ends before it begins", "swap them, or correct one of them")
        return self


class LateTable(Table):
    """What late work costs: nothing without ``penalty``."""

    deadline: _Time | None = None
    penalty: Amount = 0
    share: Share | None = None
    per: Per | None = None
    grace_minutes: Amount = 0
    cap: Amount | None = None

    @model_validator(mode="after")
    def _whole(self) -> LateTable:
        if self.penalty and not (self.share and self.per):
            shares = " or ".join(f'"{share}"' for share in Share)
            raise flaw_error(
                "`penalty` needs `share` and `per`", f'write share = {shares}, and per = "day"'
            )
        if self.cap is not None and not self.penalty:
            raise flaw_error("`cap` needs `penalty`", "write both, or delete `cap`")
        return self

    @property
    def rule(self) -> LateRule:
        return LateRule(
            deadline=self.deadline,
            penalty=self.penalty,
            share=self.share or Share.POINTS,
            per=self.per or Per.DAY,
            grace=timedelta(minutes=self.grace_minutes),
            cap=self.cap,
        )


class NightlyTable(Table):
    """How past runs count: which one makes the mark, and from when they are this class's."""

    policy: Policy = Policy.LATEST
    deadline: _Time | None = None
    since: _Time | None = None

    @model_validator(mode="after")
    def _whole(self) -> NightlyTable:
        if (self.policy is Policy.DEADLINE) != (self.deadline is not None):
            raise flaw_error(
                '`deadline` and the policy "deadline" belong together',
                'write both, or policy = "latest" or "best" without a deadline',
            )
        if self.deadline and self.since and self.deadline <= self.since:
            raise flaw_error("the deadline is before `since`", "correct one of them")
        return self

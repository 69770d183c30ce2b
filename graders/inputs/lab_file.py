"""The lab file: where one class works, how its resources are named, how strictly it is graded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, PrivateAttr

from graders.inputs.cohort import Cohort, read_cohort_file
from graders.inputs.lab_tables import (
    LateTable,
    NamesTable,
    NightlyTable,
    Points,
    SessionTable,
    SignInTable,
    Table,
    TemplateTable,
    TenantTable,
)
from graders.inputs.marks import MarksTable
from graders.inputs.nightly import Nightly, Policy
from graders.inputs.problems import InputProblems, KeyProblem, Problem
from graders.inputs.toml_file import read_toml
from graders.lab import SHEET, Lab, Learner, Leniency, Session, Sheet
from graders.late import LateRule
from graders.names import nearest
from graders.rubric import Check, with_points

FILE_NAME = "lab.toml"
_FULL_MARKS = 100
_TOTAL = "total"  # beside the check ids under [points]


class LabFile(Table):
    """What one class shares: where it works, how resources are named, how strictly it is graded."""

    tenant: TenantTable = TenantTable()
    names: NamesTable = NamesTable()
    template: TemplateTable = TemplateTable()
    leniency: Leniency = Leniency()
    session: SessionTable = SessionTable()
    nightly: NightlyTable = NightlyTable()
    late: LateTable = LateTable()
    sign_in: SignInTable = SignInTable()
    marks: MarksTable = MarksTable()
    points: dict[str, Points] = Field(default_factory=dict)
    visibility: dict[str, Literal["everyone", "instructor"]] = Field(default_factory=dict)
    """Check -> who sees it; learners who check themselves do not see an instructor's."""
    _file: str = PrivateAttr(FILE_NAME)

    def for_learner(self, learner: Learner, sheet: Sheet = SHEET) -> Lab:
        """The learner's lab: from the row, else this file, else the sheet.

        What none of them gives is empty; see :func:`missing_for`.
        """
        shared, own, n = self.tenant, learner, learner.number
        names, workspace = self.names, sheet.workspace
        group = names.resource_group or workspace.resource_group
        return Lab(
            learner=learner,
            organization=own.organization or shared.organization or "",
            project=own.project or (names.project or sheet.project.name).format(n=n),
            github_owner=own.github_owner or shared.github_owner or "",
            repositories=self._repositories(learner, sheet),
            subscription_id=own.subscription_id or shared.subscription_id or "",
            resource_group=own.resource_group or group.format(n=n),
            workspace=own.workspace or (names.workspace or workspace.name).format(n=n),
            location=own.location or shared.location,
            tenant_id=own.tenant_id or shared.tenant_id,
            sheet=self.template.applied(names.applied(sheet, n)),
            leniency=self.leniency,
            session=Session(self.session.begins, self.session.ends),
            points=self._points_of_checks(),
        )

    @property
    def past_runs(self) -> Nightly | None:
        """How past runs count; None where the file has no ``[nightly]``."""
        if "nightly" not in self.model_fields_set:
            return None
        return Nightly(self.nightly.policy, self.nightly.deadline, self.nightly.since)

    @property
    def late_rule(self) -> LateRule:
        """What late work costs; without ``[late]`` nothing, and there is no deadline."""
        return self.late.rule

    def asks_for(self, check: Check) -> bool:
        """Whether a check is part of this class's rubric: the table that it needs is given."""
        return not check.only_with or bool(getattr(self, check.only_with).model_fields_set)

    def shows(self, check: Check) -> bool:
        """Whether learners see a check when they check themselves."""
        return self.visibility.get(check.id) != "instructor"

    def check_points(self, rubric: Iterable[Check]) -> None:
        """Check ``[points]`` against the rubric; raises InputProblems with all that is wrong.

        Every key is a check's id. The changed rubric must still add up to 100, or to ``total``
        under ``[points]``.
        """
        checks = tuple(rubric)
        asked_for = [check for check in checks if self.asks_for(check)]
        problems = [
            *self._unknown_checks(checks),
            *self._left_out(checks),
            *(tuple(self._split(asked_for)) or self._wrong_sum(asked_for)),
        ]
        if problems:
            raise InputProblems(problems)

    def _repositories(self, learner: Learner, sheet: Sheet) -> tuple[str, ...]:
        if learner.repository:
            return (learner.repository,)
        patterns = self.names.repository or sheet.repository.names
        names = (pattern.format(n=learner.number) for pattern in patterns)
        return tuple(dict.fromkeys(names))

    def _points_of_checks(self) -> Mapping[str, float]:
        return {check: points for check, points in self.points.items() if check != _TOTAL}

    def _unknown_checks(self, checks: Iterable[Check]) -> Iterator[Problem]:
        known = [check.id for check in checks]
        written: Mapping[str, Mapping[str, object]] = {
            "points": self._points_of_checks(),
            "visibility": self.visibility,
        }
        named = [(table, *entry) for table, entries in written.items() for entry in entries.items()]
        for table, name, value in named:
            if name not in known:
                meant = nearest(name, known)
                remedy = f"write `{meant}`" if meant else "copy the id from docs/rubric.md"
                yield self._problem("no check has this id", remedy, name, value, table)

    def _left_out(self, checks: Iterable[Check]) -> Iterator[Problem]:
        for check in checks:
            if check.id in self.points and not self.asks_for(check):
                message = f"this check is left out without [{check.only_with}]"
                remedy = f"fill in [{check.only_with}], or delete the line"
                yield self._problem(message, remedy, check.id, self.points[check.id])

    def _split(self, checks: Sequence[Check]) -> Iterator[Problem]:
        """Checks that a file of an earlier version prices as part of others, and that now add."""
        parts = [c for c in checks if c.was_part_of in self.points and c.id not in self.points]
        extra = sum(check.points for check in parts)
        if not extra or not math.isclose(self._surplus(checks), extra, abs_tol=1e-6):
            return
        for check in parts:
            whole, priced = check.was_part_of, self.points[check.was_part_of]
            kept = max(0, priced - check.points)
            message = f"`{check.id}` is a check of its own now, and no longer part of this one"
            remedy = f"write `{whole} = {kept:g}` and `{check.id} = {priced - kept:g}`"
            yield self._problem(message, remedy, whole, priced)

    def _surplus(self, checks: Iterable[Check]) -> float:
        """How many points the checks have beyond what they must add up to."""
        total = sum(check.points for check in with_points(checks, self._points_of_checks()))
        return total - self.points.get(_TOTAL, _FULL_MARKS)

    def _wrong_sum(self, checks: Iterable[Check]) -> Iterator[Problem]:
        surplus, wanted = self._surplus(checks), self.points.get(_TOTAL, _FULL_MARKS)
        if math.isclose(surplus, 0, abs_tol=1e-6):
            return
        total = wanted + surplus
        if self.points:
            message = f"with these points the checks add up to {total:g}, not to {wanted:g}"
            remedy = f"change other points too, or write `{_TOTAL} = {total:g}` if this is intended"
            yield self._problem(message, remedy)
        else:
            message = f"its checks add up to {total:g} points, not to {wanted:g}"
            remedy = "restore the files and checks that are missing or changed"
            yield Problem("tests/lab", message, remedy)

    def _problem(
        self, message: str, remedy: str, key: str = "", value: object = None, table: str = "points"
    ) -> Problem:
        column = f"{table}.{key}" if key else table
        text = f"{value:g}" if isinstance(value, int | float) else str(value or "")
        return KeyProblem(self._file, message, remedy, column=column, value=text or None)


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
    """The learners of a cohort file and the class's lab file; see ``read_class_files``."""
    found, lab = read_class_files(cohort, lab_file)
    return found.learners, lab


def read_class_files(
    cohort: Path | str, lab_file: Path | str | None = None
) -> tuple[Cohort, LabFile]:
    """The cohort file, with the rows that are left out, and the class's lab file.

    Raises one InputProblems with all that is wrong with either.
    """
    found, lab = Cohort(()), LabFile()
    problems: list[Problem] = []
    try:
        found = read_cohort_file(cohort)
    except InputProblems as error:
        problems += error.problems
    try:
        lab = read_lab_file(lab_file)
    except InputProblems as error:
        problems += error.problems
    problems += _contradictions(found, lab)
    if problems:
        raise InputProblems(problems)
    return found, lab


def _contradictions(cohort: Cohort, lab: LabFile) -> Iterator[Problem]:
    """Marks that are frozen at one deadline would ignore a learner's extension."""
    has_late = "late" in lab.model_fields_set
    has_own = any(learner.deadline or learner.extension for learner in cohort.learners)
    if lab.nightly.policy is Policy.DEADLINE and (has_late or has_own):
        message = "marks frozen at this deadline would ignore [late] and learners' extensions"
        remedy = 'write policy = "latest", and the deadline under [late]'
        value = lab.nightly.policy.value
        yield KeyProblem(lab._file, message, remedy, column="nightly.policy", value=value)


def missing_for(*labs: Lab, file: str = FILE_NAME) -> tuple[Problem, ...]:
    """What must be known before anything can be collected, and is not: one problem per name."""
    problems = []
    for name in ("organization", "github_owner", "subscription_id"):
        lacking = [lab.learner.id for lab in labs if not getattr(lab, name)]
        if lacking:
            learners = ", ".join(lacking[:3]) + (
                f" and {len(lacking) - 3} more" if lacking[3:] else ""
            )
            remedy = f"put `{name}` under [tenant], or a column `{name}` in the cohort file"
            message = f"not set for {learners}"
            problems.append(KeyProblem(file, message, remedy, column=f"tenant.{name}"))
    return tuple(problems)

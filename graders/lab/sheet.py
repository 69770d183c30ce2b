"""The lab sheet as data: everything that one edition of the lab dictates, by the role it plays."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter

from graders.lab.roles import (
    CD,
    CI,
    Endpoint,
    Model,
    Name,
    Project,
    Repository,
    Scoring,
    ServiceConnection,
    Tags,
    Template,
    Training,
    VariableGroup,
    Workspace,
)

EDITIONS = Path(__file__).with_name("editions")
DictatedName = Literal[
    "variable_group",
    "service_connection",
    "ci_pipeline",
    "cd_pipeline",
    "ci_yaml",
    "cd_yaml",
    "variables_yaml",
    "training_pipeline",
    "experiment",
    "model",
    "endpoint",
    "online_endpoint",
]
"""The names that a class may change; each is the same in code, lab file and documents."""
_PLACES: Mapping[DictatedName, tuple[str, str]] = {
    "variable_group": ("variable_group", "name"),
    "service_connection": ("service_connection", "name"),
    "ci_pipeline": ("ci", "name"),
    "cd_pipeline": ("cd", "name"),
    "ci_yaml": ("ci", "yaml"),
    "cd_yaml": ("cd", "yaml"),
    "variables_yaml": ("template", "variables_yaml"),
    "training_pipeline": ("training", "pipeline"),
    "experiment": ("training", "experiment"),
    "model": ("model", "name"),
    "endpoint": ("endpoint", "name"),
    "online_endpoint": ("endpoint", "online_name"),
}


@dataclass(frozen=True)
class Sheet:
    """One edition of the lab sheet, or a class's version of it."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    tasks: Mapping[int, Name] = field(hash=False)
    """Number -> title of every graded task."""
    project: Project
    workspace: Workspace
    variable_group: VariableGroup
    service_connection: ServiceConnection
    repository: Repository
    template: Template
    ci: CI
    cd: CD
    training: Training
    model: Model
    tags: Tags
    endpoint: Endpoint
    scoring: Scoring

    @cached_property
    def yaml_files(self) -> tuple[str, str, str]:
        """The files whose content is graded."""
        return (self.ci.yaml, self.cd.yaml, self.template.variables_yaml)

    @cached_property
    def essential_files(self) -> tuple[str, ...]:
        """Every file that the two pipelines need."""
        return tuple(sorted({*self.yaml_files, *self.template.needed}))

    def names(self) -> dict[DictatedName, str]:
        """The names that a class may change, as they are here."""
        return {name: getattr(getattr(self, role), key) for name, (role, key) in _PLACES.items()}

    def renamed(self, names: Mapping[DictatedName, str]) -> Sheet:
        """The same sheet with other names in some places."""
        sheet = self
        for name, value in names.items():
            role, key = _PLACES[name]
            part: Any = replace(getattr(sheet, role), **{key: value})
            sheet = replace(sheet, **{role: part})
        return sheet

    def filled(self, number: int) -> Sheet:
        """The same sheet with the learner's number in the names that a class may change."""
        patterns = {dictated: name for dictated, name in self.names().items() if "{" in name}
        return self.renamed(
            {dictated: name.format(n=number) for dictated, name in patterns.items()}
        )

    def __deepcopy__(self, _: object) -> Sheet:
        return self  # nothing of it ever changes


def read_sheet(path: Path) -> Sheet:
    """The sheet in a TOML file.

    Raises ``pydantic.ValidationError`` with everything that is wrong, and OSError.
    """
    return _SHEETS.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))


_SHEETS = TypeAdapter(Sheet)
SHEET = read_sheet(EDITIONS / "ae_mlops" / "sheet.toml")
"""The edition that ``tests/lab`` grades."""

"""What a learner's project refers to: variables, the connection's workspace, pipelines' sources."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from graders.evidence import Evidence, VariableGroup
from graders.judging.ownership.locations import (
    Index,
    index,
    place_of,
    repositories_of,
    visible,
    workspace_of,
)
from graders.lab import Lab
from graders.lab.roles import VariableGroup as Dictated


@dataclass(frozen=True)
class Reference:
    """A value that names a place, and the learners who have that place."""

    about: str
    text: str
    owners: Collection[str]


class References:
    """Finds the references of each lab of a class, and which learners' places they name."""

    def __init__(self, labs: Mapping[str, Lab]) -> None:
        self._of_workspace = index(labs, lambda lab: [workspace_of(lab)])
        self._of_repository = index(labs, repositories_of)
        self._of_number = index(labs, lambda lab: [str(lab.learner.number)])
        self._of_group = index(labs, lambda lab: [lab.resource_group.casefold()])
        self._of_name = index(labs, lambda lab: [lab.workspace.casefold()])

    def of(self, lab: Lab, evidence: Evidence) -> Iterator[Reference]:
        for group in visible(evidence.variable_groups):
            if group.name == lab.variable_group:
                yield from self._of_variables(group, lab.sheet.variable_group)
        yield from self._of_connections(lab, evidence)
        yield from self._of_pipelines(lab, evidence)

    def _of_variables(self, group: VariableGroup, dictated: Dictated) -> Iterator[Reference]:
        values = {name: variable.value or "" for name, variable in group.variables.items()}
        names = dictated.variables
        numbers = dictated.base_name.numbers(values.get(names.base_name, ""))
        own_group, workspace = (
            values.get(name, "").strip() for name in (names.resource_group, names.workspace_name)
        )
        named: tuple[tuple[str, str, Index, str], ...] = (
            ("base_name", names.base_name, self._of_number, "".join(map(str, numbers[:1]))),
            ("resource_group", names.resource_group, self._of_group, own_group),
            ("workspace_name", names.workspace_name, self._of_name, workspace),
        )
        for about, name, places, place in named:
            text = f"{name} `{values.get(name, '')}`"
            yield Reference(about, text, places.get(place.casefold(), ()))

    def _of_connections(self, lab: Lab, evidence: Evidence) -> Iterator[Reference]:
        for connection in visible(evidence.service_connections):
            if connection.name == lab.service_connection:
                target = place_of(
                    connection.subscription_id, connection.resource_group, connection.workspace
                )
                text = f"the connection's workspace `{connection.workspace}`"
                yield Reference("workspace_connection", text, self._of_workspace.get(target, ()))

    def _of_pipelines(self, lab: Lab, evidence: Evidence) -> Iterator[Reference]:
        about = {lab.ci_pipeline: "ci_source", lab.cd_pipeline: "cd_source"}
        for pipeline in visible(evidence.pipelines):
            if pipeline.name in about:
                owners = self._of_repository.get(pipeline.repository_name.casefold(), ())
                text = f"the repository `{pipeline.repository_name}` of {pipeline.name}"
                yield Reference(about[pipeline.name], text, owners)

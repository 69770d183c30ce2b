"""What a learner's project refers to: variables, the connection's workspace, pipelines' sources."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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
        names, numbers = dictated.variables, dictated.base_name.numbers
        named: tuple[tuple[str, str, Index, Callable[[str], Sequence[object]]], ...] = (
            ("base_name", names.base_name, self._of_number, lambda value: numbers(value)[:1]),
            ("resource_group", names.resource_group, self._of_group, lambda value: [value]),
            ("workspace_name", names.workspace_name, self._of_name, lambda value: [value]),
        )
        for about, name, owners, places in named:
            variable = group.variables.get(name)
            if variable and variable.value:
                for place in places(variable.value.strip()):
                    yield from _reference(about, f"{name} `{variable.value}`", owners, str(place))

    def _of_connections(self, lab: Lab, evidence: Evidence) -> Iterator[Reference]:
        for connection in visible(evidence.service_connections):
            if connection.name == lab.service_connection:
                target = place_of(
                    connection.subscription_id, connection.resource_group, connection.workspace
                )
                text = f"the connection's workspace `{connection.workspace}`"
                yield from _reference("workspace_connection", text, self._of_workspace, target)

    def _of_pipelines(self, lab: Lab, evidence: Evidence) -> Iterator[Reference]:
        about = {lab.ci_pipeline: "ci_source", lab.cd_pipeline: "cd_source"}
        for pipeline in visible(evidence.pipelines):
            if pipeline.name in about:
                place = pipeline.repository_name
                text = f"the repository `{place}` of {pipeline.name}"
                yield from _reference(about[pipeline.name], text, self._of_repository, place)


def _reference(about: str, text: str, owners: Index, place: str) -> Iterator[Reference]:
    """A reference, where the place is anybody's."""
    if place.casefold() in owners:
        yield Reference(about, text, owners[place.casefold()])

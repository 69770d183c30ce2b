"""What a learner's project points at: variables, the connection's workspace, pipelines' sources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graders.custody.places import Index, index, place_of, repositories_of, seen, workspace_of
from graders.evidence import Evidence, VariableGroup
from graders.lab import Lab

_USER = re.compile(r"user(\d+)(?!\d)", re.IGNORECASE)


@dataclass(frozen=True)
class Pointer:
    """Something that names a place, and the learners whose place that is."""

    about: str
    said: str
    whose: tuple[str, ...]


class Pointers:
    """Reads the pointers of each lab of a class against the places of all of them."""

    def __init__(self, labs: Mapping[str, Lab]) -> None:
        self._of_workspace = index(labs, lambda lab: [workspace_of(lab)])
        self._of_repository = index(labs, repositories_of)
        self._of_number = index(labs, lambda lab: [str(lab.learner.number)])
        self._of_group = index(labs, lambda lab: [lab.resource_group.casefold()])
        self._of_name = index(labs, lambda lab: [lab.workspace.casefold()])

    def of(self, lab: Lab, found: Evidence) -> Iterator[Pointer]:
        for group in seen(found.variable_groups):
            if group.name == lab.variable_group:
                yield from self._of_variables(group)
        yield from self._of_connections(lab, found)
        yield from self._of_pipelines(lab, found)

    def _of_variables(self, group: VariableGroup) -> Iterator[Pointer]:
        values = {name: one.value or "" for name, one in group.variables.items()}
        user = _USER.search(values.get("BASE_NAME", ""))
        named: tuple[tuple[str, Index, str], ...] = (
            ("BASE_NAME", self._of_number, user[1] if user else ""),
            ("RESOURCE_GROUP", self._of_group, values.get("RESOURCE_GROUP", "").strip()),
            ("WORKSPACE_NAME", self._of_name, values.get("WORKSPACE_NAME", "").strip()),
        )
        for name, places, value in named:
            said = f"{name} `{values.get(name, '')}`"
            yield Pointer(name.lower(), said, places.get(value.casefold(), ()))

    def _of_connections(self, lab: Lab, found: Evidence) -> Iterator[Pointer]:
        for one in seen(found.service_connections):
            if one.name == lab.service_connection:
                target = place_of(one.subscription_id, one.resource_group, one.workspace)
                said = f"the connection's workspace `{one.workspace}`"
                yield Pointer("workspace_connection", said, self._of_workspace.get(target, ()))

    def _of_pipelines(self, lab: Lab, found: Evidence) -> Iterator[Pointer]:
        about = {lab.ci_pipeline: "ci_source", lab.cd_pipeline: "cd_source"}
        for one in seen(found.pipelines):
            if one.name in about:
                whose = self._of_repository.get(one.repository_name.casefold(), ())
                said = f"the repository `{one.repository_name}` of {one.name}"
                yield Pointer(about[one.name], said, whose)

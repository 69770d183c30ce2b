"""Task 2: the variable group."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from graders.evidence import (
    Access,
    Pipeline,
    Variable,
)
from graders.lab import Lab
from graders.reasons import Mismatch


def missing_variables(variables: Mapping[str, Variable], wanted: Iterable[str]) -> list[Mismatch]:
    """Every variable the lab lists is there, spelled exactly so [2.7]."""
    extra = [name for name in variables if name not in set(wanted)]
    actual = f"not there; other variables: {', '.join(extra)}" if extra else "not there"
    return [
        Mismatch(name, f"a variable {name}", actual) for name in wanted if name not in variables
    ]


def unreadable_variables(
    group_type: str, variables: Mapping[str, Variable], wanted: Iterable[str]
) -> list[Mismatch]:
    """The group holds plain values: no padlock, no link to a key vault [2.7]."""
    if group_type != "Vsts":
        return [Mismatch("variable group", "plain variables", f"a group of type {group_type}")]
    return [
        Mismatch(name, "a plain value", "marked as secret")
        for name in wanted
        if name in variables and variables[name].is_secret
    ]


def padded_values(variables: Mapping[str, Variable]) -> list[Mismatch]:
    """No value begins or ends with a blank, as copying from a page easily adds [2.7]."""
    return [
        Mismatch(name, repr(variable.value.strip()), repr(variable.value))
        for name, variable in variables.items()
        if variable.value is not None and variable.value != variable.value.strip()
    ]


def base_name_problems(value: str, lab: Lab) -> list[Mismatch]:
    """So many letters, digits or hyphens, with the learner's ``userN`` in it [2.7].

    The sheet says "letters and numbers only" and gives ``user4-project``: the hyphen is fine.
    ``user1`` must not be read into ``user10``.
    """
    group, number = lab.sheet.variable_group, lab.learner.number
    form, user = group.base_name, group.base_name.user.format(n=number)
    is_right_size = form.shortest <= len(value) <= form.longest
    if is_right_size and re.fullmatch(r"[A-Za-z0-9-]+", value) and number in form.numbers(value):
        return []
    size = f"{form.shortest} to {form.longest}"
    wanted = f"{size} letters, digits or hyphens with {user} in it"
    return [Mismatch(group.variables.base_name, wanted, value)]


def overriding_variables(names: Iterable[str], lab: Lab) -> list[str]:
    beginnings = lab.sheet.variable_group.overriding
    return sorted(name for name in names if name.upper().startswith(beginnings))


def closed_to_pipelines(access: Access, pipelines: Iterable[Pipeline], lab: Lab) -> list[Mismatch]:
    """Open to every pipeline, or (by default) at least to both of the lab's own [2.8].

    A pipeline that is misnamed, or is not there yet, costs once: in task 5 or 6.
    """
    if access.all_pipelines:
        return []
    known = list(pipelines)
    permitted = {pipeline.name for pipeline in known if pipeline.id in access.pipeline_ids}
    roles = ((lab.ci_pipeline, lab.ci_yaml), (lab.cd_pipeline, lab.cd_yaml))
    own = [names for role in roles if (names := _in_role(known, *role))]
    if lab.leniency.per_pipeline_access and own and all(names & permitted for names in own):
        return []
    actual = f"open to {', '.join(sorted(permitted))} only" if permitted else "open to no pipeline"
    return [Mismatch("pipeline permissions", "open to all pipelines", actual)]


def _in_role(pipelines: Iterable[Pipeline], name: str, yaml: str) -> set[str]:
    """The pipeline of that name; without one, those that run that YAML file."""
    names = {
        pipeline.name
        for pipeline in pipelines
        if pipeline.name == name or pipeline.yaml_path == yaml
    }
    return {name} if name in names else names


def closed_to_all(access: Access) -> list[Mismatch]:
    """Open access for the whole project, as the lab words it [2.8]."""
    if access.all_pipelines:
        return []
    actual = f"open to {len(access.pipeline_ids)} pipelines, one by one"
    return [Mismatch("pipeline permissions", "open to all pipelines", actual)]

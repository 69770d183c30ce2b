"""Task 4: the repository."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from graders.evidence import (
    Repository,
)
from graders.judging.rules.learner_yaml import UnreadableError, read_yaml
from graders.lab import Lab
from graders.reasons import Mismatch


def missing_repository(
    repositories: Sequence[Repository], similar: Sequence[str], lab: Lab
) -> list[Mismatch]:
    """The owner has a repository of one of the accepted names [4.4]."""
    if repositories:
        return []
    names = " or ".join(f"{lab.github_owner}/{name}" for name in lab.repositories)
    actual = f"similar names: {', '.join(similar)}" if similar else "no such repository"
    return [Mismatch("repository", names, actual, next(iter(similar), ""))]


def wrong_origin(repository: Repository, template: str | None, lab: Lab) -> list[Mismatch]:
    """Generated from one of the lab's templates: not forked, imported or uploaded [4.3]."""
    expected = f"generated from {lab.templates[0]}"
    if repository.is_fork:
        return [Mismatch("origin", expected, "a fork")]
    if template is None:
        actual = "made without a template" if repository.head else "empty, made without a template"
        return [Mismatch("origin", expected, actual)]
    if template.casefold() in {accepted.casefold() for accepted in lab.templates}:
        return []
    return [Mismatch("origin", expected, f"generated from {template}")]


def missing_files(repository: Repository, lab: Lab) -> list[Mismatch]:
    """Every file that the pipelines need is on the default branch [4.4]."""
    return [
        Mismatch("file", path, "not on the default branch")
        for path in lab.sheet.essential_files
        if path not in repository.files
    ]


def altered_pipelines(repository: Repository, lab: Lab) -> list[Mismatch]:
    """The YAML still names the lab's group, pipeline, stages and model [4.4].

    Other changes are the learner's freedom: instructors themselves patch the template.
    """
    sheet, ci, cd = lab.sheet, lab.sheet.ci, lab.sheet.cd
    files = {path: _content(repository, path) for path in sheet.yaml_files}
    facts: tuple[tuple[str, str, str, Callable[[Mapping[str, Any]], list[str]]], ...] = (
        (lab.ci_yaml, "variable group of the CI pipeline", lab.variable_group, _groups),
        (lab.cd_yaml, "variable group of the CD pipeline", lab.variable_group, _groups),
        (
            lab.cd_yaml,
            "pipeline the CD pipeline takes the model from",
            lab.ci_pipeline,
            _sources,
        ),
        (lab.ci_yaml, "first stage of the CI pipeline", ci.build.identifier, _stages),
        (lab.ci_yaml, "second stage of the CI pipeline", ci.training.identifier, _stages),
        (lab.cd_yaml, "first stage of the CD pipeline", cd.deployment.identifier, _stages),
        (lab.cd_yaml, "second stage of the CD pipeline", cd.kubernetes.identifier, _stages),
        (
            lab.variables_yaml,
            sheet.model.variable,
            lab.model,
            partial(_values, sheet.model.variable),
        ),
    )
    unreadable = [
        Mismatch(f"file {path}", "YAML that can be read", content)
        for path, content in files.items()
        if isinstance(content, str)
    ]
    return unreadable + [
        Mismatch(fact, wanted, ", ".join(names) or "nothing")
        for path, fact, wanted, read in facts
        if not isinstance(content := files[path], str) and wanted not in (names := read(content))
    ]


def looks_generated(repository: Repository, lab: Lab) -> bool:
    """Whether the files prove its origin, where GitHub hides it [4.3]."""
    template = lab.sheet.template
    imported = any(commit.startswith(template.release) for commit in repository.commits)
    return repository.tree == template.tree and not repository.is_fork and not imported


def modified_files(repository: Repository, lab: Lab) -> list[Mismatch]:
    """Equal root trees mean equal files, down to the last byte [4.4]."""
    if repository.tree == lab.sheet.template.tree:
        return []
    return [Mismatch("files", "those of the template", f"another tree ({repository.tree})")]


def inactive_repository(repository: Repository, lab: Lab) -> list[Mismatch]:
    """Neither archived nor disabled, and on a default branch that the lab knows [4.4]."""
    branches = lab.sheet.repository.default_branches
    facts = [
        ("archived", repository.is_archived),
        ("disabled", repository.is_disabled),
        (
            f"default branch {repository.default_branch}",
            repository.default_branch not in branches,
        ),
    ]
    expected = f"active, branch {branches[0]}"
    return [Mismatch("repository", expected, fact) for fact, is_so in facts if is_so]


def _content(repository: Repository, path: str) -> Mapping[str, Any] | str:
    """The content of a YAML file; a text: why it cannot be read."""
    try:
        content = read_yaml(repository.texts.get(path, ""))
    except UnreadableError as error:
        return str(error)
    return content if isinstance(content, dict) else {}


def _entries(content: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    entries = content.get(key)
    if isinstance(entries, dict):
        return [{"name": name, "value": value} for name, value in entries.items()]
    return list(_expanded(entries if isinstance(entries, list) else []))


def _expanded(listed: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """The entries of a list, and of the lists in it that stand under a template expression."""
    for entry in listed:
        if isinstance(entry, dict):
            yield entry
            for key, inner in entry.items():
                if str(key).startswith("${{") and isinstance(inner, list):
                    yield from _expanded(inner)


def _texts(entries: Iterable[Mapping[str, Any]], key: str) -> list[str]:
    return [text for entry in entries if isinstance(text := entry.get(key), str)]


def _groups(content: Mapping[str, Any]) -> list[str]:
    """The groups of the whole pipeline, and those that each of its stages has."""
    of_stages = [
        set(_texts(_entries(stage, "variables"), "group"))
        for stage in _entries(content, "stages")
        if "stage" in stage
    ]
    common = set.intersection(*of_stages) if of_stages else set()
    return [*_texts(_entries(content, "variables"), "group"), *sorted(common)]


def _stages(content: Mapping[str, Any]) -> list[str]:
    return _texts(_entries(content, "stages"), "stage")


def _values(variable: str, content: Mapping[str, Any]) -> list[str]:
    variables = _entries(content, "variables")
    return _texts((entry for entry in variables if entry.get("name") == variable), "value")


def _sources(content: Mapping[str, Any]) -> list[str]:
    resources = content.get("resources")
    pipelines = _entries(resources, "pipelines") if isinstance(resources, dict) else []
    # Azure Pipelines takes the name alone, and with the folders before it
    return [source.rpartition("\\")[2] for source in _texts(pipelines, "source")]

"""Task 4: the repository."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from graders.evidence import (
    Repository,
)
from graders.lab import Lab
from graders.reasons import Mismatch
from graders.rules.learner_yaml import UnreadableError, read_yaml

ESSENTIAL_FILES = (
    ".pipelines/code-quality-template.yml",
    ".pipelines/diabetes_regression-cd.yml",
    ".pipelines/diabetes_regression-ci.yml",
    ".pipelines/diabetes_regression-get-model-id-artifact-template.yml",
    ".pipelines/diabetes_regression-publish-model-artifact-template.yml",
    ".pipelines/diabetes_regression-variables-template.yml",
    "diabetes_regression/evaluate/evaluate_model.py",
    "diabetes_regression/register/register_model.py",
    "diabetes_regression/scoring/deployment_config_aci.yml",
    "diabetes_regression/scoring/inference_config.yml",
    "diabetes_regression/scoring/score.py",
    "diabetes_regression/training/train_aml.py",
    "ml_service/pipelines/diabetes_regression_build_train_pipeline.py",
    "ml_service/pipelines/run_train_pipeline.py",
    "ml_service/util/smoke_test_scoring_service.py",
)
"""What the two pipelines cannot do without."""


def missing_repository(
    repositories: Sequence[Repository], similar: Sequence[str], lab: Lab
) -> list[Mismatch]:
    """The owner has a repository of one of the accepted names [4.4]."""
    if repositories:
        return []
    names = " or ".join(f"{lab.github_owner}/{name}" for name in lab.repositories)
    found = f"similar names: {', '.join(similar)}" if similar else "no such repository"
    return [Mismatch("repository", names, found)]


def wrong_origin(repository: Repository, template: str | None, lab: Lab) -> list[Mismatch]:
    """Generated from one of the lab's templates: not forked, imported or uploaded [4.3]."""
    expected = f"generated from {lab.templates[0]}"
    if repository.is_fork:
        return [Mismatch("origin", expected, "a fork")]
    if template is None:
        what = "made without a template" if repository.head else "empty, made without a template"
        return [Mismatch("origin", expected, what)]
    if template.casefold() in {accepted.casefold() for accepted in lab.templates}:
        return []
    return [Mismatch("origin", expected, f"generated from {template}")]


def missing_files(repository: Repository) -> list[Mismatch]:
    """Every file that the pipelines need is on the default branch [4.4]."""
    return [
        Mismatch("file", path, "not on the default branch")
        for path in ESSENTIAL_FILES
        if path not in repository.files
    ]


def altered_pipelines(repository: Repository, lab: Lab) -> list[Mismatch]:
    """The YAML still names the lab's group, pipeline, stages and model [4.4].

    Other changes are the learner's freedom: instructors themselves patch the template.
    """
    files = {
        path: _content(repository, path) for path in (lab.ci_yaml, lab.cd_yaml, lab.variables_yaml)
    }
    facts: tuple[tuple[str, str, str, Callable[[Mapping[str, Any]], list[str]]], ...] = (
        (lab.ci_yaml, "variable group of the CI pipeline", lab.variable_group, _groups),
        (lab.cd_yaml, "variable group of the CD pipeline", lab.variable_group, _groups),
        (
            lab.cd_yaml,
            "pipeline the CD pipeline takes the model from",
            lab.ci_pipeline,
            _sources,
        ),
        (lab.ci_yaml, "first stage of the CI pipeline", "Model_CI", _stages),
        (lab.ci_yaml, "second stage of the CI pipeline", "Trigger_AML_Pipeline", _stages),
        (lab.cd_yaml, "first stage of the CD pipeline", "Deploy_ACI", _stages),
        (lab.cd_yaml, "second stage of the CD pipeline", "Deploy_AKS", _stages),
        (lab.variables_yaml, "MODEL_NAME", lab.model, _model_names),
    )
    unreadable = [
        Mismatch(f"file {path}", "YAML that can be read", content)
        for path, content in files.items()
        if isinstance(content, str)
    ]
    return unreadable + [
        Mismatch(what, wanted, ", ".join(names) or "nothing")
        for path, what, wanted, read in facts
        if not isinstance(content := files[path], str) and wanted not in (names := read(content))
    ]


TEMPLATE_TREE = "0783464e1c71409343114eb70ed6217af7ad0158"
"""Root tree of the template: a repository with this tree has exactly its files."""


TEMPLATE_COMMIT = "855049a"
"""Its only release; an import brings it along, a generated repository has a commit of its own."""


def looks_generated(repository: Repository) -> bool:
    """What the files say of its origin, where GitHub does not tell [4.3]."""
    imported = any(commit.startswith(TEMPLATE_COMMIT) for commit in repository.commits)
    return repository.tree == TEMPLATE_TREE and not repository.is_fork and not imported


def modified_files(repository: Repository) -> list[Mismatch]:
    """Equal root trees mean equal files, down to the last byte [4.4]."""
    if repository.tree == TEMPLATE_TREE:
        return []
    return [Mismatch("files", "those of the template", f"another tree ({repository.tree})")]


def inactive_repository(repository: Repository) -> list[Mismatch]:
    """Neither archived nor disabled; the lab's own default branch is ``main`` [4.4]."""
    said = [
        ("archived", repository.is_archived),
        ("disabled", repository.is_disabled),
        (
            f"default branch {repository.default_branch}",
            repository.default_branch not in ("main", "master"),
        ),
    ]
    return [Mismatch("repository", "active, branch main", what) for what, is_so in said if is_so]


def _content(repository: Repository, path: str) -> Mapping[str, Any] | str:
    """What stands in a YAML file; a text: why it cannot be read."""
    try:
        content = read_yaml(repository.texts.get(path, ""))
    except UnreadableError as error:
        return str(error)
    return content if isinstance(content, dict) else {}


def _entries(content: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    entries = content.get(key)
    if isinstance(entries, dict):
        return [{"name": name, "value": value} for name, value in entries.items()]
    listed = entries if isinstance(entries, list) else []
    return [entry for entry in listed if isinstance(entry, dict)]


def _texts(entries: Iterable[Mapping[str, Any]], key: str) -> list[str]:
    return [text for entry in entries if isinstance(text := entry.get(key), str)]


def _groups(content: Mapping[str, Any]) -> list[str]:
    return _texts(_entries(content, "variables"), "group")


def _stages(content: Mapping[str, Any]) -> list[str]:
    return _texts(_entries(content, "stages"), "stage")


def _model_names(content: Mapping[str, Any]) -> list[str]:
    variables = _entries(content, "variables")
    return _texts((one for one in variables if one.get("name") == "MODEL_NAME"), "value")


def _sources(content: Mapping[str, Any]) -> list[str]:
    resources = content.get("resources")
    pipelines = _entries(resources, "pipelines") if isinstance(resources, dict) else []
    return _texts(pipelines, "source")

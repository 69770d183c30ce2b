"""Variables of the lab's group that override the values of its YAML files.

Pipelines read the group last. So such a variable changes what they make, and what they make may
still be proven to be the learner's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from graders.evidence import (
    NOT_COLLECTED,
    Model,
    ModelFile,
    PublishedPipeline,
    Unavailable,
    VariableGroup,
)
from graders.judging import rules
from graders.judging.prerequisites.requirements import if_visible
from graders.judging.registry import prerequisite
from graders.lab import Lab
from graders.reasons import Mismatch


@prerequisite
def overrides(
    lab: Lab, collected_variable_groups: tuple[VariableGroup, ...] | Unavailable = NOT_COLLECTED
) -> tuple[str, ...]:
    """The overriding variables of the lab's group, as they are spelled there."""
    return tuple(
        name
        for group in if_visible(collected_variable_groups)
        if group.name == lab.variable_group
        for name in rules.overriding_variables(group.variables, lab)
    )


def is_overridden(variable: str, names: Iterable[str]) -> bool:
    """Azure DevOps ignores the case of names."""
    return variable.casefold() in {name.casefold() for name in names}


def with_the_labs_experiment(model: Model, names: Iterable[str], lab: Lab) -> Model:
    """The model; where the group names another experiment, its tag may name any."""
    tag = lab.sheet.tags.experiment
    if tag not in model.tags or not is_overridden(lab.sheet.training.experiment_variable, names):
        return model
    return replace(model, tags={**model.tags, tag: lab.experiment})


def with_the_labs_model(
    file: ModelFile, models: Iterable[Model], names: Iterable[str], lab: Lab
) -> ModelFile:
    """The file; where the group names another model, it may name any that was registered."""
    registered = {model.name for model in models if model.version}
    is_whole = file.name in registered and file.id == f"{file.name}:{file.version}"
    if not is_whole or not is_overridden(lab.sheet.model.variable, names):
        return file
    return replace(file, name=lab.model, id=f"{lab.model}:{file.version}")


@prerequisite
def lab_pipelines(
    own_published_pipelines: tuple[PublishedPipeline, ...] | Unavailable,
    overrides: tuple[str, ...],
    lab: Lab,
) -> tuple[PublishedPipeline, ...]:
    """Every version of the lab's training pipeline; under any name where the group has another."""
    listed = if_visible(own_published_pipelines)
    if is_overridden(lab.sheet.training.pipeline_variable, overrides):
        return listed
    return tuple(pipeline for pipeline in listed if pipeline.name == lab.training_pipeline)


OVERRIDE = "variable-group-has-no-override"
"""The check that says what to do about it."""
_OF_ALL_RUNS = ("ci-run-succeeded", "ci-run-has-every-stage-and-job", "cd-run-succeeded")


def overridden(check: str, names: Iterable[str], lab: Lab) -> tuple[Mismatch, ...]:
    """The override that a check may have failed for, which a learner should read first."""
    training, model = lab.sheet.training, lab.sheet.model.variable
    causes = {
        "training-run-completed": (training.experiment_variable, training.pipeline_variable),
        "model-is-registered-by-the-ci-run": (training.experiment_variable,),
        "training-pipeline-is-published": (training.pipeline_variable,),
        "training-pipeline-is-published-by-the-ci-run": (training.pipeline_variable,),
        "model-artifact-names-the-model": (model,),
        "model-is-registered": (model,),
        "cd-run-deployed-the-registered-model": (model,),
    }
    to_blame = [
        name
        for name in names
        if check in _OF_ALL_RUNS or is_overridden(name, causes.get(check, ()))
    ]
    if not to_blame:
        return ()
    expected = "no variable that overrides the pipelines' own values"
    return (Mismatch("variable group", expected, ", ".join(to_blame)),)

"""Task 5: what the CI run leaves in the workspace."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from graders.evidence import (
    Model,
    PublishedPipeline,
    Run,
)
from graders.lab import Lab
from graders.reasons import Mismatch
from graders.rules.mismatch import close_to
from graders.urls import parameters_of, parts_of

EXPECTED_MSE = 3295.741064355809
"""The mean squared error of that model on the lab's data."""


def wrongly_published(
    pipelines: Sequence[PublishedPipeline], ci_runs: Sequence[Run]
) -> list[Mismatch]:
    """Exactly one published pipeline bears the id of a succeeded CI run as its version [5.17]."""
    versions = [pipeline.version for pipeline in pipelines]
    ids = [str(run.id) for run in ci_runs]
    if any(versions.count(one) == 1 for one in ids):
        return []
    expected = f"one published pipeline with version {' or '.join(ids)} (the id of the CI run)"
    return [Mismatch("version", expected, ", ".join(versions))]


def unlinked_models(models: Sequence[Model], ci_runs: Sequence[Run], lab: Lab) -> list[Mismatch]:
    """A version of the model says that a succeeded CI run of this project registered it [5.18]."""
    if registered_by(models, ci_runs, lab):
        return []
    ids = " or ".join(str(run.id) for run in ci_runs)
    expected = f"tags of CI run {ids} of project {lab.project}"
    found = "; ".join(f"version {model.version}: {_lineage(model, lab)}" for model in models)
    return [Mismatch(lab.model, expected, found)]


def registered_by(models: Sequence[Model], ci_runs: Sequence[Run], lab: Lab) -> list[Model]:
    """The versions whose tags lead back to one of the runs."""
    ids = {str(run.id) for run in ci_runs}
    return [
        model
        for model in models
        if model.tags.get("BuildId") in ids
        and model.tags.get("experiment_name") == lab.experiment
        and _is_run_of(model.tags.get("BuildUri", ""), model.tags["BuildId"], lab)
    ]


def project_in(build_uri: str) -> str:
    """``organization/project`` in lower case; the tag holds the project's name raw, with blanks.

    Organisations that kept their old address have their name in the host, not in the path.
    """
    parts = parts_of(build_uri)
    path = unquote(parts.path).casefold().strip("/")
    host, old, _ = (parts.hostname or "").partition(".visualstudio.com")
    if old:
        path = f"{host}/{path.removeprefix('defaultcollection/')}"
    return "/".join(path.split("/")[:2])


def _is_run_of(uri: str, run_id: str, lab: Lab) -> bool:
    home = f"{lab.organization}/{lab.project}".casefold()
    return project_in(uri) == home and parameters_of(uri).get("buildId") == [run_id]


def _lineage(model: Model, lab: Lab) -> str:
    """What its tags say, but not whose another project is: that may be another learner's."""
    build, uri = model.tags.get("BuildId"), model.tags.get("BuildUri")
    if build is None and uri is None:
        return "no BuildId tag (registered by hand?)"
    if uri is not None and project_in(uri) != f"{lab.organization}/{lab.project}".casefold():
        return f"{_tag('BuildId', build)} of another project"
    return f"{_tag('BuildId', build)}, {_tag('BuildUri', uri)}"


def _tag(name: str, value: str | None) -> str:
    return f"no {name}" if value is None else f"{name} {value}"


def unexpected_error(models: Sequence[Model]) -> list[Mismatch]:
    """The tag ``mse`` of some version is what the unmodified code gives, within a thousandth."""
    errors = [model.tags.get("mse", "nothing") for model in models]
    if any(close_to(error, EXPECTED_MSE) for error in errors):
        return []
    return [Mismatch("mse", f"about {EXPECTED_MSE:.1f}", ", ".join(errors))]

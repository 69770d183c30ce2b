"""Task 5: what the CI run leaves in the workspace."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from graders.evidence import (
    Model,
    PublishedPipeline,
    Run,
)
from graders.judging.rules.mismatch import close_to, is_older
from graders.lab import Lab
from graders.reasons import Mismatch
from graders.urls import parameters_of, parts_of


def registered_by_hand(models: Sequence[Model]) -> list[Mismatch]:
    """In the lab the service connection's identity registers the model, not a person [5.18].

    Only noted: whoever submits the published pipeline by hand registers in their own name.
    """
    if any(model.created_by_type != "User" for model in models):
        return []
    return [Mismatch("registered by", "the service connection's identity", "a person's account")]


def wrongly_published(
    pipelines: Sequence[PublishedPipeline], ci_runs: Sequence[Run]
) -> list[Mismatch]:
    """Exactly one published pipeline has the id of a succeeded CI run as its version [5.17]."""
    versions = [pipeline.version for pipeline in pipelines]
    ids = [str(run.id) for run in ci_runs]
    if any(versions.count(run_id) == 1 for run_id in ids):
        return []
    expected = f"one published pipeline with version {' or '.join(ids)} (the id of the CI run)"
    return [Mismatch("version", expected, ", ".join(versions))]


def unlinked_models(models: Sequence[Model], ci_runs: Sequence[Run], lab: Lab) -> list[Mismatch]:
    """A version of the model says that a succeeded CI run of this project registered it [5.18]."""
    if registered_by(models, ci_runs, lab):
        return []
    ids = " or ".join(str(run.id) for run in ci_runs)
    expected = f"tags of CI run {ids} of project {lab.project}"
    actual = "; ".join(
        f"version {model.version}: {_lineage(model, ci_runs, lab)}" for model in models
    )
    return [Mismatch(lab.model, expected, actual)]


def registered_by(models: Sequence[Model], ci_runs: Sequence[Run], lab: Lab) -> list[Model]:
    """The versions whose tags lead back to one of the runs, and that are not days older than it."""
    own, tags = {str(run.id): run for run in ci_runs}, lab.sheet.tags
    return [
        model
        for model in models
        if model.tags.get(tags.build) in own
        and not is_older(model.created_at, own[model.tags[tags.build]])
        and model.tags.get(tags.experiment) == lab.experiment
        and _is_run_of(model.tags.get(tags.build_uri, ""), model.tags[tags.build], lab)
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
    """Whether it names this run. Ids of runs are unique in an organisation.

    The project's name may be an earlier one. Where it is another learner's, ownership says so.
    """
    organization = project_in(uri).partition("/")[0]
    is_ours = organization == lab.organization.casefold()
    return is_ours and parameters_of(uri).get("buildId") == [run_id]


def _lineage(model: Model, ci_runs: Sequence[Run], lab: Lab) -> str:
    """What its tags say, but not whose another project is: that may be another learner's."""
    tags = lab.sheet.tags
    build, uri = model.tags.get(tags.build), model.tags.get(tags.build_uri)
    if build is None and uri is None:
        return f"no {tags.build} tag (registered by hand?)"
    if uri is not None and project_in(uri) != f"{lab.organization}/{lab.project}".casefold():
        return f"{_tag(tags.build, build)} of another project"
    its = next((run for run in ci_runs if str(run.id) == build), None)
    if its and is_older(model.created_at, its):
        return f"{_tag(tags.build, build)}, from {model.created_at:%Y-%m-%d}, before that CI run"
    return f"{_tag(tags.build, build)}, {_tag(tags.build_uri, uri)}"


def _tag(name: str, value: str | None) -> str:
    return f"no {name}" if value is None else f"{name} {value}"


def unexpected_error(models: Sequence[Model], lab: Lab) -> list[Mismatch]:
    """The error of some version is what the unmodified code gives, within a thousandth."""
    tag, expected = lab.sheet.tags.error, lab.sheet.model.error
    errors = [model.tags.get(tag, "nothing") for model in models]
    if any(close_to(error, expected) for error in errors):
        return []
    return [Mismatch(tag, f"about {expected:.1f}", ", ".join(errors))]

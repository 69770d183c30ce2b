"""Tasks 5 to 7: whether the parts of the work come from one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graders.evidence import (
    COMPLETED,
    Answer,
    Deployment,
    Endpoint,
    Model,
    ModelFile,
    PublishedPipeline,
    Repository,
    Run,
    TrainingRun,
    Unavailable,
)
from graders.judging.rules.endpoint import bad_answer
from graders.judging.rules.mismatch import close_to, is_older
from graders.lab import Lab, Sheet
from graders.masks import MASK, fits
from graders.reasons import Mismatch


def wrong_model_file(file: ModelFile, lab: Lab) -> list[Mismatch]:
    """The file names the lab's model and a version of it, each alone and together [5.14]."""
    if not (file.name or file.version or file.id):
        path = lab.sheet.ci.artifacts.model_file
        return [Mismatch(path, f"a version of {lab.model}", "nothing readable")]
    facts = (
        ("name", lab.model, file.name),
        ("id", f"{file.name}:{file.version}", file.id),
    )
    wrong = [Mismatch(fact, want, got or "nothing") for fact, want, got in facts if want != got]
    if not file.version.isdecimal():
        wrong.append(Mismatch("version", "a whole number", file.version or "nothing"))
    return wrong


def not_the_registered_version(
    file: ModelFile, models: Sequence[Model], ci_run: Run, lab: Lab
) -> list[Mismatch]:
    """The artifact's version is the one that this very run registered [5.18]."""
    build, path = lab.sheet.tags.build, lab.sheet.ci.artifacts.model_file
    own = [model.version for model in models if model.tags.get(build) == str(ci_run.id)]
    if file.version in own:
        return []
    expected = f"version {' or '.join(own)}" if own else "a version that the run registered"
    return [Mismatch(f"{path} of run {ci_run.id}", expected, f"version {file.version}")]


def untrained(training: Sequence[TrainingRun], ci_runs: Sequence[Run], lab: Lab) -> list[Mismatch]:
    """A training run that a succeeded CI run started has completed [5.15]."""
    own, build = trained_by(training, ci_runs, lab), lab.sheet.tags.build
    if any(run.is_completed for run in own):
        return []
    ids = [str(run.id) for run in ci_runs]
    actual = ", ".join(f"one that is {run.status}" for run in own)
    if not own:
        others = ", ".join(_of_another(run, build, ids) for run in training)
        actual = f"runs of {others}" if others else "no run"
    return [Mismatch("training run", f"a completed one of CI run {' or '.join(ids)}", actual)]


def _of_another(run: TrainingRun, build: str, ids: Sequence[str]) -> str:
    tag = run.tags.get(build, f"no {build}")
    return f"{tag}, from {run.created_at:%Y-%m-%d}, before that CI run" if tag in ids else tag


def trained_by(
    training: Iterable[TrainingRun], ci_runs: Iterable[Run], lab: Lab
) -> list[TrainingRun]:
    """The training runs that have the id of one of the CI runs, and are not days older than it.

    Their tags can be changed; when they were made is the service's own word.
    """
    tag, own = lab.sheet.tags.build, {str(run.id): run for run in ci_runs}
    return [
        run
        for run in training
        if run.tags.get(tag) in own and not is_older(run.created_at, own[run.tags[tag]])
    ]


def incomplete_training(
    training: Sequence[TrainingRun], ci_runs: Sequence[Run], models: Sequence[Model], lab: Lab
) -> list[Mismatch]:
    """In some training run every step completed, and its error is the model's tag [5.15]."""
    flaws = [_flaws(run, models, lab.sheet) for run in trained_by(training, ci_runs, lab)]
    return min(flaws, key=len, default=[])


def _flaws(run: TrainingRun, models: Sequence[Model], sheet: Sheet) -> list[Mismatch]:
    metric, tags = sheet.training.error_metric, sheet.tags
    status = {step.name: step.status for step in run.steps}
    wrong = [
        Mismatch(f"step {name}", "Completed", status.get(name, "not in the run"))
        for name in sheet.training.steps
        if status.get(name) not in COMPLETED
    ]
    error = run.metrics.get(metric) if isinstance(run.metrics, Mapping) else None
    own = [model.tags for model in models if model.tags.get(tags.training_run) == run.id]
    errors = [model_tags[tags.error] for model_tags in own if tags.error in model_tags]
    if error is not None and errors and not any(close_to(value, error) for value in errors):
        wrong.append(Mismatch(metric, f"{error:.1f}, as in the training run", ", ".join(errors)))
    return wrong


def hidden_models(deployment: Deployment, models: Sequence[Model]) -> list[Model]:
    """The models that a log may mean which hides a part of the name or the version."""
    deployed = f"{deployment.model}:{deployment.version}"
    if MASK not in deployed:
        return []
    return [model for model in models if fits(deployed, f"{model.name}:{model.version}")]


def deployed_otherwise(deployment: Deployment, models: Sequence[Model], lab: Lab) -> list[Mismatch]:
    """The CD run's own logs name a version that CI registered, and a passed smoke test [6.12]."""
    own = [f"{model.name}:{model.version}" for model in models]
    deployed = f"{deployment.model}:{deployment.version}"
    wrong = (
        []
        if deployed in own
        else [Mismatch("deployed model", " or ".join(own), deployed.strip(":"))]
    )
    if not deployment.smoke_test_passed:
        passed = lab.sheet.cd.log.smoke_test_passed
        wrong.append(Mismatch("smoke test", passed, "no such line in its log"))
    return wrong


# --- one chain ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Links:
    """All the parts that could be links of a learner's chain."""

    repository: Repository
    ci_runs: Sequence[Run]
    published: Sequence[PublishedPipeline]
    training: Sequence[TrainingRun]
    models: Sequence[Model]
    cd_runs: Sequence[Run]
    endpoint: Endpoint
    answer: Answer
    lab: Lab


@dataclass(frozen=True)
class Chain:
    """How far one lineage reaches: its links in words, and what is missing at its end."""

    links: tuple[str, ...]
    broken: tuple[Mismatch, ...] = ()

    @property
    def explanation(self) -> str:
        """The chain in words, which a check reports whether or not it is complete."""
        text = " → ".join(self.links)
        return f"{text} ✗ {self.broken[0].what}" if self.broken else text


def chain_of(links: Links) -> Chain:
    """The longest chain from a commit to the live answer; of equals the newest [7.4].

    Any CI run that succeeded can begin it: a later run, of the same code or of other code, takes
    nothing from one that is complete.
    """
    chains = [chain for run in links.ci_runs for chain in _chains(run, links)]
    return max(chains, key=lambda chain: len(chain.links))  # a complete one has every link


def unseen_links(links: Links) -> list[Unavailable | None]:
    """What a chain could have led through and could not be read; None: it was not collected."""
    parts = [
        *(run.model_file for run in links.ci_runs if _may_have_published(run, links.lab)),
        *(run.upstream for run in links.cd_runs),
        *(run.deployment for run in links.cd_runs if not isinstance(run.stages, tuple)),
        *(run.deployment for run in links.cd_runs if isinstance(run.deployment, Unavailable)),
    ]
    return [part for part in parts if part is None or isinstance(part, Unavailable)]


def _may_have_published(run: Run, lab: Lab) -> bool:
    return not isinstance(run.artifacts, tuple) or lab.sheet.ci.artifacts.model in run.artifacts


def _chains(run: Run, links: Links) -> list[Chain]:
    """One for every CD run that took this CI run's model; one when there is none."""
    begun, model = _trained(run, links)
    if model is None:
        return [begun]
    version = model.version
    took = [cd_run for cd_run in links.cd_runs if _took(cd_run, run, version)]
    if not took:
        return [_ends(begun, "CD run", f"one that took version {version} from CI run {run.id}")]
    return [_served(begun, cd_run, version, links) for cd_run in took]


def _trained(run: Run, links: Links) -> tuple[Chain, Model | None]:
    """From the commit to the artifact, and the model in it."""
    chain, tags = Chain(()), links.lab.sheet.tags
    if run.commit not in links.repository.commits:
        wanted = f"the commit of CI run {run.id} in the repository"
        return _ends(chain, "commit", wanted), None
    chain = Chain((f"commit {run.commit[:7]}", f"CI run {run.id}"))
    if str(run.id) not in {pipeline.version for pipeline in links.published}:
        return _ends(chain, "published pipeline", f"one of version {run.id}"), None
    chain = Chain((*chain.links, f"pipeline version {run.id}"))
    training = [
        training_run
        for training_run in trained_by(links.training, [run], links.lab)
        if training_run.is_completed
    ]
    models = [
        candidate for candidate in links.models if candidate.tags.get(tags.build) == str(run.id)
    ]
    trained = {training_run.id for training_run in training}
    own = [candidate for candidate in models if candidate.tags.get(tags.training_run) in trained]
    named = run.model_file.version if isinstance(run.model_file, ModelFile) else ""
    # a stage that ran again may have registered twice: then the artifact decides which one counts
    model = next(
        (candidate for candidate in own if candidate.version == named), own[0] if own else None
    )
    if not training:
        return _ends(chain, "training run", f"a completed one of CI run {run.id}"), None
    chain = Chain((*chain.links, f"training run {training[0].id[:8]}"))
    if model is None:
        return _ends(chain, "model", "a version that the training run registered"), None
    chain = Chain((*chain.links, f"model version {model.version}"))
    file = run.model_file
    if not isinstance(file, ModelFile) or file.version != model.version:
        path = links.lab.sheet.ci.artifacts.model_file
        wanted = f"{path} of CI run {run.id} with {model.version}"
        return _ends(chain, "artifact", wanted), None
    return Chain((*chain.links, f"artifact with version {model.version}")), model


def _took(cd_run: Run, ci_run: Run, version: str) -> bool:
    """Whether the CD run deployed this version, by its log; the recorded CI run may be another.

    Azure Pipelines records the latest, whatever build a learner names when starting CD.
    """
    upstream = cd_run.upstream if isinstance(cd_run.upstream, tuple) else ()
    deployed = cd_run.deployment
    return (
        any(upstream_run.pipeline_id == ci_run.pipeline_id for upstream_run in upstream)
        and isinstance(deployed, Deployment)
        and fits(deployed.version, version)
    )


def _served(chain: Chain, cd_run: Run, version: str, links: Links) -> Chain:
    """From the CD run to the live answer."""
    chain = Chain((*chain.links, f"CD run {cd_run.id}"))
    served = [model_id.rpartition(":")[2] for model_id in links.endpoint.model_ids]
    if version not in served:
        actual = f"version {' or '.join(served)}" if served else "no model"
        return _ends(chain, "endpoint", f"one that serves version {version}", actual)
    chain = Chain((*chain.links, f"endpoint {links.endpoint.name}"))
    if bad_answer(links.answer, links.lab):
        return _ends(chain, "answer", "two numbers")
    return Chain((*chain.links, "live answer"))


def _ends(chain: Chain, link: str, expected: str, actual: str = "none") -> Chain:
    return Chain(chain.links, (Mismatch(link, expected, actual),))

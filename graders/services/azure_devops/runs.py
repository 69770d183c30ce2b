"""The runs of a learner's two pipelines, with the details of those that matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from graders.evidence import Deployment, ModelFile, Pipeline, Run, Stage, Unavailable, UpstreamRun
from graders.run_results import counts_as_succeeded, deployed_whole, has_role, lacks_only_the_name
from graders.services.azure_devops import artifacts_and_logs, parsing
from graders.services.azure_devops.query import SERVICE, ProjectReader, T
from graders.services.calls import asks
from graders.services.earlier import Earlier, seen
from graders.services.http.triage import look
from graders.services.http.web import UnexpectedBodyError

_LOOKED_INTO, _MOST_LOOKED_INTO = 3, 8
"""Runs of a pipeline whose details are read, newest first; more where none of them is whole."""


@dataclass(frozen=True)
class ListedRuns:
    """The runs of a project, and those of them that were deleted."""

    runs: tuple[Run, ...] | Unavailable
    deleted: tuple[Run, ...] = ()


@dataclass(frozen=True)
class RunsReader(ProjectReader):
    """One collection of the runs of one learner's project."""

    earlier: Earlier

    def runs(self, pipelines: Mapping[Pipeline, Run | None] | Unavailable) -> ListedRuns:
        """Runs of the pipelines that matter, newest first, the decisive ones in detail.

        ``pipelines``: each with its latest run, if the list of pipelines shows it.
        """
        if isinstance(pipelines, Unavailable):
            return ListedRuns(pipelines)
        matter = {
            pipeline.id: pipeline
            for pipeline in pipelines
            if self._is_ci(pipeline) or self._is_cd(pipeline)
        }
        kept = self.earlier.listed_runs({p.id: pipelines[p] for p in matter.values()})
        if kept is not None:
            return ListedRuns(self._detailed(matter.values(), kept))
        listed = self._list_runs(list(matter)) if matter else ()
        if isinstance(listed, Unavailable):
            return ListedRuns(listed)
        newest_first = sorted((run for _, run in listed), key=_when, reverse=True)
        deleted = {run.id for is_deleted, run in listed if is_deleted}
        there = [run for run in newest_first if run.id not in deleted]
        return ListedRuns(
            self._detailed(matter.values(), there),
            tuple(run for run in newest_first if run.id in deleted),
        )

    def _detailed(
        self, pipelines: Iterable[Pipeline], newest_first: Sequence[Run]
    ) -> tuple[Run, ...]:
        of_each = [
            self.apart(partial(RunsReader._with_details, pipeline=pipeline, newest_first=own))
            for pipeline in pipelines
            if (own := [run for run in newest_first if run.pipeline_id == pipeline.id])
        ]
        detailed = {run.id: run for wait in of_each for run in wait()}
        return tuple(detailed.get(run.id, run) for run in newest_first)

    def _with_details(self, pipeline: Pipeline, newest_first: Sequence[Run]) -> list[Run]:
        """The decisive runs; a CD run that failed after it deployed counts, and is added."""
        chosen: list[Run] = []
        for run in _decisive(newest_first):
            if len(chosen) >= _LOOKED_INTO and any(map(self._may_be_whole, chosen)):
                break
            chosen.append(self._in_detail(run, pipeline))
        if not self._is_cd(pipeline) or any(map(self._deployed, chosen)):
            return chosen
        known = {run.id for run in chosen}
        failed = [run for run in newest_first if run.is_completed and not run.succeeded]
        others = [run for run in failed[:_LOOKED_INTO] if run.id not in known]
        return chosen + [self._in_detail(run, pipeline) for run in others]

    @asks(SERVICE, "runs", again=0)
    def _list_runs(self, pipelines: list[int]) -> tuple[tuple[bool, Run], ...] | Unavailable:
        """Source: build/builds; any run may count, so all are read; lab tasks 5 and 6."""
        ask = self.clients.builds.get_builds
        options = {
            "definitions": pipelines,
            "query_order": "queueTimeDescending",
            "deleted_filter": "includeDeleted",
        }
        return self.listed("runs", parsing.listed_run, lambda: self.whole(ask, **options))

    def _in_detail(self, run: Run, pipeline: Pipeline) -> Run:
        before = self.earlier.details_of(run) or run
        run = replace(run, stages=seen(before.stages, lambda: self._stages(run)))
        if self._is_ci(pipeline) and run.succeeded:
            run = self._with_artifacts(run, before)
        if self._is_cd(pipeline) and counts_as_succeeded(run, self.lab.sheet.cd):
            deployed = run
            run = replace(
                run,
                upstream=seen(before.upstream, lambda: self._upstream(deployed)),
                deployment=seen(before.deployment, lambda: self._deployment(deployed)),
            )
        return run

    @asks(SERVICE, "runs", times=2, again=0)  # of a run of CI, and of one of CD
    def _stages(self, run: Run) -> tuple[Stage, ...] | Unavailable:
        """Source: build/timeline. A run that was invalid when queued has none."""
        if run.problems and run.started_at is None:
            return ()
        ask = self.clients.builds.get_build_timeline
        return self.looked(
            f"the timeline of run {run.id}",
            lambda: _unless_none(ask(self.project.id, run.id), parsing.stages),
        )

    def _with_artifacts(self, run: Run, before: Run) -> Run:
        """With the names of its artifacts, and the content of the one that names the model."""
        names, file = before.artifacts, before.model_file
        if not isinstance(names, tuple):
            return self._ask_for_artifacts(run)
        if self.lab.sheet.ci.artifacts.model in names and not isinstance(file, ModelFile):
            return self._ask_for_artifacts(run)
        return replace(run, artifacts=names, model_file=file)

    @asks(SERVICE, "runs", again=0)
    def _ask_for_artifacts(self, run: Run) -> Run:
        """Source: build/artifacts."""
        ask = self.clients.builds.get_artifacts
        listed = self.listed(
            f"the artifacts of run {run.id}",
            artifacts_and_logs.artifact,
            lambda: self.clients.only_page(ask, self.project.id, run.id),
        )
        if isinstance(listed, Unavailable):
            return replace(run, artifacts=listed)
        run = replace(run, artifacts=tuple(name for name, _ in listed))
        url = dict(listed).get(self.lab.sheet.ci.artifacts.model)
        return run if url is None else replace(run, model_file=self._model_file(run, url))

    @asks(SERVICE, "runs", again=0)
    def _model_file(self, run: Run, url: str) -> ModelFile | Unavailable:
        artifacts = self.lab.sheet.ci.artifacts
        return self.looked(
            f"the artifact {artifacts.model} of run {run.id}",
            lambda: artifacts_and_logs.model_file(self.clients.download(url), artifacts.model_file),
        )

    def _deployment(self, run: Run) -> Deployment | Unavailable | None:
        """Source: build/logs, of the tasks that read the artifact and test the endpoint."""
        cd = self.lab.sheet.cd
        if not isinstance(run.stages, tuple):
            return None
        if not deployed_whole(run.stages, cd) and not lacks_only_the_name(run.stages, cd):
            return None
        read, test = cd.deployment.read_task, cd.deployment.smoke_test
        logs = artifacts_and_logs.logs_of(run, cd.deployment)
        if read not in logs or test not in logs:
            return _no_logs(run)
        ask = self.clients.builds.get_build_log_lines

        def lines(task: str) -> list[str]:
            entries = self.clients.one_page(ask, self.project.id, run.id, logs[task])
            return artifacts_and_logs.whole_log(entries, task)

        def read_logs() -> Deployment | Unavailable:
            together = self._logs_together(run, (read, test))
            reading, testing = together or (lines(read), lines(test))
            try:
                return artifacts_and_logs.deployment(reading, testing, cd.log)
            except UnexpectedBodyError:
                return _hidden(run)

        return self.looked(f"the logs of run {run.id}", read_logs)

    @asks(SERVICE, "runs", again=0)
    def _logs_together(self, run: Run, tasks: Sequence[str]) -> list[list[str]] | None:
        """Source: build/logs, all in one archive; None where each has to be asked for alone."""
        ask = self.clients.builds.get_build_logs_zip
        archive = look(
            SERVICE, "the logs", lambda: b"".join(ask(self.project.id, run.id)), self.sightings
        )
        if isinstance(archive, Unavailable):
            return None
        return artifacts_and_logs.logs_in(archive, tasks)

    @asks(SERVICE, "runs", again=0)
    def _upstream(self, run: Run) -> tuple[UpstreamRun, ...] | Unavailable:
        """Source: pipelines/runs, whose list has no resources; it knows no ids of runs."""
        ask = self.clients.pipelines.get_run
        upstream = self.looked(
            f"what run {run.id} consumed",
            lambda: _unless_none(ask(self.project.id, run.pipeline_id, run.id), parsing.upstream),
        )
        if isinstance(upstream, Unavailable) or len(upstream) != 1:
            return upstream
        return (replace(upstream[0], run_id=run.triggered_by),)

    def _is_ci(self, pipeline: Pipeline) -> bool:
        return has_role(pipeline, self.lab.sheet.ci)

    def _is_cd(self, pipeline: Pipeline) -> bool:
        return has_role(pipeline, self.lab.sheet.cd)

    def _may_be_whole(self, run: Run) -> bool:
        """Whether a CI run published a model, or a CD run deployed; or that is unknown."""
        model, names = self.lab.sheet.ci.artifacts.model, run.artifacts
        has_model = isinstance(names, Unavailable) or (names is not None and model in names)
        return has_model or (run.upstream is not None and self._deployed(run))

    def _deployed(self, run: Run) -> bool:
        """Whether it deployed, or that is unknown: unreadable stages are not asked for again."""
        return not isinstance(run.stages, tuple) or deployed_whole(run.stages, self.lab.sheet.cd)


def _decisive(newest_first: Iterable[Run]) -> Sequence[Run]:
    """The newest succeeded runs; where none succeeded, the newest completed one, to say why."""
    completed = [run for run in newest_first if run.is_completed]
    succeeded = [run for run in completed if run.succeeded]
    return succeeded[:_MOST_LOOKED_INTO] or completed[:1]


def _when(run: Run) -> tuple[float, int]:
    return (run.queued_at.timestamp() if run.queued_at else 0.0, run.id)


def _unless_none(answer: Any, read: Callable[[Any], T]) -> T | None:
    return None if answer is None else read(answer)


def _hidden(run: Run) -> Unavailable:
    return Unavailable(
        SERVICE,
        f"whether the smoke test of run {run.id} passed",
        "Azure Pipelines shows stars in that line, because it has the value of a secret in it",
        "Open the endpoint, or look at the run's page: a script can print stars, too.",
    )


def _no_logs(run: Run) -> Unavailable:
    return Unavailable(
        SERVICE,
        f"the logs of run {run.id}",
        "they are not there any more, or the tasks that write them have other names",
        "Check the run's page: retention deletes logs, and the learner may have edited the YAML.",
    )

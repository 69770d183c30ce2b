"""Run history of Azure ML: the runs of the training pipeline, their steps and metrics.

Both are read-only queries, which the service takes as POST: ``runs:query``, ``metrics:query``.
Source: the "history" API of Azure ML, version 1.0 (RunDto, RunMetricDto, ErrorResponse of the v1
SDK). An experiment is created with its first run: before, the service answers 404 and names it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from graders.evidence import Sighting, TrainingRun, TrainingStep, Unavailable
from graders.services.azure_ml.paging import MOST_PAGES
from graders.services.azure_ml.regional_v1 import ARM_SCOPE, SERVICE, Place, moment
from graders.services.calls import asks
from graders.services.earlier import NOTHING, Earlier
from graders.services.http import web
from graders.services.http.triage import look

if TYPE_CHECKING:
    import requests
    from azure.core.credentials import TokenCredential

_PAGE = 200
_SCALAR = "azureml.v1.scalar"
_PIPELINE = "azureml.pipelineid"
"""Of a run's properties, which are set once, by the service; tags can be changed at any time."""
_NO_EXPERIMENT = re.compile(
    r"(the )?experiment (named |with name )?(?P<quote>[`'\"]?)(?P<name>\S+)(?P=quote)"
    r" (was|is|could) not (be )?found( in .*)?\.?",
    re.IGNORECASE,
)


class RunHistory:
    """The run history of a region's workspaces; threads may share one."""

    def __init__(self, azure: TokenCredential, session: requests.Session) -> None:
        self._azure = azure
        self._session = session

    @asks(SERVICE, "training_runs", times=2, again=0)  # the runs, and their metrics
    def training_runs(
        self,
        place: Place,
        experiment: str,
        sightings: list[Sighting],
        *,
        knows_place: bool = False,
        earlier: Earlier = NOTHING,
    ) -> tuple[TrainingRun, ...] | Unavailable:
        """The experiment's runs with their steps.

        Metrics are asked for only where a run has some that ``earlier`` does not have.

        ``knows_place``: the same identity has just listed resources of this workspace. Only then is
        the service believed when it says that the experiment does not exist.
        """
        home = place.experiment(experiment)
        is_there = True

        def ask() -> tuple[TrainingRun, ...]:
            nonlocal is_there
            entries = self._entries(f"{home}/runs:query")
            try:
                first = next(entries, None)
            except web.NotAnswered as refused:
                is_there = not _is_missing(experiment, refused.response)
                raise
            return training_runs(chain([] if first is None else [first], entries))

        runs = look(SERVICE, f"the runs of the experiment {experiment}", ask, sightings)
        if isinstance(runs, Unavailable):
            return runs if is_there or not knows_place else ()
        kept = earlier.with_metrics(runs)
        if kept is not None:
            return kept
        metrics = look(
            SERVICE,
            f"the metrics of the experiment {experiment}",
            lambda: metrics_by_run(self._entries(f"{home}/metrics:query")),
            sightings,
        )
        return tuple(_with_metrics(run, metrics) for run in runs)

    def _entries(self, url: str) -> Iterator[Mapping[str, Any]]:
        """All entries, page by page."""
        asked: dict[str, Any] = {"top": _PAGE}
        for _ in range(MOST_PAGES):
            page = web.mapping(self._page(url, asked), "a page of run history")
            if not isinstance(page.get("value"), list):
                raise web.UnexpectedBodyError("a page of run history has no entries")
            for entry in page["value"]:
                yield web.mapping(entry, "an entry of run history")
            asked["continuationToken"] = page.get("continuationToken")
            if not asked["continuationToken"]:
                return
        raise web.UnexpectedBodyError(f"run history has more than {MOST_PAGES} pages")

    def _page(self, url: str, asked: Mapping[str, Any]) -> Any:
        token = {"Authorization": f"Bearer {self._azure.get_token(ARM_SCOPE).token}"}
        response = self._session.post(
            url, json=dict(asked), headers=token, timeout=web.TIMEOUT, allow_redirects=False
        )
        return web.json_of(response)


def _is_missing(experiment: str, answer: requests.Response) -> bool:
    """Whether run history itself says that it has no such experiment: a 404 alone proves nothing.

    What the caller may not do has other codes; another resource is named in the message.
    """
    try:
        error = web.mapping(web.mapping(answer.json(), "a refusal").get("error"), "its error")
    except ValueError:
        return False
    inner = error.get("innerError")
    reason = inner.get("code") if isinstance(inner, Mapping) else None
    named = _NO_EXPERIMENT.fullmatch(str(error.get("message")))
    return (
        (answer.status_code, error.get("code")) == (404, "UserError")
        and reason in (None, "NotFoundError")
        and named is not None
        and named["name"].casefold() == experiment.casefold()
    )


def training_runs(entries: Iterable[Mapping[str, Any]]) -> tuple[TrainingRun, ...]:
    """Runs that are no run's step, each with its steps, in the order they are listed."""
    listed = [(_required(entry, "runId"), entry) for entry in entries]
    steps: dict[str, list[TrainingStep]] = {}
    for _, run in listed:
        if parent := run.get("parentRunId"):
            name = str(run.get("displayName") or run.get("name") or "").strip()
            steps.setdefault(str(parent), []).append(TrainingStep(name, _required(run, "status")))
    return tuple(
        TrainingRun(
            id=identifier,
            status=_required(entry, "status"),
            tags=_texts(entry.get("tags")),
            steps=tuple(steps.get(identifier, ())),
            ended_at=moment(entry.get("endTimeUtc")),
            created_at=moment(entry.get("createdUtc")),
            pipeline_id=_texts(entry.get("properties")).get(_PIPELINE, ""),
        )
        for identifier, entry in listed
        if not entry.get("parentRunId")
    )


def metrics_by_run(entries: Iterable[Mapping[str, Any]]) -> Mapping[str, Mapping[str, float]]:
    """Run id -> metric -> its last value; tables and other kinds of metric are left out."""
    by_run: dict[str, dict[str, float]] = {}
    for entry in entries:
        name, cells = str(entry.get("name")), entry.get("cells")
        if entry.get("metricType") != _SCALAR or not isinstance(cells, list):
            continue
        own = by_run.setdefault(_required(entry, "runId"), {})
        own.update((name, float(cell[name])) for cell in cells if _has_number(cell, name))
    return by_run


def _has_number(cell: object, name: str) -> bool:
    value = cell.get(name) if isinstance(cell, Mapping) else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)  # type: ignore[arg-type]


def _with_metrics(
    run: TrainingRun, metrics: Mapping[str, Mapping[str, float]] | Unavailable
) -> TrainingRun:
    own = metrics if isinstance(metrics, Unavailable) else metrics.get(run.id, {})
    return replace(run, metrics=own)


def _required(entry: Mapping[str, Any], key: str) -> str:
    text = entry.get(key)
    if not isinstance(text, str) or not text:
        raise web.UnexpectedBodyError(f"an entry of run history has no {key}")
    return text


def _texts(table: object) -> Mapping[str, str]:
    pairs = table.items() if isinstance(table, Mapping) else ()
    return {str(key): str(value) for key, value in pairs if value is not None}

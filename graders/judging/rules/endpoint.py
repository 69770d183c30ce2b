"""Task 7: the live endpoint."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from graders.evidence import (
    Answer,
    Endpoint,
    Model,
    Run,
    SecondAnswer,
    Workspace,
)
from graders.judging.rules.mismatch import close_to, same_name
from graders.lab import Lab
from graders.reasons import Mismatch

CLOCK_SKEW = timedelta(minutes=5)
LONGEST_DEPLOYMENT = timedelta(days=1)
"""The service itself gives up after an hour or so; a day also covers clocks that differ."""


def is_being_deployed(endpoint: Endpoint, now: datetime | None) -> bool:
    """Whether its state may still change by itself; ``now`` is by the clock that dated it."""
    began = endpoint.changed_at
    is_new = now is None or began is None or now - began < LONGEST_DEPLOYMENT
    return endpoint.is_in_transition and is_new


def unhealthy(endpoint: Endpoint) -> list[Mismatch]:
    """The endpoint reports that it is healthy [7.4]."""
    if endpoint.state == "Healthy":
        return []
    since = endpoint.changed_at if endpoint.is_in_transition else None
    words = (endpoint.state, f"since {since:%Y-%m-%d %H:%M} UTC" if since else "", endpoint.error)
    return [Mismatch("state", "Healthy", " ".join(filter(None, words)))]


def asks_for_key(endpoint: Endpoint) -> list[Mismatch]:
    """The lab deploys without authentication; a key is no mistake [7.4]."""
    if endpoint.auth_enabled:
        return [Mismatch("authentication", "none", "a key")]
    return []


def no_description(swagger: bool) -> list[Mismatch]:
    """The generated description answers next to the scoring address [7.4]."""
    return [] if swagger else [Mismatch("/swagger.json", "HTTP 200", "no description")]


def wrong_size(endpoint: Endpoint, lab: Lab) -> list[Mismatch]:
    """A container instance of the size in the template's deployment file [7.4].

    A managed online endpoint (v2) has no such size.
    """
    if endpoint.generation == 2:
        return []
    dictated = lab.sheet.endpoint
    facts = (
        ("compute type", dictated.compute_type, endpoint.compute_type),
        ("CPU cores", dictated.cpu, endpoint.cpu),
        ("memory in GB", dictated.memory_gb, endpoint.memory_gb),
    )
    return [Mismatch(fact, str(want), str(got)) for fact, want, got in facts if want != got]


def serves_other_model(endpoint: Endpoint, models: Sequence[Model]) -> list[Mismatch]:
    """The endpoint serves one of the versions that the CI runs registered [7.4]."""
    own = [f"{model.name}:{model.version}" for model in models]
    if set(own) & set(endpoint.model_ids):
        return []
    return [Mismatch("model", " or ".join(own), ", ".join(endpoint.model_ids) or "no model")]


def not_by_the_cd_run(
    endpoint: Endpoint, cd_runs: Sequence[Run], workspace: Workspace, every: Sequence[Run] = ()
) -> list[Mismatch]:
    """Made or renewed after a CD run began, in the region of the workspace [7.4].

    One that is being changed is dated once that is over. ``every`` has all CD runs, also those that
    failed or were deleted: what was made when all of them had ended was made by hand. A change
    alone shows nothing: the service makes some itself.
    """
    changed = None if endpoint.is_in_transition else endpoint.changed_at
    # a change without a time may be the later run's: then one that failed may have made it
    began = cd_runs if endpoint.updated_at else (*cd_runs, *every)
    starts = [run.started_at for run in began if run.started_at]
    region = endpoint.location.replace(" ", "")
    problems = same_name("region", region, workspace.location) if region else []
    if changed and starts and min(starts) - changed > CLOCK_SKEW:
        expected = f"after the CD run began ({min(starts):%Y-%m-%d %H:%M} UTC)"
        problems += [Mismatch("deployed", expected, f"{changed:%Y-%m-%d %H:%M} UTC")]
    ends = [run.finished_at for run in every]
    known = [end for end in ends if end]
    created = None if endpoint.is_in_transition else endpoint.created_at
    if created and known and len(known) == len(ends) and created - max(known) > CLOCK_SKEW:
        expected = f"by a CD run (the last one ended {max(known):%Y-%m-%d %H:%M} UTC)"
        problems += [Mismatch("deployed", expected, f"{created:%Y-%m-%d %H:%M} UTC")]
    return problems


def deployed_during(run: Run, endpoint: Endpoint) -> bool:
    """Whether the endpoint was made or changed while the run was going on."""
    if run.started_at is None or run.finished_at is None:
        return False
    times = [time for time in (endpoint.created_at, endpoint.updated_at) if time]
    first, last = run.started_at - CLOCK_SKEW, run.finished_at + CLOCK_SKEW
    return any(first <= time <= last for time in times)


def changed_after(run: Run, endpoint: Endpoint) -> bool:
    """Whether the endpoint was made or changed when the run had ended."""
    times = [time for time in (endpoint.created_at, endpoint.updated_at) if time]
    return any(run.finished_at is None or time > run.finished_at for time in times)


def bad_answer(answer: Answer | SecondAnswer, lab: Lab) -> list[Mismatch]:
    """The query gets HTTP 200 and one finite number for each of its rows [6.12]."""
    rows, output = len(lab.sheet.scoring.rows), lab.sheet.scoring.output
    expected = f"HTTP 200 with a {output} of {rows} numbers"
    if answer.status != 200 or answer.result is None:
        return [Mismatch("answer", expected, f"HTTP {answer.status}: {answer.body}".strip(": "))]
    if len(answer.result) != rows or not all(map(math.isfinite, answer.result)):
        return [Mismatch("answer", expected, f"{output} {list(answer.result)}")]
    return []


@dataclass(frozen=True)
class Answers:
    """What a live endpoint predicts for the lab's rows, and what it answers to others."""

    predictions: tuple[float, ...]
    second: SecondAnswer | None
    """None where only one question was asked."""
    explanation: str = ""
    """Why a check passes without a second answer."""


def computes_nothing(answers: Answers, lab: Lab) -> list[Mismatch]:
    """Other rows get another answer [7.4]."""
    second, what = answers.second, "answer to other numbers"
    if second is None:
        return []
    if problems := bad_answer(second, lab):
        return [replace(problem, what=what) for problem in problems]
    if not all(map(_same, answers.predictions, second.result or ())):
        return []
    shown = ", ".join(f"{number:.1f}" for number in second.result or ())
    return [Mismatch(what, "other predictions", f"{shown} again")]


def _same(prediction: float, other: float) -> bool:
    """Whether two predictions differ by rounding at most, or by a little noise that hides it."""
    return math.isclose(prediction, other, rel_tol=1e-3, abs_tol=1e-9)


def other_predictions(result: Sequence[float], lab: Lab) -> list[Mismatch]:
    """The numbers are those of the lab's own model, within a thousandth."""
    predictions = lab.sheet.scoring.predictions
    if all(map(close_to, result, predictions)):
        return []
    expected = ", ".join(f"{number:.1f}" for number in predictions)
    return [Mismatch("prediction", expected, ", ".join(f"{number:.1f}" for number in result))]

"""Late work: what a learner had at the deadline, and after each late hour or day, by own clocks.

A check is late only if it passes now and is known to have failed then. What had no clock, or was
changed later, such as an endpoint that was deployed again, may have been right: it is not late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from graders.as_of import as_of
from graders.evidence import Evidence
from graders.judging.judge import Judge
from graders.late import LateRule, LateWork, State, last_times
from graders.reasons import Outcome

_MISSED = (Outcome.FAILED, Outcome.BLOCKED)


def late_work(
    judge: Judge, learner: str, evidence: Evidence, due: datetime, rule: LateRule
) -> LateWork:
    """The states of a learner's work; ``evidence`` is what is judged now."""
    times = last_times(rule, due, clocks(evidence))
    if not times:
        return LateWork(due, ())
    now = judge.outcomes(learner, evidence)
    passed = [check for check, outcome in now.items() if outcome is Outcome.PASSED]
    states = []
    for time in times:
        then = judge.outcomes(learner, as_of(evidence, time))
        states.append(State(time, rule.steps(due, time), _missing(passed, then)))
    return LateWork(due, tuple(states))


def _missing(passed: Iterable[str], then: Mapping[str, Outcome]) -> frozenset[str]:
    return frozenset(check for check in passed if then[check] in _MISSED)


def clocks(evidence: Evidence) -> Iterator[datetime]:
    """The times of all that has one: when it ended, or was created."""
    times = [
        *(run.finished_at for run in _listed(evidence.runs) if run.is_completed),
        *(pipeline.created_at for pipeline in _listed(evidence.published_pipelines)),
        *(run.ended_at for run in _listed(evidence.training_runs) if run.is_over),
        *(model.created_at for model in _listed(evidence.models) if model.version),
        *(endpoint.created_at for endpoint in _listed(evidence.endpoints)),
    ]
    yield from (time for time in times if time is not None)


def _listed(resources: object) -> tuple:  # type: ignore[type-arg]
    return resources if isinstance(resources, tuple) else ()

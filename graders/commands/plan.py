"""``python -m graders plan``: what collecting a class will ask of each service; asks nothing."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from graders.commands import add_class_options, chosen_labs
from graders.evidence import ServiceName
from graders.inputs.lab_file import find_lab_file, read_class
from graders.judging.checks import GRADED, GradedCheck, load_checks
from graders.judging.registry import parts_to_collect
from graders.judging.scope import chosen_tasks
from graders.lab import Lab
from graders.parts import to_collect
from graders.services.http import limits
from graders.texts import escape_log_commands

_SECONDS_A_CALL = 0.3
_AT_A_TIME = 12
"""Learners collected side by side, as a run does it."""


@dataclass(frozen=True)
class Limit:
    """What a service takes of one identity: ``at_once`` requests, and ``a_second`` more."""

    at_once: int
    a_second: float
    window: int
    """The time, in seconds, in which a share of the limit is counted, and its name."""
    window_name: str

    @property
    def requests(self) -> int:
        """How many it takes in the window."""
        return round(self.at_once + self.a_second * self.window)

    def seconds(self, calls: int) -> float:
        """How long that many requests take at least."""
        return max(0.0, (calls - self.at_once) / self.a_second)


_DEVOPS = limits.LIMITS[limits.DEVOPS, ""]
_READS = limits.LIMITS[limits.MANAGER, "reads"]
LIMITS: Mapping[ServiceName, Limit] = {
    ServiceName.AZURE_DEVOPS: Limit(0, _DEVOPS.careful or 0, 300, "5 minutes *"),
    ServiceName.GITHUB: Limit(5000, 5000 / 3600, 0, "an hour"),
    ServiceName.RESOURCE_MANAGER: Limit(round(_READS.burst), _READS.rate or 0, 60, "a minute"),
}
"""As documented in 2026, for one user or service principal; others name no limit."""
_NOTE = "* Microsoft gives no number for Azure DevOps; 10 a second is a careful guess."


@dataclass(frozen=True)
class Plan:
    """The calls to each service, and the time that they take together, in seconds."""

    learners: int
    checks: int
    calls: Mapping[ServiceName, int]
    unchanged: int
    """Calls on a later night, with past runs, if nothing has changed."""
    seconds: float

    def share(self, service: ServiceName) -> float | None:
        """The part of a service's limit that this takes; None where it has no known limit."""
        limit = LIMITS.get(service)
        return self.calls[service] / limit.requests if limit else None


def plan_for(labs: Sequence[Lab], marker: str | None) -> Plan:
    """The plan for these learners and tasks. Raises UnknownMarker."""
    from graders.services import cloud  # noqa: F401 - its services declare what they ask
    from graders.services.calls import forecast

    parts = parts_for(marker)
    calls = forecast(labs, to_collect(parts))
    busiest = max(calls.values(), default=0)  # a learner's services are asked side by side
    times = [limit.seconds(calls.get(service, 0)) for service, limit in LIMITS.items()]
    side_by_side = max(1, min(_AT_A_TIME, len(labs)))
    later = forecast(labs, to_collect(parts), unchanged=True)
    seconds = max(busiest * _SECONDS_A_CALL / side_by_side, *times)
    return Plan(len(labs), len(_checks_of(marker)), calls, sum(later.values()), seconds)


def parts_for(marker: str | None) -> frozenset[str]:
    """The parts of the evidence that the checks of some tasks need. Raises UnknownMarker."""
    return parts_to_collect(need for graded in _checks_of(marker) for need in graded.needs)


def _checks_of(marker: str | None) -> Sequence[GradedCheck]:
    tasks = chosen_tasks(marker)
    return [graded for graded in load_checks(GRADED) if graded.check.task in tasks]


def add_to(commands: Any) -> None:
    """Add the command to those of ``python -m graders``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "plan", help="say how many calls collecting a class takes; it makes none"
    )
    parser.set_defaults(command=run)
    add_class_options(parser)


def run(given: argparse.Namespace) -> int:
    """Print the plan; returns the exit status. Raises InputProblems, UnknownMarker."""
    plan = plan_for(_labs(given), given.marker)
    text = json.dumps(_document(plan), indent=1) if given.json else "\n".join(lines(plan))
    print(escape_log_commands(text))
    return 0


def _labs(given: argparse.Namespace) -> list[Lab]:
    lab_file = find_lab_file(given.learners, given.lab)
    learners, lab = read_class(given.learners, lab_file)
    labs = {learner.id: lab.for_learner(learner) for learner in learners}
    return chosen_labs(given.learners, given.learner, labs)


def lines(plan: Plan) -> list[str]:
    """The plan for people, at most 80 columns wide."""
    rows = [_row(service, calls, plan) for service, calls in sorted(plan.calls.items())]
    total = sum(plan.calls.values())
    people = f"{plan.learners} learner{'s' * (plan.learners != 1)}"
    return [
        f"Collecting {people} for {plan.checks} checks. Nothing was asked.",
        "",
        f"{'service':<24}{'calls':>7}{'each':>7}  share of its limit",
        *rows,
        _sum("all", total, plan),
        _sum("all, a later night", plan.unchanged, plan) + "  with --history, if nothing changed",
        "",
        f"Expected: about {_time(plan.seconds)}, with {_AT_A_TIME} learners at a time and"
        f" {_SECONDS_A_CALL} seconds a call.",
        "This is for learners who did every step once. Missing work takes fewer calls;",
        "each further successful run takes some more, up to three of each pipeline.",
        "Not counted: tokens, what SDKs ask for themselves, your own rights, repeats.",
        *([_NOTE] if ServiceName.AZURE_DEVOPS in plan.calls else []),
    ]


def _sum(what: str, calls: int, plan: Plan) -> str:
    return f"{what:<24}{calls:>7}{calls / max(1, plan.learners):>7.1f}"


def _row(service: ServiceName, calls: int, plan: Plan) -> str:
    share, limit = plan.share(service), LIMITS.get(service)
    taken = (
        f"{share:.0%} of {limit.requests:,} in {limit.window_name}" if limit else "none is known"
    )
    return f"{_sum(service, calls, plan)}  {taken}"


def _time(seconds: float) -> str:
    minutes = ceil(seconds / 60)
    return "1 minute" if minutes <= 1 else f"{minutes} minutes"


def _document(plan: Plan) -> dict[str, Any]:
    return {
        "learners": plan.learners,
        "checks": plan.checks,
        "calls": {str(service): calls for service, calls in plan.calls.items()},
        "calls_on_an_unchanged_night": plan.unchanged,
        "shares": {str(service): plan.share(service) for service in plan.calls},
        "minutes": round(plan.seconds / 60, 2),
    }

"""Pairs of mistakes from different tasks that one learner can make together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from fixtures.simulator.catalogue_file import Mistake
from fixtures.simulator.mistakes import Catalogue
from graders.verdicts import Outcome

PARTNERS = 3
"""How many partners every entry gets, at least."""
_STRIDE = 37
"""Coprime to the length of the catalogue, so that partners come from all over it."""

INTERACTIONS: Mapping[frozenset[str], Mapping[str, Outcome]] = {
    # the group names the very connection that there is
    frozenset({"group_names_another_connection", "connection_misnamed"}): {
        "variable-group-names-an-existing-connection": Outcome.PASSED
    },
    # CI succeeded, and CD deployed, before the stage was run again
    frozenset({"ci_stage_run_again", "endpoint_of_the_second_generation"}): {
        "endpoint-exists": Outcome.FAILED
    },
}
"""Pairs that do more, or less, than both alone."""
_TOO_OLD = "endpoint_older_than_the_cd_run"

_NOT_THERE = (Outcome.FAILED, Outcome.BLOCKED)
_NEEDS_IT: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "repository-exists",
        (
            "ci-pipeline-builds-the-learners-repository",
            "cd-pipeline-builds-the-learners-repository",
            "ci-run-built-a-commit-of-the-repository",
        ),
    ),
    (
        "ci-run-succeeded",
        (
            "training-run-completed",
            "training-run-has-every-step",
            "cd-run-succeeded",
            "endpoint-exists",
        ),
    ),
    ("ci-pipeline-exists", ("cd-run-succeeded",)),  # CD finds it by its name
    ("cd-run-succeeded", ("endpoint-exists",)),
    ("cd-run-deployed-to-container-instances", ("cd-run-deployed-the-registered-model",)),
    (
        "endpoint-exists",
        tuple(
            f"endpoint-{rest}"
            for rest in (
                "is-healthy",
                "has-the-labs-size",
                "serves-the-registered-model",
                "was-deployed-by-the-cd-run",
                "answers-the-query",
                "needs-no-key",
                "predicts-like-the-labs-model",
                "describes-itself",
            )
        ),
    ),
)
"""Check, and others that lack something once it does not pass, whatever else is wrong there."""
_RAN_ALL_THE_SAME = {
    "ci-run-succeeded": "ci-pipeline-exists",
    "cd-run-succeeded": "cd-pipeline-exists",
}
"""A pipeline of the wrong name is not looked into, but it ran, and what it made is there."""


def settled(stated: Mapping[str, Outcome], pair: Sequence[str]) -> dict[str, Outcome]:
    """What both entries say of the checks, once the root cause has gone before what it explains."""
    outcomes = dict(stated)
    for cause, others in _NEEDS_IT:
        is_misnamed = outcomes[_RAN_ALL_THE_SAME.get(cause, cause)] is Outcome.FAILED
        if outcomes[cause] is Outcome.FAILED or (outcomes[cause] in _NOT_THERE and not is_misnamed):
            outcomes |= dict.fromkeys(_spoilt(others, outcomes), Outcome.BLOCKED)
    if _TOO_OLD in pair and outcomes["endpoint-exists"] is not Outcome.PASSED:
        outcomes["work-was-done-in-the-session"] = Outcome.PASSED  # there is none to be too old
    return _chained(outcomes) | INTERACTIONS.get(frozenset(pair), {})


def _spoilt(checks: Sequence[str], outcomes: Mapping[str, Outcome]) -> list[str]:
    """A run that is still going is waited for first."""
    going = "cd-run-succeeded", Outcome.PENDING
    return [
        one
        for one in checks
        if outcomes[one] is not Outcome.PASSED and (one, outcomes[one]) != going
    ]


_CHAIN = "work-is-one-chain"
_ITS_PARTS = (
    "repository-exists",
    "ci-run-succeeded",
    "training-pipeline-is-published",
    "training-run-completed",
    "model-is-registered",
    "model-is-registered-by-the-ci-run",
    "ci-run-published-the-model-artifact",
    "model-artifact-names-the-model",
    "ci-run-built-a-commit-of-the-repository",
    "training-pipeline-is-published-by-the-ci-run",
    "model-artifact-is-the-registered-version",
    "cd-run-succeeded",
    "cd-run-deployed-to-container-instances",
    "cd-run-deployed-the-registered-model",
    "endpoint-exists",
    "endpoint-answers-the-query",
)
"""In the order in which the chain asks for them: the first that is missing decides."""


def _chained(outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
    if outcomes[_CHAIN] is Outcome.PASSED:
        return outcomes
    spoilt = (outcomes[one] for one in _ITS_PARTS if outcomes[one] is not Outcome.PASSED)
    first = next(spoilt, outcomes[_CHAIN])
    said = Outcome.BLOCKED if first in _NOT_THERE else first
    return outcomes | {_CHAIN: said}


def pairs(catalogue: Catalogue) -> list[tuple[str, str]]:
    """Every entry of a task with some of other tasks; always the same ones."""
    chosen = {pair: tuple(sorted(pair, reverse=True)) for pair in INTERACTIONS}
    for entry in of_tasks(catalogue):
        for other in islice(_partners(entry, catalogue), PARTNERS):
            chosen.setdefault(frozenset((entry.name, other.name)), (entry.name, other.name))
    return list(chosen.values())


WHATEVER_THE_WAY = ("location_by_its_display_name", "cd_disabled", "endpoint_answers_in_words")
"""Mistakes that no variation changes, from the beginning and the end of the lab."""


def with_variations(catalogue: Catalogue) -> list[tuple[str, str]]:
    """Every variation with a mistake that has nothing to do with it."""
    made = []
    for place, variation in enumerate(catalogue.variations):
        mistake = WHATEVER_THE_WAY[place % len(WHATEVER_THE_WAY)]
        made += [(variation, mistake)] if catalogue.fit_together((variation, mistake)) else []
    return made


def _partners(entry: Mistake, catalogue: Catalogue) -> Iterator[Mistake]:
    entries = of_tasks(catalogue)
    start = entries.index(entry)
    for step in range(1, len(entries)):
        other = entries[(start + step * _STRIDE) % len(entries)]
        if other.file != entry.file and _fit(entry, other, catalogue):
            yield other


def _fit(entry: Mistake, other: Mistake, catalogue: Catalogue) -> bool:
    """Not where both give one field a value, or one takes away what the other speaks of.

    What is left then is neither's mistake.
    """
    names = [entry.name, other.name]
    made = [list(catalogue.with_included([name])) for name in names]
    added = [{path for one in own for path in one.add if "." not in path} for own in made]
    removed = [{path for one in own for path in one.remove} for own in made]
    given = [{path for one in own for path in one.set} for own in made]
    clash = added[0] & removed[1] or added[1] & removed[0] or given[0] & given[1]
    spoken_of = [{f"{{{path}}}" for path in paths} for paths in removed]
    lost = any(
        place in str([one.set for one in own])
        for own, places in zip(made, reversed(spoken_of), strict=True)
        for place in places
    )
    return not clash and not lost and catalogue.fit_together(names)


def of_tasks(catalogue: Catalogue) -> list[Mistake]:
    return [one for one in catalogue.mistakes.values() if Path(one.file).stem.startswith("task_")]

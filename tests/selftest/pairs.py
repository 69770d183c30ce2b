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
    # permission for pipelines that are not there any more is permission for none
    frozenset({"variable_group_open_to_both_pipelines", "repository_empty"}): {
        "variable-group-is-open-to-the-pipelines": Outcome.FAILED
    },
}
"""Pairs that do more, or less, than both alone."""

_NOT_THERE = (Outcome.FAILED, Outcome.BLOCKED)
_NEEDS_IT = {
    "endpoint-exists": tuple(
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
    "repository-exists": (
        "ci-pipeline-builds-the-learners-repository",
        "cd-pipeline-builds-the-learners-repository",
        "ci-run-built-a-commit-of-the-repository",
    ),
    "ci-run-succeeded": ("cd-run-succeeded",),
    "cd-run-deployed-to-container-instances": ("endpoint-exists",),
}
"""Check -> others that lack something once it does not pass, whatever else is wrong with them."""


def settled(stated: Mapping[str, Outcome], pair: Sequence[str]) -> dict[str, Outcome]:
    """What both entries say of the checks, once the root cause has gone before what it explains."""
    outcomes = dict(stated)
    for cause, others in _NEEDS_IT.items():
        spoilt = [one for one in others if outcomes[one] is not Outcome.PASSED]
        if outcomes[cause] in _NOT_THERE:
            outcomes |= dict.fromkeys(spoilt, Outcome.BLOCKED)
    return outcomes | INTERACTIONS.get(frozenset(pair), {})


def pairs(catalogue: Catalogue) -> list[tuple[str, str]]:
    """Every entry of a task with some of other tasks; always the same ones."""
    chosen = {pair: tuple(sorted(pair, reverse=True)) for pair in INTERACTIONS}
    for entry in of_tasks(catalogue):
        for other in islice(_partners(entry, catalogue), PARTNERS):
            chosen.setdefault(frozenset((entry.name, other.name)), (entry.name, other.name))
    return list(chosen.values())


def _partners(entry: Mistake, catalogue: Catalogue) -> Iterator[Mistake]:
    entries = of_tasks(catalogue)
    start = entries.index(entry)
    for step in range(1, len(entries)):
        other = entries[(start + step * _STRIDE) % len(entries)]
        if other.file != entry.file and _fit(entry, other, catalogue):
            yield other


def _fit(entry: Mistake, other: Mistake, catalogue: Catalogue) -> bool:
    """Not where both give one field a value, or one takes away what the other makes another of.

    What is left then is neither's mistake.
    """
    names = [entry.name, other.name]
    made = [list(catalogue.with_included([name])) for name in names]
    added = [{path for one in own for path in one.add if "." not in path} for own in made]
    removed = [{path for one in own for path in one.remove} for own in made]
    given = [{path for one in own for path in one.set} for own in made]
    clash = added[0] & removed[1] or added[1] & removed[0] or given[0] & given[1]
    return not clash and catalogue.fit_together(names)


def of_tasks(catalogue: Catalogue) -> list[Mistake]:
    return [one for one in catalogue.mistakes.values() if Path(one.file).stem.startswith("task_")]

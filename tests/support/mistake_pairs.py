"""Pairs of mistakes from different tasks that one learner can make together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import combinations
from pathlib import Path

from fixtures.simulator.catalogue_file import Mistake
from fixtures.simulator.mistakes import Catalogue
from graders.verdicts import Outcome
from tests.support import golden_lines
from tests.support.root_causes import Judgement

SHARE = 16
"""One in so many pairs is tried. Names alone decide: a new mistake moves no pair that is there."""

_NEVER_USED = {"service-connection-exists": Outcome.FAILED} | dict.fromkeys(
    (
        "service-connection-is-automatic-with-a-secret",
        "service-connection-is-in-the-learners-subscription",
        "service-connection-is-open-to-the-pipelines",
        "service-connection-is-ready",
        "service-connection-is-scoped-to-a-workspace",
        "service-connection-reaches-the-learners-workspace",
        "service-connection-uses-a-service-principal",
        "variable-group-names-an-existing-connection",
    ),
    Outcome.BLOCKED,
)
INTERACTIONS: Mapping[frozenset[str], Mapping[str, Outcome]] = {
    # the group names the very connection that there is
    frozenset({"group_names_another_connection", "connection_misnamed"}): {
        "variable-group-names-an-existing-connection": Outcome.PASSED
    },
    # nothing ran, so nothing shows that the connection was used
    frozenset({"ci_runs_another_yaml", "connection_deleted"}): _NEVER_USED,
    frozenset({"variable_group_misspelt", "connection_deleted"}): _NEVER_USED,
}
"""Pairs that do less than both alone."""

WHATEVER_THE_WAY = ("location_by_its_display_name", "cd_disabled", "endpoint_answers_in_words")
"""Mistakes that no other entry changes, from the beginning and the end of the lab."""


def pairs(catalogue: Catalogue) -> list[tuple[str, str]]:
    """Entries of different tasks, each at least with one that goes with everything."""
    entries = sorted(of_tasks(catalogue), key=lambda mistake: mistake.name)
    drawn = (_ordered(pair, catalogue) for pair in combinations(entries, 2) if _is_drawn(pair))
    companions = (_companion(entry, catalogue) for entry in entries)
    stated = ((second, first) for first, second in map(sorted, INTERACTIONS))
    known = (pair for pair in stated if {*pair} <= catalogue.entries.keys())
    return list(dict.fromkeys(filter(None, (*known, *drawn, *companions))))


def settled(judgement: Judgement, pair: Sequence[str], catalogue: Catalogue) -> dict[str, Outcome]:
    """What both entries say of the checks, the worse where they differ."""
    gone = {
        check
        for name in pair
        for check in catalogue.entries[name].verdicts.get(Outcome.NOTED, ())
        if _is_all_blocked(catalogue.entries[name], judgement)
    }
    spared = {
        check: Outcome.PASSED for check in gone if judgement.outcomes[check] is Outcome.PASSED
    }
    return golden_lines.expected(pair) | spared | INTERACTIONS.get(frozenset(pair), {})


def _is_all_blocked(entry: Mistake, judgement: Judgement) -> bool:
    """What the mistake was made with is not there: there is nothing to note of it."""
    failing = entry.verdicts.get(Outcome.FAILED, ())
    return bool(failing) and all(judgement.outcomes[check] is Outcome.BLOCKED for check in failing)


def _is_drawn(pair: tuple[Mistake, Mistake]) -> bool:
    return _number(entry.name for entry in pair) % SHARE == 0


def _companion(entry: Mistake, catalogue: Catalogue) -> tuple[str, str] | None:
    usual = sorted(WHATEVER_THE_WAY, key=lambda name: _number({entry.name, name}))
    made = (_ordered((entry, catalogue.entries[name]), catalogue) for name in usual)
    return next(filter(None, made), None)


def _number(names: Iterable[str]) -> int:
    return int(sha256("+".join(sorted(names)).encode()).hexdigest(), 16)


def _ordered(pair: tuple[Mistake, Mistake], catalogue: Catalogue) -> tuple[str, str] | None:
    """The pair by name, the other way round where only that can be made; None: neither can."""
    entry, other = sorted(pair, key=lambda mistake: mistake.name)
    if entry.file == other.file:
        return None
    fits = (made for made in ((entry, other), (other, entry)) if _fit(*made, catalogue))
    return next(((first.name, then.name) for first, then in fits), None)


def with_variations(catalogue: Catalogue) -> list[tuple[str, str]]:
    """Every variation with a mistake that has nothing to do with it."""
    made = []
    for place, variation in enumerate(catalogue.variations):
        mistake = WHATEVER_THE_WAY[place % len(WHATEVER_THE_WAY)]
        made += [(variation, mistake)] if catalogue.fit_together((variation, mistake)) else []
    return made


def _fit(entry: Mistake, other: Mistake, catalogue: Catalogue) -> bool:
    """Not where both give one field a value, or one takes away what the other speaks of.

    What is left then is neither's mistake.
    """
    names = [entry.name, other.name]
    made = [list(catalogue.with_included([name])) for name in names]
    added = [{path for mistake in own for path in mistake.add if "." not in path} for own in made]
    removed = [{path for mistake in own for path in mistake.remove} for own in made]
    given = [{path for mistake in own for path in mistake.set} for own in made]
    clash = added[0] & removed[1] or added[1] & removed[0] or given[0] & given[1]
    spoken_of = [{f"{{{path}}}" for path in paths} for paths in removed]
    lost = any(
        place in str([mistake.set for mistake in own])
        for own, places in zip(made, reversed(spoken_of), strict=True)
        for place in places
    )
    return not clash and not lost and catalogue.fit_together(names)


def of_tasks(catalogue: Catalogue) -> list[Mistake]:
    return [
        mistake
        for mistake in catalogue.mistakes.values()
        if Path(mistake.file).stem.startswith("task_")
    ]

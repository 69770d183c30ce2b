"""Pairs of mistakes from different tasks that one learner can make together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from fixtures.simulator.catalogue_file import Mistake
from fixtures.simulator.mistakes import Catalogue

PARTNERS = 3
"""How many partners every entry gets, at least."""
_STRIDE = 37
"""Coprime to the length of the catalogue, so that partners come from all over it."""


def pairs(catalogue: Catalogue) -> list[tuple[str, str]]:
    """Every entry of a task with some of other tasks; always the same ones."""
    chosen: dict[frozenset[str], tuple[str, str]] = {}
    for entry in _of_tasks(catalogue):
        for other in islice(_partners(entry, catalogue), PARTNERS):
            chosen.setdefault(frozenset((entry.name, other.name)), (entry.name, other.name))
    return list(chosen.values())


def _partners(entry: Mistake, catalogue: Catalogue) -> Iterator[Mistake]:
    entries = _of_tasks(catalogue)
    start = entries.index(entry)
    for step in range(1, len(entries)):
        other = entries[(start + step * _STRIDE) % len(entries)]
        if other.file != entry.file and catalogue.fit_together([entry.name, other.name]):
            yield other


def _of_tasks(catalogue: Catalogue) -> list[Mistake]:
    return [one for one in catalogue.mistakes.values() if Path(one.file).stem.startswith("task_")]

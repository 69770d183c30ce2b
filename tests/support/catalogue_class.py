"""The catalogue as a class: one learner for each entry, pair, and variation with a mistake."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fixtures.simulator.mistakes import read_catalogue
from graders.lab import Lab
from tests.support import grading_process, judged_classes, mistake_pairs
from tests.support.root_causes import Judgement

Made = tuple[str, ...]
"""What one learner did wrong, or otherwise."""

CATALOGUE = read_catalogue()
PAIRS = mistake_pairs.pairs(CATALOGUE)
SOME_PAIRS = frozenset(PAIRS[::4])
"""Those that are tried unless the whole matrix is."""
WITH_A_MISTAKE = mistake_pairs.with_variations(CATALOGUE)
MADE: tuple[Made, ...] = (*((entry,) for entry in CATALOGUE.entries), *PAIRS, *WITH_A_MISTAKE)
FIRST = 12
"""The first learner's number: from 10 on the sheet's names can be read in two ways."""


@dataclass(frozen=True)
class CatalogueClass:
    """The class once it was collected."""

    labs: Mapping[str, Lab]
    learners: Mapping[Made, str]
    """What a learner made -> the learner's id."""
    cohort: Path
    evidence: Path

    def judgements(self) -> dict[Made, Judgement]:
        judge = judged_classes.judge(self.labs, self.evidence)
        return {
            made: Judgement.of(judge.verdicts(learner)) for made, learner in self.learners.items()
        }


def collected(folder: Path, chosen: Sequence[Made] = MADE) -> CatalogueClass:
    """Collect those who made these."""
    wrong, right = (_column(chosen, names) for names in (CATALOGUE.mistakes, CATALOGUE.variations))
    cohort = grading_process.write_cohort(
        folder / "catalogue.csv", len(chosen), wrong, right, FIRST
    )
    evidence = folder / "out" / "evidence"
    labs = judged_classes.collect(cohort, evidence)
    return CatalogueClass(labs, dict(zip(chosen, labs, strict=True)), cohort, evidence)


def _column(chosen: Sequence[Made], known: Container[str]) -> Mapping[int, str]:
    """Learner's number -> a cell of the cohort file."""
    return {
        number: "+".join(name for name in made if name in known)
        for number, made in enumerate(chosen, FIRST)
    }

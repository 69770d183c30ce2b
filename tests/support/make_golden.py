"""Freeze what is expected of the catalogue and of the demo cohort: ``make golden``.

What follows from each entry of the catalogue, and what one mistake of a pair explains of the other,
is what was found: the tests hold it against the causes that the entries list. The demo cohort's
verdicts are those of the mistakes that its rows name; the marks for other systems are made of them,
as if the tenant had been a live one. The golden feedback is what a run wrote. Read every diff.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import tempfile
from pathlib import Path

from fixtures.plugin.grading import whole_rubric
from fixtures.simulator.mistakes import mistakes_of
from graders.inputs.cohort import read_cohort
from graders.verdicts import Outcome
from reports import exports
from tests.support import (
    changed_evidence,
    exported_cohorts,
    golden_lines,
    grading_process,
    incomplete_evidence,
)
from tests.support.catalogue_class import CATALOGUE, MADE, PAIRS, collected
from tests.support.evidence_changes import CASES
from tests.support.paths import COHORTS, GOLDEN

OUTCOMES = GOLDEN / "demo.json"
EXPORTS = GOLDEN / "exports"
SHOWN = "user8"
"""The one learner whose own files are kept, of formats with a file for each."""
DEMO = COHORTS / "demo.csv"
FEEDBACK = GOLDEN / "feedback"
READ = ("user1", "user9", "user16", "user17")
"""Who did everything, who has to fix, who has to wait, and whose evidence could not be read."""


def golden(cohort: Path) -> dict[str, dict[str, Outcome]]:
    """Learner id -> check id -> the outcome that the learner's mistakes deserve."""
    return {
        learner.id: golden_lines.expected(mistakes_of(learner)) for learner in read_cohort(cohort)
    }


def as_text(verdicts: dict[str, dict[str, Outcome]]) -> str:
    return json.dumps(verdicts, indent=1, ensure_ascii=False) + "\n"


def golden_exports() -> dict[str, str]:
    """Path below the folder of exports -> text."""
    cohort = exported_cohorts.demo()
    alone = exported_cohorts.only(cohort, SHOWN)
    files = [format_(cohort.run, cohort.grades).files for format_ in exports.EXPORTS.values()]
    return {
        file: text
        for export in files
        for file, text in export.items()
        if "/" not in file or f"{SHOWN}." in file.replace("/", ".")
    } | dict(exports.EXPORTS["classroom50"](alone.run, alone.grades).files)


def feedback_in(reports: Path, learner: str) -> str:
    """A learner's feedback as a run wrote it, but for the time of the run."""
    text = (reports / "feedback" / learner / "feedback.md").read_text(encoding="utf-8")
    return re.sub(r"checked on [\d-]+ [\d:]+ UTC", "checked on 2026-11-23 09:33 UTC", text)


def _write_feedback() -> None:
    FEEDBACK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        run = grading_process.grade_demo(Path(folder))
        if run.status:
            raise SystemExit(run.text)
        for learner in READ:
            _write(FEEDBACK / f"{learner}.md", feedback_in(run.reports, learner))


def _freeze_the_catalogue(*, with_pairs: bool) -> None:
    made = MADE if with_pairs else [(name,) for name in CATALOGUE.entries]
    with tempfile.TemporaryDirectory() as folder:
        judgements = collected(Path(folder), made).judgements()
    outcomes = {made: judgement.outcomes for made, judgement in judgements.items()}
    entries = {name: outcomes[name,] for name in CATALOGUE.entries}
    _write(golden_lines.ENTRIES, golden_lines.text(entries, whole_rubric()))
    golden_lines.of_entries.cache_clear()
    if not with_pairs:
        return
    pairs = {"+".join(made): golden_lines.explained(outcomes[made], made) for made in PAIRS}
    _write(
        golden_lines.PAIRS,
        "".join(f"{name}: {explanation}\n" for name, explanation in pairs.items() if explanation),
    )


def _freeze_the_cases() -> None:
    with tempfile.TemporaryDirectory() as folder:
        cases = incomplete_evidence.asked(Path(folder))
    outcomes = {name: case.outcomes for name, case in cases.items()}
    _write(incomplete_evidence.FROZEN, golden_lines.text(outcomes, whole_rubric()))


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.support.make_golden")
    parser.add_argument("--no-pairs", action="store_true", help="leave pairs of mistakes as frozen")
    _freeze_the_catalogue(with_pairs=not parser.parse_args().no_pairs)
    _freeze_the_cases()
    _write(changed_evidence.GOLDEN_FILE, changed_evidence.as_text(CASES))
    _write(OUTCOMES, as_text(golden(DEMO)))
    shutil.rmtree(EXPORTS, ignore_errors=True)
    for name, content in golden_exports().items():
        (EXPORTS / name).parent.mkdir(parents=True, exist_ok=True)
        (EXPORTS / name).write_text(content, encoding="utf-8", newline="")
    _write_feedback()

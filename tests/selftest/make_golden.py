"""Write what is expected of the demo cohort anew: ``python -m tests.selftest.make_golden``.

Verdicts are worked out from the scenario (the mistakes that each row names, and what the catalogue
says of them), never from a run; the marks for other systems are those of these verdicts, as if the
tenant had been a live one. The golden feedback is what a run wrote: read its diff.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path

from fixtures.grading import PROJECT, whole_rubric
from fixtures.simulator.mistakes import mistakes_of, read_catalogue
from graders.cohort import read_cohort
from reports import exports
from tests.selftest import marked, runs

GOLDEN = Path(__file__).parent / "golden" / "demo.json"
EXPORTS = GOLDEN.with_name("exports")
SHOWN = "user8"
"""The one learner whose own files are kept, of formats with a file for each."""
DEMO = PROJECT / "fixtures" / "cohorts" / "demo.csv"
FEEDBACK = GOLDEN.parent / "feedback"
READ = ("user1", "user9", "user16", "user17")
"""Who did everything, who has to mend, who has to wait, and who could not be looked at."""


def golden(cohort: Path) -> dict[str, dict[str, str]]:
    """Learner id -> check id -> the outcome that the learner's mistakes deserve."""
    catalogue, rubric = read_catalogue(), whole_rubric()
    expected = {
        learner.id: catalogue.expected(mistakes_of(learner), rubric)
        for learner in read_cohort(cohort)
    }
    return {
        learner: {check: str(outcome) for check, outcome in outcomes.items()}
        for learner, outcomes in expected.items()
    }


def as_text(verdicts: dict[str, dict[str, str]]) -> str:
    return json.dumps(verdicts, indent=1, ensure_ascii=False) + "\n"


def golden_exports() -> dict[str, str]:
    """Path below the folder of exports -> text."""
    found = marked.demo()
    alone = marked.only(found, SHOWN)
    files = [format_(found.run, found.grades).files for format_ in exports.EXPORTS.values()]
    return {
        file: text
        for one in files
        for file, text in one.items()
        if "/" not in file or f"{SHOWN}." in file.replace("/", ".")
    } | dict(exports.EXPORTS["classroom50"](alone.run, alone.grades).files)


def feedback_in(reports: Path, learner: str) -> str:
    """A learner's feedback as a run wrote it, but for the time of the run."""
    text = (reports / "feedback" / learner / "feedback.md").read_text(encoding="utf-8")
    return re.sub(r"looked at on [\d-]+ [\d:]+ UTC", "looked at on 2026-11-23 09:33 UTC", text)


def _write_feedback() -> None:
    FEEDBACK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        arguments = ("--learners", DEMO, "--tenant", "simulated", "--fail-on", "never")
        run = runs.grade(*arguments, reports=Path(folder))
        if run.status:
            raise SystemExit(run.text)
        for learner in READ:
            text = feedback_in(run.reports, learner)
            (FEEDBACK / f"{learner}.md").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    GOLDEN.write_text(as_text(golden(DEMO)), encoding="utf-8", newline="\n")
    shutil.rmtree(EXPORTS, ignore_errors=True)
    for name, content in golden_exports().items():
        (EXPORTS / name).parent.mkdir(parents=True, exist_ok=True)
        (EXPORTS / name).write_text(content, encoding="utf-8", newline="")
    _write_feedback()

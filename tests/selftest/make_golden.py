"""Write the golden verdicts of the demo cohort: ``python -m tests.selftest.make_golden``.

They are worked out from the scenario (the mistakes that each row names, and what the catalogue
says of them), never from a run.
"""

from __future__ import annotations

import json
from pathlib import Path

from fixtures.grading import PROJECT, whole_rubric
from fixtures.simulator.mistakes import mistakes_of, read_catalogue
from graders.cohort import read_cohort

GOLDEN = Path(__file__).parent / "golden" / "demo.json"
DEMO = PROJECT / "fixtures" / "cohorts" / "demo.csv"


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


if __name__ == "__main__":
    GOLDEN.write_text(as_text(golden(DEMO)), encoding="utf-8", newline="\n")

"""How long it takes to apply other points to a large class's verdicts and to report what changes.

``python benchmarks/compare.py --learners 1000``: grades a few learners of the simulated tenant, one
with each mistake of a large class, makes a grade book of that many learners from their verdicts,
and times the command ``python -m reports compare`` as a whole process. ``--reports FOLDER`` takes
the verdicts of a run instead.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.large_cohort import MIX, grade_large_cohort  # noqa: E402 (the path comes first)

POINTS = "[points]\nvariable-group-exists = 5\nendpoint-exists = 0\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=1000)
    parser.add_argument("--graded", type=int, default=len(MIX), help="learners to grade first")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--reports", type=Path, help="reports folder of a run")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        book, lab = Path(folder) / "gradebook.json", Path(folder) / "lab.toml"
        reports = given.reports or graded(Path(folder), given.graded)
        book.write_text(json.dumps(multiplied(reports, given.learners)), encoding="utf-8")
        lab.write_text(POINTS, encoding="utf-8")
        taken = [compared(book, lab) for _ in range(given.times)]
    print(f"learners                              {given.learners:>8}")
    print(f"compared in, s (median of {given.times})           {statistics.median(taken):>8.2f}")


def graded(folder: Path, learners: int) -> Path:
    done = grade_large_cohort(folder, learners)
    if done.status:
        raise SystemExit(done.text)
    return done.reports


def multiplied(reports: Path, learners: int) -> dict[str, object]:
    """The stored grade book with its learners repeated under other ids."""
    file = reports / "gradebook.json"
    if not file.is_file():
        raise SystemExit(f"There is no grade book {file}: `make grade` writes one to reports/out.")
    document = json.loads(file.read_text(encoding="utf-8"))
    grades, verdicts = document["grades"], document["verdicts"]
    own = {
        grade["learner"]: [v for v in verdicts if v["learner"] == grade["learner"]]
        for grade in grades
    }
    document["grades"], document["verdicts"] = [], []
    for number in range(learners):
        original = grades[number % len(grades)]
        name = {"learner": f"{original['learner']}-{number}"}
        document["grades"].append(original | name)
        document["verdicts"] += [verdict | name for verdict in own[original["learner"]]]
    return document


def compared(book: Path, lab: Path) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "reports", "compare", str(book), str(lab)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603
    if done.returncode != 1:
        raise SystemExit(done.stderr.decode())
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

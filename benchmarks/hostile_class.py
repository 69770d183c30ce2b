"""How long a hostile class takes: ``python benchmarks/hostile_class.py --honest 5``.

Collects a class from the simulated tenant in which learners try every attack that the project knows
(``tests/support/hostile_class.py``), beside so many honest ones, and grades it with all reports and
exports. What must hold of its results is tested in ``tests/runs/test_hostile_class.py``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import figures  # noqa: E402 (the path comes first)
from tests.support import grading_process  # noqa: E402
from tests.support.hostile_class import HONEST, HostileClass, hostile_class  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--honest", type=int, default=HONEST, help="honest learners beside them")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        of_class = hostile_class(Path(folder), given.honest)
        collected = time.perf_counter()
        run = graded(of_class, Path(folder) / "out")
        ended = time.perf_counter()
        totals = {grade["learner"]: grade["total"] for grade in run.book()["grades"]}
        largest = max(file.stat().st_size for file in run.reports.rglob("*") if file.is_file())
    rows = (
        ("collected in, s", f"{collected - began:.1f}"),
        ("judged and written in, s", f"{ended - collected:.1f}"),
        ("honest with all points", str(sum(totals[name] == 100 for name in of_class.honest))),
        ("largest result, MB", f"{largest / 1e6:.1f}"),
        ("terminal, KB", f"{len(run.text.encode()) / 1e3:.0f}"),
    )
    title = f"{len(of_class.hostile)} hostile learners, {len(of_class.honest)} honest"
    figures.show(title, rows)


def graded(of_class: HostileClass, reports: Path) -> grading_process.Outcome:
    given = ("--learners", of_class.cohort, "--evidence", of_class.evidence, "--export", "all")
    run = grading_process.grade(*given, "-v", "-rA", "--fail-on", "never", reports=reports)
    if run.status:
        raise SystemExit(run.text)
    return run


if __name__ == "__main__":
    main()

"""What is asked for each task, and whether the plan says so: ``python benchmarks/forecast.py``.

Collects a class on the simulated tenant, for each task alone and for all of them, and prints the
data requests of a learner: as ``python -m graders plan`` says, and as the tenant counted.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import figures  # noqa: E402 (the path comes first)
from benchmarks.cohort import LAB_FILE, write_cohort  # noqa: E402
from benchmarks.collect import data_requests  # noqa: E402
from fixtures.simulator.process import SimulatedTenant  # noqa: E402
from graders import collector  # noqa: E402
from graders.commands.plan import parts_for, plan_for  # noqa: E402
from graders.inputs.lab_file import read_class  # noqa: E402
from graders.lab import SHEET, Lab  # noqa: E402
from graders.services.cloud import Cloud  # noqa: E402
from graders.services.http.transport import ReadOnlyTransport  # noqa: E402
from graders.services.sign_in import SignIn  # noqa: E402


def main() -> int:
    """Measure and print; the exit status is 1 where the plan is wrong by more than 5 %."""
    parser = argparse.ArgumentParser(description="What is asked for each task, and foreseen.")
    parser.add_argument("--learners", type=int, default=20)
    figures.add_option(parser)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cohort = write_cohort(Path(folder), given.learners)
        learners, lab = read_class(cohort, LAB_FILE)
        labs = [lab.for_learner(learner) for learner in learners]
        with SimulatedTenant(cohort, LAB_FILE) as tenant:
            os.environ.update(tenant.environment())
            rows = list(_rows(tenant, labs, Path(folder) / "evidence"))
    figures.show(
        f"data requests of a learner, {given.learners} learners",
        [(name, f"{planned:.2f} {counted:>8.2f}") for name, planned, counted in rows],
    )
    figures.write(given.json, {name: counted for name, _, counted in rows})
    return int(any(abs(planned - counted) > 0.05 * counted for _, planned, counted in rows))


def _rows(
    tenant: SimulatedTenant, labs: Sequence[Lab], folder: Path
) -> Iterator[tuple[str, float, float]]:
    """For each choice of tasks: its name, the requests of a learner as planned, and as counted."""
    for marker in (*(f"task{task}" for task in SHEET.tasks), None):
        plan = plan_for(labs, marker)
        if not plan.checks:
            continue
        before = Counter(tenant.requests()["by_route"])
        with ReadOnlyTransport() as transport:
            sign_in = SignIn.from_environment(os.environ)
            cloud = Cloud(sign_in, transport, labs, parts_for(marker))
            cloud.prepare(labs)
            collector.collect(labs, cloud.look_at, folder)
        counted = data_requests(Counter(tenant.requests()["by_route"]) - before)
        name = f"-m {marker}" if marker else "all tasks"
        yield name, sum(plan.calls.values()) / len(labs), counted / len(labs)


if __name__ == "__main__":
    sys.exit(main())

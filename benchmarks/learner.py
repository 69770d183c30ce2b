"""How soon a learner reads something: ``python benchmarks/learner.py --latency 100``.

Runs ``mlops-lab-check`` on the simulated tenant. Each service there refuses one request, early in
its life: *refused once* is a run that meets the refusals, which make it wait a second or more. The
goals are for one that meets none. A sign-in is ready.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import figures  # noqa: E402 (the path comes first)
from fixtures.simulator.process import SimulatedTenant  # noqa: E402
from tests.support import grading_process  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=100, help="milliseconds of each request")
    figures.add_option(parser)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cohort = grading_process.write_cohort(Path(folder) / "cohort.csv", 1)
        lab = Path(folder) / "lab.toml"
        with SimulatedTenant(cohort, lab, latency=given.latency) as tenant:
            refused = timed(lab, tenant.environment())
            requests = tenant.requests()["requests"]
            shown = _undisturbed(lab, tenant)
            alone = timed(lab, tenant.environment(), "-m", "task2")
    rows = (
        ("first line, s", f"{shown[0]:.1f}"),
        ("first task, s", f"{shown[1]:.1f}"),
        ("all done, s", f"{shown[-1]:.1f}"),
        ("  refused once, s", f"{refused[1]:.1f}"),
        ("  all done, s", f"{refused[-1]:.1f}"),
        ("requests, refused ones too", str(requests)),
        ("task 2 alone, s", f"{alone[-1]:.1f}"),
    )
    figures.show(f"a learner's own check, {given.latency:g} ms latency", rows)
    figures.write(given.json, {"first task": shown[1], "all done": shown[-1]})


def _undisturbed(lab: Path, tenant: SimulatedTenant) -> Sequence[float]:
    """The times of the first run that no service refuses a request."""
    while True:
        before = _refusals(tenant)
        shown = timed(lab, tenant.environment())
        if _refusals(tenant) == before:
            return shown


def _refusals(tenant: SimulatedTenant) -> int:
    return sum(n for route, n in tenant.requests()["by_route"].items() if route.endswith(" -"))


def timed(lab: Path, environment: Mapping[str, str], *more: str) -> Sequence[float]:
    """Seconds until the first line, each line that names a task, and the end."""
    command = [sys.executable, "-m", "fixtures.learner.command", "--lab", lab, "--number", "1"]
    began = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - our own command
        [*map(str, command), *more],
        cwd=ROOT,
        env=figures.environment(**environment),
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        lines = [(time.perf_counter() - began, line) for line in process.stdout]
    if process.returncode:
        raise SystemExit(f"the check ended with status {process.returncode}")
    tasks = [seconds for seconds, line in lines if line.startswith("Task ")]
    return [lines[0][0], *tasks, time.perf_counter() - began]


if __name__ == "__main__":
    main()

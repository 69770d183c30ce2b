"""How long a class takes to collect: ``python benchmarks/collect.py --learners 50 --latency 100``.

Starts the simulated tenant with a class of model answers, collects them with the run's own
collector, and prints what the tenant counted. The tenant runs on the same machine, so its CPU time
is in the figures.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from fixtures.simulator.process import SimulatedTenant  # noqa: E402 (the path comes first)
from graders import collector  # noqa: E402
from graders.inputs.lab_file import read_class  # noqa: E402

LAB_FILE = ROOT / "fixtures" / "cohorts" / "lab.toml"


@dataclass(frozen=True)
class Measured:
    """One collection. Times in seconds; ``counted`` is the tenant's own summary."""

    learners: int
    loading: float
    preparing: float
    looking: float
    faults: int
    counted: Mapping[str, Any]


def main() -> int:
    """Measure once and print; the exit status is 1 when something could not be read."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        cohort = _cohort(Path(folder), options.learners)
        with SimulatedTenant(cohort, LAB_FILE, latency=options.latency) as tenant:
            os.environ.update(tenant.environment())
            measured = _measure(tenant, cohort, Path(folder) / "evidence", options.workers)
    print("\n".join(_report(measured, options.latency)))
    return 1 if measured.faults else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How long a class takes to collect.")
    parser.add_argument("--learners", type=int, default=50)
    parser.add_argument("--latency", type=float, default=100, metavar="MS")
    parser.add_argument(
        "--workers", type=int, default=12, help="learners collected at the same time"
    )
    return parser.parse_args()


def _cohort(folder: Path, learners: int) -> Path:
    file = folder / "cohort.csv"
    rows = [f"learner{number:05d},{number}" for number in range(1, learners + 1)]
    file.write_text("\n".join(["learner,number", *rows, ""]), encoding="utf-8")
    return file


def _measure(tenant: SimulatedTenant, cohort: Path, folder: Path, workers: int) -> Measured:
    learners, lab = read_class(cohort, LAB_FILE)
    labs = [lab.for_learner(learner) for learner in learners]
    times = [time.perf_counter()]
    from graders.services.cloud import Cloud
    from graders.services.http.transport import ReadOnlyTransport
    from graders.services.sign_in import SignIn

    times.append(time.perf_counter())
    with ReadOnlyTransport() as transport:
        cloud = Cloud(SignIn.from_environment(os.environ), transport)
        cloud.prepare(labs)
        times.append(time.perf_counter())
        collected = collector.collect(labs, cloud.look_at, folder, workers=workers)
        times.append(time.perf_counter())
    loading, preparing, looking = (b - a for a, b in pairwise(times))
    faults = len(collected.faults)
    return Measured(len(labs), loading, preparing, looking, faults, tenant.requests())


def _report(measured: Measured, latency: float) -> Sequence[str]:
    counted, learners = measured.counted, measured.learners
    collecting = measured.preparing + measured.looking
    rows = [
        ("loading the SDKs, s", f"{measured.loading:.1f}"),
        ("preparing, s", f"{measured.preparing:.1f}"),
        ("looking, s", f"{measured.looking:.1f}"),
        ("collected in, s", f"{collecting:.1f}"),
        ("requests", f"{counted['requests']}"),
        ("requests per learner", f"{counted['requests'] / learners:.2f}"),
        *(
            (f"  {service}", f"{requests / learners:.2f}")
            for service, requests in sorted(counted["by_service"].items())
        ),
        ("writes tried", f"{len(counted['violations'])}"),
        ("unknown routes", f"{len(counted['unknown_routes'])}"),
        ("hosts refused", f"{len(counted['refused_hosts'])}"),
        ("learners not seen whole", f"{measured.faults}"),
    ]
    return [
        f"{learners} learners, {latency:g} ms latency",
        *(f"{name:<28}{value:>10}" for name, value in rows),
    ]


if __name__ == "__main__":
    sys.exit(main())

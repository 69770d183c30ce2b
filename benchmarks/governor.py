"""What a class costs its services: ``python benchmarks/governor.py --learners 100``.

Collects a class from a tenant that enforces limits, with the governor and without it, and prints
how often it was refused or slowed down. *Without* means: every call goes out at once, and nothing
but its own retries is patient.

- The *best schedule* is the shortest that never goes beyond the limits: that of the service which
  takes longest, with the calls at a time that the governor allows there.
- The tenant refuses the first call to each service once, as always; that is not counted.

``benchmarks/limits.toml`` has the kinds of ``fixtures/simulator/limits.toml``, smaller, so that 100
learners meet them in two minutes; ``--limits`` takes any others.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import figures  # noqa: E402 (the path comes first)
from benchmarks.cohort import LAB_FILE, write_cohort  # noqa: E402
from fixtures.simulator.process import SimulatedTenant  # noqa: E402
from fixtures.simulator.serving.limits import DevOpsLimit, Limits, read_limits  # noqa: E402
from graders import collector  # noqa: E402
from graders.inputs.lab_file import read_class  # noqa: E402
from graders.services.cloud import Cloud  # noqa: E402
from graders.services.http.bucket import News  # noqa: E402
from graders.services.http.governor import Governor  # noqa: E402
from graders.services.http.limits import DEVOPS, LIMITS, MANAGER  # noqa: E402
from graders.services.http.transport import ReadOnlyTransport  # noqa: E402
from graders.services.sign_in import SignIn  # noqa: E402

USUAL = Path(__file__).with_name("limits.toml")
WORKERS = 12
REFUSED = ("busy", "too fast", "used up")


@dataclass(frozen=True)
class Job:
    """One collection: seconds, what the tenant counted, learners of whom something is unread."""

    seconds: float
    counted: Mapping[str, Any]
    faults: int

    def limited(self, *did: str) -> int:
        ends = self.counted["limited"].items()
        return sum(times for what, times in ends if what.partition(" ")[2] in did)


def main() -> int:
    """Measure once and print; the exit status is 1 if the governor left anything unread."""
    options = _options()
    limits = read_limits(options.limits)
    with tempfile.TemporaryDirectory() as folder:
        cohort = write_cohort(Path(folder), options.learners)
        governed = _job(options, cohort, Path(folder) / "on", Governor())
        heedless = _job(options, cohort, Path(folder) / "off", _Heedless())
    best = _best(governed, limits, options.latency / 1000)
    figures.show(
        f"{options.learners} learners, {options.latency:g} ms latency",
        [
            ("collected in, s", f"{governed.seconds:.1f}"),
            ("  the best schedule, s", f"{best:.1f}"),
            ("  ratio", f"{governed.seconds / best:.2f}"),
            *_rows(governed),
            ("without the governor, s", f"{heedless.seconds:.1f}"),
            *_rows(heedless),
        ],
    )
    figures.write(
        options.json,
        {
            "wall": governed.seconds,
            "best": best,
            "refused": governed.limited(*REFUSED),
            "refused without": heedless.limited(*REFUSED),
        },
    )
    return 1 if governed.faults else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What a class costs its services.")
    parser.add_argument("--learners", type=int, default=100)
    parser.add_argument("--latency", type=float, default=20, metavar="MS")
    parser.add_argument("--limits", type=Path, default=USUAL, metavar="FILE")
    figures.add_option(parser)
    return parser.parse_args()


class _Heedless(Governor):
    """Every call goes out at once, whatever was said of the allowance."""

    waited, kind = 0.0, ""

    @contextmanager
    def turn(self, *_call: object) -> Iterator[Any]:
        yield self

    def hear(self, news: News) -> None:
        """Nobody listens."""


def _job(options: argparse.Namespace, cohort: Path, folder: Path, governor: Governor) -> Job:
    learners, lab = read_class(cohort, LAB_FILE)
    labs = [lab.for_learner(learner) for learner in learners]
    with SimulatedTenant(
        cohort, LAB_FILE, latency=options.latency, limits=options.limits
    ) as tenant:
        os.environ.update(tenant.environment())
        began = time.perf_counter()
        with ReadOnlyTransport(governor=governor) as transport:
            cloud = Cloud(SignIn.from_environment(os.environ), transport)
            cloud.prepare(labs)
            collected = collector.collect(labs, cloud.look_at, folder, workers=WORKERS)
        seconds = time.perf_counter() - began
        return Job(seconds, tenant.requests(), len(collected.faults))


def _best(job: Job, limits: Limits, latency: float) -> float:
    """Seconds of the shortest schedule within the limits."""
    calls = job.counted["by_service"]
    times = [calls.get("api.azureml.ms", 0) * latency / LIMITS["Azure ML", ""].at_once]
    devops = calls.get("dev.azure.com", 0)
    times.append(_best_for_devops(limits.azure_devops, devops, latency))
    manager, reads = calls.get("management.azure.com", 0), limits.azure_resource_manager
    times.append(manager * latency / LIMITS[MANAGER, "reads"].at_once)
    if reads:
        times.append((manager - reads.reads) / reads.reads_per_second)
    return max(times)


def _best_for_devops(limit: DevOpsLimit | None, calls: int, latency: float) -> float:
    """No more units in any window than the limit has."""
    each = latency / LIMITS[DEVOPS, ""].at_once
    if limit is None:
        return calls * each
    in_window = int(limit.units / limit.units_per_call)
    times: list[float] = []
    for number in range(calls):
        soonest = times[-1] + each if times else 0.0
        if number >= in_window:
            soonest = max(soonest, times[number - in_window] + limit.seconds)
        times.append(soonest)
    return times[-1] + latency if times else 0.0


def _rows(job: Job) -> Sequence[tuple[str, str]]:
    return [
        ("  refused", str(job.limited(*REFUSED))),
        ("  slowed down", str(job.limited("delayed"))),
        ("  learners not seen whole", str(job.faults)),
    ]


if __name__ == "__main__":
    sys.exit(main())

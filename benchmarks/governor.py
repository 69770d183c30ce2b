"""What a class costs its services: ``python benchmarks/governor.py --learners 100``.

Collects a class from a tenant that enforces limits, with the governor and without it, and prints
how often it was refused or slowed down. *Without* means: every call goes out at once, and nothing
but its own retries is patient.

- The *best schedule* is the shortest that never goes beyond the limits: that of the service which
  takes longest, with the calls at a time that the governor allows there.
- The machine may be slower than the schedule: *at this machine's pace* is the best schedule with
  the time that a call really took, instead of the latency alone.
- For each service: how much of the time no call waited (*idle*), calls waited for one of the places
  (*full*), or though a place was free (*paced*); and how long a call took.
- The tenant refuses the first call to each service once, as always; that is not counted.

``benchmarks/limits.toml`` has the kinds of ``fixtures/simulator/limits.toml``, smaller, so that 100
learners meet them in two minutes; ``--limits`` takes any others.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import requests  # noqa: E402 (the path comes first)

from benchmarks import figures  # noqa: E402
from benchmarks.cohort import LAB_FILE, write_cohort  # noqa: E402
from fixtures.simulator.process import SimulatedTenant  # noqa: E402
from fixtures.simulator.serving.limits import DevOpsLimit, Limits, read_limits  # noqa: E402
from graders import collector  # noqa: E402
from graders.inputs.lab_file import read_class  # noqa: E402
from graders.services.cloud import Cloud  # noqa: E402
from graders.services.http.bucket import News  # noqa: E402
from graders.services.http.governor import Governor, Turn  # noqa: E402
from graders.services.http.limits import DEVOPS, LIMITS, MANAGER  # noqa: E402
from graders.services.http.read_only import Service  # noqa: E402
from graders.services.http.transport import ReadOnlyTransport  # noqa: E402
from graders.services.sign_in import SignIn  # noqa: E402

USUAL = Path(__file__).with_name("limits.toml")
WORKERS = 12
EACH = 0.02
"""Seconds between two looks at what calls wait for."""
REFUSED = ("busy", "too fast", "used up")


@dataclass(frozen=True)
class Job:
    """One collection: seconds, of which CPU, what the tenant counted, learners not seen whole."""

    seconds: float
    cpu: float
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
        governor = _Watched()
        governed = _job(options, cohort, Path(folder) / "on", governor)
        governor.is_over = True
        heedless = _job(options, cohort, Path(folder) / "off", _Heedless())
    best = _best(governed, limits, options.latency / 1000)
    real = _best(governed, limits, options.latency / 1000, governor.took)
    figures.show(
        f"{options.learners} learners, {options.latency:g} ms latency",
        [
            ("collected in, s", f"{governed.seconds:.1f}"),
            ("  the best schedule, s", f"{best:.1f}"),
            ("  ratio", f"{governed.seconds / best:.2f}"),
            ("  at this machine's pace, s", f"{real:.1f}"),
            ("  ratio", f"{governed.seconds / real:.2f}"),
            ("CPU of the grader, s", f"{governed.cpu:.1f}"),
            *_rows(governed),
            ("idle, full, paced, %", "a call, ms"),
            *governor.rows(),
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


class _Watched(Governor):
    """Notes what calls wait for, and how long they take once they go."""

    def __init__(self) -> None:
        super().__init__()
        self._states: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._took: defaultdict[str, list[float]] = defaultdict(list)
        self.is_over = False
        threading.Thread(target=self._watch, daemon=True).start()

    @contextmanager
    def turn(
        self, service: Service, request: requests.PreparedRequest, learner: str
    ) -> Iterator[Turn]:
        with super().turn(service, request, learner) as turn:
            began = self.clock()
            try:
                yield turn
            finally:
                self._took[service.allowance].append(self.clock() - began)

    def took(self, service: str) -> float:
        """Seconds of a usual call; 0 where there was none."""
        return statistics.median(self._took[service] or [0.0])

    def rows(self) -> Iterator[tuple[str, str]]:
        for service, states in sorted(self._states.items()):
            shares = (f"{states[each] / states.total():.0%}" for each in ("idle", "full", "paced"))
            cells = "  ".join(f"{share.rstrip('%'):>3}" for share in shares)
            yield f"  {service:<25}{cells}", f"{self.took(service) * 1000:.0f}"

    def _watch(self) -> None:
        while not self.is_over:
            time.sleep(EACH)
            with self._lock:
                lanes = [(key[0], guarded.lane) for key, guarded in self._lanes.items()]
            for service, lane in lanes:  # unlocked: a look that is a little late does not matter
                is_full = lane._in_flight.total() >= lane._places()[0]
                state = ("full" if is_full else "paced") if lane._waiting else "idle"
                self._states[service][state] += 1


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
        began, cpu = time.perf_counter(), time.process_time()
        with ReadOnlyTransport(governor=governor) as transport:
            cloud = Cloud(SignIn.from_environment(os.environ), transport)
            cloud.prepare(labs)
            collected = collector.collect(labs, cloud.look_at, folder, workers=WORKERS)
        seconds = time.perf_counter() - began
        cpu = time.process_time() - cpu
        return Job(seconds, cpu, tenant.requests(), len(collected.faults))


def _best(
    job: Job, limits: Limits, latency: float, took: Callable[[str], float] = lambda _: 0.0
) -> float:
    """Seconds of the shortest schedule within the limits, where a call takes so long."""
    calls = job.counted["by_service"]
    learning = calls.get("api.azureml.ms", 0) / LIMITS["Azure ML", ""].at_once
    times = [learning * max(latency, took("Azure ML"))]
    devops = calls.get("dev.azure.com", 0)
    times.append(_best_for_devops(limits.azure_devops, devops, max(latency, took(DEVOPS))))
    manager, reads = calls.get("management.azure.com", 0), limits.azure_resource_manager
    times.append(manager * max(latency, took(MANAGER)) / LIMITS[MANAGER, "reads"].at_once)
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

"""How long a class takes to collect: ``python benchmarks/collect.py --learners 50 --latency 100``.

Starts the simulated tenant with a class of model answers, collects them with the run's own
collector, and prints what the tenant counted.

- *Data requests* leave out tokens, discovery, reads of the grader's own rights, and retries: the
  tenant refuses the first request to each service once, as real ones do now and then.
- The *latency floor* is the time that the busiest service needs when it is always kept full: its
  requests times the latency, divided by the requests that it is sent at the same time.
- *A second night* collects the class again, with the evidence of the first; nothing has changed.
- *Bare requests* are the same requests sent again with ``requests`` in as many threads, each body
  read as JSON. CPU is that of this process; the tenant has its own.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import requests  # noqa: E402
from requests.adapters import HTTPAdapter  # noqa: E402

from benchmarks import figures  # noqa: E402
from benchmarks.cohort import LAB_FILE, write_cohort  # noqa: E402
from fixtures.simulator.process import SimulatedTenant  # noqa: E402 (the path comes first)
from graders import collector, snapshot  # noqa: E402
from graders.inputs.lab_file import read_class  # noqa: E402
from graders.lab import Lab  # noqa: E402

NO_DATA = (
    "OPTIONS ",
    " login.microsoftonline.com ",
    "/resourceareas",
    "/connectiondata",
    "/permissions/",
    " /discovery",
    " -",
)
"""Tokens, discovery, the grader's own rights, and what the tenant refused for no reason."""
LINEAGE = ("/artifacts", "/content", "/logs", "/runs/{run}", "/runs:query", "/metrics:query")
"""What only ownership and lineage need."""


@dataclass(frozen=True)
class Measured:
    """One collection. Times in seconds; ``counted`` is the tenant's own summary."""

    learners: int
    loading: float
    preparing: float
    looking: float
    cpu: float
    bare_cpu: float
    floor: float
    faults: int
    counted: Mapping[str, Any]
    second_night: Mapping[str, int]
    """Route -> requests of the second night."""

    @property
    def collecting(self) -> float:
        return self.preparing + self.looking

    def data_requests(self, without: Sequence[str] = ()) -> float:
        """Per learner, those to routes that contain a word of ``without`` left out."""
        return data_requests(self.counted["by_route"], without) / self.learners

    @property
    def requests_of_a_second_night(self) -> float:
        """Data requests per learner."""
        return data_requests(self.second_night) / self.learners


def data_requests(by_route: Mapping[str, int], without: Sequence[str] = ()) -> float:
    """Of a tenant's requests by route: those for data; no tokens, discovery, rights or retries."""
    left_out = (*NO_DATA, *without)
    return float(
        sum(n for route, n in by_route.items() if not any(word in route for word in left_out))
    )


def main() -> int:
    """Measure once and print; the exit status is 1 when something could not be read."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        cohort = write_cohort(Path(folder), options.learners)
        with SimulatedTenant(cohort, LAB_FILE, latency=options.latency) as tenant:
            os.environ.update(tenant.environment())
            measured = _measure(tenant, cohort, Path(folder) / "evidence", options)
    figures.show(f"{measured.learners} learners, {options.latency:g} ms latency", _rows(measured))
    figures.write(options.json, _figures(measured))
    return 1 if measured.faults else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How long a class takes to collect.")
    parser.add_argument("--learners", type=int, default=50)
    parser.add_argument("--latency", type=float, default=100, metavar="MS")
    parser.add_argument(
        "--workers", type=int, default=12, help="learners collected at the same time"
    )
    figures.add_option(parser)
    return parser.parse_args()


def _measure(
    tenant: SimulatedTenant, cohort: Path, folder: Path, options: argparse.Namespace
) -> Measured:
    learners, lab = read_class(cohort, LAB_FILE)
    labs = [lab.for_learner(learner) for learner in learners]
    times = [time.perf_counter()]
    from graders.services.cloud import Cloud
    from graders.services.http.transport import ReadOnlyTransport
    from graders.services.sign_in import SignIn

    times.append(time.perf_counter())
    began = time.process_time()
    with _recording() as sent, ReadOnlyTransport() as transport:
        cloud = Cloud(SignIn.from_environment(os.environ), transport)
        cloud.prepare(labs)
        times.append(time.perf_counter())
        collected = collector.collect(labs, cloud.look_at, folder, workers=options.workers)
        times.append(time.perf_counter())
    cpu = time.process_time() - began
    loading, preparing, looking = (b - a for a, b in pairwise(times))
    counted = tenant.requests()
    second_night = _second_night(tenant, labs, folder, options.workers)
    return Measured(
        learners=len(labs),
        loading=loading,
        preparing=preparing,
        looking=looking,
        cpu=cpu / len(sent) * 1000,
        bare_cpu=_bare(sent, options.workers) / len(sent) * 1000,
        floor=_floor(transport.calls, options.latency / 1000),
        faults=len(collected.faults),
        counted=counted,
        second_night=second_night,
    )


def _second_night(
    tenant: SimulatedTenant, labs: Sequence[Lab], first: Path, workers: int
) -> Mapping[str, int]:
    """Collect again, with the evidence of the first night; route -> requests."""
    from graders.services.cloud import Cloud
    from graders.services.http.transport import ReadOnlyTransport
    from graders.services.sign_in import SignIn

    before = Counter(tenant.requests()["by_route"])
    with ReadOnlyTransport() as transport:
        sign_in = SignIn.from_environment(os.environ)
        cloud = Cloud(sign_in, transport, earlier=lambda lab: snapshot.read(first, lab.learner.id))
        cloud.prepare(labs)
        collector.collect(labs, cloud.look_at, first.with_name("second"), workers=workers)
    return Counter(tenant.requests()["by_route"]) - before


@contextlib.contextmanager
def _recording() -> Iterator[list[requests.PreparedRequest]]:
    """The requests that go out while the block lasts."""
    sent: list[requests.PreparedRequest] = []
    send = HTTPAdapter.send

    def noted(self: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> Any:
        sent.append(request)
        return send(self, request, **options)

    HTTPAdapter.send = noted  # type: ignore[method-assign, assignment]
    try:
        yield sent
    finally:
        HTTPAdapter.send = send  # type: ignore[method-assign]


def _bare(sent: Sequence[requests.PreparedRequest], workers: int) -> float:
    """CPU seconds of the same requests by ``requests`` alone."""
    began = time.process_time()
    with requests.Session() as session:
        adapter = HTTPAdapter(pool_connections=64, pool_maxsize=32)
        session.mount("https://", adapter)
        session.mount("http://", adapter)

        def ask(request: requests.PreparedRequest) -> None:
            answer = session.request(
                str(request.method), str(request.url), headers=request.headers, data=request.body
            )
            with contextlib.suppress(ValueError):
                answer.json()

        with ThreadPoolExecutor(workers) as threads:
            list(threads.map(ask, sent))
    return time.process_time() - began


def _floor(calls: Mapping[str, int], latency: float) -> float:
    """Seconds that the busiest service needs when it is kept full."""
    from graders.services.http.limits import LIMITS
    from graders.services.http.read_only import SERVICES

    by_allowance: Counter[str] = Counter()
    for service in SERVICES:
        by_allowance[service.allowance] += calls.get(service.name, 0)
    at_once = {name: limit.at_once for (name, _), limit in LIMITS.items()}
    return max(number * latency / at_once[name] for name, number in by_allowance.items())


def _rows(measured: Measured) -> Sequence[tuple[str, str]]:
    counted, learners = measured.counted, measured.learners
    ratio = measured.cpu / measured.bare_cpu
    return [
        ("loading the SDKs, s", f"{measured.loading:.1f}"),
        ("preparing, s", f"{measured.preparing:.1f}"),
        ("looking, s", f"{measured.looking:.1f}"),
        ("collected in, s", f"{measured.collecting:.1f}"),
        ("  the latency floor, s", f"{measured.floor:.1f}"),
        ("  ratio", f"{measured.collecting / measured.floor:.2f}"),
        ("CPU a request, ms", f"{measured.cpu:.2f}"),
        ("  bare requests, ms", f"{measured.bare_cpu:.2f}"),
        ("  ratio", f"{ratio:.2f}"),
        ("data requests per learner", f"{measured.data_requests():.2f}"),
        ("  without lineage", f"{measured.data_requests(LINEAGE):.2f}"),
        ("  a second night", f"{measured.requests_of_a_second_night:.2f}"),
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


def _figures(measured: Measured) -> Mapping[str, float]:
    return {
        "calls": measured.data_requests(),
        "calls without lineage": measured.data_requests(LINEAGE),
        "calls of a second night": measured.requests_of_a_second_night,
        "wall": measured.collecting,
        "wall floor": measured.floor,
        "cpu": measured.cpu,
        "bare cpu": measured.bare_cpu,
    }


if __name__ == "__main__":
    sys.exit(main())

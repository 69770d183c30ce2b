"""A whole job beside a plain suite: ``python benchmarks/whole_job.py --learners 50 --latency 100``.

Times from the first command to the last report, of

- ``pytest --learners``: all checks, grade book, page and Allure results;
- the plain suite in ``benchmarks/plain``: fourteen checks that make their own SDK calls, one after
  the other, and in eight processes.

Each runs on a simulated tenant of its own, so that none finds what another one warmed up.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import figures  # noqa: E402 (the path comes first)
from benchmarks.cohort import write_cohort  # noqa: E402
from fixtures.simulator.process import SimulatedTenant  # noqa: E402

PLAIN = ROOT / "benchmarks" / "plain"


def main() -> None:
    options = _options()
    many = f"plain -n {options.processes}"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        cohort = write_cohort(place / "class", options.learners)
        one = write_cohort(place / "one", 1)
        _job(one, 0, _ours(one, place / "warm"))  # compiles our modules, as installing them does
        jobs = {
            "ours": _job(cohort, options.latency, _ours(cohort, place / "ours")),
            "plain": _job(cohort, options.latency, _plain(), LEARNERS=str(options.learners)),
            many: _job(
                cohort,
                options.latency,
                _plain("-n", str(options.processes)),
                LEARNERS=str(options.learners),
            ),
        }
    serial, parallel = (jobs[name] / jobs["ours"] for name in ("plain", many))
    figures.show(
        f"{options.learners} learners, {options.latency:g} ms latency",
        [
            ("the whole job, s", f"{jobs['ours']:.1f}"),
            ("the plain suite, s", f"{jobs['plain']:.1f}"),
            ("  times slower", f"{serial:.2f}"),
            (f"the plain suite, -n {options.processes}, s", f"{jobs[many]:.1f}"),
            ("  times slower", f"{parallel:.2f}"),
        ],
    )
    figures.write(options.json, jobs)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A whole job beside a plain suite.")
    parser.add_argument("--learners", type=int, default=50)
    parser.add_argument("--latency", type=float, default=100, metavar="MS")
    parser.add_argument("--processes", type=int, default=8, help="of the parallel plain suite")
    figures.add_option(parser)
    return parser.parse_args()


def _ours(cohort: Path, reports: Path) -> Sequence[str]:
    return ["--learners", str(cohort), "--reports", str(reports), "--fail-on", "never"]


def _plain(*workers: str) -> Sequence[str]:
    """Without our own plugins and settings."""
    return [
        *("-c", os.devnull, "--rootdir", str(PLAIN), "-p", "no:fixtures.plugin.run"),
        *("-p", "no:cacheprovider", "-q", *workers, str(PLAIN)),
    ]


def _job(cohort: Path, latency: float, arguments: Sequence[str], **changes: str) -> float:
    with SimulatedTenant(cohort, cohort.parent / "lab.toml", latency=latency) as tenant:
        environment = figures.environment(**tenant.environment(), COLUMNS="80", **changes)
        return _timed([sys.executable, "-m", "pytest", *arguments], environment)


def _timed(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Seconds until its end."""
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603
        command, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode:
        raise SystemExit((done.stdout + done.stderr)[-4000:])
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

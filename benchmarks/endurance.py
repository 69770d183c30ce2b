"""Whether a large class gets through: ``python benchmarks/endurance.py --learners 10000``.

1. Faults: one learner in a hundred meets one, of every kind in turn; every second fault passes. The
   class is collected in one part and in several, and each time merged and judged.
2. Kills: a class of ``--small`` learners is collected in parts. Whenever a few more learners are
   collected, or none, a random part is killed and resumed, until there were so many ``--kills``.

Prints what was lost (learners without evidence or grade), who was blamed (learners with a failed or
blocked check; everybody here did everything), and who else was not assessed in whole: a fault of
the connection meets whoever connects next, so as many as there were such faults may be. Then how
long it took, memory and open files of the largest part and of the merge, and how many requests the
kills cost, also beyond those that can have been in flight. Memory and files are Linux's own
figures. ``--seed`` makes the random points the same again. ``--learners 0`` leaves out the faults,
and ``--kills 0`` the kills.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import figures  # noqa: E402 (the path comes first)
from benchmarks.cohort import name_of, write_cohort  # noqa: E402
from fixtures.simulator.process import SimulatedTenant  # noqa: E402
from fixtures.simulator.serving.fault_kinds import GRAPHQL, MODEL, can_have  # noqa: E402
from fixtures.simulator.serving.faults import AT_CONNECTION, FAULTS  # noqa: E402
from fixtures.simulator.serving.route_names import QUESTIONS, Question  # noqa: E402

OF_ALL = ("secondary-limit", "token-expires", *GRAPHQL)
"""Faults that one learner cannot have alone."""
KINDS = [fault for fault in FAULTS if fault not in (*OF_ALL, *MODEL)]
ROUTES = ("variable groups", "pipelines", "model versions")
WORKERS = 12
MOST_EACH, SHARED = 21, 40
"""Requests of a learner, and of a start for all learners; at most."""
WAIT = 0.05
FEW, SOON = 4, 2.0
"""A part is killed after at most so many more learners, and within so many seconds of that."""


@dataclass
class Costs:
    """The largest figures of any collecting process; MB, and open files."""

    memory: float = 0
    files: int = 0

    def note(self, process: int) -> None:
        """Look at a process that runs; one that has just ended has no figures."""
        with suppress(OSError, StopIteration, ValueError):
            self.files = max(self.files, len([*Path(f"/proc/{process}/fd").iterdir()]))
            status = Path(f"/proc/{process}/status").read_text().splitlines()
            peak = next(line for line in status if line.startswith("VmHWM"))
            self.memory = max(self.memory, int(peak.split()[1]) / 1024)


@dataclass
class Class:
    """A class on a tenant, and how it is collected."""

    cohort: Path
    tenant: SimulatedTenant
    costs: Costs = field(default_factory=Costs)
    merging: Costs = field(default_factory=Costs)

    def start(self, part: int, parts: int, folder: Path) -> subprocess.Popen[bytes]:
        """Collect a part; what an earlier process collected there is kept."""
        command = (
            *(sys.executable, "-m", "pytest", "--learners", str(self.cohort), "--tenant", "live"),
            *("--shard", f"{part}/{parts}", "--resume", "-q"),
            *("--reports", str(folder / f"part-{part}")),
        )
        return subprocess.Popen(  # noqa: S603
            command,
            cwd=ROOT,
            env={**os.environ, **self.tenant.environment()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def collect(self, parts: int, folder: Path, kills: Sequence[int] = ()) -> int:
        """Collect all parts side by side; one is killed after each of these numbers of learners.

        Returns how many kills there were: none once the class is collected.
        """
        running = {part: self.start(part, parts, folder) for part in range(1, parts + 1)}
        done, left = 0, list(kills)
        due = left.pop(0) if left else math.inf
        while running:
            time.sleep(WAIT)
            for part, process in list(running.items()):
                self.costs.note(process.pid)
                if process.poll() is not None:
                    del running[part]
            collected = sum(1 for _ in folder.glob("part-*/evidence/*.json")) if kills else 0
            if running and collected >= due:
                time.sleep(random.uniform(0, SOON))  # noqa: S311
                part = random.choice(list(running))  # noqa: S311
                running[part].kill()
                running[part].wait()
                done += 1
                running[part] = self.start(part, parts, folder)
                due = collected + left.pop(0) if left else math.inf
        return done

    def graded(self, parts: int, folder: Path) -> list[Mapping[str, str]]:
        """The grade book of the merged parts."""
        folders = [str(folder / f"part-{part}") for part in range(1, parts + 1)]
        out = folder / "results"
        merge = ("merge", *folders, "--reports", str(out), "--fail-on", "never")
        command = [sys.executable, "-m", "reports", *merge]
        with (
            tempfile.TemporaryFile() as said,
            subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said) as process,  # noqa: S603
        ):
            while process.poll() is None:
                time.sleep(WAIT)
                self.merging.note(process.pid)
            if process.returncode:
                said.seek(0)
                raise SystemExit(said.read().decode())
        with (out / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
            return [{**row, "graded_at": ""} for row in csv.DictReader(file)]


def main() -> int:
    """Measure once and print; the exit status is 1 if anything is not as it must be."""
    options = _options()
    random.seed(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        wrong = _with_faults(options, Path(folder)) if options.learners else 0
        wrong += _with_kills(options, Path(folder)) if options.kills else 0
    return 1 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Whether a large class gets through.")
    parser.add_argument("--learners", type=int, default=10_000)
    parser.add_argument("--parts", type=int, nargs="+", default=[1, 16], help="one after the other")
    parser.add_argument("--small-parts", type=int, default=4, help="of the class that is killed")
    parser.add_argument("--small", type=int, default=60, metavar="LEARNERS")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=17)
    return parser.parse_args()


# --- faults ---------------------------------------------------------------------------------------


def _with_faults(options: argparse.Namespace, folder: Path) -> int:
    cohort = write_cohort(folder / "large", options.learners)
    plan, struck = folder / "plan.toml", _struck(options.learners)
    plan.write_text(_plan(struck), encoding="utf-8")
    lost = blamed = met = beyond = 0
    seconds = []
    costs, merging = Costs(), Costs()
    with SimulatedTenant(cohort, cohort.with_name("lab.toml"), faults=[plan]) as tenant:
        for parts in options.parts:
            ran = folder / f"large-{parts}"
            whole = Class(cohort, tenant, costs, merging)
            began = time.monotonic()
            whole.collect(parts, ran)
            seconds.append((f"collected in {parts} parts, s", time.monotonic() - began))
            began = time.monotonic()
            rows = whole.graded(parts, ran)
            seconds.append(("  merged and judged, s", time.monotonic() - began))
            lost += options.learners - len(rows)
            blamed += _blamed(ran / "results")
            others = sum(row["total"] != "100" for row in rows if row["learner"] not in struck)
            met += others
            beyond += max(0, others - sum(fault in AT_CONNECTION for fault in struck.values()))
    rows_shown = [
        ("learners with a fault", str(len(struck))),
        ("learners lost", str(lost)),
        ("learners blamed", str(blamed)),
        ("others not assessed in whole", str(met)),
        ("  more than faults of connections", str(beyond)),
        *((name, f"{taken:.0f}") for name, taken in seconds),
        ("peak memory, MB", f"{costs.memory:.0f}"),
        ("  of merging", f"{merging.memory:.0f}"),
        ("open files", str(costs.files)),
        ("  of merging", str(merging.files)),
    ]
    numbers = " and ".join(map(str, options.parts))
    figures.show(f"{options.learners} learners, {numbers} parts", rows_shown)
    return lost + blamed + beyond


def _struck(learners: int) -> Mapping[str, str]:
    """Learner -> the fault that they meet; at least one does."""
    numbers = range(1, learners + 1, 100)
    return {name_of(number): KINDS[place % len(KINDS)] for place, number in enumerate(numbers)}


def _plan(struck: Mapping[str, str]) -> str:
    """Every second fault happens once, and so do all that break connections of others, too."""
    entries = []
    for place, (learner, fault) in enumerate(struck.items()):
        question = _question(fault)
        entries += [f"[{fault}_{place}]", f'service = "{question.service}"']
        entries += [f'route = "{question.name}"', f'fault = "{fault}"', f'learners = ["{learner}"]']
        if place % 2 or fault in AT_CONNECTION:
            entries.append("calls = [1]")
    return "\n".join([*entries, ""])


def _question(fault: str) -> Question:
    named = {question.name: question for question in QUESTIONS}
    return next(named[name] for name in ROUTES if can_have(named[name], fault))


def _blamed(results: Path) -> int:
    """Learners with a check that did not pass for another reason than the fault."""
    verdicts = json.loads((results / "gradebook.json").read_text("utf-8"))["verdicts"]
    return len({v["learner"] for v in verdicts if v["outcome"] in ("failed", "blocked")})


# --- kills ----------------------------------------------------------------------------------------


def _with_kills(options: argparse.Namespace, folder: Path) -> int:
    cohort = write_cohort(folder / "small", options.small)
    with SimulatedTenant(cohort, cohort.with_name("lab.toml")) as tenant:
        small = Class(cohort, tenant)
        small.collect(options.small_parts, folder / "reference")
        expected = small.graded(options.small_parts, folder / "reference")
        needed = tenant.requests()["requests"]
        kills = rounds = differing = beyond = again = 0
        while kills < options.kills:
            rounds += 1
            before = tenant.requests()["requests"]
            after = [random.randint(0, FEW) for _ in range(options.kills - kills)]  # noqa: S311
            done = small.collect(options.small_parts, folder / f"round-{rounds}", after)
            kills += done
            spent = tenant.requests()["requests"] - before
            in_flight = done * (WORKERS * MOST_EACH + SHARED)
            again += max(0, spent - needed)
            beyond += max(0, spent - needed - in_flight)
            differing += small.graded(options.small_parts, folder / f"round-{rounds}") != expected
    rows = [
        ("kills", str(kills)),
        ("grade books", str(rounds)),
        ("  that differ", str(differing)),
        ("requests again, each kill", f"{again / kills:.1f}"),
        ("  beyond those in flight", str(beyond)),
    ]
    figures.show(f"{options.small} learners, killed in {options.small_parts} parts", rows)
    return differing + beyond


if __name__ == "__main__":
    sys.exit(main())

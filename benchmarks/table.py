"""The goals of this project beside what was measured: ``python benchmarks/table.py``.

Runs the benchmarks that the goals need, each in a process of its own, prints the table and writes
``benchmarks/results.json``, from which ``make docs`` takes the table in README. Nothing else should
run on the machine. ``--quick`` uses small classes: its figures say whether something broke, not how
good it is, and are written only where ``--json`` says.

``--against FILE`` compares with an earlier results file, and fails where a figure is more than 15 %
worse. Figures of other sizes are not compared. ``--commit NAME`` measures another commit beside
this working tree instead, in turn and ``--times`` times, and compares the medians: so it holds on
any machine, also on a busy one.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results.json"
WORSE = 1.15
SIZES: Mapping[str, tuple[str, str]] = {
    "whole_job.py": ("--learners 50 --latency 100", "--learners 3 --latency 10"),
    "collect.py": ("--learners 200 --latency 200", "--learners 10 --latency 20"),
    "judging.py": (
        "--learners 100 --whole 1000 --stored 1000 --many 10000",
        "--learners 5 --whole 5 --stored 20 --many 40 --times 1",
    ),
    "learner.py": ("--latency 100", "--latency 10"),
}
"""Benchmark -> its options, and those of ``--quick``.

Whole jobs come first: ext4 does not soon use the inodes of deleted files again, and looks through
all of them for each new file, so that whoever writes after another benchmark's clean-up is slow.
"""

Figures = Mapping[str, Mapping[str, float]]
"""Benchmark -> name of a figure -> figure."""


@dataclass(frozen=True)
class Goal:
    """One row: a figure of a benchmark, divided by another one where ``by`` names it."""

    name: str
    benchmark: str
    figure: str
    limit: float
    by: str = ""
    at_least: bool = False

    def measured(self, figures: Figures) -> float:
        own = figures[self.benchmark]
        return own[self.figure] / (own[self.by] if self.by else 1)

    def is_met(self, figures: Figures) -> bool:
        value = self.measured(figures)
        return value >= self.limit if self.at_least else value <= self.limit

    def worse_by(self, figures: Figures, earlier: Figures) -> float:
        """How many times worse than before; 1 is as good."""
        now, before = self.measured(figures), self.measured(earlier)
        return before / now if self.at_least else now / before


GOALS = (
    Goal("data requests a learner", "collect.py", "calls", 18),
    Goal("  without ownership and lineage", "collect.py", "calls without lineage", 12),
    Goal("  a second night, nothing changed", "collect.py", "calls of a second night", 9),
    Goal("collection against its latency floor", "collect.py", "wall", 1.15, by="wall floor"),
    Goal("CPU a request against bare requests", "collect.py", "cpu", 1.6, by="bare cpu"),
    Goal("a verdict against a trivial test", "judging.py", "without, ratio", 1.3),
    Goal("  with Allure and JUnit", "judging.py", "with Allure and JUnit, ratio", 1.2),
    Goal("1,000 stored learners judged, CPU s", "judging.py", "stored, s", 15),
    Goal("  peak memory, MB", "judging.py", "stored, MB", 200),
    Goal("10,000 stored learners judged, CPU s", "judging.py", "many, s", 150),
    Goal("  peak memory, MB", "judging.py", "many, MB", 500),
    Goal("1,000 with Allure: CPU against trivial tests", "judging.py", "whole, CPU ratio", 1.2),
    Goal("  memory against trivial tests", "judging.py", "whole, MB ratio", 1.2),
    Goal("times faster than a plain suite", "whole_job.py", "plain", 4, by="ours", at_least=True),
    Goal("  that runs with -n 8", "whole_job.py", "plain -n 8", 2, by="ours", at_least=True),
    Goal("a learner's own check: first task, s", "learner.py", "first task", 2),
    Goal("  all of it, s", "learner.py", "all done", 6),
)


def main() -> int:
    options = _options()
    earlier, measured = _both(options) if options.commit else ({}, _all(options.quick))
    print(table(measured, options.quick))
    if options.quick:
        print("\nSmall classes: this says whether something broke, not how fast it is.")
    file = options.json or (None if options.quick else RESULTS)
    if file:
        file.write_text(json.dumps(_results(measured, options.quick), indent=1) + "\n", "utf-8")
    if options.against:
        earlier = _read(options.against, options.quick)
    return _compared(measured, earlier) if earlier else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The goals beside what was measured.")
    parser.add_argument("--quick", action="store_true", help="small classes, two minutes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the results go")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--against", type=Path, metavar="FILE", help="fail past 15 %% worse")
    other.add_argument("--commit", metavar="NAME", help="measure it, too; fail past 15 %% worse")
    parser.add_argument("--times", type=int, default=3, help="with --commit, measure so often")
    return parser.parse_args()


def _both(options: argparse.Namespace) -> tuple[Figures, Figures]:
    """The figures of another commit, and of this working tree."""
    with _checked_out(options.commit) as other:
        rounds = [(_all(options.quick, other), _all(options.quick)) for _ in range(options.times)]
    before, now = zip(*rounds, strict=True)
    return _medians(before), _medians(now)


@contextmanager
def _checked_out(commit: str) -> Iterator[Path]:
    """A folder with the files of a commit; it uses the packages of this environment."""
    git = ("git", "-C", str(ROOT), "worktree")
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder, "commit")
        done = subprocess.run(  # noqa: S603
            [*git, "add", "--quiet", "--detach", there, commit], capture_output=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"--commit {commit}: {done.stderr.decode().strip()}")
        try:
            yield there
        finally:
            subprocess.run([*git, "remove", "--force", there], check=False)  # noqa: S603


def _medians(rounds: Sequence[Figures]) -> Figures:
    return {
        name: {figure: median(each[name][figure] for each in rounds) for figure in own}
        for name, own in rounds[0].items()
    }


def _all(quick: bool, root: Path | None = None) -> Figures:
    return {name: _measured(name, sizes[quick], root or ROOT) for name, sizes in SIZES.items()}


def _measured(benchmark: str, options: str, root: Path) -> Mapping[str, float]:
    print(f"python benchmarks/{benchmark} {options}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        command = [
            sys.executable,
            root / "benchmarks" / benchmark,
            *options.split(),
            "--json",
            file,
        ]
        done = subprocess.run(  # noqa: S603
            command,
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
        figures: Mapping[str, float] = json.loads(file.read_text(encoding="utf-8"))
        return figures


def _results(measured: Figures, quick: bool) -> Mapping[str, object]:
    cores = os.cpu_count()
    machine = f"{cores} cores, Python {platform.python_version()}, {platform.system()}"
    return {"machine": machine, "quick": quick, "figures": measured}


def table(measured: Figures, quick: bool = False) -> str:
    """The goals as a table in Markdown."""
    rows = [_row(goal, measured, quick) for goal in GOALS]
    head = ("| | goal | measured | | command |", "|---|--:|--:|---|---|")
    return "\n".join((*head, *rows))


def _row(goal: Goal, measured: Figures, quick: bool) -> str:
    limit = f"{'≥' if goal.at_least else '≤'} {goal.limit:g}"
    command = f"`python benchmarks/{goal.benchmark} {SIZES[goal.benchmark][quick]}`"
    mark = "–" if quick else "met" if goal.is_met(measured) else "not met"
    name = goal.name.replace("  ", "… ")
    return f"| {name} | {limit} | {goal.measured(measured):.2f} | {mark} | {command} |"


def stored() -> str:
    """The table of the results file, and the machine it was measured on."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    return f"{table(results['figures'])}\n\nMeasured on {results['machine']}."


def _read(file: Path, quick: bool) -> Figures:
    earlier = json.loads(file.read_text(encoding="utf-8"))
    if earlier["quick"] != quick:
        raise SystemExit(f"{file} has figures of other sizes; measure it the same way.")
    figures: Figures = earlier["figures"]
    return figures


def _compared(measured: Figures, earlier: Figures) -> int:
    worse = _worse(measured, earlier)
    print("\n".join(worse) or "No figure is more than 15 % worse.")
    return 1 if worse else 0


def _worse(measured: Figures, earlier: Figures) -> Sequence[str]:
    times = {goal.name.strip(): goal.worse_by(measured, earlier) for goal in GOALS}
    return [f"{name}: {factor:.2f} times worse" for name, factor in times.items() if factor > WORSE]


if __name__ == "__main__":
    sys.exit(main())

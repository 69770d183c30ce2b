"""What classes of any size take, as a table: ``python -m tests.support.machines RESULTS``.

Calls and times are those of ``python -m graders plan``; sizes are those of a results folder, by
default of the last run.
"""

from __future__ import annotations

import sys
from functools import cache
from math import ceil
from pathlib import Path

from graders.commands.plan import LIMITS, plan_for
from graders.inputs.lab_file import LabFile
from graders.lab import Learner
from reports.versions import NAME as VERSIONS

SIZES = (50, 500, 2_000, 10_000, 100_000)
_SAMPLE = 1_000
_HOUR = 3600
_MB = 1_000_000
_HEADING = (
    *("learners", "calls", "with one sign-in"),
    *("sign-ins for six hours", "sign-ins for one hour", "evidence", "all results"),
)


def table(results: Path) -> str:
    """The table in Markdown; ``results`` is the reports folder of any run."""
    rows = [_HEADING, ("---:",) * len(_HEADING)]
    rows += [_row(learners, results) for learners in SIZES]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(learners: int, results: Path) -> tuple[str, ...]:
    calls, seconds = _needs(learners)
    time = f"{seconds / 60:,.0f} min" if seconds < 2 * _HOUR else f"{seconds / _HOUR:,.1f} h"
    sign_ins = (str(max(1, ceil(seconds / (hours * _HOUR)))) for hours in (6, 1))
    sizes = (f"{learners * each / _MB:,.0f} MB" for each in _bytes_each(results))
    return (f"{learners:,}", f"{calls:,}", time, *sign_ins, *sizes)


@cache
def _needs(learners: int) -> tuple[int, float]:
    """Calls, and seconds by one sign-in: what the slowest service takes at its limit."""
    sample = min(learners, _SAMPLE)
    labs = [LabFile().for_learner(Learner(f"user{n}", n)) for n in range(1, sample + 1)]
    calls = {service: n * learners // sample for service, n in plan_for(labs, None).calls.items()}
    times = (limit.seconds(calls.get(service, 0)) for service, limit in LIMITS.items())
    return sum(calls.values()), max(times)


def _bytes_each(results: Path) -> tuple[float, float]:
    """Bytes a learner, roughly: of evidence, and of everything."""
    evidence = [file.stat().st_size for file in (results / "evidence").glob("*.json")]
    names = ("evidence", "feedback", "gradebook.json", "gradebook.csv", "index.html", VERSIONS)
    files = [file for name in names for file in _files(results / name)]
    everything = sum(file.stat().st_size for file in files)
    return round(sum(evidence) / len(evidence), -4), round(everything / len(evidence), -4)


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]


if __name__ == "__main__":
    print(table(Path(sys.argv[1] if len(sys.argv) > 1 else "reports/out")))

"""Count the branches of ``graders`` that our tests take: ``python -m tests.support.branches``.

Reads what ``make test`` measured in the tests' own processes. The graded runs that they start and
the files in ``UNTRACED`` are not measured, which would slow them too much: the figure is a lower
bound.
Coverage's usual percentage mixes lines and branches; here branches are counted apart.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import coverage

FLOOR = 95.0


def main() -> int:
    """Print the branches that no test takes, and the share taken; 1 when it is below the floor."""
    measured = coverage.Coverage()
    measured.load()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "coverage.json"
        measured.json_report(outfile=str(file))
        report = json.loads(file.read_text(encoding="utf-8"))
    for name, module in report["files"].items():
        for line, to in module["missing_branches"]:
            print(f"not taken: {name}:{line} to {f'line {to}' if to > 0 else 'the end'}")
    taken, branches = (report["totals"][key] for key in ("covered_branches", "num_branches"))
    share = 100 * taken / branches
    print(f"{taken} of {branches} branches of graders taken: {share:.1f} % (floor {FLOOR:.0f} %)")
    return 0 if share >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())

"""What judging costs: a verdict through pytest beside a trivial test, and a class without pytest.

``python benchmarks/judging.py --learners 100 --stored 1000``: collects one model answer, repeats
its evidence for so many learners, and judges them

- through pytest, with Allure results and JUnit and without: CPU for each verdict, beside a trivial
  parametrised test of the same number of items under the same options;
- with ``python -m graders judge``: CPU and peak memory of the whole process.

POSIX only: CPU and memory of a process are the operating system's own figures.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fixtures.grading import whole_rubric  # noqa: E402
from graders import snapshot  # noqa: E402 (the path comes first)
from graders.lab_file import read_class  # noqa: E402

LAB = ROOT / "fixtures" / "cohorts" / "lab.toml"
CHECKS = len(whole_rubric())
TRIVIAL = """
import pytest

@pytest.mark.parametrize("number", range({items}))
def test_trivial(number):
    assert number >= 0
"""
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
"""Modules are compiled once, as on anybody's own machine."""
QUIET = ("-q", "-p", "no:cacheprovider", "--tb=no", "-o", "addopts=")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=100, help="judged through pytest")
    parser.add_argument("--stored", type=int, default=1000, help="judged without it")
    parser.add_argument("--times", type=int, default=3, help="runs of each; the median counts")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        right = _collected(place)
        through = _class(place / "some", given.learners, right)
        print(f"verdicts through pytest          {given.learners * CHECKS:>8}")
        for name, plain in (("with Allure and JUnit", False), ("without", True)):
            ours, trivial = _through_pytest(place, through, given.learners, plain, given.times)
            print(f"{name}, ms each{'':<{32 - len(name) - 9}} {ours:>8.2f}")
            print(f"  a trivial test, ms{'':<13} {trivial:>8.2f}")
            print(f"  ratio{'':<26} {ours / trivial:>8.2f}")
        stored = _class(place / "many", given.stored, right)
        seconds, megabytes = _without_pytest(place, stored)
    print(f"learners without pytest          {given.stored:>8}")
    print(f"judged and written in, CPU s     {seconds:>8.1f}")
    print(f"peak memory, MB                  {megabytes:>8.0f}")


def _collected(place: Path) -> Path:
    """The evidence of one model answer, and the file it stands in."""
    cohort = place / "one" / "class.csv"
    cohort.parent.mkdir()
    cohort.write_text("learner,number\nl1,1\n", encoding="utf-8")
    out = place / "one" / "out"
    arguments = ("--learners", cohort, "--lab", LAB, "--tenant", "simulated", "--reports", out)
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", "-q", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout.decode()[-2000:])
    return out / "evidence"


def _class(place: Path, learners: int, right: Path) -> Path:
    """A class of that many learners whose evidence is the same; returns the cohort file."""
    place.mkdir()
    cohort = place / "class.csv"
    rows = [f"l{number},{number}" for number in range(1, learners + 1)]
    cohort.write_text("\n".join(["learner,number", *rows, ""]), encoding="utf-8")
    (place / "lab.toml").write_text(LAB.read_text(encoding="utf-8"), encoding="utf-8")
    found = snapshot.read(right, "l1")
    if found is None:
        raise SystemExit("there is no evidence of the model answer")
    everyone, lab_file = read_class(cohort, place / "lab.toml")
    for one in everyone:
        # of the first learner's lab: whose own the work is, and that it is shared, costs the same
        own = replace(found, learner=one.id, place=lab_file.for_learner(one).place)
        snapshot.write(place / "evidence", own)
    (place / "evidence" / snapshot.TENANT_NOTE).write_text("simulated\n", encoding="utf-8")
    return cohort


def _through_pytest(
    place: Path, cohort: Path, learners: int, plain: bool, times: int
) -> tuple[float, float]:
    """CPU milliseconds of one verdict, and of one trivial test."""
    items = learners * CHECKS
    more = ("-p", "no:allure_pytest") if plain else (f"--junitxml={place / 'junit.xml'}",)
    file = place / "test_trivial.py"
    file.write_text(TRIVIAL.format(items=items), encoding="utf-8")
    allure = () if plain else (f"--alluredir={place / 'trivial-allure'}",)
    evidence = ("--evidence", cohort.parent / "evidence", "--reports", place / "out")
    ours = (*QUIET[:4], "--learners", cohort, *evidence, "--fail-on", "never", *more)
    trivial = (*QUIET, "-c", os.devnull, "--rootdir", place, file, *allure, *more)
    return tuple(  # type: ignore[return-value]
        statistics.median(_cpu(command, where) for _ in range(times)) * 1000 / items
        for command, where in ((ours, ROOT), (trivial, place))
    )


def _cpu(arguments: Sequence[object], where: Path) -> float:
    return _process(["-m", "pytest", *map(str, arguments)], where)[0]


def _without_pytest(place: Path, cohort: Path) -> tuple[float, float]:
    evidence = ("--evidence", cohort.parent / "evidence", "--reports", place / "judged")
    arguments = ("judge", "--learners", cohort, *evidence, "--fail-on", "never")
    return _process(["-m", "graders", *map(str, arguments)], ROOT)


def _process(arguments: Sequence[str], where: Path) -> tuple[float, float]:
    """CPU seconds and peak megabytes of one process of its own."""
    report = "import resource, sys; r = resource.getrusage(resource.RUSAGE_CHILDREN);"
    report += "print(r.ru_utime + r.ru_stime, r.ru_maxrss, file=sys.stderr);"
    run = f"import subprocess; s = subprocess.run({[sys.executable, *arguments]!r}).returncode;"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", f"{run} {report} sys.exit(s)"],
        cwd=where,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
    seconds, kilobytes = done.stderr.split()[-2:]
    return float(seconds), float(kilobytes) / (1024 if sys.platform != "darwin" else 1024**2)


if __name__ == "__main__":
    resource.getrusage(resource.RUSAGE_SELF)  # where there is none, it ends here
    main()

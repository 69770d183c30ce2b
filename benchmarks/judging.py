"""What judging costs: a verdict through pytest beside a trivial test, and a class without pytest.

``python benchmarks/judging.py --learners 100 --stored 1000`` judges stored evidence

- through pytest, with Allure results and JUnit and without: CPU for each verdict, start-up and all
  reports included, beside a trivial test;
- through pytest with Allure results, a whole class at once: CPU and peak memory, beside as many
  trivial tests with the stock allure-pytest (``--whole 0`` leaves it out);
- with ``python -m graders judge``: CPU and peak memory of the whole process, for a class and for
  one of ten times as many: do both grow in a straight line? (``--many 0`` leaves it out.)

Through pytest each learner's work is a model answer of their own, collected from the simulated
tenant, so that a verdict passes as the trivial test does. With ``--copied``, and without pytest,
all have the first learner's work: a fifth of the verdicts fail or are blocked, and name the owner.

The trivial test is one function of one assertion that passes, parametrised with as many numbers as
there are verdicts, in one module, without markers; under the same options and plugins, except our
own. Ours are 72 functions of seven modules, judged learner by learner. Both take turns, and of each
the cheapest run counts, because other load on the machine only adds to it. CPU is that of all
processes, and every run writes into a new folder.

POSIX only: CPU and memory of a process are the operating system's own figures.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import figures  # noqa: E402 (the path comes first)
from benchmarks.cohort import name_of, write_cohort  # noqa: E402
from fixtures.plugin.grading import whole_rubric  # noqa: E402
from graders import snapshot  # noqa: E402
from graders.inputs.lab_file import read_class  # noqa: E402

CHECKS = len(whole_rubric())
TRIVIAL = """
import pytest

@pytest.mark.parametrize("number", range({items}))
def test_trivial(number):
    assert number >= 0
"""
"""Modules are compiled once, as on any developer's machine."""
QUIET = ("-q", "-p", "no:cacheprovider", "--tb=no", "--strict-markers", "--import-mode=importlib")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=100, help="judged through pytest")
    parser.add_argument("--whole", type=int, default=1000, help="a class with Allure at once")
    parser.add_argument("--stored", type=int, default=1000, help="judged without pytest")
    parser.add_argument("--many", type=int, default=10_000, help="the same for a larger class")
    parser.add_argument("--times", type=int, default=3, help="runs of each; the cheapest counts")
    parser.add_argument("--copied", action="store_true", help="all hand in one learner's work")
    figures.add_option(parser)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        through = _collected(place / "own", 1 if given.copied else given.learners)
        right = through.parent / "evidence"
        if given.copied:
            through = _class(place / "some", given.learners, right)
        print(f"verdicts through pytest          {given.learners * CHECKS:>8}")
        costs = _through_pytest(place, through, given.learners, given.times)
        for name, (ours, trivial) in costs.items():
            print(f"{name}, ms each{'':<{32 - len(name) - 9}} {ours:>8.2f}")
            print(f"  a trivial test, ms{'':<13} {trivial:>8.2f}")
            print(f"  ratio{'':<26} {ours / trivial:>8.2f}")
        measured = {f"{name}, ratio": ours / trivial for name, (ours, trivial) in costs.items()}
        if given.whole:
            measured |= _whole_class(
                place, _class(place / "whole", given.whole, right), given.whole
            )
        for name, learners in (("stored", given.stored), ("many", given.many)):
            if learners:
                measured |= _without_pytest(place, name, _class(place / name, learners, right))
    figures.write(given.json, measured)


def _collected(place: Path, learners: int) -> Path:
    """A class of model answers, their evidence beside it; returns the cohort file."""
    cohort = write_cohort(place, learners)
    arguments = ("--learners", cohort, "--tenant", "simulated", "--reports", place)
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", "-q", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout.decode()[-2000:])
    return cohort


def _class(place: Path, learners: int, right: Path) -> Path:
    """A class of that many learners whose evidence is the same; returns the cohort file."""
    cohort = write_cohort(place, learners)
    evidence = snapshot.read(right, name_of(1))
    if evidence is None:
        raise SystemExit("there is no evidence of the model answer")
    everyone, lab_file = read_class(cohort, place / "lab.toml")
    for learner in everyone:
        own = replace(evidence, learner=learner.id, place=lab_file.for_learner(learner).place)
        snapshot.write(place / "evidence", own)
    (place / "evidence" / snapshot.TENANT_NOTE).write_text("simulated\n", encoding="utf-8")
    return cohort


def _through_pytest(
    place: Path, cohort: Path, learners: int, times: int
) -> Mapping[str, tuple[float, ...]]:
    """Kind of reporting -> CPU milliseconds of one verdict, and of one trivial test."""
    items = learners * CHECKS
    (place / "test_trivial.py").write_text(TRIVIAL.format(items=items), encoding="utf-8")
    costs: dict[str, list[tuple[float, float]]] = {"with Allure and JUnit": [], "without": []}
    for turn in range(times):
        for name, runs in costs.items():
            both = _one_of_each(cohort, place / f"{name} {turn}", name == "without")
            runs.append((both[0][0], both[1][0]))
    return {
        name: tuple(min(seconds) * 1000 / items for seconds in zip(*runs, strict=True))
        for name, runs in costs.items()
    }


def _whole_class(place: Path, cohort: Path, learners: int) -> Mapping[str, float]:
    """What a class takes, divided by what as many trivial tests take."""
    items = learners * CHECKS
    (place / "test_trivial.py").write_text(TRIVIAL.format(items=items), encoding="utf-8")
    (cpu, memory), (trivial_cpu, trivial_memory) = _one_of_each(cohort, place / "at once", False)
    print(f"verdicts with Allure at once     {items:>8}")
    print(f"CPU s                            {cpu:>8.1f}")
    print(f"  as many trivial tests, s       {trivial_cpu:>8.1f}")
    print(f"  ratio                          {cpu / trivial_cpu:>8.2f}")
    print(f"peak memory, MB                  {memory:>8.0f}")
    print(f"  as many trivial tests, MB      {trivial_memory:>8.0f}")
    print(f"  ratio                          {memory / trivial_memory:>8.2f}")
    return {"whole, CPU ratio": cpu / trivial_cpu, "whole, MB ratio": memory / trivial_memory}


def _one_of_each(
    cohort: Path, out: Path, plain: bool
) -> tuple[tuple[float, float], tuple[float, float]]:
    """CPU seconds and peak MB of a grading run and of a trivial one, reported in the same way."""
    evidence = ("--evidence", cohort.parent / "evidence", "--fail-on", "never")
    ours = ("--learners", cohort, *evidence, "--reports", out / "ours")
    trivial = ("-c", os.devnull, "--rootdir", out.parent, "-p", "no:fixtures.plugin.run")
    allure = () if plain else (f"--alluredir={out / 'trivial'}",)
    how = ("-p", "no:allure_pytest") if plain else (f"--junitxml={out / 'junit.xml'}",)
    return (
        _pytest((*ours, *how), ROOT),
        _pytest((*trivial, *allure, *how, "test_trivial.py"), out.parent),
    )


def _pytest(arguments: Sequence[object], where: Path) -> tuple[float, float]:
    return _process(["-m", "pytest", *QUIET, *map(str, arguments)], where)


def _without_pytest(place: Path, name: str, cohort: Path) -> Mapping[str, float]:
    evidence = ("--evidence", cohort.parent / "evidence", "--reports", place / f"{name} judged")
    arguments = ("judge", "--learners", cohort, *evidence, "--fail-on", "never")
    seconds, megabytes = _process(["-m", "graders", *map(str, arguments)], ROOT)
    learners = len(cohort.read_text(encoding="utf-8").splitlines()) - 1
    print(f"learners without pytest          {learners:>8}")
    print(f"judged and written in, CPU s     {seconds:>8.1f}")
    print(f"peak memory, MB                  {megabytes:>8.0f}")
    return {f"{name}, s": seconds, f"{name}, MB": megabytes}


def _process(arguments: Sequence[str], where: Path) -> tuple[float, float]:
    """CPU seconds and peak megabytes of one process of its own."""
    report = "import resource, sys; r = resource.getrusage(resource.RUSAGE_CHILDREN);"
    report += "print(r.ru_utime + r.ru_stime, r.ru_maxrss, file=sys.stderr);"
    run = f"import subprocess; s = subprocess.run({[sys.executable, *arguments]!r}).returncode;"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", f"{run} {report} sys.exit(s)"],
        cwd=where,
        env=figures.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
    seconds, kilobytes = done.stderr.split()[-2:]
    return float(seconds), float(kilobytes) / (1024 if sys.platform != "darwin" else 1024**2)


if __name__ == "__main__":
    resource.getrusage(resource.RUSAGE_SELF)  # without it, the program ends here
    main()

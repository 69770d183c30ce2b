"""Every benchmark runs, small, and prints the figures that it promises; how fast is not asked."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks import table
from fixtures.plugin.grading import whole_rubric
from reports.allure import tool
from reports.files import NotWritten
from tests.support import chromium, grading_process
from tests.support.graded_project import GradedProject
from tests.support.paths import PROJECT

CHECKS = len(whole_rubric())
SHARED = ("cohort.py", "figures.py")
FILES = sorted(f for f in (PROJECT / "benchmarks").glob("*.py") if f.name not in SHARED)
BY_HAND = {"endurance.py"}
"""Take hours at their usual size."""
SMALL = {
    "allure_report.py": ("--learners", "2", "--builds", "1"),
    "collect.py": ("--learners", "2", "--latency", "1"),
    "compare.py": ("--learners", "3", "--graded", "1", "--times", "2"),
    "endurance.py": (
        *("--learners", "2", "--parts", "1"),
        *("--small", "2", "--small-parts", "1", "--kills", "1"),
    ),
    "forecast.py": ("--learners", "2"),
    "governor.py": ("--learners", "2", "--latency", "1"),
    "hostile_class.py": ("--honest", "2"),
    "judging.py": (
        *("--learners", "2", "--whole", "2", "--stored", "3"),
        *("--many", "4", "--times", "1"),
    ),
    "learner.py": ("--latency", "1"),
    "nightly.py": ("--learners", "4", "--nights", "20", "--deletions", "0.3"),
    "page.py": ("--learners", "2", "3"),
    "tenant.py": ("--learners", "12", "--starts", "1"),
    "whole_job.py": ("--learners", "1", "--latency", "1", "--processes", "2"),
}
"""The smallest sizes that still do all that the benchmark does; a new benchmark needs some too."""

OPENED = """
    suites by learner shown after, s #
    a learner opened in, s #
    a check opened in, s #
    a learner opened in, s (median of 2) #
    the page to mail shown after, s #
    a learner of it opened in, s #
"""
NOT_OPENED = "nothing was opened: there is no browser"
BUILT = """
    results {results}
    built, s: the first #
    MB of the folder #
    MB of the history #
    MB of the page to mail #
"""
AGAIN = "built, s: with a history of the others #"
PRINTED = {
    "collect.py": """
        2 learners, 1 ms latency
        loading the SDKs, s #
        preparing, s #
        looking, s #
        collected in, s #
        the latency floor, s #
        ratio #
        CPU a request, ms #
        bare requests, ms #
        ratio #
        data requests per learner #
        without lineage #
        a second night #
        requests #
        requests per learner #
        api.azureml.ms #
        api.github.com #
        dev.azure.com #
        login.microsoftonline.com #
        management.azure.com #
        scoring #
        writes tried 0
        unknown routes 0
        hosts refused 0
        learners not seen whole 0
    """,
    "compare.py": """
        learners 3
        compared in, s (median of 2) #
    """,
    "endurance.py": f"""
        2 learners, 1 parts
        learners with a fault 1
        learners lost 0
        learners blamed 0
        others not assessed in whole 0
        more than faults of connections 0
        collected in 1 parts, s #
        merged and judged, s #
        peak memory, MB {"#" if sys.platform == "linux" else "0"}
        of merging {"#" if sys.platform == "linux" else "0"}
        open files {"#" if sys.platform == "linux" else "0"}
        of merging {"#" if sys.platform == "linux" else "0"}
        2 learners, killed in 1 parts
        kills 1
        grade books #
        that differ 0
        requests again, each kill #
        beyond those in flight 0
    """,
    "forecast.py": """
        data requests of a learner, 2 learners
        -m task2 # #
        -m task3 # #
        -m task4 # #
        -m task5 # #
        -m task6 # #
        -m task7 # #
        all tasks # #
    """,
    "governor.py": """
        2 learners, 1 ms latency
        collected in, s #
        the best schedule, s #
        ratio #
        at this machine's pace, s #
        ratio #
        CPU of the grader, s #
        refused 0
        slowed down 0
        learners not seen whole 0
        idle, full, paced, % a call, ms
        Azure DevOps # # # #
        Azure ML # # # #
        Azure Resource Manager # # # #
        Entra ID # # # #
        GitHub # # # #
        the endpoint # # # #
        without the governor, s #
        refused #
        slowed down #
        learners not seen whole #
    """,
    "hostile_class.py": """
        13 hostile learners, 3 honest
        collected in, s #
        judged and written in, s #
        honest with all points 3
        largest result, MB #
        terminal, KB #
    """,
    "judging.py": """
        verdicts through pytest CHECKS
        with Allure and JUnit, ms each #
        a trivial test, ms #
        ratio #
        without, ms each #
        a trivial test, ms #
        ratio #
        verdicts with Allure at once CHECKS
        CPU s #
        as many trivial tests, s #
        ratio #
        peak memory, MB #
        as many trivial tests, MB #
        ratio #
        learners without pytest 3
        judged and written in, CPU s #
        peak memory, MB #
        learners without pytest 4
        judged and written in, CPU s #
        peak memory, MB #
    """,
    "learner.py": """
        a learner's own check, 1 ms latency
        first line, s #
        first task, s #
        all done, s #
        refused once, s #
        all done, s #
        requests, refused ones too #
        task 2 alone, s #
    """,
    "nightly.py": """
        learners x nights 4 x 20
        looked at again #
        wrongful downgrades 0
        had one look made the mark #
        deletions found # on night 2
        found later, or not at all 0
        store, MB #
        taken, s #
    """,
    "whole_job.py": """
        1 learners, 1 ms latency
        the whole job, s #
        the plain suite, s #
        times slower #
        the plain suite, -n 2, s #
        times slower #
    """,
    "tenant.py": f"""
        learners 12
        ready after, s (median of 1) #
        every learner asked for in, s #
        peak memory of the tenant, MB {"#" if sys.platform == "linux" else "unknown"}
    """,
}
"""All lines; ``#`` stands for a number. Those that depend on the machine are made below."""


@pytest.fixture(scope="module")
def ended() -> Iterator[Mapping[str, Future[subprocess.CompletedProcess[str]]]]:
    """How every benchmark ended: two at a time, because half of their time they wait."""
    with ThreadPoolExecutor(2) as two:
        yield {
            file.name: two.submit(run, file.name, *SMALL[file.name])
            for file in FILES
            if file.name in SMALL
        }


def run(name: str, *options: object, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, PROJECT / "benchmarks" / name, *map(str, options)],
        cwd=PROJECT,
        env=grading_process.environment({"PYTHONUTF8": "1", **changes}),
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )


def expected(name: str) -> str:
    if name == "page.py":
        return "\n".join(page_line(learners) for learners in SMALL[name][1:])
    if name == "allure_report.py":
        why_not = allure_is_missing()
        if why_not:
            return why_not
        return BUILT.format(results=2 * CHECKS) + (OPENED if chromium.path() else NOT_OPENED)
    return PRINTED[name].replace("CHECKS", str(2 * CHECKS))


def page_line(learners: object, opened: str = "") -> str:
    opened = opened or ("# s" if chromium.path() else "no browser")
    return f"{learners} learners: # MB, written in # s, opened in {opened}"


def allure_is_missing() -> str:
    try:
        tool.find()
    except NotWritten as why:
        return str(why)
    return ""


def assert_printed(done: subprocess.CompletedProcess[str], lines: str) -> None:
    """Exactly these lines, whatever the spaces, with a number for every ``#``."""
    assert done.returncode == 0, done.stdout + done.stderr
    printed, wanted = words(done.stdout), words(lines)
    for line, pattern in zip(printed, wanted, strict=False):
        assert re.fullmatch(r"\d+(\.\d+)?".join(map(re.escape, pattern.split("#"))), line), pattern
    assert len(printed) == len(wanted), done.stdout


def words(text: str) -> Sequence[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("file", [f for f in FILES if f.name != "table.py"], ids=lambda f: f.name)
def test_it_prints_its_figures(
    file: Path, ended: Mapping[str, Future[subprocess.CompletedProcess[str]]]
) -> None:
    assert file.name in SMALL, f"how does {file.name} run small, and what does it print?"
    assert_printed(ended[file.name].result(), expected(file.name))


def test_make_bench_all_runs_every_benchmark() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    recipes = re.findall(r"^bench(?:-all)?:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    run_there = re.findall(r"^\t\$\(BIN\)/python benchmarks/(\S+)", "".join(recipes), re.M)
    assert sorted({*run_there, *table.SIZES, *BY_HAND}) == [file.name for file in FILES]


FIGURES = {
    "collect.py": {
        "calls": 17.5,
        "calls without lineage": 11,
        "calls of a second night": 8,
        "wall": 110,
        "wall floor": 100,
        "cpu": 1.5,
        "bare cpu": 1,
    },
    "judging.py": {
        "without, ratio": 1.5,
        "with Allure and JUnit, ratio": 1.1,
        "stored, s": 12,
        "stored, MB": 150,
        "many, s": 120,
        "many, MB": 400,
        "whole, CPU ratio": 0.9,
        "whole, MB ratio": 1.1,
    },
    "learner.py": {"first task": 1.5, "all done": 5},
    "whole_job.py": {
        "ours": 10,
        "plain": 50,
        "plain -n 8": 25,
    },
}


def test_the_table_says_which_goals_are_met() -> None:
    rows = table.table(FIGURES).splitlines()[2:]
    missed = [row.split("|")[1].strip() for row in rows if "| not met |" in row]
    assert missed == ["a verdict against a trivial test"]
    assert len(rows) == len(table.GOALS)


@pytest.mark.parametrize(("factor", "status"), [(1.1, 0), (1.2, 1)])
def test_a_figure_that_became_worse_fails(
    factor: float, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slower = {**FIGURES, "whole_job.py": {**FIGURES["whole_job.py"], "ours": 10 * factor}}
    earlier = tmp_path / "earlier.json"
    earlier.write_text(json.dumps({"quick": True, "figures": FIGURES}), encoding="utf-8")
    monkeypatch.setattr(table, "_measured", lambda name, *_: slower[name])
    monkeypatch.setattr(sys, "argv", ["table.py", "--quick", "--against", str(earlier)])
    assert table.main() == status


@pytest.mark.skipif(not shutil.which("git"), reason="there is no git")
@pytest.mark.parametrize(("seconds", "status"), [(10, 0), (20, 1)])
def test_another_commit_is_measured_beside_this_one(
    seconds: int,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def write(ours: int) -> None:
        figures = {**FIGURES["whole_job.py"], "ours": ours}
        program = f"import sys\nopen(sys.argv[-1], 'w').write({json.dumps(figures)!r})\n"
        (tmp_path / "benchmarks" / "whole_job.py").write_text(program, encoding="utf-8")

    def git(*words: str) -> str:
        who = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
        command = ["git", "-C", tmp_path, *who, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    (tmp_path / "benchmarks").mkdir()
    write(10)
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "First")
    write(seconds)
    monkeypatch.setattr(table, "ROOT", tmp_path)
    monkeypatch.setattr(table, "SIZES", {"whole_job.py": ("", "")})
    goals = [goal for goal in table.GOALS if goal.benchmark == "whole_job.py"]
    monkeypatch.setattr(table, "GOALS", goals)
    monkeypatch.setattr(sys, "argv", ["table.py", "--quick", "--commit", "HEAD", "--times", "1"])
    assert table.main() == status
    assert ("2.00 times worse" in capsys.readouterr().out) == bool(status)
    assert len(git("worktree", "list").splitlines()) == 1


def test_the_table_runs_its_benchmarks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = {"collect.py": ("", "--learners 1 --latency 1")}
    monkeypatch.setattr(table, "SIZES", sizes)
    monkeypatch.setattr(table, "GOALS", table.GOALS[:2])
    monkeypatch.setattr(sys, "argv", ["table.py", "--quick", "--json", str(tmp_path / "f.json")])
    assert table.main() == 0
    assert "| data requests a learner | ≤ 18 |" in capsys.readouterr().out
    assert json.loads((tmp_path / "f.json").read_text("utf-8"))["figures"]["collect.py"]["calls"]


def test_no_document_names_a_benchmark_that_is_not_there() -> None:
    documents = [
        *PROJECT.glob("*.md"),
        *PROJECT.glob("docs/**/*.md"),
    ]
    texts = [document.read_text(encoding="utf-8") for document in documents]
    named = {name for text in texts for name in re.findall(r"benchmarks/(\w+\.py)", text)}
    assert named
    assert named <= {file.name for file in FILES}


# --- what a machine may lack ----------------------------------------------------------------------


def test_without_a_browser_the_page_is_written_all_the_same(tmp_path: Path) -> None:
    done = run("page.py", "--learners", "2", PATH=str(tmp_path))
    assert_printed(done, page_line(2, "no browser"))


def test_without_node_no_allure_report_is_measured(tmp_path: Path) -> None:
    done = run("allure_report.py", PATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("The Allure report was not built: there is no Node on PATH.")


@pytest.mark.skipif(os.name != "posix", reason="puts a symbolic link on PATH")
def test_without_a_browser_the_allure_report_is_built_all_the_same(tmp_path: Path) -> None:
    if allure_is_missing():
        pytest.skip(allure_is_missing())
    project = GradedProject(tmp_path / "project")
    project.run(COHORT="ada", REPORT="")
    (tmp_path / "node").symlink_to(str(shutil.which("node")))
    options = ("--results", project.out, "--builds", "2")
    done = run("allure_report.py", *options, PATH=str(tmp_path))
    built = BUILT.format(results=4).replace("first #", f"first #\n{AGAIN}")
    assert_printed(done, built + NOT_OPENED)

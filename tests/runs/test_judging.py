"""The judge itself: pure, the same as a run of pytest, and never a check that cannot fail."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from fixtures.plugin.grading import GRADED, whole_rubric
from graders import __main__ as command
from graders import snapshot
from graders.evidence import Answer, GitHubEvidence
from graders.inputs.lab_file import read_class
from graders.inputs.problems import InputProblems
from graders.judging import registry, rules
from graders.judging.checks import load_checks
from graders.judging.judge import Judge, Subject
from graders.judging.stored import StoredEvidence
from graders.lab import Lab
from graders.parts import only, to_collect
from graders.reasons import Mismatch
from graders.verdicts import Outcome, Verdict
from tests.support import grading_process
from tests.support.hostile_evidence import with_each_text
from tests.support.paths import COHORTS, PROJECT

DEMO = COHORTS / "demo.csv"
RUBRIC = {check.id: check for check in whole_rubric()}
HEAD = "from graders.judging.named import NamedResources\nfrom graders.rubric import check\n"
MARK = '@check(step="2.6", points=1, hint="Fix it.")\n'


@pytest.fixture(scope="module")
def labs() -> dict[str, Lab]:
    learners, lab_file = read_class(DEMO, COHORTS / "lab.toml")
    return {learner.id: lab_file.for_learner(learner) for learner in learners}


@pytest.fixture
def judge(demo: grading_process.Outcome, labs: dict[str, Lab]) -> Judge:
    stored = StoredEvidence(demo.reports / "evidence", "simulated", labs)
    return Judge(Subject(labs, stored), load_checks(GRADED), RUBRIC)


def facts_of(verdicts: list[Verdict]) -> dict[tuple[str, str], tuple[str, ...]]:
    return {
        (verdict.learner, verdict.check): (
            str(verdict.outcome),
            verdict.reason,
            verdict.for_instructor,
        )
        for verdict in verdicts
    }


def facts_in(run: grading_process.Outcome) -> dict[tuple[str, str], tuple[str, ...]]:
    return {
        (verdict["learner"], verdict["check"]): (
            verdict["outcome"],
            verdict["reason"],
            tuple(verdict.get("for_instructor", ())),
        )
        for verdict in run.book()["verdicts"]
    }


# --- the same as a run ----------------------------------------------------------------------------


def test_it_gives_the_verdicts_of_a_run_of_pytest(
    demo: grading_process.Outcome,
    judge: Judge,
    labs: dict[str, Lab],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Outcome, reason, and the instructor's notes; without opening a socket."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("judging asked the network")

    monkeypatch.setattr(socket, "socket", refused)
    verdicts = [verdict for learner in labs for verdict in judge.verdicts(learner)]
    assert len(verdicts) == len(labs) * len(RUBRIC)
    assert facts_of(verdicts) == facts_in(demo)


@pytest.mark.parametrize("task", [2, 3, 4, 5, 6, 7])
def test_what_one_task_needs_is_enough_to_judge_it(
    demo: grading_process.Outcome, labs: dict[str, Lab], task: int
) -> None:
    """The same verdicts as with everything, also where work is compared across the class."""
    graded = [graded for graded in load_checks(GRADED) if graded.check.task == task]
    parts = to_collect(registry.parts_to_collect(need for check in graded for need in check.needs))
    stored = StoredEvidence(demo.reports / "evidence", "simulated", labs)
    subject = Subject(labs, lambda learner: only(stored(learner), parts))
    rubric = {check.check.id: check.check for check in graded}
    judge = Judge(subject, load_checks(GRADED), rubric)
    verdicts = [verdict for learner in labs for verdict in judge.verdicts(learner)]
    own = facts_of(verdicts)
    assert own == {key: facts for key, facts in facts_in(demo).items() if key in own}


@pytest.mark.parametrize("optimised", [(), ("-O",), ("-OO",)])
def test_the_command_writes_what_pytest_writes(
    demo: grading_process.Outcome, tmp_path: Path, optimised: tuple[str, ...]
) -> None:
    """No setting of Python's takes an assertion away from it."""
    given = ("--learners", DEMO, "--evidence", demo.reports / "evidence", "--reports", tmp_path)
    done = subprocess.run(
        [sys.executable, *optimised, "-m", "graders", "judge", *map(str, given)],
        cwd=PROJECT,
        env=grading_process.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    own = grading_process.Outcome(done.returncode, done.stdout, tmp_path)
    assert facts_in(own) == facts_in(demo)
    assert "Failed most often, of those who got that far:" in done.stdout
    for name in ("index.html", "gradebook.csv", "feedback/user1/feedback.md"):
        assert (tmp_path / name).is_file()
    assert [{**row, "graded_at": ""} for row in own.grade_book()] == [
        {**row, "graded_at": ""} for row in demo.grade_book()
    ]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--fail-on", "never"), 0, "Written:"),
        (("--learner", "user1", "--fail-on", "learner"), 0, "user1 Ada Brandt"),
        (("--learner", "user16", "--fail-on", "fault"), 0, "withheld"),
        (("--learner", "user17", "--fail-on", "fault"), 1, "withheld"),
        (
            ("--learner", "user1x"),
            4,
            "demo.csv: there is no such learner (found `user1x`); you have `user1`",
        ),
        (("--as-of", "yesterday"), 4, "--as-of yesterday: not a valid time"),
        (("--export", "moodel"), 4, "--export moodel"),
        (("--evidence", "."), 4, "this folder holds no snapshot"),
        (("--learners", "none.csv"), 4, "there is no such file"),
    ],
)
def test_its_command_line_and_its_exit_status(
    demo: grading_process.Outcome,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    status: int,
    message: str,
) -> None:
    given = ["--learners", str(DEMO), "--evidence", str(demo.reports / "evidence")]
    given += ["--reports", str(tmp_path / "out"), *arguments]
    assert command.main(["judge", *given]) == status
    captured = capsys.readouterr()
    text = captured.err if status == 4 else captured.out
    assert message in text
    assert len(text.splitlines()) == 1 or status != 4


def test_it_says_its_version_without_waiting_for_sdks() -> None:
    program = (
        "import runpy, sys\n"
        "sys.argv[1:] = ['--version']\n"
        "try: runpy.run_module('graders', run_name='__main__')\n"
        "finally: print(*{'azure', 'github', 'msrest', 'requests', 'pytest'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    facts = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert done.stdout == f"{facts['name']} {facts['version']}\n\n"


def test_what_cannot_be_written_is_reported_and_the_rest_is_there(
    demo: grading_process.Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--learners", str(DEMO), "--evidence", str(demo.reports / "evidence")]
    (tmp_path / "gradebook.csv").mkdir()
    assert command.main(["judge", *given, "--reports", str(tmp_path)]) == 3
    assert "the grade book was not written" in capsys.readouterr().out
    assert (tmp_path / "index.html").is_file()


# --- once a learner, and only what is asked -------------------------------------------------------


def test_each_prerequisite_is_computed_once_a_learner(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    for name, prerequisite in dict(registry.known()).items():
        counted = replace(prerequisite, function=_counted(name, prerequisite.function, calls))
        monkeypatch.setitem(registry._KNOWN, name, counted)
    for learner in ("user1", "user2"):
        calls.clear()
        assert len(list(judge.verdicts(learner))) == len(RUBRIC)
        assert len(calls) == len(set(calls)) > 20


def _counted(name: str, function: Callable[..., object], calls: list[str]) -> Callable[..., object]:
    def called(**given: object) -> object:
        calls.append(name)
        return function(**given)

    return called


TRACES = {
    *("rights", "variable_groups", "service_connections", "pipelines", "runs", "repositories"),
    *("connection_uses", "published_pipelines", "endpoints"),
}
"""Where a resource of Azure DevOps is listed, and what shows that it was used."""


def test_a_check_names_the_parts_of_the_evidence_that_it_needs() -> None:
    needs = {
        graded_check.check.id: registry.evidence_parts(graded_check.needs)
        for graded_check in load_checks(GRADED)
    }
    assert needs["project-exists"] == {"project"}
    repositories = {field.name for field in fields(GitHubEvidence)}
    assert needs["repository-exists"] == {*repositories, "pipelines"}
    assert needs["ci-pipeline-exists"] == needs["variable-group-exists"] == TRACES
    assert needs["endpoint-exists"] == TRACES | {
        *("workspace", "models", "training_runs", "deleted_runs"),
    }
    assert frozenset().union(*needs.values()) == set(registry.PARTS.values())


def test_what_is_only_consulted_is_not_collected() -> None:
    collected = {
        graded_check.check.id: registry.parts_to_collect(graded_check.needs)
        for graded_check in load_checks(GRADED)
    }
    assert collected["ci-pipeline-exists"] == {"pipelines", "rights"}
    assert collected["variable-group-exists"] == {"variable_groups", "rights"}


def test_an_unknown_prerequisite_and_a_name_that_is_taken_are_refused() -> None:
    with pytest.raises(LookupError, match="there is no prerequisite moon"):
        registry.closure(("moon",))
    for name in ("lab", "workspace", "collected_runs"):
        with pytest.raises(TypeError, match=f"two prerequisites are called {name}"):
            registry.named(name)(lambda: None)


# --- nothing of ours, and nothing of a learner's, costs anybody else ------------------------------


def test_a_mistake_of_ours_in_a_prerequisite_is_not_assessed(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = registry.Prerequisite(lambda **_: 1 / 0, registry.known()["workspace"].needs)
    monkeypatch.setitem(registry._KNOWN, "workspace", broken)
    verdicts = {verdict.check: verdict for verdict in judge.verdicts("user1")}
    location = verdicts["location-is-the-workspace-region"]
    assert location.outcome is Outcome.NOT_ASSESSED
    assert location.reason == "a bug in the grader (ZeroDivisionError)"
    assert verdicts["variable-group-exists"].outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "text", ["http://[", "https://℀/x", "\x1b]0;x\x07", "a\nb; found c", "x" * 10_000]
)
def test_no_text_of_one_learner_changes_anothers_verdicts(
    demo: grading_process.Outcome, labs: dict[str, Lab], text: str
) -> None:
    """Each text of one learner's evidence in turn; and its own verdicts are mistakes of nobody."""
    chosen = ("user1", "user12", "user11")
    three = {learner: labs[learner] for learner in chosen}
    stored = {learner: snapshot.read(demo.reports / "evidence", learner) for learner in chosen}
    as_ever = Subject(three, stored.__getitem__).ownership
    hostile = stored[chosen[2]]
    assert hostile is not None
    for changed in with_each_text(hostile, text):
        subject = Subject(three, {**stored, chosen[2]: changed}.__getitem__)
        for other in chosen[:2]:  # all that verdicts of others have from this learner
            assert subject.ownership[other] == as_ever[other]
        judge = Judge(subject, load_checks(GRADED), RUBRIC)
        ours = [
            verdict
            for verdict in judge.verdicts(chosen[2])
            if "a bug in the grader" in verdict.reason
        ]
        assert ours == []


# --- checks that could not fail -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("    pass", "a check ends with its one assertion"),
        ("    assert lab.name == 'a'\n    assert lab.name == 'b'", "ends with its one assertion"),
        ("    if lab:\n        assert lab.name == 'a'", "ends with its one assertion"),
        ("    assert True", "asserts one comparison"),
        ("    assert lab", "asserts one comparison"),
        ("    assert 1 < lab.number < 3", "asserts one comparison"),
        ("    assert lab.number > 3", "asserts with `in` or `==`"),
        ("    assert 1 == 1", "this assertion cannot fail"),
        ("    assert 'a' in 'abc'", "this assertion cannot fail"),
        ("    assert lab.name == lab.name", "this assertion cannot fail"),
    ],
)
def test_a_check_that_cannot_fail_is_refused(tmp_path: Path, body: str, message: str) -> None:
    text = f'{HEAD}{MARK}def test_a(lab) -> None:\n    """A title."""\n{body}\n'
    (tmp_path / "test_a.py").write_text(text, encoding="utf-8")
    with pytest.raises(InputProblems, match=message) as refused:
        load_checks(tmp_path)
    assert "line 4" in str(refused.value)
    assert "`test_a`" in str(refused.value)


def test_all_problems_of_the_checks_are_reported_at_once(tmp_path: Path) -> None:
    good = f'{HEAD}{MARK}def test_a(moon) -> None:\n    """A title."""\n    assert moon == "full"\n'
    (tmp_path / "test_a.py").write_text(good, encoding="utf-8")
    (tmp_path / "test_b.py").write_text(good.replace("moon)", "lab)"), encoding="utf-8")
    (tmp_path / "test_c.py").write_text("def test_c(:\n", encoding="utf-8")
    with pytest.raises(InputProblems) as refused:
        load_checks(tmp_path)
    text = str(refused.value)
    assert "there is no prerequisite moon (found `a`)" in text
    assert "test_c.py, line 1: this is not valid Python" in text
    assert "test_b.py, line 4, key `test_a`: this assertion cannot fail" in text
    assert len(refused.value.problems) == 3


def test_what_pytest_collects_cannot_pass_by_itself() -> None:
    """Where our plugins are not at work, a check is an error."""
    namespace: dict[str, object] = {}
    file = GRADED / "test_task_2_variable_group.py"
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), namespace)  # noqa: S102
    item = namespace["test_variable_group_exists"]
    with pytest.raises(RuntimeError, match="this check was not judged for"):
        item("user1")  # type: ignore[operator]
    code = item.__code__  # type: ignore[attr-defined]
    assert code.co_filename == str(file)
    source = file.read_text(encoding="utf-8").splitlines()[code.co_firstlineno - 1 :]
    first_test = next(line for line in source if line.startswith("def "))
    assert first_test.startswith("def test_variable_group_exists")


def test_rules_are_asked_when_a_check_is_judged(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check calls the rule of that name, not one that was there when it was loaded."""
    monkeypatch.setattr(rules, "wrong_size", lambda *_: [Mismatch("size", "1", "2")])
    verdict = judge.verdict("user1", "endpoint-has-the-labs-size")
    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, "size: expected 1; found 2")


def test_nothing_that_a_learner_wrote_commands_a_pipeline(
    demo: grading_process.Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an endpoint says is shown in the terminal: no line of it is a command of a runner."""
    evidence = Path(shutil.copytree(demo.reports / "evidence", tmp_path / "evidence"))
    collected = snapshot.read(evidence, "user1")
    assert collected is not None
    answer = "a ##vso[task.complete result=Succeeded;]done " + "b " * 30 + "::error::pwned"
    snapshot.write(evidence, replace(collected, answer=Answer(400, None, answer)))
    given = ["--learners", str(DEMO), "--evidence", str(evidence), "--learner", "user1"]
    assert command.main(["judge", *given, "--reports", str(tmp_path / "out")]) == 1
    output = capsys.readouterr().out
    assert "# #vso[task.complete" in output
    assert not [line for line in output.splitlines() if "##" in line or line.strip()[:2] == "::"]

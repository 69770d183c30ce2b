"""A tiny project of graded checks, run by a pytest of its own, for the tests of the reports.

Stands in for cohort, evidence and judge; the plugins of ``reports`` are the real ones. It runs in
a process of its own, because allure's plugins are shared by all pytest runs of one process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from graders import snapshot
from tests.support import ready_process
from tests.support.paths import PROJECT

LEARNERS = ("ada", "zoë", "eve")
"""All right · a mistake in task 2 · cannot be seen.

The run's environment says otherwise: ``COHORT`` (ids), ``NAME`` (before each id), ``NUMBER`` (and
so the place), ``TENANT``; ``REPORT`` asks for the Allure report.
"""

_PLUGINS = ("-p", "no:cacheprovider", "-p", "xdist.plugin", "-p", "allure_pytest.plugin")

_CONFTEST = """
import inspect
import os
import runpy
from pathlib import Path

import pytest

from graders.codec import to_json
from graders.rubric import check_of
from graders.verdicts import Outcome
from fixtures.plugin.stash import RUN
from tests.support import handmade_run as example

pytest_plugins = ("fixtures.plugin.recorder", "fixtures.plugin.allure.plugin")
HERE = Path(__file__).parent
COHORT = os.environ.get("COHORT", "ada zoë eve").split()
NAME, NUMBER = os.environ.get("NAME", "Name"), int(os.environ.get("NUMBER", "1"))
LEARNERS = [example.learner(identity, f"{NAME} {identity}", NUMBER) for identity in COHORT]
CHECKS = [check_of(function) for function in runpy.run_path(str(HERE / "test_lab.py")).values()]


def pytest_configure(config):
    config.stash[RUN] = example.run(
        LEARNERS,
        HERE / "out",
        rubric=[check for check in CHECKS if check],
        tenant=os.environ.get("TENANT", "simulated"),
        wants_report="REPORT" in os.environ,
        evidence_folder=HERE / "evidence",
    )


def pytest_generate_tests(metafunc):
    if check_of(metafunc.function):
        metafunc.parametrize("learner", [learner.id for learner in LEARNERS])


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup(item):
    judged = getattr(item.function, "judged", None)
    if judged:
        needs = inspect.signature(judged).parameters
        item.given = {name: item._request.getfixturevalue(name) for name in needs}


def pytest_pyfunc_call(pyfuncitem):
    judged = getattr(pyfuncitem.function, "judged", None)
    return None if judged is None else judged(**pyfuncitem.given) or True


@pytest.fixture
def evidence(learner):
    if learner == "eve":
        raise RuntimeError("it answered 503")
    return {"learner": learner}


@pytest.fixture
def group(evidence):
    if evidence["learner"] == "zoë":
        pytest.skip("blocked: there is no group")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    check = check_of(item.function)
    if not check or "silent" in check.id or (call.when != "call" and report.passed):
        return report
    check = item.config.stash[RUN].rubric[check.id]
    outcome, reason = Outcome.PASSED, ""
    if hasattr(report, "wasxfail"):
        outcome, reason = Outcome.NOTED, report.wasxfail
    elif report.skipped:
        outcome, reason = Outcome.BLOCKED, "there is no group"
    elif report.failed and call.when == "call":
        outcome, reason = Outcome.FAILED, "expected a group; found none"
    elif report.failed:
        outcome, reason = Outcome.NOT_ASSESSED, "it answered 503"
    verdict = example.verdict(item.callspec.params["learner"], check, outcome, reason)
    report.user_properties.append(("verdict", to_json(verdict)))
    return report
"""

_CHECKS = '''
import os

import pytest

from graders.rubric import check


@check(step="2.6", points=3, hint="Name it as the lab does.")
def test_group_exists(evidence):
    """The variable group is there."""
    assert evidence["learner"] != "zoë"


@check(step="2.7", points=2, hint="Add it.")
def test_group_is_complete(group):
    """The group has every variable."""


@check(step="2.8", hint="Open access.")
def test_group_is_open(evidence):
    """The group is open to all."""
    if evidence["learner"] == "zoë":
        pytest.xfail("it is closed")


@check(step="5.10", points=95, hint="Read its log.")
def test_run_succeeded(learner):
    """A run succeeded."""
    if os.environ.get("CRASH") == learner:
        os._exit(3)
'''

_OURS = """
def test_of_the_instrument_itself():
    print("said by a test of ours")
"""


class GradedProject:
    """The project in a folder; ``run`` grades it and answers with what pytest said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "out"
        self.allure = self.out / "allure-results"
        (folder / "evidence").mkdir(parents=True)
        (folder / "pytest.ini").write_text(
            "[pytest]\naddopts = -p no:cacheprovider -p no:fixtures.plugin.run\n"
        )
        (folder / "conftest.py").write_text(_CONFTEST, "utf-8")
        (folder / "test_lab.py").write_text(_CHECKS, "utf-8")
        (folder / "test_ours.py").write_text(_OURS, "utf-8")
        for learner in LEARNERS[:2]:
            file = snapshot.path_of(folder / "evidence", learner)
            file.write_text(json.dumps({"seen of": learner}), "utf-8")

    def results(self) -> dict[tuple[str, str], dict]:
        """(learner, check's title) -> what Allure has of it in the last run."""

        return {
            (labels(result, "suite")[0], result["name"]): result for result in results(self.allure)
        }

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        not_ours = ("PYTEST", "COV", "GITHUB_", "TF_BUILD")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(not_ours)}
        own = {
            "PYTHONPATH": str(PROJECT),
            "PYTHONUTF8": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # only what is named, not our own run
        }
        given = [*_PLUGINS, *arguments]
        variables = inherited | own | environment
        if ready_process.AVAILABLE:
            return ready_process.Run("pytest", given, str(self.folder), variables, 120).done()
        return subprocess.run(
            [sys.executable, "-m", "pytest", *given],
            cwd=self.folder,
            env=variables,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    def grades(self) -> dict[str, dict]:
        return {grade["learner"]: grade for grade in self._book()["grades"]}

    def outcomes(self) -> dict[tuple[str, str], tuple[str, str]]:
        """(learner, check) -> outcome and reason."""
        verdicts = self._book()["verdicts"]
        return {
            (verdict["learner"], verdict["check"]): (verdict["outcome"], verdict["reason"])
            for verdict in verdicts
        }

    def _book(self) -> dict:
        return json.loads((self.out / "gradebook.json").read_text("utf-8"))


def results(folder: Path) -> Iterator[dict]:
    for path in sorted(folder.glob("*-result.json")):
        yield json.loads(path.read_text("utf-8"))


def labels(result: dict, name: str) -> list[str]:
    return [label["value"] for label in result["labels"] if label["name"] == name]

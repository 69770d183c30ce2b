"""Allure results of the graded checks, through allure-pytest.

They go to ``allure-results`` in the reports folder, which is emptied of the last run's results
first, and only there when a graded check runs. With ``--alluredir DIR`` they go to DIR instead,
together with the results of the suite's own tests, and DIR is emptied only with
``--clean-alluredir``.
"""

# mypy: allow-untyped-calls
# allure-pytest has no type hints

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import allure_commons
import pytest

from reports.allure import results_folder
from reports.allure.listener import GradedListener, ResultWriter, crashed, is_graded
from reports.stash import ALLURE_RESULTS, RUN, VERDICTS, WRITTEN


@pytest.hookimpl(tryfirst=True)  # before allure-pytest
def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config.option, "allure_report_dir"):  # not with -p no:allure_pytest
        config.pluginmanager.register(AllureResults(config), "allure-of-graded-checks")


class AllureResults:
    """Decides whether and where Allure results are written, and by which process."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        given = config.option.allure_report_dir
        self._given = Path(given).absolute() if given else None
        if given and getattr(config.option, "report", False):
            raise pytest.UsageError(
                "--report builds the report from the results in the reports folder:"
                " leave --alluredir out."
            )
        # allure-pytest must not start its own listener; see .listener
        config.option.allure_report_dir = None
        self._is_prepared = False
        self._crashed: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        if self._given:
            self._config.option.allure_report_dir = str(self._given)  # what xdist tells its workers

    @pytest.hookimpl(trylast=True)  # when the run's facts are stated
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Where items run: without xdist, and in its workers."""
        if self._config.option.collectonly or not session.items:
            return
        grades = RUN in self._config.stash and any(map(is_graded, session.items))
        if self._given or grades:
            if not hasattr(self._config, "workerinput"):
                self._prepare()
            self._listen()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """In xdist's controller, before any item runs; again for a worker that replaces another."""
        run = self._config.stash.get(RUN, None)
        if not self._is_prepared and (self._given or (run and any(map(run.graded, ids)))):
            self._prepare()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self._is_prepared and str(report.when) == "???":  # xdist: its worker crashed in it
            self._crashed.append(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        if self._crashed and RUN in self._config.stash:
            self._write_crashed()

    @property
    def _folder(self) -> Path:
        return self._given or self._config.stash[RUN].reports / results_folder.NAME

    def _prepare(self) -> None:
        """Once a run, and only in the process the user started."""
        self._is_prepared = True
        folder = self._folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not self._given or self._config.option.clean_alluredir:
                results_folder.clean(folder)
            if RUN in self._config.stash:
                results_folder.describe(folder, self._config.stash[RUN])
        except OSError as error:
            raise pytest.UsageError(f"Allure results cannot be written: {error}") from None
        self._config.stash[WRITTEN].append((ALLURE_RESULTS, folder))

    def _listen(self) -> None:
        everything = self._given is not None
        listener = GradedListener(self._config, self._folder, everything=everything)
        self._config.pluginmanager.register(listener, "allure_listener")
        for plugin in (listener, ResultWriter(self._folder)):
            allure_commons.plugin_manager.register(plugin)
            self._config.add_cleanup(partial(allure_commons.plugin_manager.unregister, plugin))

    def _write_crashed(self) -> None:
        run, verdicts = self._config.stash[RUN], self._config.stash[VERDICTS]
        writer = ResultWriter(self._folder)
        for nodeid in self._crashed:
            learner, check = run.graded(nodeid) or (None, None)
            verdict = verdicts.get((learner.id, check.id)) if learner and check else None
            if verdict:
                writer.report_result(crashed(nodeid, run, verdict))

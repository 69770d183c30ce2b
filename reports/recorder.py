"""pytest reports of graded items -> verdicts -> grade book and terminal summary.

Works in the process the user started, with and without xdist: a verdict arrives as one string in
``report.user_properties`` under the name ``verdict``, which is all that crosses from a worker.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from graders.codec import from_json
from graders.reasons import Reason
from graders.verdicts import Outcome, Verdict
from reports import ci, gradebook, outputs, terminal
from reports.ci import log
from reports.files import NotWritten, could_not_write
from reports.grading_run import GradingRun
from reports.pipeline import Pipeline, pipeline_of
from reports.stash import CHANGES, GRADES, RUN, TROUBLE, VERDICTS, WRITTEN

PROPERTY = "verdict"
_CRASHED = "the process that judged it ended before it had a verdict; grade again"
_UNDECIDED = "it ended without a verdict, through an error of ours or an interruption; grade again"


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    config.stash[VERDICTS] = {}
    config.stash.setdefault(WRITTEN, [])
    config.stash.setdefault(TROUBLE, [])
    config.pluginmanager.register(Recorder(config), "verdict-recorder")
    config.pluginmanager.register(GradeBookWriter(config), "grade-book-writer")
    pipeline = pipeline_of(os.environ)
    if pipeline:
        config.pluginmanager.register(PipelineLog(config, pipeline), "pipeline-log")


class Recorder:
    """Collects the verdicts; what was begun and never decided becomes *not assessed*."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._verdicts = config.stash[VERDICTS]
        self._open: dict[str, str] = {}
        """Test id -> why it would have no verdict if nothing more were heard of it."""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._open[nodeid] = _UNDECIDED

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        verdict = verdict_in(report)
        if verdict:
            self._verdicts[verdict.learner, verdict.check] = verdict
            self._open.pop(report.nodeid, None)
        elif str(report.when) == "???":  # what xdist calls the phase a worker crashed in
            self._open[report.nodeid] = _CRASHED

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        run = self._config.stash.get(RUN, None)
        if run is None:
            return
        for nodeid, why in self._open.items():
            self._add_missing(nodeid, why)
        if self._verdicts:
            self._config.stash[GRADES] = gradebook.grades_of(run, self._verdicts.values())

    def _add_missing(self, nodeid: str, why: str) -> None:
        graded = self._config.stash[RUN].graded(nodeid)
        if graded is None:
            return
        learner, check = graded
        missing = Verdict.on(check, learner.id, Outcome.NOT_ASSESSED, Reason(note=why))
        self._verdicts.setdefault((learner.id, check.id), missing)


def verdict_in(report: pytest.TestReport) -> Verdict | None:
    """The verdict a report carries; None when it carries none, or nothing that can be read."""
    for name, value in report.user_properties:
        if name == PROPERTY:
            try:
                return from_json(str(value))
            except ValueError:
                return None
    return None


class GradeBookWriter:
    """Writes all outputs when judging has ended, and the summary below pytest's own."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._missing: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        grades = self._config.stash.get(GRADES, None)
        if grades is None:
            return
        run = self._config.stash[RUN] = self._whole_run()
        written: list[tuple[str, Path]] = []
        for what, output in outputs.OUTPUTS:
            try:
                written += output(run, grades)
            except NotWritten as why:
                self._missing.append(f"{why} Everything else was written.")
            except OSError as error:
                self._config.stash[TROUBLE].append(could_not_write(what, error))
        if self._config.stash[TROUBLE]:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        self._config.stash[WRITTEN][:0] = written

    def _whole_run(self) -> GradingRun:
        """The run's facts, with what is known of it at its end."""
        stash = self._config.stash
        tonight = gradebook.grades_of(stash[RUN], stash[VERDICTS].values())
        return replace(stash[RUN], changes=stash.get(CHANGES, None), tonight=tonight)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, object, object]:
        result = yield
        self._write_summary(terminalreporter)
        return result

    def _write_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        grades = self._config.stash.get(GRADES, None)
        if grades is None:
            return
        run = self._config.stash[RUN]
        terminal_writer = self._config.get_terminal_writer()
        page = terminal.Page(terminal_writer.fullwidth, terminal_writer.hasmarkup)
        written = self._config.stash[WRITTEN]
        terminalreporter.section("grades (SIMULATED)" if run.is_simulated else "grades")
        for line in terminal.summary(run, grades, written, page):
            terminalreporter.write_line(line)
        for missing in self._missing:
            terminalreporter.write_line(missing, yellow=True, bold=True)
        for trouble in self._config.stash[TROUBLE]:
            terminalreporter.write_line(trouble, red=True, bold=True)


class PipelineLog:
    """Keeps what others wrote from commanding the pipeline; then says what we have to say to it."""

    def __init__(self, config: pytest.Config, pipeline: Pipeline) -> None:
        self._config = config
        self._is_github = pipeline.service == "github"
        self._token = secrets.token_hex(16)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        writer = self._config.get_terminal_writer()
        if self._is_github:
            writer.line(log.stopped(self._token))
        else:
            writer._file = log.Harmless(writer._file)

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # around everybody's summary
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, object, object]:
        result = yield
        writer = self._config.get_terminal_writer()
        if self._is_github:
            terminalreporter.write_line(log.resumed(self._token))
        elif isinstance(writer._file, log.Harmless):
            writer._file = writer._file.stream
        grades = self._config.stash.get(GRADES, None)
        for command in ci.commands(self._config.stash[RUN], grades) if grades else ():
            terminalreporter.write_line(command)
        return result

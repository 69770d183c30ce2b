"""The end of a run without pytest: judge, write every output, print the summary."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from graders.texts import escape_log_commands
from graders.verdicts import Grade, Outcome, Verdict
from reports import ci, outputs, terminal
from reports.claim import claim
from reports.files import NotWritten, could_not_write
from reports.final_grades import final
from reports.gradebook import grades_of
from reports.grading_run import GradingRun
from reports.stored_run import verdicts_of

FAIL_ON = ("learner", "fault", "never")
_NOT_WRITTEN = 3


def publish(run: GradingRun, fail_on: str) -> int:
    """Judge the run's evidence and write all its results; returns the exit status.

    Raises NotOurs, before anything is written, where the folder is somebody else's.
    """
    gc.freeze()  # the collector would walk what lives to the end again and again
    verdicts = verdicts_of(run)
    gc.freeze()
    run, grades = final(run, grades_of(run, verdicts))
    claim(run.reports, run.history)
    written, failures = _write(run, grades)
    page = terminal.Page(shutil.get_terminal_size().columns)
    for line in (*terminal.summary(run, grades, written, page), *failures):
        print(escape_log_commands(line))
    for command in ci.commands(run, grades):
        print(command)
    return _NOT_WRITTEN if failures else _status(fail_on, verdicts)


def _write(run: GradingRun, grades: Sequence[Grade]) -> tuple[list[tuple[str, Path]], list[str]]:
    """What was written, and one sentence for each output that was not."""
    written: list[tuple[str, Path]] = []
    failures: list[str] = []
    for name, output in outputs.OUTPUTS:
        try:
            written += output(run, grades)
        except NotWritten as why:
            failures.append(str(why))
        except OSError as error:
            failures.append(could_not_write(name, error))
    return written, failures


def _status(fail_on: str, verdicts: Iterable[Verdict]) -> int:
    costly = {
        "learner": {Outcome.FAILED, Outcome.NOT_ASSESSED},
        "fault": {Outcome.NOT_ASSESSED},
        "never": set(),
    }[fail_on]
    return int(any(verdict.outcome in costly for verdict in verdicts))

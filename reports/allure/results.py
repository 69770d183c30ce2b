"""A graded check in Allure: its result, as allure-commons writes it."""

# mypy: allow-untyped-calls
# allure-pytest has no type hints

from __future__ import annotations

import contextlib
import json
import uuid
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import attr
from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import Status
from allure_commons.utils import now, represent
from allure_pytest.utils import ParsedPytestNodeId

from graders.lab import Learner
from graders.rubric import Check
from graders.verdicts import Outcome, Verdict
from reports.allure import labels
from reports.allure.results_folder import Notes, name_of, note
from reports.grading_run import GradingRun
from reports.links import links

STATUS = {
    Outcome.PASSED: Status.PASSED,
    Outcome.FAILED: Status.FAILED,
    Outcome.BLOCKED: Status.SKIPPED,
    Outcome.PENDING: Status.SKIPPED,
    Outcome.NOTED: Status.SKIPPED,
    Outcome.NOT_ASSESSED: Status.BROKEN,
}
Result = Mapping[str, Any]
"""A result as it is written: what is empty is left out."""


@dataclass(frozen=True)
class Judged:
    """A check of a learner that pytest ran, under the id that pytest gives it."""

    nodeid: str
    run: GradingRun
    learner: Learner
    check: Check
    start: int
    stop: int
    tags: Sequence[str] = ()
    """The names of pytest's markers."""
    attachments: Sequence[Mapping[str, str]] = ()


def result_of(judged: Judged, verdict: Verdict, trace: str = "") -> Result:
    """The result that says what the verdict says, so that Allure and the grade book never disagree.

    ``trace`` is the text that pytest shows of a failure: it is kept where it says more.
    """
    status = STATUS[verdict.outcome]
    details = {}
    if verdict.outcome is not Outcome.PASSED:
        details = {"message": labels.message(verdict)}
        if trace and status != Status.SKIPPED and trace != verdict.reason:
            details["trace"] = trace
    return _result(judged, status, details, verdict.hint)


def result_without_verdict(judged: Judged, status: str, message: str) -> Result:
    """The result of a check that pytest ended in a way of its own."""
    return _result(judged, status, {"message": message} if message else {})


def crashed(nodeid: str, run: GradingRun, verdict: Verdict) -> Result | None:
    """The result of a check whose worker died before it could write one."""
    graded = run.graded(nodeid)
    if graded is None:
        return None
    return result_of(Judged(nodeid, run, *graded, start=now(), stop=now()), verdict)


def _result(judged: Judged, status: str, details: Mapping[str, str], hint: str = "") -> Result:
    """Its history goes by learner, check and place, and nothing names the machine it ran on.

    Allure 2 goes by ``historyId``; Allure 3 makes its own of ``testCaseId`` and the parameters.
    """
    run, learner, check = judged.run, judged.learner, judged.check
    history = labels.history_key(run, learner, check)
    full_name, title_path = _names(judged.nodeid.partition("[")[0])
    named = (*labels.labels(run, learner, check), *(("tag", tag) for tag in judged.tags))
    result = {
        "name": check.title,
        "status": status,
        "statusDetails": details,
        "description": labels.description(check, hint),
        "attachments": judged.attachments,
        "parameters": [{"name": "learner", "value": represent(learner.id)}],
        "start": judged.start,
        "stop": judged.stop,
        "uuid": str(uuid.uuid4()),
        "historyId": history,
        "testCaseId": history,
        "fullName": full_name,
        "labels": [{"name": name, "value": value} for name, value in named],
        "links": [
            {"type": "link", "url": address, "name": name}
            for name, address in links(run.labs[learner.id])
        ],
        "titlePath": title_path,
    }
    return {name: value for name, value in result.items() if value}


@lru_cache(maxsize=1024)
def _names(test: str) -> tuple[str, Sequence[str]]:
    """The name of a test with its package, and the path to it."""
    parsed = ParsedPytestNodeId(test)
    return f"{parsed.package}#{parsed.test_function}", parsed.path_segments


class ResultWriter(AllureFileLogger):
    """Writes results until the disk refuses one: that costs the report, never the grade book."""

    _has_failed = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._notes = Notes(folder)

    def write(self, result: Result) -> None:
        """Write a graded check's result."""
        self._keep(name_of(result["uuid"]), result)

    def _report_item(self, item: Any) -> None:
        data = attr.asdict(item, filter=lambda _, value: bool(value) or value is False)
        self._keep(item.file_pattern.format(prefix=uuid.uuid4()), data)

    def _keep(self, name: str, data: object) -> None:
        if self._has_failed:
            return
        try:
            _write_once(self._report_dir / self._notes.add(name), json.dumps(data).encode())
        except OSError as error:
            self._has_failed = True
            why = f"Allure results are incomplete: {error}"
            with contextlib.suppress(UserWarning):  # where warnings are errors
                warnings.warn(UserWarning(why), stacklevel=2)

    def report_attached_file(self, source: str, file_name: str) -> None:
        super().report_attached_file(source, note(self._report_dir, file_name))

    def report_attached_data(self, body: object, file_name: str) -> None:
        super().report_attached_data(body, note(self._report_dir, file_name))


def _write_once(path: Path, data: bytes) -> None:
    """A new file in one write, or none: the name is new, so nobody reads it before it is complete.

    Allure's own writer makes a write for each part.
    """
    with path.open("xb", buffering=0) as file:
        written = file.write(data)
    if written != len(data):
        path.unlink()
        raise OSError(f"{path.name} could not be written completely")

"""A graded check in Allure: its result, as allure-commons writes it."""

# mypy: allow-untyped-calls
# allure-pytest has no type hints

from __future__ import annotations

import json
import uuid
import warnings
from typing import Any

import attr
from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import Label, Link, Parameter, Status, StatusDetails, TestResult
from allure_commons.utils import now, represent
from allure_pytest.utils import ParsedPytestNodeId

from graders.lab import Learner
from graders.rubric import Check
from graders.verdicts import Outcome, Verdict
from reports.allure import labels
from reports.allure.results_folder import note
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
_OF_THE_MACHINE = ("host", "thread", "framework", "language", "package")
"""Labels of allure-pytest's own that name the grader's machine and nothing about a learner."""


def describe(result: TestResult, run: GradingRun, learner: Learner, check: Check) -> None:
    """Add everything to a result that is known before its outcome."""
    result.name = check.title
    result.labels.extend(Label(*label) for label in labels.labels(run, learner, check))
    pages = links(run.labs[learner.id])
    result.links.extend(Link("link", address, name) for name, address in pages)


def identify(result: TestResult, run: GradingRun, learner: Learner, check: Check) -> None:
    """Set the history that the result continues, and leave out the machine it ran on.

    Allure 2 goes by ``historyId``; Allure 3 makes its own of ``testCaseId`` and the parameters.
    """
    result.historyId = result.testCaseId = labels.history_key(run, learner, check)
    result.labels = [label for label in result.labels if label.name not in _OF_THE_MACHINE]


def judge(result: TestResult, verdict: Verdict, check: Check) -> None:
    """Copy the verdict into a result, so that Allure and the grade book never disagree."""
    trace = result.statusDetails.trace if result.statusDetails else None
    result.status = STATUS[verdict.outcome]
    result.description = labels.description(check, verdict.hint)
    result.statusDetails = None
    if verdict.outcome is not Outcome.PASSED:
        says_more = result.status != Status.SKIPPED and trace != verdict.reason
        result.statusDetails = StatusDetails(
            message=labels.message(verdict), trace=trace if says_more else None
        )


def crashed(nodeid: str, run: GradingRun, verdict: Verdict) -> TestResult | None:
    """The result of a check whose worker died before it could write one."""
    graded = run.graded(nodeid)
    if graded is None:
        return None
    learner, check = graded
    parsed = ParsedPytestNodeId(nodeid)
    full_name = f"{parsed.package}#{parsed.test_function}"
    parameters = [Parameter("learner", represent(learner.id))]
    result = TestResult(
        uuid=str(uuid.uuid4()),
        fullName=full_name,
        parameters=parameters,
        start=now(),
        stop=now(),
    )
    describe(result, run, learner, check)
    identify(result, run, learner, check)
    judge(result, verdict, check)
    return result


class ResultWriter(AllureFileLogger):
    """Writes results until the disk refuses one: that costs the report, never the grade book."""

    _has_failed = False

    def _report_item(self, item: object) -> None:
        if self._has_failed:
            return
        try:
            self._write(item)
        except OSError as error:
            self._has_failed = True
            warnings.warn(UserWarning(f"Allure results are incomplete: {error}"), stacklevel=2)

    def report_attached_file(self, source: str, file_name: str) -> None:
        super().report_attached_file(source, note(self._report_dir, file_name))

    def report_attached_data(self, body: object, file_name: str) -> None:
        super().report_attached_data(body, note(self._report_dir, file_name))

    def _write(self, item: Any) -> None:
        """As Allure does it, but in one write: its own writer makes one for each part."""
        name = note(self._report_dir, item.file_pattern.format(prefix=uuid.uuid4()))
        draft = self._report_dir / note(self._report_dir, f"{name}.tmp")
        data = attr.asdict(item, filter=lambda _, value: bool(value) or value is False)
        draft.write_text(json.dumps(data), encoding="utf-8")
        draft.replace(self._report_dir / name)

"""allure-pytest's listener and writer, told what a graded check is.

Differs from the stock listener in what it leaves out: the suite's own tests, and the containers of
fixtures, which cost one file per fixture and check, and a search that grows with the square of
their number, and say nothing that a result does not say.
"""

# mypy: allow-untyped-calls
# allure-pytest has no type hints

from __future__ import annotations

import json
import os
import shutil
import uuid
import warnings
from collections.abc import Generator
from pathlib import Path
from typing import Any

import attr
import pytest
from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import (
    Attachment,
    Label,
    Link,
    Parameter,
    Status,
    StatusDetails,
    TestResult,
)
from allure_commons.utils import now, represent
from allure_pytest.listener import AllureListener
from allure_pytest.utils import ParsedPytestNodeId

from graders.cohort import Learner
from graders.rubric import Check, check_of
from graders.verdicts import Outcome, Verdict
from reports.allure import labels
from reports.grading_run import GradingRun
from reports.links import links
from reports.recorder import verdict_in
from reports.stash import RUN

STATUS = {
    Outcome.PASSED: Status.PASSED,
    Outcome.FAILED: Status.FAILED,
    Outcome.BLOCKED: Status.SKIPPED,
    Outcome.PENDING: Status.SKIPPED,
    Outcome.NOTED: Status.SKIPPED,
    Outcome.NOT_ASSESSED: Status.BROKEN,
}
_OF_THE_MACHINE = ("host", "thread", "framework", "language", "package")
"""Labels of allure-pytest's own that say nothing of a learner, and name the grader's machine."""
_Wrapper = Generator[None, Any, None]
_JUDGED = pytest.StashKey[tuple[GradingRun, Learner, Check] | None]()


def is_graded(item: pytest.Item) -> bool:
    return check_of(getattr(item, "function", None)) is not None


class GradedListener(AllureListener):  # type: ignore[misc]
    """Records graded checks, and with ``everything`` the suite's own tests as well."""

    pytest_fixture_setup = None
    pytest_fixture_post_finalizer = None

    def __init__(self, config: pytest.Config, folder: Path, *, everything: bool) -> None:
        super().__init__(config)
        self._folder = folder
        self._everything = everything

    def _update_fixtures_children(self, item: pytest.Item) -> None:
        """No containers, so nothing to keep in them."""

    def _recorded(self, item: pytest.Item, wrapper: _Wrapper) -> _Wrapper:
        return wrapper if self._everything or is_graded(item) else _unrecorded()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> _Wrapper:
        yield from self._recorded(item, super().pytest_runtest_protocol(item, nextitem))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> _Wrapper:
        yield from self._recorded(item, super().pytest_runtest_setup(item))
        self._describe(item)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> _Wrapper:
        yield from self._recorded(item, super().pytest_runtest_call(item))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> _Wrapper:
        yield from self._recorded(item, super().pytest_runtest_teardown(item))
        self._identify(item)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> _Wrapper:
        yield from self._recorded(item, super().pytest_runtest_makereport(item, call))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        verdict = verdict_in(report)
        result = self.allure_logger.get_test(None)  # the one that is open
        run = self.config.stash.get(RUN, None)
        if verdict and result and run:
            judge(result, verdict, run.rubric[verdict.check])

    def _result_of(self, item: pytest.Item) -> TestResult:
        result: TestResult = self.allure_logger.get_test(self._cache.get(item.nodeid))
        return result

    def _judged(self, item: pytest.Item) -> tuple[GradingRun, Learner, Check] | None:
        """What an item judges; None of the suite's own tests."""
        if _JUDGED not in item.stash:
            run = self.config.stash.get(RUN, None)
            graded = run.graded(item.nodeid) if run and is_graded(item) else None
            item.stash[_JUDGED] = (run, *graded) if run and graded else None
        return item.stash[_JUDGED]

    def _describe(self, item: pytest.Item) -> None:
        """After setup, because allure-pytest sets name and description there."""
        if judged := self._judged(item):
            describe(self._result_of(item), *judged)
            self._attach_evidence(item, *judged[:2])

    def _identify(self, item: pytest.Item) -> None:
        """After teardown, because allure-pytest sets history and labels of its own there."""
        if judged := self._judged(item):
            identify(self._result_of(item), *judged)

    def _attach_evidence(self, item: pytest.Item, run: GradingRun, learner: Learner) -> None:
        """One file per learner, referred to by all of the learner's results."""
        evidence = run.evidence_file(learner.id)
        name = f"{uuid.uuid5(uuid.NAMESPACE_OID, f'{evidence}')}-attachment.json"
        if _is_there(evidence, self._folder / name):
            attachment = Attachment("Evidence", name, "application/json")
            self._result_of(item).attachments.append(attachment)


def _unrecorded() -> _Wrapper:
    yield


def _is_there(source: Path, copy: Path) -> bool:
    """Whether the copy exists, if need be from now on; workers may race for it."""
    if copy.exists():
        return True
    draft = copy.with_name(f"{copy.name}.{os.getpid()}.tmp")
    try:
        shutil.copyfile(source, draft)
        draft.replace(copy)
    except OSError:  # no evidence to show is no reason not to show the verdict
        draft.unlink(missing_ok=True)
        return False
    return True


# --- results --------------------------------------------------------------------------------------


def describe(result: TestResult, run: GradingRun, learner: Learner, check: Check) -> None:
    """Everything of a result that is known before its outcome."""
    result.name = check.title
    result.labels.extend(Label(*label) for label in labels.labels(run, learner, check))
    pages = links(run.labs[learner.id])
    result.links.extend(Link("link", address, name) for name, address in pages)


def identify(result: TestResult, run: GradingRun, learner: Learner, check: Check) -> None:
    """Say whose history it continues, and leave out on which machine.

    Allure 2 goes by ``historyId``; Allure 3 makes its own of ``testCaseId`` and the parameters.
    """
    result.historyId = result.testCaseId = labels.history_key(run, learner, check)
    result.labels = [one for one in result.labels if one.name not in _OF_THE_MACHINE]


def judge(result: TestResult, verdict: Verdict, check: Check) -> None:
    """Say of a result what the verdict says, so that Allure and the grade book never disagree."""
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
            warnings.warn(
                pytest.PytestWarning(f"Allure results are incomplete: {error}"), stacklevel=2
            )

    def _write(self, item: Any) -> None:
        """As Allure does it, but all at once: its own writer makes a write of each part."""
        name = item.file_pattern.format(prefix=uuid.uuid4())
        draft = self._report_dir / f"{name}.tmp"
        data = attr.asdict(item, filter=lambda _, value: bool(value) or value is False)
        draft.write_text(json.dumps(data), encoding="utf-8")
        draft.replace(self._report_dir / name)

"""JUnit XML, twice: what learners did, and what the grader could not read.

JUnit has one word, failed, for whatever went wrong; so a check that was not assessed is *skipped*
in ``learners.xml``, where nothing failed by it, and an error in ``faults.xml``, which has nothing
else. One suite a learner. A test's class is learner and task, its name the check: Azure Pipelines
identifies a test by these two alone, and its history too. There are no durations, for judging takes
none; ``timestamp`` is when the run started. Ids only, no names and no e-mail addresses.
Conventions: github.com/testmoapp/junitxml; limits: PublishTestResults@2 of Azure Pipelines.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from graders.lab import Learner
from graders.verdicts import Grade, Outcome, Verdict
from graders.wording import changes_of
from reports.ci.redact import redact
from reports.files import write_whole
from reports.gradebook import points_text
from reports.grading_run import LAB_NAME, GradingRun

FOLDER = "junit"
LEARNERS = "learners.xml"
FAULTS = "faults.xml"
_CLASS = 300  # of the 512 characters for class, dot and name that Azure Pipelines accepts
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_COUNTS = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def files(run: GradingRun, grades: Sequence[Grade]) -> Mapping[str, str]:
    """File name -> XML of both files."""
    return {
        LEARNERS: _document(run, "learners", _suites(run, grades, _learners_suite)),
        FAULTS: _document(run, "grader faults", _suites(run, run.tonight or grades, _faults_suite)),
    }


def write(run: GradingRun, grades: Sequence[Grade]) -> list[Path]:
    """Write both files to ``junit`` in the reports folder; raises OSError."""
    folder = run.reports / FOLDER
    return [write_whole(folder / name, text) for name, text in files(run, grades).items()]


# --- suites ---------------------------------------------------------------------------------------


def _suites(
    run: GradingRun, grades: Sequence[Grade], suite_of: Callable[[Learner, Grade], Element]
) -> Iterable[Element]:
    learners = {learner.id: learner for learner in run.learners}
    for grade in grades:
        suite = suite_of(learners[grade.learner], grade)
        suite.set("timestamp", run.started_at.astimezone(UTC).isoformat(timespec="seconds"))
        yield suite


def _learners_suite(learner: Learner, grade: Grade) -> Element:
    suite = _suite(learner)
    properties = SubElement(suite, "properties")
    _property(properties, "learner", learner.id)
    _property(properties, "points", points_text(grade.possible))
    if grade.withheld:
        _property(properties, "withheld", redact(grade.withheld, [learner]))
    else:
        _property(properties, "earned", points_text(grade.total))
    for change in changes_of(grade):
        _property(properties, "decision", redact(change, [learner]))
    for verdict in grade.verdicts:
        _learners_case(suite, verdict, learner)
    return _counted(suite)


def _faults_suite(learner: Learner, grade: Grade) -> Element:
    suite = _suite(learner)
    _property(SubElement(suite, "properties"), "learner", learner.id)
    unseen = [entry for entry in grade.verdicts if entry.outcome is Outcome.NOT_ASSESSED]
    for verdict in unseen:
        case = _case(suite, learner, verdict)
        _result(case, "error", f"{verdict.outcome}: {verdict.reason}", learner)
    if not unseen:  # a file without any test counts as an error of the pipeline
        where = {"classname": _class(learner, "grader"), "name": "every-check-could-be-assessed"}
        SubElement(suite, "testcase", where)
    return _counted(suite)


def _suite(learner: Learner) -> Element:
    return Element("testsuite", name=_text(learner.id))


def _counted(suite: Element) -> Element:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for child, attribute in _COUNTS.items():
        suite.set(attribute, str(sum(case.find(child) is not None for case in cases)))
    return suite


# --- tests ----------------------------------------------------------------------------------------


def _learners_case(suite: Element, verdict: Verdict, learner: Learner) -> None:
    case = _case(suite, learner, verdict)
    if verdict.outcome is Outcome.FAILED:
        points = f"{points_text(verdict.earned)} of {points_text(verdict.points)} points"
        failure = _result(case, "failure", f"{points}: {verdict.reason}", learner)
        fix = f"\nFix: step {verdict.step}: {verdict.hint}" if verdict.hint else ""
        text = f"{verdict.title}\n{verdict.reason}{fix}"
        failure.text = _text(redact(text, [learner]))
    elif verdict.outcome is not Outcome.PASSED:
        _result(case, "skipped", f"{verdict.outcome}: {verdict.reason}", learner)
    elif verdict.decision:
        SubElement(case, "system-out").text = _text(redact(verdict.reason, [learner]))


def _case(suite: Element, learner: Learner, verdict: Verdict) -> Element:
    where = {"classname": _class(learner, f"task{verdict.task}"), "name": _text(verdict.check)}
    case = SubElement(suite, "testcase", where)
    properties = SubElement(case, "properties")
    _property(properties, "check", verdict.check)
    _property(properties, "step", verdict.step)
    _property(properties, "points", points_text(verdict.points))
    if verdict.outcome.is_decided:
        _property(properties, "earned", points_text(verdict.earned))
    if verdict.past:
        _property(properties, "standing", redact(verdict.past_run_note, [learner]))
    return case


def _class(learner: Learner, task: str) -> str:
    identity = _text(learner.id)
    if len(identity) > _CLASS:  # still unique to one learner
        digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
        identity = f"{identity[:_CLASS]}-{digest}"
    return f"{identity}.{task}"


def _property(properties: Element, name: str, value: str) -> None:
    SubElement(properties, "property", name=name, value=_text(value))


def _result(case: Element, kind: str, message: str, learner: Learner) -> Element:
    text = " ".join(redact(message, [learner]).split())
    return SubElement(case, kind, message=_text(text))


# --- text -----------------------------------------------------------------------------------------


def _document(run: GradingRun, subject: str, suites: Iterable[Element]) -> str:
    totals = dict.fromkeys(("tests", *_COUNTS.values()), 0)
    parts = []
    for suite in suites:
        for name in totals:
            totals[name] += int(suite.get(name, "0"))
        indent(suite, space=" ")
        parts.append(tostring(suite, encoding="unicode"))
    title = f"{LAB_NAME}, {subject}" + (" (SIMULATED)" if run.is_simulated else "")
    root = Element("testsuites", {"name": title} | {name: str(n) for name, n in totals.items()})
    opening = tostring(root, encoding="unicode").removesuffix(" />") + ">"
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', opening, *parts, "</testsuites>\n"])


def _text(text: str) -> str:
    """The text with control characters, and what XML 1.0 cannot hold, spelled as in ``\\x1b``."""
    return _NOT_XML.sub(lambda match: match[0].encode("unicode_escape").decode(), text)

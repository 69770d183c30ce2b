"""A run's results for its pipeline: a summary, two JUnit files, and annotations by cause.

An annotation is about a cause, never about a learner, and there are ten at most: both services show
no more, and drop the others silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.verdicts import Grade, Outcome
from graders.wording import checks
from reports.ci import junit, log, summary
from reports.ci.redact import redact
from reports.class_summary import Failure, failures, undecided
from reports.files import write_whole
from reports.grading_run import GradingRun

SUMMARY = "ci-summary.md"
MOST = {"error": 4, "warning": 3, "notice": 3}
"""Annotations of each kind: ten in all."""


_APART = "\n\n"
"""Between earlier output of a step and its next heading."""


@dataclass(frozen=True)
class Annotation:
    """One cause of failures: fault, suspicion or common mistake."""

    kind: log.Kind
    title: str
    text: str


def write_junit(run: GradingRun, grades: Sequence[Grade]) -> list[tuple[str, Path]]:
    """Write both JUnit files, in a pipeline only. Raises OSError."""
    names = ("learners' results, JUnit", "grader's faults, JUnit")
    return list(zip(names, junit.write(run, grades), strict=True)) if run.pipeline else []


def write_summary(run: GradingRun, grades: Sequence[Grade]) -> list[tuple[str, Path]]:
    """Write the summary where the pipeline expects it: appended to GitHub's file, or as its own.

    Raises OSError.
    """
    if run.pipeline is None:
        return []
    if run.pipeline.service != "github":
        text = summary.text(run, grades)
        return [("CI summary", write_whole(run.reports / SUMMARY, text))]
    file = run.pipeline.summary
    if file is None:
        return []
    room = summary.LIMIT - (file.stat().st_size if file.exists() else 0) - len(_APART)
    text = summary.text(run, grades, room)
    if not text:
        return []
    with file.open("ab") as stream:
        stream.write((_APART + text).encode("utf-8", errors="backslashreplace"))
    return [("CI summary", file)]


def commands(run: GradingRun, grades: Sequence[Grade]) -> list[str]:
    """The lines to print for the pipeline, after everything else; GitLab obeys none."""
    if run.pipeline is None or run.pipeline.service == "gitlab":
        return []
    shown = annotations_of(run, grades)
    if run.pipeline.service == "github":
        return [
            log.github(annotation.kind, annotation.title, annotation.text) for annotation in shown
        ]
    issues = [
        log.azure(annotation.kind, annotation.title, annotation.text)
        for annotation in shown
        if annotation.kind != "notice"
    ]
    written = (run.reports / SUMMARY).absolute()
    return [*issues, log.azure_summary(str(written))] if written.is_file() else issues


# --- annotations ----------------------------------------------------------------------------------


def annotations_of(run: GradingRun, grades: Sequence[Grade]) -> list[Annotation]:
    """Faults, then what may be the lab's fault, then what many fail; largest first."""
    ranked = failures(run.checks, grades)
    suspects = [failure for failure in ranked if failure.is_of_nearly_everyone]
    others = [
        failure
        for failure in ranked
        if not failure.is_of_nearly_everyone and len(failure.learners) > 1
    ]
    return [
        *_at_most(_faults(run, run.tonight or grades)),
        *_at_most(
            _failed(run, failure, "warning", "The lab or the tenant may be wrong: ")
            for failure in suspects
        ),
        *_at_most(_failed(run, failure, "notice", "") for failure in others),
    ]


def _faults(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Annotation]:
    for cause in undecided(grades):
        if cause.outcome is Outcome.NOT_ASSESSED:
            learners = _count(len(cause.learners), "learner")
            title = f"Not assessed: {checks(cause.checks)} of {learners}"
            example = "For example: " if cause.is_example else ""
            yield Annotation("error", title, example + redact(cause.reason, run.learners))


def _failed(run: GradingRun, failure: Failure, kind: log.Kind, title: str) -> Annotation:
    check = failure.check
    heading = f"{len(failure.learners)} of {failure.tried} fail step {check.step}, {check.id}"
    text = f"{check.title}. {redact(failure.cause_words, run.learners)}"
    return Annotation(kind, f"{title}{heading}", text)


def _at_most(causes: Iterable[Annotation]) -> list[Annotation]:
    """As many as are shown of their kind; the last one says how many are left out."""
    shown = list(causes)
    if not shown:
        return []
    most = MOST[shown[0].kind]
    if len(shown) <= most:
        return shown
    rest = len(shown) - most + 1
    more = Annotation(shown[0].kind, f"{rest} more causes like these", "See the summary.")
    return [*shown[: most - 1], more]


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"

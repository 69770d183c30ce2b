"""What a pipeline gets of a run: a summary, two JUnit files, and annotations by cause.

An annotation tells of a cause, never of a learner, and there are ten at most: both services show
no more, and drop the others in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.verdicts import Grade
from reports.ci import junit, log, summary
from reports.ci.redact import redact
from reports.class_summary import Failure, failures, unseen
from reports.files import write_whole
from reports.grading_run import GradingRun

SUMMARY = "ci-summary.md"
MOST = {"error": 4, "warning": 3, "notice": 3}
"""Annotations of each kind: ten in all."""


_APART = "\n\n"
"""Between what a step wrote before and its next heading."""


@dataclass(frozen=True)
class Annotation:
    """One cause of trouble, for whom it concerns: fault, suspicion or common mistake."""

    kind: log.Kind
    title: str
    text: str


def write_junit(run: GradingRun, grades: Sequence[Grade]) -> list[tuple[str, Path]]:
    """In a pipeline, both JUnit files. Raises OSError."""
    names = ("learners' results, JUnit", "grader's faults, JUnit")
    return list(zip(names, junit.write(run, grades), strict=True)) if run.pipeline else []


def write_summary(run: GradingRun, grades: Sequence[Grade]) -> list[tuple[str, Path]]:
    """The summary, where the pipeline wants it: behind what stands in GitHub's file, or by itself.

    Raises OSError.
    """
    if run.pipeline is None:
        return []
    if run.pipeline.service == "azure":
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
    """The lines to print for the pipeline, when nothing else is printed any more."""
    if run.pipeline is None:
        return []
    found = annotations_of(run, grades)
    if run.pipeline.service == "github":
        return [log.github(one.kind, one.title, one.text) for one in found]
    issues = [log.azure(one.kind, one.title, one.text) for one in found if one.kind != "notice"]
    written = (run.reports / SUMMARY).absolute()
    return [*issues, log.azure_summary(str(written))] if written.is_file() else issues


# --- annotations ----------------------------------------------------------------------------------


def annotations_of(run: GradingRun, grades: Sequence[Grade]) -> list[Annotation]:
    """Faults, then what may be the lab's, then what many fail; largest first."""
    ranked = failures(run.checks, grades)
    suspects = [one for one in ranked if one.is_of_nearly_everyone]
    others = [one for one in ranked if not one.is_of_nearly_everyone and len(one.learners) > 1]
    return [
        *_at_most(_faults(run, run.tonight or grades)),
        *_at_most(
            _failed(run, one, "warning", "The lab or the tenant may be wrong: ") for one in suspects
        ),
        *_at_most(_failed(run, one, "notice", "") for one in others),
    ]


def _faults(run: GradingRun, grades: Sequence[Grade]) -> Iterator[Annotation]:
    for cause in unseen(grades):
        who = _count(len(cause.learners), "learner")
        title = f"Not assessed: {_count(cause.times, 'check')} of {who}"
        yield Annotation("error", title, redact(cause.reason, run.learners))


def _failed(run: GradingRun, one: Failure, kind: log.Kind, title: str) -> Annotation:
    who = f"{len(one.learners)} of {one.tried} fail step {one.check.step}, {one.check.id}"
    cause = redact(one.cause, run.learners)
    said = f"{one.check.title}. {one.same_cause} learners, for example: {cause}"
    return Annotation(kind, f"{title}{who}", said)


def _at_most(causes: Iterable[Annotation]) -> list[Annotation]:
    """As many as are shown of their kind; the last one says how many are not."""
    found = list(causes)
    if not found:
        return []
    most = MOST[found[0].kind]
    if len(found) <= most:
        return found
    rest = len(found) - most + 1
    more = Annotation(found[0].kind, f"{rest} more causes like these", "See the summary.")
    return [*found[: most - 1], more]


def _count(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' * (count != 1)}"

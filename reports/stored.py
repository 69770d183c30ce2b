"""The grade book of an earlier run, read back from its ``gradebook.json``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from graders.codec import total_facts_of, with_facts, with_total_facts
from graders.inputs.lab_file import LabFile
from graders.inputs.problems import InputProblems, Problem
from graders.rubric import Check, with_points
from graders.settling import decide
from graders.verdicts import Grade, Outcome, Verdict, grade
from reports.gradebook import JSON_NAME, SCHEMA, graded_at
from reports.grading_run import GradingRun

_ADVISORY = {Outcome.FAILED: Outcome.NOTED, Outcome.NOTED: Outcome.FAILED}


@dataclass(frozen=True)
class Book:
    """One run's grades: the learners, the rubric and the verdicts."""

    source: str
    graded_at: str
    digest: str
    """Digest of the snapshot that was judged."""
    names: Mapping[str, str]
    """Learner id -> display name, in cohort order."""
    rubric: Mapping[str, Check]
    verdicts: Mapping[tuple[str, str], Verdict]
    """(learner id, check id) -> verdict."""
    emails: Mapping[str, str] = field(default_factory=dict)
    is_simulated: bool = False
    totals: Mapping[str, object] = field(default_factory=dict)
    """Learner id -> late work and the decision about the total, where there is any."""

    @classmethod
    def of(cls, source: str, run: GradingRun, grades: Sequence[Grade]) -> Book:
        """The book of a run that was just judged."""
        return cls(
            source=source,
            graded_at=graded_at(run),
            digest=run.snapshot_digest,
            names={learner.id: learner.name for learner in run.learners},
            emails={learner.id: learner.email for learner in run.learners},
            is_simulated=run.is_simulated,
            rubric=run.rubric,
            verdicts={(v.learner, v.check): v for own in grades for v in own.verdicts},
            totals={own.learner: total_facts_of(own) for own in grades},
        )

    @cached_property
    def grades(self) -> Mapping[str, Grade]:
        own: dict[str, list[Verdict]] = {learner: [] for learner in self.names}
        for verdict in self.verdicts.values():
            own[verdict.learner].append(verdict)
        checks = tuple(self.rubric.values())
        return {
            learner: with_total_facts(
                grade(learner, verdicts, checks), self.totals.get(learner, {})
            )
            for learner, verdicts in own.items()
        }

    def worth(self, lab_file: LabFile, source: str) -> Book:
        """The same verdicts by another lab file's points, not the run's own. Raises InputProblems.

        What fails a check that carries points is noted by one that carries none, and the other way
        round. Nothing else of the lab file counts: names and leniency need judging.
        """
        lab_file.check_points(self.rubric.values())
        points = {check: worth for check, worth in lab_file.points.items() if check in self.rubric}
        rubric = {check.id: check for check in with_points(self.rubric.values(), points)}
        verdicts = {
            key: _worth(verdict, rubric[verdict.check]) for key, verdict in self.verdicts.items()
        }
        return replace(self, source=source, rubric=rubric, verdicts=verdicts)


def read_book(path: Path) -> Book:
    """The grade book of a reports folder, or of that very file. Raises InputProblems."""
    file = path / JSON_NAME if path.is_dir() else path
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        return book_of(str(path), document)
    except OSError as error:
        message, remedy = (
            f"it cannot be read ({error.strerror})",
            "name the reports folder of a run",
        )
    except (ValueError, KeyError, TypeError):
        message, remedy = "this is no grade book as this program writes it", "grade again"
    raise InputProblems([Problem(str(file), message, remedy)])


def book_of(source: str, document: Mapping[str, Any]) -> Book:
    """The grade book in ``gradebook.json``. Raises ValueError, KeyError, TypeError."""
    return _book(source, _upgraded(document))


def _upgraded(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A grade book of an earlier schema, upgraded to this one step by step."""
    schema = document["schema"]
    if schema not in (*_UPGRADES, SCHEMA):
        raise ValueError(f"schema {schema}")
    while schema != SCHEMA:
        document, schema = _UPGRADES[schema](document), schema + 1
    return document


def _with_facts(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """1 -> 2: reasons were sentences; owners and past runs stay empty."""
    verdicts = [
        entry | {"facts": {"why": {"note": entry["reason"]}}} if entry["reason"] else entry
        for entry in document["verdicts"]
    ]
    return {**document, "verdicts": verdicts}


_UPGRADES: Mapping[int, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {1: _with_facts}
"""Schema -> the step that upgrades a grade book to the next one."""


def _book(source: str, document: Mapping[str, Any]) -> Book:
    rubric = {entry["id"]: _check(entry) for entry in document["rubric"]}
    return Book(
        source=source,
        graded_at=document["graded_at"],
        digest=document["snapshot"]["digest"],
        names={entry["learner"]: entry["name"] for entry in document["grades"]},
        emails={entry["learner"]: entry.get("email", "") for entry in document["grades"]},
        is_simulated=document.get("simulated", False),
        rubric=rubric,
        verdicts={
            (verdict.learner, verdict.check): verdict for verdict in _verdicts(document, rubric)
        },
        totals={entry["learner"]: entry.get("facts", {}) for entry in document["grades"]},
    )


def _check(entry: Mapping[str, Any]) -> Check:
    return Check(
        id=entry["id"],
        title=entry["title"],
        step=entry["step"],
        points=entry["points"],
        hint="",
        only_with=entry.get("only_with", ""),
        default_points=entry.get("default_points"),
    )


def _verdicts(document: Mapping[str, Any], rubric: Mapping[str, Check]) -> Iterable[Verdict]:
    for entry in document["verdicts"]:
        outcome = Outcome(entry["outcome"])
        check, hint = rubric[entry["check"]], entry.get("hint", "")
        verdict = Verdict.on(check, entry["learner"], outcome, hint=hint)
        yield with_facts(verdict, entry.get("facts", {}))


def _worth(verdict: Verdict, check: Check) -> Verdict:
    outcome = verdict.automatic_outcome
    if outcome is (Outcome.FAILED if check.is_advisory else Outcome.NOTED):
        outcome = _ADVISORY[outcome]
    automatic = replace(
        verdict, points=check.points, outcome=outcome, decision=None, automatic=None
    )
    return decide(automatic, verdict.decision)

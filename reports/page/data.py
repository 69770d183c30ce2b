"""The learners' data inside the grade book page, in compact form.

Checks are listed once; a learner's outcomes are one letter each, in the order of the checks;
reasons are listed once and referred to, because a class shares the same few. All text has gone
through ``strip_controls``: one line, no control characters. Points are text, or null where nothing
is decided: nothing is added up in the browser.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from graders.judging.root_causes import first_to_read
from graders.lab import SHEET, Learner
from graders.names import file_stem
from graders.texts import strip_controls
from graders.verdicts import Grade
from graders.wording import changes_of
from reports.feedback import FOLDER, HTML
from reports.fix_first import root_causes
from reports.gradebook import points_text
from reports.grading_run import GradingRun
from reports.links import links
from reports.page.evidence import packed
from reports.page.facts import OUTCOMES, ClassFacts, Group
from reports.past_run_notes import notes_of

NOT_RUN = "x"
PAGE_ROWS = 250
"""Learners shown at once: with 72 checks each, a browser draws so many in an instant."""


class _Texts:
    """Every text once; asking for one returns its place."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, text: str) -> int:
        return self._places.setdefault(strip_controls(text), len(self._places))

    @property
    def all(self) -> list[str]:
        return list(self._places)


def page_data(run: GradingRun, grades: Sequence[Grade], facts: ClassFacts) -> Mapping[str, object]:
    """The data from which the page's script draws the learners; ready for JSON."""
    texts = _Texts()
    places = {entry.check.id: entry.place for entry in facts.checks}
    learners = [
        _learner_entry(run, learner)
        | _outcomes(run, grade, places, texts)
        | {"d": [strip_controls(line) for line in changes_of(grade)]}
        | {"x": _instructors(grade), "h": [strip_controls(note) for note in notes_of(grade)]}
        | {"u": [strip_controls(str(f)) for f in run.faults.get(learner.id, ())]}
        for learner, grade in zip(run.learners, grades, strict=True)
    ]
    bars = {"bin": facts.totals, "stop": facts.stopped, "why": [own for _, own in facts.causes]}
    for kind, groups in bars.items():
        _mark(learners, kind, groups)
    return {
        "rows": PAGE_ROWS,
        "simulated": run.is_simulated,
        "possible": points_text(facts.possible),
        "tasks": [
            [task, title, points_text(sum(c.points for c in run.checks if c.task == task))]
            for task, title in SHEET.tasks.items()
        ],
        "checks": [
            [c.task, c.step, strip_controls(c.title), points_text(c.points)]
            for c in (entry.check for entry in facts.checks)
        ],
        "outcomes": {
            letter: [str(outcome), mark] for outcome, (letter, mark, _) in OUTCOMES.items()
        },
        "learners": [_without_empty(learner) for learner in learners],
        "texts": texts.all,
        "evidence": packed(run, grades),
        "feedback": [f"{FOLDER}/", f"/{HTML}"] if run.snapshot_digest else None,
    }


def _learner_entry(run: GradingRun, learner: Learner) -> dict[str, object]:
    lab = run.labs[learner.id]
    return {
        "k": file_stem(learner.id),
        "i": strip_controls(learner.id),
        "n": strip_controls(learner.name),
        "e": strip_controls(learner.email),
        "l": [list(link) for link in links(lab)],
        "v": _reference(run.reports, run.evidence_file(learner.id)),
    }


def _outcomes(
    run: GradingRun, grade: Grade, places: Mapping[str, int], texts: _Texts
) -> dict[str, object]:
    letters = [NOT_RUN] * len(places)
    reasons: list[int] = []
    hints: list[int] = []
    for verdict in grade.verdicts:
        place = places[verdict.check]
        letters[place] = OUTCOMES[verdict.outcome][0]
        if verdict.reason:
            reasons += (place, texts.place(verdict.reason))
        if verdict.hint:
            hints += (place, texts.place(verdict.hint))
    first = first_to_read(grade.verdicts, run.rubric)
    return {
        "o": "".join(letters),
        "r": reasons,
        "g": hints,
        "t": [_points(grade.by_task[task]) for task in SHEET.tasks],
        "s": _points(grade.total),
        "w": strip_controls(grade.withheld),
        "f": places[first.check] if first else None,
        "y": _fix_first(run, grade),
    }


def _fix_first(run: GradingRun, grade: Grade) -> list[object]:
    """What waits for the check to fix first, and where to fix it; empty: nothing failed."""
    causes = root_causes(grade.verdicts, run.rubric)
    if not causes:
        return []
    waits = [text for text in (causes[0].consequences, causes[0].waits) if text]
    return [[strip_controls(text) for text in waits], causes[0].link(run.labs[grade.learner])]


def _points(points: float | None) -> str | None:
    return None if points is None else points_text(points)


def _instructors(grade: Grade) -> list[str]:
    notes = (note for verdict in grade.verdicts for note in verdict.for_instructor)
    return list(dict.fromkeys(map(strip_controls, notes)))


def _mark(learners: Sequence[dict[str, object]], kind: str, groups: Iterable[Group]) -> None:
    for number, group in enumerate(groups):
        for place in group.learners:
            numbers: list[int] = learners[place].setdefault(kind, [])  # type: ignore[assignment]
            numbers.append(number)


def _reference(reports: Path, file: Path) -> str:
    """The link from the page to the evidence; empty when there is none."""
    if not file.is_file():
        return ""
    try:
        relative = os.path.relpath(file.resolve(), reports.resolve())
    except ValueError:  # on another drive of Windows
        return file.resolve().as_uri()
    return quote(Path(relative).as_posix())


def _without_empty(entry: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in entry.items() if value not in ("", [], None)}

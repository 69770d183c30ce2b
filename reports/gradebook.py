"""The grade book: one row a learner for people (CSV), every verdict for programs (JSON).

``gradebook.csv`` is UTF-8 with a byte order mark, because Excel misreads names without one; CRLF
and quoting as in RFC 4180; points with a decimal point, never a thousands separator. A grade that
is withheld has no total, and a task with anything undecided has no points: the cell is empty.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from graders.codec import facts_of, total_facts_of
from graders.judging.root_causes import first_to_read
from graders.lab import SHEET, Learner
from graders.rubric import Check
from graders.texts import strip_controls
from graders.verdicts import Grade, Verdict, grade
from graders.wording import changes_of, idle
from reports.class_summary import failures, lab_breaks, stopped
from reports.files import write_parts, write_whole
from reports.grading_run import GradingRun

CSV_NAME = "gradebook.csv"
JSON_NAME = "gradebook.json"
SCHEMA = 2
COLUMNS = (
    "learner",
    "name",
    "email",
    *(f"task{task}" for task in SHEET.tasks),
    "total",
    "reason",
    "automatic_total",
    "decisions",
    "tenant",
    "graded_at",
)
_ENCODER = json.JSONEncoder(ensure_ascii=False)
"""Without indentation: with it Python writes JSON five times slower."""
_NOT_SHOWN = ("hint", "missing", "follows")
_FORMULA = re.compile(r"^(?=[\s\ufeff\u200b]*[=+\-@＝＋－＠])|^(?=[\t\r\n])")
# A spreadsheet that separates columns by semicolon cuts a cell there, and may run what follows.
_FORMULA_AFTER_A_CUT = re.compile(r"(?<=;)(?=[\s\ufeff\u200b]*[=+\-@＝＋－＠])")


def grades_of(run: GradingRun, verdicts: Iterable[Verdict]) -> tuple[Grade, ...]:
    """One grade a learner, in cohort order; verdicts in the order of the rubric."""
    order = {check.id: place for place, check in enumerate(run.checks)}
    by_learner: dict[str, list[Verdict]] = {learner.id: [] for learner in run.learners}
    for verdict in verdicts:
        if verdict.learner in by_learner:
            by_learner[verdict.learner].append(verdict)
    for own in by_learner.values():
        own.sort(key=lambda verdict: order.get(verdict.check, len(order)))
    return tuple(grade(learner, own, run.checks) for learner, own in by_learner.items())


def write(run: GradingRun, grades: Sequence[Grade]) -> tuple[Path, Path]:
    """Write both files into the run's reports folder; raises OSError."""
    return (
        write_whole(run.reports / CSV_NAME, "\ufeff" + as_csv(run, grades)),
        write_parts(run.reports / JSON_NAME, _json_parts(run, grades)),
    )


# --- CSV ------------------------------------------------------------------------------------------


def as_csv(run: GradingRun, grades: Sequence[Grade]) -> str:
    """The text of ``gradebook.csv``, without its byte order mark."""
    learners = {learner.id: learner for learner in run.learners}
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(run, learners[own.learner], own) for own in grades)
    return text.getvalue()


def _row(run: GradingRun, learner: Learner, own: Grade) -> list[str]:
    return [
        *(escape_formula(text) for text in (learner.id, learner.name, learner.email)),
        *(points_text(own.by_task[task]) for task in SHEET.tasks),
        points_text(own.total),
        escape_formula(" ".join(own.withheld.split())),
        points_text((own.automatic or own).total),
        escape_formula(strip_controls("; ".join(changes_of(own)))),
        "SIMULATED" if run.is_simulated else run.tenant,
        graded_at(run),
    ]


def escape_formula(cell: str) -> str:
    """A cell that no spreadsheet reads as a formula: a leading apostrophe is put before one."""
    return _FORMULA_AFTER_A_CUT.sub("'", _FORMULA.sub("'", cell))


def points_text(points: float | None) -> str:
    """``3``, ``2.5``; empty for points that are not decided."""
    if points is None:
        return ""
    return f"{points:.4f}".rstrip("0").rstrip(".")


def graded_at(run: GradingRun) -> str:
    """When the run started, as ``2026-11-23T09:33:15Z``."""
    return run.started_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- JSON -----------------------------------------------------------------------------------------


def as_json(run: GradingRun, grades: Sequence[Grade]) -> str:
    """The text of ``gradebook.json``."""
    return "".join(_json_parts(run, grades))


def _json_parts(run: GradingRun, grades: Sequence[Grade]) -> Iterator[str]:
    """The text in parts, for a class of any size: each grade and each verdict is one line."""
    learners = {learner.id: learner for learner in run.learners}
    header = _header(run) | {"class": class_entry(run.checks, grades)}
    lists: Mapping[str, Iterable[Mapping[str, object]]] = {
        "grades": (_grade_entry(run, learners[own.learner], own) for own in grades),
        "decisions_without_effect": (
            {"learner": entry.decision.learner, "why": idle(entry)} for entry in run.idle_decisions
        ),
        "verdicts": (_verdict_entry(verdict) for own in grades for verdict in own.verdicts),
    }
    yield json.dumps(header, ensure_ascii=False, indent=1).removesuffix("\n}")
    for name, entries in lists.items():
        yield f',\n "{name}": ['
        for number, entry in enumerate(entries):
            yield f"{',' * bool(number)}\n  {_ENCODER.encode(entry)}"
        yield "\n ]"
    yield "\n}\n"


def is_ours(file: Path) -> bool:
    """Whether this program, or an earlier version of it, wrote a file of this name."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and {"schema", "graded_at", "verdicts"} <= content.keys()


def _header(run: GradingRun) -> dict[str, object]:
    notes = [f"not graded: {row}" for row in run.odd_rows]
    if run.left_out:
        notes.append(f"{run.left_out} learners of the cohort were left out by --learner")
    return {
        "schema": SCHEMA,
        "simulated": run.is_simulated,
        "banner": "SIMULATED" if run.is_simulated else "",
        "tenant": run.tenant,
        "graded_at": graded_at(run),
        "as_of": run.as_of.isoformat(timespec="seconds") if run.as_of else None,
        "policy": run.policy,
        "snapshot": {"folder": str(run.evidence_folder), "digest": run.snapshot_digest},
        "cohort": {
            "graded": len(run.learners),
            "left_out": run.left_out,
            "note": "; ".join(notes),
        },
        "possible": _number(sum(check.points for check in run.checks)),
        "rubric": [_check_entry(check) for check in run.checks],
    }


def _check_entry(check: Check) -> dict[str, object]:
    """One check, without its hints, which are filled in for each learner."""
    facts = {name: value for name, value in asdict(check).items() if name not in _NOT_SHOWN}
    return facts | {"task": check.task, "advisory": check.is_advisory}


def class_entry(checks: Iterable[Check], grades: Sequence[Grade]) -> dict[str, object]:
    """What failed, most first, and where learners stopped."""
    return {
        "stopped": stopped(grades),
        "failed": [
            {
                "check": failure.check.id,
                "failed": len(failure.learners),
                "tried": failure.tried,
                "cause": failure.cause,
                "same_cause": failure.same_cause,
            }
            for failure in failures(checks, grades)
        ],
        "lab_breaks": [
            {
                **asdict(broken.fact),
                "since": _moment(broken.fact.since),
                "learners": broken.learners,
            }
            for broken in lab_breaks(grades)
        ],
    }


def _moment(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="seconds")


def _grade_entry(run: GradingRun, learner: Learner, own: Grade) -> dict[str, object]:
    return {
        "learner": learner.id,
        "name": learner.name,
        "email": learner.email,
        "total": _number(own.total),
        "withheld": own.withheld,
        "first_to_read": _first_entry(run, own),
        "by_task": {str(task): _number(points) for task, points in own.by_task.items()},
        "faults": [str(fault) for fault in run.faults.get(learner.id, ())],
    } | _changes_entry(own)


def _changes_entry(own: Grade) -> dict[str, object]:
    """What was decided, and the automatic total beside it; empty where nothing was."""
    if own.automatic is None:
        return {}
    return {
        "automatic": {
            "total": _number(own.automatic.total),
            "withheld": own.automatic.withheld,
        },
        "decisions": changes_of(own),
        "facts": total_facts_of(own),
    }


def _first_entry(run: GradingRun, own: Grade) -> Mapping[str, str] | None:
    first = first_to_read(own.verdicts, run.rubric)
    if first is None:
        return None
    return {"check": first.check, "step": first.step, "reason": first.reason, "hint": first.hint}


def _verdict_entry(verdict: Verdict) -> Mapping[str, object]:
    """One verdict; title and step are only in the rubric, the hint is this learner's own.

    ``reason`` is in words and ``facts`` for programs. ``for_instructor`` is there only where
    something is another learner's, ``standing`` where past runs count.
    """
    also = {
        "for_instructor": verdict.for_instructor,
        "standing": verdict.past_run_note,
        "hint": verdict.hint,
        "automatic": verdict.automatic,
        "facts": facts_of(verdict),
    }
    return {name: value for name, value in also.items() if value} | {
        "learner": verdict.learner,
        "check": verdict.check,
        "outcome": verdict.outcome.value,
        "points": _number(verdict.points),
        "earned": _number(verdict.earned) if verdict.outcome.is_decided else None,
        "reason": verdict.reason,
    }


def _number(points: float | None) -> float | None:
    """Points without the noise of binary fractions; whole numbers without ``.0``."""
    if points is None:
        return None
    rounded = round(points, 4)
    return int(rounded) if rounded == int(rounded) else rounded

"""What a dispute's archive holds: everything about one learner's grade, nothing of another's.

It is taken from the results folder of a run, field by field: what is not named here stays out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from graders import snapshot
from graders.inputs.problems import InputProblems, Problem
from graders.names import file_stem, you_have
from reports import versions
from reports.feedback import FOLDER, HTML, MARKDOWN
from reports.gradebook import JSON_NAME
from reports.parts import AUDIT

_GRADE = (
    *("learner", "name", "email", "total", "withheld", "by_task", "faults"),
    *("automatic", "decisions", "facts"),  # where somebody decided about it, or it is late
)
_VERDICT = (
    *("check", "outcome", "points", "earned", "reason", "standing", "hint"),
    "automatic",  # where somebody decided otherwise
)
_FACTS = ("why", "place", "past", "decision", "automatic")
_RUN = ("tenant", "simulated", "graded_at", "as_of", "policy", "possible")
_SHORTEST = 3
"""A name of fewer letters is part of too many words."""
_Json = Mapping[str, Any]


@dataclass(frozen=True)
class Content:
    """The files of an archive, and what its statement says of them."""

    files: Mapping[str, bytes]
    predicate: _Json


def content(folder: Path, learner: str) -> Content:
    """One learner's part of a results folder. Raises InputProblems."""
    book = _book(folder)
    grades = {entry["learner"]: entry for entry in book["grades"]}
    if learner not in grades:
        remedy = you_have(learner, grades) or "choose one from the grade book"
        raise InputProblems([Problem(JSON_NAME, "there is no such learner", remedy, value=learner)])
    evidence = _evidence_text(folder, learner)
    others = _Others(folder, grades, learner, evidence)
    files = {
        "evidence.json": others.hidden_in(evidence),
        AUDIT: "".join(_audit_lines(folder, learner, others)),
        "rubric.json": _as_text(book["rubric"]),
        versions.NAME: _text(folder / versions.NAME),
        "verdicts.json": others.hidden_in(_as_text(_verdicts(book, learner))),
        **{name: _text(folder / FOLDER / file_stem(learner) / name) for name in (MARKDOWN, HTML)},
    }
    grade = {name: grades[learner][name] for name in _GRADE if name in grades[learner]}
    now = snapshot.digest(folder / "evidence", grades)
    predicate = {
        "run": {name: book.get(name) for name in _RUN},
        "grade": json.loads(others.hidden_in(_as_text(grade))),
        "snapshot": {
            "digest": book["snapshot"]["digest"],
            "unchanged_since_graded": now == book["snapshot"]["digest"],
            "others_hidden": files["evidence.json"] != evidence,
        },
    }
    kept = {name: text.encode("utf-8", "backslashreplace") for name, text in files.items() if text}
    return Content(kept, predicate)


def _verdicts(book: _Json, learner: str) -> list[_Json]:
    own = (verdict for verdict in book["verdicts"] if verdict["learner"] == learner)
    return [
        {name: verdict[name] for name in _VERDICT if name in verdict}
        | {"facts": {n: fact for n, fact in verdict.get("facts", {}).items() if n in _FACTS}}
        for verdict in own
    ]


def _audit_lines(folder: Path, learner: str, others: _Others) -> Iterable[str]:
    """The learner's own requests, and those for the whole class that name nobody else."""
    for line in _text(folder / AUDIT).splitlines():
        try:
            whose = json.loads(line)["learner"]
        except (ValueError, KeyError, TypeError):
            continue  # half a line, of a run that was stopped
        if whose == learner or (not whose and others.hidden_in(line) == line):
            yield f"{line}\n"


class _Others:
    """The other learners' names, ids, addresses and places, to be hidden."""

    def __init__(self, folder: Path, grades: Mapping[str, _Json], learner: str, own: str) -> None:
        names = {
            name
            for other, entry in grades.items()
            if other != learner
            for name in (*_names(entry), *_places(_evidence_text(folder, other)))
        }
        names -= {*_names(grades[learner]), *_places(own)}
        spelled = {form for name in names for form in (name, json.dumps(name)[1:-1], quote(name))}
        longest_first = sorted(map(re.escape, spelled), key=len, reverse=True)
        pattern = rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)" if names else r"(?!)"
        self._pattern = re.compile(pattern, re.IGNORECASE)

    def hidden_in(self, text: str) -> str:
        return self._pattern.sub("[another learner]", text)


def _names(entry: _Json) -> set[str]:
    known = (entry["learner"], entry["name"], entry["email"])
    return {name for name in known if len(name) >= _SHORTEST}


def _places(evidence: str) -> set[str]:
    """The project, workspace, resource group and repositories that evidence is about."""
    try:
        facts = json.loads(evidence)["evidence"]
        project, workspace = facts["project"], facts["workspace"]
        repositories = [entry.get("full_name") for entry in facts["repositories"]]
        places = (project.get("name"), workspace.get("name"), *repositories)
    except (ValueError, KeyError, TypeError, AttributeError):  # what could not be seen is no place
        return set()
    return {name for name in places if isinstance(name, str) and len(name) >= _SHORTEST}


def _book(folder: Path) -> _Json:
    file = folder / JSON_NAME
    try:
        book = json.loads(file.read_bytes())
        _ = (book["grades"], book["verdicts"], book["rubric"], book["snapshot"]["digest"])
    except OSError as error:
        what = f"it cannot be read ({error.strerror})"
    except (ValueError, KeyError, TypeError):
        what = "this is no grade book as this program writes it"
    else:
        return book  # type: ignore[no-any-return]
    raise InputProblems([Problem(str(file), what, "name the results folder of a run with --run")])


def _evidence_text(folder: Path, learner: str) -> str:
    return _text(snapshot.path_of(folder / "evidence", learner))


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:  # not every run has it
        return ""


def _as_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"

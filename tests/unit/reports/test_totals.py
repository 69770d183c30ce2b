"""One run, every report: all of them tell the same numbers."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

from graders.verdicts import Grade, Outcome
from reports import ci, feedback, gradebook, page, terminal
from reports.ci import junit, summary
from reports.grading_run import GradingRun
from reports.pipeline import Pipeline
from tests.support import handmade_run as example

BUSY = {"ci-run-succeeded": (Outcome.PENDING, "run 7 is still running")}
CLASS: Mapping[str, Mapping[str, tuple[Outcome, str]]] = {
    "ada": {},
    "bob": {"variable-group-exists": (Outcome.FAILED, "misspelt")},
    "eve": {"variable-group-exists": (Outcome.FAILED, "misspelt")}
    | example.from_task(5, Outcome.BLOCKED, "no run"),
    "kim": example.from_task(3, Outcome.FAILED, "not there"),
    "mia": example.from_task(2, Outcome.NOT_ASSESSED, "it answered 503"),
    "ned": {"group-is-open": (Outcome.NOT_ASSESSED, "it answered 503")},
    "pia": {
        "project-exists": (Outcome.NOT_ASSESSED, "could not see AE MLOps 07"),
        "connection-exists": (Outcome.NOT_ASSESSED, "it answered 503"),
        **BUSY,
    },
    "zoe": {"project-exists": (Outcome.NOT_ASSESSED, "could not see AE MLOps 08"), **BUSY},
}
Told = tuple[str, int, tuple[str, ...]]
"""A cause: outcome, number of checks, learners."""


@pytest.fixture(scope="module")
def run() -> GradingRun:
    return example.run([example.learner(name) for name in CLASS], pipeline=Pipeline("github"))


@pytest.fixture(scope="module")
def grades(run: GradingRun) -> tuple[Grade, ...]:
    judged = [v for name, others in CLASS.items() for v in example.verdicts(name, others)]
    return gradebook.grades_of(run, judged)


@pytest.fixture(scope="module")
def shown(run: GradingRun, grades: tuple[Grade, ...]) -> str:
    """The terminal's summary on one line."""
    return " ".join(" ".join(terminal.summary(run, grades, [], terminal.Page())).split())


@pytest.fixture(scope="module")
def pipelines(run: GradingRun, grades: tuple[Grade, ...]) -> str:
    return html.unescape(summary.text(run, grades))


@pytest.fixture(scope="module")
def web(run: GradingRun, grades: tuple[Grade, ...]) -> str:
    return page.render(run, grades)


def book(run: GradingRun, grades: tuple[Grade, ...]) -> dict:  # type: ignore[type-arg]
    return json.loads(gradebook.as_json(run, grades))


def test_the_totals_of_the_learners(
    run: GradingRun, grades: tuple[Grade, ...], shown: str, pipelines: str, web: str
) -> None:
    rows = csv.DictReader(io.StringIO(gradebook.as_csv(run, grades)))
    totals = {row["learner"]: row["total"] or "withheld" for row in rows}
    assert Counter(totals.values()) == {"100": 2, "withheld": 3, "85": 1, "25": 1, "18": 1}
    in_terminal = dict(re.findall(r" (\w{3})(?: +[\d?.]+){6} +([\d.]+|withheld)", shown))
    in_pipeline = dict(re.findall(r"^\| (\w{3}) \| ([\d.]+|withheld) \|", pipelines, re.M))
    in_book = {
        entry["learner"]: "withheld" if entry["total"] is None else f"{entry['total']:g}"
        for entry in book(run, grades)["grades"]
    }
    in_page = {entry["i"]: entry.get("s", "withheld") for entry in _data(web)["learners"]}
    in_feedback = {grade.learner: _total_read(run, grade) for grade in grades}
    assert totals == in_terminal == in_pipeline == in_book == in_page == in_feedback


def test_how_many_grades_are_withheld(shown: str, pipelines: str, web: str) -> None:
    assert "Not decided (3 of 8 grades withheld):" in shown
    assert pipelines.startswith("# MLOps lab: 5 of 8 graded, 3 withheld")
    assert "## Not decided, and why (3 of 8 grades withheld)" in pipelines
    assert re.search(r"<dt>withheld: [^<]*</dt><dd>3</dd>", web)
    assert re.search(r"<dt>learners</dt><dd>8</dd>", web)
    assert re.search(r"<dt>full marks</dt><dd>2</dd>", web)


def test_how_many_checks_ended_how(
    run: GradingRun, grades: tuple[Grade, ...], pipelines: str, web: str
) -> None:
    counted = Counter(entry["outcome"] for entry in book(run, grades)["verdicts"])
    in_pipeline = dict(re.findall(r"(\d+) ([a-z ]+?)(?:,|$)", _line(pipelines, "- Checks: ")))
    assert {outcome: int(n) for n, outcome in in_pipeline.items()} == counted
    names = {letter: name for letter, (name, _) in _data(web)["outcomes"].items()}
    letters = Counter("".join(entry["o"] for entry in _data(web)["learners"]))
    assert {names[letter]: count for letter, count in letters.items()} == counted
    files = junit.files(run, grades)
    assert files["faults.xml"].count("<error ") == counted["not assessed"]
    assert files["learners.xml"].count("<failure ") == counted["failed"]


def test_every_cause_with_its_learners_and_checks(
    run: GradingRun, grades: tuple[Grade, ...], shown: str, pipelines: str, web: str
) -> None:
    wanted: list[Told] = [
        ("not assessed: it answered 503", 10, ("mia", "ned", "pia")),
        ("not assessed, for example: could not see AE MLOps 07", 2, ("pia", "zoe")),
        ("pending: run 7 is still running", 2, ("pia", "zoe")),
    ]
    assert _in_terminal(shown) == wanted
    assert _in_pipeline(pipelines) == wanted
    assert _in_page(web) == wanted
    titles = [note.title for note in ci.annotations_of(run, grades) if note.kind == "error"]
    assert titles == [
        "Not assessed: 10 checks of 3 learners",
        "Not assessed: 2 checks of 2 learners",
    ]
    own = {grade.learner: grade.withheld for grade in grades}
    assert own["pia"] == (
        "1 check not assessed: could not see AE MLOps 07; 1 check not assessed: it answered 503;"
        " 1 check pending: run 7 is still running"
    )
    text = feedback.as_markdown(run, feedback.feedback(run, run.learners[6], grades[6]))
    assert "2 checks could not be assessed" in text
    assert "1 check cannot be decided yet" in text


def test_what_failed_most_often_of_those_who_reached_it(
    run: GradingRun, grades: tuple[Grade, ...], shown: str, pipelines: str, web: str
) -> None:
    failed = book(run, grades)["class"]["failed"]
    wanted = [(entry["failed"], entry["tried"]) for entry in failed]
    assert wanted[:3] == [(2, 7), (1, 6), (1, 7)]
    assert _pairs(r"(\d+) of (\d+) step", shown) == wanted[:3]
    assert _pairs(r"^- step \S+ `\S+`: (\d+) of (\d+)\.", pipelines) == wanted
    assert _pairs(r'class="count">(\d+) of (\d+)<', web) == wanted


def test_where_learners_stopped(
    run: GradingRun, grades: tuple[Grade, ...], shown: str, pipelines: str, web: str
) -> None:
    stopped = book(run, grades)["class"]["stopped"]
    assert sum(stopped.values()) == 8
    text = ", ".join(f"{where}: {count}" for where, count in stopped.items())
    assert f"Where learners stopped: {text}" in shown
    assert f"- Where learners stopped: {text}" in pipelines
    bars = web.partition('aria-labelledby="stopped-heading"')[2].partition("</ul>")[0]
    assert {
        label: int(count)
        for label, count in re.findall(
            r'class="label">([^<]+)</span>.*?class="count">(\d+)', bars, re.S
        )
    } == stopped


# --- numbers as they are read ---------------------------------------------------------------------


def _data(web: str) -> dict:  # type: ignore[type-arg]
    text = web.partition('id="data">')[2].partition("</script>")[0]
    return json.loads(text)  # type: ignore[no-any-return]


def _line(text: str, start: str) -> str:
    return next(line.removeprefix(start) for line in text.splitlines() if line.startswith(start))


def _total_read(run: GradingRun, grade: Grade) -> str:
    learner = next(learner for learner in run.learners if learner.id == grade.learner)
    text = feedback.as_markdown(run, feedback.feedback(run, learner, grade))
    total = re.search(r"\*\*([\d.]+) of 100 points", text)
    return total[1] if total else "withheld" if "**No grade yet.**" in text else ""


def _in_terminal(shown: str) -> list[Told]:
    part = shown.partition("withheld): ")[2].partition(" Failed most")[0]
    found = re.findall(
        r"((?:\w{3}, )*\w{3}): (\d+) checks? (.+?)(?= (?:\w{3}, )*\w{3}: \d|$)", part
    )
    return [(words, int(count), tuple(who.split(", "))) for who, count, words in found]


def _in_pipeline(pipelines: str) -> list[Told]:
    found = re.findall(r"^- (\d+) checks? of ([\w, ]+): (.+)$", pipelines, re.M)
    return [(words, int(count), tuple(who.split(", "))) for count, who, words in found]


def _in_page(web: str) -> list[Told]:
    part = web.partition('aria-labelledby="causes-heading"')[2].partition("</ol>")[0]
    return list(_causes_in(part))


def _causes_in(part: str) -> Iterator[Told]:
    for entry in part.split("<li>")[1:]:
        who = tuple(re.findall(r"<bdi>(\w+)</bdi>", entry))
        count = re.search(r"(\d+) checks?<", entry)
        words = re.search(r'class="cause">([^<]+)<', entry)
        assert count
        assert words
        yield words[1], int(count[1]), who


def _pairs(pattern: str, text: str) -> list[tuple[int, int]]:
    return [(int(first), int(second)) for first, second in re.findall(pattern, text, re.M)]

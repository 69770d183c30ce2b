"""A decision is shown with the automatic verdict beside it, wherever the verdict is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from graders.decisions import ALL, Action, Decision, Idle, IdleDecision
from graders.inputs.lab_file import LabFile
from graders.verdicts import Grade, Outcome
from reports import ci, exports, feedback, gradebook, terminal
from reports import page as grade_book_page
from reports.allure import labels
from reports.ci import junit, summary
from reports.compare import compare
from reports.feedback import content
from reports.final_grades import final
from reports.grading_run import GradingRun
from reports.pipeline import Pipeline
from reports.stored import Book, read_book
from reports.submission import submission_of
from tests.support import handmade_run as example

ADA, BOB = example.learner("ada", "Ada Lovelace"), example.learner("bob", "Bob Stone", 2)
SECRET = "could not see /home/grader"
WHY = "I saw Ada Lovelace's <b>group</b>"
CLASSROOM50 = dict.fromkeys(
    ("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL"), "x"
)


def decision(
    action: Action, check: str = "variable-group-exists", points: float = 0, learner: str = "ada"
) -> Decision:
    return Decision(learner, check, action, WHY, "Dr Smith", date(2026, 11, 25), points, row=2)


def graded(*decisions: Decision, **changes: object) -> tuple[GradingRun, Sequence[Grade]]:
    run = example.run([ADA, BOB], decisions=decisions, **changes)
    unseen = {"variable-group-exists": (Outcome.NOT_ASSESSED, SECRET)}
    verdicts = [*example.verdicts("ada", unseen), *example.verdicts("bob")]
    return final(run, gradebook.grades_of(run, verdicts))


PARTLY = decision(Action.POINTS, points=7.5)
DECIDED = f"7.5 points, decided by Dr Smith on 25 November 2026: {WHY}"


def test_in_the_terminal() -> None:
    run, grades = graded(PARTLY, decision(Action.PASSED, learner="bob"))
    text = " ".join(" ".join(terminal.summary(run, grades, [], terminal.Page())).split())
    assert f"ada: step 2.6, variable-group-exists: {DECIDED} (automatic verdict: not assess" in text
    assert "Decisions without effect: bob: row 2, variable-group-exists: passed: no effect" in text
    assert "92.5" in text


def test_an_excused_learner_is_called_so_and_not_withheld() -> None:
    run, grades = graded(decision(Action.EXCUSED, ALL))
    text = " ".join(" ".join(terminal.summary(run, grades, [], terminal.Page())).split())
    assert "excused" in text
    assert "withheld:" not in text
    assert "1 of 2 graded, 0 withheld" in summary.text(run, grades)
    own = content.feedback(run, ADA, grades[0])
    assert own.withheld == ("You are excused from this lab.",)


def test_a_settled_grade_is_no_longer_called_undecided() -> None:
    unseen = {"variable-group-exists": (Outcome.NOT_ASSESSED, SECRET)}
    unseen["build-agents-are-free"] = (Outcome.NOT_ASSESSED, "no pools")
    for decisions, is_told in [([], True), ([decision(Action.PASSED, ALL)], False)]:
        run = example.run([ADA], decisions=decisions)
        run, grades = final(run, gradebook.grades_of(run, example.verdicts("ada", unseen)))
        shown = [*terminal.summary(run, grades, [], terminal.Page()), summary.text(run, grades)]
        assert ("Not decided" in "\n".join(shown)) is is_told


def test_in_the_grade_book() -> None:
    run, grades = graded(PARTLY)
    heading, ada, bob = gradebook.as_csv(run, grades).splitlines()
    assert ",92.5,,," in ada  # no automatic total: it was withheld
    assert f"{DECIDED} (automatic verdict: not assessed: {SECRET})" in ada
    assert bob.endswith(",100,,100,,SIMULATED,2026-11-23T09:33:15Z")
    entry = json.loads(gradebook.as_json(run, grades))["grades"][0]
    assert entry["automatic"] == {"total": None, "withheld": f"1 check not assessed: {SECRET}"}
    assert "automatic_total,decisions,tenant" in heading


def test_on_the_page() -> None:
    run, grades = graded(PARTLY, replace(PARTLY, learner="bob", check="nothing"))
    page = grade_book_page.render(run, grades)
    assert "decided by Dr Smith on 25 November 2026" in page
    assert "<b>group" not in page
    assert "no effect: this run did not judge that check" in page


@pytest.mark.parametrize("action", [Action.PASSED, Action.FAILED, Action.EXCUSED])
def test_in_the_feedback_without_what_is_for_the_grader(action: Action) -> None:
    run, grades = graded(decision(action))
    page = content.feedback(run, ADA, grades[0])
    for text in (feedback.as_markdown(run, page), feedback.as_html(run, page)):
        assert "Decisions and late work" in text
        assert f"{action}, decided by Dr Smith" in text
        assert "(automatic verdict: not assessed)" in text
        assert SECRET not in text
        assert "it works" not in text
    assert not page.first
    assert not page.unseen
    own = content.feedback(run, BOB, grades[1])
    assert "Smith" not in feedback.as_markdown(run, own)


def test_in_the_ci_summary_and_the_junit_files_without_names() -> None:
    run, grades = graded(PARTLY)
    xml = junit.files(run, grades)[junit.LEARNERS]
    for text in (summary.text(run, grades), xml):
        assert "decided by Dr Smith" in text
        assert "Lovelace" not in text
    assert "7.5 of 15 points" in xml
    run, grades = graded(decision(Action.PASSED))
    assert "<system-out>passed, decided by" in junit.files(run, grades)[junit.LEARNERS]


def test_in_allure() -> None:
    _, grades = graded(decision(Action.PASSED))
    assert f"decided by Dr Smith on 25 November 2026: {WHY}" in labels.message(
        grades[0].verdicts[1]
    )


def exported(name: str, *decisions: Decision, **changes: object) -> Mapping[str, str]:
    run, grades = graded(*decisions, tenant="live", **changes)
    return exports.EXPORTS[name](run, grades).files


def test_in_gradescope() -> None:
    files = exported("gradescope", decision(Action.PASSED), decision(Action.ADD, ALL, 3))
    (result,) = (json.loads(text) for file, text in files.items() if "/ada/" in file)
    assert result["score"] == 103
    assert "total: 3 points more, decided by Dr Smith" in result["output"]
    shown = result["tests"][1]["output"]
    assert shown.startswith("passed: passed, decided by Dr Smith")
    assert SECRET not in json.dumps(result)


def test_in_classroom_50_the_total_counts_and_parts_of_points_are_whole() -> None:
    run = example.run([ADA], decisions=(PARTLY, decision(Action.ADD, ALL, 0.25)), tenant="live")
    run = replace(run, submission=submission_of(CLASSROOM50))
    unseen = {"variable-group-exists": (Outcome.NOT_ASSESSED, SECRET)}
    run, grades = final(run, gradebook.grades_of(run, example.verdicts("ada", unseen)))
    (text,) = exports.EXPORTS["classroom50"](run, grades).files.values()
    result = json.loads(text)
    assert (result["score"], result["max-score"]) == (371, 400)  # 92.75 of 100, in quarters
    assert result["tests"][1]["score"] == 30
    assert SECRET not in text


def test_canvas_reads_an_excused_learner_as_such() -> None:
    learners = [replace(ADA, extra={"canvas_id": "7"}), replace(BOB, extra={"canvas_id": "8"})]
    run = example.run(learners, tenant="live", decisions=(decision(Action.EXCUSED, ALL),))
    run, grades = final(
        run, gradebook.grades_of(run, [*example.verdicts("ada"), *example.verdicts("bob")])
    )
    assert '"7","","","EX"' in exports.EXPORTS["canvas"](run, grades).files["canvas.csv"]
    left_out = exports.EXPORTS["blackboard"](run, grades).left_out["ada"]
    assert left_out.startswith("excused, decided by Dr Smith")


def test_a_written_grade_book_keeps_decisions(tmp_path: Path) -> None:
    run, grades = graded(PARTLY, decision(Action.ADD, ALL, 2))
    gradebook.write(replace(run, reports=tmp_path), grades)
    book = read_book(tmp_path)
    assert book.grades["ada"].total == 94.5
    assert compare(book, Book.of("again", run, grades)).is_empty
    half = LabFile(points={"variable-group-exists": 5, "total": 90})
    assert book.worth(half, "half").grades["ada"].verdicts[1].earned == 5
    plain = graded()
    (change,) = compare(Book.of("before", *plain), book).learners
    assert (change.before, change.after) == (None, 94.5)
    assert change.checks[0].why.startswith(DECIDED)


def test_a_pipeline_is_told_too(tmp_path: Path) -> None:
    run, grades = graded(PARTLY, reports=tmp_path, pipeline=Pipeline("azure"))
    ((_, file),) = ci.write_summary(run, grades)
    assert "Decisions and late work" in file.read_text(encoding="utf-8")


def test_idle_decisions_are_facts() -> None:
    run, _ = graded(replace(PARTLY, check="nothing"))
    assert run.idle_decisions == (IdleDecision(replace(PARTLY, check="nothing"), Idle.NO_MATCH),)

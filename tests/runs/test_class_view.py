"""The class as a whole: what failed most and why, where learners stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from graders.reasons import LabBreak, Reason
from graders.verdicts import Outcome, Verdict
from reports import terminal
from reports.class_summary import (
    Broken,
    Cause,
    Failure,
    cause_of,
    failures,
    lab_breaks,
    stopped,
    undecided,
)
from reports.gradebook import grades_of
from tests.support import grading_process
from tests.support import handmade_run as example

AZURE_REPOS = (
    "repository of the pipeline: expected a GitHub repository; found mlops_{n:02d} (TfsGit)"
)
CHECK = "ci-run-succeeded"


def a_class(outcomes: list[tuple[Outcome, str]], check: str = CHECK) -> list[Verdict]:
    """One learner for each outcome of that check; the reason's ``{n}`` is the learner's number."""
    return [
        verdict
        for number, (outcome, reason) in enumerate(outcomes, start=1)
        for verdict in example.verdicts(f"l{number}", {check: (outcome, reason.format(n=number))})
    ]


def failures_of(outcomes: list[tuple[Outcome, str]]) -> list[Failure]:
    run = example.run([example.learner(f"l{n}", "", n) for n in range(1, len(outcomes) + 1)])
    return failures(run.checks, grades_of(run, a_class(outcomes)))


def test_the_shared_cause_is_found_whatever_number_a_learner_has() -> None:
    others = [(Outcome.FAILED, "run {n} of CI failed: lint"), (Outcome.PASSED, "")]
    (failure,) = failures_of([(Outcome.FAILED, AZURE_REPOS)] * 3 + others)
    assert (failure.check.id, len(failure.learners), failure.tried) == (CHECK, 4, 5)
    assert (failure.cause, failure.same_cause) == (AZURE_REPOS.format(n=1), 3)


BREAK = LabBreak(
    "CD › Deploy_ACI › Deploy", "No module of that name", "extension", 4, 6, datetime(2026, 11, 20)
)


def test_where_the_lab_breaks_is_said_once_with_its_learners_and_a_remedy() -> None:
    run = example.run([example.learner(f"l{n}", "", n) for n in range(1, 7)])
    verdicts = [
        replace(verdict, why=Reason(lab_break=BREAK)) if verdict.check == CHECK else verdict
        for verdict in a_class([(Outcome.NOT_ASSESSED, "")] * 4 + [(Outcome.PASSED, "")] * 2)
        if verdict.learner in ("l1", "l2", "l3", "l4") or verdict.check != CHECK
    ]
    grades = grades_of(run, verdicts)
    assert lab_breaks(grades) == [Broken(BREAK, ("l1", "l2", "l3", "l4"))]
    text = " ".join("\n".join(terminal.summary(run, grades, [], terminal.Page())).split())
    told = text.partition("The lab or the tenant is wrong: ")[2]
    assert told.startswith(
        "l1, l2, l3, l4: CD › Deploy_ACI › Deploy since 20 November 2026: 4 of 6"
    )
    assert "“No module of that name”" in told
    assert "To do: replace its commands in the template's pipelines" in told
    right = grades_of(run, a_class([(Outcome.FAILED, "why")] * 6))
    lines = terminal.summary(run, right, [], terminal.Page())
    assert not any("The lab or the tenant" in line for line in lines)


def test_where_learners_stopped_is_the_last_task_half_done() -> None:
    ends = {
        "none": example.from_task(2, Outcome.FAILED, "gone"),
        "four": example.from_task(5, Outcome.BLOCKED, "earlier"),
        "all": {},
        "open": example.from_task(5, Outcome.PENDING, "it is still running"),
        "late": {"project-exists": (Outcome.NOT_ASSESSED, "not seen")},
    }
    run = example.run([example.learner(name) for name in ends])
    verdicts = [verdict for name, lost in ends.items() for verdict in example.verdicts(name, lost)]
    assert stopped(grades_of(run, verdicts)) == {
        "before task 2": 1,
        "task 4": 1,
        "task 7 (last)": 2,
        "not decided yet": 1,
    }


def test_one_cause_is_one_whatever_number_a_learner_has_and_that_of_most_comes_first() -> None:
    lost = {
        "ada": example.from_task(2, Outcome.NOT_ASSESSED, "it answered 503"),
        "bob": {"group-is-open": (Outcome.NOT_ASSESSED, "could not see mlops_02")},
        "eve": {"project-exists": (Outcome.NOT_ASSESSED, "could not see mlops_17")},
        "zoe": {"project-exists": (Outcome.FAILED, "gone")},
    }
    run = example.run([example.learner(name) for name in lost])
    grades = grades_of(run, [v for name, own in lost.items() for v in example.verdicts(name, own)])
    assert undecided(grades) == [
        Cause(Outcome.NOT_ASSESSED, "could not see mlops_02", ("bob", "eve"), 2, is_example=True),
        Cause(Outcome.NOT_ASSESSED, "it answered 503", ("ada",), 8),
    ]


def test_what_one_learner_reads_is_no_example_and_what_is_not_run_is_counted() -> None:
    lost = {
        "ada": {"project-exists": (Outcome.NOT_ASSESSED, "could not see mlops_02")},
        "bob": {"project-exists": (Outcome.NOT_ASSESSED, "could not see mlops_02")},
        "eve": {"ci-run-succeeded": (Outcome.PENDING, "run 7 is still running")},
    }
    run = example.run([*map(example.learner, lost), example.learner("zoe")])
    judged = [v for name, own in lost.items() for v in example.verdicts(name, own)]
    causes = undecided(grades_of(run, [*judged, *example.verdicts("zoe")[:6]]))
    assert [(cause.words, cause.learners, cause.checks) for cause in causes] == [
        ("not assessed: could not see mlops_02", ("ada", "bob"), 2),
        ("pending: run 7 is still running", ("eve",), 1),
        ("not run", ("zoe",), 2),
    ]


def test_a_setting_that_all_learners_have_wrong_is_not_called_the_labs(tmp_path: Path) -> None:
    """Task 5 step 2 says Azure Repos Git: all learners do as it says, and so fail a check."""
    cohort = grading_process.write_cohort(
        tmp_path / "class.csv", 6, dict.fromkeys(range(1, 7), "ci_builds_azure_repos")
    )
    graded = grading_process.grade(
        "--learners", cohort, "--tenant", "simulated", reports=tmp_path / "out"
    )
    text = " ".join(graded.text.split())
    assert "6 of 6 step 5.5" in text
    book = graded.book()["class"]
    causes = {failure["check"]: failure["same_cause"] for failure in book["failed"]}
    assert causes["ci-pipeline-builds-the-learners-repository"] == 6
    assert book["lab_breaks"] == []


def test_ids_and_commits_do_not_make_one_cause_two() -> None:
    reasons = (
        "the run built 4f2a9c1e77; expected a commit of the repository",
        "the run built b81d00aa12; expected a commit of the repository",
    )
    assert len({cause_of(reason) for reason in reasons}) == 1
    ids = (f"{n * 8}-0000-4000-8000-{n * 12}" for n in "ab")
    assert len({cause_of(f"the connection {identity} is not ready") for identity in ids}) == 1
    assert cause_of("the facade is decayed") == "the facade is decayed"
    assert cause_of("lint failed") != cause_of("a test failed")

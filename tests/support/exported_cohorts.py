"""Cohorts whose marks are exported, judged by what the scenario says instead of by a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from fixtures.plugin.grading import PROJECT, whole_rubric
from fixtures.simulator.mistakes import mistakes_of
from graders.inputs.cohort import read_cohort
from graders.inputs.marks import MarksTable
from graders.lab import Learner
from graders.reasons import OwnerNote, Relation
from graders.rubric import Check
from graders.verdicts import Grade, Outcome, Verdict, grade
from reports.grading_run import GradingRun
from reports.submission import submission_of
from tests.support import golden_lines, handmade_run

DEMO = PROJECT / "fixtures" / "cohorts" / "demo.csv"
MARKS = MarksTable(canvas_assignment_id=900, blackboard_column_id=664617)
RUNNER = {
    "CLASSROOM": "mlops-2026",
    "ASSIGNMENT": "lab",
    "SUBMISSION_TAG": "submit/2026-11-20T16-59-05Z-a1b2c3d",
    "COMMIT_URL": "https://github.com/school/mlops-2026-lab-ada/commit/a1b2c3d",
    "RELEASE_URL": "https://github.com/school/mlops-2026-lab-ada/releases/tag/submit%2Fa1b2c3d",
    "REVIEW_URL": "https://github.com/school/mlops-2026-lab-ada/compare/0000000...a1b2c3d",
    "USERNAME": "ada",
    "OWNER": "ada",
    "ASSIGNMENT_TYPE": "individual",
}
"""What Classroom 50's runner sets for an autograder."""
NASTY = (
    'expected "C:\\"x", found =cmd|\' /C calc\'!A0, <b>"bold"</b>\r\n=1+1\t@SUM(A1)\\ \u202e \ud83d'
    " \U0001f9d1\u200d\U0001f52c \\"
)
"""What a learner could have named a resource, so that a reason shows it."""


@dataclass(frozen=True)
class Cohort:
    """A run and its grades."""

    run: GradingRun
    grades: tuple[Grade, ...]

    def decided(self) -> dict[str, float]:
        """Learner id -> total, of those whose grade is not withheld."""
        return {
            learner_grade.learner: learner_grade.earned
            for learner_grade in self.grades
            if not learner_grade.withheld
        }


def cohort(
    learners: Sequence[Learner],
    outcomes: Mapping[str, Mapping[str, Outcome]],
    rubric: Sequence[Check],
    reports: Path = Path("reports/out"),
    reason: str = "",
) -> Cohort:
    """Learners with these outcomes; a check that is not named passed."""
    run = handmade_run.run(
        learners,
        reports,
        rubric=rubric,
        tenant="live",
        evidence_folder=reports / "evidence",
        marks=MARKS,
        submission=submission_of(RUNNER),
    )
    grades = [
        grade(
            learner.id, _verdicts(learner.id, outcomes.get(learner.id, {}), rubric, reason), rubric
        )
        for learner in learners
    ]
    return Cohort(run, tuple(grades))


def changed(original: Cohort, **facts: object) -> Cohort:
    return replace(original, run=replace(original.run, **facts))  # type: ignore[arg-type]


def with_learners(original: Cohort, learners: Iterable[Learner]) -> Cohort:
    """The same grades of learners who are called otherwise."""
    return changed(original, labs={learner.id: handmade_run.lab(learner) for learner in learners})


def only(original: Cohort, learner: str) -> Cohort:
    """The same, where that learner alone was graded."""
    grades = tuple(
        learner_grade for learner_grade in original.grades if learner_grade.learner == learner
    )
    labs = {learner: original.run.labs[learner]}
    return Cohort(replace(original.run, labs=labs, everyone=labs), grades)


def _verdicts(
    learner: str, outcomes: Mapping[str, Outcome], rubric: Iterable[Check], reason: str
) -> list[Verdict]:
    verdicts = []
    for check in rubric:
        outcome = outcomes.get(check.id, Outcome.PASSED)
        shown_reason = "" if outcome is Outcome.PASSED else reason
        verdict = handmade_run.verdict(learner, check, outcome, shown_reason)
        verdicts.append(
            replace(verdict, owners=(OwnerNote("it", Relation.IS_OF, ("SOMEBODY-ELSE",)),))
        )
    return verdicts


@cache
def demo() -> Cohort:
    """The demo cohort, as its mistakes deserve."""
    learners = read_cohort(DEMO)
    expected = {learner.id: golden_lines.expected(mistakes_of(learner)) for learner in learners}
    return cohort(learners, expected, whole_rubric())


@cache
def catalogue() -> Cohort:
    """One learner for each entry of the catalogues, given nasty reasons."""
    entries = golden_lines.of_entries()
    learners = [person(number, f"Learner {number}") for number, _ in enumerate(entries, 1)]
    expected = {
        learner.id: outcomes for learner, outcomes in zip(learners, entries.values(), strict=True)
    }
    return cohort(learners, expected, whole_rubric(), reason=NASTY)


def person(number: int, name: str, **cells: str) -> Learner:
    """A learner whom every system knows; ``cells`` are columns of their row."""
    ids = {
        "canvas_id": str(7000 + number),
        "sis_login_id": f"login.{number}",
        "section": "A",
        "blackboard_username": f"bb{number}",
    }
    email = cells.pop("email", f"learner{number}@example.org")
    identity = cells.pop("id", f"user{number}")
    return Learner(identity, number, name, email, extra=ids | cells)


NAMES = (
    'Robert "Bob" O\'Neil',
    "Novotná, Jana",
    "A;B;C;D;E;F;G",
    "\U0001f9d1\u200d\U0001f52c\U0001f600 Émoji",
    "\u05e9\u05dc\u05d5\u05dd \u202eevil\u202c \u0639\u0644\u064a",
    '=HYPERLINK("http://x.invalid";"y")',
    "+49 30 1; =1+1",
    "@SUM(A1)",
    "\t=1+1",
    "＝1+1",
    "x" * 300,
    "two\r\nlines\n=1+1",
    "    Points Possible",
    "Muted",
    "Student, Test",
    "1,234.5",
    "back\\slash\\",
    '"',
    "",
)


@cache
def hostile() -> Cohort:
    """Names from hell, each with another outcome somewhere, and nasty reasons."""
    learners = [person(number, name) for number, name in enumerate(NAMES, 1)]
    checks = [check.id for check in handmade_run.RUBRIC]
    outcomes = {
        learner.id: {checks[place % len(checks)]: list(Outcome)[place % 5]}
        for place, learner in enumerate(learners)
    }
    return cohort(learners, outcomes, handmade_run.RUBRIC, reason=NASTY)

"""GitHub Classroom: each learner's result as its autograding reporter reads it.

The reporter takes the base64 of such a file as a step's output. It computes the mark in two ways:
passed tests by all tests times the highest score, and the sum of the tests' scores. They agree
where all tests are worth the same, so a check of three points is three tests of one. Source:
GitHub's autograding-grading-reporter.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from graders.lab import Learner
from graders.names import file_stem
from graders.texts import strip_controls
from graders.verdicts import Grade, Outcome, Verdict
from reports.exports.shape import BANNER, Export, LeftOutError, Mark, file_name, sort_out
from reports.grading_run import GradingRun

VERSION = 3
MOST_TESTS = 1000
"""More would outgrow what GitHub takes as the output of a step."""


def export(run: GradingRun, grades: Sequence[Grade]) -> Export:
    """One file a learner whose grade is decided."""
    unit = common_unit(check.points for check in run.checks)
    tests = sum(_exact(check.points) for check in run.checks) / unit

    def key_of(learner: Learner) -> str:
        if tests > MOST_TESTS:
            raise LeftOutError(
                f"its points make {int(tests)} tests of equal worth, and {MOST_TESTS} fit"
            )
        return learner.id

    marks, left_out = sort_out(run, grades, key_of)
    files = {
        file_name(run, f"classroom/{file_stem(mark.key)}.json"): _result(run, mark, unit)
        for mark in marks
    }
    return Export(files, left_out)


def common_unit(points: Iterable[float]) -> Fraction:
    """The most points of which all of these are multiples; 1 where none are above 0."""
    parts = [_exact(one) for one in points if one]
    if not parts:
        return Fraction(1)
    denominator = math.lcm(*(one.denominator for one in parts))
    return Fraction(math.gcd(*(int(one * denominator) for one in parts)), denominator)


def units_of(points: float, unit: Fraction) -> int:
    """How many units these points are; they are a multiple of it."""
    return int(_exact(points) / unit)


def name_of(run: GradingRun, verdict: Verdict) -> str:
    """What the test is called: its step in the lab, and its title."""
    name = f"{verdict.step} {verdict.title}"
    return f"{BANNER} {name}" if run.is_simulated else name


def message(verdict: Verdict) -> str:
    """Why a check did not pass, on one line; of what failed also how to mend it."""
    said = f"{verdict.outcome}: {verdict.reason}" if verdict.reason else str(verdict.outcome)
    hint = f" To mend it: {verdict.hint}" if verdict.outcome is Outcome.FAILED else ""
    return strip_controls(said + hint)


def _exact(points: float) -> Fraction:
    return Fraction(repr(round(points, 4)))


def _result(run: GradingRun, mark: Mark, unit: Fraction) -> str:
    verdicts = [one for one in mark.grade.verdicts if one.points]
    tests = [test for verdict in verdicts for test in _tests(run, verdict, unit)]
    passed = all(one.outcome is Outcome.PASSED for one in verdicts)
    document = {
        "version": VERSION,
        "status": "pass" if passed else "fail",
        "max_score": _number(len(tests) * unit),
        "tests": tests,
    }
    return json.dumps(document) + "\n"


def _tests(run: GradingRun, verdict: Verdict, unit: Fraction) -> Iterator[Mapping[str, object]]:
    """All tests of one check pass, or none does; only the first says why."""
    count = units_of(verdict.points, unit)
    passed = verdict.outcome is Outcome.PASSED
    name = name_of(run, verdict)
    for number in range(1, count + 1):
        yield {
            "name": f"{name} ({number} of {count})" if count > 1 else name,
            "status": "pass" if passed else "fail",
            "score": _number(unit) if passed else 0,
            "message": message(verdict) if number == 1 and not passed else "",
            "test_code": "",
            "filename": "",
            "line_no": 0,
            "duration": 0,
            "task_id": verdict.task,
        }


def _number(value: Fraction) -> float:
    return int(value) if value.denominator == 1 else float(value)

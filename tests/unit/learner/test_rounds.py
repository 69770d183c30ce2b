"""Rounds until everything is right: what is asked again, what is said, and how long it waits."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from fixtures.learner import rounds
from fixtures.learner.collecting import _early
from fixtures.learner.rounds import Round
from fixtures.plugin.grading import whole_rubric
from graders.evidence import Rights
from graders.services.sign_in_failures import SignInError
from graders.verdicts import Outcome, Verdict

FAILED, PASSED, UNSEEN = Outcome.FAILED, Outcome.PASSED, Outcome.NOT_ASSESSED
Script = list[dict[str, Outcome] | Exception]


class Fake:
    """Stands in for the rounds: ``script`` is what each later one finds."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[list[str]] = []
        self.pauses: list[float] = []
        self.lines: list[str] = []

    def check(self, _own: object, checks: Collection[str], _show: object) -> Round:
        self.asked.append(list(checks))
        ending = self.script.pop(0)
        if isinstance(ending, Exception):
            raise ending
        return round_of(ending)


def round_of(outcomes: dict[str, Outcome]) -> Round:
    verdicts = {
        check: Verdict("user7", check, 2, "2.1", f"Title of {check}", 2, outcome)
        for check, outcome in outcomes.items()
    }
    return Round(verdicts, Rights())


def watched(
    monkeypatch: pytest.MonkeyPatch, first: dict[str, Outcome], script: Script, seconds: int = 60
) -> Fake:
    fake, own = Fake(script), object()
    monkeypatch.setattr(rounds, "check", fake.check)
    begin: Any = own
    rounds.until_done(begin, round_of(first), seconds, fake.lines.append, fake.pauses.append)
    return fake


def test_only_what_is_not_right_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = {"a": PASSED, "b": FAILED, "c": FAILED, "d": Outcome.NOTED}
    fake = watched(monkeypatch, first, [{"b": PASSED, "c": FAILED}, {"c": PASSED}])
    assert fake.asked == [["b", "c"], ["c"]]
    assert fake.pauses == [60, 60]
    text = "\n".join(fake.lines)
    assert text.count("Now right: Title of b") == text.count("Now right: Title of c") == 1
    assert fake.lines[-1].startswith("All done")


def test_no_news_is_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = watched(monkeypatch, {"a": FAILED}, [{"a": FAILED}, {"a": FAILED}, {"a": PASSED}])
    assert "\n".join(fake.lines).count("Task 2") == 1


def test_it_waits_half_a_minute_at_least_and_longer_for_a_silent_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script: Script = [{"a": UNSEEN}, SignInError("no sign-in."), {"a": FAILED}, {"a": PASSED}]
    fake = watched(monkeypatch, {"a": FAILED}, script, seconds=1)
    assert fake.pauses == [30, 60, 120, 30]
    assert "  Not checked this time: no sign-in." in "\n".join(fake.lines)


def test_no_pause_is_longer_than_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    silent: Script = [{"a": UNSEEN} for _ in range(8)]
    fake = watched(monkeypatch, {"a": FAILED}, [*silent, {"a": PASSED}])
    assert max(fake.pauses) == 600


def test_the_tasks_without_runs_are_shown_first() -> None:
    rubric = {check.id: check for check in whole_rubric()}
    run: Any = type("Run", (), {"rubric": rubric})
    assert _early(run, list(rubric)) == {2, 3, 4}
    later = [check.id for check in rubric.values() if check.task == 5]
    assert _early(run, later) == frozenset()
    alone = [check.id for check in rubric.values() if check.task == 2]
    assert _early(run, alone) == frozenset(), "one task needs no second look"

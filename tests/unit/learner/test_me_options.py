"""``--me`` before a run: whose lab it is, what is refused, where the lab file is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures.plugin import me


def config(**given: Any) -> Any:
    """What pytest hands over; every option that is not given has its default."""
    names = ("learners", "learner", "evidence", "shard", "decisions", "history", "lab", "number")
    option = SimpleNamespace(**{**dict.fromkeys(names), "me": True, **given})
    return SimpleNamespace(option=option)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learners", "cohort.csv"),
        ("learner", ["user3"]),
        ("evidence", "out/evidence"),
        ("shard", "1/2"),
        ("decisions", "decisions.csv"),
        ("history", "history"),
    ],
)
def test_what_is_the_instructors_is_refused(name: str, value: object) -> None:
    with pytest.raises(pytest.UsageError, match=f"--me checks your own lab: remove --{name}."):
        me.prepare(config(**{name: value}))


def test_a_number_alone_or_no_lab_file_is_refused() -> None:
    with pytest.raises(pytest.UsageError, match="add --me"):
        me.prepare(config(me=False, number=7))
    with pytest.raises(pytest.UsageError, match="your class's lab file is missing: add --lab"):
        me.lab_file(None, Path.cwd(), Path.cwd())


@pytest.mark.parametrize("number", [0, -1, 1000])
def test_a_number_that_is_none_is_refused(number: int) -> None:
    with pytest.raises(pytest.UsageError, match="write a number from 1 to 999"):
        me.number(number, lambda: "")


@pytest.mark.parametrize(
    ("typed", "number"), [("7", 7), (" 12 ", 12), ("user7", None), ("", None), ("9999", None)]
)
def test_the_number_is_asked_for_where_no_name_tells_it(
    typed: str, number: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", lambda _question: typed)
    assert me.number(None, lambda: "user3@lab.example") == 3
    if number:
        assert me.number(None, lambda: "ada@lab.example") == number
        return
    with pytest.raises(pytest.UsageError):
        me.number(None, lambda: "ada@lab.example")


@pytest.mark.parametrize(
    ("account", "why"),
    [
        ("ada@lab.example", "the name that you signed in with, ada@lab.example, has no number"),
        ("", "your sign-in has no number of the lab: add --number N"),
    ],
)
def test_where_nobody_can_be_asked_the_number_has_to_be_given(
    account: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: False))
    with pytest.raises(pytest.UsageError, match=why):
        me.number(None, lambda: account)

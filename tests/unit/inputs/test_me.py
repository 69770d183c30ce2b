"""A learner's number, as the name of their account gives it."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from graders.inputs.cohort import read_cohort_file
from graders.inputs.me import account_of, number_of, write_cohort


def token(claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"header.{body}.signature"


@pytest.mark.parametrize(
    ("claims", "account"),
    [
        ({"upn": "user7@lab.example", "email": "other@x"}, "user7@lab.example"),
        ({"preferred_username": "user7@lab.example"}, "user7@lab.example"),
        ({"upn": "", "unique_name": "user7"}, "user7"),
        ({"appid": "an application"}, ""),
        ({"upn": ["user7"]}, "['user7']"),
        ({"upn": "user7\x1b[31m\nmore"}, "user7\N{REPLACEMENT CHARACTER}[31m more"),
        ({"upn": "u" * 999}, "u" * 200),
        (["no claims"], ""),
        (None, ""),
    ],
)
def test_says_whom_a_token_was_given_to(claims: object, account: str) -> None:
    assert account_of(token(claims)) == account


@pytest.mark.parametrize("text", ["", "opaque", "a.b.c", "a.....", "é.é.é", "a." + "W1" * 5000])
def test_a_token_that_says_nothing_is_nobodys(text: str) -> None:
    assert account_of(text) == ""


@pytest.mark.parametrize(
    ("account", "number"),
    [
        ("user7@lab.example", 7),
        ("odl_user_0012@lab.example", 12),
        ("USER-003@lab.example", 3),
        ("user0@lab.example", None),
        ("superuser7@lab.example", None),
        ("user1234@lab.example", None),
        ("ada@lab7.example", None),
        ("", None),
    ],
)
def test_finds_the_number_that_the_lab_gave_out(account: str, number: int | None) -> None:
    assert number_of(account) == number


def test_the_cohort_is_this_learner_alone(tmp_path: Path) -> None:
    cohort = read_cohort_file(write_cohort(tmp_path, 7))
    assert [(learner.id, learner.number) for learner in cohort.learners] == [("user7", 7)]

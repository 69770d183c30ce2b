"""What a service says when it refuses, read from its answer alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graders.services.http.known_refusals import remedy_for_code, remedy_for_words
from graders.services.http.refusals import (
    NOTHING,
    Refused,
    is_secondary_limit,
    is_throttled,
    read,
    without_secrets,
)
from tests.support.answers import answer

GITHUB = "https://api.github.com/repos/o/n"
SECONDARY = b'{"message": "You have exceeded a Secondary rate limit. Please wait."}'
ABUSE = b'{"message": "You have triggered an abuse detection mechanism."}'


def refused(body: object) -> Refused:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read(answer(400, {}, body=content))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"typeKey": "AccessCheckException", "message": "No."},
            Refused("AccessCheckException", "", "No."),
        ),
        ({"error": {"code": "Gone", "message": "No."}}, Refused("Gone", "", "No.")),
        ({"Error": {"Code": "UserError", "Message": "No."}}, Refused("UserError", "", "No.")),
        (
            {"code": "Forbidden", "statusCode": 403, "message": "No."},
            Refused("Forbidden", "", "No."),
        ),
        ({"message": "No.", "documentation_url": "https://x"}, Refused("", "", "No.")),
        (
            {"error": "invalid_client", "error_description": "AADSTS7000215: canary"},
            Refused("AADSTS7000215", "invalid_client", ""),
        ),
        ({"error": "invalid_client"}, Refused("invalid_client", "invalid_client", "")),
        ({"typeKey": "A", "message": "TF400813: no"}, Refused("TF400813", "", "TF400813: no")),
        ({"typeKey": "Two words", "code": "Plain"}, Refused("Plain", "", "")),
        ({"typeKey": "9th", "code": 7}, NOTHING),
        (
            {"message": "", "error": {"message": 7, "Message": "At last."}},
            Refused(words="At last."),
        ),
        ({"message": {"text": "no"}}, NOTHING),
        ([{"typeKey": "Listed"}], NOTHING),
        (b"<html>It is VS403463 that says no", Refused("VS403463")),
        (b"\xef\xbb\xbf" + b'{"message": "No."}', Refused(words="No.")),
        (b'{"message": "N\xff."}', Refused(words="N\ufffd.")),
        (b"[" * 8000, NOTHING),
        (b" " * 8192 + b"TF400813", NOTHING),
        (b" " * 8184 + b"TF400813", Refused("TF400813")),
    ],
)
def test_each_shape_of_a_refusal_is_read(body: object, expected: Refused) -> None:
    assert refused(body) == expected


@pytest.mark.parametrize(
    "more",
    [
        {"typeKey": "First", "error": {"code": "Later"}},
        {"error": {"code": "First", "Code": "Later"}},
        {"Error": {"Code": "First"}, "code": "Later"},
        {"error": "First", "code": "Later"},
    ],
)
def test_the_first_code_that_is_one_counts(more: dict[str, Any]) -> None:
    assert refused(more).code == "First"


def test_a_refusal_that_is_not_known_has_no_remedy() -> None:
    assert (remedy_for_code("TF400813"), remedy_for_words("Not Found")) == ("", "")


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("Access denied.\r\nSee  more", "Access denied. See more"),
        (f"token ghp_{'x' * 40} is bad", "token … is bad"),
        ("x" * 31, "x" * 31),
        ("x" * 32, "…"),
        ("see https://x.example/a?sig=canary for it", "see https://x.example/a for it"),
        ("\x1b[31mred\x1b[0m \u202etxt", "\ufffd[31mred\ufffd[0m txt"),
        ("long " * 40, ("long " * 40).strip()),
        ("long " * 39 + "along", "long " * 39 + "along"),
        ("long " * 39 + "longer", "long " * 39 + "longe…"),
    ],
)
def test_a_services_words_are_one_bounded_line_without_secrets(words: str, kept: str) -> None:
    assert without_secrets(words) == kept


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (403, {"x-ratelimit-remaining": "0"}, True),
        (403, {"x-ratelimit-remaining": "1"}, False),
        (400, {"Retry-After": "1"}, True),
        (399, {"Retry-After": "1", "x-ratelimit-remaining": "0"}, False),
        (503, {}, False),
    ],
)
def test_an_allowance_is_used_up_where_a_header_says_so(
    status: int, headers: dict[str, str], expected: bool
) -> None:
    assert is_throttled(answer(status, headers)) is expected


@pytest.mark.parametrize(
    ("status", "url", "body", "expected"),
    [
        (403, GITHUB, SECONDARY, True),
        (429, GITHUB, ABUSE, True),
        (403, GITHUB, b"\xef\xbb\xbf" + SECONDARY, True),
        (403, GITHUB, SECONDARY.replace(b"You", b"\xff"), True),
        (403, GITHUB, b'{"message": "Resource not accessible"}', False),
        (403, GITHUB, b'{"message": ["secondary rate limit"]}', False),
        (403, GITHUB, b'{"words": "secondary rate limit"}', False),
        (403, GITHUB, b" " * 8192 + SECONDARY, False),
        (403, GITHUB, SECONDARY + b" " * (8192 - len(SECONDARY)) + b"x", True),
        (404, GITHUB, SECONDARY, False),
        (403, "http://github.azurecontainer.io/score", SECONDARY, False),
        (403, "", SECONDARY, False),
    ],
)
def test_githubs_limit_on_calls_in_a_short_time_is_told_by_its_words(
    status: int, url: str, body: bytes, expected: bool
) -> None:
    assert is_secondary_limit(answer(status, {}, url, body)) is expected
    assert is_throttled(answer(status, {}, url, body)) is expected

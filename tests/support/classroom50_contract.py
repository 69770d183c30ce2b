"""What Classroom 50 asks of a ``result.json``, put down from its wiki and apart from our writer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit


def broken(text: str, runner: Mapping[str, str]) -> list[str]:
    """What of the contract a file breaks; ``runner`` are the variables its runner set."""
    try:
        result = json.loads(text)
    except ValueError as error:
        return [f"no JSON: {error}"]
    if not isinstance(result, dict):
        return ["no object"]
    return [*_identity(result, runner), *_numbers("", result), *_tests(result.get("tests"))] or [
        f"{name} is not the sum"
        for name in ("score", "max-score")
        if result[name] != sum(test[name] for test in result["tests"])
    ]


def _identity(result: Mapping[str, Any], runner: Mapping[str, str]) -> Iterator[str]:
    wanted = {
        "schema": "classroom50/result/v1",
        "classroom": runner["CLASSROOM"].strip(),
        "assignment": runner["ASSIGNMENT"].strip(),
        "assignment_type": runner["ASSIGNMENT_TYPE"],
        "owner": runner["OWNER"],
    }
    yield from (f"another {name}" for name, value in wanted.items() if result.get(name) != value)
    for name in ("submission", "commit", "release", "review", "datetime"):
        if not _is_text(result.get(name)):
            yield f"no {name}"
        elif name in ("commit", "release", "review") and not urlsplit(result[name]).netloc:
            yield f"{name} is no address"
    if not str(result.get("submission")).startswith("submit/"):
        yield "no tag of a submission"


def _tests(tests: object) -> Iterator[str]:
    if not isinstance(tests, list) or not all(isinstance(test, dict) for test in tests):
        yield "no list of tests"
        return
    for number, test in enumerate(tests):
        if not _is_text(test.get("test-name")):
            yield f"test {number} has no name"
        if not isinstance(test.get("passed"), bool):
            yield f"test {number} neither passed nor failed"
        yield from _numbers(f"test {number}: ", test)


def _numbers(prefix: str, of: Mapping[str, Any]) -> list[str]:
    score, most = of.get("score"), of.get("max-score")
    if type(score) is not int or type(most) is not int:  # True is an int, and no score
        return [f"{prefix}no whole numbers"]
    return [] if 0 <= score <= most else [f"{prefix}{score} of {most}"]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""

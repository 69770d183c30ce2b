"""A pytest plugin that puts a bug of ours into one rule."""

from __future__ import annotations

from graders.judging import rules


def _bug(*_: object) -> list[object]:
    raise KeyError("a bug, with canary-secret in its text")


rules.wrong_size = _bug

"""What is wrong with an input file: every problem at once, each with its place and its remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

_SHOWN = 60


@dataclass(frozen=True)
class Problem:
    """One problem of a file; its text is one sentence.

    ``row`` counts from 1 as a spreadsheet does, the heading included; ``value`` is what is
    there. ``what`` says what is wrong, ``remedy`` what to do about it.
    """

    file: str
    what: str
    remedy: str
    row: int | None = None
    column: str = ""
    value: str | None = None

    row_word: ClassVar[str] = "row"
    column_word: ClassVar[str] = "column"

    def __str__(self) -> str:
        place = [self.file]
        if self.row is not None:
            place.append(f"{self.row_word} {self.row}")
        if self.column:
            place.append(f"{self.column_word} `{printable(self.column)}`")
        found_value = "" if self.value is None else f" (found `{printable(self.value)}`)"
        return spelled_out(f"{', '.join(place)}: {self.what}{found_value}; {self.remedy}.")


class KeyProblem(Problem):
    """A problem of a file made of keys, such as TOML: ``row`` is a line, ``column`` a key."""

    row_word = "line"
    column_word = "key"


class InputProblems(Exception):
    """All that is wrong with the input files; its text is one line per problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def printable(text: str) -> str:
    """The text on one line and not too long, with control characters spelled out."""
    short = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return spelled_out(short)


def spelled_out(text: str) -> str:
    """The text on one line, control characters and other invisible ones as their escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)

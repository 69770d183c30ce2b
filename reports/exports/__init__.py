"""Marks for other systems: one module a format, each a function from a run to its files.

A format is added by its module and a line below. Nothing is written here; see
:mod:`reports.exports.folder`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from graders.names import nearest
from graders.verdicts import Grade
from reports.exports import (
    blackboard,
    canvas,
    classroom50,
    gradescope,
    junit,
    moodle,
)
from reports.exports.shape import Export
from reports.grading_run import GradingRun

ALL = "all"
Format = Callable[[GradingRun, Sequence[Grade]], Export]

EXPORTS: Mapping[str, Format] = {
    "canvas": canvas.export,
    "moodle": moodle.export,
    "blackboard": blackboard.export,
    "gradescope": gradescope.export,
    "classroom50": classroom50.export,
    "junit": junit.export,
}
"""Name for ``--export`` -> the function that makes it."""

BY_NAME = ("classroom50",)
"""What ``all`` leaves out: only one system's runner asks for it, elsewhere it is empty."""


def chosen(text: str | None) -> tuple[str, ...]:
    """The formats that ``--export`` names, in the order of EXPORTS; ValueError says what is wrong.

    ``text`` is None where the option is not given; else names separated by commas, or ``all``,
    which leaves out those in BY_NAME.
    """
    if text is None:
        return ()
    names = [name.strip().casefold() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in (*EXPORTS, ALL)]
    if unknown or not names:
        problems = ", ".join(f"`{name}`{_meant(name)}" for name in unknown) or "no format is named"
        raise ValueError(f"{problems}; choose from {', '.join(EXPORTS)}, or {ALL}")
    meant = {*names, *(_all() if ALL in names else ())}
    return tuple(name for name in EXPORTS if name in meant)


def _all() -> set[str]:
    return set(EXPORTS) - set(BY_NAME)


def _meant(name: str) -> str:
    meant = nearest(name, (*EXPORTS, ALL))
    return f" is unknown, did you mean `{meant}`" if meant else " is unknown"

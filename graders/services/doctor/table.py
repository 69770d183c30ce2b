"""The doctor's table, on 80 columns; commands are never wrapped."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from graders.services.doctor.finding import Finding, Level, status

_WIDTH = 80
_AREA = 13
_MARKS = {Level.OK: "ok", Level.WARNING: "warning", Level.MISSING: "missing", Level.STOP: "stop"}
_MARK = 8
_ENDS = {
    0: "All is well.",
    1: "A run is possible. What is missing above will not be assessed.",
    4: "A run would stop: fix what is marked stop.",
}


def lines(findings: Sequence[Finding]) -> Iterator[str]:
    """The whole table, and what it means for a run."""
    yield from rows(findings)
    yield ""
    yield _ENDS[status(findings)]


def rows(findings: Sequence[Finding]) -> Iterator[str]:
    """Every finding: its area, its level, a sentence; then the remedy and its command."""
    area = ""
    areas = list(dict.fromkeys(finding.entry.area for finding in findings))
    for finding in sorted(findings, key=lambda finding: areas.index(finding.entry.area)):
        shown = "" if finding.entry.area == area else finding.entry.area
        area = finding.entry.area
        head = f"{shown:<{_AREA}}{_MARKS[finding.level]:<{_MARK}}"
        yield from _wrapped(finding.says, head)
        if finding.fix:
            yield from _wrapped(f"→ {finding.fix}", " " * (_AREA + _MARK))
        for line in finding.run.splitlines():
            yield f"    {line}"


def _wrapped(text: str, head: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=head,
        subsequent_indent=" " * (_AREA + _MARK),
        break_on_hyphens=False,
    )


def sentences(findings: Sequence[Finding]) -> list[str]:
    """Each finding with its remedy, in one line, as an error message."""
    return [" ".join(filter(None, (finding.says, finding.fix))) for finding in findings]

"""Markdown that is safe whatever text it shows, in limited space."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from graders.texts import strip_controls

_LONGEST = 300
# every character that has a meaning in Markdown, HTML or GitHub's own links
_SIGNS = re.compile(r"[\"#$&*:<>@\[\\\]_`|~]|(?<=www)\.", re.IGNORECASE)
_JOINED = "&#8288;"
"""An invisible character that keeps ``@somebody`` from becoming a link."""


@dataclass(frozen=True)
class Section:
    """A part of a page: ``rows`` may be cut, the lines before them may not."""

    before: tuple[str, ...]
    rows: tuple[str, ...] = ()
    total: int = 0
    """How many rows there are in all, written out or not."""
    kind: str = ""
    """The noun for a row, to count those left out."""


def plain(text: str) -> str:
    """Any text, escaped for Markdown and HTML: one line, not too long."""
    text = strip_controls(text)
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    return _SIGNS.sub(_entity, text)


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};{_JOINED if match[0] == '@' else ''}"


def within(sections: Iterable[Section], room: int) -> str:
    """The sections as far as there is room: whole lines, and a count of the rows left out.

    At most ``room`` bytes of UTF-8; empty where not even the lines before the rows fit.
    """
    sections = list(sections)
    left = room - sum(map(_least, sections))
    if left < 0:
        return ""
    lines: list[str] = []
    for section in sections:
        sizes = accumulate(map(_size, section.rows))
        fitting = [size for size in sizes if size <= left]
        left -= fitting[-1] if fitting else 0
        shown = len(fitting)
        lines += [*section.before, *section.rows[:shown], *_left_out(section, shown), ""]
    return "\n".join(lines)


def _least(section: Section) -> int:
    """Bytes of a section without any of its rows."""
    return sum(map(_size, (*section.before, *_left_out(section, 0), "")))


def _left_out(section: Section, shown: int) -> tuple[str, ...]:
    count = section.total - shown
    if count <= 0:
        return ()
    noun = section.kind if count == 1 else f"{section.kind}s"
    return ("", f"… and {count} more {noun}.")


def _size(line: str) -> int:
    return len(line.encode("utf-8", errors="backslashreplace")) + 1

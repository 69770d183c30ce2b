"""Text from outside, as Markdown that shows it and does nothing else.

GitHub-flavoured Markdown (github.github.com/gfm) makes links of bare addresses too, and GitHub
itself mentions ``@people`` and ``#issues`` on any page it shows. Where no escape exists, what would
begin a link is cut by a zero-width space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from graders.texts import strip_controls
from reports.terminal import isolated

_CUT = "\u200b"
_CODE = re.compile(r"`([^`]+)`")
_MARKUP = re.compile(r"[\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_])")  # no word is emphasised by its _
_BLOCK = re.compile(r"^(?:(\d+)(?=[.)](?:\s|$))|(?=[#>+=:-]))")
_CLOSING = re.compile(r"#(?=#*$)")  # which a heading would lose
_LINKED = re.compile(r"(?<=:)(?=//)|(?<=[@#])(?=\w)|(?<=\bwww)(?=\.)|(?<=\bGH)(?=-\d)", re.I)


def code_and_text(text: str) -> Iterator[tuple[bool, str]]:
    """One line in parts: (whether it was between backticks, its text without them)."""
    at = 0
    line = strip_controls(text)
    for match in _CODE.finditer(line):
        if match.start() > at:
            yield False, line[at : match.start()]
        yield True, match[1]
        at = match.end()
    if line[at:]:
        yield False, line[at:]


def inline(text: str) -> str:
    """One line of Markdown that shows ``text``; text between backticks becomes code.

    It is safe in a paragraph, a list item and a heading, at their beginning too.
    """
    shown = [_code(part) if is_code else _plain(part) for is_code, part in code_and_text(text)]
    line = "".join(shown).replace("``", f"`{_CUT}`")  # two code spans in a row are not one
    return _BLOCK.sub(r"\1\\", _CLOSING.sub(r"\#", line.strip()))


def _plain(text: str) -> str:
    text = _MARKUP.sub(r"\\\g<0>", text).replace("&", "&amp;").replace("<", "&lt;")
    return isolated(_LINKED.sub(_CUT, text))


def _code(text: str) -> str:
    return f"`{text}`"  # nothing is markup in there

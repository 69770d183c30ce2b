"""Texts from outside, made safe to show: no control characters, no endless lines."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"
"""Invisible, but some scripts and many emoji are spelled with them."""
LONGEST_VALUE = 300
"""Characters of one value in a reason; what follows is left out."""
MOST_LINES = 40
"""Findings of one reason; how many more there are is reported."""


def decoded(content: bytes) -> str:
    """UTF-8 as text, whatever bytes it holds, and without a byte order mark."""
    return content.decode("utf-8-sig", "replace")


def strip_controls(text: str) -> str:
    """One line of text without what steers a terminal: escapes, line ends, direction marks."""
    line = " ".join(text.split())
    line = text if line == text else line  # no copy: a class shares most of its texts
    return line if line.isprintable() else "".join(map(_shown, line))


def clipped(text: str, longest: int = LONGEST_VALUE) -> str:
    """The beginning of a text that is longer than that, with ``…`` for the rest."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def shown_value(text: str) -> str:
    """A value as a reason shows it: on one line, without controls, a few hundred characters."""
    return clipped(strip_controls(clipped(text, 4 * LONGEST_VALUE)))


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Cs"):
        return "\ufffd"
    if category == "Cf" and character not in _JOINERS:
        return ""
    return character


_HASHES = re.compile("#(?=#)")
_COLONS = re.compile(r"((?:^|[\r\n])\s*):(?=:)")


def escape_log_commands(text: str) -> str:
    """The text, escaped so that no pipeline reads a command in it; it looks nearly the same."""
    return _COLONS.sub(r"\1: ", hashes_apart(text))


def hashes_apart(text: str) -> str:
    return _HASHES.sub("# ", text)

"""Characters that cannot be seen, or look like others: spelled out where they are the difference.

``found `devopsforai-aml-vg` `` helps nobody whose name has a Cyrillic ``а`` or a blank at its end.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from rapidfuzz.distance import OSA

_LATIN = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухһԁԛԝӏ"  # Cyrillic
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαινρυκτϲ"  # Greek
    "ıɑɡ‐‑‒–—―−’‘",
    "ABESIJKMHOPCTYXaesijopcyxhdqwl" + "ABEZHIKMNOPTYXoaivpuktc" + "iag-------''",
)
_SPAN = re.compile(r"`[^`]*`|[^ ,;`]+")
_NAMES = {" ": "space", "\t": "tab", "\n": "line break", "\r": "carriage return"}


@lru_cache(maxsize=4096)  # a class has the same few names
def skeleton(text: str) -> str:
    """What a text looks like: without invisible characters, look-alikes as plain letters."""
    if text.isascii() and text.isprintable():
        return text
    shown = "".join(char for char in unicodedata.normalize("NFKC", text) if not _is_invisible(char))
    return shown.translate(_LATIN)


def revealed(text: str, beside: str) -> str:
    """A text with what hides the difference from ``beside`` spelled out in brackets.

    >>> revealed("`devopsforai\\u00a0`", "a variable group `devopsforai`")
    '`devopsforai[no-break space]`'
    """
    if text.isascii() and " " not in text and text.isprintable():
        return text
    wanted = {beside, *(span.strip("`") for span in _SPAN.findall(beside))} - {""}
    if beside_of := _alike(text, wanted):
        return _spelled(text, beside_of)
    return _SPAN.sub(lambda span: _span(span[0], wanted), text)


def _span(span: str, wanted: Collection[str]) -> str:
    if span[0] != "`":
        return _spelled(span, _alike(span, wanted))
    name = span[1:-1]
    return f"`{_spelled(name, _alike(name, wanted) or _near(name, wanted))}`"


def _alike(text: str, wanted: Collection[str]) -> str:
    """Which of the wanted texts this one looks like without being any; empty: none."""
    bare = "" if text in wanted else _bare(text)
    return next((name for name in wanted if bare and _bare(name) == bare), "")


def _near(text: str, wanted: Collection[str]) -> str:
    """Likewise, but for a few typing errors besides."""
    for name in wanted:
        most = len(name) // 4
        if text not in wanted and OSA.distance(_bare(name), _bare(text), score_cutoff=most) <= most:
            return name
    return ""


def _bare(text: str) -> str:
    return "".join(skeleton(text).split())


def _spelled(text: str, like: str) -> str:
    if not like:
        return text
    return "".join(
        f"[{_name(char)}]" if _is_hidden(text, at, like) else char for at, char in enumerate(text)
    )


def _is_hidden(text: str, at: int, like: str) -> bool:
    char = text[at]
    if char == " ":  # a single one between words can be seen
        around = (text[at - 1] if at else " ", text[at + 1] if at + 1 < len(text) else " ")
        return " " not in like or any(neighbour.isspace() for neighbour in around)
    if char in like:
        return False
    return char.isspace() or skeleton(char) != char


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf") and not char.isspace()


def _name(char: str) -> str:
    named = _NAMES.get(char) or unicodedata.name(char, "").lower()
    return named or f"U+{ord(char):04X}"

"""Texts in which Azure Pipelines has hidden a secret: ``***`` stands for any characters.

A secret of an organisation may be as short as a digit. What is hidden was not seen: it is never
held against anybody. But a script can print stars too, so what is hidden proves nothing either.
"""

from __future__ import annotations

import re
from functools import lru_cache

MASK = "***"
_MOST_MASKS = 20  # a line of more is noise, and its pattern would take long to match


def fits(shown: str, wanted: str) -> bool:
    """Whether a text, where it is not hidden, is the wanted one."""
    return shown == wanted or (MASK in shown and _pattern(shown).fullmatch(wanted) is not None)


def shows(shown: str, wanted: str) -> bool:
    """Whether a text is the wanted one as far as it is not hidden, and most of it is not."""
    return fits(shown, wanted) and 2 * len(shown.replace(MASK, "")) > len(wanted)


def is_hidden(shown: str) -> bool:
    """Whether nothing but masks is left of a text."""
    return MASK in shown and not shown.replace(MASK, "").strip()


@lru_cache(maxsize=256)
def _pattern(shown: str) -> re.Pattern[str]:
    parts = shown.split(MASK)
    if len(parts) > _MOST_MASKS:
        return re.compile(r"(?!)")
    return re.compile(".+?".join(map(re.escape, parts)))

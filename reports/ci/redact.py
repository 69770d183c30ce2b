"""Texts for public places: ids stay, names and e-mail addresses go."""

from __future__ import annotations

import re
from collections.abc import Iterable

from graders.lab import Learner

_ADDRESS = re.compile(r"[\w.%+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_SHORTEST = 3
"""A name of fewer letters is part of too many words."""


def redact(text: str, learners: Iterable[Learner]) -> str:
    """``text`` without these learners' names, and without any e-mail address.

    An id is kept even where it is an address: readers know a learner by it.
    """
    ids = set()
    folded = text.casefold()
    for learner in learners:
        ids.add(learner.id)
        for known, instead in ((learner.email, "[address]"), (learner.name, "[name]")):
            is_shown = len(known) >= _SHORTEST and known.casefold() in folded
            if is_shown and known != learner.id:
                text = _without(text, known, instead)
    if "@" not in text:
        return text
    return _ADDRESS.sub(lambda match: match[0] if match[0] in ids else "[address]", text)


def _without(text: str, known: str, instead: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(known)}(?!\w)", instead, text, flags=re.IGNORECASE)

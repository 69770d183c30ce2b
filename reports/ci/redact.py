"""Texts for places that strangers may read: ids stay, names and e-mail addresses go."""

from __future__ import annotations

import re
from collections.abc import Iterable

from graders.lab import Learner

_ADDRESS = re.compile(r"[\w.%+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_SHORTEST = 3
"""A name of fewer letters is a part of too many words."""


def redact(text: str, learners: Iterable[Learner]) -> str:
    """``text`` without these learners' names, and without anybody's e-mail address.

    An id is kept even where it is an address: it is what a reader knows a learner by.
    """
    ids = set()
    folded = text.casefold()
    for learner in learners:
        ids.add(learner.id)
        for known, instead in ((learner.email, "[address]"), (learner.name, "[name]")):
            is_told = len(known) >= _SHORTEST and known.casefold() in folded
            if is_told and known != learner.id:
                text = _without(text, known, instead)
    if "@" not in text:
        return text
    return _ADDRESS.sub(lambda found: found[0] if found[0] in ids else "[address]", text)


def _without(text: str, known: str, instead: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(known)}(?!\w)", instead, text, flags=re.IGNORECASE)

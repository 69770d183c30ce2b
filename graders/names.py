"""Names that are nearly right, and names that are safe as file names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import PurePath

from rapidfuzz.distance import OSA

from graders.lookalikes import skeleton

_SEPARATORS = re.compile(r"[\s_-]+")
_SURE_EDITS = 2  # beyond two edits a short word is another word, not a slip
_STEM_LENGTH = 60
_UNSAFE = re.compile(r"[^a-z0-9._-]")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)")  # devices of Windows


def near_misses(name: str, names: Iterable[str]) -> list[tuple[str, int]]:
    """The names that are nearly ``name``, nearest first, each with its number of edits.

    An edit inserts, deletes or replaces one character, or swaps two neighbours. Near is at most
    one edit in four characters, or the same but for case, blanks, ``-``, ``_`` and characters that
    look alike or cannot be seen. The name itself is not a near miss.
    """
    limit = max(1, len(name) // 4)
    plain = _plain(name)
    misses = []
    for other in dict.fromkeys(names):
        edits = OSA.distance(name, other)
        if other != name and (edits <= limit or _plain(other) == plain):
            misses.append((other, edits))
    return sorted(misses, key=lambda miss: (miss[1], miss[0]))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that ``name`` is surely a slip of, or None."""
    plain = _plain(name)
    for other, edits in near_misses(name, known):
        if edits <= _SURE_EDITS or _plain(other) == plain:
            return other
    return None


def you_have(name: str, names: Iterable[str]) -> str:
    """Up to three near misses in words, such as "you have `x`, 1 edit away"; empty without any."""
    shown = [
        f"`{other}`, {edits} edit{'' if edits == 1 else 's'} away"
        for other, edits in near_misses(name, names)[:3]
    ]
    return f"you have {'; '.join(shown)}" if shown else ""


def as_counted(file: PurePath) -> tuple[object, ...]:
    """A key that sorts files of a folder as people count: ``task_2`` before ``task_10``."""
    parts = re.split(r"(\d+)", file.name)
    return tuple(int(part) if part.isdecimal() else part for part in parts)


def file_stem(identity: str) -> str:
    """A file name (without its ending) for any learner id, safe on every system.

    Ids that differ at all, be it by case, a dot or a blank at the end, or Unicode's form only, get
    names that no system confuses. What is not plain lower-case text is shortened and distinguished
    by a digest after ``~``, which no plain name contains.
    """
    plain = _UNSAFE.sub("_", identity.lower())[:_STEM_LENGTH]
    has_bare_ends = plain == plain.strip(".")  # Windows drops dots and blanks at a name's end
    if plain and plain == identity and has_bare_ends and not _RESERVED.match(plain):
        return plain
    code = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{plain.replace('.', '_')}~{code}"


def _plain(name: str) -> str:
    return _SEPARATORS.sub("", skeleton(name)).casefold()

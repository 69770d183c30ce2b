"""Learners as people choose them on a command line."""

from __future__ import annotations

from collections.abc import Collection, Iterable


def ids_as_typed(texts: Iterable[str], known: Collection[str]) -> list[str]:
    """Ids in any case, several with commas between them; an unknown one stays as it was typed."""
    spelled = {identity.casefold(): identity for identity in known}
    parts = [
        part.strip()
        for text in texts
        for part in ([text] if text.casefold() in spelled else text.split(","))
    ]
    return [spelled.get(part.casefold(), part) for part in parts if part]

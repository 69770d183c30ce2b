"""What a hostile learner may do to what is seen of their lab: any text, in any place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from graders.evidence import Evidence

_OURS = ("learner", "tenant", "place", "sightings")
"""Of the evidence itself: written by the collector, not by a learner."""


def with_each_text(evidence: Evidence, text: str) -> Iterator[Evidence]:
    """The evidence with each of its texts in turn replaced, keys of mappings included."""
    for field in fields(evidence):
        if field.name not in _OURS:
            for changed in _changed(getattr(evidence, field.name), text):
                yield replace(evidence, **{field.name: changed})


def _changed(original: Any, text: str) -> Iterator[Any]:
    if isinstance(original, str):
        yield text
    elif isinstance(original, tuple):
        for place, part in enumerate(original):
            for changed in _changed(part, text):
                yield (*original[:place], changed, *original[place + 1 :])
    elif isinstance(original, frozenset):
        yield original | {text}
    elif isinstance(original, Mapping):
        yield {**original, text: next(iter(original.values()), text)}
        for key, value in list(original.items())[:20]:
            for changed in _changed(value, text):
                yield {**original, key: changed}
    elif is_dataclass(original) and not isinstance(original, type):
        for field in fields(original):
            for changed in _changed(getattr(original, field.name), text):
                yield replace(original, **{field.name: changed})

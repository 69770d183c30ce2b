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


def _changed(thing: Any, text: str) -> Iterator[Any]:
    if isinstance(thing, str):
        yield text
    elif isinstance(thing, tuple):
        for place, part in enumerate(thing):
            for changed in _changed(part, text):
                yield (*thing[:place], changed, *thing[place + 1 :])
    elif isinstance(thing, frozenset):
        yield thing | {text}
    elif isinstance(thing, Mapping):
        yield {**thing, text: next(iter(thing.values()), text)}
        for key, value in list(thing.items())[:20]:
            for changed in _changed(value, text):
                yield {**thing, key: changed}
    elif is_dataclass(thing) and not isinstance(thing, type):
        for field in fields(thing):
            for changed in _changed(getattr(thing, field.name), text):
                yield replace(thing, **{field.name: changed})

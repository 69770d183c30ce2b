"""Evidence inside the grade book page, so that one file that is handed on still shows it.

It is raw deflate in base64, which every browser can unpack by itself: of a class much is alike, and
one stream for all takes some 2 KB a learner. What does not fit stays in the files beside the page.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from graders.verdicts import Grade, Outcome
from reports.grading_run import GradingRun

LIMIT = 400_000
"""Characters of base64: with them a class of 200 is below a megabyte."""
_LEFT_OUT = ("sightings",)
"""How each answer came about: a third of it, and nothing that was judged."""
_BLOCK_END = 8
"""Bytes at most that a stream needs to be ended in."""


def packed(run: GradingRun, grades: Sequence[Grade]) -> Mapping[str, object]:
    """``text``: a JSON list of evidence, packed; ``of``: the learners' places, in the same order.

    Who has something to look up goes first. Empty when there is no evidence to show.
    """
    places: list[int] = []
    pieces: list[bytes] = []
    stream, size = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS), 0
    for place, evidence in _found(run, _most_wanted(grades)):
        text = f"{',' if places else '['}{json.dumps(evidence, separators=(',', ':'))}"
        tried = stream.copy()
        piece = tried.compress(text.encode()) + tried.flush(zlib.Z_SYNC_FLUSH)
        if (size + len(piece) + _BLOCK_END) * 4 / 3 > LIMIT:
            continue  # one learner's files must not cost the others their evidence
        stream, size = tried, size + len(piece)
        places.append(place)
        pieces.append(piece)
    if not places:
        return {}
    end = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    pieces.append(end.compress(b"]") + end.flush())
    return {"text": base64.b64encode(b"".join(pieces)).decode(), "of": places}


def _most_wanted(grades: Sequence[Grade]) -> list[int]:
    """Places in the cohort; those with nothing but passed checks come last."""

    def is_all_right(place: int) -> bool:
        return all(one.outcome is Outcome.PASSED for one in grades[place].verdicts)

    return sorted(range(len(grades)), key=is_all_right)


def _found(run: GradingRun, places: Iterable[int]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for place in places:
        evidence = _read(run.evidence_file(run.learners[place].id))
        if evidence:
            yield place, {key: one for key, one in evidence.items() if key not in _LEFT_OUT}


def _read(file: Path) -> Mapping[str, Any]:
    """What a snapshot's file holds; nothing where cannot be read: it was judged before."""
    try:
        told = json.loads(file.read_bytes()) if file else {}
        evidence = told["evidence"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return evidence if isinstance(evidence, dict) else {}

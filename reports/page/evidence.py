"""Evidence inside the grade book page, so that a single file that is passed on still shows it.

It is raw deflate in base64, which every browser can unpack by itself: a class's evidence is much
alike, and one stream for all takes some 2 KB a learner. What does not fit stays in the files beside
the page.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from graders.verdicts import Grade, Outcome
from reports import evidence_shown
from reports.grading_run import GradingRun

LIMIT = 400_000
"""Characters of base64: with them a class of 200 is below a megabyte."""
_LEFT_OUT = ("sightings",)
"""How each answer was obtained: a third of the size, and nothing that was judged."""
_MISFITS = 20
"""After so many learners in a row for whom there was no room, none is looked for any more."""
_BLOCK_END = 8
"""Bytes at most that the end of a stream takes."""


def packed(run: GradingRun, grades: Sequence[Grade]) -> Mapping[str, object]:
    """``text``: a JSON list of evidence, packed; ``of``: the learners' places, in the same order.

    Learners with something to look up come first. Empty when there is no evidence to show.
    """
    places: list[int] = []
    pieces: list[bytes] = []
    stream, size, misfits = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS), 0, 0
    for place, evidence in _readable(run, _most_wanted(grades)):
        text = f"{',' if places else '['}{json.dumps(evidence, separators=(',', ':'))}"
        tried = stream.copy()
        piece = tried.compress(text.encode()) + tried.flush(zlib.Z_SYNC_FLUSH)
        if (size + len(piece) + _BLOCK_END) * 4 / 3 > LIMIT:
            # one learner's files must not cost the others their evidence: huge ones do not count
            misfits += len(piece) < LIMIT / _MISFITS
            if misfits == _MISFITS:
                break
            continue
        stream, size, misfits = tried, size + len(piece), 0
        places.append(place)
        pieces.append(piece)
    if not places:
        return {}
    end = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    pieces.append(end.compress(b"]") + end.flush())
    return {"text": base64.b64encode(b"".join(pieces)).decode(), "of": places}


def _most_wanted(grades: Sequence[Grade]) -> list[int]:
    """Places in the cohort; those with nothing but passed checks come last."""

    def has_passed_all(place: int) -> bool:
        return all(verdict.outcome is Outcome.PASSED for verdict in grades[place].verdicts)

    return sorted(range(len(grades)), key=has_passed_all)


def _readable(run: GradingRun, places: Iterable[int]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for place in places:
        evidence = evidence_shown.read(run.evidence_file(run.learners[place].id)).get("evidence")
        if evidence and isinstance(evidence, dict):
            yield place, {key: value for key, value in evidence.items() if key not in _LEFT_OUT}

"""Evidence on disk, as the judge asks for it: of one tenant, one place, one time."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from graders import snapshot
from graders.as_of import as_of
from graders.evidence import Evidence
from graders.judging.outcomes import NotAssessed
from graders.lab import Lab


@dataclass(frozen=True)
class StoredEvidence:
    """A snapshot folder; ``labs`` are those of the whole class.

    ``tenant`` is ``simulated`` or ``live``; with ``time`` the state at that time is judged.
    """

    folder: Path
    tenant: str
    labs: Mapping[str, Lab]
    time: datetime | None = None

    def __call__(self, learner: str) -> Evidence:
        """The evidence of a learner. Raises NotAssessed where there is no sound snapshot."""
        file = snapshot.path_of(self.folder, learner)
        evidence = _read(self.folder, learner, _stamp(file))
        if evidence.tenant != self.tenant:
            raise NotAssessed(f"the snapshot of {learner} is of the {evidence.tenant} tenant")
        if evidence.place != self.labs[learner].place:
            raise NotAssessed(
                f"the snapshot of {learner} is of another place ({evidence.place});"
                " collect it again"
            )
        return evidence if self.time is None else _as_of(evidence, self.time)


def _as_of(evidence: Evidence, time: datetime) -> Evidence:
    try:
        return as_of(evidence, time)
    except Exception as error:  # bad evidence of one learner affects only that learner
        message = f"a bug in the grader in dating the evidence ({type(error).__name__})"
        raise NotAssessed(message) from error


def _stamp(file: Path) -> tuple[int, int]:
    """What changes with a file that is written anew, as by another collection."""
    with contextlib.suppress(OSError):
        return file.stat().st_mtime_ns, file.stat().st_size
    return 0, 0


@lru_cache(maxsize=4)  # judging goes learner by learner
def _read(folder: Path, learner: str, stamp: tuple[int, int]) -> Evidence:
    is_known = _SOUND.get((folder, learner)) == stamp
    try:
        evidence = snapshot.read(folder, learner, is_known=is_known)
    except snapshot.SnapshotError as error:
        raise NotAssessed(str(error)) from error
    if evidence is None:
        raise NotAssessed(f"{folder} has no snapshot of {learner}; collect it first")
    _SOUND[folder, learner] = stamp
    return evidence


_SOUND: dict[tuple[Path, str], tuple[int, int]] = {}
"""The files whose digest was right when they were read first, for the class: each is read again for
its own learner."""

"""The last evidence of each learner's lab without doubts, in the folder of past runs."""

from __future__ import annotations

import contextlib
from pathlib import Path

from graders import snapshot
from graders.evidence import Evidence
from graders.lab import Lab

_FOLDER = "evidence"


def read(history: Path, tenant: str, lab: Lab) -> Evidence | None:
    """The last good evidence of a lab; None where there is none of this tenant and place."""
    with contextlib.suppress(snapshot.SnapshotError):
        evidence = snapshot.read(history / _FOLDER, lab.learner.id)
        if evidence is not None and (evidence.tenant, evidence.place) == (tenant, lab.place):
            return evidence
    return None


def write(history: Path, evidence: Evidence) -> None:
    """Keep evidence as the last good one. Raises OSError."""
    snapshot.write(history / _FOLDER, evidence)

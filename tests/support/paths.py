"""Where the project's folders are."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
COHORTS = PROJECT / "fixtures" / "cohorts"
GOLDEN = PROJECT / "tests" / "golden"

"""Worlds that the simulated tenant can show and the graders still judge wrongly.

Each file ``open_kinds_*.toml`` has entries like those of the catalogue, with the right verdicts.
Once the graders judge an entry right, it moves to ``fixtures/mistakes`` or ``fixtures/variations``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FILES = sorted(Path(__file__).parent.glob("open_kinds_*.toml"))

REASONS: Mapping[str, str] = {}
"""Entry -> why it is judged wrongly."""

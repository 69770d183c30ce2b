"""Worlds that the simulated tenant can show and the graders still judge wrongly.

Each file ``open_kinds_*.toml`` has entries like those of the catalogue, with the right verdicts.
Once the graders judge an entry right, it moves to ``fixtures/mistakes`` or ``fixtures/variations``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FILES = sorted(Path(__file__).parent.glob("open_kinds_*.toml"))

REASONS: Mapping[str, str] = {
    **dict.fromkeys(
        ("group_alone_not_visible", "connection_alone_not_visible", "pipeline_alone_not_visible"),
        "only the right on the whole project is asked for, so that the list is believed",
    ),
    "repository_not_given_to_the_token": "a member's token, or an app that was shown some private"
    " repository, is believed to see them all; nobody asks for repository_selection",
}
"""Entry -> why it is judged wrongly."""

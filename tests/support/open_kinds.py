"""Worlds that the simulated tenant can show and the graders still judge wrongly.

Each file ``open_kinds_*.toml`` has entries like those of the catalogue, with the right verdicts.
Once the graders judge an entry right, it moves to ``fixtures/mistakes`` or ``fixtures/variations``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FILES = sorted(Path(__file__).parent.glob("open_kinds_*.toml"))

REASONS: Mapping[str, str] = {
    "project_named_by_its_id": "the id in the cohort file is compared with the name in the tags",
    "cd_names_ci_with_its_folder": "a pipeline's name with its folder is taken for another name",
    **dict.fromkeys(
        ("group_alone_not_visible", "connection_alone_not_visible", "pipeline_alone_not_visible"),
        "only the right on the whole project is asked for, so that the list is believed",
    ),
    "endpoint_remembers_the_answer": "the endpoint is asked one question only",
    "endpoint_in_transition_for_days": "pending, however long it lasts",
    "training_run_of_another_pipeline": "no rule reads a run's own link to its pipeline yet",
    "repository_not_given_to_the_token": "a member's token, or an app that was shown some private"
    " repository, is believed to see them all; nobody asks for repository_selection",
    "training_run_of_no_pipeline": "no rule reads a run's own link to its pipeline yet",
}
"""Entry -> why it is judged wrongly."""

PROJECTS: Mapping[str, str] = {"project_named_by_its_id": "5d3f6f0e-7a51-4c0e-9a6e-2f1c1a4be001"}
"""Entry -> the project in the learner's row of the cohort file, where it names one."""

"""Worlds that the simulated tenant can show and the graders still judge wrongly.

Each file ``open_kinds_*.toml`` has entries like those of the catalogue, with the right verdicts.
Once the graders judge an entry right, it moves to ``fixtures/mistakes`` or ``fixtures/variations``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FILES = sorted(Path(__file__).parent.glob("open_kinds_*.toml"))

_NO_RIGHT = "an empty list is believed, although the grader's right to see is not asked for"
_DELETED = "deleted runs are not asked for, so that retention looks like work never done"

REASONS: Mapping[str, str] = {
    "no_parallel_jobs": "the graders read problems of the run only, not messages of its jobs",
    "version_masked_in_the_logs": "stars are taken for another version",
    "project_renamed_after_the_runs": "a former name is taken for another project",
    "variable_names_in_lower_case": "names of variables are compared with their case",
    "project_named_by_its_id": "the id in the cohort file is compared with the name in the tags",
    "cd_names_ci_with_its_folder": "a pipeline's name with its folder is taken for another name",
    "cd_run_without_resources": "a run that does not say what it consumed consumed nothing",
    "ci_run_removed_by_retention": _DELETED,
    "cd_run_removed_by_retention": _DELETED,
    "library_not_visible": _NO_RIGHT,
    "variable_group_not_visible": _NO_RIGHT,
    "connections_not_visible": _NO_RIGHT,
    "service_connection_not_visible": _NO_RIGHT,
    "pipelines_not_visible": _NO_RIGHT,
    "ci_pipeline_not_visible": _NO_RIGHT,
}
"""Entry -> why it is judged wrongly."""

PROJECTS: Mapping[str, str] = {"project_named_by_its_id": "5d3f6f0e-7a51-4c0e-9a6e-2f1c1a4be001"}
"""Entry -> the project in the learner's row of the cohort file, where it names one."""

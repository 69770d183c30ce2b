"""Kinds of work that the simulated tenant can show, and that no check judges right yet.

Entries are written as in ``fixtures/mistakes``, with the verdicts that they deserve. When a check
judges one right, ``tests/runs/test_open_kinds.py`` says so: then the entry moves there.
"""

from __future__ import annotations

AZURE_ML = """
[endpoint_remembers_the_answer]
story = "The scoring script returns the lab's two numbers, whatever it is asked."
set = { "endpoint.answer" = "remembers" }
notes = ["endpoint-predicts-like-the-labs-model"]

[endpoint_in_transition_for_days]
story = "The deployment hangs: the endpoint has been Transitioning for ten days."
fails = ["endpoint-is-healthy"]
[endpoint_in_transition_for_days.set]
"endpoint.state" = "Transitioning"
"endpoint.created" = 2026-11-10T10:00:00Z
"endpoint.updated" = 2026-11-10T10:04:00Z

[training_run_of_another_pipeline]
story = "The run is of another pipeline; the tags of the build were added by hand."
set = { "training_run.pipeline" = "0f0f0f0f-0000-4000-8000-00000000000a" }
fails = ["training-run-completed"]

[training_run_of_no_pipeline]
story = "The run with the build's tags was logged by a script of the learner's own."
set = { "training_run.pipeline" = "" }
fails = ["training-run-completed"]
"""

WHY_AZURE_ML = {
    "endpoint_remembers_the_answer": "the endpoint is asked one question only",
    "endpoint_in_transition_for_days": "pending, however long it lasts",
    "training_run_of_another_pipeline": "no rule reads a run's own link to its pipeline yet",
    "training_run_of_no_pipeline": "no rule reads a run's own link to its pipeline yet",
}

OPEN_KINDS = ((AZURE_ML, WHY_AZURE_ML),)
"""The entries of a service, and why each is not judged right yet."""

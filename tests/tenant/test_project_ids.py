"""A project that the cohort file names by its id: everything is still the learner's own."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.plugin import snapshot_tenant
from fixtures.simulator.process import SimulatedTenant
from graders import collector
from graders.evidence import Project
from graders.inputs.lab_file import read_class
from graders.services.cloud import Cloud
from graders.services.http.transport import ReadOnlyTransport
from graders.services.sign_in import SignIn
from graders.verdicts import Outcome
from tests.support import grading_process, judged_classes


@pytest.mark.parametrize("spelled", [str.lower, str.upper])
def test_a_project_named_by_its_id_earns_full_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelled: Callable[[str], str]
) -> None:
    cohort = grading_process.write_cohort(tmp_path / "class.csv", 1)
    (learner,), lab_file = read_class(cohort, cohort.with_name("lab.toml"))
    lab = lab_file.for_learner(learner)
    with (
        SimulatedTenant(cohort, cohort.with_name("lab.toml")) as tenant,
        ReadOnlyTransport() as way,
    ):
        for name, value in tenant.environment().items():
            monkeypatch.setenv(name, value)
        cloud = Cloud(SignIn.from_environment(os.environ), way, [lab])
        cloud.prepare([lab])
        project = cloud.look_at(lab).project
        assert isinstance(project, Project)
        by_id = replace(lab, project=spelled(project.id))
        snapshot_tenant.note(tmp_path, "simulated")
        collector.collect([by_id], cloud.look_at, tmp_path, tenant="simulated")
    judge = judged_classes.judge({learner.id: by_id}, tmp_path)
    verdicts = list(judge.verdicts(learner.id))
    assert {verdict.outcome for verdict in verdicts} == {Outcome.PASSED}

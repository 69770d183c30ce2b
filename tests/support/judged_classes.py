"""Classes collected on the simulated tenant and judged, without a run of pytest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from fixtures.plugin import snapshot_tenant
from fixtures.plugin.grading import GRADED
from fixtures.simulator.process import SimulatedTenant
from graders import collector, snapshot
from graders.evidence import Evidence
from graders.inputs.lab_file import read_class
from graders.judging.checks import GradedCheck, load_checks
from graders.judging.judge import Judge, Subject
from graders.judging.stored import StoredEvidence
from graders.lab import Lab
from graders.services.cloud import Cloud
from graders.services.http.transport import ReadOnlyTransport
from graders.services.sign_in import SignIn


def collect(cohort: Path, evidence: Path, mistakes: Sequence[Path] = ()) -> Mapping[str, Lab]:
    """Look at every learner of a cohort file, with the lab file beside it; returns their labs.

    ``mistakes`` are files whose entries the cohort names beside those of the project.
    """
    learners, lab_file = read_class(cohort, cohort.with_name("lab.toml"))
    labs = {one.id: lab_file.for_learner(one) for one in learners}
    everyone = list(labs.values())
    with (
        SimulatedTenant(cohort, cohort.with_name("lab.toml"), mistakes) as tenant,
        pytest.MonkeyPatch.context() as patch,
        ReadOnlyTransport() as transport,
    ):
        for name, value in tenant.environment().items():
            patch.setenv(name, value)
        cloud = Cloud(SignIn.from_environment(os.environ), transport, everyone)
        cloud.prepare(everyone)
        snapshot_tenant.note(evidence, "simulated")
        collector.collect(everyone, cloud.look_at, evidence, tenant="simulated")
    return labs


def change(evidence: Path, learner: str, changed: Callable[[Evidence], Evidence]) -> None:
    """Put other evidence of a learner in the place of what was collected."""
    found = snapshot.read(evidence, learner)
    if found is None:
        raise FileNotFoundError(f"no evidence of {learner}")
    snapshot.write(evidence, changed(found))


def judge(
    labs: Mapping[str, Lab], evidence: Path, checks: Iterable[GradedCheck] | None = None
) -> Judge:
    """A judge of a class by all checks, or by others of the same ids."""
    graded = tuple(checks or load_checks(GRADED))
    rubric = {one.check.id: one.check for one in graded}
    return Judge(Subject(labs, StoredEvidence(evidence, "simulated", labs)), graded, rubric)

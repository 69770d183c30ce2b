"""Hints are filled in from the learner's own lab; a near miss is renamed, a missing one created."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.plugin.grading import whole_rubric
from graders import snapshot
from graders.evidence import Evidence, Rights
from graders.inputs.lab_file import LabFile, read_class
from graders.inputs.problems import InputProblems
from graders.judging.checks import load_checks
from graders.lab import SHEET, Lab, Learner
from graders.reasons import UNSAID, Mismatch, Outcome, Reason
from graders.wording import advice
from tests.runs.test_judging import DEMO
from tests.runs.test_upgrades import SAMPLES
from tests.support import judged_classes
from tests.support.paths import COHORTS

HINTS = {check.id: check for check in whole_rubric()}
OWN_NAMES = {name: f"own-{name.replace('_', '-')}-{{n}}" for name in SHEET.names()}
OTHERS = LabFile.model_validate(
    {
        "names": {
            **OWN_NAMES,
            "project": "Lab {n}",
            "resource_group": "Group{n}",
            "workspace": "space{n}",
            "repository": ["work-{n}"],
        },
        "tenant": {"location": "westeurope", "github_owner": "somebody"},
    }
).for_learner(Learner("user9", 9))


@pytest.mark.parametrize("check", HINTS)
@pytest.mark.parametrize("near_miss", ["", "nearly"])
def test_no_hint_names_what_another_class_calls_otherwise(check: str, near_miss: str) -> None:
    why = Reason((Mismatch("", "`westeurope`", "", near_miss),))
    hint = advice(HINTS[check], OTHERS, Outcome.FAILED, why)
    assert [name for name in SHEET.names().values() if name in hint] == []
    assert "centralus" not in hint
    assert "{" not in hint


def test_hints_are_the_learners_own() -> None:
    def hint(check: str) -> str:
        why = Reason((Mismatch("", "`westeurope`", "`West Europe`"),))
        return advice(HINTS[check], OTHERS, Outcome.FAILED, why)

    assert hint("location-is-the-workspace-region").startswith("Set LOCATION to `westeurope`")
    assert hint("resource-group-is-the-learners") == "Set RESOURCE_GROUP to your own, `Group9`."
    assert "`user9-project`" in hint("base-name-identifies-the-learner")
    assert "`own-endpoint-9`" in hint("endpoint-exists")


@pytest.mark.parametrize("outcome", sorted({*Outcome} - {Outcome.FAILED, Outcome.NOTED}))
def test_there_is_advice_only_where_there_is_something_to_do(outcome: Outcome) -> None:
    assert advice(HINTS["ci-pipeline-exists"], OTHERS, outcome, UNSAID) == ""


# --- near, and missing ----------------------------------------------------------------------------

CHANGES: Mapping[str, tuple[str, str, str]] = {
    # check: what the learner has under another name, and what to do about it, and without it
    "variable-group-exists": (
        "variable_groups",
        "Rename `settings` to",
        "Create the variable group",
    ),
    "service-connection-exists": (
        "service_connections",
        "Rename `settings` to",
        "Create the connection",
    ),
    "ci-pipeline-exists": ("pipelines", "Rename `settings` to", "Create the CI pipeline"),
    "cd-pipeline-exists": ("pipelines", "Rename `settings` to", "Create the CD pipeline"),
}


@pytest.fixture
def right() -> Evidence:
    evidence = snapshot.read(SAMPLES / "3", "user1")
    assert evidence is not None
    return evidence


def hint_of(check: str, evidence: Evidence, folder: Path) -> str:
    lab = lab_of(evidence)
    snapshot.write(folder, evidence)
    return judged_classes.judge({lab.learner.id: lab}, folder).verdict(lab.learner.id, check).hint


def lab_of(evidence: Evidence) -> Lab:
    learners, lab_file = read_class(DEMO, COHORTS / "lab.toml")
    (own,) = (learner for learner in learners if learner.id == evidence.learner)
    return lab_file.for_learner(own)


def named(check: str, evidence: Evidence) -> str:
    lab = lab_of(evidence)
    return {
        "variable-group-exists": lab.variable_group,
        "service-connection-exists": lab.service_connection,
        "ci-pipeline-exists": lab.ci_pipeline,
        "cd-pipeline-exists": lab.cd_pipeline,
    }[check]


@pytest.mark.parametrize("check", CHANGES)
def test_what_plays_the_part_under_another_name_is_renamed(
    check: str, right: Evidence, tmp_path: Path
) -> None:
    part, rename, _ = CHANGES[check]
    name = named(check, right)
    resources = [
        replace(resource, name="settings") if resource.name == name else resource
        for resource in getattr(right, part)
    ]
    changed = replace(right, **{part: tuple(resources)})
    assert hint_of(check, changed, tmp_path).startswith(f"{rename} `{name}`")


NOTHING_MADE: Mapping[str, object] = {
    **{"runs": (), "models": (), "published_pipelines": (), "training_runs": None},
    **{"endpoints": (), "answer": None},
}
"""What would show that something was there."""


@pytest.mark.parametrize("check", CHANGES)
def test_what_is_not_there_is_created_whatever_else_is(
    check: str, right: Evidence, tmp_path: Path
) -> None:
    part, _, create = CHANGES[check]
    name = named(check, right)
    right = replace(right, rights=Rights(library=True, connections=True, pipelines=True))
    others = tuple(resource for resource in getattr(right, part) if resource.name != name)
    changed = replace(right, **NOTHING_MADE | {part: others})
    assert hint_of(check, changed, tmp_path).startswith(create)


@pytest.mark.parametrize("check", CHANGES)
def test_a_slip_is_renamed(check: str, right: Evidence, tmp_path: Path) -> None:
    part, *_ = CHANGES[check]
    name = named(check, right)
    resources = [
        replace(resource, name=f"{name}x") if resource.name == name else resource
        for resource in getattr(right, part)
    ]
    changed = replace(right, **{part: tuple(resources)})
    assert hint_of(check, changed, tmp_path).startswith(f"Rename `{name}x` to `{name}`")


# --- at load --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hint", ["Name it {lab.grupe}.", "Name it {nothing}.", "Name it {lab.repositories[7]}.", "{"]
)
def test_a_hint_that_cannot_be_filled_in_is_refused(hint: str, tmp_path: Path) -> None:
    text = (
        "from graders.rubric import check\n"
        f'@check(step="2.6", points=1, hint="{hint}")\n'
        "def test_it(lab):\n"
        '    """It is."""\n'
        '    assert lab.project == "a"\n'
    )
    (tmp_path / "test_it.py").write_text(text, "utf-8")
    with pytest.raises(InputProblems, match="this hint cannot be filled in"):
        load_checks(tmp_path)

"""The doctor finds each planted defect and names its remedy; on a right set-up it is silent."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fixtures.simulator.fault_plan import read_plan
from fixtures.simulator.github_access import GitHubAccess
from fixtures.simulator.world import LearnerWorld, Tenant
from graders.lab import Session
from graders.services.doctor import table
from graders.services.doctor.examination import examine
from graders.services.doctor.finding import Finding, Level, status
from graders.services.doctor.needs import Needs
from tests.support import served_tenant

DEFECTS: Mapping[str, Mapping[str, Any]] = tomllib.loads(
    (Path(served_tenant.__file__).parent / "doctor_defects.toml").read_text(encoding="utf-8")
)
LEARNERS = 3
WIDTH = 80


@dataclass(frozen=True)
class Plan:
    """What is planted; see ``doctor_defects.toml``."""

    token: Mapping[str, Any] = field(default_factory=dict)
    world: Mapping[str, Any] = field(default_factory=dict)
    lab: Mapping[str, str] = field(default_factory=dict)
    fault: Mapping[str, str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    with_pat: bool = False


def examined(plan: Plan, folder: Path, learners: int = LEARNERS) -> Sequence[Finding]:
    with served(plan, folder, learners) as (needs, environ):
        return examine(needs, environ)


@contextmanager
def served(
    plan: Plan, folder: Path, learners: int = LEARNERS
) -> Iterator[tuple[Needs, Mapping[str, str]]]:
    tenant = _tenant(plan, learners)
    strikes = read_plan([_fault_file(plan.fault, folder)], tenant) if plan.fault else ()
    with served_tenant.serving(tenant, strikes) as running, pytest.MonkeyPatch.context() as patch:
        secrets = {
            "AZURE_TENANT_ID": tenant.ids.tenant_id,
            "AZURE_CLIENT_ID": tenant.ids.client_id,
            "AZURE_CLIENT_SECRET": tenant.ids.client_secret,
            "GITHUB_TOKEN": tenant.ids.github_token,
            "HOME": str(folder),
        }
        if plan.with_pat:
            secrets["AZURE_DEVOPS_EXT_PAT"] = tenant.ids.azure_devops_pat
        for name, value in {**secrets, **plan.environment}.items():
            patch.setenv(name, value)
        labs = [replace(lab, **plan.lab) for lab in tenant.labs.values()]
        yield Needs(labs, folder=folder), os.environ
        assert running.journal.violations == {}
        assert running.journal.unknown_parameters == {}


def _tenant(plan: Plan, learners: int) -> Tenant:
    days = plan.token.get("expires_in")
    lifetime = {} if days is None else {"expires_in": timedelta(days=days)}
    begins = datetime.now(UTC) - timedelta(days=plan.world.get("first_run_days_ago", 3))
    labs = [
        replace(served_tenant.lab(number), session=Session(begins))
        for number in range(1, learners + 1)
    ]
    changes = {"learner-2": lambda _lab, world: _changed(world, plan.world)}
    access = GitHubAccess(**{**plan.token, **lifetime})
    return Tenant(labs, changes, github=access)


def _changed(world: LearnerWorld, fields_: Mapping[str, Any]) -> None:
    for path, value in fields_.items():
        part, _, name = path.partition(".")
        if name:
            setattr(getattr(world, part), name, value)


def _fault_file(fault: Mapping[str, str], folder: Path) -> Path:
    lines = [f"{key} = {json.dumps(value)}" for key, value in fault.items()]
    file = folder / "faults.toml"
    file.write_text("\n".join(["[planted]", *lines]), encoding="utf-8")
    return file


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_named_with_its_remedy(name: str, tmp_path: Path) -> None:
    planted = dict(DEFECTS[name])
    expected = {key: planted.pop(key, None) for key in ("finds", "says", "remedy", "status")}
    whom = planted.pop("learners", None)
    planted["world"] = planted.pop("set", {})
    findings = examined(Plan(**planted), tmp_path)
    matching = [finding for finding in findings if finding.code == expected["finds"]]
    assert matching, [finding.says for finding in findings if finding.level is not Level.OK]
    finding = next((f for f in matching if expected["says"] in f.says), matching[0])
    assert expected["says"] in finding.says
    assert expected["remedy"] in f"{finding.fix} {finding.run}"
    assert status(findings) == (expected["status"] or 1)
    if whom is not None:
        assert list(finding.learners) == whom


def test_on_a_right_set_up_it_is_silent(tmp_path: Path) -> None:
    findings = examined(Plan(), tmp_path)
    assert [finding.says for finding in findings if finding.level is not Level.OK] == []
    assert status(findings) == 0
    told = {finding.code for finding in findings}
    assert told >= {"place", "azure_signed_in", "devops_signed_in", "github_signed_in", "grade_by"}
    assert max(map(len, table.lines(findings))) <= WIDTH

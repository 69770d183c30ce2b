"""Another sheet, with no name in common, gives the same verdicts: code knows roles alone."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random

import pytest

from fixtures.plugin import snapshot_tenant as collected_from
from fixtures.simulator.mistakes import Catalogue, read_catalogue
from fixtures.simulator.world import Tenant
from graders import collector
from graders.inputs.lab_file import read_lab_file
from graders.inputs.lab_tables import NamesTable, TemplateTable
from graders.lab import SHEET, Lab, Learner, Sheet
from graders.services.cloud import Cloud
from graders.services.http.transport import ReadOnlyTransport
from graders.services.sign_in import SignIn
from graders.verdicts import Outcome
from tests.support import golden_lines, judged_classes
from tests.support.counts import note
from tests.support.paths import PROJECT
from tests.support.renamed_sheet import Translator, cipher, with_other_names
from tests.support.served_tenant import serving
from tests.unit.lab.test_sheet import values

SEEDS = ("a", "b", "c")
CLASS_NAMES = "names of the class"
FIRST = 12
CATALOGUE = read_catalogue()
CIPHER = cipher(Random("catalogue"))  # noqa: S311 (no secret)
CLASS = read_lab_file(PROJECT / "fixtures" / "cohorts" / "lab.toml").model_copy(
    update={"names": NamesTable(), "template": TemplateTable()}
)
Outcomes = Mapping[str, Mapping[str, Outcome]]


@cache
def labs() -> Mapping[str, Lab]:
    """By seed, one learner whose names have nothing in common; by entry, one of the same cipher."""
    same = with_other_names(Random("catalogue"), CIPHER)  # noqa: S311
    sheets: Sequence[tuple[str, Sheet]] = (
        *((seed, with_other_names(Random(seed))) for seed in SEEDS),  # noqa: S311
        *((entry, same) for entry in CATALOGUE.entries),
    )
    by_name = {
        name: CLASS.for_learner(Learner(name, number), sheet)
        for number, (name, sheet) in enumerate(sheets, FIRST)
    }
    names = NamesTable(**{role: f"{role.replace('_', '-')}-{{n}}" for role in SHEET.names()})
    named = CLASS.model_copy(update={"names": names})
    return by_name | {CLASS_NAMES: named.for_learner(Learner(CLASS_NAMES, FIRST - 1))}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Learner -> check -> outcome, collected at once and judged as in a run."""
    evidence, everyone = tmp_path_factory.mktemp("renamed"), labs()
    translator = Translator(CIPHER)
    entries = {name: translator.entry(entry) for name, entry in CATALOGUE.entries.items()}
    changes = {name: Catalogue(entries).change([name]) for name in entries}
    collect(Tenant(everyone.values(), changes), evidence)
    judge = judged_classes.judge(everyone, evidence)
    return {
        learner: {verdict.check: verdict.outcome for verdict in judge.verdicts(learner)}
        for learner in everyone
    }


def collect(tenant: Tenant, evidence: Path) -> None:
    ids, everyone = tenant.ids, list(tenant.labs.values())
    signed_in = {
        "AZURE_TENANT_ID": ids.tenant_id,
        "AZURE_CLIENT_ID": ids.client_id,
        "AZURE_CLIENT_SECRET": ids.client_secret,
        "GITHUB_TOKEN": ids.github_token,
        "AZURE_DEVOPS_EXT_PAT": "",
    }
    with serving(tenant), pytest.MonkeyPatch.context() as patch, ReadOnlyTransport() as transport:
        for name, value in signed_in.items():
            patch.setenv(name, value)
        cloud = Cloud(SignIn.from_environment(os.environ), transport, everyone)
        cloud.prepare(everyone)
        collected_from.note(evidence, "simulated")
        collector.collect(everyone, cloud.look_at, evidence, tenant="simulated")


def test_no_name_is_left_of_the_sheets_own() -> None:
    titles = set(SHEET.tasks.values())
    for learner in (*SEEDS, *CATALOGUE.entries):
        assert set(values(labs()[learner].sheet)) & set(values(SHEET)) == titles


@pytest.mark.parametrize("learner", [*SEEDS, CLASS_NAMES])
def test_the_model_answer_passes_whatever_its_names_are(learner: str, outcomes: Outcomes) -> None:
    others = {
        check: outcome for check, outcome in outcomes[learner].items() if outcome != Outcome.PASSED
    }
    assert others == {}


@pytest.mark.parametrize("entry", CATALOGUE.entries)
def test_an_entry_of_the_catalogue_is_judged_alike(
    entry: str, outcomes: Outcomes, request: pytest.FixtureRequest
) -> None:
    assert outcomes[entry] == golden_lines.expected((entry,))
    note(request, "entries under other names", 1)

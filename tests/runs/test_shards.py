"""A class collected in parts, merged and judged once: the same verdicts as in one run."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from fixtures.plugin.grading import whole_rubric
from fixtures.plugin.shard_option import shard_of, sharing
from fixtures.simulator.process import SimulatedTenant
from graders import collector, snapshot
from graders.inputs.problems import InputProblems
from graders.inputs.shards import Shard
from graders.services.cloud import Cloud
from graders.services.http.governor import Governor
from graders.services.http.transport import ReadOnlyTransport
from graders.services.sign_in import SignIn
from reports import gradebook
from reports.__main__ import main
from reports.grading_run import GradingRun
from reports.merge import merge
from reports.parts import NAME, read_notes, write_note
from reports.stored_run import Inputs, stored_run, verdicts_of
from tests.support import grading_process
from tests.support.paths import COHORTS

DEMO, LAB = COHORTS / "demo.csv", COHORTS / "lab.toml"


@pytest.fixture(scope="module")
def tenant() -> Iterator[None]:
    """The simulated tenant of the demo class, for this process."""
    with SimulatedTenant(DEMO, LAB) as simulated, pytest.MonkeyPatch.context() as patch:
        for name, value in simulated.environment().items():
            patch.setenv(name, value)
        yield


def collected(whole: GradingRun, shard: Shard, folder: Path) -> Path:
    """What ``--shard`` does, without a process of its own; returns the part's folder."""
    own = shard.part_of(list(whole.labs.items()))
    run = replace(
        whole, labs=dict(own), reports=folder, tenant="simulated", started_at=datetime.now(UTC)
    )
    write_note(run, shard)
    labs = list(run.labs.values())
    with ReadOnlyTransport(governor=Governor(shard.total)) as transport:
        cloud = Cloud(SignIn.from_environment(os.environ), transport, list(whole.labs.values()))
        cloud.prepare(labs)
        collector.collect(labs, cloud.look_at, folder / "evidence", tenant="simulated")
    return folder


def verdicts(run: GradingRun) -> str:
    """The verdicts of a run, as the grade book has them."""
    grades = gradebook.grades_of(run, verdicts_of(run))
    return json.dumps(json.loads(gradebook.as_json(run, grades))["verdicts"])


@pytest.fixture(scope="module")
def whole(demo: grading_process.Outcome) -> GradingRun:
    """The demo class, collected and judged in one run."""
    return stored_run(Inputs(DEMO, LAB, demo.reports / "evidence", demo.reports))


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize("total", [1, 2, 5, 16])
def test_any_number_of_parts_gives_the_verdicts_of_one_run(
    whole: GradingRun, total: int, tmp_path: Path
) -> None:
    folders = [
        collected(whole, Shard(number, total), tmp_path / f"part-{number}")
        for number in range(1, total + 1)
    ]
    collected(whole, Shard(total, total), tmp_path / f"part-{total}")  # run again
    merged = merge(read_notes(folders), tmp_path / "out")
    assert verdicts(merged) == verdicts(whole)


# --- on parts cut from one snapshot ---------------------------------------------------------------


@pytest.fixture
def parts(whole: GradingRun, tmp_path: Path) -> list[Path]:
    """Three parts of the demo class."""
    return [cut(whole, Shard(number, 3), tmp_path / f"part-{number}") for number in (1, 2, 3)]


def cut(whole: GradingRun, shard: Shard, folder: Path) -> Path:
    own = dict(shard.part_of(list(whole.labs.items())))
    (folder / "evidence").mkdir(parents=True)
    for learner in own:
        shutil.copy(snapshot.path_of(whole.evidence_folder, learner), folder / "evidence")
    write_note(replace(whole, labs=own, reports=folder), shard)
    return folder


def merged_by_command(folders: list[Path], out: Path, *more: str) -> int:
    return main(["merge", *map(str, folders), "--reports", str(out), *more])


def test_a_missing_part_withholds_its_learners_and_says_so(
    whole: GradingRun, parts: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert merged_by_command([parts[0], parts[2]], out, "--fail-on", "fault") == 1
    text = capsys.readouterr().out
    assert text.startswith("Part 2/3 is missing: its learners are not assessed. Run it with")
    book = json.loads((out / "gradebook.json").read_text("utf-8"))
    missing = set(Shard(2, 3).part_of(list(whole.labs)))
    withheld = {entry["learner"] for entry in book["grades"] if entry["withheld"]}
    assert withheld == missing | {"user16", "user17"}
    outcomes = {v["outcome"] for v in book["verdicts"] if v["learner"] in missing}
    assert outcomes == {"not assessed"}
    reasons = {v["reason"] for v in book["verdicts"] if v["learner"] in missing}
    assert all("part 2/3 is missing" in reason for reason in reasons)


def test_a_part_that_was_cut_short_withholds_who_is_not_there(
    whole: GradingRun, parts: list[Path], tmp_path: Path
) -> None:
    first = next(iter(whole.labs))
    snapshot.remove(parts[0] / "evidence", first)
    merged = merge(read_notes(parts), tmp_path / "out")
    (reason,) = {verdict.reason for verdict in merged.judge.verdicts(first)}
    assert "part 1/3 did not collect this learner" in reason
    assert verdicts(replace(merged, labs=without(merged, first))) == verdicts(
        replace(whole, labs=without(whole, first))
    )


def without(run: GradingRun, learner: str) -> dict[str, object]:
    return {identity: lab for identity, lab in run.labs.items() if identity != learner}


def test_audits_are_joined_in_the_order_of_time(parts: list[Path], tmp_path: Path) -> None:
    (parts[0] / "audit.jsonl").write_text('{"time":"2"}\n{"time":"4"}\n')
    (parts[2] / "audit.jsonl").write_text('{"time":"1"}\n{"time":"3"}\n')
    merge(read_notes(parts), tmp_path / "out")
    assert (tmp_path / "out" / "audit.jsonl").read_text().split() == [
        f'{{"time":"{number}"}}' for number in (1, 2, 3, 4)
    ]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"total": 4}, "the number of parts differs"),
        ({"tenant": "live"}, "the tenant differs"),
        ({"code": "0" * 64}, "the version of the grader differs"),
        ({"cohort": {"name": "demo.csv", "content": "YQ=="}}, "the cohort file differs"),
        ({"lab": None}, "the lab file differs"),
        ({"number": 2}, "part 2/3 is there twice"),
        ({"learners": ["user1"]}, "its learners are not those of part 1/3"),
        ({"schema": 99}, "is not as this version writes it"),
        ({"learners": "user1"}, "is not as this version writes it"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_what_does_not_belong_together_is_refused_in_one_sentence(
    parts: list[Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, object],
    why: str,
) -> None:
    note = parts[0] / NAME
    note.write_text(json.dumps(json.loads(note.read_text("utf-8")) | change), encoding="utf-8")
    assert merged_by_command(parts, tmp_path / "out") == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert why in sentence
    assert sentence.endswith(".")
    assert not (tmp_path / "out" / "gradebook.json").exists()


def test_all_problems_are_named_at_once(
    parts: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (parts[1] / NAME).write_text("{", encoding="utf-8")
    assert merged_by_command([*parts, tmp_path / "nowhere"], tmp_path / "out") == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
    with pytest.raises(InputProblems, match="is not as this version writes it"):
        read_notes(parts)


def test_a_cohort_file_may_not_lead_out_of_the_folder(parts: list[Path], tmp_path: Path) -> None:
    for part in parts:
        note = json.loads((part / NAME).read_text("utf-8"))
        note["cohort"]["name"] = "../../cohort.csv"
        (part / NAME).write_text(json.dumps(note), encoding="utf-8")
    with pytest.raises(InputProblems, match="has no sound file"):
        merge(read_notes(parts), tmp_path / "out")
    assert not list(tmp_path.rglob("cohort.csv"))


# --- the option -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"learners": None}, "add --learners cohort.csv"),
        ({"export": "canvas", "history": "h"}, "with --export and --history: a part is only"),
        ({"learner": ["user1"]}, "with --learner: one process collects its part"),
        ({"numprocesses": 4}, "with --numprocesses"),
        ({"shard": "4/3"}, "there is no part 4 of 3"),
        ({"identities": 0}, "how many sign-ins"),
        ({"identities": 2, "shard": None}, "how many sign-ins"),
    ],
)
def test_options_without_meaning_beside_it_are_refused(
    options: dict[str, object], why: str
) -> None:
    with pytest.raises(pytest.UsageError, match=why):
        shard_of(configured(options))


@pytest.mark.parametrize(("identities", "expected"), [(1, 8), (2, 4), (3, 3), (8, 1), (20, 1)])
def test_only_parts_of_one_sign_in_share_its_limits(identities: int, expected: int) -> None:
    assert sharing(configured({"shard": "1/8", "identities": identities})) == expected
    assert sharing(configured({"shard": None})) == 1


def configured(options: dict[str, object]) -> pytest.Config:
    usual = {"shard": "1/3", "learners": "cohort.csv", "identities": 1}
    return cast(pytest.Config, SimpleNamespace(option=SimpleNamespace(**(usual | options))))


def test_a_run_with_shard_collects_its_part_and_judges_nothing(tmp_path: Path) -> None:
    out = tmp_path / "part"
    run = grading_process.grade(
        *("--learners", DEMO, "--tenant", "simulated", "--shard", "auto"),
        *("--audit", out / "audit.jsonl"),
        reports=out,
        changes={"STRATEGY_JOB_INDEX": "7", "STRATEGY_JOB_TOTAL": "8"},
    )
    assert run.status == 0
    assert "part 8/8: 2 learners collected, 1 of them not in full." in run.text
    checks = len(whole_rubric())
    assert f"collected {checks} items" in run.text  # one learner's, which take no memory
    assert {file.stem for file in (out / "evidence").glob("*.json")} == {"user16", "user17"}
    assert not (out / "gradebook.json").exists()
    assert {
        json.loads(line)["learner"] for line in (out / "audit.jsonl").read_text().splitlines()
    } == {"", "user16", "user17"}
    (part,) = read_notes([out]).values()
    assert part.learners == ("user16", "user17")

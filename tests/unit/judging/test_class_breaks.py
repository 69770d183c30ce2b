"""Where the lab breaks for a class: the rule, its threshold, and what counts as a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from graders.evidence import TrainingStep
from graders.judging.class_breaks import (
    Breaks,
    Reached,
    Record,
    RecordKind,
    normalised,
    records_of,
)
from graders.reasons import LabBreak
from tests.support.changed_evidence import changed
from tests.support.correct_evidence import LAB, NOON
from tests.support.three_learners import evidence, labs

HOUR = timedelta(hours=1)
TREE = "a" * 40
FAILS = Record(RecordKind.CD, ("Deploy_ACI",), True, "quota", "No quota left", NOON, TREE)
WORKS = Record(RecordKind.CD, ("Deploy_ACI",), False, at=NOON + HOUR, files=TREE)
OURS = evidence()["user1"]


def breaks(
    records: Mapping[str, Sequence[Record]], is_right: Callable[[str, int], bool]
) -> Mapping[str, Breaks]:
    reached = Reached()
    for learner, own in records.items():
        reached.add(learner, own)
    return reached.breaks(is_right)


def found(
    *records: Record | tuple[Record, ...], wrong: tuple[int, ...] = ()
) -> Mapping[str, Mapping[RecordKind, LabBreak]]:
    """Learner -> where the lab breaks; by their places, who has wrong settings."""
    own = {
        str(place): record if isinstance(record, tuple) else (record,)
        for place, record in enumerate(records)
    }
    return breaks(own, lambda learner, _task: int(learner) not in wrong)


@pytest.mark.parametrize(
    ("records", "broken"),
    [
        ([FAILS] * 3, 0),
        ([FAILS] * 4, 4),
        ([FAILS] * 2 + [replace(WORKS, at=NOON - HOUR)] * 2, 2),
        ([FAILS] * 2 + [replace(WORKS, at=NOON - HOUR)] * 3, 0),
        ([FAILS] * 4 + [WORKS], 0),
        ([FAILS] * 4 + [replace(WORKS, at=NOON)], 0),
        ([FAILS] * 4 + [WORKS, replace(WORKS, at=NOON - HOUR)], 0),
        ([FAILS] * 4 + [replace(WORKS, at=NOON - HOUR)], 4),
        ([FAILS] * 4 + [replace(WORKS, files="b" * 40)], 4),
        ([FAILS] * 4 + [replace(WORKS, files="")], 4),
        ([FAILS] * 4 + [replace(FAILS, files="b" * 40), WORKS], 0),
        ([replace(FAILS, files="")] * 4 + [replace(WORKS, files="b" * 40)], 0),
        ([FAILS] * 2 + [replace(FAILS, words="policy")] * 2, 4),
        ([FAILS] * 2 + [replace(FAILS, words="policy")] * 3, 3),
        ([FAILS] * 3 + [(FAILS, replace(WORKS, at=NOON - HOUR))], 3),
        ([FAILS] * 3 + [(FAILS, replace(FAILS, words="policy", at=NOON + HOUR))], 3),
        ([FAILS] * 3 + [(FAILS, replace(FAILS, words="policy", at=NOON - HOUR))], 4),
        ([FAILS] * 2 + [replace(FAILS, key=("Deploy_AKS",))] * 2, 0),
        ([FAILS] * 2 + [replace(FAILS, place=RecordKind.CI)] * 2, 0),
    ],
)
def test_half_of_four_who_fail_alike_and_nobody_since(records: Any, broken: int) -> None:
    assert len(found(*records)) == broken


def test_wrong_settings_never_count_as_failing() -> None:
    assert [*found(*[FAILS] * 4, wrong=(0,))] == ["1", "2", "3"]
    assert [*found(*[FAILS] * 4, wrong=(0, 1))] == ["2", "3"]
    assert [*found(*[FAILS] * 4, wrong=(0, 1, 2))] == []


@pytest.mark.parametrize(
    ("place", "task"),
    [
        (RecordKind.CI, 5),
        (RecordKind.TRAINING, 5),
        (RecordKind.CD, 6),
        (RecordKind.DEPLOYMENT, 6),
    ],
)
def test_settings_up_to_the_records_task_matter(place: RecordKind, task: int) -> None:
    asked: set[int] = set()
    own = {str(number): [replace(FAILS, place=place)] for number in range(4)}
    assert len(breaks(own, lambda _, last: not asked.add(last))) == 4  # type: ignore[func-returns-value]
    assert asked == {task}


def test_what_it_says() -> None:
    later = replace(FAILS, at=NOON + 2 * HOUR, said="No QUOTA in our region")
    own = found(FAILS, FAILS, later, replace(FAILS, words="policy"))
    assert own["2"] == {
        RecordKind.CD: LabBreak(
            record="CD › Deploy_ACI",
            said="No QUOTA in our region",
            code="quota",
            failed=3,
            reached=4,
            since=NOON,
        )
    }
    undated = [replace(FAILS, at=Record(RecordKind.CD, (), True).at)] * 4
    assert found(*undated)["0"][RecordKind.CD].since is None


def test_the_first_record_of_a_place_is_told() -> None:
    second = replace(FAILS, key=("Deploy_ACI", "Smoke test"))
    own = found(*[(FAILS, second)] * 4)
    assert own["0"][RecordKind.CD].record == "CD › Deploy_ACI"


# --- records --------------------------------------------------------------------------------------


def records(**changes: Any) -> list[tuple[str, bool, str]]:
    """Name, whether it failed, and the words, of each record of a run, a step or a deployment."""
    own = changed(OURS, {name.replace("__", "."): value for name, value in changes.items()})
    return [(r.name, r.failed, r.said) for r in records_of(own, labs()["user1"])]


def test_honest_work_has_records_that_did_not_fail() -> None:
    every = records_of(OURS, labs()["user1"])
    names = {record.name for record in every}
    assert {record.failed for record in every} == {False}
    assert {record.files for record in every} == {LAB.sheet.template.tree}
    assert {
        *("CI › queue", "CI › Model_CI › Model CI Pipeline", "CD › queue"),
        "CI › Trigger_AML_Pipeline › Trigger ML Training Pipeline › Invoke ML pipeline",
        *("CD › Deploy_ACI › Deploy to ACI › Smoke test", "training › Train Model"),
        "deployment › ACI",
    } <= names
    by_name = {record.name: record.at for record in every}
    (run,), (endpoint,) = OURS.training_runs, OURS.endpoints  # type: ignore[misc]
    cd_run, ci_run = OURS.runs  # type: ignore[misc]
    ended = {
        "CI": ci_run.finished_at,
        "CD": cd_run.finished_at,
        "training": run.ended_at,
        "deployment": endpoint.updated_at,
    }
    assert by_name == {name: ended[name.partition(" › ")[0]] for name in by_name}


@pytest.mark.parametrize("place", ["training_runs.0.ended_at", "endpoints.0.updated_at"])
def test_without_an_end_the_beginning_counts(place: str) -> None:
    kind, _, _ = place.partition(".")
    created = changed(OURS, {place: None, f"{kind}.0.created_at": NOON})
    undated = changed(created, {f"{kind}.0.created_at": None})
    known, unknown = (
        {record.at for record in records_of(own, labs()["user1"])} for own in (created, undated)
    )
    assert known - unknown == {NOON}
    assert unknown - known == {Record(RecordKind.CD, (), True).at}


def of_cd(**changes: Any) -> list[tuple[str, bool, str]]:
    named = {f"runs__0__{name}": value for name, value in changes.items()}
    return [record for record in records(**named) if record[0].startswith("CD")]


def test_a_run_that_did_not_start_has_one_record() -> None:
    assert of_cd(problems=("Not valid.", "Nor that.")) == [("CD › queue", True, "Not valid.")]
    assert of_cd(status="inProgress") == []
    assert of_cd(pipeline_id=99) == []
    assert of_cd(stages=None) == []


def test_what_follows_a_failed_task_is_no_record() -> None:
    task = "stages__0__jobs__0__tasks__4__"
    failed = of_cd(**{f"{task}result": "failed", f"{task}errors": ("", "It broke.")})
    assert failed[-2:] == [
        ("CD › Deploy_ACI › Deploy to ACI", False, ""),
        (
            "CD › Deploy_ACI › Deploy to ACI › Parse Json for Model Name and Version",
            True,
            "It broke.",
        ),
    ]
    assert len(failed) == 7
    warned = of_cd(**{f"{task}result": "succeededWithIssues"})
    assert {failed for _, failed, _ in warned} == {False}
    skipped = of_cd(**{f"{task}result": "skipped"})
    assert len(skipped) == len(warned) - 1


def test_a_task_that_failed_and_was_tolerated_is_no_record() -> None:
    task = "stages__0__jobs__0__tasks__4__"
    tolerated = of_cd(**{f"{task}result": "succeededWithIssues", f"{task}errors": ("exit 1",)})
    warned = of_cd(**{f"{task}result": "succeededWithIssues"})
    assert set(warned) - set(tolerated) == {
        ("CD › Deploy_ACI › Deploy to ACI › Parse Json for Model Name and Version", False, "")
    }


@pytest.mark.parametrize(
    ("changes", "files"),
    [
        ({}, LAB.sheet.template.tree),
        ({"endpoints.0.state": "Failed"}, LAB.sheet.template.tree),
        ({"runs.0.stages.0.result": "failed"}, ""),
        ({"runs.0.stages.0.result": "failed", "endpoints.0.state": "Failed"}, "files"),
        ({"runs.0.stages": None}, ""),
    ],
)
def test_only_a_run_that_deployed_lends_its_files_to_a_success(
    changes: Mapping[str, Any], files: str
) -> None:
    own = records_of(changed(OURS, changes), labs()["user1"])
    (deployment,) = (record for record in own if record.place is RecordKind.DEPLOYMENT)
    assert deployment.files == (LAB.sheet.template.tree if files == "files" else files)


SAID = "No quota for user1."
JOB = "runs.0.stages.0.jobs.0."


@pytest.mark.parametrize(
    "changes",
    [
        {"runs.0.problems": (SAID,)},
        {JOB + "result": "failed", JOB + "errors": (SAID,)},
        {JOB + "tasks.4.result": "failed", JOB + "tasks.4.errors": (SAID,)},
        {"endpoints.0.state": "Failed", "endpoints.0.error": SAID},
    ],
)
def test_a_failure_has_its_words_and_its_time(changes: Mapping[str, Any]) -> None:
    own = records_of(changed(OURS, changes), labs()["user1"])
    (run, _), (endpoint,) = OURS.runs, OURS.endpoints  # type: ignore[misc]
    at = endpoint.updated_at if "endpoints.0.state" in changes else run.finished_at
    assert [(r.words, r.said, r.at) for r in own if r.failed] == [("no quota for #.", SAID, at)]
    assert {r.at for r in own if r.place is RecordKind.CD} == {run.finished_at}


def test_the_jobs_or_the_stages_words_stand_for_a_task_without_any() -> None:
    failed = {"stages__0__jobs__0__tasks__0__result": "failed"}
    of_job = {"stages__0__jobs__0__errors": ("The job.",)}
    of_stage = {"stages__0__errors": ("The stage.",)}
    assert of_cd(**failed, **of_job, **of_stage)[-1][2] == "The job."
    assert of_cd(**failed, **of_stage)[-1][2] == "The stage."
    assert of_cd(**failed)[-1][2] == ""


def test_a_job_fails_by_itself_where_no_task_did() -> None:
    lost = {"stages__0__jobs__0__result": "failed", "stages__0__jobs__0__errors": ("Lost.",)}
    assert of_cd(**lost)[-1] == ("CD › Deploy_ACI › Deploy to ACI", True, "Lost.")
    nameless = of_cd(**lost, stages__0__identifier="")
    assert nameless[-1][0] == "CD › Deploy to ACI › Deploy to ACI"


def test_a_misnamed_pipeline_of_the_labs_file_counts() -> None:
    assert records(pipelines__2__name="mine") == records()
    assert not [
        r for r in records(pipelines__2__name="x", pipelines__2__yaml_path="y") if "CD" in r[0]
    ]


def test_steps_that_ended_are_records() -> None:
    steps = tuple(
        TrainingStep(name, status)
        for name, status in (("a", "Failed"), ("b", "Running"), ("c", "Finished"), ("d", "NotRun"))
    )
    own = [r for r in records(training_runs__0__steps=steps) if r[0].startswith("training")]
    assert own == [("training › a", True, ""), ("training › c", False, "")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"state": "Failed", "error": "No quota."}, ("deployment › ACI", True, "No quota.")),
        ({"state": "Unhealthy"}, ("deployment › ACI", True, "Unhealthy")),
        ({"state": "Unschedulable"}, ("deployment › ACI", True, "Unschedulable")),
        ({"state": "Healthy", "error": "Old."}, ("deployment › ACI", False, "")),
        ({"state": "Transitioning"}, None),
        ({"name": "mine"}, None),
    ],
)
def test_a_deployment_that_ended_is_a_record(changes: Any, expected: Any) -> None:
    named = {f"endpoints__0__{name}": value for name, value in changes.items()}
    own = [record for record in records(**named) if record[0].startswith("deployment")]
    assert own == ([expected] if expected else [])


def test_what_could_not_be_read_has_no_records() -> None:
    parts = ("runs", "pipelines", "training_runs", "endpoints", "repositories")
    bare = replace(OURS, **dict.fromkeys(parts, None))  # type: ignore[arg-type]
    assert records_of(bare, labs()["user1"]) == ()
    kinds = {
        part: {str(r.place) for r in records_of(changed(OURS, {part: None}), labs()["user1"])}
        for part in parts
    }
    assert kinds == {
        "runs": {"training", "deployment"},
        "pipelines": {"training", "deployment"},
        "training_runs": {"CI", "CD", "deployment"},
        "endpoints": {"CI", "CD", "training"},
        "repositories": {"CI", "CD", "training", "deployment"},
    }


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"repositories__0__head": "f" * 40}, set()),
        ({"repositories__0__tree": None}, set()),
        ({"runs__0__commit": "f" * 40}, {"CI", "training"}),
        ({"runs__1__commit": "f" * 40}, {"CD", "deployment"}),
        ({"training_runs__0__tags__BuildId": "99"}, {"CI", "CD", "deployment"}),
        (
            {"endpoints__0__updated_at": NOON, "endpoints__0__created_at": NOON},
            {"CI", "CD", "training"},
        ),
    ],
)
def test_whose_files_ran_is_known_of_a_run_of_the_tip(changes: Any, kinds: set[str]) -> None:
    own = changed(OURS, {name.replace("__", "."): value for name, value in changes.items()})
    known = {str(r.place) for r in records_of(own, labs()["user1"]) if r.files != ""}  # nor None
    assert known == kinds


# --- words ----------------------------------------------------------------------------------------


def test_what_is_a_learners_own_is_left_out_of_the_words() -> None:
    said = (
        "Run 4711 of SollianceLabs/mlops_04 for USER4@example.org: see https://x.example/4 "
        "(c0ffee1, 0f0f0f0f-0000-4000-8000-00000000000a)\n  failed in User4AML"
    )
    assert normalised(said, LAB) == "run # of #/# for #: see # (#, #) failed in #"
    assert normalised("defaced", LAB) == "defaced"
    nested = replace(LAB, project="A user4 lab", organization="abc", github_owner="in")
    assert normalised("A user4 lab in abc", nested) == "# in #"


def test_words_are_bounded() -> None:
    assert len(normalised("long words " * 100, LAB)) == 200

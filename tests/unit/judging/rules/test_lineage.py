"""The chain from a commit to the live answer: which parts make it, and where it breaks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from graders.evidence import (
    Answer,
    Deployment,
    ModelFile,
    PublishedPipeline,
    TrainingRun,
    TrainingStep,
    Unavailable,
    UpstreamRun,
)
from graders.judging import rules
from graders.judging.rules import Chain, Links
from tests.support.correct_evidence import CI_RUN, ENDPOINT, LAB, MODEL, repository, stages
from tests.unit.judging.rules.test_rule_messages import messages

NAME = LAB.model
UNSEEN = Unavailable("Azure DevOps", "a log", "it answered 503", "Run again.")
STEPS = ("Train Model", "Evaluate Model", "Register Model")
FILE = ModelFile(NAME, "1", f"{NAME}:1")
TRAINING = TrainingRun(
    id="0123456789ab",
    status="Completed",
    tags={"BuildId": "101"},
    steps=tuple(TrainingStep(name, "Completed") for name in STEPS),
    metrics={"mse": 3295.7},
)
TRAINED = replace(MODEL, tags={**MODEL.tags, "run_id": TRAINING.id})
CI = replace(CI_RUN, commit="c0ffee1234", artifacts=("model", "coverage"), model_file=FILE)
CD = replace(
    CI_RUN,
    id=202,
    pipeline_id=12,
    stages=stages(),
    upstream=(UpstreamRun("model-train-ci", CI.pipeline_id, CI.number),),
    deployment=Deployment(NAME, "1", smoke_test_passed=True),
)
LINKS = Links(
    lab=LAB,
    repository=repository(commits=frozenset({CI.commit})),
    ci_runs=(CI,),
    published=(PublishedPipeline("p", LAB.training_pipeline, "101", is_active=True),),
    training=(TRAINING,),
    models=(TRAINED,),
    cd_runs=(CD,),
    endpoint=ENDPOINT,
    answer=Answer(200, (1.0, 2.0)),
)
WHOLE = (
    "commit c0ffee1",
    "CI run 101",
    "pipeline version 101",
    "training run 01234567",
    "model version 1",
    "artifact with version 1",
    "CD run 202",
    "endpoint mlops-aci",
    "live answer",
)


def links(**changes: Any) -> Links:
    return replace(LINKS, **changes)


# --- the parts, one by one ------------------------------------------------------------------------


def test_the_model_file_names_the_model_and_a_version_once_each_and_together() -> None:
    assert rules.wrong_model_file(FILE, LAB) == []
    assert messages(rules.wrong_model_file(ModelFile("", "", ""), LAB)) == [
        ("model.json", f"a version of {NAME}", "nothing readable")
    ]
    assert messages(rules.wrong_model_file(ModelFile("mine", "x", "mine:x"), LAB)) == [
        ("name", NAME, "mine"),
        ("version", "a whole number", "x"),
    ]
    assert messages(rules.wrong_model_file(ModelFile(NAME, "", ""), LAB)) == [
        ("id", f"{NAME}:", "nothing"),
        ("version", "a whole number", "nothing"),
    ]
    assert messages(rules.wrong_model_file(ModelFile("", "1", ":1"), LAB)) == [
        ("name", NAME, "nothing")
    ]
    assert messages(rules.wrong_model_file(ModelFile("", "", "x"), LAB))[1:2] == [("id", ":", "x")]


def test_the_artifact_bears_the_version_that_the_same_run_registered() -> None:
    second, other = replace(MODEL, version="2"), replace(MODEL, version="3", tags={"BuildId": "7"})
    assert rules.not_the_registered_version(FILE, [second, MODEL], CI, LAB) == []
    wrong = replace(FILE, version="3")
    assert messages(rules.not_the_registered_version(wrong, [MODEL, second, other], CI, LAB)) == [
        ("model.json of run 101", "version 1 or 2", "version 3")
    ]
    assert messages(rules.not_the_registered_version(wrong, [other], CI, LAB)) == [
        ("model.json of run 101", "a version that the run registered", "version 3")
    ]


def test_a_training_run_of_one_of_the_ci_runs_came_to_its_good_end() -> None:
    ours = [CI, replace(CI, id=102)]
    failed = replace(TRAINING, status="Failed")
    strange = [replace(TRAINING, tags={"BuildId": "7"}), replace(TRAINING, tags={})]
    assert rules.untrained([failed, TRAINING], ours, LAB) == []
    assert rules.untrained([replace(TRAINING, tags={"BuildId": "102"})], ours, LAB) == []
    expected = "a completed one of CI run 101 or 102"
    for training, actual in (
        ([failed, replace(failed, status="Canceled")], "one that is Failed, one that is Canceled"),
        (strange, "runs of 7, no BuildId"),
        ([], "no run"),
    ):
        assert messages(rules.untrained(training, ours, LAB)) == [
            ("training run", expected, actual)
        ]


def test_every_step_of_some_training_run_completed() -> None:
    assert rules.incomplete_training([TRAINING], [CI], [TRAINED], LAB) == []
    assert rules.incomplete_training([], [CI], [TRAINED], LAB) == []
    finished = replace(TRAINING, steps=tuple(TrainingStep(step, "Finished") for step in STEPS))
    assert rules.incomplete_training([finished], [CI], [TRAINED], LAB) == []
    poor = replace(TRAINING, steps=(TrainingStep(STEPS[1], "Failed"),))
    assert messages(rules.incomplete_training([poor], [CI], [TRAINED], LAB)) == [
        ("step Train Model", "Completed", "not in the run"),
        ("step Evaluate Model", "Completed", "Failed"),
        ("step Register Model", "Completed", "not in the run"),
    ]
    assert rules.incomplete_training([poor, TRAINING], [CI], [TRAINED], LAB) == []
    better = replace(TRAINING, steps=TRAINING.steps[:2])
    assert messages(rules.incomplete_training([poor, better], [CI], [TRAINED], LAB)) == [
        ("step Register Model", "Completed", "not in the run")
    ]


def test_the_error_of_the_training_run_is_a_tag_of_its_model() -> None:
    def mismatches(*errors: str, run: TrainingRun = TRAINING, run_id: str = TRAINING.id) -> Any:
        tagged = [replace(MODEL, tags={"run_id": run_id, "mse": error}) for error in errors]
        return messages(rules.incomplete_training([run], [CI], [*tagged, TRAINED_UNTAGGED], LAB))

    assert mismatches("1", "2") == [("mse", "3295.7, as in the training run", "1, 2")]
    assert mismatches("1", "3295.8") == []
    assert mismatches() == []
    assert mismatches("1", run_id="another") == []
    assert mismatches("1", run=replace(TRAINING, metrics={})) == []
    assert mismatches("1", run=replace(TRAINING, metrics=UNSEEN)) == []


TRAINED_UNTAGGED = replace(MODEL, version="9", tags={"run_id": TRAINING.id})


def test_the_log_of_the_deployment_names_a_registered_version_and_a_good_smoke_test() -> None:
    models = [MODEL, replace(MODEL, version="2")]
    right = Deployment(NAME, "2", smoke_test_passed=True)
    assert rules.deployed_otherwise(right, models, LAB) == []
    bad = Deployment("X", "3", smoke_test_passed=False)
    assert messages(rules.deployed_otherwise(bad, models, LAB)) == [
        ("deployed model", f"{NAME}:1 or {NAME}:2", "X:3"),
        ("smoke test", "Smoke test successful.", "no such line in its log"),
    ]
    silent = Deployment("", "", smoke_test_passed=True)
    assert messages(rules.deployed_otherwise(silent, models, LAB))[0][2] == ""
    half = Deployment("mine", "", smoke_test_passed=True)
    assert messages(rules.deployed_otherwise(half, models, LAB))[0][2] == "mine"


# --- one chain ------------------------------------------------------------------------------------


def test_a_whole_chain_is_described_link_by_link() -> None:
    chain = rules.chain_of(LINKS)
    assert chain == Chain(WHOLE)
    assert chain.explanation == " → ".join(WHOLE)


BROKEN = {
    "commit": ({"repository": repository()}, 0, "the commit of CI run 101 in the repository"),
    "published pipeline": ({"published": ()}, 2, "one of version 101"),
    "training run": ({"training": ()}, 3, "a completed one of CI run 101"),
    "model": ({"models": (MODEL,)}, 4, "a version that the training run registered"),
    "artifact": (
        {"ci_runs": (replace(CI, model_file=UNSEEN),)},
        5,
        "model.json of CI run 101 with 1",
    ),
    "CD run": ({"cd_runs": ()}, 6, "one that took version 1 from CI run 101"),
    "answer": ({"answer": Answer(500, None)}, 8, "two numbers"),
}


@pytest.mark.parametrize("part", BROKEN)
def test_a_chain_breaks_where_a_link_is_missing(part: str) -> None:
    changes, length, expected = BROKEN[part]
    chain = rules.chain_of(links(**changes))
    assert chain.links == WHOLE[:length]
    assert messages(chain.broken) == [(part, expected, "none")]
    assert chain.explanation == f"{' → '.join(WHOLE[:length])} ✗ {part}"


@pytest.mark.parametrize(
    ("model_ids", "actual"),
    [((), "no model"), ((f"{NAME}:2",), "version 2"), (("a:b:2", "c:3"), "version 2 or 3")],
)
def test_a_chain_breaks_at_an_endpoint_that_serves_another_version(
    model_ids: tuple[str, ...], actual: str
) -> None:
    chain = rules.chain_of(links(endpoint=replace(ENDPOINT, model_ids=model_ids)))
    assert chain.links == WHOLE[:7]
    assert messages(chain.broken) == [("endpoint", "one that serves version 1", actual)]


@pytest.mark.parametrize(
    "changes",
    [
        {"training": (replace(TRAINING, status="Failed"),)},
        {"training": (replace(TRAINING, tags={"BuildId": "7"}),)},
        {"models": (replace(TRAINED, tags={**TRAINED.tags, "BuildId": "7"}),)},
        {"models": (replace(TRAINED, tags={**TRAINED.tags, "run_id": "another"}),)},
        {"ci_runs": (replace(CI, model_file=replace(FILE, version="2")),)},
        {"cd_runs": (replace(CD, upstream=()),)},
        {"cd_runs": (replace(CD, upstream=None),)},
        {"cd_runs": (replace(CD, upstream=(UpstreamRun("x", 9, CI.number),)),)},
        {"cd_runs": (replace(CD, deployment=UNSEEN),)},
        {"cd_runs": (replace(CD, deployment=replace(CD.deployment, version="2")),)},
    ],
)
def test_unrelated_resources_form_no_link(changes: dict[str, Any]) -> None:
    assert rules.chain_of(links(**changes)).broken


def test_one_whole_chain_is_enough_and_otherwise_the_longest_is_shown() -> None:
    foreign = replace(CI, id=103, commit="dead")
    unpublished = replace(CI, id=104)
    assert rules.chain_of(links(ci_runs=(foreign, CI, unpublished))) == Chain(WHOLE)
    assert rules.chain_of(links(ci_runs=(foreign, unpublished))).links == (
        "commit c0ffee1",
        "CI run 104",
    )
    other = replace(CD, id=203)
    assert rules.chain_of(links(cd_runs=(other, CD))).links[6] == "CD run 203"
    assert rules.chain_of(links(cd_runs=(replace(other, upstream=()), CD))) == Chain(WHOLE)


def test_the_artifact_decides_which_of_two_registered_models_counts() -> None:
    second = replace(TRAINED, version="2")
    assert rules.chain_of(links(models=(second, TRAINED))) == Chain(WHOLE)
    unnamed = links(models=(second, TRAINED), ci_runs=(replace(CI, model_file=None),))
    assert rules.chain_of(unnamed).links[-1] == "model version 2"


# --- what could not be read -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ci", "cd", "unseen"),
    [
        ({}, {}, []),
        ({"model_file": UNSEEN}, {}, [UNSEEN]),
        ({"model_file": None}, {}, [None]),
        ({"model_file": None, "artifacts": ("coverage",)}, {}, []),
        ({"model_file": None, "artifacts": None}, {}, [None]),
        ({}, {"upstream": UNSEEN}, [UNSEEN]),
        ({}, {"deployment": UNSEEN}, [UNSEEN]),
        ({}, {"deployment": None}, []),
        ({}, {"deployment": None, "stages": None}, [None]),
    ],
)
def test_only_unread_links_that_a_chain_could_use_are_listed(
    ci: dict[str, Any], cd: dict[str, Any], unseen: list[Unavailable | None]
) -> None:
    missed = rules.unseen_links(links(ci_runs=(replace(CI, **ci),), cd_runs=(replace(CD, **cd),)))
    assert missed == unseen

"""Whose work it is: what two labs share counts against one of them; no learner reads whose."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from graders import snapshot
from graders.evidence import Evidence, ServiceName, Unavailable
from graders.judging.ownership import Ownership, comparison, own_of, ownership
from graders.lab import SHEET, Lab
from tests.support import grading_process, leaks
from tests.support.counts import note
from tests.support.hostile_evidence import with_each_text
from tests.support.planted_class import (
    LATER,
    OWNER,
    Plant,
    borrowed_endpoint,
    borrowed_workspace,
    cloned_run,
    collected,
    copied_model,
    copied_values,
    endpoint_since_the_same_second,
    name_of,
    neighbours_repository,
    overwritten_endpoint,
    retagged_model,
    run_cloned_since_the_same_second,
)

OWN_WORK = "work-is-the-learners-own"


@dataclass(frozen=True)
class Graded:
    """What a run reported of the owner and of one learner who took something."""

    run: grading_process.Outcome
    labs: Mapping[str, Lab]
    evidence: Mapping[str, Evidence]

    def verdicts(self, number: int) -> dict[str, dict[str, Any]]:
        name = name_of(number)
        return {v["check"]: v for v in self.run.book()["verdicts"] if v["learner"] == name}

    def outcomes(self, number: int) -> dict[str, str]:
        return {check: verdict["outcome"] for check, verdict in self.verdicts(number).items()}

    def failed(self, number: int) -> set[str]:
        return {check for check, outcome in self.outcomes(number).items() if outcome == "failed"}

    def total(self, number: int) -> float | None:
        totals = {grade["learner"]: grade["total"] for grade in self.run.book()["grades"]}
        return totals[name_of(number)]


def graded(folder: Path, *plants: Plant) -> Graded:
    """The owner, then one learner for each plant."""
    cohort, labs = collected(folder, len(plants) + 1, *plants)
    arguments = ("--learners", cohort, "--evidence", folder / "evidence")
    run = grading_process.grade(*arguments, reports=folder / "out")
    return Graded(run, labs, evidence_in(folder, labs))


def evidence_in(folder: Path, labs: Mapping[str, Lab]) -> Mapping[str, Evidence]:
    stored = {learner: snapshot.read(folder / "evidence", learner) for learner in labs}
    return {learner: evidence for learner, evidence in stored.items() if evidence is not None}


# --- who took something ---------------------------------------------------------------------------

TAKEN: Mapping[Plant, tuple[set[str], set[str]]] = {
    borrowed_endpoint: ({"endpoint-exists"}, {"endpoint-is-healthy", "endpoint-answers-the-query"}),
    cloned_run: (
        {"training-run-completed"},
        {"model-is-registered", "model-is-registered-by-the-ci-run", "work-is-one-chain"},
    ),
    copied_model: ({"model-is-registered"}, {"endpoint-serves-the-registered-model"}),
    borrowed_workspace: (
        {
            "base-name-identifies-the-learner",
            "resource-group-is-the-learners",
            "workspace-name-is-the-learners",
            "service-connection-reaches-the-learners-workspace",
        },
        {"training-pipeline-is-published", "model-is-registered", "endpoint-exists"},
    ),
}
"""What was taken -> the checks that fail for it, and some of those that are blocked by them."""
VALUES = {
    "base-name-identifies-the-learner",
    "resource-group-is-the-learners",
    "workspace-name-is-the-learners",
}


POINTING: Mapping[Plant, set[str]] = {
    copied_values: VALUES,
    neighbours_repository: {"cd-pipeline-builds-the-learners-repository"},
}
"""What names a place of the owner's -> the checks that fail for it."""
ALL = (*TAKEN, *POINTING)


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """One class: the owner, and a learner for each way to take something."""
    return graded(tmp_path_factory.mktemp("taken"), *ALL)


def learner_of(plant: Plant) -> int:
    return OWNER + 1 + ALL.index(plant)


@pytest.mark.parametrize("plant", TAKEN)
def test_what_belongs_to_another_costs_the_learner_who_took_it(
    plant: Plant, taken: Graded, request: pytest.FixtureRequest
) -> None:
    failed, blocked = TAKEN[plant]
    outcomes = taken.outcomes(learner_of(plant))
    assert taken.failed(learner_of(plant)) == failed
    assert {outcomes[check] for check in blocked} == {"blocked"}
    assert outcomes[OWN_WORK] == "noted"
    note(request, "resources taken from another learner", 1)


KINDS = {
    borrowed_endpoint: ["endpoint"],
    cloned_run: ["training run", "model"],
    copied_model: ["model"],
    borrowed_workspace: ["workspace"],
    copied_values: [],
    neighbours_repository: [],
}
"""What was taken -> the kinds of resources that are another's, in the order of the lab."""


def test_custody_names_the_kinds_and_leaves_them_out_of_the_evidence(taken: Graded) -> None:
    ownerships = ownership(taken.labs.values(), taken.evidence)
    for plant, kinds in KINDS.items():
        learner = name_of(learner_of(plant))
        own, evidence = ownerships[learner], taken.evidence[learner]
        assert [mismatch.what for mismatch in own.borrowed] == kinds
        assert all(
            "learner0" not in f"{mismatch.expected} {mismatch.found}" for mismatch in own.borrowed
        )
        lists = (
            evidence.training_runs,
            evidence.models,
            evidence.published_pipelines,
            evidence.endpoints,
        )
        is_changed = any(own_of(listed, own, SHEET.tags) != listed for listed in lists)
        assert is_changed == (kinds not in ([], ["workspace"]))
        assert bool(own.owners["own_work"])
    assert ownerships[name_of(OWNER)].borrowed == ()
    assert ownerships[name_of(OWNER)].left_by_others == {"diabetes_regression_model.pkl:2"}


def test_a_list_that_could_not_be_read_is_left_as_it_is(taken: Graded) -> None:
    learner = name_of(learner_of(borrowed_endpoint))
    unseen = Unavailable(ServiceName.AZURE_ML, "this", "it answered 503", "Run again")
    own = ownership(taken.labs.values(), taken.evidence)[learner]
    assert own_of(unseen, own, SHEET.tags) is unseen
    assert own_of(taken.evidence[learner].endpoints, own, SHEET.tags) == ()


def test_the_learner_whose_own_it_is_keeps_the_marks(taken: Graded) -> None:
    assert set(taken.outcomes(OWNER).values()) == {"passed"}
    assert taken.total(OWNER) == 100


@pytest.mark.parametrize("plant", ALL)
def test_the_owner_is_named_in_the_instructors_part_only(plant: Plant, taken: Graded) -> None:
    of_owner = {name_of(OWNER), 'Learner 1"', "learner1@example.org", "AE MLOps 01"}
    for check, verdict in taken.verdicts(learner_of(plant)).items():
        if verdict["outcome"] == "failed":
            assert name_of(OWNER) in " ".join(verdict["for_instructor"]), check
        assert not [name for name in of_owner if name in verdict["reason"]], check
    assert "For the instructor only:" in taken.run.text
    number = learner_of(plant)
    results = taken.run.reports.rglob("*-result.json")
    shown = "".join(path.read_text(encoding="utf-8") for path in results if is_of(path, number))
    assert shown
    assert not [name for name in of_owner if name in shown]


def is_of(path: Path, number: int) -> bool:
    """Whether an Allure result is about that learner."""
    parameters = json.loads(path.read_text(encoding="utf-8")).get("parameters", [])
    return any(name_of(number) in str(parameter.get("value")) for parameter in parameters)


TYPED: Mapping[Plant, set[str]] = {
    borrowed_workspace: {"user1aml"},  # the group and the connection say so
    copied_values: {"user1aml"},  # the variable group says so
    neighbours_repository: {"solliancelabs/mlops_01"},  # the CD pipeline says so
}
"""What was taken -> what of the owner's is in settings of the learner's own, who reads it."""


@pytest.mark.parametrize("plant", ALL)
def test_feedback_names_the_kind_of_resource_but_not_its_owner(plant: Plant, taken: Graded) -> None:
    """What another's lab lists too is not the learner's own, though it is in the evidence."""
    learner, owner = name_of(learner_of(plant)), name_of(OWNER)
    text = leaks.pages(taken.run.reports / "feedback" / learner)
    evidence = snapshot.path_of(taken.run.reports.parent / "evidence", owner).read_text("utf-8")
    lab = taken.labs[owner]
    shared = {lab.subscription_id, lab.tenant_id}
    others = leaks.Others(dict.fromkeys(leaks.identifiers(lab, evidence) - shared, owner))
    own = leaks.identifiers(taken.labs[learner])
    assert {identifier for _, identifier in others.found_in(text, own)} == TYPED.get(plant, set())
    for kind in KINDS[plant]:
        assert re.search(rf"{kind}\)?: (expected )?your own", text)
    notes = {
        note
        for verdict in taken.verdicts(learner_of(plant)).values()
        for note in verdict.get("for_instructor", ())
    }
    assert notes
    assert not [
        instructor_note for instructor_note in notes if leaks.shown(instructor_note) in text
    ]


def test_the_owners_feedback_names_nobody(taken: Graded) -> None:
    text = leaks.pages(taken.run.reports / "feedback" / name_of(OWNER))
    thieves = [lab for learner, lab in taken.labs.items() if learner != name_of(OWNER)]
    others = leaks.Others(
        {identifier: lab.learner.id for lab in thieves for identifier in leaks.identifiers(lab)}
    )
    assert others.found_in(text, leaks.identifiers(taken.labs[name_of(OWNER)])) == set()
    assert "100 of 100 points" in text


@pytest.mark.parametrize("plant", POINTING)
def test_pointing_at_anothers_place_costs_where_it_is_compared_and_shares_nothing(
    plant: Plant, taken: Graded
) -> None:
    assert taken.failed(learner_of(plant)) == POINTING[plant]
    assert taken.outcomes(learner_of(plant))[OWN_WORK] == "passed"


def test_a_tag_takes_nothing_from_the_learner_it_names(tmp_path: Path) -> None:
    """Neither a tag, which can be written at any time, nor the date of what bears it."""
    result = graded(tmp_path, retagged_model)
    assert result.total(OWNER) == 100
    assert set(result.outcomes(OWNER).values()) == {"passed"}
    verdict = result.verdicts(2)[OWN_WORK]
    assert (verdict["outcome"], result.failed(2)) == ("noted", set())
    assert name_of(OWNER) in " ".join(verdict["for_instructor"])


@pytest.mark.parametrize(
    "plant", [endpoint_since_the_same_second, run_cloned_since_the_same_second]
)
def test_where_nothing_shows_who_had_it_first_nobody_loses_it(plant: Plant, tmp_path: Path) -> None:
    result = graded(tmp_path, plant)
    for number in (OWNER, 2):
        others = {
            check: outcome
            for check, outcome in result.outcomes(number).items()
            if outcome != "passed"
        }
        assert others == {OWN_WORK: "not assessed"}
        assert result.total(number) == 100
        notes = " ".join(result.verdicts(number)[OWN_WORK]["for_instructor"])
        assert "is unclear" in notes
        assert name_of(3 - number) in notes


def test_an_endpoint_that_anothers_pipeline_replaced_is_for_the_instructor_to_judge(
    tmp_path: Path,
) -> None:
    """What it served before cannot be seen any more: withheld, not lowered."""
    result = graded(tmp_path, overwritten_endpoint)
    outcomes = result.outcomes(OWNER)
    assert result.failed(OWNER) == set()
    assert outcomes["endpoint-serves-the-registered-model"] == "not assessed"
    assert result.total(OWNER) is None
    notes = " ".join(
        result.verdicts(OWNER)["endpoint-serves-the-registered-model"]["for_instructor"]
    )
    assert name_of(2) in notes


# --- who took nothing -----------------------------------------------------------------------------


def test_an_honest_class_of_two_hundred_shares_nothing(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    _, labs = collected(tmp_path, 200)
    evidence = evidence_in(tmp_path, labs)
    assert len(evidence) == 200
    ownerships = ownership(labs.values(), evidence)
    assert [own for own in ownerships.values() if own != Ownership(others=199)] == []
    note(request, "honest learners of one class, compared with each other", 200)


def test_learners_who_share_a_workspace_by_the_cohort_file_work_together(tmp_path: Path) -> None:
    """A pair has two rows with the same places: what one made is the other's as well."""
    _, labs = collected(tmp_path, 1)
    (lab,) = labs.values()
    first = snapshot.read(tmp_path / "evidence", lab.learner.id)
    assert first is not None
    partner = replace(lab, learner=replace(lab.learner, id="partner"))
    evidence = {lab.learner.id: first, "partner": replace(first, learner="partner")}
    ownerships = ownership([lab, partner], evidence)
    assert all(not (own.borrowed or own.unclear or own.owners) for own in ownerships.values())


def test_a_name_that_anybody_may_choose_belongs_to_nobody(tmp_path: Path) -> None:
    _, labs = collected(tmp_path, 2)
    evidence = {}
    for learner in labs:
        stored = snapshot.read(tmp_path / "evidence", learner)
        assert stored is not None
        (run,), (model,) = stored.training_runs, stored.models  # type: ignore[misc]
        model = replace(model, tags={**model.tags, "run_id": "local"})
        alike = replace(stored, training_runs=(replace(run, id="local"),), models=(model,))
        evidence[learner] = alike
    ownerships = ownership(labs.values(), evidence)
    assert list(ownerships.values()) == [Ownership(others=1)] * 2
    first, second = evidence.values()
    copy = {**evidence, second.learner: replace(second, models=first.models)}
    taken = ownership(labs.values(), copy)[second.learner]
    assert [mismatch.what for mismatch in taken.borrowed] == ["model"]
    assert taken.not_own == {}  # its tags lead to no run of the learner's own, so it counts nowhere


def test_nothing_is_concluded_about_a_learner_without_evidence(tmp_path: Path) -> None:
    """The copy names another's build: they may have worked here, or the copy was taken there."""
    _, labs = collected(tmp_path, 2, copied_model)
    copy = snapshot.read(tmp_path / "evidence", name_of(2))
    assert copy is not None
    own = ownership(labs.values(), {name_of(2): copy})[name_of(2)]
    assert (own.borrowed, own.not_own, own.unclear) == ((), {}, ("model",))
    assert name_of(OWNER) in own.owners["registered_models"][0].learners


def test_with_a_part_of_the_class_nobody_is_named(tmp_path: Path) -> None:
    """A learner may be who grades it; what is another's does not count all the same."""
    cohort, labs = collected(tmp_path, 2, borrowed_endpoint)
    arguments = ("--learners", cohort, "--evidence", tmp_path / "evidence")
    run = grading_process.grade(*arguments, "--learner", name_of(2), reports=tmp_path / "out")
    result = Graded(run, labs, {})
    assert result.failed(2) == {"endpoint-exists"}
    assert not [verdict for verdict in result.verdicts(2).values() if "for_instructor" in verdict]
    assert "For the instructor" not in result.run.text


# --- what a learner may write ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Lab], Mapping[str, Evidence]]:
    """Three honest labs, and what was seen of each."""
    folder = tmp_path_factory.mktemp("three")
    _, labs = collected(folder, 3)
    return list(labs.values()), evidence_in(folder, labs)


def test_no_text_of_one_learner_takes_anything_from_another(
    three: tuple[list[Lab], Mapping[str, Evidence]], request: pytest.FixtureRequest
) -> None:
    """The last of three writes it into each of its texts: odd ones, and what names the first."""
    labs, evidence = three
    (run,), (endpoint,) = evidence[name_of(1)].training_runs, evidence[name_of(1)].endpoints  # type: ignore[misc]
    theirs = (run.id, endpoint.scoring_uri, run.tags["BuildUri"], run.tags["BuildId"])
    count = 0
    for text in ("http://[", "https://℀/x", "\x1b]0;x\x07", "x" * 10_000, *theirs):
        for changed in with_each_text(evidence[name_of(3)], text):
            ownerships = ownership(labs, {**evidence, name_of(3): changed})
            for number in (1, 2):
                own = ownerships[name_of(number)]
                assert (own.borrowed, own.not_own, own.fault) == ((), {}, "")
            assert ownerships[name_of(3)].fault == ""
            count += 1
    note(request, "texts of one learner's evidence replaced, with no effect on another", count)


def retold(evidence: Evidence, old: str, new: str) -> Evidence:
    """The same work, whose tags name another project."""

    def told(tags: Mapping[str, str]) -> Mapping[str, str]:
        return {name: value.replace(old, new) for name, value in tags.items()}

    (run,), (model,) = evidence.training_runs, evidence.models  # type: ignore[misc]
    return replace(
        evidence,
        training_runs=(replace(run, tags=told(run.tags)),),
        models=(replace(model, tags=told(model.tags)),),
    )


def test_a_project_that_had_anothers_name_keeps_its_work(
    three: tuple[list[Lab], Mapping[str, Evidence]],
) -> None:
    """Tags keep the name of the time; the id of the run says whose it is."""
    labs, evidence = three
    renamed = retold(evidence[name_of(2)], labs[1].project, labs[0].project)
    ownerships = ownership(labs, {**evidence, name_of(2): renamed})
    assert list(ownerships.values()) == [Ownership(others=2)] * 3


def test_where_a_run_stands_outranks_its_tags(
    three: tuple[list[Lab], Mapping[str, Evidence]],
) -> None:
    """Somebody wrote another project and its run into the tags of an honest learner's work."""
    labs, evidence = three
    named = retold(evidence[name_of(2)], labs[1].project, labs[0].project)
    runs = [run.id for learner in (1, 2) for run in evidence[name_of(learner)].runs]  # type: ignore[union-attr]
    theirs, mine = runs[0], next(run for run in runs if f"={run}" in str(named.training_runs))
    named = retold(named, f"={mine}", f"={theirs}")
    own = ownership(labs, {**evidence, name_of(2): named})
    assert (own[name_of(2)].borrowed, own[name_of(2)].not_own) == ((), {})
    assert own[name_of(2)].unclear == ("training run", "model")
    assert name_of(1) in own[name_of(2)].owners["training_runs"][0].learners
    assert own[name_of(1)] == Ownership(others=2)
    (run,) = named.training_runs  # type: ignore[misc]
    elsewhere = replace(named, training_runs=(replace(run, pipeline_id="of-another"),))
    taken = ownership(labs, {**evidence, name_of(2): elsewhere})[name_of(2)]
    assert [mismatch.what for mismatch in taken.borrowed] == ["training run", "model"]


def test_a_lab_that_trips_the_comparison_is_left_out_of_it(
    three: tuple[list[Lab], Mapping[str, Evidence]], monkeypatch: pytest.MonkeyPatch
) -> None:
    labs, evidence = three
    listings = comparison.listings

    def trip(lab: Lab, *others: Any) -> Any:
        if lab.learner.id == name_of(3):
            raise RuntimeError("canary")
        return listings(lab, *others)

    monkeypatch.setattr(comparison, "listings", trip)
    ownerships = ownership(labs, evidence)
    assert ownerships[name_of(3)].fault == "a bug in the grader in comparing it (RuntimeError)"
    assert ownerships[name_of(1)] == ownerships[name_of(2)] == Ownership(others=2)
    monkeypatch.setattr(comparison.CohortComparison, "_listed_twice", lambda *_: 1 / 0)
    ownerships = ownership(labs, evidence)
    fault = "a bug in the grader in comparing the class (ZeroDivisionError)"
    assert list(ownerships.values()) == [Ownership(fault=fault)] * 3


@pytest.mark.parametrize("made", [None, timedelta(0), -timedelta(days=1)])
def test_a_copy_that_names_its_owner_takes_nothing_from_the_owner(
    three: tuple[list[Lab], Mapping[str, Evidence]], made: timedelta | None
) -> None:
    """A copy of the owner's run with the owner's tags, whatever time it bears."""
    labs, evidence = three
    owner, taker = name_of(1), name_of(2)
    (run,) = evidence[owner].training_runs  # type: ignore[misc]
    assert run.created_at is not None
    copy = replace(run, created_at=None if made is None else run.created_at + made)
    runs_of_taker = (*evidence[taker].training_runs, copy)  # type: ignore[misc]
    copied = replace(evidence[taker], training_runs=runs_of_taker)
    ownerships = ownership(labs, {**evidence, taker: copied})
    assert (ownerships[owner].borrowed, ownerships[owner].unclear, ownerships[owner].not_own) == (
        (),
        (),
        {},
    )
    assert [mismatch.what for mismatch in ownerships[taker].borrowed] == ["training run"]


@pytest.mark.parametrize("spelled", ["{}:80/score", "{}./score", "{}/scor%65", "{}/", "{}//score"])
def test_an_endpoint_is_the_same_however_its_address_is_spelled(
    three: tuple[list[Lab], Mapping[str, Evidence]], spelled: str
) -> None:
    labs, evidence = three
    (theirs,), (mine,) = evidence[name_of(1)].endpoints, evidence[name_of(2)].endpoints  # type: ignore[misc]
    address = spelled.format(theirs.scoring_uri.removesuffix("/score"))
    late = theirs.updated_at + LATER
    borrowed = replace(mine, scoring_uri=address, created_at=late, updated_at=late)
    ownerships = ownership(
        labs, {**evidence, name_of(2): replace(evidence[name_of(2)], endpoints=(borrowed,))}
    )
    assert [mismatch.what for mismatch in ownerships[name_of(2)].borrowed] == ["endpoint"]
    assert ownerships[name_of(1)].borrowed == ()


@pytest.mark.parametrize("address", ["/score", "http:///score", "http://:80/score", ""])
def test_an_address_without_a_host_belongs_to_nobody(
    three: tuple[list[Lab], Mapping[str, Evidence]], address: str
) -> None:
    labs, evidence = three
    both = {
        learner: replace(original, endpoints=(replace(original.endpoints[0], scoring_uri=address),))  # type: ignore[index]
        for learner, original in evidence.items()
    }
    assert set(map(len, (own.owners for own in ownership(labs, both).values()))) == {0}


def test_an_older_endpoint_that_was_changed_since_proves_nothing(
    three: tuple[list[Lab], Mapping[str, Evidence]],
) -> None:
    """What address it had before cannot be known: nobody loses."""
    labs, evidence = three
    (theirs,), (mine,) = evidence[name_of(1)].endpoints, evidence[name_of(2)].endpoints  # type: ignore[misc]
    older = replace(
        mine,
        scoring_uri=theirs.scoring_uri,
        created_at=theirs.created_at - LATER,
        updated_at=theirs.created_at + LATER,
    )
    ownerships = ownership(
        labs, {**evidence, name_of(2): replace(evidence[name_of(2)], endpoints=(older,))}
    )
    for number in (1, 2):
        own = ownerships[name_of(number)]
        assert (own.borrowed, own.unclear) == ((), ("endpoint",))

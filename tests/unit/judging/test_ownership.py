"""Whose work it is: what the labs of three learners share, and what each of them reads about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from graders.evidence import Evidence, Model, PublishedPipeline, TrainingRun, Variable
from graders.judging.ownership import Ownership, comparison, key_of, own_of, ownership
from graders.judging.ownership.findings import Findings
from graders.judging.ownership.locations import MOST_NAMES, Named, Sharers
from graders.judging.time_limit import OutOfTime
from graders.lab import SHEET, Lab
from graders.reasons import Mismatch, OwnerNote, Relation
from graders.texts import MOST_LINES
from tests.support.changed_evidence import GONE, changed, frozen, judged
from tests.support.correct_evidence import ENDPOINT
from tests.support.evidence_changes import ADDRESS, BESIDE, FAULT, RUN
from tests.support.three_learners import evidence, labs

EXPECTED = frozen()
OURS, THEIRS = evidence()["user2"], evidence()["user1"]
(OUR_RUN,), (THEIR_RUN,) = OURS.training_runs, THEIRS.training_runs  # type: ignore[misc]
BASE_NAME = "variable_groups.0.variables.BASE_NAME"
BUILD_URI = SHEET.tags.build_uri
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("case", BESIDE)
def test_what_two_labs_share_is_judged_as_frozen(case: str) -> None:
    assert judged(*BESIDE[case]) == EXPECTED[case]


def compared(second: Evidence | Mapping[str, Any], **others: Evidence) -> Mapping[str, Ownership]:
    """The class, in which the second learner shows this, or a few facts changed."""
    own = second if isinstance(second, Evidence) else changed(OURS, second)
    return ownership(labs().values(), {**evidence(), "user2": own, **others})


def test_honest_labs_share_nothing() -> None:
    assert list(compared(OURS).values()) == [Ownership(others=2)] * 3


def test_whose_it_is_travels_as_a_fact() -> None:
    (theirs,), (ours,) = THEIRS.endpoints, OURS.endpoints  # type: ignore[misc]
    first, second, third = compared({ADDRESS: theirs.scoring_uri}).values()
    listed = (OwnerNote("endpoint mlops-aci", Relation.LISTED_BY, ("user2",)),)
    assert first == Ownership(others=2, owners={"endpoints": listed, "own_work": listed})
    times = (f"{endpoint.created_at:%Y-%m-%d %H:%M:%S} UTC" for endpoint in (theirs, ours))
    proof = "there since {}, here since {}".format(*times)
    taken = (OwnerNote("endpoint mlops-aci", Relation.IS_OF, ("user1",), proof),)
    assert second == Ownership(
        borrowed=(Mismatch("endpoint", "your own", "another learner's"),),
        others=2,
        not_own={urlsplit(theirs.scoring_uri).hostname or "": "mlops-aci"},
        owners={"endpoints": taken, "own_work": taken},
    )
    assert third == Ownership(others=2)


def test_the_first_number_of_a_base_name_says_whose_it_names() -> None:
    own = compared({BASE_NAME: Variable("user1-user3")})["user2"]
    note = OwnerNote("BASE_NAME `user1-user3`", Relation.IS_OF, ("user1",))
    assert own == Ownership(others=2, owners={"base_name": (note,), "own_work": (note,)})


GUID = "0F0F0F0F-0000-4000-8000-00000000000A"


@pytest.mark.parametrize(
    ("artifact", "key"),
    [
        (TrainingRun(GUID, "Completed", {}), GUID.lower()),
        (TrainingRun("local", "Completed", {}), ""),
        (PublishedPipeline(GUID, "p", "1", is_active=True), f"pipeline {GUID.lower()}"),
        (Model("m", "1", {"run_id": GUID}), GUID.lower()),
        (Model("m", "1", {"run_id": "local"}), ""),
        (Model("m", "1", {}), ""),
        (replace(ENDPOINT, scoring_uri="http://A.b.azurecontainer.io./x"), "a.b.azurecontainer.io"),
        (replace(ENDPOINT, scoring_uri="https://A.example/X/score"), "a.example/x/score"),
        (replace(ENDPOINT, scoring_uri="/score"), ""),
    ],
)
def test_a_resource_is_the_same_however_it_is_spelled(artifact: Any, key: str) -> None:
    assert key_of(artifact, SHEET.tags) == key


def test_what_is_anothers_is_left_out_of_a_list() -> None:
    own = Ownership(not_own={THEIR_RUN.id: "it"})
    assert own_of((THEIR_RUN, OUR_RUN), own, SHEET.tags) == (OUR_RUN,)
    assert own_of((THEIR_RUN, OUR_RUN), Ownership(), SHEET.tags) == (THEIR_RUN, OUR_RUN)
    assert own_of(FAULT, own, SHEET.tags) is FAULT


# --- what proves whose it is ----------------------------------------------------------------------


@pytest.mark.parametrize("made", [None, timedelta(0), -24 * HOUR])
def test_a_copy_that_names_its_owner_takes_nothing_from_the_owner(made: timedelta | None) -> None:
    """A copy of the owner's run with the owner's tags, whatever time it bears."""
    assert THEIR_RUN.created_at
    copy = replace(THEIR_RUN, created_at=None if made is None else THEIR_RUN.created_at + made)
    own = compared({"training_runs": (OUR_RUN, copy)})
    assert own["user1"] == Ownership(others=2)
    assert [mismatch.what for mismatch in own["user2"].borrowed] == ["training run"]
    assert own["user2"].not_own == {THEIR_RUN.id: THEIR_RUN.id}


@pytest.mark.parametrize("made", [THEIR_RUN.created_at, None])
def test_of_two_runs_since_the_same_second_nobody_loses_one(made: Any) -> None:
    own = compared({RUN: THEIR_RUN.id, "training_runs.0.created_at": made})
    assert own["user1"].unclear == ("training run", "model")  # which comes from it
    assert own["user2"].unclear == ("training run",)
    assert [result.borrowed for result in own.values()] == [()] * 3


def test_a_run_of_a_pipeline_that_is_published_elsewhere_is_whose_its_tags_say() -> None:
    copied = {"training_runs.0.tags": THEIR_RUN.tags, "training_runs.0.pipeline_id": "elsewhere"}
    own = compared(copied)["user2"]
    assert [mismatch.what for mismatch in own.borrowed] == ["training run"]


@pytest.mark.parametrize(
    ("tags", "unclear"),
    [
        ({}, ()),
        ({BUILD_URI: "https://dev.azure.com/solliancelabs/AE MLOps 01/_build"}, ("model",)),
        ({BUILD_URI: "https://dev.azure.com/solliancelabs/AE MLOps 02/_build"}, ()),
    ],
)
def test_a_model_whose_tags_name_no_run(tags: Mapping[str, str], unclear: tuple[str, ...]) -> None:
    """It is whose project they name; where that is another's, the training run decides."""
    own = compared({"models.0.tags": {"run_id": OUR_RUN.id, **tags}})["user2"]
    assert (own.borrowed, own.unclear, own.fault) == ((), unclear, "")


# --- bounds and faults ----------------------------------------------------------------------------


def test_notes_are_bounded() -> None:
    runs = tuple(replace(THEIR_RUN, id=f"{n:08}{THEIR_RUN.id[8:]}") for n in range(MOST_LINES + 1))
    own = compared(replace(OURS, training_runs=runs))["user2"]
    assert len(own.owners["training_runs"]) == len(own.owners["own_work"]) == MOST_LINES


TWELVE = [f"user{number}" for number in range(12)]


def test_a_note_names_ten_learners_and_counts_the_others() -> None:
    named = Named.of(TWELVE)
    assert named == Named(tuple(TWELVE[:MOST_NAMES]), 2)
    assert str(named).endswith("user8, user9 and 2 more")
    assert (str(Named.of(TWELVE[:2])), bool(Named(()))) == ("user0, user1", False)
    findings = Findings()
    findings.add_note("endpoints", "endpoint e", Relation.IS_OF, named)
    assert [note.more for note in findings.frozen(11).owners["endpoints"]] == [2]


@pytest.mark.parametrize(
    ("together", "names", "more"),
    [(1, TWELVE[1:11], 1), (2, TWELVE[2:], 0), (6, TWELVE[6:], 0), (12, [], 0)],
)
def test_who_works_together_is_not_named_to_one_another(
    together: int, names: list[str], more: int
) -> None:
    """So many in one workspace, and the others each in one of their own."""
    workspaces = {who: str(max(n, together - 1)) for n, who in enumerate(TWELVE)}
    assert Sharers(TWELVE, workspaces).apart_from("user0") == Named(tuple(names), more)


def test_of_one_workspace_ten_are_named_too() -> None:
    workspaces = dict.fromkeys(TWELVE, "theirs") | {"me": "mine"}
    sharers = Sharers(["me", *TWELVE, "user1"], workspaces)
    assert sharers.apart_from("me") == Named(tuple(TWELVE[:10]), 2)


def test_a_lab_that_trips_the_comparison_is_left_out_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(error: Exception) -> Mapping[str, Ownership]:
        listings = comparison.listings

        def tripping(lab: Lab, *others: Any) -> Any:
            if lab.learner.id == "user2":
                raise error
            return listings(lab, *others)

        with monkeypatch.context() as patch:
            patch.setattr(comparison, "listings", tripping)
            return compared(OURS)

    fault = "a bug in the grader in comparing it (RuntimeError)"
    assert trip(RuntimeError("canary"))["user2"] == Ownership(others=2, fault=fault)
    fault = f"comparing it took more than {comparison.SECONDS:g} seconds"
    assert trip(OutOfTime())["user2"] == Ownership(others=2, fault=fault)
    assert trip(OutOfTime())["user1"] == Ownership(others=2)


def test_a_fault_of_the_whole_comparison_is_everybodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison.CohortComparison, "_listed_twice", lambda *_: 1 / 0)
    fault = "a bug in the grader in comparing the class (ZeroDivisionError)"
    assert list(compared(OURS).values()) == [Ownership(fault=fault)] * 3


ODD = (None, "", "user", "user" + "1" * 5000, "\0")


@pytest.mark.parametrize("variable", [GONE, *map(Variable, ODD)])
def test_no_base_name_trips_the_comparison(variable: object) -> None:
    assert compared({BASE_NAME: variable})["user2"] == Ownership(others=2)

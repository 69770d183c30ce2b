"""Every entry of the catalogues, mistakes in pairs too, collected and judged as in a run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from fixtures.plugin.grading import whole_rubric
from fixtures.simulator.mistakes import Catalogue
from graders import __main__ as command
from graders import snapshot
from graders.lab import Lab
from graders.names import file_stem
from graders.verdicts import Outcome
from reports.feedback import markdown
from tests.support import golden_lines, leaks, mistake_pairs, root_causes
from tests.support.catalogue_class import (
    CATALOGUE,
    MADE,
    PAIRS,
    WITH_A_MISTAKE,
    Made,
    collected,
)
from tests.support.counts import note

RUBRIC = whole_rubric()
SHARE_NAMED = 0.95
"""The share of mistakes whose cause the first message must name."""

ESSENTIAL_OR_LINKING = frozenset(
    {
        "variable-group-exists",
        "location-is-the-workspace-region",
        "resource-group-is-the-learners",
        "workspace-name-is-the-learners",
        "service-connection-exists",
        "service-connection-reaches-the-learners-workspace",
        "service-connection-is-in-the-learners-subscription",
        "service-connection-is-ready",
        "variable-group-names-an-existing-connection",
        "repository-exists",
        "repository-has-the-essential-files",
        "ci-pipeline-exists",
        "ci-pipeline-builds-the-learners-repository",
        "ci-has-a-completed-run",
        "ci-run-succeeded",
        "ci-run-has-every-stage-and-job",
        "ci-run-published-the-model-artifact",
        "ci-run-built-a-commit-of-the-repository",
        "training-pipeline-is-published",
        "training-pipeline-is-published-by-the-ci-run",
        "model-is-registered",
        "model-is-registered-by-the-ci-run",
        "cd-pipeline-exists",
        "cd-pipeline-builds-the-learners-repository",
        "cd-run-succeeded",
        "cd-run-deployed-to-container-instances",
        "cd-run-used-the-ci-run",
        "cd-run-followed-the-ci-run",
        "endpoint-exists",
        "endpoint-is-healthy",
        "endpoint-serves-the-registered-model",
        "endpoint-was-deployed-by-the-cd-run",
        "endpoint-answers-the-query",
        "model-artifact-names-the-model",
        "model-artifact-is-the-registered-version",
        "training-run-completed",
        "cd-run-deployed-the-registered-model",
        "work-is-one-chain",
    }
)
"""Checks without which the lab was not done, and those that hold its parts together."""

ONE_KIND_ONLY: Mapping[str, str] = {
    "service-connection-reaches-the-learners-workspace": "without a workspace the scope is wrong",
    "service-connection-is-in-the-learners-subscription": "without one the scope is wrong",
    "repository-has-the-essential-files": "a file is there or not; what it says is another check",
    "ci-pipeline-builds-the-learners-repository": "no pipeline is without a repository",
    "cd-pipeline-builds-the-learners-repository": "no pipeline is without a repository",
    "ci-has-a-completed-run": "a run came to its end, or there is none, or it is still running",
    "ci-run-succeeded": "without a run it is blocked",
    "ci-run-built-a-commit-of-the-repository": "no run is without a commit",
    "cd-run-followed-the-ci-run": "no run is without its time and branch",
    "model-artifact-is-the-registered-version": "a sound artifact always names a version",
    "work-is-one-chain": "that a link is there at all is another check's matter",
    "endpoint-is-healthy": "no endpoint is without a state",
    "endpoint-was-deployed-by-the-cd-run": "no endpoint is without its times",
}
"""Check -> why it cannot be failed in two ways."""


@dataclass(frozen=True)
class Graded:
    """What a run reported of each learner's mistakes."""

    judgements: Mapping[Made, root_causes.Judgement]
    first: Mapping[Made, Mapping[str, str]]
    blocked: Sequence[tuple[Made, str, str]]
    """Mistakes, check, reason."""
    labs: Mapping[str, Lab]
    made: Mapping[str, Made]
    """Learner -> mistakes."""
    cohort: Path
    reports: Path

    def learner(self, made: Made) -> str:
        return next(learner for learner, own in self.made.items() if own == made)

    @cached_property
    def feedback(self) -> Mapping[str, str]:
        """Learner -> all text of the learner's feedback folder."""
        folders = {learner: self.reports / "feedback" / file_stem(learner) for learner in self.labs}
        return {learner: leaks.pages(folder) for learner, folder in folders.items()}

    @cached_property
    def identifiers(self) -> Mapping[str, frozenset[str]]:
        """Learner -> what tells that lab from all others."""
        shared = leaks.guids(self.cohort.with_name("lab.toml").read_text("utf-8"))
        evidence = self.reports / "evidence"
        texts = {
            learner: snapshot.path_of(evidence, learner).read_text("utf-8") for learner in self.labs
        }
        return {
            learner: leaks.identifiers(lab, texts[learner]) - shared
            for learner, lab in self.labs.items()
        }


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Graded:
    """One learner per entry, and per pair that is tried, collected at once, judged without pytest.

    Where the chosen tests ask for single learners only, these alone are.
    """
    whole = collected(tmp_path_factory.mktemp("catalogue"), _asked_for(request.session.items))
    reports = whole.evidence.parent
    places = ("--evidence", str(whole.evidence), "--reports", str(reports))
    arguments = ["--learners", str(whole.cohort), *places, "--fail-on", "never"]
    assert command.main(["judge", *arguments]) == 0
    book = json.loads((reports / "gradebook.json").read_text(encoding="utf-8"))
    made = {learner: mistakes for mistakes, learner in whole.learners.items()}
    return Graded(
        judgements=whole.judgements(),
        first={made[grade["learner"]]: grade["first_to_read"] for grade in book["grades"]},
        blocked=[
            (made[verdict["learner"]], verdict["check"], verdict["reason"])
            for verdict in book["verdicts"]
            if verdict["outcome"] == Outcome.BLOCKED
        ],
        labs=whole.labs,
        made=made,
        cohort=whole.cohort,
        reports=reports,
    )


def _asked_for(items: Sequence[pytest.Item]) -> Sequence[Made]:
    own = [item for item in items if "graded" in getattr(item, "fixturenames", ())]
    asked = {_params(item).get("made") for item in own}
    of_all = frozenset() if None not in asked else frozenset(MADE) - frozenset(PAIRS)
    return [made for made in MADE if made in asked or made in of_all]


def _params(item: pytest.Item) -> Mapping[str, Any]:
    return getattr(getattr(item, "callspec", None), "params", {})


# --- each entry alone -----------------------------------------------------------------------------


def alone(names: Mapping[str, object]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("made", [(name,) for name in names], ids="".join)


@alone(CATALOGUE.mistakes)
def test_the_causes_of_a_mistake_explain_all_that_does_not_pass(
    made: Made, graded: Graded, request: pytest.FixtureRequest
) -> None:
    stated = CATALOGUE.causes(made, RUBRIC)
    certain = root_causes.listed_by(CATALOGUE.entries[made[0]], RUBRIC)
    assert list(root_causes.astray(graded.judgements[made], stated, certain)) == []
    note(request, "mistakes, each alone", 1)


@alone(CATALOGUE.variations)
def test_a_right_way_through_the_lab_earns_full_marks(
    made: Made, graded: Graded, request: pytest.FixtureRequest
) -> None:
    """Nothing but what the entry says is noted, and that for no points."""
    outcomes = graded.judgements[made].outcomes
    others = {
        check: outcome for check, outcome in outcomes.items() if outcome is not Outcome.PASSED
    }
    assert set(others.values()) <= {Outcome.NOTED}
    assert others == CATALOGUE.causes(made, RUBRIC)
    note(request, "legitimate variations", 1)


@alone(CATALOGUE.entries)
def test_an_entry_has_its_frozen_outcomes(made: Made, graded: Graded) -> None:
    """Freeze it anew with ``make golden``, and read what changed."""
    was = golden_lines.line(golden_lines.of_entries().get(made[0], {}), RUBRIC)
    assert golden_lines.line(graded.judgements[made].outcomes, RUBRIC) == was


def test_only_entries_that_there_are_are_frozen() -> None:
    assert list(golden_lines.of_entries()) == list(CATALOGUE.entries), "run: make golden"


# --- two together ---------------------------------------------------------------------------------


@pytest.mark.parametrize("made", WITH_A_MISTAKE, ids="+".join)
def test_a_variation_neither_hides_a_mistake_nor_worsens_it(
    made: Made, graded: Graded, request: pytest.FixtureRequest
) -> None:
    assert graded.judgements[made].outcomes == golden_lines.expected(made)
    note(request, "variations with a mistake", 1)


@pytest.mark.parametrize("made", PAIRS, ids="+".join)
def test_two_mistakes_fail_the_checks_of_both(
    made: tuple[str, str], graded: Graded, request: pytest.FixtureRequest
) -> None:
    """But where one root cause explains what the other would be, which costs once."""
    judgement = graded.judgements[made]
    expected = mistake_pairs.settled(judgement, made, CATALOGUE)
    assert (
        list(root_causes.astray_together(judgement, CATALOGUE.causes(made, RUBRIC), expected)) == []
    )
    note(request, "pairs of mistakes", 1)


@pytest.mark.parametrize("made", PAIRS, ids="+".join)
def test_a_pair_has_its_frozen_explanation(made: tuple[str, str], graded: Graded) -> None:
    """Freeze it anew with ``make golden``, and read what changed."""
    was = golden_lines.of_pairs().get("+".join(made), "")
    assert golden_lines.explained(graded.judgements[made].outcomes, made) == was


def test_there_are_enough_pairs_and_every_entry_of_a_task_is_in_one() -> None:
    assert len(PAIRS) >= 200
    of_tasks = {mistake.name for mistake in mistake_pairs.of_tasks(CATALOGUE)}
    assert {name for pair in PAIRS for name in pair} == of_tasks


def test_a_new_mistake_moves_no_pair() -> None:
    """Whichever came last, the pairs of all the others are the same without it."""
    included = {base for entry in CATALOGUE.entries.values() for base in entry.includes}
    for name in set(list(CATALOGUE.mistakes)[::20]) - included - {*mistake_pairs.WHATEVER_THE_WAY}:
        before = {other: entry for other, entry in CATALOGUE.entries.items() if other != name}
        assert mistake_pairs.pairs(Catalogue(before)) == [
            pair for pair in PAIRS if name not in pair
        ]


# --- what a learner reads first -------------------------------------------------------------------


@alone(CATALOGUE.mistakes)
def test_the_first_message_names_the_cause(made: Made, graded: Graded) -> None:
    """Unless the entry says why none can."""
    (name,) = made
    wanted = CATALOGUE.first(name, graded.labs[graded.learner(made)])
    assert wanted, f"{name} does not say what a learner should read first"
    message = graded.first[made]
    names_it = message["check"] == wanted.check and wanted.says in message["reason"]
    assert names_it is not bool(CATALOGUE.entries[name].untold), message


def test_nearly_every_cause_is_named() -> None:
    unnamed = [mistake.name for mistake in CATALOGUE.mistakes.values() if mistake.untold]
    assert len(unnamed) <= (1 - SHARE_NAMED) * len(CATALOGUE.mistakes), unnamed


def test_every_blocked_check_names_the_step_to_go_back_to(graded: Graded) -> None:
    """A step of its own task or of an earlier one."""
    tasks = {check.id: check.task for check in RUBRIC}
    lost = [
        (made, check, reason)
        for made, check, reason in graded.blocked
        if not any(int(task) <= tasks[check] for task in re.findall(r"step (\d)\.\d+", reason))
    ]
    assert lost == []


# --- what learners read of it ---------------------------------------------------------------------


THEIR_OWN_WORDS: Mapping[str, tuple[str, str]] = {
    "connection_to_a_neighbours_workspace": (
        "user{next}aml",
        "it is the workspace that the learner's own service connection names",
    ),
    "ci_builds_a_neighbours_repository": (
        "solliancelabs/mlops_{next}",
        "it is the repository that the learner's own CI pipeline builds",
    ),
    "cd_builds_a_neighbours_repository": (
        "solliancelabs/mlops_{next}",
        "it is the repository that the learner's own CD pipeline builds",
    ),
}
"""Mistake -> what of the next learner a learner reads all the same, and why."""


def test_feedback_holds_nothing_of_another_learner(
    graded: Graded, request: pytest.FixtureRequest
) -> None:
    others = leaks.Others({i: other for other, own in graded.identifiers.items() for i in own})
    leaked, needed = [], set()
    for learner, text in graded.feedback.items():
        made = graded.made[learner]
        allowed = {
            THEIR_OWN_WORDS[mistake][0].format(
                next=graded.labs[learner].learner.number + 1
            ): mistake
            for mistake in made
            if mistake in THEIR_OWN_WORDS
        }
        for owner, identifier in others.found_in(text, graded.identifiers[learner]):
            needed.add(allowed.get(identifier))
            if identifier not in allowed:
                leaked.append(f"{learner} ({'+'.join(made)}) reads `{identifier}` of {owner}")
    assert leaked == []
    assert needed == set(THEIR_OWN_WORDS), "an exception that nobody needs"
    note(request, "feedback folders searched for every other learner", len(graded.feedback))


def _guids(graded: Graded, learner: str) -> set[str]:
    return set(leaks.guids(" ".join(graded.identifiers[learner])))


@pytest.mark.parametrize("kind", ["id", "name", "email", "project", "repository", "guid"])
@pytest.mark.parametrize("name", ["not_started", "connection_to_a_neighbours_workspace"])
def test_the_search_finds_what_is_planted(name: str, kind: str, graded: Graded) -> None:
    reader, other = graded.learner((name,)), list(graded.labs)[-1]
    lab = graded.labs[other]
    planted = {
        "id": other,
        "name": lab.learner.name,
        "email": lab.learner.email,
        "project": lab.project,
        "repository": f"{lab.github_owner}/{lab.repositories[0]}",
        "guid": max(_guids(graded, other) - _guids(graded, reader)),
    }[kind]
    others = leaks.Others(dict.fromkeys(graded.identifiers[other], other))
    own = graded.identifiers[reader]
    assert others.found_in(graded.feedback[reader], own) == set()
    leaky = graded.feedback[reader] + leaks.shown(f"- Found: {markdown.inline(planted)}\n")
    assert (other, planted.casefold()) in others.found_in(leaky, own)


def test_feedback_holds_nothing_that_is_for_the_instructor_and_no_secret(graded: Graded) -> None:
    book = json.loads((graded.reports / "gradebook.json").read_text(encoding="utf-8"))
    single = {
        leaks.shown(note)
        for verdict in book["verdicts"]
        for note in verdict.get("for_instructor", ())
    }
    assert len(single) >= len(THEIR_OWN_WORDS)
    everything = "\n".join(graded.feedback.values())
    assert [text for text in single if text in everything] == []
    assert leaks.SECRETS.findall(everything) == []
    assert str(graded.reports) not in everything


def test_feedback_needs_no_knowledge_of_the_grader(graded: Graded) -> None:
    words = [check.id for check in RUBRIC]
    words += ["pytest", "assert", "traceback", "outcome", "verdict", "fixture"]
    everything = "\n".join(graded.feedback.values())
    assert [word for word in words if word in everything] == []


# --- what the catalogue covers --------------------------------------------------------------------


def test_every_check_that_carries_points_can_fail() -> None:
    assert set(_kinds()) == {check.id for check in RUBRIC if check.points}


@pytest.mark.parametrize("check", sorted(ESSENTIAL_OR_LINKING))
def test_an_essential_or_linking_check_is_failed_in_two_ways(check: str) -> None:
    """What it asks for is not there, or something else is."""
    assert len(_kinds()[check]) == (1 if check in ONE_KIND_ONLY else 2)


def _kinds() -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for mistake in CATALOGUE.mistakes.values():
        for check in mistake.verdicts.get(Outcome.FAILED, ()):
            kinds.setdefault(check, set()).add(mistake.kind)
    return kinds


def test_points_add_up_as_the_lab_shares_them_out() -> None:
    by_task = dict.fromkeys(range(2, 8), 0.0)
    for check in RUBRIC:
        by_task[check.task] += check.points
    assert by_task == {2: 18, 3: 12, 4: 10, 5: 32, 6: 14, 7: 14}

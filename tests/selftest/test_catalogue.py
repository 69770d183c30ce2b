"""Every entry of the catalogues, mistakes in pairs too, collected and judged as in a run."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from fixtures.grading import whole_rubric
from fixtures.simulator.mistakes import read_catalogue
from graders import __main__ as command
from graders import snapshot
from graders.lab import Lab
from graders.lab_file import read_class
from graders.names import file_stem
from graders.verdicts import Outcome
from reports.feedback import markdown
from tests.selftest import discretion, judged, pairs, runs
from tests.selftest.counts import note

CATALOGUE = read_catalogue()
RUBRIC = whole_rubric()
PAIRS = pairs.pairs(CATALOGUE)
WITH_A_MISTAKE = pairs.with_variations(CATALOGUE)
MADE: tuple[tuple[str, ...], ...] = (
    *((one,) for one in CATALOGUE.entries),
    *PAIRS,
    *WITH_A_MISTAKE,
)
"""What each learner of the class did wrong, or otherwise."""
FIRST = 12
"""The first learner's number: from 10 on the sheet's names can be read in two ways."""
TOLD = 0.95
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
    "ci-has-a-completed-run": "a run came to its end, or there is none, or it is still going",
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
    """What a run said of each learner's mistakes."""

    outcomes: Mapping[tuple[str, ...], Mapping[str, str]]
    first: Mapping[tuple[str, ...], Mapping[str, str]]
    blocked: Sequence[tuple[tuple[str, ...], str, str]]
    """Mistakes, check, reason."""
    cohort: Path
    reports: Path

    @cached_property
    def labs(self) -> Mapping[str, Lab]:
        learners, lab_file = read_class(self.cohort, self.cohort.with_name("lab.toml"))
        return {one.id: lab_file.for_learner(one) for one in learners}

    @cached_property
    def feedback(self) -> Mapping[str, str]:
        """Learner -> all that stands in the learner's feedback folder."""
        folders = {one: self.reports / "feedback" / file_stem(one) for one in self.labs}
        return {one: discretion.pages(folder) for one, folder in folders.items()}

    @cached_property
    def identifiers(self) -> Mapping[str, frozenset[str]]:
        """Learner -> what tells that lab from all others."""
        shared = discretion.guids(self.cohort.with_name("lab.toml").read_text("utf-8"))
        evidence = self.reports / "evidence"
        texts = {one: snapshot.path_of(evidence, one).read_text("utf-8") for one in self.labs}
        return {
            one: discretion.identifiers(lab, texts[one]) - shared for one, lab in self.labs.items()
        }


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """One learner per entry and per pair, collected at once and judged without pytest."""
    folder = tmp_path_factory.mktemp("catalogue")
    wrong, right = (_column(names) for names in (CATALOGUE.mistakes, CATALOGUE.variations))
    cohort = runs.write_cohort(folder / "catalogue.csv", len(MADE), wrong, right, FIRST)
    reports = folder / "out"
    judged.collect(cohort, reports / "evidence")
    places = ("--evidence", str(reports / "evidence"), "--reports", str(reports))
    assert command.main(["judge", "--learners", str(cohort), *places, "--fail-on", "never"]) == 0
    book = json.loads((reports / "gradebook.json").read_text(encoding="utf-8"))
    return _read(book, cohort, reports)


def _column(known: Container[str]) -> Mapping[int, str]:
    """Learner's number -> a cell of the cohort file."""
    return {
        number: "+".join(name for name in made if name in known)
        for number, made in enumerate(MADE, FIRST)
    }


def _read(book: Mapping[str, Any], cohort: Path, reports: Path) -> Graded:
    made = _made_by_learner()
    outcomes: dict[tuple[str, ...], dict[str, str]] = {names: {} for names in MADE}
    for one in book["verdicts"]:
        outcomes[made[one["learner"]]][one["check"]] = one["outcome"]
    return Graded(
        outcomes,
        {made[one["learner"]]: one["first_to_read"] for one in book["grades"]},
        [
            (made[one["learner"]], one["check"], one["reason"])
            for one in book["verdicts"]
            if one["outcome"] == Outcome.BLOCKED
        ],
        cohort,
        reports,
    )


def _made_by_learner() -> Mapping[str, tuple[str, ...]]:
    return {f"learner{number:03d}": names for number, names in enumerate(MADE, FIRST)}


@pytest.mark.parametrize("mistake", CATALOGUE.mistakes)
def test_a_mistake_fails_its_own_checks_and_no_other(
    mistake: str, graded: Graded, request: pytest.FixtureRequest
) -> None:
    expected = CATALOGUE.expected([mistake], RUBRIC)
    assert graded.outcomes[mistake,] == {check: str(said) for check, said in expected.items()}
    note(request, "mistakes, each alone", 1)


@pytest.mark.parametrize("variation", CATALOGUE.variations)
def test_a_right_way_through_the_lab_earns_full_marks(
    variation: str, graded: Graded, request: pytest.FixtureRequest
) -> None:
    """Nothing but what the entry says is noted, and that for no points."""
    others = {
        check: said for check, said in graded.outcomes[variation,].items() if said != "passed"
    }
    noted = {
        check
        for entry in CATALOGUE.with_included([variation])
        for check in entry.verdicts.get(Outcome.NOTED, ())
    }
    assert others == dict.fromkeys(noted, "noted")
    note(request, "legitimate variations", 1)


@pytest.mark.parametrize("made", WITH_A_MISTAKE, ids="+".join)
def test_a_variation_neither_hides_a_mistake_nor_worsens_it(
    made: tuple[str, str], graded: Graded, request: pytest.FixtureRequest
) -> None:
    expected = CATALOGUE.expected(made, RUBRIC)
    assert graded.outcomes[made] == {check: str(said) for check, said in expected.items()}
    note(request, "variations with a mistake", 1)


@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
def test_two_mistakes_fail_the_checks_of_both(
    pair: tuple[str, str], graded: Graded, request: pytest.FixtureRequest
) -> None:
    expected = pairs.settled(CATALOGUE.expected(pair, RUBRIC), pair)
    assert graded.outcomes[pair] == {check: str(said) for check, said in expected.items()}
    note(request, "pairs of mistakes", 1)


def test_there_are_enough_pairs_and_every_entry_of_a_task_is_in_one() -> None:
    assert len(PAIRS) >= 200
    of_tasks = {one.name for one in pairs.of_tasks(CATALOGUE)}
    assert {name for pair in PAIRS for name in pair} == of_tasks


def test_the_first_message_names_the_cause(graded: Graded, tmp_path: object) -> None:
    misses = list(_misses(graded, tmp_path))
    assert len(misses) <= (1 - TOLD) * len(CATALOGUE.mistakes), "\n".join(misses)


def test_the_misses_are_the_ones_that_the_catalogue_admits(
    graded: Graded, tmp_path: object
) -> None:
    admitted = {one.name for one in CATALOGUE.mistakes.values() if one.untold}
    assert {miss.partition(":")[0] for miss in _misses(graded, tmp_path)} == admitted


def _misses(graded: Graded, tmp_path: object) -> list[str]:
    """``entry: what was said first`` for each whose cause was not named."""
    cohort = runs.write_cohort(tmp_path / "names.csv", len(MADE), first=FIRST)  # type: ignore[operator]
    learners, lab_file = read_class(cohort, cohort.with_name("lab.toml"))
    misses = []
    for learner, (name, *others) in zip(learners, MADE, strict=True):
        if others or name not in CATALOGUE.mistakes:
            continue
        wanted = CATALOGUE.first(name, lab_file.for_learner(learner))
        said = graded.first[name,]
        assert wanted, f"{name} does not say what a learner should be told first"
        if said["check"] != wanted.check or wanted.says not in said["reason"]:
            misses.append(f"{name}: {said['check']}: {said['reason']}")
    return misses


def test_whatever_is_blocked_names_the_step_to_go_back_to(graded: Graded) -> None:
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
"""Mistake -> what of the next learner a learner is told all the same, and why."""


def test_feedback_holds_nothing_of_another_learner(
    graded: Graded, request: pytest.FixtureRequest
) -> None:
    others = discretion.Others({i: one for one, own in graded.identifiers.items() for i in own})
    leaks, told = [], set()
    for learner, text in graded.feedback.items():
        made = _made_by_learner()[learner]
        allowed = {
            THEIR_OWN_WORDS[mistake][0].format(
                next=graded.labs[learner].learner.number + 1
            ): mistake
            for mistake in made
            if mistake in THEIR_OWN_WORDS
        }
        for whose, what in others.found_in(text, graded.identifiers[learner]):
            told.add(allowed.get(what))
            if what not in allowed:
                leaks.append(f"{learner} ({'+'.join(made)}) reads `{what}` of {whose}")
    assert leaks == []
    assert told == set(THEIR_OWN_WORDS), "an exception that nobody needs"
    note(request, "feedback folders searched for every other learner", len(graded.feedback))


@pytest.mark.parametrize("kind", ["id", "name", "email", "project", "repository", "guid"])
@pytest.mark.parametrize("made", [("not_started",), ("connection_to_a_neighbours_workspace",)])
def test_the_search_finds_what_is_planted(made: tuple[str, ...], kind: str, graded: Graded) -> None:
    learners = {names: one for one, names in _made_by_learner().items()}
    reader, other = learners[made], list(graded.labs)[-1]
    lab = graded.labs[other]
    planted = {
        "id": other,
        "name": lab.learner.name,
        "email": lab.learner.email,
        "project": lab.project,
        "repository": f"{lab.github_owner}/{lab.repositories[0]}",
        "guid": max(discretion.guids(" ".join(graded.identifiers[other]))),
    }[kind]
    others = discretion.Others(dict.fromkeys(graded.identifiers[other], other))
    own = graded.identifiers[reader]
    assert others.found_in(graded.feedback[reader], own) == set()
    leaky = graded.feedback[reader] + discretion.shown(f"- Found: {markdown.inline(planted)}\n")
    assert (other, planted.casefold()) in others.found_in(leaky, own)


def test_feedback_holds_nothing_that_is_for_the_instructor_and_no_secret(graded: Graded) -> None:
    book = json.loads((graded.reports / "gradebook.json").read_text(encoding="utf-8"))
    single = {
        discretion.shown(note) for one in book["verdicts"] for note in one.get("for_instructor", ())
    }
    assert len(single) >= len(THEIR_OWN_WORDS)
    everything = "\n".join(graded.feedback.values())
    assert [text for text in single if text in everything] == []
    assert discretion.SECRETS.findall(everything) == []
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

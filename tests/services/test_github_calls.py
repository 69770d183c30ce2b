"""GitHub: how it is asked, of whole cohorts and of single commits."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import requests
from requests.adapters import HTTPAdapter

from graders.evidence import Unavailable
from graders.services.github.repositories import GitHub
from graders.services.http.transport import RetryPolicy
from tests.support.fake_github import (
    CI_YAML,
    COMMIT,
    ORG,
    OTHER_COMMIT,
    TEMPLATE,
    FakeGitHub,
    FakeSignIn,
    Json,
    collect,
    connected,
    lab_of,
    oid,
    places,
)


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with connected() as fake:
        yield fake


# --- too much at once -----------------------------------------------------------------------------


@pytest.mark.parametrize("too_much", [502, 504, "RESOURCE_LIMITS_EXCEEDED"])
def test_a_query_that_is_too_much_is_halved(fake: FakeGitHub, too_much: int | str) -> None:
    fake.most_at_once, fake.too_much = 3, too_much
    labs = [lab_of(number) for number in range(1, 10)]
    for lab in labs:
        fake.add(f"{ORG}/{lab.repositories[0]}")
    facts = collect(*labs)
    assert [shown.repositories[0].full_name for shown in facts.values()] == [  # type: ignore[index]
        f"{ORG}/mlops_0{number}" for number in range(1, 10)
    ]


@pytest.mark.parametrize("size", ["too large", "too late"])
def test_one_repository_too_large_costs_no_other_learner(
    fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch, size: str
) -> None:
    """Its listing fills any answer that it is in; the learners beside it are seen."""
    labs = [lab_of(number) for number in range(1, 10)]
    for lab in labs:
        fake.add(f"{ORG}/{lab.repositories[0]}")
    large = f"{ORG}/mlops_05"

    def fill(answer: Json, _variables: Json) -> None:
        if any(node and node.get("nameWithOwner") == large for node in answer["data"].values()):
            if size == "too late":
                raise requests.exceptions.ReadTimeout
            answer["padding"] = "x" * 100_000

    fake.spoil, fake.rest = fill, {"padding": "x" * 100_000}
    transport = HTTPAdapter.send.transport  # type: ignore[attr-defined]
    monkeypatch.setattr(transport, "retry_policy", RetryPolicy(attempts=1, body_bytes=50_000))
    facts = collect(*labs)
    unseen = [
        learner for learner, shown in facts.items() if isinstance(shown.repositories, Unavailable)
    ]
    assert unseen == ["5"]


def test_one_repository_that_forbids_the_query_costs_no_other_learner(fake: FakeGitHub) -> None:
    """The refusal does not say what it is about: smaller queries tell."""
    labs = [lab_of(number) for number in range(1, 10)]
    for lab in labs:
        fake.add(f"{ORG}/{lab.repositories[0]}")

    def forbid(_answer: Json, variables: Json) -> Json | None:
        if "mlops_05" not in variables.values():
            return None
        return {"data": None, "errors": [{"type": "FORBIDDEN", "message": "not for this token"}]}

    fake.spoil = forbid
    facts = collect(*labs)
    unseen = {
        learner: shown.repositories
        for learner, shown in facts.items()
        if isinstance(shown.repositories, Unavailable)
    }
    assert list(unseen) == ["5"]
    assert "the token may not read it" in unseen["5"].cause


def test_the_last_one_is_read_without_graphql(fake: FakeGitHub) -> None:
    fake.most_at_once = 0
    fake.add(f"{ORG}/mlops_04")
    facts = collect(lab_of(4))["4"]
    (repository,) = facts.repositories
    assert repository.files == {CI_YAML: oid(CI_YAML)}
    assert repository.texts == {CI_YAML: "stages: []\n"}
    assert (repository.head, repository.tree, repository.template) == (COMMIT, "7" * 40, TEMPLATE)
    assert places(facts)[0] == f"/repos/{ORG}/mlops_04"


def test_a_404_without_graphql_proves_nothing_by_itself(fake: FakeGitHub) -> None:
    fake.most_at_once = 0
    assert isinstance(collect(lab_of(4))["4"].repositories, Unavailable)


@pytest.mark.parametrize("change", [{"truncated": True}, {"full_name": f"{ORG}/mlops_05"}])
def test_half_an_answer_without_graphql_is_none(fake: FakeGitHub, change: Json) -> None:
    fake.most_at_once = 0
    fake.rest = change
    fake.add(f"{ORG}/mlops_04")
    assert isinstance(collect(lab_of(4))["4"].repositories, Unavailable)


def test_it_may_be_missing_without_graphql_too(fake: FakeGitHub) -> None:
    fake.most_at_once = 1  # learner 12 has two accepted names
    assert collect(lab_of(4), lab_of(12))["12"].repositories == ()


def test_other_faults_are_not_asked_again_in_halves(fake: FakeGitHub) -> None:
    fake.most_at_once, fake.too_much = 0, 500
    facts = collect(lab_of(4), lab_of(5))
    assert all(isinstance(shown.repositories, Unavailable) for shown in facts.values())
    assert len(fake.requests) == 1


# --- near misses ----------------------------------------------------------------------------------


def test_near_misses_are_never_another_learner_s(fake: FakeGitHub) -> None:
    fake.page = 2  # the list has several pages
    for name in ("mlops_05", "mlops_0N", "mlops_4", "mlops_06", "MLOps-04", "charts"):
        fake.add(f"{ORG}/{name}")
    facts = collect(lab_of(4), lab_of(5))
    assert set(facts["4"].similar) == {"mlops_0N", "mlops_4", "MLOps-04"}
    assert facts["5"].similar == ()


def test_a_name_without_a_number_is_not_shown_to_the_neighbour(fake: FakeGitHub) -> None:
    anna, anne = (
        replace(lab_of(number), repositories=(name,)) for number, name in ((1, "anna"), (2, "anne"))
    )
    fake.add(f"{ORG}/anne")
    assert collect(anna, anne)["1"].similar == ()


def test_the_rest_of_the_class_is_excluded_from_near_misses_too(fake: FakeGitHub) -> None:
    anna, anne = (
        replace(lab_of(number), repositories=(name,)) for number, name in ((1, "anna"), (2, "anne"))
    )
    fake.add(f"{ORG}/anne")
    assert collect(anna)["1"].similar == ("anne",)
    assert collect(anna, everyone=(anna, anne))["1"].similar == ()


def test_the_list_is_read_only_when_something_is_missing(fake: FakeGitHub) -> None:
    for number in (4, 5):
        fake.add(f"{ORG}/mlops_0{number}")
    collect(lab_of(4), lab_of(5), lab_of(6))
    assert len(fake.requests) == 2
    collect(lab_of(4), lab_of(5))
    assert len(fake.requests) == 3


# --- commits --------------------------------------------------------------------------------------


def commits_after(
    fake: FakeGitHub, *wanted: str, elsewhere: bool = False
) -> frozenset[str] | Unavailable:
    fake.add(f"{ORG}/mlops_04")
    github, sightings = GitHub(FakeSignIn()), []  # type: ignore[arg-type, var-annotated]
    repositories = github.look_at([lab_of(4)])["4"][0].repositories
    fake.requests.clear()
    after = github.with_commits(repositories, set(wanted), lab_of(4), sightings)
    if isinstance(after, Unavailable):
        return after
    return after[0].elsewhere if elsewhere else after[0].commits


def test_a_commit_that_a_run_names_is_looked_up(fake: FakeGitHub) -> None:
    fake.history = [OTHER_COMMIT]
    assert commits_after(fake, OTHER_COMMIT) == {COMMIT, OTHER_COMMIT}
    assert len(fake.requests) == 1


def test_a_commit_that_the_default_branch_lacks_is_elsewhere_or_nowhere(fake: FakeGitHub) -> None:
    assert commits_after(fake, OTHER_COMMIT, "e" * 40) == {COMMIT}
    assert commits_after(fake, OTHER_COMMIT, "e" * 40, elsewhere=True) == {OTHER_COMMIT}
    assert len(fake.requests) == 3


def test_a_history_of_many_pages_is_read_until_the_commit_is_found(fake: FakeGitHub) -> None:
    fake.history = [f"{number:040x}" for number in range(1, 400)]
    assert commits_after(fake, fake.history[250]) == {COMMIT, fake.history[250]}
    assert len(fake.requests) == 3


def test_a_history_without_an_end_proves_nothing(fake: FakeGitHub) -> None:
    fake.history = [f"{number:040x}" for number in range(1, 3000)]
    assert isinstance(commits_after(fake, "e" * 40), Unavailable)
    assert len(fake.requests) == 20


def test_known_commits_and_what_is_no_commit_id_are_not_asked_for(fake: FakeGitHub) -> None:
    assert commits_after(fake, COMMIT, "", "../../user", "main") == {COMMIT}
    assert fake.requests == []


def test_a_commit_that_could_not_be_looked_up_is_not_missing(
    fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeGitHub, "_rest", lambda *_: (403, {"message": "Must have rights"}))
    assert isinstance(commits_after(fake, OTHER_COMMIT), Unavailable)


# --- threads --------------------------------------------------------------------------------------


def test_every_thread_has_a_pygithub_of_its_own(fake: FakeGitHub) -> None:
    fake.add(f"{ORG}/mlops_04")
    github = GitHub(FakeSignIn())  # type: ignore[arg-type]
    with ThreadPoolExecutor(1) as pool:
        there = pool.submit(lambda: github._requester).result()
    assert there is not github._requester
    assert github._requester is github._requester


def test_the_token_is_in_no_fact(fake: FakeGitHub) -> None:
    fake.most_at_once, fake.too_much = 0, 401
    assert "canary" not in repr(collect(lab_of(4)))

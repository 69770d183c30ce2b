"""GitHub: what an answer proves, and what it does not."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from graders.cohort import Learner
from graders.evidence import Repository, Unavailable
from graders.lab import Lab
from graders.services.door import Door, Patience
from graders.services.github import GitHub, GitHubFacts
from graders.services.github_query import batch
from tests.selftest.fake_github import (
    CI_YAML,
    COMMIT,
    ORG,
    OTHER_COMMIT,
    FakeGitHub,
    Json,
    not_found,
    oid,
)


def lab_of(number: int, owner: str = ORG) -> Lab:
    names = [f"mlops_{number:02d}"] + ([f"mlops_0{number}"] if number >= 10 else [])
    learner = Learner(str(number), number)
    place = ("ssssssss", f"User{number}AML", f"user{number}aml", None, None)
    return Lab(learner, ORG, f"AE MLOps {number:02d}", owner, tuple(names), *place)


@dataclass(frozen=True)
class FakeSignIn:
    github_token: str = "ghp_canary"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    """A GitHub that real PyGithub reaches through the real door."""
    fake = FakeGitHub()

    def send(_: HTTPAdapter, request: requests.PreparedRequest, **_options: object) -> object:
        status, body = fake.answer(request)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if fake.scopes is not None:
            headers["X-OAuth-Scopes"] = fake.scopes
        response = requests.Response()
        raw = io.BytesIO(json.dumps(body).encode())
        response.raw = HTTPResponse(raw, headers, status, preload_content=False)
        response.status_code, response.url, response.request = status, request.url or "", request
        response.headers.update(headers)
        return response

    monkeypatch.setattr(HTTPAdapter, "send", send)
    with Door(Patience(attempts=1)):
        yield fake


def look_at(*labs: Lab, token: str = FakeSignIn.github_token) -> dict[str, GitHubFacts]:
    return dict(GitHub(FakeSignIn(token)).look_at(labs))  # type: ignore[arg-type]


def cause(facts: GitHubFacts) -> str:
    assert isinstance(facts.repositories, Unavailable)
    return f"{facts.repositories.cause}. {facts.repositories.remedy}"


def places(facts: GitHubFacts) -> list[str]:
    return [urlsplit(one.url).path for one in facts.sightings]


# --- seen -----------------------------------------------------------------------------------------


def test_a_repository_is_read_in_one_request(fake: FakeGitHub) -> None:
    fake.add("SollianceLabs/MLOps_04")
    facts = look_at(lab_of(4))["4"]
    assert facts.repositories == (
        Repository(
            full_name="SollianceLabs/MLOps_04",
            is_fork=False,
            is_archived=False,
            is_disabled=False,
            template="solliancenet/labs-ae-mlops-starter",
            default_branch="main",
            head=COMMIT,
            tree="7" * 40,
            files={
                "README.md": oid("README.md"),
                CI_YAML: oid("diabetes_regression-ci.yml"),
                "diabetes_regression/parameters.json": oid("parameters.json"),
                "diabetes_regression/scoring/score.py": oid("score.py"),
            },
            texts={CI_YAML: "stages: []\n"},
            commits=frozenset({COMMIT}),
        ),
    )
    assert len(fake.requests) == 1
    assert [(one.what, places(facts)) for one in facts.sightings] == [("repository", ["/graphql"])]


def test_an_empty_repository_is_seen_and_empty(fake: FakeGitHub) -> None:
    fake.add(f"{ORG}/mlops_04", defaultBranchRef=None, templateRepository=None)
    (repository,) = look_at(lab_of(4))["4"].repositories
    assert (repository.default_branch, repository.head, repository.files) == (None, None, {})
    assert repository.template is None


def test_both_spellings_of_a_two_digit_number_are_looked_for(fake: FakeGitHub) -> None:
    fake.add(f"{ORG}/mlops_012")
    (repository,) = look_at(lab_of(12))["12"].repositories
    assert repository.full_name == f"{ORG}/mlops_012"


def test_a_cohort_takes_one_request_per_fifty_learners(fake: FakeGitHub) -> None:
    labs = [lab_of(number) for number in range(1, 102)]
    for lab in labs:
        fake.add(f"{ORG}/{lab.repositories[0]}")
    facts = look_at(*labs)
    assert len(fake.requests) == 3
    seen = {learner: one.repositories[0].full_name for learner, one in facts.items()}  # type: ignore[index]
    assert seen == {lab.learner.id: f"{ORG}/{lab.repositories[0]}" for lab in labs}


def test_names_never_become_part_of_the_query() -> None:
    hostile = lab_of(4, owner='x"){id}} mutation {')
    assert batch([hostile]).text == batch([lab_of(4)]).text


# --- not there, or cannot tell --------------------------------------------------------------------


def test_an_owner_of_the_organisation_may_say_that_it_is_not_there(fake: FakeGitHub) -> None:
    facts = look_at(lab_of(4))["4"]
    assert facts.repositories == ()
    assert places(facts) == ["/graphql", "/graphql"]
    assert len(fake.requests) == 2


def test_a_member_who_saw_a_private_repository_may_say_so_too(fake: FakeGitHub) -> None:
    fake.administers = False
    fake.add(f"{ORG}/mlops_05")
    assert look_at(lab_of(4), lab_of(5))["4"].repositories == ()


def test_a_repository_that_was_renamed_is_not_there(fake: FakeGitHub) -> None:
    fake.add(f"{ORG}/my-mlops_04")
    fake.renamed = {f"{ORG}/mlops_04": f"{ORG}/my-mlops_04"}
    assert look_at(lab_of(4))["4"].repositories == ()


@pytest.mark.parametrize(
    ("is_member", "administers", "private", "scopes"),
    [
        pytest.param(True, False, False, None, id="a member who saw nothing private"),
        pytest.param(False, False, True, None, id="an outside collaborator"),
        pytest.param(True, True, False, "read:org", id="a token without the repo scope"),
    ],
)
def test_nobody_else_is_believed(
    fake: FakeGitHub, is_member: bool, administers: bool, private: bool, scopes: str | None
) -> None:
    fake.is_member, fake.administers, fake.scopes = is_member, administers, scopes
    fake.add(f"{ORG}/mlops_05", isPrivate=private)
    assert "may not see it" in cause(look_at(lab_of(4), lab_of(5))["4"])


def test_an_app_is_nobody_s_member_and_believed_once_it_saw_a_private_one(
    fake: FakeGitHub,
) -> None:
    fake.is_member = fake.administers = False
    fake.add(f"{ORG}/mlops_05")
    assert look_at(lab_of(4), token="ghs_canary")["4"].repositories == ()


def test_a_person_s_repositories_cannot_be_said_to_be_missing(fake: FakeGitHub) -> None:
    fake.is_organisation = False
    assert "no such organisation" in cause(look_at(lab_of(4, owner="somebody"))["4"])


def test_a_person_s_repository_can_be_seen(fake: FakeGitHub) -> None:
    fake.is_organisation = False
    fake.add("somebody/mlops_04")
    assert len(look_at(lab_of(4, owner="somebody"))["4"].repositories) == 1  # type: ignore[arg-type]


def test_what_the_list_names_is_not_missing(fake: FakeGitHub) -> None:
    fake.add(f"{ORG}/mlops_04")
    fake.spoil = lambda *_: {"data": {"r0_0": None}, "errors": [not_found("r0_0")]}
    assert "lists it" in cause(look_at(lab_of(4))["4"])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param({"data": {"r0_0": None}}, "not complete", id="null without a reason"),
        pytest.param(
            {"data": {"r0_0": None}, "errors": [not_found("w0")]},
            "not complete",
            id="null with another's reason",
        ),
        pytest.param(
            {"data": {"r0_0": None}, "errors": [not_found("r0_0", "templateRepository")]},
            "NOT_FOUND",
            id="null because of a part",
        ),
        pytest.param({"data": None}, "not complete", id="no data"),
        pytest.param([], "not complete", id="a list"),
        pytest.param(
            {"errors": [{"type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": "x"}]},
            "allowance",
            id="rate limit",
        ),
        pytest.param(
            {"data": None, "errors": [{"type": "RATE_LIMITED", "message": "x"}]},
            "allowance",
            id="rate limit, as it was spelled before",
        ),
        pytest.param(
            {"data": {"r0_0": None}, "errors": [{"type": "FORBIDDEN", "path": ["r0_0"]}]},
            "read access",
            id="forbidden",
        ),
        pytest.param(
            {
                "data": {"r0_0": None},
                "errors": [
                    {
                        "type": "FORBIDDEN",
                        "path": ["r0_0"],
                        "extensions": {"saml_failure": True},
                    }
                ],
            },
            "single sign-on",
            id="single sign-on",
        ),
        pytest.param(
            {"data": {"r0_0": None}, "errors": [{"message": "Something went wrong"}]},
            "Something went wrong",
            id="an error without type or path",
        ),
    ],
)
def test_an_unbelievable_answer_is_nobody_s_fault(
    fake: FakeGitHub, answer: object, words: str
) -> None:
    fake.spoil = lambda *_: answer if answer else [None]
    assert words in cause(look_at(lab_of(4))["4"])


def test_a_refusal_concerns_only_the_repository_it_names(fake: FakeGitHub) -> None:
    fake.add(f"{ORG}/mlops_05")

    def spoil(answer: Json, _: Json) -> None:
        answer["errors"] = [{"type": "FORBIDDEN", "path": ["r0_0"]}]

    fake.spoil = spoil
    facts = look_at(lab_of(4), lab_of(5))
    assert "may not read" in cause(facts["4"])
    assert isinstance(facts["5"].repositories, tuple)


def test_another_repository_s_answer_is_not_taken(fake: FakeGitHub) -> None:
    fake.add(f"{ORG}/mlops_04", nameWithOwner=f"{ORG}/mlops_05")
    assert "another repository" in cause(look_at(lab_of(4))["4"])


@pytest.mark.parametrize("alias", ["d0", "d1", "f0"])
def test_what_is_listed_but_was_not_read_is_not_missing(fake: FakeGitHub, alias: str) -> None:
    fake.add(f"{ORG}/mlops_04")
    path = batch([lab_of(4)]).variables
    read = alias if alias[0] == "d" else next(k for k, v in path.items() if v == f"HEAD:{CI_YAML}")

    def spoil(answer: Json, _: Json) -> None:
        answer["data"]["r0_0"][read] = None

    fake.spoil = spoil
    assert "is there but was not" in cause(look_at(lab_of(4))["4"])


# --- too much at once -----------------------------------------------------------------------------


@pytest.mark.parametrize("too_much", [502, 504, "RESOURCE_LIMITS_EXCEEDED"])
def test_a_query_that_is_too_much_is_halved(fake: FakeGitHub, too_much: int | str) -> None:
    fake.most_at_once, fake.too_much = 3, too_much
    labs = [lab_of(number) for number in range(1, 10)]
    for lab in labs:
        fake.add(f"{ORG}/{lab.repositories[0]}")
    facts = look_at(*labs)
    assert [one.repositories[0].full_name for one in facts.values()] == [  # type: ignore[index]
        f"{ORG}/mlops_0{number}" for number in range(1, 10)
    ]


def test_the_last_one_is_read_without_graphql(fake: FakeGitHub) -> None:
    fake.most_at_once = 0
    fake.add(f"{ORG}/mlops_04")
    facts = look_at(lab_of(4))["4"]
    (repository,) = facts.repositories
    assert repository.files == {CI_YAML: oid(CI_YAML)}
    assert repository.texts == {CI_YAML: "stages: []\n"}
    assert (repository.head, repository.tree, repository.template) == (COMMIT, "7" * 40, None)
    assert places(facts)[0] == f"/repos/{ORG}/mlops_04"


def test_a_404_without_graphql_proves_nothing_by_itself(fake: FakeGitHub) -> None:
    fake.most_at_once = 0
    assert isinstance(look_at(lab_of(4))["4"].repositories, Unavailable)


@pytest.mark.parametrize("change", [{"truncated": True}, {"full_name": f"{ORG}/mlops_05"}])
def test_half_an_answer_without_graphql_is_none(fake: FakeGitHub, change: Json) -> None:
    fake.most_at_once = 0
    fake.rest = change
    fake.add(f"{ORG}/mlops_04")
    assert isinstance(look_at(lab_of(4))["4"].repositories, Unavailable)


def test_it_may_be_missing_without_graphql_too(fake: FakeGitHub) -> None:
    fake.most_at_once = 1  # learner 12 has two accepted names
    assert look_at(lab_of(4), lab_of(12))["12"].repositories == ()


def test_other_faults_are_not_asked_again_in_halves(fake: FakeGitHub) -> None:
    fake.most_at_once, fake.too_much = 0, 500
    facts = look_at(lab_of(4), lab_of(5))
    assert all(isinstance(one.repositories, Unavailable) for one in facts.values())
    assert len(fake.requests) == 1


# --- near misses ----------------------------------------------------------------------------------


def test_near_misses_are_never_another_learner_s(fake: FakeGitHub) -> None:
    fake.page = 2  # the list has several pages
    for name in ("mlops_05", "mlops_0N", "mlops_4", "mlops_06", "MLOps-04", "charts"):
        fake.add(f"{ORG}/{name}")
    facts = look_at(lab_of(4), lab_of(5))
    assert set(facts["4"].similar) == {"mlops_0N", "mlops_4", "MLOps-04"}
    assert facts["5"].similar == ()


def test_a_name_without_a_number_is_not_shown_to_the_neighbour(fake: FakeGitHub) -> None:
    anna, anne = (
        replace(lab_of(number), repositories=(name,)) for number, name in ((1, "anna"), (2, "anne"))
    )
    fake.add(f"{ORG}/anne")
    assert look_at(anna, anne)["1"].similar == ()


def test_the_list_is_read_only_when_something_is_missing(fake: FakeGitHub) -> None:
    for number in (4, 5):
        fake.add(f"{ORG}/mlops_0{number}")
    look_at(lab_of(4), lab_of(5), lab_of(6))
    assert len(fake.requests) == 2
    look_at(lab_of(4), lab_of(5))
    assert len(fake.requests) == 3


# --- commits --------------------------------------------------------------------------------------


def commits_after(fake: FakeGitHub, *wanted: str) -> frozenset[str] | Unavailable:
    fake.add(f"{ORG}/mlops_04")
    github, sightings = GitHub(FakeSignIn()), []  # type: ignore[arg-type, var-annotated]
    seen = github.look_at([lab_of(4)])["4"].repositories
    fake.requests.clear()
    after = github.with_commits(seen, set(wanted), lab_of(4), sightings)
    return after if isinstance(after, Unavailable) else after[0].commits


def test_a_commit_that_a_run_names_is_looked_up(fake: FakeGitHub) -> None:
    assert commits_after(fake, OTHER_COMMIT, "e" * 40) == {COMMIT, OTHER_COMMIT}
    assert len(fake.requests) == 2


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
    assert "canary" not in repr(look_at(lab_of(4)))

"""GitHub: what an answer proves, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graders.evidence import Repository, Unavailable
from graders.services.github.query import batch
from tests.support.fake_github import (
    CI_YAML,
    COMMIT,
    ORG,
    TEMPLATE,
    FakeGitHub,
    Json,
    cause,
    collect,
    connected,
    lab_of,
    not_found,
    oid,
    places,
)


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with connected() as fake:
        yield fake


# --- seen -----------------------------------------------------------------------------------------


def test_a_repository_is_read_in_one_request(fake: FakeGitHub) -> None:
    fake.add("SollianceLabs/MLOps_04")
    facts = collect(lab_of(4))["4"]
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
    assert [(sighting.what, places(facts)) for sighting in facts.sightings] == [
        ("repository", ["/graphql"])
    ]


def test_an_empty_repository_is_seen_and_empty(fake: FakeGitHub) -> None:
    fake.add(f"{ORG}/mlops_04", defaultBranchRef=None, templateRepository=None)
    (repository,) = collect(lab_of(4))["4"].repositories
    assert (repository.default_branch, repository.head, repository.files) == (None, None, {})
    assert repository.template is None


@pytest.mark.parametrize("most_at_once", [1000, 0], ids=["GraphQL", "REST"])
@pytest.mark.parametrize("sees_template", [True, False])
def test_no_template_is_only_reported_where_templates_can_be_seen(
    fake: FakeGitHub, sees_template: bool, most_at_once: int
) -> None:
    fake.sees_template, fake.most_at_once = sees_template, most_at_once
    fake.add(f"{ORG}/mlops_04", templateRepository=None)
    (repository,) = collect(lab_of(4))["4"].repositories
    assert (repository.template is None) == sees_template
    assert sees_template or isinstance(repository.template, Unavailable)


@pytest.mark.parametrize("most_at_once", [1000, 0], ids=["GraphQL", "REST"])
@pytest.mark.parametrize("name", ["moved/Starter", "another/starter"])
def test_a_template_that_was_renamed_is_the_labs(
    fake: FakeGitHub, name: str, most_at_once: int
) -> None:
    """GitHub leads from its old name to the new one, which repositories made from it name."""
    fake.template_now, fake.most_at_once = "moved/starter", most_at_once
    fake.add(f"{ORG}/mlops_04", templateRepository={"nameWithOwner": name})
    (repository,) = collect(lab_of(4))["4"].repositories
    assert repository.template == (TEMPLATE if name == "moved/Starter" else name)


def test_a_template_and_a_fork_are_believed_without_seeing_the_template(fake: FakeGitHub) -> None:
    fake.sees_template = False
    fake.add(f"{ORG}/mlops_04")
    fake.add(f"{ORG}/mlops_05", isFork=True, templateRepository=None)
    facts = collect(lab_of(4), lab_of(5))
    assert [shown.repositories[0].template for shown in facts.values()] == [TEMPLATE, None]  # type: ignore[index]


def test_both_spellings_of_a_two_digit_number_are_tried(fake: FakeGitHub) -> None:
    fake.add(f"{ORG}/mlops_012")
    (repository,) = collect(lab_of(12))["12"].repositories
    assert repository.full_name == f"{ORG}/mlops_012"


def test_a_cohort_takes_one_request_per_fifty_learners(fake: FakeGitHub) -> None:
    labs = [lab_of(number) for number in range(1, 102)]
    for lab in labs:
        fake.add(f"{ORG}/{lab.repositories[0]}")
    facts = collect(*labs)
    assert len(fake.requests) == 3
    names = {learner: shown.repositories[0].full_name for learner, shown in facts.items()}  # type: ignore[index]
    assert names == {lab.learner.id: f"{ORG}/{lab.repositories[0]}" for lab in labs}


def test_names_never_become_part_of_the_query() -> None:
    hostile = lab_of(4, owner='x"){id}} mutation {')
    assert batch([hostile]).text == batch([lab_of(4)]).text


# --- not there, or cannot tell --------------------------------------------------------------------


def test_an_owner_of_the_organisation_may_say_that_it_is_not_there(fake: FakeGitHub) -> None:
    facts = collect(lab_of(4))["4"]
    assert facts.repositories == ()
    assert places(facts) == ["/graphql", "/graphql"]
    assert len(fake.requests) == 2


def test_a_member_who_saw_a_private_repository_may_say_so_too(fake: FakeGitHub) -> None:
    fake.administers = False
    fake.add(f"{ORG}/mlops_05")
    assert collect(lab_of(4), lab_of(5))["4"].repositories == ()


def test_a_repository_that_was_renamed_is_not_there(fake: FakeGitHub) -> None:
    fake.add(f"{ORG}/my-mlops_04")
    fake.renamed = {f"{ORG}/mlops_04": f"{ORG}/my-mlops_04"}
    assert collect(lab_of(4))["4"].repositories == ()


@pytest.mark.parametrize(
    ("is_member", "administers", "private", "scopes"),
    [
        pytest.param(True, False, False, None, id="a member who saw nothing private"),
        pytest.param(False, False, True, None, id="an outside collaborator"),
        pytest.param(True, True, False, "read:org", id="a token without the repo scope"),
    ],
)
def test_no_other_account_is_believed(
    fake: FakeGitHub, is_member: bool, administers: bool, private: bool, scopes: str | None
) -> None:
    fake.is_member, fake.administers, fake.scopes = is_member, administers, scopes
    fake.add(f"{ORG}/mlops_05", isPrivate=private)
    assert "may not see it" in cause(collect(lab_of(4), lab_of(5))["4"])


def test_an_app_is_no_member_and_believed_once_it_saw_a_private_repository(
    fake: FakeGitHub,
) -> None:
    fake.is_member = fake.administers = False
    fake.add(f"{ORG}/mlops_05")
    assert collect(lab_of(4), token="ghs_canary")["4"].repositories == ()


def test_a_person_s_repositories_cannot_be_said_to_be_missing(fake: FakeGitHub) -> None:
    fake.is_organisation = False
    assert "no such organisation" in cause(collect(lab_of(4, owner="somebody"))["4"])


def test_a_person_s_repository_can_be_seen(fake: FakeGitHub) -> None:
    fake.is_organisation = False
    fake.add("somebody/mlops_04")
    assert len(collect(lab_of(4, owner="somebody"))["4"].repositories) == 1  # type: ignore[arg-type]


def test_what_the_list_names_is_not_missing(fake: FakeGitHub) -> None:
    fake.add(f"{ORG}/mlops_04")
    fake.spoil = lambda *_: {"data": {"r0_0": None}, "errors": [not_found("r0_0")]}
    assert "lists it" in cause(collect(lab_of(4))["4"])


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
def test_an_unbelievable_answer_is_not_the_learners_fault(
    fake: FakeGitHub, answer: object, words: str
) -> None:
    fake.spoil = lambda *_: answer if answer else [None]
    assert words in cause(collect(lab_of(4))["4"])


def test_a_refusal_concerns_only_the_repository_it_names(fake: FakeGitHub) -> None:
    fake.add(f"{ORG}/mlops_05")

    def spoil(answer: Json, _: Json) -> None:
        answer["errors"] = [{"type": "FORBIDDEN", "path": ["r0_0"]}]

    fake.spoil = spoil
    facts = collect(lab_of(4), lab_of(5))
    assert "may not read" in cause(facts["4"])
    assert isinstance(facts["5"].repositories, tuple)


def test_another_repository_s_answer_is_not_taken(fake: FakeGitHub) -> None:
    fake.add(f"{ORG}/mlops_04", nameWithOwner=f"{ORG}/mlops_05")
    assert "another repository" in cause(collect(lab_of(4))["4"])


@pytest.mark.parametrize("alias", ["d0", "d1", "f0"])
def test_what_is_listed_but_was_not_read_is_not_missing(fake: FakeGitHub, alias: str) -> None:
    fake.add(f"{ORG}/mlops_04")
    path = batch([lab_of(4)]).variables
    read = alias if alias[0] == "d" else next(k for k, v in path.items() if v == f"HEAD:{CI_YAML}")

    def spoil(answer: Json, _: Json) -> None:
        answer["data"]["r0_0"][read] = None

    fake.spoil = spoil
    assert "is there but was not" in cause(collect(lab_of(4))["4"])

"""GitHub on the simulated tenant: REST and GraphQL read what the learners built."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.simulator.world import LearnerWorld
from graders.evidence import GitHubEvidence, Repository, Unavailable
from graders.judging import rules
from graders.services.github import rest_fallback as github_rest
from graders.services.github.parsing import Seen
from graders.services.github.query import batch
from graders.services.github.repositories import GitHub
from graders.services.http.transport import ReadOnlyTransport
from graders.services.sign_in import SignIn
from tests.support.served_tenant import lab, serving, tenant_of


def signed_in(token: str) -> SignIn:
    return SignIn(azure=None, github_token=token)  # type: ignore[arg-type]  # GitHub alone is asked


def no_zero(world: LearnerWorld) -> None:
    world.repositories[0].name = "mlops_2"


def emptied(world: LearnerWorld) -> None:
    world.repositories[0].empty = True
    world.repositories[0].commits.clear()


def without_a_script(world: LearnerWorld) -> None:
    world.repositories[0].removed.append("diabetes_regression/scoring/score.py")


def uploaded(world: LearnerWorld) -> None:
    world.repositories[0].template = None


def deleted(world: LearnerWorld) -> None:
    world.repositories.clear()


CHANGES = {2: no_zero, 3: emptied, 4: without_a_script, 5: deleted, 6: uploaded}


@pytest.fixture(scope="module")
def token() -> Iterator[SignIn]:
    with serving(tenant_of(6, CHANGES)) as served, ReadOnlyTransport():
        yield signed_in(served.tenant.ids.github_token)


def repository_of(number: int, token: SignIn) -> Repository:
    repositories = GitHub(token).look_at([lab(number)])[f"learner-{number}"][0].repositories  # type: ignore[arg-type]
    assert isinstance(repositories, tuple)
    return repositories[0]


def test_the_model_answer_is_right(token: SignIn) -> None:
    repository = repository_of(1, token)
    assert rules.wrong_origin(repository, repository.template, lab(1)) == []
    assert rules.missing_files(repository, lab(1)) == []
    assert rules.altered_pipelines(repository, lab(1)) == []
    assert repository.head in repository.commits


def test_a_missing_file_is_reported_as_missing(token: SignIn) -> None:
    missing = [mismatch.what for mismatch in rules.missing_files(repository_of(4, token), lab(1))]
    expected = [
        mismatch.expected for mismatch in rules.missing_files(repository_of(4, token), lab(1))
    ]
    assert len(missing) == 1
    assert "diabetes_regression/scoring/score.py" in (*missing, *expected)


def test_a_repository_without_template_is_known_to_have_none(token: SignIn) -> None:
    assert repository_of(6, token).template is None


def test_an_empty_repository_has_no_files(token: SignIn) -> None:
    assert repository_of(3, token).files == {}


def test_a_repository_that_is_not_there_and_one_that_is_nearly_there(token: SignIn) -> None:
    facts = GitHub(token).look_at([lab(number) for number in range(1, 6)])  # type: ignore[arg-type]
    assert facts["learner-2"][0] == GitHubEvidence(
        repositories=(), similar_repositories=("mlops_2",)
    )
    assert facts["learner-5"][0] == GitHubEvidence(repositories=())


def test_a_token_that_is_not_accepted_is_not_the_learners_fault(token: SignIn) -> None:  # noqa: ARG001
    facts = GitHub(signed_in("ghp_foreign")).look_at([lab(5)])
    repositories = facts["learner-5"][0].repositories
    assert isinstance(repositories, Unavailable)
    assert "GITHUB_TOKEN" in repositories.remedy


@pytest.mark.parametrize("number", [1, 3, 4])
def test_rest_and_graphql_read_the_same(token: SignIn, number: int) -> None:
    question = batch([lab(number)])
    requester = GitHub(token)._requester  # type: ignore[arg-type]
    result = github_rest.look_at(requester, question.asked[0], question.places, [])
    assert isinstance(result, Seen)
    rest, graphql = result.repository, repository_of(number, token)
    assert graphql.files.items() <= rest.files.items()  # GraphQL reads the lab's folders only
    both = ("full_name", "is_fork", "template", "head", "tree", "texts", "commits")
    assert [getattr(rest, name) for name in both] == [getattr(graphql, name) for name in both]


def test_commits_that_runs_name_are_looked_up(token: SignIn) -> None:
    github, repository = GitHub(token), repository_of(1, token)  # type: ignore[arg-type]
    older = Repository(**{**vars(repository), "commits": frozenset()})
    repositories = github.with_commits((older,), {repository.head or "", "e" * 40}, lab(1), [])
    assert isinstance(repositories, tuple)
    assert repositories[0].commits == {repository.head}

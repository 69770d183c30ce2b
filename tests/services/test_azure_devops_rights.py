"""What the grader may see and change, who it is to the service, and for how long runs are kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from graders.evidence import Project, Rights, ServiceName, Unavailable
from graders.services.azure_devops import rights, standing
from graders.services.azure_devops.client import Organization
from graders.services.azure_devops.standing import Standing
from graders.services.sign_in import SignIn
from tests.support.canned_cloud import credential
from tests.support.fake_azure_devops import FakeOrganization, connected
from tests.support.loopback_proxy import Reply, as_json

DEVOPS = ServiceName.AZURE_DEVOPS
PROJECT = Project("p-4", "AE MLOps 04", "wellFormed")
NOBODY = "AAAAAAAA-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
WHO = "_apis/connectiondata"
SEEING = (
    ("b7e84409-6553-448a-bbb2-af228e07cbeb/1", "Library/{}"),
    ("49b48001-ca20-4adc-8111-5b60c903a50c/16", "endpoints/{}"),
    ("33344d9c-fc72-4d6f-aba5-fa317101a7e9/1025", "{}"),
)


@pytest.fixture(scope="module")
def organization() -> Iterator[tuple[FakeOrganization, Organization]]:
    """Its clients are made once: that is slow."""
    with connected() as fake:
        clients = Organization("org", SignIn(credential("t"), "g", "pat"))
        clients.warm_up()
        yield fake, clients


@pytest.fixture
def fake(organization: tuple[FakeOrganization, Organization]) -> FakeOrganization:
    """It was asked nothing yet, and answers as a new one."""
    vars(organization[0]).update(vars(FakeOrganization()))
    return organization[0]


@pytest.fixture
def clients(organization: tuple[FakeOrganization, Organization]) -> Organization:
    return organization[1]


# --- who the grader is ----------------------------------------------------------------------------


@pytest.mark.parametrize("identity", [identity.upper() for identity in rights.NOBODY])
def test_a_service_that_takes_the_grader_for_nobody_refused_its_token(
    fake: FakeOrganization, clients: Organization, identity: str
) -> None:
    fake.answers[WHO] = {"authenticatedUser": {"id": identity}}
    assert rights.anonymous(clients, "org") == Unavailable(
        DEVOPS,
        "the projects of org",
        "the grader's token has expired or is not accepted (the service calls it Anonymous)",
        "Sign in again: renew AZURE_DEVOPS_EXT_PAT, or unset it and run `az login`; the identity"
        " must be a member of the organisation.",
        200,
    )


@pytest.mark.parametrize(
    "answer",
    [{"authenticatedUser": {"id": "1-2"}}, {"authenticatedUser": None}, {}, Reply(401), Reply(500)],
)
def test_where_the_service_does_not_say_so_nothing_is_known(
    fake: FakeOrganization, clients: Organization, answer: Reply
) -> None:
    fake.answers[WHO] = answer
    assert rights.anonymous(clients, "org") is None


# --- what it may see ------------------------------------------------------------------------------


def test_the_rights_to_each_project_are_asked_for_many_at_once(
    fake: FakeOrganization, clients: Organization
) -> None:
    asked: list[tuple[str, str]] = []
    projects = [str(number) for number in range(21)]

    def answer(namespace: str) -> None:
        def reply(query: dict[str, str]) -> Reply:
            asked.append((namespace, query["tokens"]))
            tokens = query["tokens"].split(",")
            return as_json({"value": [not token.endswith(namespace[0]) for token in tokens]})

        fake.answers[f"_apis/permissions/{namespace}"] = reply

    for namespace, _ in SEEING:
        answer(namespace)
    found = rights.rights(clients, projects)
    assert found == {
        project: Rights(
            library=True,
            connections=project not in ("4", "14"),
            pipelines=project not in ("3", "13"),
        )
        for project in projects
    }
    assert sorted(asked) == sorted(
        (namespace, ",".join(map(form.format, some)))
        for some in (projects[:20], projects[20:])
        for namespace, form in SEEING
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (as_json({"value": [True, False]}), [True, False]),
        (as_json({"value": [True, 1]}), [True, True]),
        (as_json({"value": [True, None]}), [True, None]),
        (as_json({"value": [True]}), [None, None]),
        (as_json({"value": []}), [None, None]),
        (as_json({}), [None, None]),
        (Reply(403), [None, None]),
        (Reply(200, b"<html>"), [None, None]),
    ],
)
def test_a_right_that_the_service_does_not_tell_is_not_known(
    fake: FakeOrganization, clients: Organization, answer: Reply, expected: list[bool | None]
) -> None:
    namespace, _ = SEEING[0]
    fake.answers[f"_apis/permissions/{namespace}"] = answer
    told = rights.of_each(clients, ["p", "q"], rights.LIBRARY, 1)
    assert told == dict(zip("pq", expected, strict=True))
    found = rights.rights(clients, ["p", "q"])
    assert [own.library for own in found.values()] == expected
    assert {(own.connections, own.pipelines) for own in found.values()} == {(None, None)}


def test_without_projects_nothing_is_asked(fake: FakeOrganization, clients: Organization) -> None:
    assert rights.rights(clients, []) == {}
    assert fake.asked == []


# --- what the doctor asks -------------------------------------------------------------------------


def user(identity: str, name: str | None = None) -> dict[str, Any]:
    return {"id": identity, "providerDisplayName": name}


@pytest.mark.parametrize(
    ("authenticated", "authorized", "expected"),
    [
        (user("1", "Dana"), user("1", "Dana"), Standing("Dana", is_anonymous=False)),
        (user("1", "Dana"), None, Standing("Dana", is_anonymous=False)),
        (user("1"), user("2", "Robot"), Standing("1", is_anonymous=False, acts_for="Robot")),
        (user("1", "Dana"), user("2"), Standing("Dana", is_anonymous=False, acts_for="2")),
        (user(NOBODY, "Anonymous"), None, Standing("Anonymous", is_anonymous=True)),
    ],
)
def test_whom_the_service_takes_the_grader_for(
    fake: FakeOrganization,
    clients: Organization,
    authenticated: dict[str, Any],
    authorized: dict[str, Any] | None,
    expected: Standing,
) -> None:
    fake.answers[WHO] = {
        "authenticatedUser": authenticated,
        "authorizedUser": authorized,
    }
    assert standing.signed_in(clients) == expected


def test_an_organisation_that_does_not_answer(
    fake: FakeOrganization, clients: Organization
) -> None:
    fake.answers[WHO] = Reply(401)
    refused = standing.signed_in(clients)
    assert isinstance(refused, Unavailable)
    assert (refused.service, refused.what, refused.status) == (DEVOPS, "who you are", 401)


def test_each_area_that_is_refused_is_named_with_its_scope(
    fake: FakeOrganization, clients: Organization
) -> None:
    queries: list[str | None] = []

    def refused(query: dict[str, str]) -> Reply:
        queries.append(query.get("$top"))
        return Reply(403)

    areas = ["variablegroups", "endpoints", "definitions"]
    kinds = ["library", "connections", "pipelines"]
    assert list(standing.refused_areas(clients, PROJECT, kinds)) == []
    assert fake.asked == areas
    for area in areas:
        fake.answers[area] = refused
    found = list(standing.refused_areas(clients, PROJECT, kinds))
    assert [
        (area, scope, fault.service, fault.what, fault.status) for area, scope, fault in found
    ] == [
        ("the library", "Variable Groups (read)", DEVOPS, "the library", 403),
        (
            "the service connections",
            "Service Connections (read)",
            DEVOPS,
            "the service connections",
            403,
        ),
        ("the pipelines", "Build (read)", DEVOPS, "the pipelines", 403),
    ]
    assert queries == ["1", None, "1"]
    assert [area for area, *_ in standing.refused_areas(clients, PROJECT, kinds[2:])] == [
        "the pipelines"
    ]


def test_what_the_grader_could_change(fake: FakeOrganization, clients: Organization) -> None:
    for namespace, answers in {
        "b7e84409-6553-448a-bbb2-af228e07cbeb/2": [True, False],
        "49b48001-ca20-4adc-8111-5b60c903a50c/2": [True, None],
        "33344d9c-fc72-4d6f-aba5-fa317101a7e9/2048": [True, False],
    }.items():
        fake.answers[f"_apis/permissions/{namespace}"] = answers
    could = ["the library", "service connections", "pipelines"]
    assert standing.writable(clients, ["p", "q"]) == {"p": could, "q": []}
    assert list(standing.writable(clients, [str(number) for number in range(21)])) == [
        str(number) for number in range(20)
    ]


@pytest.mark.parametrize(
    ("answer", "days"),
    [
        ({"purgeRuns": {"min": 30, "max": 731, "value": 45}}, 45),
        ({"purgeRuns": None}, None),
        (Reply(403), None),
    ],
)
def test_for_how_many_days_runs_are_kept(
    fake: FakeOrganization, clients: Organization, answer: Any, days: int | None
) -> None:
    fake.answers["retention"] = answer
    found = standing.days_kept(clients, PROJECT)
    if days is None:
        assert isinstance(found, Unavailable)
        assert (found.service, found.what) == (DEVOPS, "the retention of runs")
    else:
        assert found == days


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        (
            [{"finishTime": None}, {"finishTime": "2026-11-20T10:00:00Z"}, {}],
            datetime(2026, 11, 20, 10, tzinfo=UTC),
        ),
        ([{"finishTime": "soon"}], None),
        ([], None),
        (None, None),
    ],
)
def test_when_the_oldest_run_finished(
    fake: FakeOrganization, clients: Organization, runs: Any, expected: datetime | None
) -> None:
    queries: list[dict[str, str]] = []

    def answer(query: dict[str, str]) -> Reply:
        queries.append(query)
        return Reply(500) if runs is None else as_json({"value": runs})

    fake.answers["builds"] = answer
    assert standing.oldest_run(clients, PROJECT) == expected
    assert queries == [
        {"$top": "1", "queryOrder": "finishTimeAscending", "statusFilter": "completed"}
    ]

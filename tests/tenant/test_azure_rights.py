"""What the grader may do is a part of the world: Azure tells it, and refuses the rest."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
import requests

from fixtures.simulator.wire.azure_ml.framing import group_id, workspace_id
from fixtures.simulator.world import LearnerWorld
from graders.evidence import Unavailable
from graders.services.cloud import Cloud
from graders.services.http.transport import ReadOnlyTransport
from graders.services.sign_in import SignIn
from tests.support.fault_matrix import QUICK
from tests.support.served_bodies import credentials
from tests.support.served_tenant import Served, lab, serving, tenant_of

READER, WITHOUT_RUNS, WITHOUT_KEYS, NARROW, STRANGER, OWNER = range(1, 7)
PROVIDER = "Microsoft.MachineLearningServices/workspaces"
RUNS = f"{PROVIDER}/experiments/runs/read"
ARM = "https://management.azure.com"
REGION = "https://centralus.api.azureml.ms"
NEEDED = (
    *(f"{PROVIDER}/read", f"{PROVIDER}/models/read", f"{PROVIDER}/models/versions/read"),
    *(f"{PROVIDER}/endpoints/pipelines/read", f"{PROVIDER}/services/read", RUNS),
    "Microsoft.Authorization/permissions/read",
)


def without_runs(world: LearnerWorld) -> None:
    world.workspace.may_not = [RUNS]


def without_keys(world: LearnerWorld) -> None:
    world.workspace.may = ["*/read"]
    world.services[0].auth_enabled = True


def narrow(world: LearnerWorld) -> None:
    world.workspace.may = [action.upper() for action in NEEDED]


def stranger(world: LearnerWorld) -> None:
    world.workspace.visible = False


def owner(world: LearnerWorld) -> None:
    world.workspace.may = ["*"]


CHANGES = {
    WITHOUT_RUNS: without_runs,
    WITHOUT_KEYS: without_keys,
    NARROW: narrow,
    STRANGER: stranger,
    OWNER: owner,
}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(tenant_of(6, CHANGES)) as served:
        yield served


@pytest.fixture(scope="module")
def session(served: Served) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = "Bearer " + served.token(ARM)
    return session


def permissions(session: requests.Session, scope: str) -> requests.Response:
    path = f"{scope}/providers/Microsoft.Authorization/permissions"
    return session.get(f"{ARM}{path}?api-version=2022-04-01", timeout=30)


def allows(roles: list[dict[str, Any]], action: str) -> bool:
    """As Azure describes how to read its answer."""

    def any_of(patterns: list[str]) -> bool:
        return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)

    return any(any_of(role["actions"]) and not any_of(role["notActions"]) for role in roles)


@pytest.mark.parametrize(
    ("number", "action", "allowed"),
    [
        (READER, RUNS, True),
        (READER, f"{PROVIDER}/services/aci/listkeys/action", True),
        (READER, f"{PROVIDER}/write", False),
        (WITHOUT_RUNS, RUNS, False),
        (WITHOUT_RUNS, f"{PROVIDER}/read", True),
        (WITHOUT_KEYS, f"{PROVIDER}/services/aci/listkeys/action", False),
        (NARROW, RUNS, True),
        (NARROW, f"{PROVIDER}/experiments/read", False),
        (OWNER, f"{PROVIDER}/delete", True),
    ],
)
def test_rights_are_told_for_a_group_and_for_a_resource(
    served: Served, session: requests.Session, number: int, action: str, allowed: bool
) -> None:
    workspace = served.world(number).workspace
    answers = [
        permissions(session, scope) for scope in (group_id(workspace), workspace_id(workspace))
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [allows(answer.json()["value"], action) for answer in answers] == [allowed, allowed]


def test_who_has_no_role_is_refused(served: Served, session: requests.Session) -> None:
    workspace = served.world(STRANGER).workspace
    answer = permissions(session, workspace_id(workspace))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert "Microsoft.Authorization/permissions/read" in answer.json()["error"]["message"]
    assert permissions(session, group_id(workspace)).status_code == 404


def test_a_right_that_is_not_there_is_refused_in_the_services_words(
    served: Served, session: requests.Session
) -> None:
    place = workspace_id(served.world(WITHOUT_RUNS).workspace)
    url = f"{REGION}/history/v1.0{place}/experiments/mlopspython"
    runs = session.post(f"{url}/runs:query", json={}, timeout=30)
    assert (runs.status_code, runs.json()["error"]["innerError"]["code"]) == (403, "ForbiddenError")
    assert session.get(url, timeout=30).status_code == 200
    place = workspace_id(served.world(WITHOUT_KEYS).workspace)
    url = f"{REGION}/modelmanagement/v1.0{place}/services/mlops-aci/listkeys"
    keys = session.post(url, timeout=30)
    assert (keys.status_code, keys.json()["code"]) == (403, "Forbidden")


@pytest.mark.parametrize(
    ("number", "unseen"),
    [
        (READER, set()),
        (WITHOUT_RUNS, {"training_runs"}),
        (WITHOUT_KEYS, {"answer"}),
        (NARROW, set()),
    ],
)
def test_what_the_grader_may_not_read_it_does_not_call_missing(
    served: Served, number: int, unseen: set[str]
) -> None:
    with ReadOnlyTransport(QUICK) as transport:
        cloud = Cloud(SignIn.from_environment(credentials(served.tenant)), transport)
        cloud.prepare([lab(number)])
        evidence = cloud.look_at(lab(number))
    parts = ("workspace", "published_pipelines", "training_runs", "models", "endpoints", "answer")
    unavailable = {part for part in parts if isinstance(getattr(evidence, part), Unavailable)}
    assert unavailable == unseen

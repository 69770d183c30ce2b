"""Entra ID of the simulated tenant: whom it gives tokens, and which tokens it takes back."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

import pytest
import requests
from starlette.requests import Request

from fixtures.simulator.process import SimulatedTenant
from fixtures.simulator.wire.entra.authority import AZURE_DEVOPS, Authority
from fixtures.simulator.world import TenantIds
from tests.support.simulated_class import session_with, write_cohort

IDS = TenantIds(
    tenant_id="11111111-0000-0000-0000-000000000000",
    subscription_id="22222222-0000-0000-0000-000000000000",
    client_id="33333333-0000-0000-0000-000000000000",
    object_id="44444444-0000-0000-0000-000000000000",
    client_secret="canary-secret",
    github_token="canary-github",
    azure_devops_pat="canary-pat",
)
MANAGEMENT = "https://management.azure.com"


@pytest.fixture
def authority() -> Authority:
    return Authority(IDS)


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedTenant]:
    with SimulatedTenant(write_cohort(tmp_path_factory.mktemp("cohort"))) as tenant:
        yield tenant


@pytest.fixture
def client(tenant: SimulatedTenant) -> Iterator[requests.Session]:
    with session_with(tenant) as session:
        yield session


def ask_for_token(
    client: requests.Session, tenant: SimulatedTenant, change: Mapping[str, str]
) -> requests.Response:
    known = tenant.credentials
    form = {
        "client_id": known["client_id"],
        "client_secret": known["client_secret"],
        "grant_type": "client_credentials",
        "scope": f"{MANAGEMENT}/.default",
    }
    home = change.get("tenant", known["tenant_id"])
    url = f"https://login.microsoftonline.com/{home}/oauth2/v2.0/token"
    return client.post(url, data=form | dict(change))


def request(authorization: str = "") -> Request:
    headers = [(b"authorization", authorization.encode())] if authorization else []
    return Request({"type": "http", "headers": headers})


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f":{password}".encode()).decode()


def test_a_token_is_good_for_what_it_was_asked_for_and_nothing_else(authority: Authority) -> None:
    given = request(f"Bearer {authority.issue(MANAGEMENT)}")
    accepted = ["https://management.core.windows.net/", f"{MANAGEMENT}/"]
    assert authority.refusal(given, accepted) is None
    assert "another audience" in str(authority.refusal(given, [AZURE_DEVOPS]))
    assert authority.github_refusal(given) is not None


def test_a_token_opens_the_service_it_was_asked_for(
    client: requests.Session, tenant: SimulatedTenant
) -> None:
    token = ask_for_token(client, tenant, {}).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    subscriptions = "https://management.azure.com/subscriptions?api-version=2022-12-01"
    assert client.get(subscriptions, headers=headers).status_code == 200
    assert client.get(subscriptions).status_code == 401
    foreign = client.get(
        "https://dev.azure.com/lab-organisation/_apis/projects",
        headers=headers | {"X-TFS-FedAuthRedirect": "Suppress"},
    )
    assert foreign.status_code == 401


JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"client_secret": "wrong-canary"}, 401, 7000215),
        ({"client_secret": ""}, 401, 7000215),
        ({"client_id": "somebody"}, 400, 700016),
        ({"client_assertion": "canary", "client_assertion_type": JWT_BEARER}, 401, 700213),
        ({"client_assertion": "canary"}, 400, 7000216),
        ({"scope": "https://nothing.example/.default"}, 400, 500011),
        ({"grant_type": "password"}, 400, 70003),
        ({"grant_type": ""}, 400, 900144),
        ({"client_id": ""}, 400, 900144),
        ({"scope": ""}, 400, 900144),
        ({"scope": MANAGEMENT}, 400, 1002012),
        ({"tenant": "another"}, 400, 90002),
    ],
)
def test_a_refusal_has_its_code(
    client: requests.Session,
    tenant: SimulatedTenant,
    change: dict[str, str],
    status: int,
    code: int,
) -> None:
    answer = ask_for_token(client, tenant, change)
    assert (answer.status_code, answer.json()["error_codes"]) == (status, [code])
    assert answer.json()["error_description"].startswith(f"AADSTS{code}: ")
    assert "canary" not in answer.text
    assert tenant.credentials["client_secret"] not in answer.text


def test_an_unknown_tenant_has_no_discovery_document(
    client: requests.Session, tenant: SimulatedTenant
) -> None:
    base, document = "https://login.microsoftonline.com", "v2.0/.well-known/openid-configuration"
    home = tenant.credentials["tenant_id"]
    known = client.get(f"{base}/{home}/{document}").json()
    unknown = client.get(f"{base}/another/{document}")
    assert known["token_endpoint"] == f"{base}/{home}/oauth2/v2.0/token"
    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_tenant")


def test_a_token_expires() -> None:
    late = Authority(IDS, lifetime=0)
    given = request(f"Bearer {late.issue(MANAGEMENT)}")
    assert "expired" in str(late.refusal(given, [MANAGEMENT]))


def test_a_token_of_another_authority_is_foreign(authority: Authority) -> None:
    given = request(f"Bearer {Authority(IDS).issue(MANAGEMENT)}")
    assert "not issued" in str(authority.refusal(given, [MANAGEMENT]))


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Negotiate abc", "Basic %%%"])
def test_no_credentials_are_no_credentials(authority: Authority, authorization: str) -> None:
    assert authority.refusal(request(authorization), [AZURE_DEVOPS]) is not None
    assert authority.github_refusal(request(authorization)) is not None


def test_a_personal_access_token_opens_azure_devops_alone(authority: Authority) -> None:
    good, bad = request(basic(IDS.azure_devops_pat)), request(basic("wrong"))
    assert authority.refusal(good, [AZURE_DEVOPS]) is None
    assert authority.refusal(bad, [AZURE_DEVOPS]) is not None
    assert authority.refusal(good, [MANAGEMENT]) is not None


@pytest.mark.parametrize("scheme", ["token", "Bearer"])
def test_github_takes_both_words_before_its_token(authority: Authority, scheme: str) -> None:
    assert authority.github_refusal(request(f"{scheme} {IDS.github_token}")) is None
    assert authority.github_refusal(request(f"{scheme} {IDS.github_token}x")) is not None

"""Entra ID of the simulated tenant: how people get tokens, and what proves nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
import requests

from fixtures.simulator.wire.entra.authority import AZURE_CLI
from tests.support.bare_azure_devops import settled
from tests.support.person import answer_pages
from tests.support.served_tenant import ORGANIZATION, Served, serving, tenant_of

LOGIN = "https://login.microsoftonline.com"
ANYWHERE = f"{LOGIN}/organizations/oauth2/v2.0"
ADA = "user1@lab.example"
MANAGEMENT = "https://management.azure.com/.default"
DEVOPS = "499b84ac-1321-427f-aa17-267ca6975798/.default"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
VERIFIER = "a" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
BEGUN = {
    "client_id": AZURE_CLI,
    "response_type": "code",
    "redirect_uri": "http://localhost:8400",
    "scope": f"{MANAGEMENT} openid offline_access profile",
    "state": "s1",
    "code_challenge": CHALLENGE.decode(),
    "code_challenge_method": "S256",
}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(tenant_of(2)) as served:
        yield served


def authorize(**changes: str) -> requests.Response:
    return requests.get(f"{ANYWHERE}/authorize", params=BEGUN | changes, timeout=30)


def code_for(login: str = ADA, **changes: str) -> str:
    """The code with which a person's browser is sent back to the machine."""
    context = re.findall(r'name="ctx" value="([^"]+)"', authorize(**changes).text)
    form = {"ctx": context[0], "login": login}
    sent = requests.post(f"{LOGIN}/organizations/login", form, timeout=30, allow_redirects=False)
    assert sent.status_code == 302
    return re.findall(r"code=([^&]+)", sent.headers["Location"])[0]


def token(**form: str) -> dict[str, Any]:
    given = {"client_id": AZURE_CLI, "scope": MANAGEMENT, **form}
    return dict(requests.post(f"{ANYWHERE}/token", data=given, timeout=30).json())


def of_code(code: str, **changes: str) -> dict[str, Any]:
    proof = {"redirect_uri": BEGUN["redirect_uri"], "code_verifier": VERIFIER}
    return token(grant_type="authorization_code", code=code, **{**proof, **changes})


def claims_of(jwt: str) -> dict[str, Any]:
    part = jwt.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def test_a_code_is_good_once_and_renews_for_another_service(served: Served) -> None:
    code = code_for()
    first = of_code(code)
    assert claims_of(first["access_token"])["upn"] == ADA
    assert claims_of(first["id_token"])["preferred_username"] == ADA
    assert of_code(code)["error_codes"] == [70008]
    renewed = token(
        grant_type="refresh_token", refresh_token=first["refresh_token"], scope=f"{DEVOPS} openid"
    )
    url = f"https://dev.azure.com/{ORGANIZATION}/_apis/connectiondata?api-version=7.1-preview"
    signed = [
        requests.get(
            url,
            headers={
                "Authorization": f"Bearer {own['access_token']}",
                "X-TFS-FedAuthRedirect": "Suppress",
            },
            timeout=30,
        )
        for own in (first, renewed)
    ]
    assert [answer.status_code for answer in signed] == [401, 200]
    user = signed[1].json()["authenticatedUser"]
    assert user["properties"]["Account"]["$value"] == ADA
    assert user["descriptor"].endswith(rf"ClaimsIdentity;{served.tenant.ids.tenant_id}\{ADA}")
    assert not settled(served).unknown_parameters


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "b" * 43}, 501481),
        ({"code_verifier": ""}, 501481),
        ({"redirect_uri": "http://localhost:8401"}, 70008),
        ({"code": "somebody's"}, 70008),
        ({"client_id": "somebody's"}, 700016),
        ({"scope": "https://nothing.example/.default"}, 500011),
    ],
)
def test_a_code_with_another_proof_gives_no_token(
    served: Served, changes: dict[str, str], error: int
) -> None:
    assert served
    code = changes.pop("code", "") or code_for()
    refused = of_code(code, **changes)
    assert refused["error_codes"] == [error]
    assert "access_token" not in refused


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "somebody's"}, 700016),
        ({"redirect_uri": "https://elsewhere.example"}, 50011),
        ({"response_type": "token"}, 70005),
        ({"response_mode": "smoke"}, 90100),
    ],
)
def test_a_sign_in_that_leads_elsewhere_is_refused_on_a_page(
    served: Served, changes: dict[str, str], error: int
) -> None:
    assert served
    page = authorize(**changes)
    assert page.status_code == 400
    assert f"AADSTS{error}" in page.text
    assert "<form" not in page.text


def test_an_account_of_nobodys_gets_nothing(served: Served) -> None:
    assert served
    context = re.findall(r'name="ctx" value="([^"]+)"', authorize().text)[0]
    for form, error in (
        ({"ctx": context, "login": "<b>eve"}, 50034),
        ({"ctx": "x", "login": ADA}, 165000),
    ):
        page = requests.post(f"{LOGIN}/organizations/login", form, timeout=30)
        assert f"AADSTS{error}" in page.text
        assert "<b>" not in page.text
        assert error == 165000 or "<b>eve" in unescape(page.text)


def test_a_device_waits_until_its_code_is_entered(served: Served) -> None:
    begun = {"client_id": AZURE_CLI, "scope": f"{MANAGEMENT} openid"}
    given = requests.post(f"{ANYWHERE}/devicecode", data=begun, timeout=30).json()
    waiting = {"grant_type": DEVICE, "device_code": given["device_code"]}
    assert token(**waiting)["error"] == "authorization_pending"
    address = given["verification_uri"]
    assert "didn't work" in unescape(answer_pages(address, {"otc": "WRONGCODE", "login": ADA}))
    assert token(**waiting)["error"] == "authorization_pending"
    answer_pages(address, {"otc": given["user_code"].lower(), "login": ADA})
    assert claims_of(token(**waiting)["access_token"])["upn"] == ADA
    assert token(**waiting)["error"] == "bad_verification_code"
    assert not settled(served).violations


def test_no_application_signs_in_to_any_tenant(served: Served) -> None:
    form = {"grant_type": "client_credentials", "client_id": served.tenant.ids.client_id}
    assert token(**form, client_secret=served.tenant.ids.client_secret)["error_codes"] == [50059]

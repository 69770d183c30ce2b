"""What the simulated Entra ID is asked and does not know ends in the journal, or is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.support.bare_azure_devops import settled
from tests.support.served_tenant import Served, serving, tenant_of

LOGIN = "https://login.microsoftonline.com"
DISCOVERY = f"{LOGIN}/common/discovery/instance"


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(tenant_of(1)) as served:
        yield served


def _form(served: Served, **more: str) -> dict[str, str]:
    own = {
        "grant_type": "client_credentials",
        "client_id": served.tenant.ids.client_id,
        "client_secret": served.tenant.ids.client_secret,
        "scope": "https://management.azure.com/.default",
    }
    return own | more


def _token(served: Served, form: dict[str, str]) -> requests.Response:
    url = f"{LOGIN}/{served.tenant.ids.tenant_id}/oauth2/v2.0/token"
    return requests.post(url, data=form, timeout=30)


def test_a_key_of_the_form_that_nobody_reads_is_in_the_journal(served: Served) -> None:
    assert _token(served, _form(served, client_info="1", resource="x")).status_code == 200
    lines = list(settled(served).unknown_parameters)
    assert lines == ["POST login.microsoftonline.com /{tenant}/oauth2/v2.0/token resource"]


def test_a_refusal_says_nothing_of_what_it_did_not_read(served: Served) -> None:
    assert _token(served, _form(served, client_secret="wrong", resource="x")).status_code == 401
    assert not settled(served).unknown_parameters


@pytest.mark.parametrize(("version", "status"), [("1.1", 200), ("1.0", 200), ("9.9", 400)])
def test_the_discovery_of_clouds_has_versions(served: Served, version: str, status: int) -> None:
    authority = f"{LOGIN}/common/oauth2/v2.0/authorize"
    asked = {"api-version": version, "authorization_endpoint": authority}
    assert requests.get(DISCOVERY, params=asked, timeout=30).status_code == status
    assert not settled(served).unknown_parameters


def test_the_keys_of_a_tenant_are_where_its_document_says(served: Served) -> None:
    home = f"{LOGIN}/{served.tenant.ids.tenant_id}"
    document = requests.get(f"{home}/v2.0/.well-known/openid-configuration", timeout=30).json()
    assert requests.get(document["jwks_uri"], timeout=30).json() == {"keys": []}
    foreign = document["jwks_uri"].replace(served.tenant.ids.tenant_id, "another")
    assert requests.get(foreign, timeout=30).json()["error_codes"] == [90002]

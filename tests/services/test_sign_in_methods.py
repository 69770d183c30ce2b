"""Each way to sign in: azure-identity's own credentials and PyGithub, over TLS on real hosts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from graders.inputs.lab_tables import SIGN_INS
from graders.services import azure_sign_in, entra_codes
from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from graders.services.sign_in import AZURE_DEVOPS_SCOPE, AZURE_RESOURCE_MANAGER_SCOPE, SignIn
from graders.services.sign_in_failures import SignInError
from tests.support.loopback_proxy import Loopback, Reply, as_json

TENANT, CLIENT = "11111111-2222-3333-4444-555555555555", "22222222-3333-4444-5555-666666666666"
OTHER_TENANT = "33333333-4444-5555-6666-777777777777"
IDS = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT, "GITHUB_TOKEN": "canary-g"}
HUB = "https://dev.azure.com/org/project/_apis/distributedtask/hubs/build/plans/p/jobs/j/oidctoken"
ACTIONS = "https://pipelines.actions.githubusercontent.com/x/idtoken?api-version=2.0"
OF_AZURE_IDENTITY = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""The application that people sign in to; all developers share it."""
LOGIN = "https://login.microsoftonline.com"


@pytest.fixture
def wire(internet: Loopback, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    internet.stand_in_for_the_internet(monkeypatch)
    with ReadOnlyTransport(RetryPolicy(attempts=1)):
        yield internet


def entra(token: Callable[[str], Reply], seconds: int = 60) -> Callable[[str, str], Reply]:
    """Entra ID for any tenant, a pipeline's hub, GitHub's OIDC; ``token`` answers for tokens."""

    def reply(method: str, url: str) -> Reply:
        if url.startswith(HUB):
            return as_json({"oidcToken": "canary-of-the-hub"})
        if url.startswith(ACTIONS.partition("?")[0]):
            return as_json({"value": "canary-of-actions"})
        if "/devicecode" in url:
            code = {"user_code": "ABC", "device_code": "canary-d", "verification_uri": "https://x"}
            return as_json({**code, "expires_in": seconds, "interval": 1, "message": "go"})
        if method == "POST":
            return token(url)
        tenant = url.removeprefix(f"{LOGIN}/").partition("/")[0]
        names = ("authorization_endpoint", "token_endpoint", "issuer")
        places = dict.fromkeys(names, f"{LOGIN}/{tenant}/oauth2/v2.0/token")
        return as_json(
            {**places, "device_authorization_endpoint": f"{LOGIN}/{tenant}/oauth2/v2.0/devicecode"}
        )

    return reply


def a_token(_url: str) -> Reply:
    body = {"token_type": "Bearer", "expires_in": 3599, "access_token": "canary-token"}
    account = {"client_info": "eyJ1aWQiOiJ1IiwidXRpZCI6InQifQ", "id_token": _id_token()}
    return as_json({**body, **account, "refresh_token": "canary-r"})


def _id_token() -> str:
    now = int(time.time())
    claims = {
        "aud": OF_AZURE_IDENTITY,
        "iss": f"{LOGIN}/{TENANT}/v2.0",
        "exp": now + 99,
        "iat": now,
    }
    claims |= {"sub": "s", "tid": TENANT, "preferred_username": "ada@lab.example"}
    return jwt.encode(claims, "k" * 32, "HS256")


def environment_of(method: str, folder: Path) -> dict[str, str]:
    file = folder / "token"
    file.write_text("canary-of-the-file", encoding="utf-8")
    return IDS | {
        "environment": {"AZURE_CLIENT_SECRET": "canary-secret"},
        "workload-identity": {"AZURE_FEDERATED_TOKEN_FILE": str(file)},
        "azure-pipelines": {
            "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "c",
            "SYSTEM_ACCESSTOKEN": "canary-system",
            "SYSTEM_OIDCREQUESTURI": HUB,
        },
        "github-oidc": {
            "ACTIONS_ID_TOKEN_REQUEST_URL": ACTIONS,
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "canary-request",
        },
    }.get(method, {})


BY_ITSELF = ("environment", "workload-identity", "azure-pipelines", "github-oidc")


@pytest.mark.parametrize("method", [*BY_ITSELF, "device-code"])
def test_each_method_gets_a_token(
    method: str,
    wire: Loopback,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    given = environment_of(method, tmp_path)
    for name, value in given.items():  # one of them reads the process's own environment
        monkeypatch.setenv(name, value)
    wire.replies[:] = [entra(a_token)]
    sign_in = SignIn.from_environment(given, method=method)
    sign_in.check()
    assert sign_in.azure.get_token(AZURE_DEVOPS_SCOPE).token == "canary-token"
    sent = [headers["body"] for verb, url, headers in wire.requests if url.endswith("/token")]
    proof = {"workload-identity": "file", "azure-pipelines": "the-hub", "github-oidc": "actions"}
    assert all(proof.get(method, "") in body for body in sent)
    assert "canary" not in repr(sign_in)
    if method == "device-code":
        assert "enter the code ABC" in capfd.readouterr().err


@pytest.mark.parametrize("method", BY_ITSELF)
def test_without_a_choice_what_is_set_decides(method: str, tmp_path: Path) -> None:
    usual = azure_sign_in.usual_method(environment_of(method, tmp_path))
    assert usual == ("environment" if method == "workload-identity" else method)
    assert azure_sign_in.usual_method(IDS) == "azure-cli"


def test_the_azure_cli_signs_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    until = f"{datetime.now() + timedelta(hours=1):%Y-%m-%d %H:%M:%S.000000}"
    answer = json.dumps({"accessToken": "canary-cli", "expiresOn": until})
    (tmp_path / "az").write_text(f"#!/bin/sh\necho '{answer}'\n", encoding="utf-8")
    (tmp_path / "az").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    sign_in = SignIn.from_environment({"GITHUB_TOKEN": "g"}, method="azure-cli")
    assert sign_in.azure.get_token(AZURE_RESOURCE_MANAGER_SCOPE).token == "canary-cli"
    assert sign_in.method == "the Azure CLI"


def test_every_choice_of_the_lab_file_is_a_method() -> None:
    assert set(SIGN_INS) == set(azure_sign_in.METHODS)
    for method in ("browser", "managed-identity"):  # made without asking anything
        assert azure_sign_in.credential(IDS, method).method


@pytest.mark.parametrize(
    ("method", "missing"),
    [
        ("environment", "AZURE_CLIENT_SECRET is not set"),
        ("workload-identity", "AZURE_FEDERATED_TOKEN_FILE is not set"),
        ("azure-pipelines", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID and SYSTEM_ACCESSTOKEN"),
        ("github-oidc", "permissions: id-token: write"),
        ("kerberos", "there is no sign-in `kerberos`: choose one of environment"),
    ],
)
def test_what_a_method_lacks_is_said_at_once(method: str, missing: str) -> None:
    with pytest.raises(SignInError) as caught:
        SignIn.from_environment({**IDS, "GITHUB_TOKEN": ""}, method=method)
    assert len(caught.value.problems) == 2  # GitHub's and Azure's
    assert missing in str(caught.value)


@pytest.mark.parametrize("host", ["login.microsoftonline.us", "https://login.chinacloudapi.cn"])
def test_another_cloud_is_refused_with_a_sentence(host: str) -> None:
    with pytest.raises(SignInError, match="public cloud only: unset it"):
        SignIn.from_environment({**IDS, "AZURE_CLIENT_SECRET": "s", "AZURE_AUTHORITY_HOST": host})


def test_several_tenants_get_tokens_of_their_own(wire: Loopback, tmp_path: Path) -> None:
    wire.replies[:] = [
        entra(lambda url: as_json({**_BODY, "access_token": url.split("/")[3]})),
    ]
    sign_in = SignIn.from_environment(environment_of("environment", tmp_path))
    tokens = [
        sign_in.for_tenant(tenant).azure.get_token(AZURE_RESOURCE_MANAGER_SCOPE).token
        for tenant in (None, TENANT, OTHER_TENANT)
    ]
    assert tokens == [TENANT, TENANT, OTHER_TENANT]


def test_of_several_tenants_one_that_refuses_stops_nobody(wire: Loopback, tmp_path: Path) -> None:
    refusal = as_json({"error": "invalid_client", "error_description": "AADSTS700016: canary"}, 400)
    wire.replies[:] = [entra(lambda url: refusal if OTHER_TENANT in url else a_token(url))]
    sign_in = SignIn.from_environment(environment_of("environment", tmp_path))
    sign_in.check(tenants=(TENANT, OTHER_TENANT))
    again = SignIn.from_environment(environment_of("environment", tmp_path))
    with pytest.raises(SignInError, match=rf"failed for application {CLIENT}: .*AADSTS700016"):
        again.check(tenants=(OTHER_TENANT,))


_BODY = {"token_type": "Bearer", "expires_in": 3599}

# --- what Entra ID refuses ------------------------------------------------------------------------

ROWS = {
    "7000215": ("the client secret is wrong", "not its id"),
    "7000222": ("secret has expired", "create a new one"),
    "700016 700011": ("not known in this tenant", "AZURE_CLIENT_ID"),
    "7000112 70001": ("application is disabled", "owner"),
    "90002 900023": ("the tenant does not exist", "AZURE_TENANT_ID"),
    "90038": ("another cloud", "public cloud"),
    "500011": ("never used the service", "AZURE_TENANT_ID"),
    "700213 70021": ("no federated credential", "issuer, subject and audience"),
    "700024 500133 50013": ("clock is wrong", "check the clock"),
    "700027": ("signature", "register that certificate"),
    "50076 50079 50072 50074 50078": ("multi-factor", "interactively"),
    "53003 53000 53001 53002 530032 50158": ("conditional access", "device and network"),
    "50020 50034 51004 90072": ("not in this tenant", "invited"),
    "50057": ("disabled", "administrator"),
    "50055": ("password has expired", "set a new one"),
    "50053": ("locked", "administrator"),
    "50105": ("not assigned", "administrator"),
    "65001 90094": ("lacks consent", "administrator"),
    "65004": ("was declined", "start again"),
    "50173 70008 700082 70043 700084": ("session has expired", "az login"),
    "50196": ("rate-limiting", "wait"),
    "90033 90024 90055 50033 90012": ("has a problem", "again"),
}
CODES = [(code, *words) for codes, words in ROWS.items() for code in codes.split()]


@pytest.mark.parametrize(("code", "cause", "remedy"), CODES, ids=[code for code, *_ in CODES])
def test_each_row_of_the_table_of_codes(
    code: str, cause: str, remedy: str, wire: Loopback, tmp_path: Path
) -> None:
    body = {"error": "invalid_grant", "error_description": f"AADSTS{code}: canary Trace ID: 1"}
    wire.replies[:] = [entra(lambda _url: as_json(body, 400))]
    with pytest.raises(SignInError) as caught:
        SignIn.from_environment(environment_of("environment", tmp_path)).check()
    why, _, what = str(caught.value).partition(f"(AADSTS{code})")
    assert cause in why
    assert remedy in what
    assert f"application {CLIENT}" in why  # whose account it is
    assert "canary" not in str(caught.value)


PENDING = as_json(
    {"error": "authorization_pending", "error_description": "AADSTS70016: canary"}, 400
)
FORBIDDEN = as_json({"error": "invalid_grant", "error_description": "AADSTS53003: canary"}, 400)


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        ([PENDING, FORBIDDEN], "a conditional access policy forbids it (AADSTS53003)"),
        ([PENDING], "nobody entered the device's code in time (AADSTS70016)"),
    ],
)
def test_a_device_code_that_leads_nowhere_says_why(
    wire: Loopback, answers: list[Reply], cause: str
) -> None:
    waiting = iter(answers)
    wire.replies[:] = [entra(lambda _url: next(waiting, answers[-1]), seconds=2)]
    with pytest.raises(SignInError) as caught:
        SignIn.from_environment(IDS, method="device-code").check()
    assert cause in str(caught.value)
    assert "canary" not in str(caught.value)


def test_the_table_has_no_other_rows() -> None:
    assert {code for code, *_ in CODES} == set(entra_codes._BY_CODE)


# --- GitHub ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PrivateFormat.TraditionalOpenSSL
    nothing = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, nothing).decode()


LONG = f"ghs_12345_{'a' * 170}.{'b' * 170}.{'c' * 170}"
APP = {"GITHUB_APP_ID": "12345", "AZURE_CLIENT_ID": "", "AZURE_CLIENT_SECRET": ""}


def installed(*places: int) -> Callable[[str, str], Reply]:
    until = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"

    def reply(method: str, _url: str) -> Reply:
        if method == "POST":
            return as_json({"token": LONG, "expires_at": until}, 201)
        return as_json([_installation(number) for number in places])

    return reply


def _installation(number: int) -> dict[str, Any]:
    return {"id": number, "app_id": 12345, "target_type": "Organization"}


def test_an_app_gets_tokens_that_only_read(
    wire: Loopback, key: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    file = tmp_path / "app.pem"
    file.write_text(pem(key), encoding="utf-8")
    wire.replies[:] = [installed(77)]
    sign_in = SignIn.from_environment({**APP, "GITHUB_APP_PRIVATE_KEY": str(file)})
    assert sign_in.token_for_github() == LONG
    assert sign_in.token_for_github() == LONG
    (method, url, headers) = wire.requests[-1]
    assert len(wire.requests) == 2  # the token is kept
    assert (method, url) == ("POST", "https://api.github.com/app/installations/77/access_tokens")
    assert json.loads(headers["body"]) == {"permissions": {"contents": "read", "metadata": "read"}}
    proof = headers["Authorization"].removeprefix("Bearer ")
    assert jwt.decode(proof, key.public_key(), ["RS256"])["iss"] == "12345"
    assert LONG not in repr(sign_in)


@pytest.mark.parametrize(
    ("places", "answer", "more", "words"),
    [
        ((), None, {}, "is installed nowhere; set GITHUB_APP_INSTALLATION_ID"),
        ((1, 2), None, {}, "is installed in several places"),
        ((1,), as_json({"message": "canary"}, 401), {}, "this machine's clock is wrong"),
        ((1,), as_json({"message": "canary"}, 404), {}, "the app is not installed there"),
        ((1,), as_json({"message": "canary"}, 503), {}, "answered 503"),
        ((1,), None, {"GITHUB_APP_PRIVATE_KEY": "-PRIVATE KEY- canary"}, "key cannot be read"),
    ],
)
def test_what_an_app_lacks(
    wire: Loopback,
    key: rsa.RSAPrivateKey,
    places: tuple[int, ...],
    answer: Reply | None,
    more: dict[str, str],
    words: str,
) -> None:
    wire.replies[:] = [answer or installed(*places)]
    sign_in = SignIn.from_environment({**APP, "GITHUB_APP_PRIVATE_KEY": pem(key), **more})
    with pytest.raises(SignInError) as caught:
        sign_in.token_for_github()
    assert words in str(caught.value)
    assert "canary" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "neither a key nor the name of a file"),
        ({"GITHUB_APP_PRIVATE_KEY": "/nowhere.pem"}, "neither a key nor the name of a file"),
        (
            {"GITHUB_APP_PRIVATE_KEY": "PRIVATE KEY", "GITHUB_APP_INSTALLATION_ID": "x"},
            "GITHUB_APP_INSTALLATION_ID is not a number",
        ),
    ],
)
def test_an_app_that_is_half_set(more: dict[str, str], words: str) -> None:
    with pytest.raises(SignInError, match=words):
        SignIn.from_environment({**APP, **more})


@pytest.mark.parametrize(
    ("script", "token"), [("echo gho_canary", "gho_canary"), ("exit 1", ""), ("exit 4", "")]
)
def test_the_gh_command_is_asked_where_nothing_is_set(
    script: str, token: str, tmp_path: Path
) -> None:
    (tmp_path / "gh").write_text(
        f'#!/bin/sh\ntest "$*" = "auth token --hostname github.com" && {script}\n', encoding="utf-8"
    )
    (tmp_path / "gh").chmod(0o755)
    given = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    if token:
        sign_in = SignIn.from_environment(given)
        assert (sign_in.token_for_github(), sign_in.github_method) == (token, "the gh command")
    else:
        with pytest.raises(
            SignInError, match="GITHUB_TOKEN is not set: set it, run `gh auth login`"
        ):
            SignIn.from_environment(given)

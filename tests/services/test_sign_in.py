"""Signing in: what is taken from the environment, what is said when it is not enough."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from azure import identity
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from graders.services.sign_in import SharedCredential, SignIn
from graders.services.sign_in_failures import SignInError
from tests.support.loopback_proxy import Loopback, Reply, as_json

SECRET = {
    "AZURE_TENANT_ID": "t",
    "AZURE_CLIENT_ID": "app",
    "AZURE_CLIENT_SECRET": "canary-secret",
    "GITHUB_TOKEN": "canary-github",
}


@pytest.fixture
def wire(internet: Loopback, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    internet.stand_in_for_the_internet(monkeypatch)
    with ReadOnlyTransport(RetryPolicy(attempts=1)):
        yield internet


class Issuer:
    """A credential that counts; its tokens live ``lifetime`` seconds."""

    def __init__(self, lifetime: float = 3600) -> None:
        self.asked: list[str] = []
        self.lifetime = lifetime
        self.fails = False

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        self.asked.append(scopes[0])
        if self.fails:
            raise ClientAuthenticationError
        threading.Event().wait(0.01)
        return AccessToken(f"token-{len(self.asked)}", int(time.time() + self.lifetime))


def test_takes_a_client_secret() -> None:
    sign_in = SignIn.from_environment(SECRET | {"AZURE_DEVOPS_EXT_PAT": "canary-pat"})
    assert (sign_in.github_token, sign_in.azure_devops_pat) == ("canary-github", "canary-pat")
    assert "canary" not in repr(sign_in)


def test_takes_a_federated_token(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: dict[str, Any] = {}
    monkeypatch.setattr(identity, "WorkloadIdentityCredential", lambda **how: taken.update(how))
    federated = {**SECRET, "AZURE_FEDERATED_TOKEN_FILE": str(tmp_path / "token")}
    del federated["AZURE_CLIENT_SECRET"]
    SignIn.from_environment(federated)
    assert taken["token_file_path"] == str(tmp_path / "token")


def test_else_takes_the_azure_cli(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[object] = []
    monkeypatch.setattr(identity, "AzureCliCredential", lambda **how: taken.append(how))
    SignIn.from_environment({"GH_TOKEN": "g"})
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("without", "named"),
    [
        (["GITHUB_TOKEN"], "GITHUB_TOKEN"),
        (["AZURE_TENANT_ID"], "AZURE_TENANT_ID"),
        (["AZURE_TENANT_ID", "AZURE_CLIENT_ID"], "AZURE_TENANT_ID and AZURE_CLIENT_ID"),
    ],
)
def test_says_in_one_sentence_what_is_missing(without: list[str], named: str) -> None:
    environ = {**SECRET, **dict.fromkeys(without, " ")}
    with pytest.raises(SignInError) as caught:
        SignIn.from_environment(environ)
    assert named in str(caught.value)
    assert "--tenant simulated" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("7000215", "the client secret is wrong"),
        ("7000222", "the client secret has expired"),
        ("700016", "not known in this tenant (AADSTS700016); check AZURE_CLIENT_ID"),
        ("50076", "multi-factor authentication"),
        ("500011", "has never used the service"),
        ("65001", "lacks consent"),
        ("99999", "does not accept the application's credentials (AADSTS99999)"),
    ],
)
def test_the_check_names_entras_cause(wire: Loopback, code: str, words: str) -> None:
    refusal = {"error": "invalid_client", "error_description": f"AADSTS{code}: canary Trace ID: 1"}
    wire.replies[:] = [_entra(as_json(refusal, 401))]
    with pytest.raises(SignInError) as caught:
        SignIn.from_environment(SECRET).check()
    assert f"AADSTS{code}" in str(caught.value)
    assert words in str(caught.value)
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None


def test_the_check_says_when_the_sign_in_cannot_be_reached(
    wire: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wire
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(SignInError, match=r"login\.microsoftonline\.com could not be reached"):
        SignIn.from_environment(SECRET).check()


@pytest.mark.parametrize(("pat", "scopes"), [("pat", 1), (None, 2)])
def test_the_check_gets_the_tokens_that_everybody_needs(pat: str | None, scopes: int) -> None:
    issuer = Issuer()
    SignIn(issuer, "g", pat).check()
    assert len(issuer.asked) == scopes


def test_what_came_in_place_of_a_token_is_written_nowhere(
    wire: Loopback, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    host = "https://login.microsoftonline.com"
    places = {"token_endpoint": f"{host}/t/oauth2/v2.0/token", "issuer": f"{host}/t/v2.0"}
    wire.replies[:] = [
        as_json(places | {"authorization_endpoint": f"{host}/t/authorize"}),
        Reply(200, b'{"access_token": "canary-to'),
    ]
    with pytest.raises(SignInError):
        SignIn.from_environment(SECRET).check()
    assert len(wire.requests) == 2
    assert "canary" not in caplog.text + "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "the tenant does not exist"),
        (404, "login.microsoftonline.com answered 404"),
        (503, "login.microsoftonline.com answered 503"),
    ],
)
def test_only_entra_says_that_there_is_no_tenant(wire: Loopback, status: int, words: str) -> None:
    wire.replies[:] = [Reply(status)]
    with pytest.raises(SignInError, match=words):
        SignIn.from_environment(SECRET).check()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("interaction_required", "asks a person to sign in"),
        ("temporarily_unavailable", "is busy"),
        ("something_new", "refused it (AADSTS99999); ask the administrator of your tenant"),
    ],
)
def test_a_number_that_is_not_listed_is_told_by_its_kind(
    wire: Loopback, error: str, words: str
) -> None:
    refusal = {"error": error, "error_description": "AADSTS99999: canary"}
    wire.replies[:] = [_entra(as_json(refusal, 400))]
    with pytest.raises(SignInError) as caught:
        SignIn.from_environment(SECRET).check()
    assert words in str(caught.value)


# --- the Azure CLI --------------------------------------------------------------------------------

AZ = {
    "slow": ("exec sleep 60", "the Azure CLI (`az`) did not answer in 1 seconds"),
    "signed out": (
        "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1",
        "AZURE_CLIENT_SECRET is not set, and the Azure CLI is not signed in; run `az login`",
    ),
    "crashes": (
        "echo 'Traceback: canary' >&2; exit 3",
        "the Azure CLI (`az`) failed with status 3; run `az account get-access-token`",
    ),
    "no token": ("echo '{}'", "the Azure CLI (`az`) gave no token; update it"),
    "session expired": (
        "echo 'ERROR: AADSTS70043: canary. Please run az login' >&2; exit 1",
        "the Azure CLI's session has expired (AADSTS70043); run `az login` again",
    ),
}


@pytest.mark.parametrize(("script", "words"), AZ.values(), ids=AZ)
def test_each_trouble_of_the_azure_cli_has_its_own_sentence(
    script: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "az"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for module in ("azure_sign_in", "sign_in_failures"):
        monkeypatch.setattr(f"graders.services.{module}.CLI_SECONDS", 1)
    with pytest.raises(SignInError) as caught:
        SignIn.from_environment({"GITHUB_TOKEN": "g"}).check()
    assert words in str(caught.value)
    assert "canary" not in str(caught.value)


def test_an_azure_cli_that_cannot_be_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "az"
    program.write_bytes(b"\x7fELF not a program")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SignInError, match="could not be started; install it again"):
        SignIn.from_environment({"GITHUB_TOKEN": "g"}).check()


def test_no_azure_cli_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SignInError, match=r"no Azure CLI \(`az`\) on PATH; install it"):
        SignIn.from_environment({"GITHUB_TOKEN": "g"}).check()


def test_a_claims_challenge_asks_for_a_new_sign_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "az").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "az").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    sign_in = SignIn.from_environment({"GITHUB_TOKEN": "g"})
    asked = partial(sign_in.azure.get_token, claims='{"access_token": {}}')
    monkeypatch.setattr(sign_in.azure, "get_token", asked)
    with pytest.raises(SignInError, match="a policy of the tenant asks for a new sign-in"):
        sign_in.check()


def test_many_threads_fetch_a_token_once() -> None:
    issuer = Issuer()
    shared = SharedCredential(issuer)
    with ThreadPoolExecutor(8) as threads:
        tokens = {token.token for token in threads.map(shared.get_token, ["a"] * 16)}
    assert (tokens, issuer.asked) == ({"token-1"}, ["a"])
    assert shared.get_token("b").token == "token-2"


def test_a_token_is_renewed_before_it_expires_and_kept_while_it_cannot_be() -> None:
    issuer = Issuer(lifetime=100)
    shared = SharedCredential(issuer)
    assert shared.get_token("a").token == "token-1"
    assert shared.get_token("a").token == "token-2"
    issuer.fails = True
    assert shared.get_token("a").token == "token-2"
    issuer.lifetime = -1
    with pytest.raises(ClientAuthenticationError):
        shared.get_token("other")


def _entra(answer: Reply) -> Any:
    host = "https://login.microsoftonline.com/t"
    names = ("authorization_endpoint", "token_endpoint", "issuer")
    document = as_json(dict.fromkeys(names, f"{host}/oauth2/v2.0/token"))
    return lambda method, _url: answer if method == "POST" else document

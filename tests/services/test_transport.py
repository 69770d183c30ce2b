"""The transport: what it lets out, how it tries again, and what it notes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import http.client
import json
import logging
import socket
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import requests
import urllib3
from azure.core.pipeline.transport import HttpRequest, RequestsTransport
from azure.identity import ClientSecretCredential
from github import Auth, Github
from msrest.universal_http import ClientRequest
from msrest.universal_http.requests import RequestsHTTPSender
from requests.adapters import HTTPAdapter

from graders.services.github.query import LISTING
from graders.services.http import transport as transport
from graders.services.http.limits import LIMITS
from graders.services.http.read_only import service_of
from graders.services.http.transport import ReadOnlyTransport, RequestBlocked, RetryPolicy
from tests.support.loopback_proxy import Loopback, Reply, as_json

PROJECTS = "https://dev.azure.com/org/_apis/projects"
SCORE = "http://1a2b.centralus.azurecontainer.io/score"
SWAGGER = SCORE.replace("score", "swagger.json")
WORKSPACE = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
)
QUICK = RetryPolicy(attempts=3, backoff=0.001, retry_after_cap=0.01, body_bytes=1000)


SMUGGLED = json.dumps({"query": LISTING, "variables": {}})[:-1] + ', "query": "mutation { x }"}'


@pytest.fixture
def wire(internet: Loopback, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    internet.stand_in_for_the_internet(monkeypatch)
    return internet


@pytest.fixture
def guarded(wire: Loopback) -> Iterator[ReadOnlyTransport]:  # noqa: ARG001
    with ReadOnlyTransport(QUICK) as opened:
        yield opened


# --- what may leave -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("GET", "https://elsewhere.example/", None),
        ("GET", "https://dev.azure.com.elsewhere.example/", None),
        ("GET", "https://evilazurecontainer.io/", None),
        ("GET", "http://dev.azure.com/org", None),
        ("GET", "https://dev.azure.com:8443/org", None),
        ("GET", "https://user:word@dev.azure.com/org", None),
        ("POST", PROJECTS, "{}"),
        ("DELETE", PROJECTS, None),
        ("PUT", "https://management.azure.com/subscriptions/s", "{}"),
        ("POST", "https://management.azure.com/a/workspaces/w/listKeys", None),
        ("POST", "https://login.microsoftonline.com/t/oauth2/v2.0/logout", ""),
        ("POST", "https://centralus.api.azureml.ms/modelmanagement/v1.0/services", "{}"),
        ("POST", "https://api.github.com/repos/o/n/issues", "{}"),
        ("POST", "https://api.github.com/graphql", '{"query": "mutation { x }"}'),
        ("POST", "https://api.github.com/graphql", '{"query": "query A {a} mutation B {b}"}'),
        ("POST", "https://api.github.com/graphql", "no json"),
        ("POST", "https://api.github.com/graphql", '{"query": "query { viewer { login } }"}'),
        ("POST", "https://api.github.com/graphql", SMUGGLED),
        ("HEAD", PROJECTS, None),
        ("GET", "https://dev.azure.com/org/_apis/projects/x/y", None),
        ("GET", "https://dev.azure.com/org/p%2f_apis/build/builds", None),
        ("GET", PROJECTS + "?X-HTTP-Method-Override=DELETE", None),
        ("GET", "https://api.github.com/user/keys", None),
        ("GET", "https://api.github.com/repos/o/n/contents/..%5cother", None),
        ("GET", f"https://management.azure.com{WORKSPACE}/computes", None),
        ("GET", SCORE, None),
        ("POST", SCORE.replace("/score", "/admin/score"), "{}"),
    ],
)
def test_refuses_what_does_not_only_read(
    guarded: ReadOnlyTransport, wire: Loopback, method: str, url: str, body: str | None
) -> None:
    with pytest.raises(RequestBlocked):
        requests.request(method, url, data=body, timeout=5)
    assert wire.requests == []
    assert guarded.calls == {}


@pytest.mark.usefixtures("guarded")
@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("https://login.microsoftonline.com/t/oauth2/v2.0/token", "grant_type=x"),
        (f"https://management.azure.com{WORKSPACE}/onlineEndpoints/mlops-aci/listKeys", ""),
        (
            "https://centralus.api.azureml.ms/modelmanagement/v1.0"
            f"{WORKSPACE}/services/mlops-aci/listkeys",
            "",
        ),
        ("https://api.github.com/graphql", json.dumps({"query": LISTING, "variables": {}})),
        (SCORE, "{}"),
    ],
)
def test_lets_the_few_posts_out_that_change_nothing(wire: Loopback, url: str, body: str) -> None:
    assert requests.post(url, data=body, timeout=5).json() == {"fine": True}
    assert [request[:2] for request in wire.requests] == [("POST", url)]


@pytest.mark.usefixtures("guarded")
@pytest.mark.parametrize(
    "name", ["X-HTTP-Method-Override", "x-http-method", "X-Method-Override", "X-HTTP-METHOD"]
)
def test_no_header_makes_a_read_something_else(wire: Loopback, name: str) -> None:
    with pytest.raises(RequestBlocked, match="another method"):
        requests.get(PROJECTS, headers={name: "DELETE"}, timeout=5)
    assert wire.requests == []


def for_audience(audience: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"aud": audience}).encode()).decode()
    return f"eyJ0eXAiOiJKV1QifQ.{claims.rstrip('=')}.c2ln"


DEVOPS_TOKEN = for_audience("499b84ac-1321-427f-aa17-267ca6975798")
MANAGER_TOKEN = for_audience("https://management.azure.com/")
PAT = "Basic " + base64.b64encode(b":s3cr3tpat").decode()
REPOSITORY = "https://api.github.com/repos/o/n"
WORKSPACES = f"https://management.azure.com{WORKSPACE}"
REGION = "https://centralus.api.azureml.ms/discovery"


@pytest.mark.parametrize("header", ["Authorization", "X-Token"])
@pytest.mark.parametrize(
    ("value", "right"),
    [
        (f"Bearer {DEVOPS_TOKEN}", {PROJECTS}),
        (f"Bearer {MANAGER_TOKEN}", {WORKSPACES, REGION}),
        ("Bearer eyJ0.abc.def", {PROJECTS, WORKSPACES, REGION}),
        (PAT, {PROJECTS}),
        ("token ghp_abc", {REPOSITORY}),
        ("token 0123456789abcdef", {REPOSITORY}),  # of an older kind: told by its text only
        ("Bearer servicekey1234", {PROJECTS, REPOSITORY, WORKSPACES, REGION, SWAGGER}),
    ],
)
def test_a_token_goes_to_its_own_service_only(
    guarded: ReadOnlyTransport, wire: Loopback, header: str, value: str, right: set[str]
) -> None:
    guarded.keep_to("0123456789abcdef", "GitHub")
    guarded.keep_to("s3cr3tpat", "Azure DevOps")
    guarded.keep_to(None, "GitHub")
    reached = set()
    for url in (PROJECTS, REPOSITORY, WORKSPACES, REGION, SWAGGER):
        with contextlib.suppress(RequestBlocked):
            requests.get(url, headers={header: value}, timeout=5)
            reached.add(url)
    assert reached == right
    assert len(wire.requests) == len(right)


@pytest.mark.usefixtures("wire")
def test_nothing_else_leaves_the_process_while_it_is_open(wire: Loopback) -> None:
    """Whatever library opens the connection: this is Python's own report of it."""
    port = wire.server.server_address[1]
    address = f"http://127.0.0.1:{port}/"
    ways: dict[str, Callable[[], object]] = {
        "urllib3": lambda: urllib3.PoolManager(retries=False).request("GET", address),
        "urllib": lambda: urllib.request.build_opener().open(address, timeout=5),
        "http.client": lambda: _plainly_asked(port),
        "socket": lambda: socket.create_connection(("127.0.0.1", port), timeout=5),
        "connect": lambda: socket.socket().connect(("127.0.0.1", port)),
        "datagram": lambda: _datagram(port),
        "lookup": lambda: socket.getaddrinfo("localhost", port),
        "asyncio": lambda: _asynchronously(port),
    }
    with ReadOnlyTransport(QUICK):
        stopped = {name for name, way in ways.items() if _is_stopped(way)}
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(_is_stopped, ways["socket"]).result()
        assert requests.get(PROJECTS, timeout=5).ok  # and its own thread is shut out again
        assert _is_stopped(ways["socket"])
    assert stopped == set(ways)
    assert {name for name, way in ways.items() if _is_stopped(way)} == set()


def _plainly_asked(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/")
    connection.getresponse().read()  # or the next test would see it arrive
    connection.close()


def _datagram(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", port))


def _asynchronously(port: int) -> None:
    with ThreadPoolExecutor(1) as pool:  # a browser's test may have left a loop in this thread
        pool.submit(lambda: asyncio.run(_open(port))).result()


async def _open(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


def _is_stopped(way: Callable[[], object]) -> bool:
    try:
        way()
    except Exception as error:  # each library dresses it in an exception of its own
        causes = [error, error.__cause__, error.__context__, *error.args]
        return any("its transport only" in str(cause) for cause in causes)
    return False


@pytest.mark.usefixtures("guarded")
def test_follows_a_redirect_on_the_same_host_but_not_to_another(wire: Loopback) -> None:
    wire.replies[:] = [
        Reply(302, headers={"Location": "/org/_apis/resourceAreas"}),
        as_json({"a": 1}),
    ]
    assert requests.get(PROJECTS, timeout=5).json() == {"a": 1}
    wire.replies[:] = [Reply(302, headers={"Location": "https://api.github.com/user"})]
    with pytest.raises(RequestBlocked, match=r"api\.github\.com"):
        requests.get(PROJECTS, timeout=5)
    assert [request[1] for request in wire.requests][1:] == [
        "https://dev.azure.com/org/_apis/resourceAreas",
        PROJECTS,
    ]


@pytest.mark.usefixtures("guarded")
def test_a_redirect_to_plain_http_is_not_followed(wire: Loopback) -> None:
    wire.replies[:] = [Reply(301, headers={"Location": "http://dev.azure.com/org"})]
    with pytest.raises(RequestBlocked, match="https"):
        requests.get(PROJECTS, timeout=5)
    assert len(wire.requests) == 1


# --- retries -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Reply(429),
        Reply(429, headers={"Retry-After": "0.005"}),
        Reply(403, headers={"Retry-After": "0.005"}),
        Reply(500),
        Reply(503),
        Reply(408),
        Reply(200, b'{"fine": true}', cut=4),
        Reply(200, b"not gzip", {"Content-Encoding": "gzip"}),
        Reply(200, b'e\r\n{"fine"', {"Transfer-Encoding": "chunked"}, cut=9),
    ],
)
def test_tries_again_after_a_fault_that_may_pass(
    guarded: ReadOnlyTransport, wire: Loopback, fault: Reply
) -> None:
    wire.replies[:] = [fault, fault, as_json({"fine": True})]
    assert requests.get(PROJECTS, timeout=5).json() == {"fine": True}
    assert guarded.calls == {"Azure DevOps": 3}


@pytest.mark.usefixtures("guarded")
def test_reads_a_body_in_chunks_and_an_answer_without_one(wire: Loopback) -> None:
    chunks = b'8\r\n{"fine":\r\n6\r\n true}\r\n0\r\n\r\n'
    wire.replies[:] = [Reply(200, chunks, {"Transfer-Encoding": "chunked"})]
    assert requests.get(PROJECTS, timeout=5).json() == {"fine": True}
    wire.replies[:] = [Reply(204, b"")]
    assert requests.get(PROJECTS, timeout=5).content == b""


@pytest.mark.parametrize("status", [400, 401, 403, 404, 501])
def test_does_not_insist_on_an_answer_that_is_final(
    guarded: ReadOnlyTransport, wire: Loopback, status: int
) -> None:
    wire.replies[:] = [Reply(status)]
    assert requests.get(PROJECTS, timeout=5).status_code == status
    assert guarded.calls == {"Azure DevOps": 1}


def test_gives_up_after_its_attempts_and_hands_on_the_last_answer(
    guarded: ReadOnlyTransport, wire: Loopback
) -> None:
    wire.replies[:] = [Reply(503, b"busy")]
    assert requests.get(PROJECTS, timeout=5).text == "busy"
    assert guarded.calls == {"Azure DevOps": 3}


def test_does_not_wait_longer_than_the_cap(guarded: ReadOnlyTransport, wire: Loopback) -> None:
    wire.replies[:] = [Reply(429, headers={"Retry-After": "3600"})]
    assert requests.get(PROJECTS, timeout=5).status_code == 429
    assert guarded.calls == {"Azure DevOps": 1}


def test_a_body_that_is_always_cut_short_is_a_fault(
    guarded: ReadOnlyTransport, wire: Loopback
) -> None:
    wire.replies[:] = [Reply(200, b'{"value": []}', cut=5)]
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="cut short"):
        requests.get(PROJECTS, timeout=5)
    assert guarded.calls == {"Azure DevOps": 3}


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"x" * 1001),
        Reply(body=b"x" * 9000, cut=2000),  # it does not read on once there is too much
        Reply(200, gzip.compress(b"x" * 1001), {"Content-Encoding": "gzip"}),
    ],
    ids=["raw", "endless", "bomb"],
)
def test_refuses_a_body_beyond_the_cap(
    guarded: ReadOnlyTransport, wire: Loopback, reply: Reply
) -> None:
    wire.replies[:] = [reply]
    with pytest.raises(RequestBlocked, match="larger"):
        requests.get(PROJECTS, timeout=5)
    assert guarded.calls == {"Azure DevOps": 1}


@pytest.mark.parametrize(
    ("url", "part"), [(PROJECTS, "body"), (SWAGGER, "body"), (SWAGGER, "headers")]
)
def test_a_host_that_drips_does_not_hold_us(wire: Loopback, url: str, part: str) -> None:
    wire.replies[:] = [Reply(drips=part)]
    with (
        ReadOnlyTransport(RetryPolicy(attempts=2, backoff=0, body_seconds=0.2)) as opened,
        pytest.raises(requests.exceptions.ReadTimeout),
    ):
        requests.get(url, timeout=5)
    assert sum(opened.calls.values()) == 2


def test_of_a_learners_answer_the_beginning_is_read(
    guarded: ReadOnlyTransport, wire: Loopback
) -> None:
    """Some MB of it, a zip bomb, or no end at all: it is an answer, and a short one."""
    most = service_of(SCORE).body_bytes
    assert most
    bomb = Reply(200, gzip.compress(b"x" * 10 * most), {"Content-Encoding": "gzip"})
    for reply in (Reply(body=b"x" * 10 * most), bomb):
        wire.replies[:] = [reply]
        assert requests.get(SWAGGER, timeout=5).content == b"x" * most
    assert guarded.calls == {"the endpoint": 2}


def test_calls_that_wait_for_one_host_do_not_block_another(
    guarded: ReadOnlyTransport, wire: Loopback
) -> None:
    """As many calls wait for one learner's endpoint as may be made at a time to all of them."""
    guarded.retry_policy = replace(guarded.retry_policy, retry_after_cap=1000, attempts=1)
    wire.replies[:] = [Reply(429, headers={"Retry-After": "2"}), Reply()]
    assert requests.get(SWAGGER, timeout=5).status_code == 429
    places = LIMITS["the endpoint", ""].at_once
    with ThreadPoolExecutor(places + 1) as pool:
        held = [pool.submit(requests.get, SWAGGER, timeout=5) for _ in range(places)]
        other = pool.submit(requests.get, SWAGGER.replace("1a2b", "3c4d"), timeout=5)
        assert other.result(timeout=30).ok
        assert not any(call.done() for call in held)
        assert all(call.result(timeout=30).ok for call in held)


def test_a_fault_of_another_kind_is_raised_at_once(
    guarded: ReadOnlyTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is raised in a thread of its own, and must not be taken for silence."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
    with pytest.raises(requests.exceptions.SSLError, match="trusted certificates"):
        requests.get("https://e.centralus.inference.ml.azure.com/swagger.json", timeout=5)
    assert guarded.calls == {"the online endpoint": 1}


def test_what_the_model_itself_raised_is_not_asked_again(
    guarded: ReadOnlyTransport, wire: Loopback
) -> None:
    raised = {"X-Ms-Run-Function-Failed": "True"}
    wire.replies[:] = [Reply(502, b"run() failed", raised)]
    assert requests.post(SCORE, timeout=5).status_code == 502
    assert guarded.calls == {"the endpoint": 1}
    wire.replies[:] = [Reply(502, b"down", {"X-Ms-Run-Function-Failed": "False"})]
    assert requests.post(SCORE, timeout=5).status_code == 502
    assert guarded.calls == {"the endpoint": 4}


def test_an_untrusted_certificate_is_a_fault_at_once(
    guarded: ReadOnlyTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(requests.exceptions.SSLError, match="not trusted"):
        requests.get(PROJECTS, timeout=5)
    assert guarded.calls == {"Azure DevOps": 1}


def test_nobody_listening_is_a_fault(
    guarded: ReadOnlyTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(requests.ConnectionError):
        requests.get(PROJECTS, timeout=5)
    assert guarded.calls["Azure DevOps"] >= 1


# --- notes ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("guarded")
def test_notes_every_attempt_with_the_services_own_code(wire: Loopback) -> None:
    refusal = {"message": "TF400813: no", "typeKey": "UnauthorizedRequestException"}
    wire.replies[:] = [Reply(500), as_json(refusal, 401, ActivityId="a-1")]
    with transport.watching() as exchanges:
        requests.get(PROJECTS, timeout=5)
    assert [exchange.status for exchange in exchanges] == [500, 401]
    assert (exchanges[1].type_key, exchanges[1].request_id) == ("TF400813", "a-1")
    assert exchanges[1].content_type == "application/json"


@pytest.mark.usefixtures("guarded")
def test_no_secret_in_notes_or_faults(wire: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    secretive = PROJECTS + "?sig=canary&api-version=7.1&access_token=canary"
    wire.replies[:] = [as_json({"error": {"code": "canary is here"}}, 400)]
    with transport.watching() as exchanges:
        requests.get(secretive, headers={"Authorization": "Bearer canary"}, timeout=5)
        nowhere = {"https": "http://127.0.0.1:9"}
        with pytest.raises(requests.RequestException) as fault:
            requests.get(
                secretive, headers={"Authorization": "Bearer canary"}, timeout=5, proxies=nowhere
            )
    assert len(exchanges) >= 2
    assert "api-version=7.1" in exchanges[0].url
    output = repr(exchanges) + repr(fault.value) + str(fault.value) + caplog.text
    assert "canary" not in output
    assert fault.value.__context__ is None


def test_watching_sees_its_own_block_only(guarded: ReadOnlyTransport) -> None:  # noqa: ARG001
    with transport.watching() as outer:
        requests.get(PROJECTS, timeout=5)
        with transport.watching() as inner:
            requests.get(PROJECTS, timeout=5)
    requests.get(PROJECTS, timeout=5)
    assert (len(outer), len(inner)) == (2, 1)


# --- the transport itself -------------------------------------------------------------------------


def test_the_environments_proxies_are_read_once_for_each_host(
    guarded: ReadOnlyTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests.get(PROJECTS, timeout=5)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    requests.get(PROJECTS, timeout=5)
    with pytest.raises(requests.RequestException):
        requests.get("https://management.azure.com/subscriptions", timeout=5)
    assert guarded.calls["Azure DevOps"] == 2


@pytest.mark.usefixtures("wire")
def test_is_in_place_only_while_it_is_open() -> None:
    before = HTTPAdapter.send
    first, second = ReadOnlyTransport(QUICK), ReadOnlyTransport(QUICK)
    with first, second, first:
        assert HTTPAdapter.send is not before
        requests.get(PROJECTS, timeout=5)
    assert HTTPAdapter.send is before
    assert first.calls == {"Azure DevOps": 1}


@pytest.mark.usefixtures("wire")
def test_is_in_place_until_its_last_user_closes_it() -> None:
    outer, inner = ReadOnlyTransport(QUICK), ReadOnlyTransport(QUICK)
    outer.__enter__()
    inner.__enter__()
    outer.__exit__()
    with pytest.raises(RequestBlocked):
        requests.get("https://elsewhere.example/", timeout=5)
    inner.__exit__()
    assert requests.get("https://elsewhere.example/", timeout=5).ok


@pytest.mark.usefixtures("guarded")
def test_all_sessions_share_connections(wire: Loopback) -> None:
    already = wire.handshakes
    for _ in range(5):
        with requests.Session() as session:
            session.get(PROJECTS, timeout=5)
    assert wire.handshakes == already + 1


def _plain_requests() -> object:
    return requests.get(PROJECTS, stream=True, timeout=5).json()["login"]


def _msrest() -> object:
    sender = RequestsHTTPSender()
    sender.config.retry_policy.retries = 0
    return sender.send(ClientRequest("GET", PROJECTS)).internal_response.json()["login"]


def _azure_core() -> object:
    with RequestsTransport() as transport:
        response = transport.send(HttpRequest("GET", PROJECTS))
        whole = b"".join(response.stream_download(None))
        return whole and response.internal_response.json()["login"]


def _pygithub() -> object:
    with Github(auth=Auth.Token("t"), retry=None, seconds_between_requests=None) as github:
        return github.get_repo("o/n").full_name


@pytest.mark.parametrize("ask", [_plain_requests, _msrest, _azure_core, _pygithub])
@pytest.mark.usefixtures("guarded")
def test_every_sdk_goes_through_it(wire: Loopback, ask: Callable[[], object]) -> None:
    good = as_json(
        {"login": "learner", "full_name": "learner", "url": "https://api.github.com/repos/o/n"}
    )
    zipped = Reply(200, gzip.compress(good.body), {**good.headers, "Content-Encoding": "gzip"})
    wire.replies[:] = [Reply(200, good.body, good.headers, cut=3), zipped]
    with transport.watching() as exchanges:
        assert ask() == "learner"
    assert [exchange.error or exchange.status for exchange in exchanges] == [
        "the answer was cut short",
        200,
    ]


@pytest.mark.usefixtures("guarded")
def test_sign_in_goes_through_it(wire: Loopback) -> None:
    host = "https://login.microsoftonline.com/t"

    def entra(method: str, _url: str) -> Reply:
        if method == "POST":
            return as_json({"token_type": "Bearer", "expires_in": 3599, "access_token": "eyJ"})
        names = ("authorization_endpoint", "token_endpoint", "issuer")
        return as_json(dict.fromkeys(names, f"{host}/oauth2/v2.0/token"))

    wire.replies[:] = [Reply(500), entra]
    with transport.watching() as exchanges:
        credential = ClientSecretCredential("t", "app", "canary", retry_total=0)
        assert credential.get_token("https://management.azure.com/.default").token == "eyJ"
    assert [exchange.status for exchange in exchanges] == [500, 200, 200]
    assert "canary" not in repr(exchanges)


def test_a_missing_bundle_of_certificates_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
    with (
        ReadOnlyTransport(),
        pytest.raises(requests.exceptions.SSLError, match="trusted certificates"),
    ):
        requests.get("https://api.github.com/repos/o/n", timeout=1)

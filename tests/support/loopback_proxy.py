"""A tiny internet on the loopback: one CONNECT proxy that answers for every host, by a script."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

HOSTS = (
    "dev.azure.com",
    "api.github.com",
    "management.azure.com",
    "login.microsoftonline.com",
    "centralus.api.azureml.ms",
    "1a2b.centralus.azurecontainer.io",
    "3c4d.centralus.azurecontainer.io",
    "pipelines.actions.githubusercontent.com",
    "elsewhere.example",
)


@dataclass(frozen=True)
class Reply:
    """What to answer.

    ``cut`` sends that many bytes of the body only, then breaks off; ``drips`` sends endless
    headers (``headers``) or an endless body (``body``), byte by byte.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    drips: str = ""


def as_json(content: object, status: int = 200, **headers: str) -> Reply:
    return Reply(
        status, json.dumps(content).encode(), {"Content-Type": "application/json", **headers}
    )


class Loopback:
    """``replies`` are given in turn, the last one for ever; ``requests`` holds what was asked."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*HOSTS).configure_cert(self.tls)
        self.replies: list[Reply | Callable[[str, str], Reply]] = [Reply()]
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.handshakes = 0
        self.closing = threading.Event()
        self.server = _Server(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        proxy = f"http://127.0.0.1:{self.server.server_address[1]}"
        return {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "REQUESTS_CA_BUNDLE": str(self.ca)}

    def stand_in_for_the_internet(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Lead this process's requests here, and forget what an earlier test asked."""
        for name, value in self.environment.items():
            monkeypatch.setenv(name, value)
        for name in ("NO_PROXY", "no_proxy", "https_proxy", "http_proxy", "CURL_CA_BUNDLE"):
            monkeypatch.delenv(name, raising=False)
        self.replies[:] = [as_json({"fine": True})]
        self.requests.clear()

    def next_reply(self, method: str, url: str, headers: dict[str, str]) -> Reply:
        self.requests.append((method, url, headers))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return reply if isinstance(reply, Reply) else reply(method, url)

    def close(self) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_words: Any) -> None:
        """A client that breaks off (a test of its trust) is not news."""


def _handler(loopback: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        origin = ""

        def do_CONNECT(self) -> None:
            self.send_response(200)
            self.end_headers()
            loopback.handshakes += 1
            self.origin = "https://" + self.path.removesuffix(":443")
            self.connection = loopback.tls.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")  # type: ignore[assignment]
            self.wfile = self.connection.makefile("wb", buffering=0)  # type: ignore[assignment]
            self.close_connection = False

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {**self.headers, "body": body.decode()}
            reply = loopback.next_reply(self.command, self.origin + self.path, headers)
            self.send_response(reply.status)
            if reply.drips:
                self.drip(reply.drips)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body[: reply.cut])
            if reply.cut is not None:
                self.close_connection = True

        def drip(self, where: str) -> None:
            if where == "body":
                self.send_header("Content-Length", "1000")
                self.end_headers()
            else:
                self.flush_headers()
            with contextlib.suppress(OSError):
                while not loopback.closing.wait(0.01):
                    self.wfile.write(b"x")

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):  # every other method is answered alike
                return self.answer
            raise AttributeError(name)

        def log_message(self, *_words: Any) -> None:
            pass

    return Handler

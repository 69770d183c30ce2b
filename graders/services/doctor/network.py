"""The road to each host: reached or not, whose certificate it shows, and what time it has there."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial
from http.client import HTTPException, HTTPSConnection
from urllib.request import getproxies, proxy_bypass

import requests
from cryptography import x509

from graders import hosts
from graders.evidence import ServiceName
from graders.services.beside import beside
from graders.services.doctor.finding import Finding
from graders.services.doctor.machine import bundle
from graders.services.doctor.needs import AZURE_DEVOPS, GITHUB
from graders.services.http import web
from graders.services.http.exchange import Exchange, Fault
from graders.services.http.sockets import GUARD
from graders.services.http.transport import watching
from graders.services.http.triage import remedy_for_connection
from graders.urls import parts_of

_MINUTES = 2
"""A clock that is further off than this can cost a sign-in."""
_SECONDS = 10
_PROXY_WANTS_SIGN_IN = 407


@dataclass(frozen=True)
class Road:
    """The road to one host: ``fault`` is empty where an answer came."""

    host: str
    fault: Exchange | None = None
    ahead: float = 0
    """Minutes that this machine's clock is ahead of the host's."""


def roads(services: Iterable[ServiceName], organizations: Sequence[str]) -> Sequence[Road]:
    """One request without a sign-in to each host, at once: any status proves there is a road."""
    places = {hosts.ENTRA_ID: f"https://{hosts.ENTRA_ID}/common/discovery/instance?{_INSTANCE}"}
    for service in services:
        if service is AZURE_DEVOPS and organizations:
            places[hosts.AZURE_DEVOPS] = f"https://{hosts.AZURE_DEVOPS}/{organizations[0]}/_apis"
        elif service is GITHUB:
            places[hosts.GITHUB] = f"https://{hosts.GITHUB}/rate_limit"
        elif service is ServiceName.RESOURCE_MANAGER:
            places[hosts.RESOURCE_MANAGER] = (
                f"https://{hosts.RESOURCE_MANAGER}/subscriptions?api-version=2022-12-01"
            )
    session = web.open_session(len(places))
    asked = [beside(partial(_road, session, host, url)) for host, url in places.items()]
    return [wait() for wait in asked]


_INSTANCE = (
    f"api-version=1.1&authorization_endpoint=https://{hosts.ENTRA_ID}/common/oauth2/v2.0/authorize"
)


def _road(session: requests.Session, host: str, url: str) -> Road:
    method = "OPTIONS" if host == hosts.AZURE_DEVOPS else "GET"
    with watching() as exchanges:
        try:
            answer = session.request(method, url, timeout=web.TIMEOUT, allow_redirects=False)
        except requests.RequestException:
            last = exchanges[-1] if exchanges else None
            return Road(host, last if last and last.status is None else None)
    return Road(host, None, _minutes_ahead(answer.headers.get("Date", "")))


def _minutes_ahead(date: str) -> float:
    try:
        there = parsedate_to_datetime(date)
    except (ValueError, TypeError):
        return 0
    if there.tzinfo is None:
        return 0
    return (datetime.now(there.tzinfo) - there).total_seconds() / 60


def findings(found: Sequence[Road], environ: Mapping[str, str]) -> Iterator[Finding]:
    """What is wrong on the roads, else that they are open."""
    reached = [road.host for road in found if road.fault is None]
    if reached:
        proxy = _proxy_of(reached[0])
        through = f"through the proxy {proxy[0]}:{proxy[1]}" if proxy else "without a proxy"
        yield Finding("network", {"hosts": ", ".join(reached), "proxy": through})
        yield from _own_certificates(reached[0], environ)
    for road in found:
        if road.fault is not None:
            yield _fault(road.host, road.fault)
        # its tokens are what a wrong clock costs
        if road.host == hosts.ENTRA_ID and abs(road.ahead) >= _MINUTES:
            direction = "ahead of" if road.ahead > 0 else "behind"
            minutes = f"{abs(road.ahead):.0f}"
            facts = {"minutes": minutes, "direction": direction, "host": road.host}
            yield Finding("clock_wrong", facts)


def _fault(host: str, fault: Exchange) -> Finding:
    if fault.fault is Fault.TLS and "not trusted" in fault.error:
        return Finding("not_trusted", {"host": host, "issuer": issuer_of(host) or "not known"})
    if fault.fault is Fault.PROXY and _proxy_status(host) == _PROXY_WANTS_SIGN_IN:
        return Finding("proxy_wants_sign_in", {"host": host})
    facts = {"host": host, "cause": fault.error, "remedy": remedy_for_connection(fault)}
    return Finding("host_not_reached", facts)


def _own_certificates(host: str, environ: Mapping[str, str]) -> Iterator[Finding]:
    variable, file = bundle(environ)
    if file:
        facts = {"variable": variable, "host": host, "issuer": issuer_of(host) or "not known"}
        yield Finding("certificates", facts)


# --- beneath the requests: a handshake alone, in which nothing is sent ----------------------------


def issuer_of(host: str) -> str:
    """Who issued the certificate that a host shows, trusted or not; empty where none came."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # only to read its name
    try:
        connection = _connected(host, context)
        shown = connection.sock.getpeercert(binary_form=True)
        connection.close()
        issuer = x509.load_der_x509_certificate(shown or b"").issuer
    except (OSError, HTTPException, ValueError):
        return ""
    return ", ".join(str(part.value) for part in issuer)


def _proxy_status(host: str) -> int | None:
    """The status with which a proxy refuses to lead to a host; None where it does not."""
    proxy = _proxy_of(host)
    if proxy is None:
        return None
    try:
        with GUARD.lets_out(), socket.create_connection(proxy, _SECONDS) as road:
            road.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
            words = road.recv(64).split()
        return int(words[1])
    except (OSError, ValueError, IndexError):
        return None


def _connected(host: str, context: ssl.SSLContext) -> HTTPSConnection:
    proxy = _proxy_of(host)
    if proxy is None:
        connection = HTTPSConnection(host, timeout=_SECONDS, context=context)
    else:
        connection = HTTPSConnection(*proxy, timeout=_SECONDS, context=context)
        connection.set_tunnel(host, 443)
    with GUARD.lets_out():
        connection.connect()
    return connection


def _proxy_of(host: str) -> tuple[str, int] | None:
    """Host and port of the proxy that leads there; never its user and password."""
    proxy = getproxies().get("https", "")
    if not proxy or proxy_bypass(host):
        return None
    parts = parts_of(proxy if "://" in proxy else f"http://{proxy}")
    return (parts.hostname, parts.port or 80) if parts.hostname else None

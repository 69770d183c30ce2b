"""What may leave the process: to which hosts, which addresses there, and which of our secrets.

The graders only read. A request that is not on the list (``routes.py``) is not sent at all.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import requests

from graders import hosts
from graders.services.http.routes import is_listed
from graders.services.http.tokens import Secrets, goes_astray, text_of
from graders.texts import clipped
from graders.urls import parts_of


class RequestBlocked(requests.RequestException):
    """A request that the transport does not send, or an answer that it does not accept."""


@dataclass(frozen=True)
class Service:
    """One cloud service and its hosts.

    A host that begins with a dot means every host that ends so. ``plain`` allows http, to hosts
    that never get a token of ours.
    ``body_bytes`` is set for hosts that run a learner's code: no more of an answer is read, and the
    whole exchange is bounded in time.
    """

    name: str
    hosts: tuple[str, ...]
    plain: bool = False
    body_bytes: int | None = None
    counts_as: str = ""

    @property
    def is_learners(self) -> bool:
        """Whether the host runs a learner's own code."""
        return self.body_bytes is not None

    @property
    def allowance(self) -> str:
        """The service in whose limits (``limits.py``) its calls count."""
        return self.counts_as or self.name

    def serves(self, host: str) -> bool:
        return any(host == own or (own[0] == "." and host.endswith(own)) for own in self.hosts)


_ANSWER_BYTES = 256 * 1024
"""Of an endpoint's answer or description; the lab's own have 45 and some 2,000."""

SERVICES = (
    Service("Azure DevOps", (hosts.AZURE_DEVOPS,)),
    Service("Azure DevOps artifacts", (hosts.AZURE_DEVOPS_ARTIFACTS,), counts_as="Azure DevOps"),
    Service("GitHub", (hosts.GITHUB,)),
    Service("GitHub Actions", (hosts.GITHUB_ACTIONS,)),
    Service("Azure Resource Manager", (hosts.RESOURCE_MANAGER,)),
    Service("Entra ID", (hosts.ENTRA_ID,)),
    Service("Azure ML", hosts.AZURE_ML),
    Service("managed identity", (hosts.MANAGED_IDENTITY,), plain=True),
    # The owner of a container instance reads what is sent to it.
    Service("the endpoint", (hosts.CONTAINER_INSTANCES,), plain=True, body_bytes=_ANSWER_BYTES),
    Service("the online endpoint", (hosts.ONLINE_ENDPOINTS,), body_bytes=_ANSWER_BYTES),
)

GIVEN = Service("the lab file", (), body_bytes=_ANSWER_BYTES)
_addresses: set[str] = set()
"""The addresses of lab files that the user gave."""
_documents: set[str] = set()
"""The GraphQL documents that this program built: no other is sent."""
_OVERRIDE = re.compile(r"(?i)_?(x-)?(http-)?method(-override)?")
"""A header or parameter by which some services take a request for one of another method."""
_TOKEN = re.compile(r"gh[a-z]_\w|github_pat_|eyJ[\w-]{8}")
_WHOLE_TOKEN = re.compile(rf"(?:{_TOKEN.pattern})[\w.~+/=-]*")
_SECRET_PARAMETER = re.compile(r"(?i)sig|token|secret|key|code|password|credential|auth|assertion")


def service_of(url: str) -> Service | None:
    """The service that a URL belongs to, or None when it is none of ours."""
    if url in _addresses:
        return GIVEN
    host = parts_of(url).hostname or ""
    return next((service for service in SERVICES if service.serves(host)), None)


def give_address(url: str) -> None:
    """Let the lab file at this very address be read, without a token."""
    _addresses.add(url)


def own_document(text: str) -> str:
    """Note a GraphQL document as one that this program built; returns it."""
    _documents.add(text)
    return text


def objection(request: requests.PreparedRequest, secrets: Secrets | None = None) -> str:
    """Why a request must not be sent, in one sentence without secrets; empty when it may."""
    address = request.url or ""
    url, service = parts_of(address), service_of(address)
    if service is None:
        return f"{url.hostname or 'no host'} is not a host the grader contacts"
    if goes_astray(request, service.name, secrets or {}):
        return f"a token of the grader is not for {service.name}"
    return _objection_to_way(url, service) or _objection_to_deed(request, url, service)


def _objection_to_way(url: SplitResult, service: Service) -> str:
    if "@" in url.netloc:
        return "a URL must not carry a user name or password"
    if url.port not in (None, {"http": 80}.get(url.scheme, 443)):
        return f"{url.hostname} is only spoken to on the usual port"
    if url.scheme != "https" and not (url.scheme == "http" and service.plain):
        return f"{url.hostname} is only spoken to over https"
    return ""


def _objection_to_deed(
    request: requests.PreparedRequest, url: SplitResult, service: Service
) -> str:
    method = request.method or ""
    names = [*request.headers, *(name for name, _ in parse_qsl(url.query))]
    if any(map(_OVERRIDE.fullmatch, names)):
        return "the grader only reads: a request that names another method is not sent"
    if service is GIVEN:
        return "" if method == "GET" else "a lab file is only read"
    if not is_listed(service.name, method, url.path):
        return f"the grader only reads: {method} {clipped(url.path)} is not on its list"
    if url.path == "/graphql" and not _is_own_query(request.body):
        return "the grader only reads: a GraphQL body of anybody else's is not sent"
    return ""


def _is_own_query(body: object) -> bool:
    """Whether a body is a document of ours with its variables, and nothing else."""
    try:
        entries = json.loads(text_of(body), object_pairs_hook=list)
        names = sorted(name for name, _ in entries)
        return names == ["query", "variables"] and dict(entries)["query"] in _documents
    except (ValueError, TypeError):
        return False


def without_secrets(url: str) -> str:
    """A URL for people: no user information, no fragment, no query value that could be secret.

    Values that hold parameters or an address of their own are left out, and so is anything that
    looks like a token; what is not a URL becomes ``…``.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return "…"
    host = parts.netloc.rpartition("@")[2].removesuffix(":443")
    query = [
        (_shown(name), "…" if _SECRET_PARAMETER.search(name) else _shown(value))
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    readable = urlencode(query, safe=",:/*").replace(quote("…"), "…")
    return urlunsplit((parts.scheme, host, parts.path, readable, ""))


def hide_tokens(text: str) -> str:
    """The text with ``…`` in the place of anything that looks like a token."""
    return _WHOLE_TOKEN.sub("…", text)


def _shown(text: str) -> str:
    bare = unquote(text)
    holds_more = "://" in bare or any(mark in bare for mark in "=;&?")
    return "…" if holds_more or _TOKEN.search(bare) else text

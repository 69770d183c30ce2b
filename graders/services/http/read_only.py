"""What may leave the process: which hosts, which methods, and which of our secrets.

The graders only read. A request that is not on this list is not sent at all.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import requests

from graders import hosts
from graders.urls import parts_of


class RequestBlocked(requests.RequestException):
    """A request that the transport does not send, or an answer that it does not accept."""


@dataclass(frozen=True)
class Service:
    """One cloud service: its hosts, how many calls at a time, and what may be POSTed to it.

    A host that begins with a dot means every host that ends so. ``posts`` must match the whole
    lower-cased path. ``plain`` allows http, to hosts that never get a token of ours.
    ``body_bytes`` is set for hosts that run a learner's code: no more of an answer is read, and the
    whole exchange is bounded in time.
    """

    name: str
    hosts: tuple[str, ...]
    concurrency: int
    posts: str = r"(?!)"
    plain: bool = False
    body_bytes: int | None = None

    @property
    def is_learners(self) -> bool:
        """Whether the host runs a learner's own code."""
        return self.body_bytes is not None

    def serves(self, host: str) -> bool:
        return any(host == own or (own[0] == "." and host.endswith(own)) for own in self.hosts)


_ANSWER_BYTES = 256 * 1024
"""Of an endpoint's answer or description; the lab's own have 45 and some 2,000."""

SERVICES = (
    # a pipeline's own identity asks for its token by POST
    Service(
        "Azure DevOps",
        (hosts.AZURE_DEVOPS,),
        8,
        r"/[^/]+/[^/]+/_apis/distributedtask/hubs/[^/]+/plans/[^/]+/jobs/[^/]+/oidctoken",
    ),
    Service("Azure DevOps artifacts", (hosts.AZURE_DEVOPS_ARTIFACTS,), 4),
    Service("GitHub", (hosts.GITHUB,), 4, r"/graphql|/app/installations/\d+/access_tokens"),
    Service("GitHub Actions", (hosts.GITHUB_ACTIONS,), 2),
    Service(
        "Azure Resource Manager",
        (hosts.RESOURCE_MANAGER,),
        8,
        r".*/onlineendpoints/[^/]+/listkeys",
    ),
    Service("Entra ID", (hosts.ENTRA_ID,), 4, r"/[^/]+/oauth2/(v2\.0/)?(token|devicecode)"),
    Service(
        "Azure ML",
        hosts.AZURE_ML,
        12,
        r"/modelmanagement/.*/services/[^/]+/listkeys|/history/.*/(runs|metrics):query",
    ),
    Service("managed identity", (hosts.MANAGED_IDENTITY,), 2, plain=True),
    # The owner of a container instance reads what is sent to it.
    Service(
        "the endpoint",
        (hosts.CONTAINER_INSTANCES,),
        16,
        r"/score",
        plain=True,
        body_bytes=_ANSWER_BYTES,
    ),
    Service(
        "the online endpoint",
        (hosts.ONLINE_ENDPOINTS,),
        16,
        r"/score",
        body_bytes=_ANSWER_BYTES,
    ),
)

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = re.compile(r"(?i)basic\s|(bearer|token)\s+(eyJ|gh[a-z]_|github_pat_)")
_IGNORED_IN_GRAPHQL = re.compile(r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"|#[^\n]*')
_TOKEN = re.compile(r"gh[a-z]_\w|github_pat_|eyJ[\w-]{8}")
_SECRET_PARAMETER = re.compile(r"(?i)sig|token|secret|key|code|password|credential|auth|assertion")


def service_of(url: str) -> Service | None:
    """The service that a URL belongs to, or None when it is none of ours."""
    host = (parts_of(url).hostname or "").lower()
    return next((service for service in SERVICES if service.serves(host)), None)


def objection(request: requests.PreparedRequest) -> str:
    """Why a request must not be sent, in one sentence without secrets; empty when it may."""
    url = parts_of(request.url or "")
    service = service_of(request.url or "")
    if service is None:
        return f"{url.hostname or 'no host'} is not a host the grader contacts"
    return _objection_to_way(request, url, service) or _objection_to_deed(request, url, service)


def _objection_to_way(request: requests.PreparedRequest, url: SplitResult, service: Service) -> str:
    if "@" in url.netloc:
        return "a URL must not carry a user name or password"
    if url.port not in (None, {"http": 80}.get(url.scheme, 443)):
        return f"{url.hostname} is only spoken to on the usual port"
    if url.scheme != "https" and not (url.scheme == "http" and service.plain):
        return f"{url.hostname} is only spoken to over https"
    if service.plain and _OURS.match(_text(request.headers.get("Authorization", ""))):
        return "a token of the grader must not be sent to an endpoint that a learner owns"
    return ""


def _objection_to_deed(
    request: requests.PreparedRequest, url: SplitResult, service: Service
) -> str:
    method = (request.method or "").upper()
    if method in _READING:
        return ""
    if method != "POST" or not re.fullmatch(service.posts, url.path.lower()):
        return f"the grader only reads: {method} {url.path} is not sent"
    if url.path == "/graphql" and not _only_queries(request.body):
        return "the grader only reads: a GraphQL body that is not a plain query is not sent"
    return ""


def _only_queries(body: object) -> bool:
    """Whether a GraphQL body holds queries only; when in doubt, it does not."""
    try:
        document = json.loads(_text(body))["query"]
        bare = _IGNORED_IN_GRAPHQL.sub(" ", document)
    except (ValueError, TypeError, KeyError):
        return False
    return not re.search(r"\b(mutation|subscription)\b", bare)


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
    return urlunsplit((parts.scheme, host, parts.path, urlencode(query, safe="…,:/*"), ""))


def _shown(text: str) -> str:
    bare = unquote(text)
    holds_more = "://" in bare or any(mark in bare for mark in "=;&?")
    return "…" if holds_more or _TOKEN.search(bare) else text


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

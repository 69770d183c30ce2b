"""Every address that the grader asks for: by service, method and whole path.

In a path, ``{name}`` is one part, ``{name:path}`` one or more. Services ignore case in paths.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

_PROJECT = "/{organization}/{project}/_apis"
_BUILD = _PROJECT + "/build/builds/{run}"
_SUBSCRIPTION = "/subscriptions/{subscription}"
_PROVIDER = "/providers/microsoft.machinelearningservices/workspaces"
_GROUP = _SUBSCRIPTION + "/resourcegroups/{group}"
_WORKSPACE = _GROUP + _PROVIDER + "/{workspace}"
_ONLINE = _WORKSPACE + "/onlineendpoints"
_MODELS = "/modelmanagement/v1.0" + _WORKSPACE
_PIPELINES = "/pipelines/v1.0" + _WORKSPACE + "/pipelines"
_HISTORY = "/history/v1.0" + _WORKSPACE + "/experiments/{experiment}"
_REPOSITORY = ("", "/commits", "/commits/{id}", "/git/trees/{id}", "/contents/{file:path}")
_ENDPOINT = ("POST /score", "GET /swagger.json")

ROUTES: Mapping[str, tuple[str, ...]] = {
    "Entra ID": (
        "GET /common/discovery/instance",
        "GET /{tenant}/v2.0/.well-known/openid-configuration",
        "POST /{tenant}/oauth2/v2.0/token",
        "POST /{tenant}/oauth2/v2.0/devicecode",
    ),
    "Azure DevOps": (
        "OPTIONS /{organization}/_apis",
        "GET /{organization}/_apis/resourceareas",
        "GET /{organization}/_apis/connectiondata",
        "GET /{organization}/_apis/projects",
        "GET /{organization}/_apis/permissions/{namespace}/{bits}",
        f"GET {_PROJECT}/distributedtask/variablegroups",
        f"GET {_PROJECT}/distributedtask/variablegroups/{{id}}",
        f"GET {_PROJECT}/serviceendpoint/endpoints",
        f"GET {_PROJECT}/serviceendpoint/endpoints/{{id}}",
        f"GET {_PROJECT}/build/authorizedresources",
        f"GET {_PROJECT}/build/definitions",
        f"GET {_PROJECT}/build/definitions/{{id}}",
        f"GET {_PROJECT}/build/builds",
        f"GET {_PROJECT}/build/retention",
        f"GET {_BUILD}/timeline",
        f"GET {_BUILD}/artifacts",
        f"GET {_BUILD}/logs",
        f"GET {_BUILD}/logs/{{log}}",
        f"GET {_PROJECT}/pipelines/pipelinepermissions/{{kind}}/{{id}}",
        f"GET {_PROJECT}/pipelines/{{id}}/runs/{{run}}",
        f"GET {_PROJECT}/serviceendpoint/{{id}}/executionhistory",
        f"POST {_PROJECT}/distributedtask/hubs/{{hub}}/plans/{{plan}}/jobs/{{job}}/oidctoken",
    ),
    "Azure DevOps artifacts": ("GET /{account}/{project}/_apis/artifact/{content}/content",),
    "GitHub": (
        "POST /graphql",
        *("GET /app/installations", "POST /app/installations/{id}/access_tokens"),
        *("GET /rate_limit", "GET /user", "GET /installation/repositories"),
        *("GET /orgs/{owner}/repos", "GET /users/{owner}"),
        *(f"GET /repos/{{owner}}/{{name}}{rest}" for rest in _REPOSITORY),
        *(f"GET /repositories/{{id}}{rest}" for rest in _REPOSITORY),  # where a rename leads
    ),
    "GitHub Actions": ("GET /{run}/idtoken/{plan}/{job}", "GET /{job:path}/idtoken"),
    "managed identity": ("GET /metadata/identity/oauth2/token",),
    "Azure Resource Manager": (
        "GET /subscriptions",
        f"GET {_SUBSCRIPTION}{_PROVIDER}",
        f"GET {_GROUP}/providers/microsoft.authorization/permissions",
        f"GET {_WORKSPACE}",
        f"GET {_WORKSPACE}/models",
        f"GET {_WORKSPACE}/models/{{model}}/versions",
        f"GET {_ONLINE}",
        f"GET {_ONLINE}/{{endpoint}}",
        f"GET {_ONLINE}/{{endpoint}}/deployments",
        f"POST {_ONLINE}/{{endpoint}}/listkeys",
    ),
    "Azure ML": (
        "GET /discovery",
        f"GET {_PIPELINES}",
        f"GET {_PIPELINES}/{{id}}",
        f"GET {_MODELS}/models/{{id}}",
        f"GET {_MODELS}/services",
        f"GET {_MODELS}/services/{{service}}",
        f"POST {_MODELS}/services/{{service}}/listkeys",
        f"POST {_HISTORY}/runs:query",
        f"POST {_HISTORY}/metrics:query",
    ),
    "the endpoint": _ENDPOINT,
    "the online endpoint": _ENDPOINT,
}
"""Name of the service -> what may be asked of it."""

_WITH_EMPTY_PARTS = ("Azure Resource Manager", "GitHub Actions")
"""An SDK, and a service itself, write empty parts into paths of these: they mean nothing."""
_DISGUISES = re.compile(r"(?i)\\|%2f|%5c|%00|(^|/)(\.|%2e){1,2}(/|$)")
"""What a service could take for another path."""


def is_listed(service: str, method: str, path: str) -> bool:
    """Whether a service is asked so; ``path`` is that of a URL, as it is sent."""
    if _DISGUISES.search(path):
        return False
    if service in _WITH_EMPTY_PARTS:
        path = re.sub("//+", "/", path)
    return _form(service, method).fullmatch(path.lower()) is not None


@cache
def _form(service: str, method: str) -> re.Pattern[str]:
    """Of every path that a service is asked for in this way; of none, if there is none."""
    listed = [route.split() for route in ROUTES.get(service, ())]
    forms = ["".join(_pieces(template)) for by, template in listed if by == method]
    return re.compile("|".join(forms) or r"(?!)")


def _pieces(template: str) -> Iterator[str]:
    for piece in re.split(r"(\{[^}]*\})", template):
        if not piece.startswith("{"):
            yield re.escape(piece)
        else:
            yield "[^/]+(/[^/]+)*" if piece.endswith(":path}") else "[^/]+"

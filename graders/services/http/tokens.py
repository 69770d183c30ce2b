"""Which service each of our tokens is for: it goes to that one alone, by any header."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import unquote

import requests

_DEVOPS = ("Azure DevOps", "Azure DevOps artifacts")
_MANAGER = ("Azure Resource Manager", "Azure ML")
_AUDIENCES = (
    (re.compile(r"499b84ac-1321-427f-aa17-267ca6975798"), _DEVOPS),
    (re.compile(r"https://management\.|797f4846-ba00-4fd7-ba43-dac1f8f63013"), _MANAGER),
    (re.compile(r"[\w.:/]*\.actions\.githubusercontent\.com"), ("GitHub Actions",)),
    (re.compile(r"$"), ("GitHub",)),  # a GitHub app signs its own, for nobody in particular
)
"""Who accepts a signed token, by the beginning of its audience."""
_JWT = re.compile(r"eyJ[\w-]+\.?([\w-]*)")
_FORMS = (
    (re.compile(r"(?i)\bbasic\s"), _DEVOPS),  # a personal access token
    (re.compile(r"\bgh[a-z]_\w|\bgithub_pat_\w"), ("GitHub",)),
)

Secrets = Mapping[str, tuple[str, ...]]
"""A secret of the grader -> the names of the services that it is for."""


def goes_astray(request: requests.PreparedRequest, service: str, secrets: Secrets) -> bool:
    """Whether a request would give a token to a service that it is not for."""
    headers = [text_of(value) for value in request.headers.values()]
    sent = (*headers, *map(_plain, headers), unquote(str(request.url)))
    own = [names for secret, names in secrets.items() if secret and any(secret in s for s in sent)]
    owners = [*own, *(names for value in headers for names in _owners(value))]
    return any(service not in names for names in owners)


@lru_cache(maxsize=256)  # a run sends the same few headers with every request
def _owners(value: str) -> tuple[tuple[str, ...], ...]:
    """The services of each token that a header's value seems to hold."""
    return tuple(_each_owner(value))


def _each_owner(value: str) -> Iterator[tuple[str, ...]]:
    for form, names in _FORMS:
        if form.search(value):
            yield names
    for token in _JWT.finditer(value):
        audience = _audience(token[1])
        fitting = [names for form, names in _AUDIENCES if form.match(audience)]
        yield fitting[0] if fitting else _DEVOPS + _MANAGER


def _audience(claims: str) -> str:
    """Empty where a token names none; ``?`` where it cannot be read."""
    try:
        body = json.loads(base64.urlsafe_b64decode(f"{claims}=="))  # too much padding is ignored
        return str(body.get("aud", ""))
    except (ValueError, AttributeError):
        return "?"


@lru_cache(maxsize=256)
def _plain(value: str) -> str:
    """What a header says in Base64, as one with a personal access token does."""
    try:
        return base64.b64decode(value.rpartition(" ")[2]).decode(errors="replace")
    except ValueError:
        return ""


def text_of(value: object) -> str:
    """The text of a header's value or of a body."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)

"""What a service says when it refuses: its code, its words, and whether it only asks to slow down.

Six shapes of JSON, with or without a byte order mark: ``{"typeKey", "message"}`` (Azure DevOps),
``{"error": {"code", "message"}}`` (Azure Resource Manager, run history), ``{"Error": {"Code",
"Message"}}`` (published pipelines), ``{"code", "statusCode", "message"}`` (model management),
``{"message", "documentation_url"}`` (GitHub) and OAuth's ``{"error", "error_description"}``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from graders.texts import decoded, strip_controls
from graders.urls import parts_of

_READ = 8192
_WORDS = 200
_CODE = re.compile(r"\b(TF\d{5,6}|VS\d{5,6}|AADSTS\d{3,8})\b")
_PLAIN_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{1,79}")
_LONG_WORD = re.compile(r"[^\s/.]{32,}")  # no name is that long, but a token is
_QUERY = re.compile(r"\?\S*")
_SECONDARY = ("secondary rate limit", "abuse detection")


@dataclass(frozen=True)
class Refused:
    """A refusal's own code, OAuth's word for it, and its words; empty where it gave none."""

    code: str = ""
    oauth_error: str = ""
    words: str = ""


NOTHING = Refused()


def read(response: requests.Response) -> Refused:
    """What a service says beside a status of 400 or more."""
    text = _beginning(response)
    body = _json(text)
    error = body.get("error") or body.get("Error")
    inner: Mapping[str, Any] = error if isinstance(error, dict) else {}
    given = _CODE.search(text)
    codes = (body.get("typeKey"), inner.get("code"), inner.get("Code"), error, body.get("code"))
    code = given[1] if given else next(filter(None, map(_plain, codes)), "")
    messages = (body.get("message"), inner.get("message"), inner.get("Message"))
    words = next((text for text in messages if isinstance(text, str) and text), "")
    return Refused(code, _plain(body.get("error")), without_secrets(words))


def without_secrets(words: str) -> str:
    """A service's words on one line, bounded, and without anything that could be a token."""
    line = " ".join(strip_controls(words).split())
    line = _LONG_WORD.sub("…", _QUERY.sub("", line))
    return line if len(line) <= _WORDS else f"{line[:_WORDS]}…"


def is_throttled(response: requests.Response) -> bool:
    """Whether the caller's allowance is used up, whatever the status says: GitHub says 403."""
    if response.status_code < 400:
        return False
    headers = response.headers
    return (
        headers.get("x-ratelimit-remaining") == "0"
        or "Retry-After" in headers
        or is_secondary_limit(response)
    )


def is_secondary_limit(response: requests.Response) -> bool:
    """GitHub's limit on calls in a short time: 403 or 429, often without saying how long.

    Nothing but its words tells it from a missing right.
    """
    host = parts_of(response.url).hostname
    if response.status_code not in (403, 429) or host != "api.github.com":
        return False
    message = _json(_beginning(response)).get("message")
    return isinstance(message, str) and any(words in message.lower() for words in _SECONDARY)


def _beginning(response: requests.Response) -> str:
    return decoded(response.content[:_READ])


def _json(text: str) -> Mapping[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _plain(code: object) -> str:
    """A code as it is; never free text, which could hold anything."""
    return code if isinstance(code, str) and _PLAIN_CODE.fullmatch(code) else ""

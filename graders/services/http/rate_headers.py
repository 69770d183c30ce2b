"""What an answer says of the caller's allowance, in the headers of each service.

- ``Retry-After``, on any status: Azure DevOps sends it with 200, too.
- Azure DevOps: ``X-RateLimit-Limit``, ``-Remaining``, ``-Reset`` (seconds since 1970) only once
  little is left, before it delays (``X-RateLimit-Delay``) and then blocks (429).
- Azure Resource Manager: ``x-ms-ratelimit-remaining-subscription-reads`` and ``-writes``, always.
- GitHub: ``x-ratelimit-remaining`` and ``-reset``, always; only 0 matters: the hour's calls are no
  bucket that fills up.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

import requests

from graders.services.http import exchange, refusals
from graders.services.http.bucket import NOTHING, News
from graders.services.http.limits import DEVOPS, GITHUB, LIMITS, MANAGER

_SECONDARY = 60.0
_LONGEST = 600.0
"""Seconds for which news counts at most, whatever a header says."""


def news_of(response: requests.Response, service: str, kind: str, patience: float) -> News:
    """The news of an answer. No wait is longer than ``patience`` seconds: it is left out then."""
    allowance = _ALLOWANCES.get(service, _none)(response, kind)
    is_for_all = response.ok or response.status_code in (403, 429)
    asked = asked_wait(response, patience) if is_for_all else None
    waits = [wait for wait in (asked, allowance.wait) if wait and wait <= patience]
    grows = asked is not None and exchange.retry_after(response) is None
    return replace(allowance, wait=max(waits, default=0.0), grows=grows)


def asked_wait(response: requests.Response, patience: float) -> float | None:
    """Seconds that a service asks to wait; None if it does not ask.

    GitHub's limit on calls in a short time wants a minute at least, and seldom says so.
    """
    asked = exchange.retry_after(response)
    if asked is None and refusals.is_secondary_limit(response):
        return min(_SECONDARY, patience)
    return asked


def _none(_response: requests.Response, _kind: str) -> News:
    return NOTHING


def _azure_devops(response: requests.Response, _kind: str) -> News:
    remaining, limit = (_number(response, f"X-RateLimit-{name}") for name in ("Remaining", "Limit"))
    if remaining is None:
        return NOTHING
    return News(left=remaining / limit if limit else 0.0, resets_in=_until_reset(response))


def _resource_manager(response: requests.Response, kind: str) -> News:
    remaining = _number(response, f"x-ms-ratelimit-remaining-subscription-{kind}")
    if remaining is None:
        return NOTHING
    return News(left=remaining / LIMITS[MANAGER, kind].burst, calls_left=remaining)


def _github(response: requests.Response, _kind: str) -> News:
    is_over = _number(response, "x-ratelimit-remaining") == 0
    return News(wait=_until_reset(response) or 0.0) if is_over else NOTHING


_ALLOWANCES = {DEVOPS: _azure_devops, MANAGER: _resource_manager, GITHUB: _github}


def _until_reset(response: requests.Response) -> float | None:
    """Seconds; by the service's clock where it says what time it is."""
    reset = _number(response, "X-RateLimit-Reset")
    if reset is None:
        return None
    served = exchange.served_at(response)
    return min(_LONGEST, max(0.0, reset - (served.timestamp() if served else time.time())))


def _number(response: requests.Response, name: str) -> float | None:
    """A header's number, never below 0; None where it has none."""
    try:
        value = float(response.headers.get(name, ""))
    except ValueError:
        return None
    return max(0.0, value) if math.isfinite(value) else None

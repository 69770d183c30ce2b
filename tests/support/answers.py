"""Answers that no service gave, for pure functions of them."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import format_datetime

import requests

from fixtures.simulator.state import NOW


def answer(
    status: int,
    headers: Mapping[str, str],
    url: str = "https://dev.azure.com/o",
    body: bytes = b"{}",
) -> requests.Response:
    """At the simulated tenant's time."""
    made = requests.Response()
    made.status_code, made.url, made._content = status, url, body
    made.headers.update({"Date": format_datetime(NOW, usegmt=True), **headers})
    return made

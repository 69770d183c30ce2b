"""A person at a browser: ``python -m tests.support.person ACCOUNT URL`` signs in on Entra's pages.

Started as the browser that ``BROWSER`` names, or called by a test.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

_MOST_PAGES = 5


class _Form(HTMLParser):
    """The form of a page: where it leads, and its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given["action"]
        elif tag == "input":
            self.fields[given["name"]] = given["value"]


def answer_pages(url: str, answers: Mapping[str, str]) -> str:
    """Open a page, and fill in each form that follows; returns the last page."""
    with requests.Session() as session:
        session.trust_env = False  # what leads back to this machine must not go through the proxy
        session.proxies = {"https": os.environ["HTTPS_PROXY"]}
        session.verify = os.environ["REQUESTS_CA_BUNDLE"]
        response = session.get(url, timeout=30)
        for _ in range(_MOST_PAGES):
            form = _Form(response.text)
            if form.action is None:
                break
            filled = {name: answers.get(name, value) for name, value in form.fields.items()}
            response = session.post(urljoin(response.url, form.action), data=filled, timeout=30)
    return response.text


if __name__ == "__main__":
    answer_pages(sys.argv[2], {"login": sys.argv[1]})

"""Lists of Azure ML and Azure Resource Manager, page by page to their end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import requests

from graders.services.http import web
from graders.urls import parts_of

MOST_PAGES = 20

Headers = Callable[[], Mapping[str, str]]


def entries(
    session: requests.Session, first: str, headers: Headers, most_pages: int = MOST_PAGES
) -> Iterator[Mapping[str, Any]]:
    """The entries of all pages of a list; ``headers`` are made anew for each page.

    Raises ``web.UnexpectedBodyError`` for a body that is no list, for a next page on another host
    and beyond ``most_pages``: a list that was cut short proves nothing.
    """
    url: str | None = first
    for _ in range(most_pages):
        page = web.mapping(web.get_json(session, url or first, headers()), "a page")
        if not isinstance(page.get("value"), list):
            raise web.UnexpectedBodyError("a page of the list has no entries")
        for entry in page["value"]:
            yield web.mapping(entry, "an entry of the list")
        url = _next_page(page, first)
        if not url:
            return
    raise web.UnexpectedBodyError(f"the list has more than {most_pages} pages")


def _next_page(page: Mapping[str, Any], first: str) -> str | None:
    link, token = page.get("nextLink"), page.get("continuationToken")
    if not link:
        return f"{first}&$skipToken={quote(str(token), safe='')}" if token else None
    if not _is_same_host(str(link), first):
        raise web.UnexpectedBodyError("the next page of the list is on another host")
    return str(link)


def _is_same_host(link: str, first: str) -> bool:
    """Whether a token for ``first`` may go there; Azure writes the port 443 into some links."""
    there, here = parts_of(link), parts_of(first)
    is_same = (there.scheme, there.hostname) == (here.scheme, here.hostname)
    return is_same and "@" not in there.netloc and there.port in (None, 443, here.port)

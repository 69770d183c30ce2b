"""A built Allure report in a browser: found by what its reader sees, for tests and measurements."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page

from reports.allure import serve, tool
from reports.files import NotWritten

WIDE, NARROW = (1280, 900), (390, 844)
_LOCAL = ("127.0.0.1", "")  # the latter: data and files


def needs_allure() -> None:
    """Skip the test where the report cannot be built."""
    try:
        tool.find()
    except NotWritten as why:
        pytest.skip(str(why))


@contextmanager
def served(reports: Path) -> Iterator[str]:
    """The address of the report in a reports folder, while it is needed."""
    with serve.server(reports) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield serve.address(server)
        finally:
            server.shutdown()
            thread.join()


class AllurePage:
    """One page of the report; ``problems`` collects what must not happen in it."""

    def __init__(self, browser: Browser, size: tuple[int, int] = WIDE) -> None:
        self.page: Page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", lambda request: self._note_request(request.url))

    def _note_request(self, url: str) -> None:
        if (urlsplit(url).hostname or "") not in _LOCAL:
            self.problems.append(f"asked {url}")

    def open(self, address: str) -> AllurePage:
        self.page.goto(address)
        return self

    def suites(self, address: str) -> AllurePage:
        """Open a page of suites, and wait until they are drawn."""
        self.open(address)
        self.sections.first.wait_for()
        return self

    @property
    def sections(self) -> Locator:
        return self.page.get_by_test_id("tree-section-title")

    @property
    def leaves(self) -> Locator:
        return self.page.get_by_test_id("tree-leaf")

    def section(self, name: str) -> Locator:
        return self.sections.filter(has_text=name).first

    def open_learner(self, learner: str) -> None:
        """Open a learner's suite and wait for what is in it."""
        before = self.sections.count()
        self.section(learner).click()
        self.page.wait_for_function(
            "n => document.querySelectorAll('[data-testid=tree-section-title]').length > n",
            arg=before,
        )

    def within(self, name: str) -> Locator:
        """What is in an open suite."""
        return self.page.locator(
            f"[data-testid=tree-section]:has-text('{name}') + [data-testid=tree-content]"
        ).first

    def open_check(self, title: str, suite: str | None = None) -> Locator:
        """Open a check of an open suite; what it says."""
        leaves = self.within(suite).get_by_test_id("tree-leaf") if suite else self.leaves
        leaves.filter(has_text=title).first.click()
        self.page.get_by_test_id("test-result-description").wait_for()
        return self.page.get_by_test_id("base-layout")

    def is_too_wide(self) -> bool:
        return bool(
            self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1")
        )

    def close(self) -> None:
        self.page.close()
